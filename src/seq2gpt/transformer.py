"""The Transformer: an encoder and a decoder made of attention, joined by cross-attention.

The layers are pre-LN: each sub-layer normalises what it reads, and each stack ends in one more norm. The model of
2017 normalised after every sub-layer (post-LN); that is history, because such stacks train only with care.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2gpt.attention import Mask
from seq2gpt.blocks import FeedForward, LayerNorm, residual
from seq2gpt.heads import MultiHeadAttention, check_size, head_width
from seq2gpt.positions import sinusoidal_encoding
from seq2gpt.recurrent import sequence_lengths
from seq2gpt.seq2seq import PAD, Decoded, EncoderDecoder, State, beam_search, padding_mask


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """The sizes of a :class:`Transformer`. Raises ``ValueError`` for sizes that do not fit together.

    >>> TransformerConfig(source_vocab_size=7, target_vocab_size=11, d_model=10, n_heads=4)
    Traceback (most recent call last):
    ValueError: d_model=10 does not split into n_heads=4; use a multiple of 4
    """

    source_vocab_size: int
    target_vocab_size: int
    d_model: int = 512
    n_heads: int = 8
    d_ff: int = 2048
    n_layers: int = 6
    """Layers of the encoder, and as many of the decoder. The defaults are the base model of 2017."""
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("source_vocab_size", "target_vocab_size", "d_model", "n_heads", "d_ff", "n_layers"):
            check_size(name, getattr(self, name))
        head_width(self.d_model, self.n_heads)
        if self.d_model % 2 != 0:
            raise ValueError(f"d_model={self.d_model} is odd, but codes are pairs; use an even number")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout={self.dropout} must be at least 0 and below 1")


class EncoderLayer(nn.Module):
    """One layer of the encoder: self-attention, then a feed-forward network, each on a residual path.

    h = x + Attention(LN_1(x)), y = h + FFN(LN_2(h)): the two sub-layers of Vaswani et al. 2017, section 3.1, in
    pre-LN form (:func:`seq2gpt.blocks.residual`). The parts are ``norm_1``, ``attention``, ``norm_2`` and
    ``feed_forward``, of the classes of lessons 08 and 10. ``dropout`` acts on what each sub-layer adds to its path, in
    training only: the two sub-layers take it as an argument.

    >>> EncoderLayer(d_model=6, n_heads=2, d_ff=24)(torch.zeros(1, 5, 6)).shape
    torch.Size([1, 5, 6])
    """

    def __init__(self, d_model: int, n_heads: int, d_ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.norm_2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff, dropout=dropout)

    def forward(
        self, x: Float[Tensor, "... m d_model"], mask: Mask | None = None
    ) -> Float[Tensor, "... m d_model"]:
        """The hidden states after this layer; ``mask`` broadcasts to (..., n_heads, m, m).

        Every position may look at every other, earlier or later, that ``mask`` allows.
        """
        x = residual(x, lambda hidden: self.attention(hidden, mask=mask), self.norm_1)
        return residual(x, self.feed_forward, self.norm_2)


class DecoderLayer(nn.Module):
    """One layer of the decoder: masked self-attention, cross-attention, feed-forward, in this order.

    The three sub-layers of Vaswani et al. 2017, section 3.1, in pre-LN form, each on a residual path
    (:func:`seq2gpt.blocks.residual`). The queries of the cross-attention come from the decoder; its keys and
    values are the encoder's output ``memory``, as it is. The parts are ``norm_1``, ``attention``, ``norm_2``,
    ``cross_attention``, ``norm_3`` and ``feed_forward``; ``dropout`` is that of :class:`EncoderLayer`.

    >>> layer = DecoderLayer(d_model=6, n_heads=2, d_ff=24)
    >>> layer(torch.zeros(1, 5, 6), memory=torch.zeros(1, 7, 6)).shape
    torch.Size([1, 5, 6])
    """

    def __init__(self, d_model: int, n_heads: int, d_ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm_1 = LayerNorm(d_model)
        self.attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.norm_2 = LayerNorm(d_model)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.norm_3 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff, dropout=dropout)

    def forward(
        self,
        x: Float[Tensor, "... n d_model"],
        memory: Float[Tensor, "... m d_model"],
        mask: Mask | None = None,
        memory_mask: Mask | None = None,
    ) -> Float[Tensor, "... n d_model"]:
        """The hidden states after this layer.

        No position sees a later one of ``x``. ``mask`` restricts further and broadcasts to (..., n_heads, n, n);
        ``memory_mask`` says which positions of ``memory`` may be seen and broadcasts to (..., n_heads, n, m).
        """
        x = residual(x, lambda hidden: self.attention(hidden, mask=mask, causal=True), self.norm_1)
        x = residual(x, lambda hidden: self.cross_attention(hidden, memory, memory_mask), self.norm_2)
        return residual(x, self.feed_forward, self.norm_3)


class Transformer(nn.Module):
    """An :class:`EncoderDecoder`: two stacks side by side, and every decoder layer looks at the encoder's output.

    Ids become embeddings times √d_model plus sinusoidal position codes (Vaswani et al. 2017, sections 3.4 and
    3.5), with ``dropout`` on the sum (section 5.4). ``source_embedding`` and ``target_embedding`` start from normal
    numbers of standard deviation 1/√d_model. The stacks are ``encoder_layers`` and ``decoder_layers``, each of
    ``config.n_layers`` layers with ``config.dropout``, in an ``nn.ModuleList``; ``encoder_norm`` and ``decoder_norm`` close them.
    ``head``, without bias, maps to the target vocabulary; its weight *is* that of ``target_embedding``, the same parameter.
    The name of the dropout is free: it learns nothing.

    >>> config = TransformerConfig(source_vocab_size=7, target_vocab_size=11, d_model=6, n_heads=2, d_ff=24)
    >>> Transformer(config)(torch.tensor([[4, 5, 6]]), torch.tensor([[1, 7]])).shape
    torch.Size([1, 2, 11])
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        sizes = config.d_model, config.n_heads, config.d_ff, config.dropout
        self.source_embedding = nn.Embedding(config.source_vocab_size, config.d_model)
        self.target_embedding = nn.Embedding(config.target_vocab_size, config.d_model)
        self.dropout = nn.Dropout(config.dropout)
        self.encoder_layers = nn.ModuleList(EncoderLayer(*sizes) for _ in range(config.n_layers))
        self.encoder_norm = LayerNorm(config.d_model)
        self.decoder_layers = nn.ModuleList(DecoderLayer(*sizes) for _ in range(config.n_layers))
        self.decoder_norm = LayerNorm(config.d_model)
        self.head = nn.Linear(config.d_model, config.target_vocab_size, bias=False)
        self.head.weight = self.target_embedding.weight
        for embedding in (self.source_embedding, self.target_embedding):
            nn.init.normal_(embedding.weight, std=config.d_model**-0.5)  # of length about 1

    def embed(self, ids: Int[Tensor, "batch n"], embedding: nn.Embedding) -> Float[Tensor, "batch n d_model"]:
        """The embeddings of ``ids`` times √d_model, the codes of the positions 0, 1, … added, and dropout on the sum.

        The result has the dtype of the embeddings and lies on their device; the codes are brought there.
        """
        scaled = embedding(ids) * math.sqrt(self.config.d_model)
        return self.dropout(scaled + sinusoidal_encoding(ids.shape[1], self.config.d_model).to(scaled))

    def encode(self, source: Int[Tensor, "batch m"], source_mask: Bool[Tensor, "batch m"]) -> State:
        """``(memory, source_mask, read)``: the encoder's output, the mask, and the target ids read so far: none yet.

        ``read`` has the shape (batch, 0) and the dtype of ``source``. Padding has no influence on the output at real
        positions. A mask that :func:`seq2gpt.recurrent.sequence_lengths` refuses is refused with its ``ValueError``.
        """
        sequence_lengths(source_mask)
        x = self.embed(source, self.source_embedding)
        for layer in self.encoder_layers:
            x = layer(x, source_mask[:, None, None])  # every head, every query
        return self.encoder_norm(x), source_mask, source[:, :0]

    def decode(self, ids: Int[Tensor, "batch n"], state: State) -> Decoded:
        """Logits for the id after each of ``ids``, and the state after the last of them.

        ``state`` comes from :meth:`encode` or from an earlier call. With every call the decoder reads all of ``read``
        once more, and ``ids`` behind it: what lesson 15 saves with a cache. The new state holds both as ``read``. Padding,
        id 0, among the target ids is never attended to. Reading in two calls gives what reading at once gives.
        """
        memory, source_mask, read = state
        read = torch.cat([read, ids], dim=1)
        mask = padding_mask(read)[:, None, None]
        x = self.embed(read, self.target_embedding)
        for layer in self.decoder_layers:
            x = layer(x, memory, mask, source_mask[:, None, None])
        logits = self.head(self.decoder_norm(x[:, -ids.shape[1] :]))
        return logits, (memory, source_mask, read)

    def forward(
        self, source: Int[Tensor, "batch m"], ids: Int[Tensor, "batch n"]
    ) -> Float[Tensor, "batch n vocab"]:
        """Logits for the target id after each of ``ids``, given the source; id 0 is padding in both."""
        logits, _ = self.decode(ids, self.encode(source, padding_mask(source)))
        return logits


def label_smoothed_loss(
    logits: Float[Tensor, "batch n vocab"],
    targets: Int[Tensor, "batch n"],
    smoothing: float = 0.1,
    pad_id: int = PAD,
) -> Float[Tensor, ""]:
    """Cross-entropy against targets that are a little unsure, in nats, as the mean over real targets.

    The target distribution gives 1 − ε to the right token and spreads ε = ``smoothing`` evenly over all K tokens
    of the vocabulary, the right one included: −Σ_k q_k ln p_k with q_k = (1 − ε) [k = target] + ε / K (Szegedy et
    al. 2016, section 7; Vaswani et al. 2017, section 5.4). Targets equal to ``pad_id`` do not count.

    The loss is finite for logits however far apart. A token with logit −∞ is ruled out: where it is not the
    target it adds nothing, and no gradient is nan; where it is the target, the loss is infinite.

    Raises ``ValueError``, whose message contains the number, unless 0 ≤ ``smoothing`` < 1, and when every target is
    padding: the message then names ``pad_id`` and its number.

    >>> logits = torch.tensor([[[9.0, 9.0, 9.0], [1.0, 2.0, 3.0]]])
    >>> f"{label_smoothed_loss(logits, torch.tensor([[2, 0]])):.3f} = ln 3"  # the second target is padding
    '1.099 = ln 3'
    """
    if not 0 <= smoothing < 1:
        raise ValueError(f"smoothing={smoothing} must be at least 0 and below 1")
    real = padding_mask(targets, pad_id)
    if not real.any():
        raise ValueError(f"every target is padding, pad_id={pad_id}; give at least one real target")
    log_p = logits[real].log_softmax(-1)  # targets vocab
    right = log_p.gather(-1, targets[real][:, None])[:, 0]
    even = log_p.masked_fill(log_p == -math.inf, 0.0).mean(-1)
    return -((1 - smoothing) * right + smoothing * even).mean()


def noam_learning_rate(step: int, d_model: int, n_warmup: int = 4000) -> float:
    """The learning rate of the original Transformer at ``step``, counted from 1.

    d_model^(−½) · min(step^(−½), step · n_warmup^(−3/2)) (Vaswani et al. 2017, equation 3): a straight line up to its
    peak at ``n_warmup``, then down with the inverse square root of the step.

    Raises ``ValueError``, whose message contains both numbers, when ``step`` or ``n_warmup`` is below 1.

    >>> [noam_learning_rate(step, d_model=4, n_warmup=16) for step in (8, 16, 64)]
    [0.0625, 0.125, 0.0625]
    """
    if step < 1 or n_warmup < 1:
        raise ValueError(f"step={step} and n_warmup={n_warmup} must be at least 1; steps count from 1")
    return d_model**-0.5 * min(step**-0.5, step * n_warmup**-1.5)


def image_to_patches(
    images: Float[Tensor, "batch channels height width"], patch_size: int
) -> Float[Tensor, "batch n d_patch"]:
    """Cut images into squares and write each as one vector: an image becomes a sequence.

    The n = (height / P) · (width / P) patches of P = ``patch_size`` rows and columns follow each other as lines of
    text do, and so do the pixels within a patch; the channels of one pixel stand side by side, so that
    d_patch = P · P · channels (Dosovitskiy et al. 2021, section 3.1).

    Raises ``ValueError``, whose message contains all three numbers, unless ``patch_size`` is positive and divides both.

    >>> image_to_patches(torch.arange(8.0).view(1, 1, 2, 4), patch_size=2).tolist()
    [[[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]]
    """
    height, width = images.shape[-2:]
    if patch_size < 1 or height % patch_size != 0 or width % patch_size != 0:
        raise ValueError(
            f"an image of {height} × {width} does not split into patches of patch_size={patch_size}; use a divisor"
        )
    rows = images.unflatten(3, (-1, patch_size)).unflatten(2, (-1, patch_size))  # b c down P across P
    return rows.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)


@runtime_checkable
class Tokenizer(Protocol):
    """Text to ids and back, as in lesson 01."""

    def encode(self, text: str) -> list[int]: ...

    def decode(self, ids: Sequence[int]) -> str: ...


def translate(
    model: EncoderDecoder,
    texts: Sequence[str],
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    max_new_tokens: int = 50,
    beam_width: int = 4,
    device: torch.device | None = None,
) -> list[str]:
    """Translations of ``texts`` by any :class:`seq2gpt.seq2seq.EncoderDecoder`, found by beam search.

    Each text is read by ``source_tokenizer``, searched for on its own by :func:`seq2gpt.seq2seq.beam_search` with
    ``beam_width`` and ``max_new_tokens`` and the length penalty of Vaswani et al. 2017, section 6.1, alpha = 0.6, and
    written by ``target_tokenizer``. The model does not read a text without tokens: its translation is that of no
    tokens. The ids are int64 and lie on ``device``, that of the model. Dropout stays as it is: call ``model.eval()``.

    >>> from seq2gpt.seq2seq import Seq2Seq
    >>> from seq2gpt.tokens import CharTokenizer
    >>> greek, latin = CharTokenizer("0123αβγ"), CharTokenizer("0123abg")  # ids 0 to 3 are special
    >>> one_letter = Seq2Seq(lambda ids, mask: (ids,), lambda ids, state: (torch.eye(7)[state[0]], (ids + 2,)))
    >>> translate(one_letter, ["γ"], greek, latin, max_new_tokens=1)
    ['g']
    """
    translations = []
    for text in texts:
        ids = torch.tensor(source_tokenizer.encode(text), dtype=torch.long, device=device)
        written = beam_search(model, ids, beam_width, max_new_tokens) if len(ids) else []
        translations.append(target_tokenizer.decode(written))
    return translations
