"""Text from a trained model, character by character as it is drawn."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from seq2gpt.errors import UserError
from seq2gpt.generation import generate, sample
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
    write: Callable[[str], None] | None = None,
) -> str:
    """The model's continuation of ``prompt``; the same seed gives the same text.

    ``write`` gets the prompt, then every character as soon as it is drawn.
    :func:`seq2gpt.generation.generate` stops where the context is full; here the model then reads the
    last half of its context again and goes on.

    Raises ``UserError`` for a prompt that the model cannot read and for settings out of range.
    """
    context_length = model.config.context_length
    _check_prompt(tokenizer, prompt, context_length)
    if max_new_tokens < 1:
        raise UserError(f"max_new_tokens={max_new_tokens} asks for no text; use 1 or more")
    draw: dict[str, Any] = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    try:
        sample(torch.zeros(tokenizer.vocab_size), torch.Generator(), **draw)
    except ValueError as error:  # a setting out of range, found before the first character is written
        raise UserError(str(error)) from None
    generator = torch.Generator().manual_seed(seed % 2**63)
    device = next(model.parameters()).device
    write = write or (lambda text: None)

    def on_token(new: Tensor) -> None:
        write(tokenizer.decode(new.tolist()))

    write(prompt)
    n_prompt = len(prompt)
    ids = tokenizer.encode(prompt)
    while (n_left := n_prompt + max_new_tokens - len(ids)) > 0:
        window = ids if len(ids) < context_length else ids[-(context_length // 2) :]
        read = torch.tensor([window], device=device)
        continued = generate(model, read, n_left, generator=generator, on_token=on_token, **draw)
        ids = ids + continued[0, len(window) :].tolist()
    return tokenizer.decode(ids[n_prompt:])


def _check_prompt(tokenizer: CharTokenizer, prompt: str, context_length: int) -> None:
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
