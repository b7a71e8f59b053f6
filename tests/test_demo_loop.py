"""The loop that the demonstrations share, against the same steps written out."""

import math

import pytest
import torch
from torch import Tensor, nn

from seq2gpt.run.demos.loop import fit


class Quadratic:
    """A loss with known gradients that remembers which steps it was asked for."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.matrix, self.vector = nn.Parameter(torch.randn(3, 5)), nn.Parameter(torch.randn(7))
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)
        self.parameters = [self.matrix, self.frozen, self.vector]
        self.steps: list[int] = []

    def __call__(self, step: int) -> Tensor:
        self.steps.append(step)
        return (step + 1) * (self.matrix.square().sum() + (self.vector - 2).square().sum())


def expected(n_steps: int, lr: float, weight_decay: float, max_norm: float) -> Quadratic:
    """The same training with torch's own scheduler-free parts, one step at a time."""
    loss = Quadratic()
    decayed = torch.optim.AdamW([loss.matrix], weight_decay=weight_decay)
    kept = torch.optim.AdamW([loss.vector], weight_decay=0.0)
    n_warmup = n_steps // 20
    for step in range(n_steps):
        if step < n_warmup:
            rate = lr * (step + 1) / (n_warmup + 1)
        else:
            rate = lr * (1 + math.cos(math.pi * (step - n_warmup) / (n_steps - n_warmup))) / 2
        for optimizer in (decayed, kept):
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
        loss(step).backward()
        nn.utils.clip_grad_norm_([loss.matrix, loss.vector], max_norm)
        decayed.step()
        kept.step()
    return loss


@pytest.mark.parametrize(("weight_decay", "max_norm"), [(0.0, 1.0), (0.5, 1.0), (0.5, 100.0)])
def test_fit_is_adamw_with_warm_up_cosine_and_clipping(weight_decay: float, max_norm: float) -> None:
    wanted = expected(41, 0.1, weight_decay, max_norm)
    loss = Quadratic()
    losses = fit(loss.parameters, loss, 41, 0.1, False, weight_decay, max_norm)
    torch.testing.assert_close(loss.matrix, wanted.matrix, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(loss.vector, wanted.vector, rtol=1e-4, atol=1e-5)
    assert loss.steps == list(range(41))
    assert len(losses) == 41
    assert losses[0] == pytest.approx(Quadratic()(0).item())
    assert torch.equal(loss.frozen, torch.ones(2))


def test_the_defaults_decay_nothing_and_clip_at_1() -> None:
    plain, spelt_out = Quadratic(), Quadratic()
    fit(plain.parameters, plain, 7, 0.1, False)
    fit(spelt_out.parameters, spelt_out, 7, 0.1, False, weight_decay=0.0, max_norm=1.0)
    assert torch.equal(plain.matrix, spelt_out.matrix)


def test_gradients_that_are_not_finite_stop_the_training_before_they_reach_the_parameters() -> None:
    weight = nn.Parameter(torch.ones(2, 2))

    def loss(step: int) -> Tensor:
        return weight.sum() * (math.inf if step == 2 else 1.0)

    with pytest.raises(FloatingPointError, match=r"^the gradients have norm inf at step 2; lower lr=0.1$"):
        fit([weight], loss, 5, 0.1, False)
    assert weight.isfinite().all()


def test_the_bar_is_for_terminals_and_for_those_who_want_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = Quadratic()
    fit(loss.parameters, loss, 3, 0.1, progress=True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    fit(loss.parameters, loss, 3, 0.1, progress=False)
    assert capsys.readouterr().err == ""
    fit(loss.parameters, loss, 3, 0.1, progress=True)
    assert "0/3" in capsys.readouterr().err
