import copy
import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.training import (
    accumulate_gradients,
    adamw_step,
    clip_gradients,
    cosine_schedule,
    decay_groups,
    get_batch,
    load_state,
    state_tensors,
    train_step,
)

VOCAB_SIZE, CONTEXT_LENGTH = 13, 7
CONFIG = GPTConfig(vocab_size=VOCAB_SIZE, context_length=CONTEXT_LENGTH, d_model=10, n_heads=2, n_layers=2)


def small_model(seed: int = 0) -> GPT:
    torch.manual_seed(seed)
    return GPT(CONFIG).double()


def random_batch(batch_size: int, seed: int, n: int = CONTEXT_LENGTH) -> tuple[Tensor, Tensor]:
    tokens = torch.randint(VOCAB_SIZE, (batch_size, n + 1), generator=torch.Generator().manual_seed(seed))
    return tokens[:, :-1], tokens[:, 1:]


def gradients_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


# get_batch


def test_rows_are_runs_of_the_text_and_targets_follow_one_token_later() -> None:
    data = torch.arange(100, 129)  # every token tells its place
    inputs, targets = get_batch(
        data, batch_size=11, context_length=5, generator=torch.Generator().manual_seed(3)
    )
    assert inputs.shape == targets.shape == (11, 5)
    assert torch.equal(inputs, inputs[:, :1] + torch.arange(5))
    assert torch.equal(targets, inputs + 1)
    assert len(set(inputs[:, 0].tolist())) > 1  # the rows start at different places


def test_every_start_is_about_equally_frequent_the_first_and_the_last_included() -> None:
    n_starts, draws = 5, 5000
    inputs, _ = get_batch(
        torch.arange(8), draws, context_length=3, generator=torch.Generator().manual_seed(0)
    )
    counts = torch.bincount(inputs[:, 0], minlength=n_starts)
    assert len(counts) == n_starts
    assert (counts - draws / n_starts).abs().max() < 5 * math.sqrt(draws / n_starts)


def test_the_shortest_text_has_one_run() -> None:
    inputs, targets = get_batch(torch.tensor([4, 2, 9]), batch_size=2, context_length=2)
    assert inputs.tolist() == [[4, 2], [4, 2]]
    assert targets.tolist() == [[2, 9], [2, 9]]


def test_one_seed_gives_one_batch_whatever_else_draws_random_numbers() -> None:
    data = torch.arange(1000)
    first = get_batch(data, 5, 3, torch.Generator().manual_seed(17))
    torch.manual_seed(99)
    second = get_batch(data, 5, 3, torch.Generator().manual_seed(17))
    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[0], get_batch(data, 5, 3, torch.Generator().manual_seed(18))[0])


@pytest.mark.own
def test_too_short_a_text_is_refused() -> None:
    message = (
        "^the text has 4 tokens, context_length=4 needs at least 5; use a longer text or a shorter context$"
    )
    with pytest.raises(ValueError, match=message):
        get_batch(torch.arange(4), batch_size=1, context_length=4)


# AdamW


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize(("betas", "eps"), [((0.9, 0.999), 1e-8), ((0.7, 0.8), 0.1)])
def test_adamw_equals_torch_at_every_step(
    weight_decay: float, betas: tuple[float, float], eps: float
) -> None:
    generator = torch.Generator().manual_seed(1)
    start = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    ours, m, v = nn.Parameter(start.clone()), torch.zeros_like(start), torch.zeros_like(start)
    theirs = nn.Parameter(start.clone())
    optimizer = torch.optim.AdamW([theirs], lr=0.0, betas=betas, eps=eps, weight_decay=weight_decay)
    for step in range(1, 24):
        gradient = torch.randn(3, 5, generator=generator, dtype=torch.float64)
        given = gradient.clone()
        lr = 0.1 / step  # a schedule changes it from step to step
        adamw_step(ours, gradient, m, v, step, lr, betas, eps, weight_decay)
        optimizer.param_groups[0]["lr"] = lr
        theirs.grad = given
        optimizer.step()
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)
        assert torch.equal(gradient, given)
    torch.testing.assert_close(m, optimizer.state[theirs]["exp_avg"], rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(v, optimizer.state[theirs]["exp_avg_sq"], rtol=1e-12, atol=1e-14)


def test_adamw_defaults_are_those_of_torch() -> None:
    start, gradient = torch.tensor([1.5, -2.0]), torch.tensor([0.3, -1e-7])
    ours, m, v = start.clone(), torch.zeros(2), torch.zeros(2)
    theirs = nn.Parameter(start.clone())
    optimizer = torch.optim.AdamW([theirs], lr=0.5)
    for step in (1, 2, 3):
        adamw_step(ours, gradient, m, v, step, lr=0.5)
        theirs.grad = gradient.clone()
        optimizer.step()
    torch.testing.assert_close(ours, theirs.detach())


def test_decay_reaches_the_parameter_and_never_the_moments() -> None:
    parameter, m, v = torch.tensor([8.0]), torch.zeros(1), torch.zeros(1)
    adamw_step(parameter, torch.zeros(1), m, v, step=1, lr=0.5, weight_decay=0.25)
    assert parameter.item() == 7.0  # 8 − 0.5 · 0.25 · 8
    assert m.item() == v.item() == 0.0


def test_matrices_decay_and_one_dimensional_parameters_do_not() -> None:
    model = small_model()
    model.blocks[0].attention.w_q.weight.requires_grad_(False)
    decayed, kept = decay_groups(model, weight_decay=0.1)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed_names = [names[id(parameter)] for parameter in decayed["params"]]
    kept_names = [names[id(parameter)] for parameter in kept["params"]]
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.1, 0.0)
    assert {"token_embedding.weight", "positions.table", "blocks.1.attention.w_q.weight"} <= set(
        decayed_names
    )
    assert {"norm.weight", "norm.bias", "blocks.0.attention.w_q.bias"} <= set(kept_names)
    every = decayed_names + kept_names
    assert len(every) == len(set(every)), "a parameter is listed twice"
    assert set(names.values()) - set(every) == {"blocks.0.attention.w_q.weight"}  # the frozen one
    torch.optim.AdamW([decayed, kept], lr=1e-3)  # the groups are what the optimizer expects


# the learning rate


def test_schedule_by_hand() -> None:
    def rate(step: int) -> float:
        return cosine_schedule(step, n_steps=110, n_warmup=10, lr=0.6, lr_min=0.1)

    assert rate(0) == pytest.approx(0.6 / 11)
    assert rate(9) == pytest.approx(0.6 * 10 / 11)
    assert rate(10) == 0.6
    assert rate(35) == pytest.approx(0.1 + 0.25 * (1 + math.sqrt(0.5)))  # a quarter of the way: cos 45°
    assert rate(60) == pytest.approx(0.35)  # half-way: the mean of both ends
    assert rate(110) == pytest.approx(0.1, abs=1e-15)
    assert rate(111) == rate(100_000) == pytest.approx(0.1, abs=1e-15)


def test_schedule_without_warm_up_starts_at_the_top() -> None:
    assert cosine_schedule(0, n_steps=5, n_warmup=0, lr=0.3, lr_min=0.0) == 0.3


@given(
    n_warmup=st.integers(0, 50),
    n_decay=st.integers(1, 50),
    lr=st.floats(1e-6, 1.0),
    share=st.floats(0.0, 1.0),
)
def test_schedule_rises_then_falls_and_stays_between_its_ends(
    n_warmup: int, n_decay: int, lr: float, share: float
) -> None:
    n_steps = n_warmup + n_decay
    rates = [
        cosine_schedule(step, n_steps=n_steps, n_warmup=n_warmup, lr=lr, lr_min=share * lr)
        for step in range(n_steps + 3)
    ]
    assert rates[: n_warmup + 1] == sorted(rates[: n_warmup + 1])
    assert rates[n_warmup:] == sorted(rates[n_warmup:], reverse=True)
    assert max(rates) == pytest.approx(lr)
    assert min(rates) > 0 or share == 0
    assert rates[-1] == pytest.approx(share * lr)


@pytest.mark.parametrize(("n_warmup", "n_steps"), [(10, 10), (11, 10), (-1, 10), (0, 0)])
@pytest.mark.own
def test_schedule_without_room_for_decay_is_refused(n_warmup: int, n_steps: int) -> None:
    with pytest.raises(
        ValueError, match=f"^n_warmup={n_warmup} must be at least 0 and below n_steps={n_steps}$"
    ):
        cosine_schedule(0, n_steps=n_steps, n_warmup=n_warmup, lr=1.0, lr_min=0.1)


# clipping


def parameters_with(gradients: list[Tensor | None]) -> list[nn.Parameter]:
    parameters = []
    for gradient in gradients:
        parameter = nn.Parameter(torch.zeros(3) if gradient is None else torch.zeros_like(gradient))
        parameter.grad = gradient
        parameters.append(parameter)
    return parameters


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_clipping_equals_torch(scale: float) -> None:
    generator = torch.Generator().manual_seed(5)
    gradients = [scale * torch.randn(shape, generator=generator) for shape in ((2, 3), (5,), (1, 7, 1))]
    ours = parameters_with([gradient.clone() for gradient in gradients])
    theirs = parameters_with([gradient.clone() for gradient in gradients])
    norm = clip_gradients(ours, max_norm=1.3)
    assert norm == pytest.approx(nn.utils.clip_grad_norm_(theirs, max_norm=1.3).item(), rel=1e-6)
    for our, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(our.grad, their.grad, rtol=2e-6, atol=0.0)


@pytest.mark.parametrize("max_norm", [13.0, 13.000001, 1e9, math.inf])
def test_gradients_that_are_short_enough_are_untouched_to_the_bit(max_norm: float) -> None:
    gradients = [torch.tensor([3.0, 4.0]), torch.tensor([12.0])]  # 3² + 4² + 12² = 13²
    parameters = parameters_with([gradient.clone() for gradient in gradients])
    assert clip_gradients(parameters, max_norm) == 13.0
    for parameter, gradient in zip(parameters, gradients, strict=True):
        assert torch.equal(parameter.grad, gradient)


def test_the_norm_is_joint_and_the_direction_stays() -> None:
    first, second = parameters_with([torch.tensor([3.0, 4.0]), torch.tensor([12.0])])
    assert clip_gradients(iter([first, second]), max_norm=6.5) == 13.0  # an iterator is enough
    assert first.grad.tolist() == [1.5, 2.0]
    assert second.grad.tolist() == [6.0]


def test_parameters_without_gradient_are_passed_over() -> None:
    frozen, trained = parameters_with([None, torch.tensor([0.0, 2.0])])
    assert clip_gradients([frozen, trained], max_norm=1.0) == 2.0
    assert frozen.grad is None
    assert trained.grad.tolist() == [0.0, 1.0]
    assert clip_gradients([frozen], max_norm=1.0) == 0.0
    assert clip_gradients([], max_norm=1.0) == 0.0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_gradients_that_are_not_finite_are_reported_and_not_spread(bad: float) -> None:
    broken, healthy = parameters_with([torch.tensor([bad]), torch.tensor([5.0])])
    assert not math.isfinite(clip_gradients([broken, healthy], max_norm=1.0))
    assert healthy.grad.item() == 5.0


# accumulation


@pytest.mark.parametrize("sizes", [(6,), (3, 3), (1, 4, 1), (5, 1)])
def test_accumulation_equals_one_big_batch_for_equal_and_unequal_parts(sizes: tuple[int, ...]) -> None:
    inputs, targets = random_batch(6, seed=2)
    model = small_model()
    big_loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    big_loss.backward()
    expected = gradients_of(model)
    model.zero_grad()
    loss = accumulate_gradients(model, list(zip(inputs.split(sizes), targets.split(sizes), strict=True)))
    assert loss == pytest.approx(big_loss.item(), rel=1e-12)
    assert gradients_of(model).keys() == expected.keys()
    for name, gradient in gradients_of(model).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-9, atol=1e-13)


def test_accumulation_weighs_by_targets_when_lengths_differ() -> None:
    short, long = random_batch(2, seed=3, n=2), random_batch(1, seed=4, n=7)
    model = small_model()
    logits = torch.cat([model(short[0]).flatten(0, 1), model(long[0]).flatten(0, 1)])
    expected = F.cross_entropy(logits, torch.cat([short[1].flatten(), long[1].flatten()])).item()
    assert accumulate_gradients(model, [short, long]) == pytest.approx(expected, rel=1e-12)


def test_accumulation_adds_to_what_is_there() -> None:
    model, batch = small_model(), random_batch(3, seed=5)
    accumulate_gradients(model, [batch])
    once = gradients_of(model)
    accumulate_gradients(model, [batch])
    for name, gradient in gradients_of(model).items():
        torch.testing.assert_close(gradient, 2 * once[name])


def test_accumulation_uses_the_loss_it_is_given() -> None:
    model, batch = small_model(), random_batch(3, seed=5)

    def tripled(logits: Tensor, targets: Tensor) -> Tensor:
        return 3 * next_token_loss(logits, targets)

    plain = accumulate_gradients(model, [batch])
    assert accumulate_gradients(model, [batch], tripled) == pytest.approx(3 * plain)


@pytest.mark.own
def test_accumulating_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="^there are no batches to accumulate; give at least one$"):
        accumulate_gradients(small_model(), [])


# the step


def make_optimizer(model: nn.Module, weight_decay: float = 0.1) -> torch.optim.AdamW:
    return torch.optim.AdamW(decay_groups(model, weight_decay), lr=1e9, betas=(0.9, 0.95), eps=1e-8)


@pytest.mark.parametrize("max_norm", [0.05, 1e9])
def test_steps_equal_the_written_out_algorithm(max_norm: float) -> None:
    """Three steps against autograd, hand-written clipping and adamw_step, on every parameter."""
    model = small_model()
    reference = copy.deepcopy(model)
    parameters = list(reference.parameters())
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]
    optimizer = make_optimizer(model)
    clipped = []
    for step in (1, 2, 3):
        inputs, targets = random_batch(5, seed=step)
        lr = 0.02 / step
        loss = train_step(model, optimizer, inputs, targets, lr, max_norm)

        expected = F.cross_entropy(reference(inputs).flatten(0, 1), targets.flatten())
        gradients = torch.autograd.grad(expected, parameters)
        norm = math.sqrt(sum((gradient**2).sum().item() for gradient in gradients))
        clipped.append(norm > max_norm)
        factor = min(1.0, max_norm / norm)
        for parameter, gradient, (m, v) in zip(parameters, gradients, moments, strict=True):
            decay = 0.1 if parameter.dim() > 1 else 0.0
            adamw_step(parameter, factor * gradient, m, v, step, lr, (0.9, 0.95), 1e-8, decay)
        assert loss == pytest.approx(expected.item(), rel=1e-9)
        for ours, theirs in zip(model.parameters(), parameters, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9)
    assert all(clipped) == (max_norm < 1)


def test_gradients_left_behind_do_not_count() -> None:
    inputs, targets = random_batch(5, seed=1)
    clean, dirty = small_model(), small_model()
    for parameter in dirty.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)
    train_step(clean, make_optimizer(clean), inputs, targets, lr=0.01, max_norm=1.0)
    train_step(dirty, make_optimizer(dirty), inputs, targets, lr=0.01, max_norm=1.0)
    for ours, theirs in zip(clean.parameters(), dirty.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_learning_one_batch_by_heart() -> None:
    torch.manual_seed(0)
    model = GPT(CONFIG)
    optimizer = make_optimizer(model, weight_decay=0.0)
    inputs, targets = random_batch(3, seed=8)
    inputs[:, 0] = torch.arange(3)  # equal beginnings with different successors nobody could tell apart
    losses = [train_step(model, optimizer, inputs, targets, lr=0.01, max_norm=1.0) for _ in range(150)]
    assert losses[0] == pytest.approx(math.log(VOCAB_SIZE), abs=0.1)  # at first all symbols are alike
    assert losses[-1] < 0.05


def test_the_mode_of_the_model_is_left_alone() -> None:
    model = small_model().eval()
    train_step(model, make_optimizer(model), *random_batch(2, seed=0), lr=0.01, max_norm=1.0)
    assert not model.training


def poison(model: nn.Module, number: float) -> Callable[[], None]:
    """Make the next backward pass give ``number`` to one parameter; returns the cure."""
    handle = model.get_parameter("norm.weight").register_hook(lambda grad: torch.full_like(grad, number))
    return handle.remove


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_step_with_broken_gradients_changes_nothing_and_training_can_go_on(number: float) -> None:
    model = small_model()
    optimizer = make_optimizer(model)
    batch = random_batch(3, seed=0)
    train_step(model, optimizer, *batch, lr=0.01, max_norm=1.0)
    before, state = copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict()["state"])
    with torch.no_grad():
        loss = F.cross_entropy(model(batch[0]).flatten(0, 1), batch[1].flatten()).item()
    cure = poison(model, number)
    message = (
        rf"^the gradients have norm {number} at loss {loss:.4g}; no parameter was changed: "
        r"lower lr=0.01 or lengthen the warm-up$"
    )
    with pytest.raises(FloatingPointError, match=message):
        train_step(model, optimizer, *batch, lr=0.01, max_norm=1.0)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    for index, entry in optimizer.state_dict()["state"].items():
        for key, value in entry.items():
            assert torch.equal(value, state[index][key])
    cure()
    assert math.isfinite(train_step(model, optimizer, *batch, lr=0.01, max_norm=1.0))


# checkpoints


def test_a_run_goes_on_from_its_stored_state_as_if_it_had_never_stopped() -> None:
    model = small_model()
    optimizer = make_optimizer(model)
    for seed in range(3):
        train_step(model, optimizer, *random_batch(3, seed), lr=0.01, max_norm=1.0)
    tensors = {name: tensor.clone() for name, tensor in state_tensors(model, optimizer).items()}
    assert {name.split(".")[0] for name in tensors} == {"parameters", "exp_avg", "exp_avg_sq"}
    assert "parameters.head.weight" not in tensors  # it is the embedding's
    again = small_model(seed=1)
    other = make_optimizer(again)
    load_state(again, other, 3, tensors)
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    for seed in range(3, 6):
        losses = [
            train_step(m, o, *random_batch(3, seed), lr=0.01, max_norm=1.0)
            for m, o in ((model, optimizer), (again, other))
        ]
        assert losses[0] == losses[1]
    for ours, theirs in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert all(torch.equal(tensors[name], before[name]) for name in tensors)


def test_only_moments_that_are_there_are_stored_and_loaded() -> None:
    model = small_model()
    plain = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    train_step(model, plain, *random_batch(3, 0), lr=0.01, max_norm=1.0)
    tensors = state_tensors(model, plain)
    assert set(tensors) == {f"parameters.{name}" for name, _ in model.named_parameters()}
    again = small_model(seed=1)
    optimizer = make_optimizer(again)
    load_state(again, optimizer, 1, tensors)
    assert not any(optimizer.state.values())
    for ours, theirs in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    with pytest.raises(KeyError, match="parameters.token_embedding.weight"):
        load_state(again, optimizer, 1, {})
