"""Sequence to sequence: an encoder reads, one state of fixed size crosses over, a decoder writes.

Every model from here to the Transformer has the two methods of :class:`EncoderDecoder`; loss and searches need no
more. Ids 0 to 3 are <pad>, <bos>, <eos> and <unk> in every vocabulary of these lessons.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2gpt.language_models import cross_entropy
from seq2gpt.recurrent import sequence_lengths

PAD, BOS, EOS, UNK = range(4)

State = tuple[Tensor, ...]
"""What a decoder needs to write on: tensors whose first dimension is the batch."""
Decoded = tuple[Float[Tensor, "batch n vocab_size"], State]
"""Logits for the id after each of those read, and the state after the last of them."""


@runtime_checkable
class EncoderDecoder(Protocol):
    """A model that turns one sequence into another."""

    def encode(self, source: Int[Tensor, "batch m"], source_mask: Bool[Tensor, "batch m"]) -> State:
        """Read whole sources, real where ``source_mask`` is ``True``; returned is the state to write from."""

    def decode(self, ids: Int[Tensor, "batch n"], state: State) -> Decoded:
        """Read ``n`` more target ids."""


def pad_batch(sequences: Sequence[Sequence[int]], pad_id: int = PAD) -> Int[Tensor, "batch n"]:
    """One matrix from sequences of unequal length, one row each, filled up at the end with ``pad_id``.

    A sequence is a list or a tuple; ``n`` is the length of the longest. The ids are int64.

    Raises ``ValueError`` when there is no sequence, and when one is empty: it would be a row of padding.

    >>> pad_batch([[5, 6, 7], [8]]).tolist()
    [[5, 6, 7], [8, 0, 0]]
    """
    lengths = [len(sequence) for sequence in sequences]
    longest, shortest = max(lengths, default=0), min(lengths, default=0)
    if shortest == 0:
        raise ValueError("the batch, or a sequence of it, is empty; give sequences of one id or more")
    return torch.tensor([[*sequence, *[pad_id] * (longest - len(sequence))] for sequence in sequences])


def padding_mask(ids: Int[Tensor, "batch n"], pad_id: int = PAD) -> Bool[Tensor, "batch n"]:
    """Which positions of a padded batch are real: ``True`` for an id, ``False`` for padding.

    >>> padding_mask(torch.tensor([[5, 6, 7], [8, 0, 0]])).int().tolist()
    [[1, 1, 1], [1, 0, 0]]
    """
    padding = ids == pad_id
    return ~padding


class Seq2SeqEncoder(nn.Module):
    """Reads a sequence and keeps one state of ``d_model`` numbers, however long the sequence is.

    ``embedding`` is ``nn.Embedding(vocab_size, d_model)`` and ``rnn`` is ``nn.GRU(d_model, d_model,
    batch_first=True)``, which starts from the state 0 (Cho et al. 2014; Sutskever et al. 2014).

    >>> (context,) = Seq2SeqEncoder(11, d_model=3)(torch.tensor([[7, 1]]), torch.tensor([[True, True]]))
    >>> context.shape
    torch.Size([1, 3])
    """

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.rnn = nn.GRU(d_model, d_model, batch_first=True)

    def forward(self, source: Int[Tensor, "batch m"], source_mask: Bool[Tensor, "batch m"]) -> State:
        """The state after the last *real* id of every source, as ``(context,)`` of shape (batch, d_model).

        Neither the amount of padding nor the ids under it have any influence.

        Raises ``ValueError`` for a source that :func:`seq2gpt.recurrent.sequence_lengths` refuses.
        """
        last = sequence_lengths(source_mask) - 1
        states, _ = self.rnn(self.embedding(source))  # batch m d_model
        return (states[torch.arange(len(last), device=last.device), last],)


class Seq2SeqDecoder(nn.Module):
    """A language model that starts from what the encoder found.

    ``embedding`` and ``rnn`` are as in :class:`Seq2SeqEncoder`; ``head`` is ``nn.Linear(d_model, vocab_size)``. The
    encoder's state is the GRU's first state and is not seen again (Sutskever et al. 2014, section 2).

    >>> logits, _ = Seq2SeqDecoder(11, d_model=3)(torch.tensor([[1, 7]]), (torch.zeros(1, 3),))
    >>> logits.shape
    torch.Size([1, 2, 11])
    """

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.rnn = nn.GRU(d_model, d_model, batch_first=True)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids: Int[Tensor, "batch n"], state: State) -> Decoded:
        """Logits for the id after each of ``ids``, and the state after the last of them.

        ``state`` is ``(hidden,)`` of shape (batch, d_model), from the encoder or from an earlier call. Reading a
        sequence in two calls gives what reading it in one gives.
        """
        (hidden,) = state
        states, last = self.rnn(self.embedding(ids), hidden[None].contiguous())
        return self.head(states), (last[0],)


class Seq2Seq(nn.Module):
    """An encoder and a decoder, such as the two above, as one :class:`EncoderDecoder`."""

    def __init__(self, encoder: Callable[..., State], decoder: Callable[..., Decoded]) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def encode(self, source: Int[Tensor, "batch m"], source_mask: Bool[Tensor, "batch m"]) -> State:
        return self.encoder(source, source_mask)

    def decode(self, ids: Int[Tensor, "batch n"], state: State) -> Decoded:
        return self.decoder(ids, state)


def teacher_forced_loss(
    model: EncoderDecoder,
    source: Int[Tensor, "batch m"],
    target: Int[Tensor, "batch n"],
    pad_id: int = PAD,
) -> Float[Tensor, ""]:
    """The mean cross-entropy of a target token, in nats, when the decoder reads the right words before it.

    Every row of ``target`` is ``<bos>``, the words, ``<eos>`` and padding. Each token after ``<bos>`` is predicted
    once, ``<eos>`` too, from the source and the tokens before it; padding is no target and is never attended to
    (Bahdanau et al. 2015, equation 2; teacher forcing: Williams & Zipser 1989). The mean is over all tokens of
    the batch, so a long sentence counts for more than a short one. Whether dropout acts is left to the caller.

    >>> ignorant = Seq2Seq(lambda ids, mask: (ids,), lambda ids, state: (torch.zeros(*ids.shape, 7), state))
    >>> loss = teacher_forced_loss(ignorant, torch.tensor([[4]]), torch.tensor([[1, 5, 2, 0]]))
    >>> f"{loss:.3f} = ln 7"
    '1.946 = ln 7'
    """
    inputs, labels = target[:, :-1], target[:, 1:]
    state = model.encode(source, padding_mask(source, pad_id))
    logits, _ = model.decode(inputs, state)  # batch n−1 vocab
    return cross_entropy(logits, labels, padding_mask(labels, pad_id))


@torch.no_grad()
def greedy_decode(
    model: EncoderDecoder,
    source: Int[Tensor, "batch m"],
    max_new_tokens: int,
    pad_id: int = PAD,
    bos_id: int = BOS,
    eos_id: int = EOS,
) -> list[list[int]]:
    """What the model writes for every source of a batch when it always takes the most probable token.

    It reads ``bos_id`` first and then its own tokens, until it has written ``eos_id`` or ``max_new_tokens`` tokens.
    When all rows have ended it takes no further step. Returned are the ids before ``eos_id``, one list for each
    source. Dropout stays as it is: call ``model.eval()``.

    >>> counting = Seq2Seq(lambda ids, mask: (ids,), lambda ids, state: (torch.eye(9)[ids + 1], state))
    >>> greedy_decode(counting, torch.tensor([[7]]), max_new_tokens=5, bos_id=4, eos_id=8)
    [[5, 6, 7]]
    """
    state = model.encode(source, padding_mask(source, pad_id))
    ids = torch.full((len(source), 1), bos_id, device=source.device)
    for _ in range(max_new_tokens):
        logits, state = model.decode(ids[:, -1:], state)
        ids = torch.cat([ids, logits[:, -1:].argmax(-1)], dim=1)
        if (ids[:, 1:] == eos_id).any(1).all():
            break
    ended = [[*row, eos_id] for row in ids[:, 1:].tolist()]
    return [row[: row.index(eos_id)] for row in ended]


class Hypothesis(NamedTuple):
    """The beginning of a sentence: ids, their ln P, and the place of the one it grew from, a step before."""

    ids: list[int]
    log_probability: float
    parent: int

    def score(self, alpha: float, length: int | None = None) -> float:
        """ln P over the penalty of a length: its own, without ``<bos>``, or the one given."""
        return self.log_probability / ((5 + (length or len(self.ids) - 1)) / 6) ** alpha


def best_continuations(
    live: list[Hypothesis], logits: Float[Tensor, "beams v"], width: int
) -> list[Hypothesis]:
    """The ``width`` most probable of all one-token continuations of all of ``live``, best first.

    Row i of ``logits`` says what may follow ``live[i]``.

    >>> live = [Hypothesis([4], -0.1, 0), Hypothesis([5], -2.0, 0)]
    >>> [hypothesis.ids for hypothesis in best_continuations(live, torch.eye(2)[[0, 0]], width=2)]
    [[4, 0], [4, 1]]
    """
    so_far = torch.tensor([hypothesis.log_probability for hypothesis in live]).to(logits)
    totals = so_far[:, None] + logits.log_softmax(-1)  # beams vocab
    best, places = totals.flatten().topk(min(width, totals.numel()))
    grown = []
    for log_probability, place in zip(best.tolist(), places.tolist(), strict=True):
        parent, token = divmod(place, logits.shape[1])
        grown.append(Hypothesis([*live[parent].ids, token], log_probability, parent))
    return grown


def is_decided(done: list[Hypothesis], live: list[Hypothesis], alpha: float, longest: int) -> bool:
    """Whether nothing that ``live`` can grow into beats ``done``: ln P only falls, the penalty has a limit.

    >>> is_decided([Hypothesis([1, 2], -1.0, 0)], [Hypothesis([1, 4], -5.0, 0)], alpha=0.0, longest=9)
    True
    """
    possible = max(hypothesis.score(alpha, longest if alpha > 0 else None) for hypothesis in live)
    return any(hypothesis.score(alpha) >= possible for hypothesis in done)


@torch.no_grad()
def beam_search(
    model: EncoderDecoder,
    source: Int[Tensor, "m"],
    beam_width: int,
    max_new_tokens: int,
    alpha: float = 0.6,
    bos_id: int = BOS,
    eos_id: int = EOS,
) -> list[int]:
    """The best translation of one source, not of a batch, among those found by keeping ``beam_width`` beginnings at a time.

    At every step each unfinished beginning is continued with every token, and the ``beam_width`` most probable
    of all these continuations stay; those that end in ``eos_id`` are finished and are not continued. The search
    ends when none is left to continue, or after ``max_new_tokens`` tokens, ``eos_id`` among them. Of all finished
    hypotheses, and those cut off at the limit, the one with the best score wins (``max_new_tokens`` = 0 gives []):

        score = ln P(Y | X) / lp(Y),  lp(Y) = ((5 + len(Y)) / 6)^alpha     (Wu et al. 2016, equation 14)

    where len(Y) counts ``eos_id``. ``alpha`` = 0 compares plain probabilities, which favours short sentences. With
    ``beam_width`` 1 it is :func:`greedy_decode`. Returned are the ids before ``eos_id``; dropout is the caller's.

    Raises ``ValueError``, whose message contains the number, unless ``beam_width`` is at least 1.

    >>> counting = Seq2Seq(lambda ids, mask: (ids,), lambda ids, state: (99 * torch.eye(9)[ids + 1], state))
    >>> beam_search(counting, torch.tensor([7]), beam_width=2, max_new_tokens=5, bos_id=4, eos_id=8)
    [5, 6, 7]
    """
    if beam_width < 1:
        raise ValueError(f"beam_width={beam_width} must be at least 1; 1 is greedy decoding")
    state = model.encode(source[None], torch.ones_like(source[None], dtype=torch.bool))
    live, done = [Hypothesis([bos_id], 0.0, 0)], []
    for _ in range(max_new_tokens):
        last = torch.tensor([[hypothesis.ids[-1]] for hypothesis in live], device=source.device)
        logits, state = model.decode(last, state)
        grown = best_continuations(live, logits[:, -1], beam_width)
        done += [hypothesis for hypothesis in grown if hypothesis.ids[-1] == eos_id]
        live = [hypothesis for hypothesis in grown if hypothesis.ids[-1] != eos_id]
        if not live or is_decided(done, live, alpha, max_new_tokens):
            break
        state = tuple(part[[hypothesis.parent for hypothesis in live]] for part in state)
    best = max(done + live, key=lambda hypothesis: hypothesis.score(alpha))
    return [token for token in best.ids[1:] if token != eos_id]


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """How much translations agree with reference translations, from 0 to 100.

    BLEU = 100 · BP · (p_1 p_2 p_3 p_4)^(1/4) (Papineni et al. 2002, section 2.3), over the whole corpus:

    - p_k is the share of the hypotheses' k-grams that are found in their reference; a k-gram counts at most
      as often as it occurs there, and numerators and denominators are summed over all sentences first;
    - BP = min(1, exp(1 − r / c)) punishes brevity, with c words in all hypotheses and r in all references;
    - the j-th precision that is 0 is replaced by 1 / (2ʲ · its denominator) (Chen & Cherry 2014, method 3).

    Words are what spaces separate. Without a single word in common, or without any 4-gram in the hypotheses, the
    result is 0. The numbers are those of ``sacrebleu.corpus_bleu(hypotheses, [references], tokenize="none")``.

    Raises ``ValueError`` when the numbers of hypotheses and references differ.

    >>> round(bleu(["the cat sat on the"], ["the cat sat on the mat"]), 2)  # 100 · exp(1 − 6/5)
    81.87
    """
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references; give one for each")
    found, total = [0] * 4, [0] * 4
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        for k in range(4):
            grams = ngrams(hypothesis, k + 1)
            found[k] += (grams & ngrams(reference, k + 1)).total()
            total[k] += grams.total()
    if found[0] == 0 or total[3] == 0:
        return 0.0
    zeros = itertools.accumulate(matches == 0 for matches in found)
    logs = [math.log((m or 0.5**zero) / n) for m, n, zero in zip(found, total, zeros, strict=True)]
    n_reference = sum(len(reference.split()) for reference in references)
    return 100 * math.exp(min(0.0, 1 - n_reference / total[0]) + sum(logs) / 4)


def ngrams(sentence: str, k: int) -> Counter[tuple[str, ...]]:
    """How often each k-gram, ``k`` words in a row, occurs in a sentence.

    >>> ngrams("a b a b", 2)["a", "b"]
    2
    """
    words = sentence.split()
    return Counter(tuple(words[start : start + k]) for start in range(len(words) - k + 1))
