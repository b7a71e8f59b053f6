"""Checks of lab 11, the Transformer, last part: the loss, the rate, patches and translation; :mod:`.layers` and :mod:`.models` have the rest."""

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import autograder.checks.models  # noqa: F401 (it registers the checks of the Transformer)
from autograder import expect
from autograder.checking import Draw
from autograder.checks.layers import EXERCISES, Answer, check
from autograder.checks.seq2seq import Script, beam_by_hand

# ── label_smoothed_loss ──────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("label_smoothed_loss")


def smoothed_by_hand(logits: Tensor, targets: Tensor, smoothing: float, pad_id: int = 0) -> float:
    """−Σ q_k ln p_k, token by token and class by class."""
    losses = []
    for row, target in zip(logits.flatten(0, -2).tolist(), targets.flatten().tolist(), strict=True):
        if target == pad_id:
            continue
        top = max(row)
        total = top + math.log(math.fsum(math.exp(z - top) for z in row))
        share = smoothing / len(row)
        losses.append(
            -math.fsum(((1 - smoothing) * (k == target) + share) * (z - total) for k, z in enumerate(row))
        )
    return math.fsum(losses) / len(losses)


def loss_close(found: Any, wanted: float, message: str) -> None:
    found = expect.tensor(found, "The loss", ())
    expect.close(found, torch.tensor(wanted), message)


def some_targets(draw: Draw) -> tuple[Tensor, Tensor]:
    """Logits, and targets without padding."""
    batch, n, vocab = draw.primes(3, above=3)
    targets = torch.randint(1, vocab, (batch, n), generator=draw.generator)
    return 2 * draw.normal(batch, n, vocab), targets


@check("label_smoothed_loss", points=2)
def cross_entropy_against_soft_targets(answer: Answer, draw: Draw) -> None:
    """The right token gets 1 − ε and every token ε / K: −Σ q_k ln p_k, as the mean over the targets."""
    logits, targets = some_targets(draw)
    for smoothing in (0.3, 0.9):
        loss_close(
            answer(logits, targets, smoothing), smoothed_by_hand(logits, targets, smoothing),
            f"With smoothing={smoothing} the loss is not −Σ q_k ln p_k with the q_k of the text.",
        )  # fmt: skip
    expect.untouched(answer)


@check("label_smoothed_loss")
def a_tenth_unless_told(answer: Answer, draw: Draw) -> None:
    """`smoothing` is 0.1 unless given; with 0 the loss is the plain cross-entropy."""
    logits, targets = some_targets(draw)
    asked_for = expect.tensor(answer(logits, targets, 0.1), "The loss", ())
    loss_close(
        answer(logits, targets), asked_for.item(), "Without `smoothing` the loss is another than with 0.1."
    )
    loss_close(
        answer(logits, targets),
        smoothed_by_hand(logits, targets, 0.1),
        "Without `smoothing` it should be 0.1.",
    )
    plain = F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()
    loss_close(
        answer(logits, targets, 0.0), plain, "With smoothing=0 the loss should be the plain cross-entropy."
    )


@check("label_smoothed_loss")
def padding_does_not_count(answer: Answer, draw: Draw) -> None:
    """Targets equal to `pad_id`, 0 unless given, count neither in the sum nor in the number of targets."""
    logits, targets = some_targets(draw)
    targets[0, 1:] = 0
    for pad_id in (0, int(targets[1, 0])):
        more = {} if pad_id == 0 else {"pad_id": pad_id}
        loss_close(
            answer(logits, targets, 0.2, **more), smoothed_by_hand(logits, targets, 0.2, pad_id),
            f"With pad_id={pad_id} the loss is not the mean over the targets that are not {pad_id}.",
        )  # fmt: skip


@check("label_smoothed_loss")
def far_apart_logits(answer: Answer, draw: Draw) -> None:
    """Logits thousands apart give the exact, finite loss."""
    logits, targets = some_targets(draw)
    logits = 1000 * logits
    loss = expect.tensor(answer(logits, targets, 0.2), "The loss", ())
    expect.finite(loss, "The loss of logits that lie thousands apart")
    loss_close(
        loss, smoothed_by_hand(logits, targets, 0.2), "For logits that lie thousands apart the loss is wrong."
    )


@check("label_smoothed_loss")
def a_token_that_is_ruled_out(answer: Answer, draw: Draw) -> None:
    """A token with logit −∞ adds nothing where it is not the target, and no gradient is nan; as a target it costs ∞."""
    logits, targets = some_targets(draw)
    logits[..., 0] = -math.inf
    logits.requires_grad_()
    loss = expect.tensor(answer(logits, targets, 0.2), "The loss", ())
    expect.finite(loss, "The loss, where one token has logit −∞,")
    log_p = logits.detach().log_softmax(-1)
    right = log_p.gather(-1, targets[..., None]).mean()
    even = log_p[..., 1:].sum(-1).mean() / logits.shape[-1]
    wanted = -(0.8 * right + 0.2 * even).item()
    loss_close(loss, wanted, "Where one token has logit −∞, the others should count as before: ε / K each.")
    (gradient,) = expect.gradients(loss, logits=logits)
    expect.finite(gradient, "The gradient, where one token has logit −∞,")
    impossible = logits.detach().clone()
    impossible[0, 0, targets[0, 0]] = -math.inf
    loss = expect.tensor(answer(impossible, targets, 0.2), "The loss", ())
    if loss != math.inf:
        expect.fail(f"Where a target itself has logit −∞ the loss should be infinite; yours is {loss:.3g}.")


@check("label_smoothed_loss")
def the_gradient_is_p_minus_q(answer: Answer, draw: Draw) -> None:
    """The gradient of each logit is (p_k − q_k) / number of real targets."""
    logits, targets = some_targets(draw)
    targets[-1, 1:] = 0
    logits.requires_grad_()
    loss = expect.tensor(answer(logits, targets, 0.3), "The loss", ())
    (gradient,) = expect.gradients(loss, logits=logits)
    q = 0.7 * F.one_hot(targets, logits.shape[-1]) + 0.3 / logits.shape[-1]
    real = (targets != 0)[..., None]
    wanted = torch.where(real, (logits.detach().softmax(-1) - q) / real.sum(), 0)
    expect.close(gradient, wanted, "The gradient of the logits is not (p − q) / number of real targets.")


@check("label_smoothed_loss")
def nonsense_is_refused(answer: Answer, draw: Draw) -> None:
    """A `smoothing` outside 0 ≤ ε < 1, and targets of padding alone, raise a ValueError that names the number."""
    logits, targets = some_targets(draw)
    for smoothing in (-0.25, 1.0, 1.5):
        call = partial(answer, logits, targets, smoothing)
        expect.error(call, ValueError, f"smoothing={smoothing}", str(smoothing))
    for pad_id in (0, 3):
        call = partial(answer, logits, torch.full_like(targets, pad_id), 0.1, pad_id)
        what = f"With pad_id={pad_id}, targets of {pad_id} alone"
        expect.error(call, ValueError, what, "pad_id", str(pad_id))


# ── noam_learning_rate ───────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("noam_learning_rate")


def compare_rates(answer: Answer, message: str, wanted: dict[int, float], *sizes: int) -> None:
    """The rate at each step; all are asked for before the first is judged, so that known mistakes can be told apart."""
    found = {step: answer(step, *sizes) for step in wanted}
    for step, rate in found.items():
        if isinstance(rate, Tensor) and rate.dim() == 0:
            rate = rate.item()
        if isinstance(rate, bool) or not isinstance(rate, float | int):
            expect.fail(f"The learning rate should be a float; you returned {expect.describe(rate)}.")
        if not math.isclose(rate, wanted[step], rel_tol=1e-6):
            call = ", ".join(map(str, (step, *sizes)))
            expect.fail(
                f"{message} noam_learning_rate({call}) should be {wanted[step]:.6g}; yours is {rate:.6g}."
            )


def rate_by_hand(step: int, d_model: int, n_warmup: int) -> float:
    """A line up to the peak 1 / √(d_model · n_warmup), and the inverse root of d_model · step behind it."""
    peak = 1 / math.sqrt(d_model * n_warmup)
    return peak * step / n_warmup if step <= n_warmup else 1 / math.sqrt(d_model * step)


@check("noam_learning_rate")
def a_straight_line_up(answer: Answer, draw: Draw) -> None:
    """Up to n_warmup, every step adds the same: d_model^(−½) · n_warmup^(−3/2)."""
    d_model, n_warmup = draw.primes(2, above=3)
    answer(3 * n_warmup, d_model, n_warmup)
    wanted = {step: rate_by_hand(step, d_model, n_warmup) for step in range(1, n_warmup + 1)}
    compare_rates(answer, "In the warm-up", wanted, d_model, n_warmup)


@check("noam_learning_rate")
def then_the_inverse_root(answer: Answer, draw: Draw) -> None:
    """From n_warmup on the rate is 1 / √(d_model · step)."""
    d_model, n_warmup = draw.primes(2, above=3)
    steps = (n_warmup, n_warmup + 1, 100 * n_warmup)
    wanted = {step: rate_by_hand(step, d_model, n_warmup) for step in steps}
    compare_rates(answer, "After the warm-up", wanted, d_model, n_warmup)


@check("noam_learning_rate")
def four_thousand_steps_unless_told(answer: Answer, draw: Draw) -> None:
    """n_warmup is 4000 unless given."""
    wanted = {step: rate_by_hand(step, 512, 4000) for step in (2, 100, 1000, 4000, 16000)}
    compare_rates(answer, "With the default of 4000 warm-up steps", wanted, 512)


@check("noam_learning_rate")
def steps_count_from_one(answer: Answer, draw: Draw) -> None:
    """A step or an n_warmup below 1 raises a ValueError that names both numbers."""
    for step, n_warmup in ((0, 17), (-3, 17), (23, 0)):
        call = partial(answer, step, 8, n_warmup)
        expect.error(call, ValueError, f"step={step} with n_warmup={n_warmup}", str(step), str(n_warmup))


# ── image_to_patches ─────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("image_to_patches")


def some_images(draw: Draw, channels: int = 3) -> tuple[Tensor, int, int, int]:
    """Two images of ``rows`` × ``columns`` patches, and how large a patch is."""
    size, rows, columns = draw.primes(3)
    return draw.normal(2, channels, size * rows, size * columns), size, rows, columns


@check("image_to_patches")
def a_sequence_of_patches(answer: Answer, draw: Draw) -> None:
    """The result has shape (batch, number of patches, P · P · channels)."""
    for channels in (1, 3):
        images, size, rows, columns = some_images(draw, channels)
        shape = (2, rows * columns, size * size * channels)
        expect.tensor(
            answer(images, size), f"For images {tuple(images.shape)} and patch_size={size}, the result", shape
        )


@check("image_to_patches")
def patches_follow_like_words(answer: Answer, draw: Draw) -> None:
    """Patches follow each other line by line, from left to right; each holds the pixels of its square."""
    images, size, rows, columns = some_images(draw)
    patches = expect.tensor(answer(images, size), "The result", (2, rows * columns, size * size * 3))
    for r in range(rows):
        for c in range(columns):
            square = images[:, :, size * r : size * (r + 1), size * c : size * (c + 1)]
            expect.close(
                patches[:, r * columns + c].sort().values, square.flatten(1).sort().values,
                f"Patch {r * columns + c} should be the square in row {r} and column {c} of squares.",
            )  # fmt: skip


@check("image_to_patches", points=2)
def pixels_follow_like_letters(answer: Answer, draw: Draw) -> None:
    """Within a patch pixels follow line by line, and the channels of one pixel stand side by side."""
    images, size, rows, columns = some_images(draw)
    patches = expect.tensor(answer(images, size), "The result", (2, rows * columns, size * size * 3))
    for r in range(size):
        for c in range(size):
            for channel in range(3):
                place = (r * size + c) * 3 + channel
                expect.close(
                    patches[:, -1, place], images[:, channel, size * (rows - 1) + r, size * (columns - 1) + c],
                    f"With P = {size}, number {place} of a patch should be channel {channel} of its pixel in row {r}, column {c}.",
                )  # fmt: skip


@check("image_to_patches")
def no_pixel_changes(answer: Answer, draw: Draw) -> None:
    """The dtype is kept, gradients flow back to the image, and the image itself stays as it was."""
    images, size, *_ = some_images(draw)
    images.requires_grad_()
    patches = expect.tensor(answer(images, size), "The result", dtype=torch.float64)
    (gradient,) = expect.gradients(patches.sum(), images=images)
    expect.close(
        gradient, torch.ones_like(images), "Each pixel should arrive once and hand its gradient back once."
    )
    expect.tensor(answer(images.detach().half(), size), "For float16 images, the result", dtype=torch.float16)
    expect.untouched(answer)


@check("image_to_patches")
def patches_must_fit(answer: Answer, draw: Draw) -> None:
    """A `patch_size` below 1, or one that does not divide both sides, raises a ValueError that names all three numbers."""
    for height, width, patch_size in ((14, 22, 7), (14, 22, 11), (14, 22, 0), (14, 22, -2), (8, 18, 12)):
        call = partial(answer, draw.normal(1, 1, height, width), patch_size)
        what = f"patch_size={patch_size} for {height} × {width}"
        expect.error(call, ValueError, what, str(height), str(width), str(patch_size))


# ── translate ────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("translate")


class Letters:
    """A tokenizer whose tokens are letters; it writes a space at both ends and remembers what it was asked."""

    def __init__(self, letters: str) -> None:
        self.letters = letters
        self.texts: list[str] = []
        self.written: list[list[int]] = []

    def encode(self, text: str) -> list[int]:
        self.texts.append(text)
        return [4 + self.letters.index(letter) for letter in text if letter in self.letters]

    def decode(self, ids: Any) -> str:
        self.written.append([int(i) for i in ids])
        return f" {''.join(self.letters[i - 4] if i >= 4 else '<?>' for i in ids)} "


LATIN, GREEK = "abcdefg", "αβγ"  # 7 letters of the source, and all that a script writes beside ids 0 to 3
TEXTS = ("cab", "gg", "deface", "b")
ONE_SOURCE = " beam_search makes the batch of one itself: give it one source, a tensor of shape (m,)."


def asked(answer: Answer, model: Script, texts: list[str], *settings: Any, **more: Any) -> list[str]:
    """What the student's function returns: a list with one string for each text."""
    try:
        found = answer(model, texts, Letters(LATIN), Letters(GREEK), *settings, **more)
    except Exception:
        if model.refusal:
            expect.fail(model.refusal + ONE_SOURCE * ("model.encode" in model.refusal))
        raise
    model.require_the_same_mode()
    if not isinstance(found, list | tuple) or len(found) != len(texts):
        expect.fail(
            f"Return one translation for each of the {len(texts)} texts, in a list; you returned {expect.describe(found)}."
        )
    for text in found:
        if not isinstance(text, str):
            expect.fail(f"Each translation should be a string; yours is {expect.describe(text)}.")
    return list(found)


def by_hand(model: Script, text: str, width: int, limit: int, alpha: float = 0.6) -> str:
    """The course's definition of a beam search, written down by hand in lab 05's checks."""
    return Letters(GREEK).decode(beam_by_hand(model, Letters(LATIN).encode(text), width, limit, alpha))


@check("translate", points=2)
def texts_in_and_texts_out(answer: Answer, draw: Draw) -> None:
    """Each text is read by the source's tokenizer, searched for, and written by the target's, in order."""
    model = Script(draw)
    found = asked(answer, model, list(TEXTS), 3, 2)
    for text, translation in zip(TEXTS, found, strict=True):
        wanted = by_hand(model, text, 2, 3)
        if translation != wanted:
            expect.fail(f"The translation of {text!r} should be {wanted!r}; yours is {translation!r}.")


@check("translate")
def as_wide_and_as_long_as_told(answer: Answer, draw: Draw) -> None:
    """`beam_width` and `max_new_tokens` reach the search."""
    model = Script(draw)
    for width, limit in ((1, 6), (3, 2), (5, 4)):
        for text, translation in zip(TEXTS, asked(answer, model, list(TEXTS), max_new_tokens=limit, beam_width=width), strict=True):  # fmt: skip
            wanted = by_hand(model, text, width, limit)
            if translation != wanted:
                expect.fail(
                    f"With beam_width={width} and max_new_tokens={limit}, {text!r} should become {wanted!r}; "
                    f"yours is {translation!r}."
                )


@check("translate")
def length_is_weighed(answer: Answer, draw: Draw) -> None:
    """Finished hypotheses are compared with the length penalty alpha = 0.6."""
    text, width, limit = "cab", 3, 4
    for wrong_alpha in (0.0, 1.0):
        for _ in range(500):
            model = Script(draw)
            wanted = by_hand(model, text, width, limit)
            if wanted != by_hand(model, text, width, limit, wrong_alpha):
                break
        (found,) = asked(answer, model, [text], limit, width)
        if found != wanted:
            expect.fail(
                f"With the length penalty alpha = 0.6, {text!r} should become {wanted!r}; yours is {found!r}."
            )


@check("translate")
def four_beams_and_fifty_tokens_unless_told(answer: Answer, draw: Draw) -> None:
    """`beam_width` is 4 and `max_new_tokens` is 50 unless given."""
    model = Endless()
    for width, settings in ((4, {}), (2, {"beam_width": 2})):
        (found,) = asked(answer, model, ["cab"], **settings)
        if model.widest != width:
            expect.fail(
                f"With {settings or 'no settings'}, the search should keep {width} beginnings; yours kept {model.widest}."
            )
        if (length := len(found.strip())) != 50:
            expect.fail(
                f"Without max_new_tokens, a translation may have 50 tokens; yours ended after {length}."
            )


class Endless(Script):
    """A model that never ends a sentence, and notices how many beginnings it is asked about."""

    def __init__(self) -> None:
        self.masks, self.steps, self.refusal, self.widest = [], 0, "", 0

    def encode(self, source: Tensor, source_mask: Any = None) -> tuple[Tensor, Tensor]:
        self.widest = 0
        return source[:, :1], source[:, :1]

    def decode(self, ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        self.widest = max(self.widest, len(ids))
        scores = torch.tensor([-99.0, -99, -99, -99, 1.0, 0.9, 0.8], dtype=torch.float64)
        return scores.expand(len(ids), ids.shape[1], 7), state


class Reader(Script):
    """A model that remembers what it read."""

    def encode(self, source: Tensor, source_mask: Any = None) -> tuple[Tensor, Tensor]:
        self.sources = [*getattr(self, "sources", []), source]
        return super().encode(source, source_mask)


@check("translate")
def one_text_at_a_time(answer: Answer, draw: Draw) -> None:
    """Each source is read on its own, once and without padding, as int64 ids."""
    model, reader = Reader(draw), Letters(LATIN)
    try:
        answer(model, list(TEXTS), reader, Letters(GREEK), 2, 2)
    except Exception:
        if model.refusal:
            expect.fail(model.refusal + ONE_SOURCE * ("model.encode" in model.refusal))
        raise
    if reader.texts != list(TEXTS):
        expect.fail("The source's tokenizer should be given each text once, in order.")
    lengths = [tuple(mask.shape) for mask in model.masks]
    if {source.dtype for source in model.sources} - {torch.long}:
        expect.fail("The ids should be int64; give torch.tensor no other dtype.")
    if lengths != [(1, len(text)) for text in TEXTS] or not all(mask.all() for mask in model.masks):
        expect.fail(
            f"Sources of {[len(t) for t in TEXTS]} ids should be read one at a time; the model read {lengths}."
        )


@check("translate")
def nothing_becomes_nothing(answer: Answer, draw: Draw) -> None:
    """A text without tokens is not shown to the model; its translation is what the target's tokenizer makes of no ids."""
    model = Script(draw)
    texts, nothing = ["", "cab", "?", "cab"], Letters(GREEK).decode([])  # the question mark has no token here
    found, cab = asked(answer, model, texts, 3, 2), by_hand(model, "cab", 2, 3)
    wanted = [nothing, cab, nothing, cab]
    if found != wanted:
        expect.fail(
            f"The source's tokenizer finds no tokens in '' and '?'. The translations of {texts} should be {wanted}, "
            f"where {nothing!r} is what the target's makes of no ids; yours are {found}."
        )


class Elsewhere(Script):
    """A model on a device where nothing can be computed: it notices where the ids lie, and refuses."""

    def encode(self, source: Tensor, source_mask: Any = None) -> Any:
        self.found = source.device.type
        self.refuse("here nothing is computed")


@check("translate")
def ids_lie_on_the_device(answer: Answer, draw: Draw) -> None:
    """The ids are put on `device`, where the model is."""
    model = Elsewhere(draw)
    model.found = ""
    try:
        answer(model, ["cab"], Letters(LATIN), Letters(GREEK), 2, 2, torch.device("meta"))
    except Exception:
        if not model.refusal:
            raise
    if model.found != "meta":
        expect.fail("`device` is ignored: the ids should be created on it, or moved to it.")
