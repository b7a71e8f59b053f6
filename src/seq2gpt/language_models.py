"""Language models: a probability for every sequence of tokens, and how good such a probability is.

By the chain rule p(x₁ … x_n) = Π p(x_t | x₁ … x_{t−1}). A bigram model keeps only the last token of the
condition; the measures below serve every model, up to GPT. Masks are boolean: ``True`` is a real token.
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def next_token_pairs(
    ids: Int[Tensor, "... n_tokens"],
) -> tuple[Int[Tensor, "... n"], Int[Tensor, "... n"]]:
    """What a model reads and what it should predict there: every token and the one that follows it.

    A sequence of n + 1 tokens gives n pairs; leading dimensions and the dtype are kept. The text is its own
    label: this is why such training is called self-supervised.

    Returns ``(inputs, targets)``, both of length n. Raises ``ValueError``, whose message contains the number
    of tokens, for fewer than two.

    >>> inputs, targets = next_token_pairs(torch.tensor([5, 6, 7]))
    >>> inputs.tolist(), targets.tolist()
    ([5, 6], [6, 7])
    """
    if ids.shape[-1] < 2:
        raise ValueError(f"{ids.shape[-1]} tokens hold no pair; give at least 2")
    return ids[..., :-1], ids[..., 1:]


def bigram_counts(ids: Int[Tensor, "n"], vocab_size: int) -> Int[Tensor, "vocab_size vocab_size"]:
    """How often each token follows each other token in a sequence.

    Entry (i, j) counts the places where id j stands right after id i, in int64. All entries add up to n − 1;
    a text of one token, or of none, gives a table of zeros.

    Raises ``ValueError``, whose message contains the id and ``vocab_size``, for an id outside 0 … vocab_size − 1.

    >>> bigram_counts(torch.tensor([0, 1, 0, 1, 1]), vocab_size=2).tolist()
    [[0, 2], [1, 1]]
    """
    outside = ids[(ids < 0) | (ids >= vocab_size)]
    if outside.numel() > 0:
        raise ValueError(
            f"id {outside[0].item()} is not in the vocabulary of {vocab_size}; use ids from 0 to {vocab_size - 1}"
        )
    pairs = ids[:-1].long() * vocab_size + ids[1:]  # one number for each pair
    return torch.bincount(pairs, minlength=vocab_size**2).view(vocab_size, vocab_size)


def bigram_model(
    counts: Int[Tensor, "vocab_size vocab_size"], smoothing: float = 1.0
) -> Float[Tensor, "vocab_size vocab_size"]:
    """The probability of each token after each other token; every row sums to 1.

    p(j | i) = (c_ij + α) / Σ_k (c_ik + α), where α is ``smoothing`` (additive smoothing; Jurafsky & Martin,
    *Speech and Language Processing*, chapter 3). With α = 0 a pair that never occurred has probability 0.
    After a token that was never followed by any, all tokens are equally probable, whatever α. The dtype
    is torch's default.

    Raises ``ValueError``, whose message contains ``smoothing``, unless that is finite and at least 0.

    >>> bigram_model(torch.tensor([[0, 2], [0, 0]]), smoothing=1.0).tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    """
    if not 0 <= smoothing < math.inf:
        raise ValueError(f"smoothing={smoothing} must be finite and at least 0")
    unseen = counts.sum(-1, keepdim=True) == 0
    smoothed = torch.where(unseen, 1.0, counts.to(torch.get_default_dtype()) + smoothing)
    return smoothed / smoothed.sum(-1, keepdim=True)


def token_log_probabilities(
    logits: Float[Tensor, "... vocab_size"], targets: Int[Tensor, "..."]
) -> Float[Tensor, "..."]:
    """The natural logarithm of the probability that softmax(logits) gives to each target.

    log softmax(z)[y] = z_y − log Σ_k exp(z_k), computed so that it is finite for all finite logits, however
    large or far apart (Goodfellow et al. 2016, section 4.1). A logit of −inf is probability 0, with
    logarithm −inf. Logarithms of probabilities are valid logits and come back as they are. Leading
    dimensions and the dtype of ``logits`` are kept.

    >>> token_log_probabilities(torch.tensor([[1000.0, 1000.0]]), torch.tensor([1]))  # ln 1/2
    tensor([-0.6931])
    """
    below_peak = logits - logits.detach().amax(-1, keepdim=True)  # neither exp nor log can overflow
    at_target = below_peak.gather(-1, targets.long()[..., None])[..., 0]
    return at_target - below_peak.exp().sum(-1).log()


def sequence_log_probability(
    logits: Float[Tensor, "... n vocab_size"],
    targets: Int[Tensor, "... n"],
    mask: Bool[Tensor, "... n"] | None = None,
) -> Float[Tensor, "..."]:
    """The natural logarithm of the probability of every sequence.

    log p(y) = Σ_t log softmax(logits_t)[y_t], where row t of ``logits`` scores the token at place t of
    ``targets``. Where ``mask`` is ``False``, a place is padding, or belongs to the prompt, and adds nothing,
    whatever stands there. An impossible sequence has −inf; a sequence without real tokens has 0.

    >>> logits = torch.tensor([[0.5, 0.5], [0.25, 0.75]]).log()
    >>> sequence_log_probability(logits, torch.tensor([0, 0])).exp()  # 1/2 · 1/4
    tensor(0.1250)
    """
    per_token = token_log_probabilities(logits, targets)
    if mask is not None:
        per_token = per_token.masked_fill(~mask, 0.0)  # 0 · (−inf) would be nan
    return per_token.sum(-1)


def cross_entropy(
    logits: Float[Tensor, "... vocab_size"],
    targets: Int[Tensor, "..."],
    mask: Bool[Tensor, "..."] | None = None,
) -> Float[Tensor, ""]:
    """The mean of −log softmax(logits)[target] over all real tokens, in nats.

    Every real token counts the same, in whatever sequence it stands. Where ``mask`` is ``False`` there is
    padding: it has no influence on the value and gets no gradient, whatever stands there. The loss is finite
    for all finite logits and inf when a real target has logit −inf. Its dtype is that of ``logits``.

    Raises ``ValueError``, whose message says that there is no real token, when there is none.

    >>> loss = cross_entropy(torch.zeros(2, 8), torch.tensor([3, 7]))
    >>> f"{loss:.3f} = ln 8"
    '2.079 = ln 8'
    """
    if mask is None:
        mask = torch.ones_like(targets, dtype=torch.bool)
    if not mask.any():
        raise ValueError("there is no real token to average over; give at least one")
    return -token_log_probabilities(logits[mask], targets[mask]).mean()


def perplexity(
    log_probabilities: Float[Tensor, "..."], mask: Bool[Tensor, "..."] | None = None
) -> Float[Tensor, ""]:
    """The number of equally probable tokens among which a model is as uncertain as it was here.

    exp(−mean log p) over all real tokens, from the natural logarithms that the model gave to the true
    tokens (Jurafsky & Martin, *Speech and Language Processing*, chapter 3). Where ``mask`` is ``False`` there
    is padding, which does not count, whatever stands there. One real token with probability 0 makes it inf.

    Raises ``ValueError``, whose message says that there is no real token, when there is none.

    >>> perplexity(torch.tensor([0.5, 0.125]).log())  # the geometric mean of 2 and 8
    tensor(4.)
    """
    real = log_probabilities if mask is None else log_probabilities[mask]
    if real.numel() == 0:
        raise ValueError("there is no real token to average over; give at least one")
    return (-real.mean()).exp()


def bits_per_byte(loss: float, n_tokens: int, text: str) -> float:
    """The loss as bits for each byte of text: what compares models with different tokenizers.

    ``loss`` is the mean cross-entropy per token in nats, over the ``n_tokens`` tokens of ``text``. The total
    is turned into bits (1 nat is 1 / ln 2 bits) and divided by the length of ``text`` in UTF-8.

    Raises ``ValueError``, whose message says that the text is empty, when it is.

    >>> bits_per_byte(loss=math.log(2), n_tokens=6, text="né")  # 6 bits for 3 bytes
    2.0
    """
    n_bytes = len(text.encode())
    if n_bytes == 0:
        raise ValueError("the text is empty: there is no byte to divide by")
    return loss * n_tokens / (math.log(2) * n_bytes)
