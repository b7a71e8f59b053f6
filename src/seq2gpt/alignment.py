"""Alignment: for every word that it writes, the decoder looks at the source again.

For output position i the scores e_ij say how well source position j fits, the weights α_ij share out the
attention, and the context c_i is what the decoder then sees of the source. Bahdanau et al. (2014, published
at ICLR 2015) brought this to recurrent translation, Luong et al. (2015) simplified it, and Vaswani et al.
(2017) built the Transformer on it alone.
"""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2gpt.embeddings import TokenEmbedding
from seq2gpt.recurrent import BidirectionalRNN
from seq2gpt.seq2seq import Decoded, State


def additive_score(
    query: Float[Tensor, "... n d_query"],
    key: Float[Tensor, "... m d_key"],
    w_query: Float[Tensor, "d_query d_align"],
    w_key: Float[Tensor, "d_key d_align"],
    v: Float[Tensor, "d_align"],
) -> Float[Tensor, "... n m"]:
    """How well every query fits every key, by a small network.

    e_ij = v · tanh(q_i W_query + k_j W_key) (Bahdanau et al. 2015, appendix A.1.2), one score for every pair: row
    i belongs to query i, column j to key j. Queries and keys may differ in width; leading dimensions such as the
    batch agree and are kept.

    >>> query, key, one = torch.tensor([[1.0], [-2.0]]), torch.tensor([[2.0], [-1.0]]), torch.ones(1, 1)
    >>> [[round(e, 2) for e in row] for row in additive_score(query, key, one, one, torch.ones(1)).tolist()]
    [[1.0, 0.0], [0.0, -1.0]]
    """
    hidden = (query @ w_query)[..., :, None, :] + (key @ w_key)[..., None, :, :]  # ... n m d_align
    return torch.tanh(hidden) @ v


def dot_score(
    query: Float[Tensor, "... n d_model"], key: Float[Tensor, "... m d_model"]
) -> Float[Tensor, "... n m"]:
    """How well every query fits every key, by their dot product.

    e_ij = q_i · k_j (Luong et al. 2015, section 3.1, "dot"). Nothing is learned here and nothing is scaled; leading
    dimensions such as the batch agree and are kept.

    >>> dot_score(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [2.0, -1.0]])).tolist()
    [[11.0, 0.0]]
    """
    columns = key.transpose(-2, -1)  # ... d_model m
    return query @ columns


def general_score(
    query: Float[Tensor, "... n d_query"],
    key: Float[Tensor, "... m d_key"],
    w: Float[Tensor, "d_query d_key"],
) -> Float[Tensor, "... n m"]:
    """How well every query fits every key, by a learned bilinear form.

    e_ij = q_i W k_jᵀ (Luong et al. 2015, section 3.1, "general"). With the identity for W it is
    :func:`dot_score`; queries and keys may differ in width.

    >>> w = torch.tensor([[0.0, 5.0]])
    >>> general_score(torch.tensor([[2.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]), w).tolist()
    [[0.0, 10.0]]
    """
    asked = query @ w  # ... n d_key
    return dot_score(asked, key)


def alignment_weights(
    scores: Float[Tensor, "... n m"], source_mask: Bool[Tensor, "... m"]
) -> Float[Tensor, "... n m"]:
    """The share of attention that each output position gives to each source position.

    α_ij = exp(e_ij) / Σ_k exp(e_ik), where k runs over the *real* source positions (Bahdanau et al. 2015,
    equation 6). ``source_mask`` is ``True`` where the source is real; padding gets weight exactly 0. Large scores
    do not overflow. Where nothing is real all weights are 0, and no gradient is nan.

    >>> scores = torch.tensor([[1000.0, 1000.0, 2000.0]])
    >>> alignment_weights(scores, torch.tensor([True, True, False])).tolist()
    [[0.5, 0.5, 0.0]]
    """
    padding = ~source_mask[..., None, :]
    weights = scores.masked_fill(padding, torch.finfo(scores.dtype).min).softmax(-1)
    return weights.masked_fill(padding, 0.0)


def context_vector(
    weights: Float[Tensor, "... n m"], states: Float[Tensor, "... m d_states"]
) -> Float[Tensor, "... n d_states"]:
    """What each output position sees of the source: the encoder's states, mixed by the weights.

    c_i = Σ_j α_ij h_j (Bahdanau et al. 2015, equation 5). Leading dimensions such as the batch agree and are kept;
    the states may have any width.

    >>> context_vector(torch.tensor([[0.25, 0.75]]), torch.tensor([[0.0, 4.0], [8.0, 4.0]])).tolist()
    [[6.0, 4.0]]
    """
    sum_over_source = "...nm,...md->...nd"
    return torch.einsum(sum_over_source, weights, states)


class BidirectionalEncoder(nn.Module):
    """Reads the source from both ends and keeps the states of all positions, ``d_model`` features each.

    >>> encoder = BidirectionalEncoder(11, d_model=6)
    >>> hidden, states, mask = encoder(torch.tensor([[7, 1]]), torch.tensor([[True, True]]))
    >>> hidden.shape, states.shape
    (torch.Size([1, 6]), torch.Size([1, 2, 6]))
    """

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__()
        if d_model % 2 != 0:
            raise ValueError(f"d_model={d_model} does not split into two directions; use an even number")
        self.embedding = TokenEmbedding(vocab_size, d_model)
        self.rnn = BidirectionalRNN(d_model, d_model // 2)
        self.bridge = nn.Linear(d_model // 2, d_model)

    def forward(self, source: Int[Tensor, "batch m"], source_mask: Bool[Tensor, "batch m"]) -> State:
        """``(hidden, states, source_mask)``: the decoder's first state, and all that it can look at.

        The first state comes from the backward state at the first word, tanh(W h_1) (Bahdanau et al. 2015,
        appendix A.2.2): it has read the whole source.
        """
        states = self.rnn(self.embedding(source), source_mask)
        _, backward = states[:, 0].chunk(2, dim=-1)
        return torch.tanh(self.bridge(backward)), states, source_mask


class AttentionDecoder(nn.Module):
    """A recurrent decoder that looks at the source before it writes each word.

    A GRU reads the target, as in :class:`seq2gpt.seq2seq.Seq2SeqDecoder`. Its state s_i after word i of the
    *input*, ``<bos>`` first, asks: with s_i as query and the encoder's states as keys,
    :func:`additive_score`, :func:`alignment_weights` and :func:`context_vector` give the context c_i, and the logits
    for the next word are

        head(tanh(combine([s_i ; c_i])))

    (Luong et al. 2015, section 3, equation 5). In Bahdanau et al. 2015 the state *before* word i asks and c_i feeds
    the recurrence; here all positions can look at once. ``embedding``, ``rnn`` and ``head`` are as in
    ``Seq2SeqDecoder``; ``w_query`` and ``w_key`` are parameters of shape (d_model, d_model) and ``v`` of
    (d_model,). Start these three from small random numbers, ``torch.randn(...) / d_model**0.5``: from zeros nothing
    is learned, for no gradient reaches them. ``combine`` is ``nn.Linear(2 * d_model, d_model)``. The encoder's
    states have width ``d_model``.

    >>> decoder = AttentionDecoder(11, d_model=3)
    >>> start = torch.zeros(1, 3), torch.zeros(1, 5, 3), torch.ones(1, 5).bool()
    >>> decoder(torch.tensor([[1, 7]]), start)[0].shape, decoder.align(torch.tensor([[1, 7]]), start).shape
    (torch.Size([1, 2, 11]), torch.Size([1, 2, 5]))
    """

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.rnn = nn.GRU(d_model, d_model, batch_first=True)
        self.w_query = nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model))
        self.w_key = nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model))
        self.v = nn.Parameter(torch.randn(d_model) / math.sqrt(d_model))
        self.combine = nn.Linear(2 * d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def look(self, query: Float[Tensor, "batch n d_model"], state: State) -> Float[Tensor, "batch n m"]:
        """The weights that the states ``query`` give to the source positions of ``state``."""
        _, states, source_mask = state
        scores = additive_score(query, states, self.w_query, self.w_key, self.v)
        return alignment_weights(scores, source_mask)

    def forward(self, ids: Int[Tensor, "batch n"], state: State) -> Decoded:
        """Logits for the id after each of ``ids``, and the state after the last of them.

        ``state`` is ``(hidden, states, source_mask)`` from :class:`BidirectionalEncoder`, or from an earlier call:
        only the first of the three changes.
        """
        hidden, states, source_mask = state
        queries, last = self.rnn(self.embedding(ids), hidden[None].contiguous())
        contexts = context_vector(self.look(queries, state), states)
        combined = torch.tanh(self.combine(torch.cat([queries, contexts], dim=-1)))
        return self.head(combined), (last[0], states, source_mask)

    def align(self, ids: Int[Tensor, "batch n"], state: State) -> Float[Tensor, "batch n m"]:
        """The alignment: row i holds the weights over the source when the word after ``ids[i]`` is written."""
        queries, _ = self.rnn(self.embedding(ids), state[0][None].contiguous())
        return self.look(queries, state)
