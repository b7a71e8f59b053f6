"""Generation: from logits to a token, and from token to token to a text.

Logits are unnormalised scores, one for each symbol of the vocabulary; softmax makes them
probabilities. The steps keep this order: hidden state → logits → temperature → filters → draw.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.embeddings import check_device, check_ids


def apply_temperature(
    logits: Float[Tensor, "... vocab_size"], temperature: float
) -> Float[Tensor, "... vocab_size"]:
    """Sharpen or flatten the distribution that the logits stand for.

    The new probabilities are softmax(z / T), with the logits z and the temperature T (Ackley et al. 1985).
    T = 1 changes nothing, a small T leaves nearly all probability to the largest logit, a large T makes all
    tokens about equally probable. The order of the tokens stays as it is, and so does the tensor given.

    Raises ``ValueError``, whose message contains the temperature, unless that is positive and finite.

    >>> apply_temperature(torch.tensor([1.0, 2.0]), temperature=0.5).tolist()
    [2.0, 4.0]
    """
    if not 0 < temperature < math.inf:
        raise ValueError(
            f"temperature={temperature} must be positive and finite; for the most probable token "
            "every time, sample with temperature=0"
        )
    return logits / temperature


def top_k_filter(logits: Float[Tensor, "... vocab_size"], k: int) -> Float[Tensor, "... vocab_size"]:
    """Keep the ``k`` most probable tokens of every distribution (Fan et al. 2018).

    The logits of all others become −inf, so that softmax gives them probability 0; the logits kept are
    unchanged, and so is the tensor given. Exactly ``k`` tokens stay: of equal logits the one with the
    lower id goes first.

    Raises ``ValueError``, whose message contains ``k`` and vocab_size, unless 1 ≤ ``k`` ≤ vocab_size.

    >>> top_k_filter(torch.tensor([3.0, 1.0, 2.0, 2.0]), k=2).tolist()
    [3.0, -inf, 2.0, -inf]
    """
    vocab_size = logits.shape[-1]
    if not 1 <= k <= vocab_size:
        raise ValueError(f"top_k={k} must lie between 1 and vocab_size={vocab_size}")
    by_rank = logits.sort(dim=-1, descending=True, stable=True).indices
    return logits.scatter(-1, by_rank[..., k:], -math.inf)


def top_p_filter(logits: Float[Tensor, "... vocab_size"], p: float) -> Float[Tensor, "... vocab_size"]:
    """Keep the nucleus: the fewest, most probable tokens that add up to ``p`` (Holtzman et al. 2020, section 3.1).

    Their probabilities are at least ``p`` together. The logits of all others become −inf; the logits kept
    are unchanged, and so is the tensor given. The most probable token always stays, and p = 1 keeps every
    token with a probability above 0. Of equal logits the one with the lower id goes first.

    Raises ``ValueError``, whose message contains ``p``, unless 0 < ``p`` ≤ 1.

    >>> logits = torch.tensor([0.25, 0.5, 0.125, 0.125]).log()
    >>> top_p_filter(logits, p=0.75).softmax(-1)  # 0.5 alone is too little, 0.5 + 0.25 is enough
    tensor([0.3333, 0.6667, 0.0000, 0.0000])
    """
    if not 0 < p <= 1:
        raise ValueError(f"top_p={p} must lie above 0 and be at most 1; 1 keeps every token")
    ranked, by_rank = logits.sort(dim=-1, descending=True, stable=True)
    # Summed from the rare end: small probabilities added to a sum near 1 would be rounded away.
    from_here = ranked.softmax(-1).flip(-1).cumsum(-1).flip(-1)
    dropped = from_here <= (1 - p) * (1 + 1e-6)  # rounding must not keep one token too many
    dropped[..., 0] = False
    return logits.masked_fill(dropped.scatter(-1, by_rank, dropped), -math.inf)


def min_p_filter(logits: Float[Tensor, "... vocab_size"], p: float) -> Float[Tensor, "... vocab_size"]:
    """Keep the tokens whose probability is at least ``p`` times that of the most probable one.

    The logits of all others become −inf (Nguyen et al. 2025); the logits kept are unchanged, and so is the
    tensor given. The most probable token always stays; ``p`` = 0 keeps every token and ``p`` = 1 only the
    most probable, or all that share that rank. Where the model is sure few tokens stay, where it hesitates many.

    Raises ``ValueError``, whose message contains ``p``, unless 0 ≤ ``p`` ≤ 1.

    >>> min_p_filter(torch.tensor([0.125, 0.5, 0.25, 0.125]).log(), p=0.5).exp().tolist()
    [0.0, 0.5, 0.25, 0.0]
    """
    if not 0 <= p <= 1:
        raise ValueError(f"min_p={p} must lie between 0 and 1; 0 keeps every token")
    ratio = (logits - logits.amax(-1, keepdim=True)).exp()
    return logits.masked_fill(ratio < p * (1 - 1e-6), -math.inf)  # rounding must not drop a token at the edge


def sample(
    logits: Float[Tensor, "... vocab_size"],
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Int[Tensor, "..."]:
    """Draw one token from every distribution.

    The temperature acts first, then top-k, top-p and min-p, each on what is left; ``None`` switches a
    filter off. ``temperature`` 0 is greedy decoding: the most probable token, of equals the one with the
    lowest id, and nothing is drawn. The random numbers come from ``generator`` (:func:`draw`), or without one
    from torch's own. The logits given stay as they are.

    Raises ``ValueError`` for settings out of range, also when ``temperature`` is 0, and where the largest
    logit of a distribution is nan or infinite.

    >>> sample(torch.tensor([[0.0, 2.0], [5.0, 1.0]]), temperature=0.0).tolist()
    [1, 0]
    """
    peak = logits.amax(-1, keepdim=True)
    if not peak.isfinite().all():
        raise ValueError("the largest logit is nan or infinite, so no token can be drawn; check the weights")
    if temperature != 0:
        logits = apply_temperature(logits - peak, temperature)  # peak at 0: a tiny T cannot overflow
    if top_k is not None:
        logits = top_k_filter(logits, top_k)
    if top_p is not None:
        logits = top_p_filter(logits, top_p)
    if min_p is not None:
        logits = min_p_filter(logits, min_p)
    if temperature == 0:
        return logits.argmax(-1)
    return draw(logits.softmax(-1), generator)


def draw(
    probabilities: Float[Tensor, "... vocab_size"], generator: torch.Generator | None = None
) -> Int[Tensor, "..."]:
    """Draw one index from every distribution, with its probability.

    The random numbers come from ``generator``, on its own device, so that one seed draws the same tokens from
    the same probabilities wherever the model runs.

    >>> draw(torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])).tolist()
    [1, 0]
    """
    rows = probabilities.reshape(-1, probabilities.shape[-1])  # torch.multinomial takes no more dimensions
    if generator is not None:
        rows = rows.to(generator.device)
    drawn = torch.multinomial(rows, 1, generator=generator)
    return drawn.to(probabilities.device).view(probabilities.shape[:-1])


class LayerBuffers:
    """The keys and values that one layer has computed so far, in two buffers of ``context_length`` positions.

    ``length`` counts the positions stored; at first it is 0. The buffers are allocated once, at the first
    :meth:`append`, with the dtype and on the device of what comes.

    >>> buffers = LayerBuffers(context_length=5)
    >>> _ = buffers.append(torch.zeros(1, 3, 4, 7), torch.zeros(1, 3, 4, 7))
    >>> keys, values = buffers.append(torch.ones(1, 3, 1, 7), torch.ones(1, 3, 1, 7))
    >>> buffers.length, keys[0, 0, :, 0].tolist()
    (5, [0.0, 0.0, 0.0, 0.0, 1.0])
    """

    def __init__(self, context_length: int) -> None:
        self.context_length = context_length
        self.length = 0
        self._keys: Tensor | None = None
        self._values: Tensor | None = None

    def append(
        self, key: Float[Tensor, "batch n_heads n d_k"], value: Float[Tensor, "batch n_heads n d_v"]
    ) -> tuple[Float[Tensor, "batch n_heads m d_k"], Float[Tensor, "batch n_heads m d_v"]]:
        """Store the keys and values of ``n`` new positions and return those of all ``m`` so far.

        The positions keep their order, the new ones last. The results are views of the stored
        buffers: nothing already stored is copied. What is stored carries no gradient.

        Raises ``ValueError``, and what is stored stays as it was, when the positions do not fit into
        ``context_length`` (the message contains that number, and how many are stored), and when the batch is
        not the one that the cache was begun with (the message contains both sizes).
        """
        start, end = self.length, self.length + key.shape[-2]
        if end > self.context_length:
            raise ValueError(
                f"{start} positions stored and {end - start} more exceed context_length="
                f"{self.context_length}; start a new cache"
            )
        if self._keys is None or self._values is None:
            self._keys, self._values = (
                new.new_zeros(*new.shape[:-2], self.context_length, new.shape[-1]) for new in (key, value)
            )
        if (batch := len(key)) != (held := len(self._keys)):
            raise ValueError(f"the cache holds a batch of {held}, this batch is {batch}; start a new cache")
        self._keys[..., start:end, :] = key.detach()
        self._values[..., start:end, :] = value.detach()
        self.length = end
        return self._keys[..., :end, :], self._values[..., :end, :]


class KVCache:
    """Keys and values of every layer, kept so that each position is computed once.

    A key and a value depend only on their own position and earlier ones, so what was computed for the
    prompt stays right while tokens are added (prefill, then decode).

    ``cache[layer]`` is the :class:`LayerBuffers` that block number ``layer`` appends to; ``cache.length`` counts the
    positions that *every* layer has stored, which in the middle of a model's pass are fewer than some have.

    Raises ``ValueError``, whose message contains both numbers, unless both are at least 1.

    >>> cache = KVCache(n_layers=2, context_length=5)
    >>> for layer in range(2):
    ...     key, value = cache[layer].append(torch.zeros(1, 3, 4, 7), torch.zeros(1, 3, 4, 7))
    >>> cache.length, key.shape
    (4, torch.Size([1, 3, 4, 7]))
    """

    def __init__(self, n_layers: int, context_length: int) -> None:
        if n_layers < 1 or context_length < 1:
            raise ValueError(f"n_layers={n_layers} and context_length={context_length} must be at least 1")
        self._layers = [LayerBuffers(context_length) for _ in range(n_layers)]

    @property
    def length(self) -> int:
        """The positions that every layer has stored."""
        return min(layer.length for layer in self._layers)

    def __getitem__(self, layer: int) -> LayerBuffers:
        return self._layers[layer]


def token_budget(context_length: int, n_prompt: int, max_new_tokens: int) -> int:
    """How many tokens can be generated after a prompt of ``n_prompt`` tokens.

    The context window is shared: prompt and generated tokens together have room in ``context_length``
    positions. ``max_new_tokens`` limits the generated tokens alone. A prompt that fills the window
    leaves room for 0.

    Raises ``ValueError`` for an empty prompt, for one longer than the window (the message contains both
    lengths), and for a negative limit (the message contains it).

    >>> token_budget(context_length=8, n_prompt=5, max_new_tokens=10)
    3
    """
    if n_prompt < 1:
        raise ValueError("the prompt is empty; give at least one token to continue from")
    if n_prompt > context_length:
        raise ValueError(
            f"the prompt has {n_prompt} tokens, context_length={context_length} holds fewer; "
            f"shorten it by {n_prompt - context_length} or more"
        )
    if max_new_tokens < 0:
        raise ValueError(f"max_new_tokens={max_new_tokens} must be at least 0")
    return min(max_new_tokens, context_length - n_prompt)


@torch.no_grad()
def generate(
    model: nn.Module,
    ids: Int[Tensor, "batch n"],
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    generator: torch.Generator | None = None,
    use_cache: bool = True,
    on_token: Callable[[Int[Tensor, "batch"]], None] | None = None,
) -> Int[Tensor, "batch n_total"]:
    """Continue every sequence of the batch, one token at a time, and return prompts and continuations.

    Each new token is drawn by :func:`sample` from the model's prediction at the last position and then
    read by the model. Generation ends after ``max_new_tokens``, or earlier when the context is full
    (:func:`token_budget`): no position is ever dropped or moved. ``model`` is a GPT, or another module with a
    ``config`` that takes ids and a cache. With ``use_cache`` the model reads each token once, the prompt in one
    call and then every new token but the last in a call of its own; without, it reads the whole sequence again
    for every token. The tokens are the same.

    ``on_token`` is called with the new ids, one per sequence, as soon as they are drawn. Dropout is off
    meanwhile; afterwards the model is in the mode in which it was, also after an error. Raises ``ValueError``
    for an empty or too long prompt, ids that the model does not know or that lie on another device, and
    sampling settings out of range.

    >>> from seq2gpt.gpt import GPT, GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> generate(model, torch.tensor([[7, 1]]), max_new_tokens=9).shape  # the context holds 5
    torch.Size([1, 5])
    """
    config: Any = model.config
    check_device(ids, model)
    check_ids(ids, config.vocab_size)
    n_new = token_budget(config.context_length, ids.shape[1], max_new_tokens)
    cache = KVCache(config.n_layers, config.context_length) if use_cache else None
    unread = ids
    with evaluating(model):
        for _ in range(n_new):
            logits = model(unread, cache=cache)[:, -1]
            new = sample(logits, generator, temperature, top_k, top_p, min_p)
            ids = torch.cat([ids, new[:, None]], dim=1)
            unread = new[:, None] if use_cache else ids
            if on_token is not None:
                on_token(new)
    return ids


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Dropout is off inside; afterwards, also after an error, the model is in the mode in which it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
