"""The tiny GPT whose forward pass the walkthrough widget shows, number by number: it writes four letters backwards.

Its alphabet is ``abcde`` and ``=``; a text is four letters, the sign, and the letters from the last to the first. What
the letters are nobody can foretell, so before the sign the best there is are equal odds; behind it everything is
certain. The weights are stored as whole numbers of 16 bits and used as such in Python and in the browser alike.
``python -m seq2gpt.widgets.walkthrough_model`` trains them again, in half a minute, and writes the file.
"""

import json
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2gpt.gpt import GPT, GPTConfig, next_token_loss
from seq2gpt.run.demos.loop import fit
from seq2gpt.widgets.number_model import pack, unpack

FILE = Path(__file__).with_name("walkthrough_model.json")
SYMBOLS = "abcde="
N_LETTERS = 4
CONFIG = GPTConfig(
    vocab_size=len(SYMBOLS), context_length=2 * N_LETTERS, d_model=12, n_heads=2, n_layers=2, d_ff=24
)
N_STEPS = 2500


def encode(text: str) -> list[int]:
    """The ids of a text.

    >>> encode("abe=")
    [0, 1, 4, 5]
    """
    return [SYMBOLS.index(symbol) for symbol in text]


def decode(ids: list[int]) -> str:
    """The text of ids."""
    return "".join(SYMBOLS[i] for i in ids)


def mirrored(letters: Int[Tensor, "batch n_letters"]) -> Int[Tensor, "batch n"]:
    """Whole texts: the letters, the sign, the letters backwards.

    >>> decode(mirrored(torch.tensor([encode("abce")]))[0].tolist())
    'abce=ecba'
    """
    sign = torch.full_like(letters[:, :1], SYMBOLS.index("="))
    return torch.cat([letters, sign, letters.flip(1)], dim=1)


def every_text() -> Int[Tensor, "texts n"]:
    """All 625 texts there are."""
    letters = torch.cartesian_prod(*[torch.arange(len(SYMBOLS) - 1)] * N_LETTERS)
    return mirrored(letters)


@torch.no_grad()
def right(model: GPT) -> float:
    """Of how many of all texts, in per cent, the model writes every letter of the second half."""
    texts = every_text()
    written = model(texts[:, :-1]).argmax(-1)[:, N_LETTERS:]
    return 100 * (written == texts[:, N_LETTERS + 1 :]).all(1).double().mean().item()


def shipped_model() -> dict[str, Any]:
    """Symbols, sizes and weights, as they are stored."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def load_walkthrough_model() -> GPT:
    """The trained model that comes with the package, in evaluation mode."""
    model = GPT(CONFIG)
    weights = {name: unpack(entry) for name, entry in shipped_model()["weights"].items()}
    model.load_state_dict(weights | {"head.weight": weights["token_embedding.weight"]})
    return model.eval()


def train_walkthrough_model(seed: int = 0) -> GPT:
    """A new one, trained on letters drawn anew in every step."""
    torch.manual_seed(seed)
    model = GPT(CONFIG)
    generator = torch.Generator().manual_seed(seed)

    def loss(step: int) -> Float[Tensor, ""]:
        texts = mirrored(torch.randint(len(SYMBOLS) - 1, (64, N_LETTERS), generator=generator))
        return next_token_loss(model(texts[:, :-1]), texts[:, 1:])

    fit(model.parameters(), loss, N_STEPS, lr=1e-2, progress=False, weight_decay=0.05)
    return model.eval()


def stored(model: GPT) -> dict[str, Any]:
    """A model as it is stored; the head is the embedding and is left out."""
    weights = {name: pack(value) for name, value in model.state_dict().items() if name != "head.weight"}
    return {
        "note": "trained by `python -m seq2gpt.widgets.walkthrough_model`",
        "symbols": SYMBOLS,
        "n_letters": N_LETTERS,
        "n_heads": CONFIG.n_heads,
        "n_layers": CONFIG.n_layers,
        "weights": weights,
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(stored(train_walkthrough_model())) + "\n", encoding="utf-8")
