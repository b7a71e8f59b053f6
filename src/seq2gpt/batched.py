"""Several prompts of unequal length at once: every weight is read once for all of them.

The prompts are aligned at their last token, with padding before the first. Two things then go wrong unless
they are taken care of: the padding must stay out of every attention, also later, when its keys lie in the
cache; and the positions of a row count from its own first token. A row's tokens are the same as if it
were alone.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seq2gpt.decoding import Stack
from seq2gpt.embeddings import check_ids
from seq2gpt.generation import KVCache, token_budget
from seq2gpt.prompts import check_prompt
from seq2gpt.sampling import PLAIN, Sampling

PAD = 0  # any id does: what is computed from it is never used


def pad_left(prompts: Sequence[Sequence[int]]) -> tuple[Int[Tensor, "batch n"], Bool[Tensor, "batch n"]]:
    """The prompts as one matrix, each at the right, and which places are real.

    Raises ``ValueError`` for no prompts, and for an empty one, whose row would be all padding.

    >>> ids, real = pad_left([[5], [7, 8]])
    >>> ids.tolist(), real.tolist()
    ([[0, 5], [7, 8]], [[False, True], [True, True]])
    """
    if not prompts:
        raise ValueError("there is no prompt; give at least one")
    lengths = [len(prompt) for prompt in prompts]
    if 0 in lengths:
        raise ValueError(f"prompt {lengths.index(0)} is empty, so its row would be all padding; leave it out")
    n = max(lengths)
    ids = torch.tensor([[PAD] * (n - len(prompt)) + list(prompt) for prompt in prompts], dtype=torch.long)
    real = torch.tensor([[False] * (n - len(prompt)) + [True] * len(prompt) for prompt in prompts])
    return ids, real


def padded_logits(
    model: Stack, ids: Int[Tensor, "batch n"], real: Bool[Tensor, "batch m"], cache: KVCache
) -> Float[Tensor, "batch vocab_size"]:
    """The logits after the last column of ``ids``, which are the last n of the m places read so far.

    ``real`` says of all m places which are tokens and which are padding; the keys and values of the m − n
    earlier ones lie in ``cache``. A row that is all padding so far gets finite logits without a meaning.

    Raises ``ValueError`` for ids that the model does not know.
    """
    check_ids(ids, model.config.vocab_size)
    n, m = ids.shape[1], real.shape[1]
    places = real.cumsum(-1).sub(1).clamp(0, model.config.context_length - 1)[:, m - n :]  # batch n
    x, told = model.embed_at(ids, places)
    seen = torch.ones(n, m, dtype=torch.bool, device=ids.device).tril(m - n)
    mask = seen & real[:, None, None, :]  # batch 1 n m
    for layer, block in enumerate(model.blocks):
        x = block(x, mask=mask, cache=cache[layer], **told)
    return model.head(model.norm(x[:, -1]))


@torch.inference_mode()
def generate_batch(
    model: Any,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    sampling: Sampling = PLAIN,
    *,
    end_ids: Collection[int] = (),
    seeds: Sequence[int] | None = None,
    on_token: Callable[[int, int], None] | None = None,
) -> list[list[int]]:
    """What the model writes after each prompt, without the prompt.

    A row ends after ``max_new_tokens``, when its own context is full, or with one of ``end_ids``, which is
    then its last token. The row's draws come from its seed, by default its number, and do not depend on the
    other rows. ``on_token(row, id)`` is called for every token as it is drawn. ``model`` is a GPT or a
    ModernGPT in evaluation mode.

    Raises ``ValueError`` for no prompts, an empty or too long one, ids that the model does not know, and
    settings out of range.

    >>> from seq2gpt.gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)).eval()
    >>> [len(row) for row in generate_batch(model, [[7], [1, 2, 3, 4]], max_new_tokens=3)]
    [3, 1]
    """
    _check(model, prompts, sampling)
    ids, real = (tensor.to(model.head.weight.device) for tensor in pad_left(prompts))
    context_length = model.config.context_length
    budgets = [token_budget(context_length, len(prompt), max_new_tokens) for prompt in prompts]
    generators = _generators(range(len(prompts)) if seeds is None else seeds, len(prompts))
    cache = KVCache(model.config.n_layers, ids.shape[1] + max(budgets))
    rows = [list(prompt) for prompt in prompts]
    open_rows = {row for row, budget in enumerate(budgets) if budget > 0}
    while open_rows:
        logits = padded_logits(model, ids, real, cache)
        drawn = [PAD] * len(rows)
        for row in sorted(open_rows):
            seen = torch.tensor(rows[row], device=logits.device)
            drawn[row] = sampling.draw(logits[row], seen, generators[row])
            rows[row].append(drawn[row])
            if on_token is not None:
                on_token(row, drawn[row])
            if drawn[row] in end_ids or len(rows[row]) == len(prompts[row]) + budgets[row]:
                open_rows.remove(row)
        ids = torch.tensor(drawn, device=ids.device)[:, None]
        real = torch.cat([real, torch.ones_like(real[:, :1])], dim=1)
    return [row[len(prompt) :] for row, prompt in zip(rows, prompts, strict=True)]


def _check(model: Any, prompts: Sequence[Sequence[int]], sampling: Sampling) -> None:
    if model.training:
        raise ValueError("the model is in training mode, dropout would act; call model.eval() first")
    sampling.check(model.config.vocab_size)
    for row, prompt in enumerate(prompts):
        check_prompt(prompt, model.config.vocab_size, f"prompt {row}")


def _generators(seeds: Sequence[int], n_rows: int) -> list[torch.Generator]:
    if len(seeds) != n_rows:
        raise ValueError(f"{len(seeds)} seeds do not fit {n_rows} prompts; give each prompt one")
    return [torch.Generator().manual_seed(seed) for seed in seeds]
