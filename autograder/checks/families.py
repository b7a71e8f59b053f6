"""Checks of lab 12, families.

Chances are compared with those of the paper on fifty thousand tokens, six standard deviations wide. The
oracle of both models is written from equation 2 of Radford et al. 2018 in plain functions of PyTorch and float64, head
by head; what it does with the future and with padding is a table of who may see whom.
"""

import math
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from autograder import expect
from autograder.checking import Draw, ExerciseSet
from autograder.checks.heads import paper
from seq2gpt.families import LanguageModelParts

EXERCISES = ExerciseSet("12-families")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
Spans = Sequence[tuple[int, int]]
Sizes = dict[str, int]
Parameters = dict[str, Tensor]


def tokens(draw: Draw, below: int, *shape: int, dtype: torch.dtype = torch.long) -> Tensor:
    """Ids drawn from 0 … below − 1."""
    return torch.randint(below, shape, generator=draw.generator).to(dtype)


# ── mask_tokens ──────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("mask_tokens")
ROWS, COLUMNS = 53, 997  # fifty thousand tokens


def results(found: Any, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Both results, of the right shapes and dtypes."""
    inputs, chosen = expect.several(found, ("inputs", "chosen"))
    shape = tuple(ids.shape)
    return (
        expect.tensor(inputs, f"For ids of shape {shape}, inputs", shape, ids.dtype),
        expect.tensor(chosen, f"For ids of shape {shape}, chosen", shape, torch.bool),
    )


def masked(answer: Answer, ids: Tensor, *arguments: Any, **more: Any) -> tuple[Tensor, Tensor]:
    """Both results of a call that is not recorded: what chance gave tells nothing about a mistake."""
    return results(answer.original(ids.clone(), *arguments, **more), ids)


def near(share: float, wanted: float, n: int, what: str) -> None:
    """A share of ``n`` chances lies within six standard deviations of its probability."""
    if abs(share - wanted) > 6 * math.sqrt(max(wanted * (1 - wanted), 1e-3) / n):
        expect.fail(f"{what} should be about {wanted:.0%}; yours are {share:.0%}.")


@check("mask_tokens")
def two_results_of_the_same_shape(answer: Answer, draw: Draw) -> None:
    """`inputs` has the shape and dtype of `ids`, `chosen` the same shape and dtype bool; `ids` stays as it was."""
    n, m = draw.primes(2)
    for shape in ((n, m), (1, m)):
        for dtype in (torch.long, torch.int32):
            ids = tokens(draw, 11, *shape, dtype=dtype)
            found = answer(ids, 11, 11, share=0.9)
            answer.results.clear()  # what chance gave tells nothing about a mistake
            results(found, ids)
    expect.untouched(answer)


@check("mask_tokens")
def share_is_chosen_token_by_token(answer: Answer, draw: Draw) -> None:
    """Each token is chosen with probability `share`, 15 % unless told otherwise, and none depends on another."""
    ids = tokens(draw, 997, ROWS, COLUMNS)
    more: dict[str, float]
    for share, more in ((0.2, {"share": 0.2}), (0.15, {})):
        _, chosen = masked(answer, ids, 997, 997, **more)
        near(chosen.double().mean().item(), share, ids.numel(), f"With share={share}, the chosen tokens")
        for line, counts in (("column", chosen.sum(0)), ("row", chosen.sum(1))):
            expected = ids.numel() / len(counts) * share * (1 - share)  # variance of a count
            spread = counts.double().var().item() / expected
            if not 0.3 < spread < 2.2:
                expect.fail(
                    f"Tokens should be chosen one by one, each by a chance of its own; in yours the number of chosen tokens "
                    f"differs too {'little' if spread < 1 else 'much'} from {line} to {line}."
                )
    few = tokens(draw, 997, 11, 13)
    totals = {int(masked(answer, few, 997, 997, share=0.3)[1].sum()) for _ in range(12)}
    if len(totals) == 1:
        expect.fail(
            f"Each of twelve calls chose exactly {totals.pop()} of 143 tokens; how many are chosen is left to chance, too."
        )


@check("mask_tokens", points=2)
def eighty_ten_ten(answer: Answer, draw: Draw) -> None:
    """Of the chosen tokens 80 % become `mask_id`, 10 % a random id and 10 % stay, and all of them count as chosen."""
    ids = tokens(draw, 997, ROWS, COLUMNS)
    inputs, chosen = masked(answer, ids, 997, 997, share=0.5)
    n = int(chosen.sum())
    if not n:
        expect.fail("With share=0.5 no token was chosen.")
    fates = {
        "that become mask_id": (inputs == 997, 0.8),
        "that stay as they are": (inputs == ids, 0.1 + 0.1 / 997),  # a random id may be the old one
        "that become another id": ((inputs != 997) & (inputs != ids), 0.1 - 0.1 / 997),
    }
    for what, (where, wanted) in fates.items():
        near((where & chosen).sum().item() / n, wanted, n, f"Of the chosen tokens, those {what}")


@check("mask_tokens")
def random_ids_are_any_ids(answer: Answer, draw: Draw) -> None:
    """A random id is drawn anew for every token, from 0 to vocab_size − 1, all equally probable."""
    vocab_size, mask_id = 31, 41
    ids = 7 + tokens(draw, 2, ROWS, COLUMNS)
    inputs, chosen = masked(answer, ids, mask_id, vocab_size, share=1.0)
    drawn = inputs[chosen & (inputs != ids) & (inputs != mask_id)]
    if not len(drawn):
        expect.fail("No token became another one; a tenth of the chosen ones should get a random id.")
    if not 0 <= drawn.min() <= drawn.max() < vocab_size:
        expect.fail(
            f"With vocab_size={vocab_size}, random ids should lie between 0 and {vocab_size - 1}; "
            f"yours lie between {drawn.min()} and {drawn.max()}."
        )
    counts = torch.bincount(drawn, minlength=vocab_size)
    counts = torch.cat([counts[:7], counts[9:]])
    mean = counts.double().mean().item()  # how many are drawn in all, the check of the fates says
    if counts.min() == 0:
        never = [i for i in range(vocab_size) if i not in (7, 8) and not (drawn == i).any()]
        which = f"id {never[0]} never was" if len(never) == 1 else f"{len(never)} never were"
        expect.fail(
            f"Every id from 0 to {vocab_size - 1} should be drawn now and then; of the {len(counts)} that are not in the text, "
            f"{which}."
        )
    if counts.min() < mean - 6 * mean**0.5 or counts.max() > mean + 6 * mean**0.5:
        expect.fail("Some ids are drawn far more often than others; all should be equally probable.")


@check("mask_tokens")
def nothing_else_is_touched(answer: Answer, draw: Draw) -> None:
    """Where nothing was chosen, `inputs` equals `ids`; share 0 chooses nothing and share 1 everything."""
    ids = tokens(draw, 13, 11, 101)
    for share, wanted in ((0.0, 0), (0.3, None), (1.0, ids.numel())):
        inputs, chosen = masked(answer, ids, 13, 13, share=share)
        changed = inputs[~chosen & (inputs != ids)]
        if len(changed):
            what = "mask_id" if (changed == 13).all() else "another id"
            expect.fail(f"With share={share}, inputs holds {what} at tokens that were not chosen.")
        if wanted is not None and int(chosen.sum()) != wanted:
            expect.fail(f"With share={share:.0f}, {'all' if wanted else 'no'} tokens should be chosen.")


@check("mask_tokens", points=2)
def special_tokens_are_never_hidden(answer: Answer, draw: Draw) -> None:
    """Where `may_hide` is False nothing is chosen or changed; elsewhere the chances are the same."""
    ids, may_hide = tokens(draw, 997, ROWS, COLUMNS), draw.mask(ROWS, COLUMNS)
    _, few = masked(answer, ids, 997, 997, may_hide=may_hide.clone())
    if few[may_hide].all() and not few[~may_hide].all():
        expect.fail(
            "With share=0.15 every token is chosen where may_hide is True; it allows, and commands nothing."
        )
    inputs, chosen = masked(answer, ids, 997, 997, may_hide.clone(), share=1.0)
    changed = not torch.equal(inputs[~may_hide], ids[~may_hide])
    if torch.equal(chosen, ~may_hide):
        expect.fail("With share=1 you chose the tokens that may not be hidden, and no others.")
    if (chosen & ~may_hide).any():
        expect.fail(
            f"Where may_hide is False, tokens are marked as chosen{' and changed' if changed else ''}."
        )
    if changed:
        expect.fail("Where may_hide is False, inputs differs from ids.")
    n = int(may_hide.sum())
    if not torch.equal(chosen, may_hide):
        expect.fail(
            f"With share=1 every token should be chosen where may_hide is True; yours are {chosen.sum().item() / n:.0%}."
        )
    near(few.sum().item() / n, 0.15, n, "Of the tokens that may be hidden, the chosen ones")


@check("mask_tokens")
def torch_decides_the_chances(answer: Answer, draw: Draw) -> None:
    """The same torch.manual_seed gives the same result, another one another."""
    ids, found = tokens(draw, 13, 11, 101), []
    for seed in (5, 5, 6):
        random.random()  # other sources of chance move on
        np.random.rand()
        torch.manual_seed(seed)
        found.append(masked(answer, ids, 13, 13))
    if not all(map(torch.equal, found[0], found[1])):
        expect.fail("With the same torch.manual_seed you drew other numbers: draw all of them with torch.")
    if torch.equal(found[0][1], found[2][1]):
        expect.fail("With another torch.manual_seed you chose the same tokens.")


@check("mask_tokens")
def impossible_share_is_refused(answer: Answer, draw: Draw) -> None:
    """A share below 0 or above 1 raises a ValueError that names it."""
    ids = tokens(draw, 13, 3, 5)
    for share in (-0.25, 1.5):
        expect.error(partial(answer, ids, 13, 13, share=share), ValueError, f"share={share}", str(share))


# ── the models ───────────────────────────────────────────────────────────────────────────────────

N_LAYERS = 3
PAIR = ("weight", "bias")


def sizes_of(draw: Draw) -> Sizes:
    """Sizes of a model, no two alike."""
    n_heads, d_head = (2, 5) if draw.integer(0, 1) else (3, 7)
    vocab_size, context_length = (11, 13) if draw.integer(0, 1) else (17, 11)
    return {
        "vocab_size": vocab_size, "context_length": context_length, "d_model": n_heads * d_head,
        "n_heads": n_heads, "n_layers": N_LAYERS,
    }  # fmt: skip


def drawn_parameters(draw: Draw, sizes: Sizes) -> Parameters:
    """A number for every parameter of the parts, large enough that each of them matters."""
    return {
        name: draw.normal(*value.shape) / (math.sqrt(value.shape[-1]) if value.dim() > 1 else 2) + ("norm" in name)
        for name, value in LanguageModelParts(**sizes).state_dict().items()
    }  # fmt: skip


def as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its parameters: values are compared, whatever the style."""

    def logits(sizes: Sizes, values: Parameters, *inputs: Tensor) -> Any:
        module = cls(**sizes)
        if not callable(getattr(module, "load_state_dict", None)):
            expect.fail(f"Calling your class should make a model; it gives {expect.describe(module)}.")
        module = module.double().eval()
        try:
            module.load_state_dict({name: value.detach().clone() for name, value in values.items()})
        except RuntimeError:
            expect.fail(
                "Your class should have the parts of LanguageModelParts and nothing else to learn: inherit from it "
                "and leave __init__ as it is."
            )
        return module(*inputs)

    return logits


def formula(sizes: Sizes, values: Parameters, ids: Tensor, allowed: Tensor) -> Tensor:
    """The logits by the formula; ``allowed`` (batch, n, n) says which position (row) may see which (column)."""
    heads, n_heads = allowed[:, None].expand(-1, sizes["n_heads"], -1, -1), sizes["n_heads"]

    def norm(x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], values[f"{name}.weight"], values[f"{name}.bias"])

    x = values["token_embedding.weight"][ids] + values["positions.table"][: ids.shape[1]]
    for block in (f"blocks.{i}" for i in range(sizes["n_layers"])):
        own = {n.removeprefix(f"{block}.attention."): v for n, v in values.items()}
        hidden = norm(x, f"{block}.norm_1")
        x = x + paper(n_heads, own, hidden, hidden, heads)
        inner = F.linear(
            norm(x, f"{block}.norm_2"), *(values[f"{block}.feed_forward.w_in.{p}"] for p in PAIR)
        )
        x = x + F.linear(
            F.gelu(inner, approximate="tanh"), *(values[f"{block}.feed_forward.w_out.{p}"] for p in PAIR)
        )
    return norm(x, "norm") @ values["head.weight"].T


def case(draw: Draw, batch: int = 2) -> tuple[Sizes, Parameters, Tensor]:
    """Sizes, parameters, and ids of texts shorter than the model could read."""
    sizes = sizes_of(draw)
    n = sizes["context_length"] - 2
    return sizes, drawn_parameters(draw, sizes), tokens(draw, sizes["vocab_size"], batch, n)


def logits_of(answer: Answer, sizes: Sizes, values: Parameters, ids: Tensor, *more: Tensor) -> Tensor:
    """The logits, of the right shape and finite."""
    what = f"For ids of shape {tuple(ids.shape)} and vocab_size={sizes['vocab_size']}, the logits"
    found = expect.tensor(
        answer(sizes, values, ids, *more), what, (*ids.shape, sizes["vocab_size"]), torch.float64
    )
    expect.finite(found, what)
    return found


def compare_with_formula(
    answer: Answer, sizes: Sizes, values: Parameters, ids: Tensor, allowed: Tensor
) -> None:
    """The logits equal those of the formula; a forgotten step is named."""
    found = logits_of(answer, sizes, values, ids)
    without = values | {"positions.table": torch.zeros_like(values["positions.table"])}
    if torch.allclose(found, formula(sizes, without, ids, allowed), atol=1e-6):
        expect.fail("Your logits are those without positions: add them to the embeddings.")
    for blocks in range(N_LAYERS):
        if torch.allclose(found, formula(sizes | {"n_layers": blocks}, values, ids, allowed), atol=1e-6):
            expect.fail(
                f"Your logits are those after {blocks} of {N_LAYERS} blocks: each block goes on from the last."
            )
    expect.close(
        found,
        formula(sizes, values, ids, allowed),
        "Your logits are not those of the formula: embeddings and positions, all blocks in their order, norm, head.",
    )


def too_long_is_refused(answer: Answer, draw: Draw) -> None:
    sizes, values, _ = case(draw)
    ids = tokens(draw, sizes["vocab_size"], 1, sizes["context_length"] + 1)
    what = f"{ids.shape[1]} tokens for a model with context_length={sizes['context_length']}"
    expect.error(lambda: answer(sizes, values, ids), ValueError, what, "context_length")


def influences(answer: Answer, sizes: Sizes, values: Parameters, ids: Tensor) -> Tensor:
    """A table: whether another token at position j (column) changes the logits at position i (row)."""
    text, n = ids[0], ids.shape[1]
    others = (text + torch.eye(n, dtype=torch.long)) % sizes["vocab_size"]  # row j has another token j
    base, *found = logits_of(answer, sizes, values, torch.cat([text[None], others]))
    return torch.stack([(logits - base).abs().amax(-1) > 1e-9 for logits in found], dim=1)


def sees_what_came_before(answer: Answer, sizes: Sizes, values: Parameters, ids: Tensor) -> None:
    """Fail unless every position is influenced by itself and by those before it, and by no other."""
    n = ids.shape[1]
    wrong = (influences(answer, sizes, values, ids) != torch.ones(n, n).tril().bool()).nonzero().tolist()
    if wrong:
        i, j = wrong[0]
        seen = "sees" if j > i else "does not see"
        expect.fail(f"Position {i} {seen} position {j}; it should see itself and what stands before it.")


# ── MaskedLanguageModel ──────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("MaskedLanguageModel", adapt=as_function)


@check("MaskedLanguageModel", points=2)
def masked_logits_follow_the_formula(answer: Answer, draw: Draw) -> None:
    """The logits are those of the formula, with attention over the whole text."""
    sizes, values, ids = case(draw)
    n = ids.shape[1]
    if torch.allclose(
        logits_of(answer, sizes, values, ids),
        formula(sizes, values, ids, torch.ones(2, n, n).tril().bool()),
        atol=1e-6,
    ):
        expect.fail("Each position sees only what stands before it; an encoder sees the whole text.")
    compare_with_formula(answer, sizes, values, ids, torch.ones(2, n, n, dtype=torch.bool))


@check("MaskedLanguageModel")
def both_sides_are_seen(answer: Answer, draw: Draw) -> None:
    """The logits at every position depend on every token, before and behind it."""
    sizes, values, ids = case(draw)
    unseen = (~influences(answer, sizes, values, ids)).nonzero().tolist()
    if unseen:
        i, j = unseen[0]
        expect.fail(
            f"Position {i} should see position {j}; another token there changes nothing in your logits."
        )


@check("MaskedLanguageModel", points=2)
def padding_is_not_seen(answer: Answer, draw: Draw) -> None:
    """Where `is_real` is False, no position sees anything, and each text of the batch has its own padding."""
    sizes, values, ids = case(draw, batch=3)
    n = ids.shape[1]
    is_real = torch.ones(3, n, dtype=torch.bool)
    is_real[0, -2:] = False
    is_real[2, [0, 2]] = False  # in front and in the middle, too
    found, unpadded = logits_of(answer, sizes, values, ids, is_real), logits_of(answer, sizes, values, ids)
    expect.close(
        unpadded,
        formula(sizes, values, ids, torch.ones(3, n, n, dtype=torch.bool)),
        "Without padding the logits are not those of the formula yet; first mend that.",
    )
    if torch.allclose(found[[0, 2]], unpadded[[0, 2]], atol=1e-9):
        expect.fail("is_real has no effect: give it to every block as a mask.")
    wanted = formula(sizes, values, ids, is_real[:, None].expand(-1, n, -1))
    expect.close(found[is_real], wanted[is_real], "With padding, the logits of real tokens are wrong.")
    padded_alike = torch.arange(n) < n - 2
    alone = logits_of(answer, sizes, values, ids[:1, : n - 2])
    expect.close(
        found[:1, padded_alike], alone, "A text should give the same logits with padding and without."
    )


@check("MaskedLanguageModel")
def masked_too_long_is_refused(answer: Answer, draw: Draw) -> None:
    """A text longer than context_length raises the ValueError of `positions`."""
    too_long_is_refused(answer, draw)


# ── corrupt_spans ────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("corrupt_spans")


def corrupted(answer: Answer, ids: Tensor, spans: Spans, first: int) -> tuple[list[int], list[int]]:
    """Both results as lists of ids."""
    found = expect.several(answer(ids, spans, first), ("inputs", "targets"))
    lists = []
    for name, value in zip(("inputs", "targets"), found, strict=True):
        tensor = expect.tensor(value, name, dtype=ids.dtype)
        if tensor.dim() != 1:
            expect.fail(f"{name} should be one row of ids; yours has shape {tuple(tensor.shape)}.")
        lists.append(tensor.tolist())
    return lists[0], lists[1]


def drawn_spans(draw: Draw, n: int, count: int) -> Spans:
    """``count`` spans of one to three tokens in a text of ``n``, not at its ends, with tokens between them."""
    spans, end = [], 0
    for _ in range(count):
        start = end + draw.integer(1, 3)
        end = start + draw.integer(1, 3)
        spans.append((start, end))
    assert end < n
    return spans


def read(ids: list[int], spans: Spans, first: int) -> list[int]:
    """The inputs, token by token."""
    sentinels = {start: first + number for number, (start, _) in enumerate(spans)}
    hidden = {i for start, stop in spans for i in range(start + 1, stop)}
    return [sentinels.get(i, token) for i, token in enumerate(ids) if i not in hidden]


def written(ids: list[int], spans: Spans, first: int) -> list[int]:
    """The targets, span by span."""
    return [t for i, (a, b) in enumerate(spans) for t in (first + i, *ids[a:b])] + [first + len(spans)]


def compare(name: str, found: list[int], wanted: list[int], ids: list[int], spans: Spans, first: int) -> None:
    if found != wanted:
        expect.fail(
            f"For ids {ids}, spans {spans} and first_sentinel={first}, {name} should be {wanted}; yours are {found}."
        )


@check("corrupt_spans")
def a_sentinel_for_each_span(answer: Answer, draw: Draw) -> None:
    """In the inputs each span is replaced by one sentinel, whatever its length, counting up from first_sentinel."""
    for count, n in ((1, 7), (3, 19)):
        ids, spans = tokens(draw, 89, n), drawn_spans(draw, n, count)
        inputs, _ = corrupted(answer, ids, spans, 97)
        compare("inputs", inputs, read(ids.tolist(), spans, 97), ids.tolist(), spans, 97)


@check("corrupt_spans", points=2)
def targets_name_what_was_hidden(answer: Answer, draw: Draw) -> None:
    """The targets are, for each span, its sentinel and its tokens, and one more sentinel at the end."""
    for count, n in ((1, 7), (3, 19)):
        ids, spans = tokens(draw, 89, n), drawn_spans(draw, n, count)
        _, targets = corrupted(answer, ids, spans, 97)
        compare("targets", targets, written(ids.tolist(), spans, 97), ids.tolist(), spans, 97)


@check("corrupt_spans")
def ends_of_the_text(answer: Answer, draw: Draw) -> None:
    """A span may begin the text, end it, or be all of it; without spans nothing is hidden."""
    n = draw.primes(1)[0]
    ids = tokens(draw, 89, n)
    for spans in ([(0, 1)], [(n - 1, n)], [(0, 1), (n - 1, n)], [(0, n)], []):
        inputs, targets = corrupted(answer, ids, spans, 97)
        compare("inputs", inputs, read(ids.tolist(), spans, 97), ids.tolist(), spans, 97)
        compare("targets", targets, written(ids.tolist(), spans, 97), ids.tolist(), spans, 97)


@check("corrupt_spans")
def ids_stay_as_they_were(answer: Answer, draw: Draw) -> None:
    """Both results have the dtype of `ids`, which itself is not changed; a tuple of spans does as well as a list."""
    for dtype in (torch.long, torch.int32):
        ids = tokens(draw, 89, 17, dtype=dtype)
        spans = drawn_spans(draw, 17, 2)
        for kind in (list, tuple):
            inputs, targets = corrupted(answer, ids, kind(spans), 97)
            compare("inputs", inputs, read(ids.tolist(), spans, 97), ids.tolist(), spans, 97)
            compare("targets", targets, written(ids.tolist(), spans, 97), ids.tolist(), spans, 97)
    expect.untouched(answer)


@check("corrupt_spans")
def impossible_spans_are_refused(answer: Answer, draw: Draw) -> None:
    """A span that is empty, out of the text, out of order or touches another raises a ValueError that names it."""
    ids = tokens(draw, 89, 23)
    for spans in ([(11, 11)], [(13, 11)], [(17, 29)], [(-13, 11)], [(3, 11), (11, 17)], [(11, 17), (3, 5)]):
        bad = spans[-1]
        what = f"corrupt_spans with spans {spans} of 23 tokens"
        expect.error(partial(answer, ids, spans, 97), ValueError, what, *map(str, bad))


# ── CausalLanguageModel ──────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("CausalLanguageModel", adapt=as_function)


@check("CausalLanguageModel", points=2)
def causal_logits_follow_the_formula(answer: Answer, draw: Draw) -> None:
    """The logits are those of the formula, each position attending to itself and to those before it."""
    sizes, values, ids = case(draw)
    n = ids.shape[1]
    if torch.allclose(
        logits_of(answer, sizes, values, ids),
        formula(sizes, values, ids, torch.ones(2, n, n, dtype=torch.bool)),
        atol=1e-6,
    ):
        expect.fail("Each position sees the whole text; a decoder sees itself and what stands before it.")
    compare_with_formula(answer, sizes, values, ids, torch.ones(2, n, n).tril().bool())


@check("CausalLanguageModel", points=2)
def no_position_sees_a_later_one(answer: Answer, draw: Draw) -> None:
    """Another token at position j changes the logits at j and behind it, and none before it."""
    sizes, values, ids = case(draw)
    sees_what_came_before(answer, sizes, values, ids)


@check("CausalLanguageModel")
def a_beginning_gives_the_same_logits(answer: Answer, draw: Draw) -> None:
    """The first k tokens alone give the logits that they give within the whole text."""
    sizes, values, ids = case(draw)
    whole = logits_of(answer, sizes, values, ids)
    for k in (1, 2, ids.shape[1] - 1):
        part = logits_of(answer, sizes, values, ids[:, :k])
        expect.close(
            part, whole[:, :k], f"The first {k} tokens alone give other logits than within the text."
        )


@check("CausalLanguageModel")
def causal_too_long_is_refused(answer: Answer, draw: Draw) -> None:
    """A text longer than context_length raises the ValueError of `positions`."""
    too_long_is_refused(answer, draw)
