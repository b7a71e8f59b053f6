"""Text from a trained model, character by character as it is drawn."""

from collections.abc import Callable

import torch
from torch import Tensor

from seq2gpt.errors import UserError
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT
from seq2gpt.tokens import CharTokenizer


def sample_text(
    model: GPT,
    tokenizer: CharTokenizer,
    prompt: str,
    max_new_tokens: int,
    *,
    temperature: float = 0.8,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    write: Callable[[str], object] | None = None,
) -> str:
    """The model's continuation of ``prompt``; the same seed gives the same text.

    ``write`` gets every character as soon as it is drawn. :func:`seq2gpt.generation.generate` stops
    where the context is full; here the model then reads the last half of its context again and goes on.

    Raises ``UserError`` for a prompt that the model cannot read and for settings out of range.
    """
    context_length = model.config.context_length
    check_prompt(tokenizer, prompt, context_length)
    if max_new_tokens < 1:
        raise UserError(f"max_new_tokens={max_new_tokens} asks for no text; use 1 or more")
    generator = torch.Generator().manual_seed(seed)
    device = next(model.parameters()).device

    def on_token(new: Tensor) -> None:
        if write is not None:
            write(tokenizer.decode(new.tolist()))

    n_prompt = len(prompt)
    ids = tokenizer.encode(prompt)
    while len(ids) < n_prompt + max_new_tokens:
        window = ids if len(ids) < context_length else ids[-(context_length // 2) :]
        try:
            continued = generate(
                model, torch.tensor([window], device=device), n_prompt + max_new_tokens - len(ids),
                temperature=temperature, top_k=top_k, top_p=top_p, generator=generator, on_token=on_token,
            )  # fmt: skip
        except ValueError as error:  # a setting out of range: the message names it
            raise UserError(str(error)) from None
        ids = ids + continued[0, len(window) :].tolist()
    return tokenizer.decode(ids[n_prompt:])


def check_prompt(tokenizer: CharTokenizer, prompt: str, context_length: int) -> None:
    """Raise ``UserError`` when the model cannot read the prompt."""
    if not prompt:
        raise UserError('the prompt is empty; give at least one character, such as --prompt "The "')
    for place, character in enumerate(prompt):
        if character not in tokenizer.symbols:
            raise UserError(
                f"the prompt holds {character!r} at position {place}, which the model has never seen; "
                f"its {tokenizer.vocab_size} characters are {_excerpt(''.join(tokenizer.symbols))}"
            )
    if len(prompt) > context_length:
        raise UserError(
            f"the prompt has {len(prompt)} characters, more than context_length={context_length} that the "
            f"model sees at once; shorten it by {len(prompt) - context_length}"
        )


def _excerpt(symbols: str, longest: int = 120) -> str:
    rest = len(symbols) - longest
    return repr(symbols) if rest <= 0 else f"{symbols[:longest]!r} and {rest} more"
