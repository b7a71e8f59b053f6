"""Checks of lab 15, generation: how tokens are drawn, the cache, the budget and the loop; filters are in :mod:`.filters`.

What is drawn is counted. The model that `generate` asks is a script: its logits are drawn once for every text that can be
read, and what it has read is in the student's cache, so a token that is lost, repeated or read twice changes what comes next.
"""

import functools
import math
from collections.abc import Callable, Iterable
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.checking import Draw
from autograder.checks.filters import EXERCISES, INF, Answer, Row, check, logits_of
from autograder.checks.gpt import beside
from autograder.checks.heads import leading_shapes

# ── sample ───────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("sample")

N_DRAWS = 4000
HALVES = (0.5, 0.3, 0.2)


def seeded(seed: int) -> torch.Generator:
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def drawn(answer: Answer, logits: Tensor, *arguments: Any, **settings: Any) -> Tensor:
    """One id for each distribution; what was drawn without a generator is not recorded: that tells nothing of a mistake."""
    found = answer(logits, *arguments, **settings)
    if not arguments and settings.get("temperature") != 0:
        answer.results.clear()
    shape, width = tuple(logits.shape[:-1]), logits.shape[-1]
    ids = expect.tensor(found, f"For logits of shape {tuple(logits.shape)}, the result", shape, torch.int64)
    if ids.numel() and not 0 <= ids.min() <= ids.max() < width:
        expect.fail(
            f"Ids should lie between 0 and {width - 1}; yours lie between {ids.min()} and {ids.max()}."
        )
    return ids


def shares_of(answer: Answer, row: Iterable[float], seed: int, **settings: Any) -> Tensor:
    """How often each token was drawn, in 4,000 draws from one distribution."""
    logits = torch.tensor(list(row), dtype=torch.float64).log() + 2
    ids = drawn(answer, logits.expand(N_DRAWS, -1).clone(), seeded(seed), **settings)
    return torch.bincount(ids, minlength=logits.shape[-1]) / N_DRAWS


def require_drawn(answer: Answer, draw: Draw, *cases: tuple[dict[str, Any], Row]) -> None:
    """With each of the settings tokens are drawn as often as they should be, six standard deviations wide, and no others."""
    found = [shares_of(answer, HALVES, draw.integer(0, 2**30), **settings).tolist() for settings, _ in cases]
    for shares, (settings, wanted) in zip(found, cases, strict=True):
        told = ", ".join(f"{name}={value}" for name, value in settings.items()) or "no settings"
        told = f"With {told} and probabilities 0.5, 0.3, 0.2"
        for token, (share, p) in enumerate(zip(shares, wanted, strict=True)):
            if p == 0 and share > 0:
                expect.fail(f"{told}, token {token} should never be drawn; it was.")
            if abs(share - p) > 6 * math.sqrt(p * (1 - p) / N_DRAWS):
                expect.fail(
                    f"{told}, token {token} should be drawn in {p:.0%} of the cases; yours is in about {share:.0%}."
                )


@check("sample")
def zero_is_greedy(answer: Answer, draw: Draw) -> None:
    """Temperature 0 takes the most probable token, of equals the lowest id, and draws nothing, for any leading dimensions."""
    for leading in leading_shapes(draw):
        logits = logits_of(draw, *leading, 7)
        ids = drawn(answer, logits, temperature=0.0)
        if not torch.equal(ids, logits.argmax(-1)):
            expect.fail(
                f"For logits of shape {tuple(logits.shape)}, temperature 0 should take the largest logit of each row."
            )
        drawn(answer, logits, seeded(3), temperature=1.5)
    before, after = beside(
        answer.original,
        "(lambda own, g, logits: (g.get_state(), own(logits, g, 0.0), g.get_state())[::2])(own, Generator(), logits)",
        own=answer.original, logits=logits_of(draw, 2, 7),
    )  # fmt: skip
    if not torch.equal(before, after):
        expect.fail("At temperature 0 nothing is drawn; yours takes random numbers from the generator.")
    equal = torch.tensor([[1.0, 4, 4], [2, 2, 2]])
    lowest = drawn(answer, equal, temperature=0.0).tolist()
    answer.results.clear()  # where chance decides it tells nothing about a mistake
    if lowest != [1, 0]:
        expect.fail("At temperature 0 and with equal logits the lowest id should be taken.")


@check("sample", points=2)
def as_often_as_probable(answer: Answer, draw: Draw) -> None:
    """Each token is drawn as often as it is probable: with softmax(z), and with softmax(z / T)."""
    require_drawn(answer, draw, ({}, list(HALVES)), ({"temperature": 0.5}, [25 / 38, 9 / 38, 4 / 38]))
    share = shares_of(answer, (0.5, 0.5), draw.integer(0, 2**30), temperature=0.01)[0].item()
    if not 0.4 < share < 0.6:
        expect.fail(
            f"With temperature=0.01 two equal logits are still equally probable; yours draws the first in {share:.0%} of the cases."
        )


@check("sample")
def each_filter_cuts(answer: Answer, draw: Draw) -> None:
    """top_k, top_p and min_p cut what they should, and what is left shares all of the probability."""
    settings: tuple[dict[str, Any], ...] = ({"top_k": 2}, {"top_p": 0.7}, {"min_p": 0.5})
    require_drawn(answer, draw, *((one, [0.625, 0.375, 0.0]) for one in settings))


@check("sample", points=2)
def the_order_of_the_steps(answer: Answer, draw: Draw) -> None:
    """The temperature acts before the filters; then top-k, top-p and min-p, each on what is left."""
    only_first = [1.0, 0.0, 0.0]
    require_drawn(
        answer,
        draw,
        ({"temperature": 0.5, "top_p": 0.65}, only_first),  # 25 / 38 is enough; 0.5 is not
        ({"temperature": 0.5, "min_p": 0.45}, only_first),  # 9 / 25 is too little; 0.3 / 0.5 is not
        ({"top_k": 2, "top_p": 0.6}, only_first),  # 0.5 / 0.8 is enough; 0.5 is not
        ({"top_k": 1, "top_p": 0.9}, only_first),
        (
            {"top_p": 0.6, "min_p": 0.5},
            [0.625, 0.375, 0.0],
        ),  # min-p first would leave 0.625 to the first, enough
    )


@check("sample")
def generator_decides(answer: Answer, draw: Draw) -> None:
    """The same generator gives the same tokens, another one others; without one torch's own decides."""
    logits, found = torch.zeros(40, 19), []
    for seed in (5, 5, 6):
        torch.rand(3)  # torch's own generator moves on
        found.append(drawn(answer, logits.clone(), seeded(seed)))
        answer.results.clear()  # of a mistake here nobody can say what it will draw
    if not torch.equal(found[0], found[1]):
        expect.fail("With a generator of the same seed you drew other tokens: draw from `generator`.")
    if torch.equal(found[0], found[2]):
        expect.fail("With a generator of another seed you drew the same tokens.")
    n_seen = found[0].unique().numel()
    if n_seen < 8:
        expect.fail(
            f"40 draws from 19 equal logits gave only {n_seen} different tokens: `None` should switch a filter off."
        )
    first, second = beside(
        answer.original,
        "(lambda own, g, logits: (own(logits, g), own(logits, g)))(own, Generator().manual_seed(5), logits)",
        own=answer.original, logits=logits,
    )  # fmt: skip
    if torch.equal(first, second):
        expect.fail("Called twice with one generator you drew the same tokens; it must not be seeded anew.")
    torch.manual_seed(5)
    own = [drawn(answer, logits.clone()) for _ in range(2)]
    if torch.equal(*own):
        expect.fail("Without a generator, two calls drew the same tokens.")


@check("sample")
def nothing_can_be_drawn(answer: Answer, draw: Draw) -> None:
    """Where the largest logit of a row is nan or infinite a ValueError is raised, at every temperature."""
    for bad in ([0.0, math.nan, 1.0], [0.0, INF, 1.0], [-INF, -INF, -INF]):
        for temperature in (0.0, 1.0):
            logits = torch.tensor([[0.0, 1.0, 2.0], bad])
            expect.error(
                partial(answer, logits, temperature=temperature), ValueError, f"sample of logits {bad}"
            )
    cut = torch.tensor([0.0, -INF, 1.0])
    try:
        drawn(answer, cut, seeded(0), top_k=1)
    except ValueError:
        expect.fail(
            "The logits [0, −inf, 1] were refused. A token that is cut has the logit −inf; only the largest has to be finite."
        )
    if drawn(answer, cut, temperature=0.0).item() != 2:
        expect.fail("A token that is cut has the logit −inf; the others can still be drawn.")


@check("sample")
def settings_are_checked(answer: Answer, draw: Draw) -> None:
    """Settings out of range raise a ValueError, also at temperature 0; the logits given stay as they are."""
    wrong: tuple[dict[str, Any], ...] = (
        {"temperature": -0.5}, {"top_k": 4}, {"temperature": 0.0, "top_k": 0}, {"temperature": 0.0, "top_p": 2.0},
        {"temperature": 0.0, "min_p": -1.0}, {"top_p": 0.0}, {"temperature": math.nan},
    )  # fmt: skip
    for settings in wrong:
        told = ", ".join(f"{name}={value}" for name, value in settings.items())
        expect.error(partial(answer, torch.zeros(3), **settings), ValueError, f"sample with {told}")
    for temperature in (0.0, 0.5):
        drawn(answer, logits_of(draw, 5, 7), temperature=temperature, top_k=2, top_p=0.5, min_p=0.1)
    expect.untouched(answer)


# ── LayerBuffers ─────────────────────────────────────────────────────────────────────────────────

Pair = tuple[Tensor, Tensor]


def as_it_is_now(found: Any) -> Any:
    """A pair of views, whatever is written to their buffers later."""
    if not isinstance(found, tuple):
        return found
    return tuple(part.clone() if isinstance(part, Tensor) else part for part in found)


def as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function: what each of several calls of ``append`` returns, and the length then."""

    def append_all(context_length: int, pairs: list[Pair]) -> list[Any]:
        buffers = cls(context_length)
        return [(as_it_is_now(buffers.append(*pair)), buffers.length) for pair in pairs]

    return append_all


EXERCISES.exercise("LayerBuffers", adapt=as_function)


def pairs_of(draw: Draw, *lengths: int, batch: int = 2, dtype: torch.dtype = torch.float64) -> list[Pair]:
    """Keys and values of 3 heads for pieces of a text; keys are 5 wide and values 7."""
    return [
        (draw.normal(batch, 3, n, 5, dtype=dtype), draw.normal(batch, 3, n, 7, dtype=dtype)) for n in lengths
    ]


def appended(answer: Answer, context_length: int, pairs: list[Pair]) -> list[tuple[Tensor, Tensor, int]]:
    """Keys, values and length after every call."""
    found = []
    for result, length in answer(context_length, pairs):
        keys, values = expect.several(result, ("keys", "values"))
        found.append((expect.tensor(keys, "keys"), expect.tensor(values, "values"), length))
    return found


@check("LayerBuffers", points=2)
def all_so_far_in_order(answer: Answer, draw: Draw) -> None:
    """Each call returns the keys and values of all positions so far, the new ones last."""
    for lengths in ((3, 1, 2), (1, 1, 1, 1), (7,)):
        pairs = pairs_of(draw, *lengths)
        for count, (keys, values, _) in enumerate(appended(answer, 7, pairs), start=1):
            for name, found, given in zip(
                ("keys", "values"), (keys, values), zip(*pairs[:count], strict=True), strict=True
            ):
                wanted = torch.cat(given, -2)
                told = f"After pieces of {' + '.join(map(str, lengths[:count]))} positions, {name}"
                expect.tensor(found, told, tuple(wanted.shape))
                expect.close(found, wanted, f"{told} are not those given, in order.")
    expect.untouched(answer)


@check("LayerBuffers")
def length_counts_positions(answer: Answer, draw: Draw) -> None:
    """`length` is 0 at first, and then the number of positions stored."""
    at_first = answer.original(7).length
    found = [at_first, *(length for _, _, length in appended(answer, 7, pairs_of(draw, 3, 1, 2)))]
    if found != [0, 3, 4, 6]:
        expect.fail(
            f"With pieces of 3, 1 and 2 positions, length should be 0, 3, 4, 6; yours is {', '.join(map(str, found))}."
        )


@check("LayerBuffers")
def dtype_of_what_comes(answer: Answer, draw: Draw) -> None:
    """Keys and values keep their dtype and device, and what is returned carries no gradient."""
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        keys, values, _ = appended(answer, 7, pairs_of(draw, 2, 1, dtype=dtype))[-1]
        for name, found in (("keys", keys), ("values", values)):
            expect.tensor(found, f"For keys and values of dtype {str(dtype)[6:]}, {name}", dtype=dtype)
    mixed = [(key.float(), value) for key, value in pairs_of(draw, 2, 1)]
    values = appended(answer, 7, mixed)[-1][1]
    expect.tensor(
        values, "For keys of dtype float32 and values of dtype float64, values", dtype=torch.float64
    )
    buffers, (elsewhere, _) = answer.original(7), pairs_of(draw, 2, 1)
    told = "Keys that lie on another device should be stored there; yours"
    try:
        keys, _ = expect.several(buffers.append(*(part.to("meta") for part in elsewhere)), ("keys", "values"))
    except (NotImplementedError, RuntimeError) as error:
        if "meta" not in str(error):
            raise
        expect.fail(f"{told} are stored in memory that was made for another: {error}")
    if expect.tensor(keys, "keys").device.type != "meta":
        expect.fail(f"{told} lie on {keys.device.type}.")
    pairs = [(key.requires_grad_(), value.requires_grad_()) for key, value in pairs_of(draw, 2, 1)]
    for keys, values, _ in appended(answer, 7, pairs):
        if keys.requires_grad or values.requires_grad:
            expect.fail("What is stored should carry no gradient: detach it.")


@check("LayerBuffers")
def full_window_is_refused(answer: Answer, draw: Draw) -> None:
    """Too many positions raise a ValueError that names context_length and how many are stored; these stay."""
    buffers = answer.original(11)
    first, too_many, rest = pairs_of(draw, 7, 5, 4)
    buffers.append(*first)
    told = "Appending 5 positions where 7 of 11 are stored"
    expect.error(lambda: buffers.append(*too_many), ValueError, told, "11", "7")
    keys, _ = expect.several(buffers.append(*rest), ("keys", "values"))
    wanted = torch.cat([first[0], rest[0]], -2)
    expect.tensor(keys, "After a refusal and 4 positions that fit, keys", tuple(wanted.shape))
    expect.close(keys, wanted, "What was refused has changed what is stored.")
    fresh, (whole,) = answer.original(11), pairs_of(draw, 12)
    expect.error(
        partial(fresh.append, *whole), ValueError, "12 positions where none of 11 is stored", "11", "0"
    )
    (single,) = pairs_of(draw, 2, batch=1)
    keys, _ = expect.several(fresh.append(*single), ("keys", "values"))
    expect.tensor(keys, "After a refusal at the first call, keys of a batch of 1", tuple(single[0].shape))


@check("LayerBuffers")
def another_batch_is_refused(answer: Answer, draw: Draw) -> None:
    """A batch of another size raises a ValueError that names both sizes; what is stored stays."""
    buffers = answer.original(13)
    (first,), (other,), (rest,) = (pairs_of(draw, 3, batch=n) for n in (5, 1, 5))
    buffers.append(*first)
    expect.error(lambda: buffers.append(*other), ValueError, "A batch of 1 where 5 were stored", "5", "1")
    keys, _ = expect.several(buffers.append(*rest), ("keys", "values"))
    expect.tensor(keys, "After a refusal and 3 positions that fit, keys", (5, 3, 6, 5))
    expect.close(
        keys, torch.cat([first[0], rest[0]], -2), "The batch that was refused has changed what is stored."
    )
    if buffers.length != 6:
        expect.fail(f"After a refusal and 3 + 3 positions, length should be 6; yours is {buffers.length}.")


# ── KVCache ──────────────────────────────────────────────────────────────────────────────────────


def cache_of(cls: Any) -> Callable[..., Any]:
    """A student's class as a function: the cache's length after each piece has gone to the layer named with it."""

    def lengths(n_layers: int, context_length: int, layers: list[int], pairs: list[Pair]) -> list[Any]:
        cache = cls(n_layers, context_length)
        found = [cache.length]
        for layer, pair in zip(layers, pairs, strict=True):
            cache[layer].append(*pair)
            found.append(cache.length)
        return found

    return lengths


EXERCISES.exercise("KVCache", adapt=cache_of)


@check("KVCache", points=2)
def layers_are_separate(answer: Answer, draw: Draw) -> None:
    """`cache[layer]` always means the same buffers, and every layer has its own."""
    cache = answer.original(3, 7)
    pairs = pairs_of(draw, 2, 2, 2)
    more = pairs_of(draw, 1, 1, 1)
    for layer, pair in enumerate(pairs):
        cache[layer].append(*pair)
    for layer, pair in enumerate(more):
        keys, _ = expect.several(cache[layer].append(*pair), ("keys", "values"))
        wanted = torch.cat([pairs[layer][0], pair[0]], -2)
        expect.tensor(
            keys, f"After 2 + 1 positions in each layer, the keys of layer {layer}", tuple(wanted.shape)
        )
        expect.close(keys, wanted, f"Layer {layer} does not hold what was appended to it.")


@check("KVCache", points=2)
def length_is_what_all_have_stored(answer: Answer, draw: Draw) -> None:
    """`length` counts the positions that every layer has stored: 0 at first, and the least of all in between."""
    layers, pairs = [0, 2, 1, 2, 0, 1], pairs_of(draw, 3, 3, 3, 1, 1, 1)
    found = answer(3, 7, layers, pairs)
    if found != [0, 0, 0, 3, 3, 3, 4]:
        told = ", ".join(map(str, found)) if isinstance(found, list) else expect.describe(found)
        expect.fail(
            "With 3 positions appended to layers 0, 2 and 1, then 1 to layers 2, 0 and 1, length should be "
            f"0, 0, 0, 3, 3, 3, 4; yours is {told}."
        )


@check("KVCache")
def context_length_is_handed_on(answer: Answer, draw: Draw) -> None:
    """Each layer has room for context_length positions, and no more."""
    cache = answer.original(2, 11)
    fits, more = pairs_of(draw, 11, 1)
    for layer in range(2):
        buffers = cache[layer]
        buffers.append(*fits)
        if cache[layer].length != 11:
            expect.fail(f"With 11 positions appended to it, layer {layer} holds {cache[layer].length}.")
        expect.error(
            partial(buffers.append, *more), ValueError, f"A position too many in layer {layer}", "11"
        )


@check("KVCache")
def impossible_sizes_are_refused(answer: Answer, draw: Draw) -> None:
    """Fewer than 1 layer or position raises a ValueError that names both numbers; 1 of each is fine."""
    for sizes in ((0, 7), (3, 0), (-2, 5)):
        told = f"KVCache{sizes}"
        expect.error(partial(answer.original, *sizes), ValueError, told, *map(str, sizes))
    try:
        answer.original(1, 1)
    except ValueError as error:
        expect.fail(f"A cache of 1 layer and 1 position is possible, and yours refuses it: {error}")


# ── token_budget ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("token_budget")


def require_budgets(answer: Answer, cases: dict[tuple[int, int, int], int]) -> None:
    """The budget for each (context_length, n_prompt, max_new_tokens)."""
    found = [expect.whole_number(answer(*sizes), "The budget") for sizes in cases]
    for budget, (sizes, wanted) in zip(found, cases.items(), strict=True):
        if budget != wanted:
            names = "context_length={}, n_prompt={}, max_new_tokens={}".format(*sizes)
            expect.fail(f"With {names} the budget is {wanted}, not {budget}.")


@check("token_budget")
def limit_counts_new_tokens(answer: Answer, draw: Draw) -> None:
    """Where there is room, the budget is max_new_tokens: the prompt does not count against it."""
    require_budgets(answer, {(101, 7, 13): 13, (101, 17, 5): 5, (23, 11, 12): 12, (23, 5, 0): 0})


@check("token_budget")
def window_is_shared(answer: Answer, draw: Draw) -> None:
    """Prompt and new tokens share the window: what the prompt leaves of it is the most there can be."""
    require_budgets(answer, {(23, 17, 13): 6, (23, 22, 5): 1, (23, 23, 5): 0, (7, 1, 100): 6})


@check("token_budget")
def impossible_budgets_are_refused(answer: Answer, draw: Draw) -> None:
    """An empty prompt, one longer than the window, and a negative limit raise a ValueError."""
    expect.error(lambda: answer(23, 0, 5), ValueError, "An empty prompt")
    expect.error(lambda: answer(23, 29, 5), ValueError, "A prompt of 29 tokens in a window of 23", "29", "23")
    for n_prompt in (5, 23):
        told = f"max_new_tokens=-3 after a prompt of {n_prompt} tokens in a window of 23"
        expect.error(partial(answer, 23, n_prompt, -3), ValueError, told, "-3")


# ── generate ─────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("generate")

VOCAB_SIZE, CONTEXT_LENGTH, N_LAYERS = 13, 11, 2


@functools.lru_cache(maxsize=20_000)
def _logits_after(text: tuple[int, ...], salt: int) -> Tensor:
    seed = (salt + sum((token + 1) * 31**place for place, token in enumerate(text))) % 2**60
    return torch.randn(VOCAB_SIZE, generator=seeded(seed), dtype=torch.float64)


class Script(nn.Module):
    """A model whose logits are drawn once for every text; with a cache it knows of the past what lies there.

    ``calls`` holds what each call read, and the mode that the model was in. It fails in call ``fails_at``, if there is one;
    where it is ``flat``, all tokens are equally probable.
    """

    def __init__(
        self, draw: Draw, training: bool = True, fails_at: int | None = None, flat: bool = False
    ) -> None:
        super().__init__()
        self.config = SimpleNamespace(vocab_size=VOCAB_SIZE, context_length=CONTEXT_LENGTH, n_layers=N_LAYERS)
        self.salt = draw.integer(0, 2**30)
        self.training, self.fails_at, self.flat = training, fails_at, flat
        self.calls: list[tuple[int, int, bool]] = []
        self.refusal = ""

    def forward(self, ids: Tensor, cache: Any = None) -> Tensor:
        """The logits at every position of ``ids``, as a GPT gives them."""
        if len(self.calls) == self.fails_at:
            raise RuntimeError("the script ends here")
        self.calls.append((*ids.shape, self.training))
        texts = ids
        if cache is not None:
            numbers = ids[:, None, :, None].double()
            for layer in range(N_LAYERS):
                keys = self.stored(cache, layer, numbers)
            texts = keys[:, 0, :, 0].long()
        total = texts.shape[1]
        ends = range(total - ids.shape[1] + 1, total + 1)
        return torch.stack([torch.stack([self.after(text[:end]) for end in ends]) for text in texts.tolist()])

    def stored(self, cache: Any, layer: int, numbers: Tensor) -> Tensor:
        """What lies in the cache, with what is read now; why it cannot be put there is remembered."""
        try:
            return cache[layer].append(numbers, numbers)[0]
        except Exception:
            self.refusal = (
                f"The cache has no room in layer {layer} for the {numbers.shape[2]} tokens of call {len(self.calls)}: is it "
                "KVCache(n_layers, context_length), and was the model given nothing but what it had not read yet?"
            )
            raise

    def after(self, text: list[int]) -> Tensor:
        """The logits of what follows a text."""
        return torch.zeros(VOCAB_SIZE) if self.flat else _logits_after(tuple(text), self.salt)

    def greedy(self, text: list[int], n_new: int) -> list[int]:
        """The text with the most probable token added, time and again."""
        for _ in range(n_new):
            text = [*text, int(self.after(text).argmax())]
        return text

    def parameters(self, recurse: bool = True) -> Any:
        """None: its logits come from a script."""
        return []


def prompts(draw: Draw, batch: int, n: int) -> Tensor:
    """Ids of the script's vocabulary."""
    return torch.randint(VOCAB_SIZE, (batch, n), generator=draw.generator)


def texts_of(answer: Answer, model: Script, ids: Tensor, n_new: int, **settings: Any) -> list[list[int]]:
    """Prompts and continuations, of the right shape."""
    try:
        found = answer(model, ids, n_new, **settings)
    except Exception:
        if model.refusal:
            expect.fail(model.refusal)
        raise
    total = min(ids.shape[1] + n_new, CONTEXT_LENGTH)
    told = f"For {len(ids)} prompts of {ids.shape[1]} tokens and max_new_tokens={n_new}, the result"
    return expect.tensor(found, told, (len(ids), total), torch.int64).tolist()


def require_greedy(
    answer: Answer, draw: Draw, sizes: tuple[int, int, int], told: str, **settings: Any
) -> Script:
    """Prompts of (batch, n) go on with the most probable tokens, each from all tokens before it."""
    batch, n, n_new = sizes
    model, ids = Script(draw), prompts(draw, batch, n)
    found = texts_of(answer, model, ids, n_new, **settings)
    for text, prompt in zip(found, ids.tolist(), strict=True):
        wanted = model.greedy(prompt, len(text) - n)
        if text[:n] != prompt:
            expect.fail(f"Each text should begin with its prompt, here {prompt}; yours begins {text[:n]}.")
        if text != wanted:
            expect.fail(
                f"{told} the prompt {prompt} goes on with {wanted[n:]}; yours goes on with {text[n:]}."
            )
    return model


@check("generate", points=2)
def each_token_follows_from_all(answer: Answer, draw: Draw) -> None:
    """At temperature 0, prompts go on with the most probable tokens, each after all that stands before it."""
    for sizes in ((3, 5, 4), (1, 2, 7), (2, 1, 1)):
        require_greedy(answer, draw, sizes, "At temperature 0", temperature=0.0)


@check("generate", points=2)
def without_a_cache_the_same(answer: Answer, draw: Draw) -> None:
    """Without a cache the whole text is read again for every token, and the tokens are the same."""
    model = require_greedy(answer, draw, (2, 3, 5), "Without a cache", temperature=0.0, use_cache=False)
    read = [n for _, n, _ in model.calls]
    if read != [3, 4, 5, 6, 7]:
        expect.fail(
            "Without a cache, a prompt of 3 tokens and 5 new ones are read in calls of 3, 4, 5, 6, 7 tokens; "
            f"yours are {', '.join(map(str, read))}."
        )


@check("generate", points=2)
def each_token_is_read_once(answer: Answer, draw: Draw) -> None:
    """With a cache the prompt is read in one call, and then each new token in a call of its own, but for the last."""
    model = require_greedy(answer, draw, (2, 3, 5), "With a cache", temperature=0.0)
    read = [n for _, n, _ in model.calls]
    if read != [3, 1, 1, 1, 1]:
        expect.fail(
            "With a cache, a prompt of 3 tokens and 5 new ones are read in calls of 3, 1, 1, 1, 1 tokens; "
            f"yours are {', '.join(map(str, read))}."
        )


@check("generate")
def settings_reach_the_draw(answer: Answer, draw: Draw) -> None:
    """Each of top_k, top_p and min_p reaches the draw; where they leave one token, that is the most probable."""
    for name, value in (("top_k", 1), ("top_p", 1e-9), ("min_p", 1.0)):
        require_greedy(
            answer,
            draw,
            (2, 3, 5),
            f"With {name}={value}",
            temperature=1.5,
            generator=seeded(3),
            **{name: value},
        )


@check("generate", points=2)
def generator_decides_the_text(answer: Answer, draw: Draw) -> None:
    """Tokens are drawn from `generator`: the same seed gives the same texts, another one others."""
    model, ids, found = Script(draw), prompts(draw, 5, 2), []
    for seed in (5, 5, 6):
        torch.rand(3)  # torch's own generator moves on
        found.append(texts_of(answer, model, ids, 7, generator=seeded(seed), temperature=2.0))
        answer.results.clear()  # chance tells nothing about a mistake
    if found[0] != found[1]:
        expect.fail("With a generator of the same seed other texts were drawn: hand `generator` on.")
    if found[0] == found[2]:
        expect.fail("With a generator of another seed the same texts were drawn.")
    if found[0] == [model.greedy(prompt, 7) for prompt in ids.tolist()]:
        expect.fail("At temperature 2 only the most probable tokens were drawn; hand `temperature` on.")
    if texts_of(answer, model, ids, 7, generator=seeded(5), temperature=2.0, use_cache=False) != found[0]:
        expect.fail("Without a cache a generator of the same seed draws other texts than with one.")
    answer.results.clear()
    model = Script(draw, flat=True)
    texts = texts_of(answer, model, ids, 7, generator=seeded(5))
    if all(len(set(text[2:])) == 1 for text in texts):
        expect.fail(
            "Where all tokens are equally probable, each text repeats one token: the generator draws on from token to token, "
            "and must not be seeded anew."
        )
    if texts_of(answer, model, ids, 7) == texts_of(answer, model, ids, 7):
        expect.fail("Without a generator two calls drew the same texts; torch's own generator should draw.")
    answer.results.clear()


@check("generate")
def window_ends_the_text(answer: Answer, draw: Draw) -> None:
    """The text ends where the context is full, or after max_new_tokens; 0 of them return the prompts."""
    for sizes in ((2, 7, 50), (3, CONTEXT_LENGTH, 5), (2, 3, 0)):
        require_greedy(answer, draw, sizes, f"With max_new_tokens={sizes[2]}", temperature=0.0)
        require_greedy(answer, draw, sizes, "Without a cache", temperature=0.0, use_cache=False)
    texts = texts_of(answer, Script(draw, flat=True), prompts(draw, 2, 3), 7, temperature=0.0)
    if any(text[3:] != [0] * 7 for text in texts):
        expect.fail("At temperature 0 nothing is drawn: of equally probable tokens the lowest id is written.")


@check("generate")
def on_token_hears_of_each(answer: Answer, draw: Draw) -> None:
    """`on_token` is called once for every new token, with one id for each text, before the next is drawn."""
    model, ids = Script(draw), prompts(draw, 3, 2)
    heard: list[Any] = []
    calls: list[int] = []

    def on_token(new: Any) -> None:
        heard.append(new)
        calls.append(len(model.calls))

    texts = texts_of(answer, model, ids, 4, temperature=0.0, on_token=on_token)
    if len(heard) != 4:
        expect.fail(
            f"With 4 new tokens `on_token` should be called 4 times; it was called {len(heard)} times."
        )
    for place, new in enumerate(heard):
        told = expect.tensor(new, "What `on_token` gets", (3,)).tolist()
        if told != [text[2 + place] for text in texts]:
            expect.fail(
                f"Call {place + 1} of `on_token` got {told}, which are not the new tokens of that step."
            )
    if calls != [1, 2, 3, 4]:
        expect.fail("`on_token` should be called as soon as a token is drawn, before the model reads it.")

    again: list[Any] = []
    texts_of(answer, model, ids, 4, temperature=0.0, on_token=again.append, use_cache=False)
    if len(again) != 4:
        expect.fail(
            f"Without a cache `on_token` should be called for 4 new tokens, too; it was called {len(again)} times."
        )

    def enough(_new: Any) -> None:
        raise RuntimeError("enough")

    try:
        answer(model, ids, 4, temperature=0.0, on_token=enough)
    except RuntimeError:
        return
    expect.fail("An error that `on_token` raises should end the text and arrive; yours was caught.")


@check("generate")
def dropout_is_off_meanwhile(answer: Answer, draw: Draw) -> None:
    """The model is in evaluation mode while it reads; afterwards, also after an error, in the mode it was in."""
    for training in (True, False):
        model = Script(draw, training)
        texts_of(answer, model, prompts(draw, 2, 3), 3, temperature=0.0)
        if any(mode for *_, mode in model.calls):
            expect.fail("Your code lets the model read in training mode; use `with evaluating(model):`.")
        if model.training is not training:
            expect.fail(
                f"A model in {'training' if training else 'evaluation'} mode should be so afterwards."
            )
    model = Script(draw, fails_at=2)
    try:
        answer(model, prompts(draw, 2, 3), 5, temperature=0.0)
    except RuntimeError:
        if not model.training:
            expect.fail("After an error in the model, it should be in training mode again, as it was before.")
    else:
        expect.fail("An error of the model's third call did not arrive; either it was caught or never made.")


@check("generate")
def impossible_prompts_are_refused(answer: Answer, draw: Draw) -> None:
    """An empty or too long prompt, an id outside the vocabulary and a setting out of range raise a ValueError."""
    long = CONTEXT_LENGTH + 6
    model = Script(draw)
    expect.error(
        lambda: answer(model, prompts(draw, 2, 0), 3, temperature=0.0), ValueError, "An empty prompt"
    )
    told = f"A prompt of {long} tokens in a context of {CONTEXT_LENGTH}"
    expect.error(
        lambda: answer(model, prompts(draw, 1, long), 3, temperature=0.0),
        ValueError,
        told,
        str(long),
        str(CONTEXT_LENGTH),
    )
    outside = torch.tensor([[3, VOCAB_SIZE, 5]])
    expect.error(
        lambda: answer(model, outside, 3, temperature=0.0),
        ValueError,
        f"The id {VOCAB_SIZE}",
        str(VOCAB_SIZE),
    )
    told = f"The id {VOCAB_SIZE}, also where max_new_tokens=0,"
    expect.error(lambda: answer(model, outside, 0), ValueError, told, str(VOCAB_SIZE))
    if model.calls:
        expect.fail("A prompt that is refused should be refused before the model reads it.")
    ids = prompts(draw, 1, 3)
    expect.error(lambda: answer(model, ids, 3, temperature=-1.0), ValueError, "temperature=-1.0")
