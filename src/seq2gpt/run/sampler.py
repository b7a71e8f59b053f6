"""Text from a trained model, written as it is drawn: the continuation of a prompt, or answers in a chat."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from seq2gpt.decoding import Decoder, decoder_of, stream
from seq2gpt.errors import UserError
from seq2gpt.generation import evaluating
from seq2gpt.run.config import Forms
from seq2gpt.sampling import PLAIN, Sampling, TextStream, Tokenizer
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer

END_OF_TURN = "<|end|>"
END_TOKENS = ("<|endoftext|>", END_OF_TURN)


def load_model(source: str | Path) -> tuple[Any, Tokenizer]:
    """Model and tokenizer of a run, of a folder as transformers writes it, or of a name on the hub.

    Raises ``UserError`` when there is none of these.
    """
    from seq2gpt.hub import INDEX, WEIGHTS, load_folder
    from seq2gpt.run.model import load_run

    folder = Path(source)
    if any((folder / name).exists() for name in (WEIGHTS, INDEX)):
        loaded = load_folder(folder)
        return loaded.model, loaded.tokenizer
    if folder.exists() or len(folder.parts) != 2 or folder.parts[0] == "runs":
        return load_run(folder)[:2]
    loaded = load_folder(source)
    return loaded.model, loaded.tokenizer


def sample_text(
    model: Any,
    tokenizer: Tokenizer,
    prompt: str,
    max_new_tokens: int,
    *,
    temperature: float = 0.8,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    repetition_penalty: float = 1.0,
    stop: Sequence[str] = (),
    seed: int = 0,
    forms: Forms = "fast",
    write: Callable[[str], None] | None = None,
) -> str:
    """The model's continuation of ``prompt``; the same seed gives the same text.

    With the ``forms`` of the lessons the model is read by its own ``forward``, as the lessons have it.
    ``write`` gets the prompt, then every piece of text as soon as it is certain. The text ends before the
    first of the ``stop`` sequences, with a token that means the end, or after ``max_new_tokens``.
    :func:`seq2gpt.decoding.stream` stops where the context is full; here the model then reads the
    last half of its context again and goes on.

    Raises ``UserError`` for a prompt that the model cannot read and for settings out of range.
    """
    sampling = Sampling(
        temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, repetition_penalty=repetition_penalty
    )
    decoder = decoder_of(model, forms)
    pieces = continuation(decoder, tokenizer, prompt, max_new_tokens, sampling, stop=stop, seed=seed)
    write = write or (lambda piece: None)
    write(prompt)
    return _written(pieces, write)


def continuation(
    decoder: Decoder,
    tokenizer: Tokenizer,
    prompt: str,
    max_new_tokens: int,
    sampling: Sampling,
    *,
    stop: Sequence[str] = (),
    seed: int = 0,
) -> Iterator[str]:
    """The text that follows ``prompt``, piece by piece, each as soon as it is certain.

    Raises ``UserError`` as :func:`sample_text` does, before the first piece is asked for.
    """
    model = decoder.model
    ids = read_prompt(tokenizer, prompt, model.config.context_length)
    if max_new_tokens < 1:
        raise UserError(f"max_new_tokens={max_new_tokens} asks for no text; use 1 or more")
    try:
        sampling.check(model.config.vocab_size)
        text = TextStream(tokenizer, stop)
    except ValueError as error:
        raise UserError(str(error)) from None
    generator = torch.Generator().manual_seed(seed % 2**63)
    return _pieces(
        model, _endless(decoder, ids, max_new_tokens, sampling, generator), text, end_ids(tokenizer)
    )


def _endless(
    decoder: Decoder, prompt: list[int], max_new_tokens: int, sampling: Sampling, generator: torch.Generator
) -> Iterator[int]:
    """Tokens beyond the end of the context too: then the last half of it is read again."""
    context_length = decoder.model.config.context_length
    ids = list(prompt)
    while (n_left := len(prompt) + max_new_tokens - len(ids)) > 0:
        window = ids if len(ids) < context_length else ids[-(context_length // 2) :]
        for token_id in stream(decoder, window, n_left, sampling, generator):
            ids.append(token_id)
            yield token_id


def _pieces(model: Any, tokens: Iterable[int], text: TextStream, ends: set[int]) -> Iterator[str]:
    with evaluating(model):
        for token_id in _with_user_errors(tokens):
            if token_id in ends:
                break
            if piece := text.add(token_id):
                yield piece
            if text.stopped:
                break
    if piece := text.finish():
        yield piece


def _with_user_errors(tokens: Iterable[int]) -> Iterator[int]:
    """The tokens; weights from which none can be drawn are the user's to replace."""
    try:
        yield from tokens
    except ValueError as error:
        raise UserError(str(error)) from None


def _written(pieces: Iterable[str], write: Callable[[str], None]) -> str:
    text = ""
    for piece in pieces:
        write(piece)
        text += piece
    return text


class Chat:
    """A conversation with a model: ``say`` takes what the user says and returns the answer.

    The model reads the whole conversation so far before each answer, in the form of
    :func:`seq2gpt.instructions.render_chat`. Where that no longer fits into its context, what was said first is
    forgotten. Every answer is drawn with a seed of its own: ``seed``, ``seed`` + 1 and so on.
    """

    def __init__(
        self, decoder: Decoder, tokenizer: Tokenizer, sampling: Sampling = PLAIN, *, stop: Sequence[str] = (),
        seed: int = 0,
    ) -> None:  # fmt: skip
        self.decoder, self.tokenizer, self.sampling = decoder, tokenizer, sampling
        self.stop, self.seed = [*stop, END_OF_TURN], seed  # of the next answer
        self.messages: list[dict[str, str]] = []

    def say(
        self, text: str, max_new_tokens: int = 200, write: Callable[[str], None] = lambda piece: None
    ) -> str:
        """The answer to ``text``. Raises ``UserError`` when ``text`` alone does not fit into the context."""
        asked = [*self.messages, {"role": "user", "content": text}]
        prompt = chat_prompt(asked, self.tokenizer)
        while len(asked) > 1 and not self._fits(prompt):
            asked = asked[2:]  # a question and its answer
            prompt = chat_prompt(asked, self.tokenizer)
        pieces = continuation(
            self.decoder,
            self.tokenizer,
            prompt,
            max_new_tokens,
            self.sampling,
            stop=self.stop,
            seed=self.seed,
        )
        answer = _written(pieces, write)
        self.messages = [*asked, {"role": "assistant", "content": answer}]
        self.seed += 1
        return answer

    def _fits(self, prompt: str) -> bool:
        return len(_encoded(self.tokenizer, prompt)) <= self.decoder.model.config.context_length


def chat_prompt(messages: Sequence[Any], tokenizer: Tokenizer) -> str:
    """The conversation as the model was taught to read it. Raises ``UserError`` for what it cannot hold."""
    from seq2gpt.instructions import MARKERS, render_chat

    if isinstance(tokenizer, CharTokenizer) and (unknown := {*"".join(MARKERS)} - {*tokenizer.symbols}):
        raise UserError(
            f"the model has never seen {min(unknown)!r}, which marks who speaks in a chat; "
            "let it continue a text instead"
        )
    try:
        return render_chat(messages, answer=True)
    except ValueError as error:
        raise UserError(str(error)) from None


def read_prompt(tokenizer: Tokenizer, prompt: str, context_length: int) -> list[int]:
    """The ids of a prompt. Raises ``UserError`` when the model cannot read it."""
    if not prompt:
        raise UserError('the prompt is empty; give at least one character, such as --prompt "The "')
    ids = _encoded(tokenizer, prompt)
    if len(ids) > context_length:
        unit = "characters" if isinstance(tokenizer, CharTokenizer) else "tokens"
        raise UserError(
            f"the prompt has {len(ids)} {unit}, more than context_length={context_length} that the "
            f"model sees at once; shorten it by {len(ids) - context_length}"
        )
    return ids


def _encoded(tokenizer: Tokenizer, prompt: str) -> list[int]:
    if isinstance(tokenizer, CharTokenizer):
        _check_characters(tokenizer, prompt)
        return tokenizer.encode(prompt)
    try:
        return tokenizer.encode_with_special(prompt)
    except ValueError as error:
        raise UserError(str(error)) from None


def _check_characters(tokenizer: CharTokenizer, prompt: str) -> None:
    for place, character in enumerate(prompt):
        if character not in tokenizer.symbols:
            raise UserError(
                f"the prompt holds {character!r} at position {place}, which the model has never seen; "
                f"its {tokenizer.vocab_size} characters are {_excerpt(''.join(tokenizer.symbols))}"
            )


def end_ids(tokenizer: Tokenizer) -> set[int]:
    """The tokens with which a text ends."""
    special = tokenizer.special_ids if isinstance(tokenizer, BytePairTokenizer) else {}
    return {special[name] for name in END_TOKENS if name in special}


def _excerpt(symbols: str, longest: int = 120) -> str:
    rest = len(symbols) - longest
    return repr(symbols) if rest <= 0 else f"{symbols[:longest]!r} and {rest} more"
