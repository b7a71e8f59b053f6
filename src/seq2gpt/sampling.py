"""How a text is drawn: all settings in one place, and a text that grows and stops where it should."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.generation import sample
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer


def repetition_penalty(
    logits: Float[Tensor, "vocab_size"], seen: Int[Tensor, "n"], penalty: float
) -> Float[Tensor, "vocab_size"]:
    """Make the tokens less probable that the text holds already (Keskar et al. 2019, section 4.1).

    The logit of every token in ``seen`` is divided by ``penalty`` where it is positive, and multiplied by it
    where it is negative, once, however often the token occurs. 1 changes nothing; the authors use 1.2.

    Raises ``ValueError`` unless ``penalty`` is positive and finite.

    >>> repetition_penalty(torch.tensor([3.0, -3.0, 3.0]), seen=torch.tensor([0, 1, 0]), penalty=1.5).tolist()
    [2.0, -4.5, 3.0]
    """
    if not 0 < penalty < float("inf"):
        raise ValueError(f"repetition_penalty={penalty} must be positive and finite; 1 changes nothing")
    known = logits[seen]
    return logits.scatter(0, seen, torch.where(known > 0, known / penalty, known * penalty))


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """The settings of :func:`seq2gpt.generation.sample`, and the penalty that acts before them.

    >>> Sampling(temperature=0.0, repetition_penalty=2.0).draw(torch.tensor([3.0, 2.0]), torch.tensor([0]))
    1
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0

    def draw(
        self,
        logits: Float[Tensor, "vocab_size"],
        seen: Int[Tensor, "n"],
        generator: torch.Generator | None = None,
    ) -> int:
        """The next token of one text, whose tokens so far are ``seen``.

        Raises ``ValueError`` for a setting out of range and for logits that allow no choice.
        """
        logits = repetition_penalty(logits, seen, self.repetition_penalty)
        return int(sample(logits, generator, self.temperature, self.top_k, self.top_p, self.min_p))

    def check(self, vocab_size: int) -> None:
        """Raise ``ValueError`` when a setting is no number or out of range, before anything is computed."""
        for name, value in vars(self).items():
            kind, wanted = (int, "a whole number") if name == "top_k" else (float | int, "a number")
            if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
                raise ValueError(f"{name}={value!r} must be {wanted}")
        self.draw(torch.zeros(vocab_size), torch.zeros(1, dtype=torch.long), torch.Generator())


PLAIN = Sampling()  # draws from the distribution as it is
Tokenizer = CharTokenizer | BytePairTokenizer


class TextStream:
    """Tokens in, text out: each piece as soon as it is certain.

    A token can be a part of a character, and the end of the text so far can be the beginning of a stop
    sequence. ``add`` returns the text that no later token can change; ``finish`` returns the rest. Once a
    sequence of ``stop`` has appeared, ``stopped`` is true; neither it nor what follows is ever returned.

    Raises ``ValueError`` for an empty stop sequence.

    >>> from seq2gpt.tokens import CharTokenizer
    >>> stream = TextStream(CharTokenizer("abc."), stop=[".."])
    >>> [stream.add(token_id) for token_id in (0, 3, 1, 3, 3)], stream.stopped  # a . b . .
    (['a', '', '.b', '', ''], True)
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        if "" in stop:
            raise ValueError("a stop sequence is empty; leave it out")
        self.stopped = False
        self._tokenizer, self._stop = tokenizer, tuple(stop)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""  # text that is complete but may begin a stop sequence

    def add(self, token_id: int) -> str:
        """The text that has become certain with this token."""
        if isinstance(self._tokenizer, BytePairTokenizer):
            return self._release(self._decoder.decode(self._tokenizer.tokens[token_id]))
        return self._release(self._tokenizer.decode([token_id]))

    def finish(self) -> str:
        """The text that was held back, when no further token comes."""
        text = self._release(self._decoder.decode(b"", final=True))
        text, self._held = text + self._held, ""
        return text

    def _release(self, text: str) -> str:
        if self.stopped:
            return ""
        text = self._held + text
        ends = [place for stop in self._stop if (place := text.find(stop)) >= 0]
        if ends:
            self.stopped, self._held = True, ""
            return text[: min(ends)]
        held = max((_overlap(text, stop) for stop in self._stop), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of ``text`` are the beginning of ``stop``."""
    lengths = range(min(len(text), len(stop) - 1), 0, -1)
    return next((n for n in lengths if text.endswith(stop[:n])), 0)
