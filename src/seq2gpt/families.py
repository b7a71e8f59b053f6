"""The families of Transformers: the same blocks under three objectives.

A *mask of the attention* belongs to the architecture: it says which positions a position may look at.
*Masking tokens* belongs to the objective: it hides parts of the text, which the model then has to restore.
BERT hides tokens and masks no attention, GPT masks the attention and hides no token, T5 hides spans and
writes them out one token after the other.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2gpt.attention import causal_mask
from seq2gpt.blocks import LayerNorm, TransformerBlock
from seq2gpt.embeddings import TokenEmbedding
from seq2gpt.positions import LearnedPositions

Span = tuple[int, int]


def mask_tokens(
    ids: Int[Tensor, "batch n"],
    mask_id: int,
    vocab_size: int,
    may_hide: Bool[Tensor, "batch n"] | None = None,
    share: float = 0.15,
) -> tuple[Int[Tensor, "batch n"], Bool[Tensor, "batch n"]]:
    """What BERT reads in training, and which tokens it has to predict (Devlin et al. 2019, section 3.1).

    Each token is chosen with probability ``share``, on its own. A chosen token becomes ``mask_id`` with
    probability 0.8, an id drawn from 0 … vocab_size − 1, all equally probable, with probability 0.1, and
    stays as it is with probability 0.1. Where ``may_hide`` is ``False``, as at special tokens and padding,
    nothing is chosen. All random numbers come from torch, on the device of ``ids``, so ``torch.manual_seed``
    decides them.

    Returns ``(inputs, chosen)``: ``inputs`` in the dtype of ``ids``, and ``chosen``, boolean, which is
    ``True`` wherever the loss is taken, also where a chosen token stayed as it is. ``ids`` itself is not
    changed.

    Raises ``ValueError``, whose message contains ``share``, unless 0 ≤ ``share`` ≤ 1.

    >>> inputs, chosen = mask_tokens(torch.tensor([[5, 6]]), mask_id=9, vocab_size=8, share=0.0)
    >>> inputs.tolist(), chosen.tolist()
    ([[5, 6]], [[False, False]])
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share={share} must lie between 0 and 1")
    chosen = torch.rand(ids.shape, device=ids.device) < share
    if may_hide is not None:
        chosen = chosen & may_hide
    fate = torch.rand(ids.shape, device=ids.device)
    drawn = torch.randint(vocab_size, ids.shape, device=ids.device, dtype=ids.dtype)
    inputs = ids.masked_fill(chosen & (fate < 0.8), mask_id)
    return torch.where(chosen & (fate >= 0.9), drawn, inputs), chosen


def corrupt_spans(
    ids: Int[Tensor, "n"], spans: Sequence[Span], first_sentinel: int
) -> tuple[Int[Tensor, "n_inputs"], Int[Tensor, "n_targets"]]:
    """What T5 reads in training, and what it has to write (Raffel et al. 2020, section 3.1.4 and figure 2).

    ``spans`` are pairs (start, stop), in order: the tokens from ``start`` to before ``stop`` are hidden. In
    the inputs each span is replaced by one sentinel, the first by the id ``first_sentinel``, each further
    one by the next id. The targets are, for every span, its sentinel and the tokens hidden there, and at the
    end one more sentinel, the next id, which says that nothing follows.

    Returns ``(inputs, targets)``, both in the dtype of ``ids``; without spans, the inputs are the whole text
    and the targets the last sentinel alone. ``ids`` itself is not changed.

    Raises ``ValueError``, whose message contains the start and the stop of the span, for a span that is
    empty, reaches beyond the text, or does not leave at least one token between it and the span before
    (:func:`check_spans`).

    >>> inputs, targets = corrupt_spans(torch.tensor([1, 2, 3, 4, 5]), [(1, 3), (4, 5)], first_sentinel=90)
    >>> inputs.tolist(), targets.tolist()
    ([1, 90, 4, 91], [90, 2, 3, 91, 5, 92])
    """
    check_spans(spans, ids.shape[0])
    inputs, targets, end = [], [], 0
    for number, (start, stop) in enumerate(spans):
        sentinel = ids.new_tensor([first_sentinel + number])
        inputs += [ids[end:start], sentinel]
        targets += [sentinel, ids[start:stop]]
        end = stop
    last = ids.new_tensor([first_sentinel + len(spans)])
    return torch.cat([*inputs, ids[end:]]), torch.cat([*targets, last])


def check_spans(spans: Sequence[Span], n: int) -> None:
    """Refuse spans that :func:`corrupt_spans` cannot hide in a text of ``n`` tokens.

    Raises ``ValueError``, whose message contains the start and the stop of the first span that is empty,
    reaches beyond the text, or does not leave at least one token between it and the span before.

    >>> check_spans([(0, 2), (3, 5)], n=5)
    """
    end = -1
    for start, stop in spans:
        if not end < start < stop <= n:
            raise ValueError(
                f"span ({start}, {stop}) of a text of {n} tokens must hold a token and lie behind "
                f"position {end}; give spans in order and at least one token apart"
            )
        end = stop


def draw_spans(
    n: int, share: float = 0.15, mean_length: float = 3.0, generator: torch.Generator | None = None
) -> list[Span]:
    """Spans for :func:`corrupt_spans`, drawn at random (Raffel et al. 2020, section 3.3.4).

    As near as whole numbers allow they cover ``share`` of the ``n`` tokens and are ``mean_length`` long on
    average; how many tokens and how many spans depends on nothing else. No two touch.

    Raises ``ValueError`` unless n ≥ 2, 0 < ``share`` < 1 and ``mean_length`` ≥ 1.

    >>> spans = draw_spans(40, share=0.15, mean_length=3.0)
    >>> len(spans), sum(stop - start for start, stop in spans)
    (2, 6)
    """
    if n < 2 or not 0 < share < 1 or mean_length < 1:
        raise ValueError(
            f"n={n} must be at least 2, share={share} between 0 and 1, mean_length={mean_length} at least 1"
        )
    n_hidden = min(max(round(n * share), 1), n - 1)
    n_spans = min(max(round(n_hidden / mean_length), 1), n - n_hidden + 1)
    cuts = torch.randperm(n_hidden - 1, generator=generator)[: n_spans - 1].sort().values + 1
    lengths = torch.tensor([*cuts, n_hidden]).diff(prepend=torch.tensor([0]))
    # Each span goes to another gap between the tokens that stay, or to one of the two ends.
    gaps = torch.randperm(n - n_hidden + 1, generator=generator)[:n_spans].sort().values
    starts = gaps + lengths.cumsum(0) - lengths
    return [(start, start + length) for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)]


class LanguageModelParts(nn.Module):
    """What the families have in common: the parts, with fresh weights, and nothing about what sees what.

    ``token_embedding``, ``positions`` (learned), ``blocks``, ``norm`` and ``head``, for
    h_0 = token_embedding(ids) + P, h_l = block_l(h_{l−1}) and logits = head(norm(h_L)) (Radford et al. 2018,
    equation 2, with the last norm of pre-LN); ``positions(x)`` is x + P.

    Every matrix and table is drawn with standard deviation 1 / √width, where width counts its columns. The
    0.02 of GPT and BERT fits their 768 columns and more; in narrow models it delays masked language modelling
    by hundreds of steps.

    >>> parts = LanguageModelParts(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)
    >>> tuple(parts.token_embedding.weight.shape), tuple(parts.head.weight.shape), len(parts.blocks)
    ((11, 6), (11, 6), 3)
    """

    def __init__(
        self,
        vocab_size: int,
        context_length: int,
        d_model: int,
        n_heads: int,
        n_layers: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.token_embedding = TokenEmbedding(vocab_size, d_model)
        self.positions = LearnedPositions(context_length, d_model)
        self.blocks = nn.ModuleList(
            TransformerBlock(d_model, n_heads, 4 * d_model, dropout) for _ in range(n_layers)
        )
        self.norm = LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)


class MaskedLanguageModel(LanguageModelParts):
    """An encoder, as BERT is: every position sees the whole text, before it and after it.

    The parts, and the formula in which they follow one another, are those of :class:`LanguageModelParts`.

    >>> model = MaskedLanguageModel(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)
    >>> model(torch.tensor([[7, 1, 10]])).shape
    torch.Size([1, 3, 11])
    """

    def forward(
        self, ids: Int[Tensor, "batch n"], is_real: Bool[Tensor, "batch n"] | None = None
    ) -> Float[Tensor, "batch n vocab_size"]:
        """The logits of the token that *belongs at* each position, given the text around it.

        Where ``is_real`` is ``False`` there is padding: no position sees it, and its own logits mean nothing.
        At a position whose own token is not hidden, the model can see the answer.

        Raises ``ValueError``, whose message contains context_length, when the sequence is longer than that;
        ``positions`` says so.
        """
        mask = None if is_real is None else is_real[:, None, None, :]  # for every head and every query
        x = self.positions(self.token_embedding(ids))  # batch n d_model
        for block in self.blocks:
            x = block(x, mask=mask)
        return self.head(self.norm(x))


class CausalLanguageModel(LanguageModelParts):
    """A decoder, as GPT is: every position sees itself and what stands before it.

    The parts, and the formula in which they follow one another, are those of :class:`LanguageModelParts`.

    >>> model = CausalLanguageModel(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)
    >>> model(torch.tensor([[7, 1, 10]])).shape
    torch.Size([1, 3, 11])
    """

    def forward(self, ids: Int[Tensor, "batch n"]) -> Float[Tensor, "batch n vocab_size"]:
        """The logits of the token that *follows* each position, given the text up to there.

        No later token has any influence; padding behind the text therefore needs no mask.

        Raises ``ValueError``, whose message contains context_length, when the sequence is longer than that;
        ``positions`` says so.
        """
        x = self.positions(self.token_embedding(ids))  # batch n d_model
        for block in self.blocks:
            x = block(x, causal=True)
        return self.head(self.norm(x))


class PrefixLanguageModel(LanguageModelParts):
    """One stack that reads a prefix as an encoder and writes on as a decoder (Raffel et al. 2020, 3.2.1).

    T5 itself has two stacks, joined by cross-attention; its authors compare it with this form.

    >>> model = PrefixLanguageModel(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3)
    >>> model(torch.tensor([[7, 1, 10]]), n_prefix=2).shape
    torch.Size([1, 3, 11])
    """

    def forward(self, ids: Int[Tensor, "batch n"], n_prefix: int) -> Float[Tensor, "batch n vocab_size"]:
        """The logits of the token that follows each position.

        Every position sees the first ``n_prefix`` tokens; behind them, each sees itself and those before it.

        Raises ``ValueError`` when the sequence is longer than ``context_length``.
        """
        mask = causal_mask(ids.shape[1], device=ids.device)
        mask[:, :n_prefix] = True
        x = self.positions(self.token_embedding(ids))  # batch n d_model
        for block in self.blocks:
            x = block(x, mask=mask)
        return self.head(self.norm(x))
