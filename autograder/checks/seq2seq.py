"""Checks of lab 05, seq2seq.

The oracles are the GRU's equations word by word, softmax by math, searches that keep plain tuples, and BLEU by
counting lists. The models that loss and searches are called with are scripts: their logits are drawn once for
every prefix, so what was read, in which order and with which state decides the result.
"""

import copy
import functools
import itertools
import math
from collections.abc import Callable
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.checking import Draw, ExerciseSet

EXERCISES = ExerciseSet("05-seq2seq")
check = EXERCISES.check
Answer = Any  # a Recorder around whatever the student wrote
BOS, EOS = 1, 2


def some_ids(draw: Draw, *shape: int, below: int = 11) -> Tensor:
    """Ids of words: none of them is a special one."""
    return torch.randint(4, below, shape, generator=draw.generator)


def padded(rows: list[list[int]], pad_id: int = 0) -> Tensor:
    """A batch by hand."""
    width = max(map(len, rows))
    return torch.tensor([row + [pad_id] * (width - len(row)) for row in rows])


# ── pad_batch ────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("pad_batch")


@check("pad_batch")
def rows_are_filled_up_at_the_end(answer: Answer, draw: Draw) -> None:
    """Each sequence stands at the left of its row, and padding fills the row to the longest length."""
    short, middle, long = sorted(draw.primes(3))
    lengths = (middle, long, short)
    rows = [some_ids(draw, n).tolist() for n in lengths]
    batch = expect.tensor(answer(rows), "The batch", (3, max(lengths)), torch.int64)
    for row, ids in zip(batch.tolist(), rows, strict=True):
        if row[: len(ids)] != ids:
            expect.fail(f"The row of {ids} starts with {row[: len(ids)]}; its ids should stand at the left.")
        if any(row[len(ids) :]):
            expect.fail(f"Behind {ids} your row holds {row[len(ids) :]}; padding is 0 unless told.")


@check("pad_batch")
def padding_is_what_was_asked_for(answer: Answer, draw: Draw) -> None:
    """``pad_id`` says what fills the rows, and a batch of equally long sequences needs none."""
    pad_id = draw.integer(12, 90)
    rows = [some_ids(draw, n).tolist() for n in (5, 2, 3)]
    for given in (rows, rows[:1], [tuple(row) for row in rows]):
        batch = expect.tensor(answer(given, pad_id), f"The batch with pad_id={pad_id}", (len(given), 5))
        if not torch.equal(batch, padded([list(row) for row in given], pad_id)):
            expect.fail(f"With pad_id={pad_id} your batch is {batch.tolist()} for {given}.")


@check("pad_batch")
def sequences_given_stay_as_they_were(answer: Answer, draw: Draw) -> None:
    """The lists that were passed in are not changed."""
    rows = [some_ids(draw, n).tolist() for n in (2, 5, 3)]
    if not torch.equal(expect.tensor(answer([list(row) for row in rows]), "The batch"), padded(rows)):
        expect.fail("Your batch of three sequences does not hold them.")
    given = [list(row) for row in rows]
    answer(given)
    if given != rows or answer.changed_inputs:
        expect.fail("A list that was passed in has grown; build a new list for each row.")


@check("pad_batch")
def nothing_to_pad_is_refused(answer: Answer, draw: Draw) -> None:
    """No sequence at all, or an empty one, raises a ValueError."""
    expect.tensor(answer([[5], [6, 7]]), "The batch", (2, 2))
    refused: list[list[list[int]]] = [[], [[]], [[5, 6], []]]
    for rows in refused:
        expect.error(functools.partial(answer, rows), ValueError, f"pad_batch({rows})")


# ── padding_mask ─────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("padding_mask")


@check("padding_mask")
def boolean_of_the_same_shape(answer: Answer, draw: Draw) -> None:
    """The mask is boolean and has one entry for each id."""
    n, m = draw.primes(2)
    ids = some_ids(draw, n, m)
    expect.tensor(answer(ids), "The mask", (n, m), torch.bool)
    expect.untouched(answer)


@check("padding_mask")
def true_means_real(answer: Answer, draw: Draw) -> None:
    """True stands for an id, False for padding."""
    ids = padded([some_ids(draw, n).tolist() for n in draw.primes(3)])
    mask = expect.tensor(answer(ids), "The mask", tuple(ids.shape))
    for i, j in itertools.product(range(3), range(ids.shape[1])):
        if bool(mask[i, j]) != (int(ids[i, j]) > 0):
            expect.fail(f"For the id {int(ids[i, j])} your mask says {bool(mask[i, j])}; 0 is padding.")


@check("padding_mask")
def pad_id_decides(answer: Answer, draw: Draw) -> None:
    """``pad_id`` says which id is padding; any other id, 0 among them, is real."""
    pad_id = draw.integer(5, 9)
    ids = torch.tensor([[4, 0, 12, pad_id], [0, pad_id, pad_id, pad_id]])
    mask = expect.tensor(answer(ids, pad_id=pad_id), f"The mask with pad_id={pad_id}", (2, 4))
    if mask.tolist() != [[True, True, True, False], [True, False, False, False]]:
        expect.fail(f"With pad_id={pad_id} the ids {ids.tolist()} gave {mask.tolist()}.")
    expect.untouched(answer)


# ── Seq2SeqEncoder and Seq2SeqDecoder ────────────────────────────────────────────────────────────

Weights = dict[str, Tensor]
KINDS = {"embedding": nn.Embedding, "rnn": nn.GRU, "head": nn.Linear}


def draw_weights(draw: Draw, vocab_size: int, d_model: int, head: bool = False) -> Weights:
    """Random numbers for every parameter, by name."""
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocab_size, d_model)}
    for side in ("ih", "hh"):
        shapes |= {f"rnn.weight_{side}_l0": (3 * d_model, d_model), f"rnn.bias_{side}_l0": (3 * d_model,)}
    if head:
        shapes |= {"head.weight": (vocab_size, d_model), "head.bias": (vocab_size,)}
    return {name: draw.normal(*shape) for name, shape in shapes.items()}


def built(cls: Any, vocab_size: int, d_model: int, layers: tuple[str, ...]) -> Any:
    """The student's module with the layers that it should have."""
    module = cls(vocab_size, d_model)
    if not isinstance(module, nn.Module):
        expect.fail(f"Your class should make an nn.Module; it made {expect.describe(module)}.")
    for name in layers:
        kind = KINDS[name]
        expect.attribute(module, name, f"There should be a layer `{name}`, an nn.{kind.__name__}", kind)
    return module


def parameter_of(layer: Any, name: str, what: str) -> Any:
    return expect.attribute(layer, name, f"{what} should be a tensor", Tensor)


def as_function(cls: Any) -> Callable[..., Any]:
    """A student's class as a function of its weights, in double precision."""

    def run(weights: Weights, *inputs: Any) -> Any:
        vocab_size, d_model = weights["embedding.weight"].shape
        layers = tuple(dict.fromkeys(name.partition(".")[0] for name in weights))
        torch.manual_seed(
            0
        )  # parameters beyond those that are set are the same in whatever process they live
        module = built(cls, vocab_size, d_model, layers)
        for name, values in weights.items():
            layer, _, parameter = name.partition(".")
            place = parameter_of(getattr(module, layer), parameter, f"`{name}`")
            expect.tensor(place, f"`{name}`", tuple(values.shape)).data = values.detach().clone()
        return expect.repeatable(module.double(), *inputs)

    return run


def gru_states(weights: Weights, ids: list[int], h: Tensor) -> Tensor:
    """The GRU's equations, one word after the other; one row for each word."""
    states = []
    for x in weights["embedding.weight"][ids]:
        r_x, z_x, n_x = (weights["rnn.weight_ih_l0"] @ x + weights["rnn.bias_ih_l0"]).chunk(3)
        r_h, z_h, n_h = (weights["rnn.weight_hh_l0"] @ h + weights["rnn.bias_hh_l0"]).chunk(3)
        z, n = torch.sigmoid(z_x + z_h), torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
        h = (1 - z) * n + z * h
        states.append(h)
    return torch.stack(states)


def require_gru(rnn: Any, vocab_size: int, d_model: int, embedding: Any) -> None:
    """One layer, one direction, batch first, of the width asked for."""
    expect.tensor(embedding.weight, "The weight of `embedding`", (vocab_size, d_model))
    expect.tensor(rnn.weight_ih_l0, "The weight of `rnn` for its input", (3 * d_model, d_model))
    expect.tensor(rnn.weight_hh_l0, "The weight of `rnn` for its state", (3 * d_model, d_model))
    if rnn.batch_first is not True:
        expect.fail("`rnn` should have batch_first=True.")
    if rnn.bidirectional or rnn.num_layers != 1:
        expect.fail("`rnn` should have one layer and read in one direction.")


EXERCISES.exercise("Seq2SeqEncoder", adapt=as_function)


def context_of(answer: Answer, weights: Weights, source: Tensor, mask: Tensor) -> Tensor:
    (context,) = expect.several(answer(weights, source, mask), ("context,",))
    shape = (len(source), weights["embedding.weight"].shape[1])
    return expect.tensor(context, f"For a source of shape {tuple(source.shape)}, the context", shape)


@check("Seq2SeqEncoder")
def encoder_has_its_parts(answer: Answer, draw: Draw) -> None:
    """`embedding` is vocab_size × d_model, `rnn` a GRU of one layer and width d_model with the batch first."""
    vocab_size, d_model = draw.primes(2)
    module = built(answer.original, vocab_size, d_model, ("embedding", "rnn"))
    require_gru(module.rnn, vocab_size, d_model, module.embedding)


@check("Seq2SeqEncoder")
def context_is_the_last_state(answer: Answer, draw: Draw) -> None:
    """The context is the state after the last word: of fixed size, made by reading from first to last."""
    batch, m, d_model = draw.primes(3)
    weights = draw_weights(draw, 23, d_model)
    source = some_ids(draw, batch, m)
    context = context_of(answer, weights, source, torch.ones(batch, m, dtype=torch.bool))
    start = torch.zeros(d_model, dtype=torch.float64)
    states = [gru_states(weights, row, start) for row in source.tolist()]
    if torch.allclose(context, torch.stack([s.mean(0) for s in states]), atol=1e-6):
        expect.fail("Your context is the mean of the states; it should be the state after the last word.")
    wanted = torch.stack([s[-1] for s in states])
    expect.close(context, wanted, "Your context is not the GRU's state after the last word.")


@check("Seq2SeqEncoder")
def padding_has_no_influence(answer: Answer, draw: Draw) -> None:
    """Beside longer sources, and whatever stands under the mask, a source gets the context it gets alone."""
    d_model, rows = 5, [some_ids(draw, n).tolist() for n in (2, 7, 3)]
    weights = draw_weights(draw, 11, d_model)
    alone = []
    for ids in rows:
        mask = torch.ones(1, len(ids), dtype=torch.bool)
        alone.append(context_of(answer, weights, torch.tensor([ids]), mask)[0])
    for under in (0, 9):
        source = padded(rows, under)
        mask = torch.arange(7) < torch.tensor([[2], [7], [3]])
        context = context_of(answer, weights, source, mask)
        message = f"With padding (ids {under}) behind it a source of 2 words gets another context than alone."
        expect.close(context, torch.stack(alone), message)


@check("Seq2SeqEncoder")
def gradient_reaches_every_word(answer: Answer, draw: Draw) -> None:
    """The loss can train the encoder: gradients reach the embedding of every real word and of no padding."""
    module = built(answer.original, 11, 5, ("embedding", "rnn"))
    result = module(torch.tensor([[5, 6, 7], [8, 0, 0]]), torch.tensor([[True] * 3, [True, False, False]]))
    (context,) = expect.several(result, ("context,",))
    total = expect.tensor(context, "The context", (2, 5)).square().sum()
    (gradient,) = expect.gradients(total, embedding=module.embedding.weight)
    reached = (gradient.abs().sum(1) > 0).nonzero().flatten().tolist()
    if reached != [5, 6, 7, 8]:
        expect.fail(f"Gradients should reach the words 5 to 8, all that are real; they reach {reached}.")


@check("Seq2SeqEncoder")
def odd_padding_is_refused(answer: Answer, draw: Draw) -> None:
    """Padding alone, or before a word, raises a ValueError; `sequence_lengths` does that for you."""
    weights, source = draw_weights(draw, 11, 5), some_ids(draw, 2, 3)
    context_of(answer, weights, source, torch.ones(2, 3, dtype=torch.bool))
    odd = {"A source of padding alone": [False, False, False], "Padding before a word": [False, True, True]}
    for what, row in odd.items():
        mask = torch.tensor([[True, True, False], row])
        expect.error(functools.partial(answer, weights, source, mask), ValueError, what)


EXERCISES.exercise("Seq2SeqDecoder", adapt=as_function)


def decoded(answer: Answer, weights: Weights, ids: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    logits, state = expect.several(answer(weights, ids, (hidden,)), ("logits", "state"))
    (last,) = expect.several(state, ("hidden,",))
    vocab_size = len(weights["head.weight"])
    what = f"For ids of shape {tuple(ids.shape)}, the logits"
    return expect.tensor(logits, what, (*ids.shape, vocab_size)), expect.tensor(last, "The state")


@check("Seq2SeqDecoder")
def decoder_has_its_parts(answer: Answer, draw: Draw) -> None:
    """`embedding` and `rnn` are as in the encoder, `head` maps d_model numbers to vocab_size logits."""
    vocab_size, d_model = draw.primes(2)
    module = built(answer.original, vocab_size, d_model, ("embedding", "rnn", "head"))
    require_gru(module.rnn, vocab_size, d_model, module.embedding)
    expect.tensor(module.head.weight, "The weight of `head`", (vocab_size, d_model))
    bias = parameter_of(module.head, "bias", "The bias of `head`")
    expect.tensor(bias, "The bias of `head`", (vocab_size,))


@check("Seq2SeqDecoder")
def writing_starts_from_the_given_state(answer: Answer, draw: Draw) -> None:
    """The GRU's first state is the one handed over, and each logit row is the head of the state after that id."""
    batch, n, d_model = draw.primes(3)
    weights = draw_weights(draw, 23, d_model, head=True)
    ids, hidden = some_ids(draw, batch, n), draw.normal(batch, d_model)
    logits, _ = decoded(answer, weights, ids, hidden)
    head, bias = weights["head.weight"], weights["head.bias"]
    states = [gru_states(weights, row, h) for row, h in zip(ids.tolist(), hidden, strict=True)]
    from_zero = torch.stack([gru_states(weights, row, 0 * hidden[0]) for row in ids.tolist()])
    if torch.allclose(logits, from_zero @ head.T + bias, atol=1e-6):
        expect.fail("Your decoder starts from 0: what the encoder found never reaches it.")
    expect.close(
        logits, torch.stack(states) @ head.T + bias, "Your logits are not the head of the GRU's states."
    )


@check("Seq2SeqDecoder")
def reading_in_pieces_is_reading_at_once(answer: Answer, draw: Draw) -> None:
    """The state returned is that after the last id, as (hidden,): reading goes on from it."""
    batch, first, second, d_model = draw.primes(4)
    weights = draw_weights(draw, 23, d_model, head=True)
    for rows in (batch, 1):
        ids, hidden = some_ids(draw, rows, first + second), draw.normal(rows, d_model)
        whole, at_once = decoded(answer, weights, ids, hidden)
        _, state = decoded(answer, weights, ids[:, :first], hidden)
        expect.tensor(state, f"For a batch of {rows}, the state returned", (rows, d_model))
        rest, last = decoded(answer, weights, ids[:, first:], state)
        expect.close(
            rest, whole[:, first:], "Read in two calls, the second part gets other logits than in one."
        )
        expect.close(last, at_once, "Read in two calls, the text leaves another state than in one.")


@check("Seq2SeqDecoder")
def gradient_reaches_the_encoder(answer: Answer, draw: Draw) -> None:
    """Gradients flow through both states, back into the encoder; the state is not changed in place."""
    batch, n, d_model = draw.primes(3)
    weights = draw_weights(draw, 23, d_model, head=True)
    hidden = draw.normal(batch, d_model, grad=True)
    logits, last = decoded(answer, weights, some_ids(draw, batch, n), hidden)
    expect.untouched(answer)
    (gradient,) = expect.gradients(logits.square().sum(), state=hidden)
    if (gradient == 0).all(1).any():
        expect.fail("For some row of the batch no gradient reaches the encoder's state.")
    if not last.requires_grad:
        expect.fail("The state returned is detached: what is read from it cannot train what was read before.")


# ── models by script ─────────────────────────────────────────────────────────────────────────────


class Moded:
    """A model that remembers whether its mode was changed."""

    training = True
    mode_changed = False

    def eval(self) -> "Moded":
        return self.train(False)

    def train(self, mode: bool = True) -> "Moded":
        self.mode_changed, self.training = True, mode
        return self

    def require_the_same_mode(self) -> None:
        if self.mode_changed:
            expect.fail(
                "Your code calls `model.eval()` or `model.train()`; the mode stays as the caller has set it."
            )


class Script(Moded):
    """A model whose logits are drawn once for every source and prefix.

    Its state has two parts: what was read, and the source's number plus a number made of what was read. Rows of one
    part beside those of another prefix give a source that nobody drew. With ``forgetful`` the logits depend on the
    source, the last id and its place alone: whose state it is does not matter.
    """

    def __init__(self, draw: Draw, vocab_size: int = 7, forgetful: bool = False) -> None:
        self.salt = draw.integer(0, 2**30)
        self.vocab_size, self.forgetful = vocab_size, forgetful
        self.masks: list[Tensor] = []
        self.rows_read = 0
        self.refusal = ""

    def encode(self, source: Tensor, source_mask: Any = None) -> tuple[Tensor, Tensor]:
        if not isinstance(source_mask, Tensor):
            self.refuse("`model.encode` takes two tensors, encode(source, source_mask); it got no mask.")
        if source.dim() != 2 or source_mask.shape != source.shape:
            self.refuse(
                "`model.encode` reads sources of shape (batch, m), one alone as (1, m), and a mask of the same shape; "
                f"it got {tuple(source.shape)} and {tuple(source_mask.shape)}."
            )
        self.masks.append(source_mask)
        weights = 13 ** torch.arange(source.shape[1])
        return source[:, :0], ((source + 1) * source_mask * weights).sum(1, keepdim=True)

    def decode(self, ids: Tensor, state: Any) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if ids.dim() != 2:
            self.refuse(f"`model.decode` reads ids of shape (batch, n); it got {tuple(ids.shape)}.")
        self.rows_read += len(ids)
        if not isinstance(state, tuple | list) or len(state) != 2:
            self.refuse("`model.decode` did not get the state as it came: here it is a tuple of two tensors.")
        for part in state:
            if len(part) != len(ids):
                held = "1 row" if len(part) == 1 else f"{len(part)} rows"
                self.refuse(
                    f"The state has {held} and the ids have {len(ids)}; each row needs its own state."
                )
        past, trail = state
        rows = torch.cat([past, ids], dim=1)
        number = trail[:, 0] - self.trail(past)
        prefixes = torch.cat([number[:, None], rows], dim=1).tolist()
        ends = range(past.shape[1] + 2, rows.shape[1] + 2)
        logits = [torch.stack([self.logits(tuple(prefix[:end])) for end in ends]) for prefix in prefixes]
        return torch.stack(logits), (rows, (number + self.trail(rows))[:, None])

    def trail(self, ids: Tensor) -> Tensor:
        """One number for each row of ids, whatever the ids are if the script is forgetful."""
        return (ids * 7 ** torch.arange(ids.shape[1])).sum(1) * (not self.forgetful)

    def refuse(self, why: str) -> NoReturn:
        """Remember why the model cannot be called like this; the student's code gets an error."""
        self.refusal = why
        raise ValueError(why)

    def logits(self, prefix: tuple[int, ...]) -> Tensor:
        """Logits of what follows a source's number and the ids read so far."""
        key = (prefix[0], len(prefix), prefix[-1]) if self.forgetful else prefix
        return _drawn(key, self.salt, self.vocab_size)

    def log_p(self, prefix: tuple[int, ...]) -> list[float]:
        """ln P of every next id."""
        logits = self.logits(prefix).tolist()
        total = math.log(math.fsum(math.exp(z) for z in logits))
        return [z - total for z in logits]


def asked(answer: Answer, model: Script, *inputs: Any, **settings: Any) -> Any:
    """The student's result; where the model could not be called as it was, the model's words and no error."""
    try:
        return answer(model, *inputs, **settings)
    except Exception:
        if model.refusal:
            expect.fail(model.refusal)
        raise


@functools.lru_cache(maxsize=20_000)
def _drawn(key: tuple[int, ...], salt: int, vocab_size: int) -> Tensor:
    seed = (salt + sum((id + 1) * 31**place for place, id in enumerate(key))) % 2**60
    return 2 * torch.randn(vocab_size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def number_of(source: list[int]) -> int:
    """What a script makes of a source without padding: the start of every prefix."""
    return sum((id + 1) * 13**place for place, id in enumerate(source))


# ── teacher_forced_loss ──────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("teacher_forced_loss")


def loss_of(answer: Answer, model: Any, source: Tensor, target: Tensor, *pad_id: int) -> Tensor:
    return expect.tensor(asked(answer, model, source, target, *pad_id), "The loss", ())


def losses_by_hand(model: Script, source: list[int], target: list[int]) -> list[float]:
    """−ln P of every token after <bos>, given the right ones before it."""
    start = number_of(source)
    return [-model.log_p((start, *target[:n]))[target[n]] for n in range(1, len(target))]


def targets(draw: Draw, *lengths: int) -> list[list[int]]:
    return [[BOS, *some_ids(draw, n, below=7).tolist(), EOS] for n in lengths]


@check("teacher_forced_loss")
def each_token_is_predicted_from_those_before(answer: Answer, draw: Draw) -> None:
    """The token at each place is predicted from the source and the right tokens before it, <eos> last."""
    model, source, target = Script(draw), some_ids(draw, 2, 3), targets(draw, 5, 5)
    loss = loss_of(answer, model, source, torch.tensor(target))
    losses = [losses_by_hand(model, s, t) for s, t in zip(source.tolist(), target, strict=True)]
    if abs(loss.item() - sum(sum(row[:-1]) for row in losses) / 10) < 1e-6:
        expect.fail("The last token, <eos>, is never a target; the model would not learn to stop.")
    wanted = torch.tensor(sum(map(sum, losses)) / 12)
    expect.close(loss, wanted, "Without any padding the loss is not the mean of −ln P of the next tokens.")
    model.require_the_same_mode()


@check("teacher_forced_loss")
def padding_is_no_target(answer: Answer, draw: Draw) -> None:
    """More padding behind sources and targets changes nothing, whatever the id of padding is."""
    for pad_id in (0, 3):
        model, source, target = Script(draw), some_ids(draw, 2, 3), torch.tensor(targets(draw, 5, 5))
        loss = loss_of(answer, model, source, target, pad_id)
        for wider in (2, 7):
            wide_source, wide_target = (
                torch.nn.functional.pad(ids, (0, wider), value=pad_id) for ids in (source, target)
            )
            message = f"With {wider} columns of padding (id {pad_id}) the loss is another."
            expect.close(loss_of(answer, model, wide_source, wide_target, pad_id), loss, message)


@check("teacher_forced_loss")
def every_token_counts_the_same(answer: Answer, draw: Draw) -> None:
    """The mean is over all real tokens of the batch: a long sentence counts for more than a short one."""
    model, source, target = Script(draw), some_ids(draw, 2, 3), targets(draw, 1, 9)
    losses = [losses_by_hand(model, s, t) for s, t in zip(source.tolist(), target, strict=True)]
    loss = loss_of(answer, model, source, padded(target)).item()
    if abs(loss - sum(sum(row) / len(row) for row in losses) / 2) < 1e-6:
        expect.fail("You average sentence by sentence; the mean should be over all tokens of the batch.")
    if abs(loss - sum(map(sum, losses))) < 1e-6:
        expect.fail("Your loss is the sum over all tokens; divide by how many they are.")
    if not abs(loss - sum(map(sum, losses)) / 12) <= 1e-6:  # nan is no number either
        expect.fail("For targets of 2 and 10 tokens the loss is not the mean over the 12.")


@check("teacher_forced_loss")
def the_source_is_read_with_its_mask(answer: Answer, draw: Draw) -> None:
    """The encoder is told which positions of the source are real: those that are not ``pad_id``."""
    for pad_id in (0, 3):
        model, target = Script(draw), targets(draw, 5, 5)
        source = padded([some_ids(draw, n).tolist() for n in (2, 7)], pad_id)
        loss_of(answer, model, source, torch.tensor(target), pad_id)
        if not model.masks:
            expect.fail("`model.encode` was never called: the source was not read.")
        mask = expect.tensor(model.masks[-1], "The mask of the source", (2, 7), torch.bool)
        if not torch.equal(mask, torch.arange(7) < torch.tensor([[2], [7]])):
            expect.fail(f"With pad_id={pad_id} the encoder was given a wrong mask of the source.")


class Logits(Moded):
    """A model that writes the logits it was given, whatever it reads, and zeros after the last of them.

    Its state counts the steps.
    """

    refusal = ""

    def __init__(self, logits: Tensor) -> None:
        self.given = logits

    def encode(self, source: Tensor, source_mask: Tensor) -> tuple[Tensor]:
        return (torch.zeros(len(source), 1, dtype=torch.int64),)

    def decode(self, ids: Tensor, state: tuple[Tensor]) -> tuple[Tensor, tuple[Tensor]]:
        start, n = int(state[0][0, 0]), ids.shape[1]
        longer = torch.nn.functional.pad(self.given, (0, 0, 0, start + n))
        return longer[:, start : start + n], (state[0] + n,)


@check("teacher_forced_loss")
def gradient_is_that_of_cross_entropy(answer: Answer, draw: Draw) -> None:
    """The gradient of each logit is (probability − 1 if right) over the number of tokens, and 0 at padding."""
    target = padded(targets(draw, 1, 4))
    logits = draw.normal(2, 5, 7, grad=True)
    loss = loss_of(answer, Logits(logits), some_ids(draw, 2, 3), target)
    expect.untouched(answer)
    (gradient,) = expect.gradients(loss, logits=logits)
    wanted = torch.softmax(logits.detach(), -1) - torch.eye(7, dtype=torch.float64)[target[:, 1:]]
    wanted = wanted * (target[:, 1:] != 0)[..., None] / 7
    expect.close(gradient, wanted, "The gradient of the logits is not that of the mean cross-entropy.")


# ── greedy_decode ────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("greedy_decode")


def written(value: Any, rows: int) -> list[list[int]]:
    """Lists of ids, as a decoder returns them."""
    if not isinstance(value, list | tuple) or len(value) != rows:
        expect.fail(
            f"Return one list of ids for each of the {rows} sources; you returned {expect.describe(value)}."
        )
    for row in value:
        words_of(row)
    return [list(row) for row in value]


def words_of(value: Any) -> list[int]:
    """One list of ids."""
    if not isinstance(value, list | tuple) or any(type(token) is not int for token in value):
        expect.fail(
            f"What was written should be a list of ints, not of tensors; you returned {expect.describe(value)}."
        )
    return list(value)


def greedy_by_hand(model: Script, source: list[int], limit: int, bos: int = BOS, eos: int = EOS) -> list[int]:
    ids: list[int] = []
    while len(ids) < limit:
        log_p = model.log_p((number_of(source), bos, *ids))
        token = log_p.index(max(log_p))
        if token == eos:
            break
        ids.append(token)
    return ids


def compare(found: list[int], wanted: list[int], what: str) -> None:
    if found != wanted:
        expect.fail(f"{what} the model writes {wanted}; your result is {found}.")


def translations_alone(answer: Answer, draw: Draw, model: Script, what: str) -> None:
    """Seven sources, one at a time, and all before the first verdict: known mistakes can be told apart."""
    sources = [some_ids(draw, 3) for _ in range(7)]
    found = [written(asked(answer, model, source[None], 9), 1)[0] for source in sources]
    for source, ids in zip(sources, found, strict=True):
        compare(ids, greedy_by_hand(model, source.tolist(), 9), what)


@check("greedy_decode")
def the_most_probable_token_each_time(answer: Answer, draw: Draw) -> None:
    """The model reads <bos>, then its own most probable token each time; returned are the ids before <eos>."""
    model = Script(draw, forgetful=True)
    translations_alone(answer, draw, model, "With max_new_tokens=9")
    model.require_the_same_mode()


@check("greedy_decode")
def the_state_goes_on(answer: Answer, draw: Draw) -> None:
    """Each new token follows from the source and *all* tokens before it, which the state remembers."""
    model = Script(draw)
    translations_alone(answer, draw, model, "With a state that remembers all it has read")


def sources_by_end(model: Script, draw: Draw, limit: int, ends: int) -> list[list[int]]:
    """Sources whose translations have different lengths, all below ``limit``, the shortest first."""
    found: dict[int, list[int]] = {}
    while len(found) < ends:
        source = some_ids(draw, 3, below=60).tolist()
        end = len(greedy_by_hand(model, source, limit))
        if end < limit:
            found.setdefault(end, source)
    return [found[end] for end in sorted(found)]


@check("greedy_decode")
def every_row_ends_on_its_own(answer: Answer, draw: Draw) -> None:
    """In a batch each row ends at its own first <eos>, wherever the others end."""
    model = Script(draw)
    rows = sources_by_end(model, draw, 11, ends=4)
    orders = (rows, rows[::-1])
    batches = [written(asked(answer, model, torch.tensor(source), 11), 4) for source in orders]
    for found, source in zip(batches, orders, strict=True):
        for ids, row in zip(found, source, strict=True):
            compare(ids, greedy_by_hand(model, row, 11), "In a batch whose rows end at different steps,")


@check("greedy_decode")
def the_limit_counts_new_tokens(answer: Answer, draw: Draw) -> None:
    """A row without <eos> holds exactly ``max_new_tokens`` ids; a limit of 0 writes nothing."""
    model = Script(draw)
    for limit in (0, 1, 5):
        source = some_ids(draw, 3)
        while EOS in greedy_by_hand(model, source.tolist(), limit, eos=99):
            source = some_ids(draw, 3)
        (ids,) = written(asked(answer, model, source[None], limit, eos_id=99), 1)
        compare(
            ids,
            greedy_by_hand(model, source.tolist(), limit, eos=99),
            f"With max_new_tokens={limit} and no end",
        )


@check("greedy_decode")
def padding_is_hidden_from_the_encoder(answer: Answer, draw: Draw) -> None:
    """In a padded batch each source is translated as if it were alone, whatever the id of padding is."""
    for pad_id in (0, 3):
        model = Script(draw)
        rows = [some_ids(draw, n).tolist() for n in (2, 7, 5)]
        found = written(asked(answer, model, padded(rows, pad_id), 9, pad_id=pad_id), 3)
        for ids, row in zip(found, rows, strict=True):
            compare(
                ids, greedy_by_hand(model, row, 9), f"For a source of {len(row)} words, padded with {pad_id},"
            )


@check("greedy_decode")
def first_and_last_id_as_told(answer: Answer, draw: Draw) -> None:
    """``bos_id`` is read first, and ``eos_id`` ends a sentence."""
    model = Script(draw)
    for bos, eos in ((5, 3), (0, 6), (4, 4)):
        source = some_ids(draw, 3)
        (ids,) = written(asked(answer, model, source[None], 9, bos_id=bos, eos_id=eos), 1)
        compare(
            ids, greedy_by_hand(model, source.tolist(), 9, bos, eos), f"With bos_id={bos} and eos_id={eos}"
        )


@check("greedy_decode")
def no_step_after_the_last_end(answer: Answer, draw: Draw) -> None:
    """When every row has ended, the model is not asked again."""
    for _ in range(3):
        script = Script(draw)
        rows = sources_by_end(script, draw, 7, ends=3)
        for batch, how in (([rows[0]] * 3, "Three equal rows end together"), (rows, "The last row ends")):
            model = copy.copy(script)
            needed = len(greedy_by_hand(model, batch[-1], 7)) + 1
            written(asked(answer, model, torch.tensor(batch), 40), 3)
            if model.rows_read > 3 * needed:
                expect.fail(f"{how} after {needed} steps; your loop took {model.rows_read / 3:g} steps.")


# ── beam_search ──────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("beam_search")
Beam = tuple[tuple[int, ...], float]


def beam_by_hand(
    model: Script,
    source: list[int],
    width: int,
    limit: int,
    alpha: float = 0.6,
    bos: int = BOS,
    eos: int = EOS,
) -> list[int]:
    """The search that the statement describes, on plain tuples of ids and ln P."""
    live: list[Beam] = [((), 0.0)]
    done: list[Beam] = []
    for _ in range(limit):
        grown = [
            ((*ids, token), total + log_p)
            for ids, total in live
            for token, log_p in enumerate(model.log_p((number_of(source), bos, *ids)))
        ]
        kept = sorted(grown, key=lambda beam: -beam[1])[:width]
        done += [beam for beam in kept if beam[0][-1] == eos]
        live = [beam for beam in kept if beam[0][-1] != eos]
    ids, _ = max(done + live, key=lambda beam: beam[1] / ((5 + len(beam[0])) / 6) ** alpha)
    return [token for token in ids if token != eos]


def compare_searches(
    answer: Answer,
    draw: Draw,
    model: Script,
    widths: tuple[int, ...],
    what: str,
    limit: int = 5,
    **settings: Any,
) -> None:
    """The student's search and that by hand, on eleven sources for each width."""
    told = {name.removesuffix("_id"): value for name, value in settings.items()}
    cases = [(width, some_ids(draw, 3, below=60)) for width in widths for _ in range(11)]
    found = [words_of(asked(answer, model, source, width, limit, **settings)) for width, source in cases]
    for (width, source), ids in zip(cases, found, strict=True):
        wanted = beam_by_hand(model, source.tolist(), width, limit, **told)
        compare(ids, wanted, f"With beam_width={width}{what}")


@check("beam_search")
def a_beam_of_1_is_greedy(answer: Answer, draw: Draw) -> None:
    """With ``beam_width`` 1 the most probable token is taken each time; the whole source is real."""
    model = Script(draw)
    for _ in range(7):
        source = some_ids(draw, 3)
        found = words_of(asked(answer, model, source, 1, 7))
        compare(found, greedy_by_hand(model, source.tolist(), 7), "With beam_width=1")
    model.require_the_same_mode()


@check("beam_search")
def all_beginnings_compete(answer: Answer, draw: Draw) -> None:
    """The most probable of *all* continuations stay, as many as the beam is wide, finished ones among them."""
    compare_searches(answer, draw, Script(draw, 5, forgetful=True), (2, 3), " and alpha=0", alpha=0.0)
    compare_searches(
        answer, draw, Script(draw, 5, forgetful=True), (2, 3), " and alpha=3", limit=7, alpha=3.0
    )


@check("beam_search")
def a_wide_beam_finds_the_best_of_all(answer: Answer, draw: Draw) -> None:
    """A beam wider than there are sentences finds the most probable one of all."""
    compare_searches(
        answer, draw, Script(draw, 3, forgetful=True), (81, 60), " and alpha=0", limit=4, alpha=0.0
    )


@check("beam_search")
def the_state_follows_its_beginning(answer: Answer, draw: Draw) -> None:
    """Each beginning goes on from the state of the beginning that it grew from."""
    model = Script(draw, 5)
    for alpha in (3.0, 0.0):  # with 0 a beginning behind a finished sentence cannot win: its state is free
        what = f", alpha={alpha} and a state that remembers,"
        compare_searches(answer, draw, model, (3, 5), what, limit=7, alpha=alpha)


class ShortOrLong(Script):
    """Two sentences worth naming: <eos> at once, with ln P = −1, and five words, with ln P = ``long``."""

    def __init__(self, draw: Draw, long: float) -> None:
        super().__init__(draw, vocab_size=97)
        self.long = long

    def logits(self, prefix: tuple[int, ...]) -> Tensor:
        n, first = len(prefix) - 2, math.log(1 - math.exp(-1))
        p = torch.full((self.vocab_size,), 1e-30, dtype=torch.float64)
        if n == 1:
            p += (1 - math.exp(self.long - first)) / self.vocab_size
        p[4 if n < 5 else EOS] = {0: math.exp(first), 1: math.exp(self.long - first)}.get(n, 1.0)
        if n == 0:
            p[EOS] = math.exp(-1)
        return p.log()


@check("beam_search")
def the_best_score_wins(answer: Answer, draw: Draw) -> None:
    """Scores are ln P over the length penalty with ``alpha``, which is 0.6 unless told; <eos> counts."""
    for alpha in (0.0, 1.0, 3.0, -1.0):
        model = Script(draw, 3, forgetful=True)
        compare_searches(answer, draw, model, (9,), f" and alpha={alpha}", limit=6, alpha=alpha)
    compare_searches(answer, draw, Script(draw, 3, forgetful=True), (9,), ", alpha left out,", limit=6)
    for long in (-1.77, -1.9):  # the longer one is better by a little, then worse by a little
        model, source = ShortOrLong(draw, long), some_ids(draw, 3)
        found = words_of(asked(answer, model, source, 3, 6, alpha=1.0))
        compare(
            found, beam_by_hand(model, source.tolist(), 3, 6, 1.0), f"Of lengths 1 and 6, ln P −1 and {long},"
        )


@check("beam_search")
def the_limit_cuts_off(answer: Answer, draw: Draw) -> None:
    """After ``max_new_tokens`` tokens the unfinished take part in the choice; a limit of 0 writes nothing."""
    model = Script(draw, 5, forgetful=True)
    compare_searches(answer, draw, model, (2, 3), " and max_new_tokens=2", limit=2, alpha=0.0)
    compare_searches(answer, draw, model, (2,), " and no end in sight", limit=4, eos_id=99)
    if words_of(asked(answer, model, some_ids(draw, 3), 3, 0)):
        expect.fail("With max_new_tokens=0 nothing may be written.")


@check("beam_search")
def beams_begin_and_end_as_told(answer: Answer, draw: Draw) -> None:
    """``bos_id`` is read first and is not returned; ``eos_id`` ends a sentence."""
    for bos, eos in ((2, 0), (0, 1)):
        model = Script(draw, 5, forgetful=True)
        what = f", bos_id={bos} and eos_id={eos}"
        compare_searches(answer, draw, model, (1, 3), what, alpha=0.0, bos_id=bos, eos_id=eos)


@check("beam_search")
def no_beam_is_refused(answer: Answer, draw: Draw) -> None:
    """A ``beam_width`` below 1 raises a ValueError whose message contains the number."""
    model, source = Script(draw), some_ids(draw, 3)
    words_of(asked(answer, model, source, 2, 3))
    for width in (0, -3):
        expect.error(
            functools.partial(answer, model, source, width, 3), ValueError, f"beam_width={width}", str(width)
        )


# ── bleu ─────────────────────────────────────────────────────────────────────────────────────────

EXERCISES.exercise("bleu")


def grams_of(sentence: str, k: int) -> list[tuple[str, ...]]:
    words = sentence.split()
    return [tuple(words[i : i + k]) for i in range(len(words) - k + 1)]


def bleu_by_hand(hypotheses: list[str], references: list[str]) -> float:
    """Papineni et al. 2002 by counting in lists; each found k-gram is struck off the reference."""
    precisions, zeros = [], 0
    for k in (1, 2, 3, 4):
        found = total = 0
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            left = grams_of(reference, k)
            for gram in grams_of(hypothesis, k):
                total += 1
                if gram in left:
                    left.remove(gram)
                    found += 1
        if total == 0 or (k == 1 and found == 0):
            return 0.0
        zeros += found == 0
        precisions.append((found or 1 / 2**zeros) / total)
    c, r = (sum(len(text.split()) for text in side) for side in (hypotheses, references))
    return 100 * min(1.0, math.exp(1 - r / c)) * math.prod(precisions) ** 0.25


def compare_bleu(answer: Answer, pairs: list[tuple[str, str]], why: str) -> None:
    hypotheses, references = ([pair[side] for pair in pairs] for side in (0, 1))
    value = answer(hypotheses, references)
    if isinstance(value, bool) or not isinstance(value, int | float):
        expect.fail(f"BLEU should be a number; you returned {expect.describe(value)}.")
    wanted = bleu_by_hand(hypotheses, references)
    if not abs(value - wanted) < 1e-6:
        expect.fail(
            f"{why} {hypotheses} against {references} should give {wanted:.3f}; yours gives {value:.3f}."
        )


def sentence(draw: Draw, n: int) -> str:
    return " ".join("abcdefgh"[draw.integer(0, 7)] for _ in range(n))


@check("bleu")
def agreement_of_four_kinds_of_grams(answer: Answer, draw: Draw) -> None:
    """The four precisions are multiplied and the fourth root is taken; a perfect translation has 100."""
    text = "the cat sat on the mat today"
    compare_bleu(answer, [(text, text)], "A perfect translation:")
    compare_bleu(answer, [("the cat sat on the rug today", text)], "One wrong word:")
    compare_bleu(answer, [("The cat sat on the mat today", text)], "A capital letter makes another word:")
    compare_bleu(answer, [("the cat  sat on the rug today", f" {text}  now ")], "More spaces, no more words:")
    for _ in range(5):
        words = sentence(draw, 9).split()
        wrong = [*words[:4], "x", *words[5:]]
        compare_bleu(answer, [(" ".join(wrong), " ".join(words))], "One wrong word:")


@check("bleu")
def repeated_words_are_clipped(answer: Answer, draw: Draw) -> None:
    """A k-gram counts at most as often as it occurs in the reference of its own sentence."""
    compare_bleu(answer, [("a b c d a a a", "a b c d e f g")], "Repeated words:")
    compare_bleu(
        answer, [("a b c d e a b", "a b c d e c d"), ("a b c d e e d", "a b a c d e d")], "Repeated words:"
    )


@check("bleu")
def brevity_is_punished(answer: Answer, draw: Draw) -> None:
    """Shorter than the references: times exp(1 − r/c), with the words of the whole corpus; longer: times 1."""
    for n in draw.primes(2, above=3):
        words = [f"w{i}" for i in range(n + 6)]
        compare_bleu(answer, [(" ".join(words), " ".join(words[:n]))], "Too long:")
        compare_bleu(answer, [(" ".join(words[:n]), " ".join(words))], "Too short:")
    longer = ("a b c d e f g h", "a b c d e")
    compare_bleu(answer, [("a b c d", "a b c d e f"), longer], "One short, one long:")


@check("bleu")
def the_corpus_is_summed_first(answer: Answer, draw: Draw) -> None:
    """Counts are summed over all sentences before dividing; BLEU is no mean of sentences."""
    for n in draw.primes(2, above=4):
        words = sentence(draw, n).split()
        pairs = [(" ".join(words), " ".join(words)), ("a b x c d", "a b y c d"), ("z", "a")]
        compare_bleu(answer, pairs, "Three sentences:")


@check("bleu")
def nothing_found_is_smoothed(answer: Answer, draw: Draw) -> None:
    """The j-th precision that is 0 becomes 1 / (2ʲ · its denominator); no word in common, or no 4-gram, gives 0."""
    compare_bleu(answer, [("a b c x d e", "a b c y d e")], "No 4-gram found:")
    compare_bleu(answer, [("a x b y c z d", "a b c d e f g")], "No bigram found:")
    compare_bleu(answer, [("p q r s t", "a b c d e")], "Nothing in common:")
    compare_bleu(answer, [("a b c", "a b c")], "Too short for a 4-gram:")
    compare_bleu(answer, [("", "a b")], "Nothing written:")
    compare_bleu(answer, [], "No sentence at all:")


@check("bleu")
def each_hypothesis_has_its_reference(answer: Answer, draw: Draw) -> None:
    """Different numbers of hypotheses and references raise a ValueError."""
    compare_bleu(answer, [("a b c d", "a b c d")], "A perfect translation:")
    for counts in ((1, 2), (3, 1)):
        lists = (["a b c d"] * counts[0], ["a b c d"] * counts[1])
        expect.error(
            functools.partial(answer, *lists),
            ValueError,
            f"{counts[0]} hypotheses and {counts[1]} references",
        )
