"""Recurrent networks: one state, updated word by word, carries all that was read.

Sequences are (..., n, width), a state is (..., d_hidden). Matrices act from the right, ``x @ w``, as in the
rest of the course; torch's cells store them transposed.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seq2gpt.embeddings import TokenEmbedding


def rnn_step(
    x: Float[Tensor, "... d_input"],
    h: Float[Tensor, "... d_hidden"],
    w_x: Float[Tensor, "d_input d_hidden"],
    w_h: Float[Tensor, "d_hidden d_hidden"],
    b: Float[Tensor, "d_hidden"],
) -> Float[Tensor, "... d_hidden"]:
    """The hidden state after one more input.

    h_t = tanh(x_t W_x + h_{t−1} W_h + b) (Elman 1990, with tanh; Pascanu et al. 2013, equation 2). ``x`` is x_t
    and ``h`` is h_{t−1}; their leading dimensions, such as the batch, agree. The result is that of
    ``torch.nn.RNNCell``, whose two biases add up to ``b``.

    >>> zero, one = torch.zeros(1), torch.ones(1, 1)
    >>> rnn_step(torch.tensor([0.5]), torch.tensor([-0.5]), w_x=one, w_h=one, b=zero).tolist()
    [0.0]
    """
    from_input, from_memory = x @ w_x, h @ w_h  # both ... d_hidden
    return torch.tanh(from_input + from_memory + b)


def rnn_unroll(
    x: Float[Tensor, "... n d_input"],
    h: Float[Tensor, "... d_hidden"],
    w_x: Float[Tensor, "d_input d_hidden"],
    w_h: Float[Tensor, "d_hidden d_hidden"],
    b: Float[Tensor, "d_hidden"],
) -> Float[Tensor, "... n d_hidden"]:
    """The hidden states after each of the ``n`` inputs of a sequence, read from first to last.

    ``h`` is the state before the first input, h_0; row t − 1 of the result is h_t, by :func:`rnn_step` with the
    same parameters at every position. ``h`` itself is not part of the result, which has the dtype of ``x``.
    Gradients flow back through all steps (back-propagation through time).

    >>> x, one = torch.zeros(3, 1), torch.ones(1, 1)
    >>> [[round(number, 2) for number in row] for row in rnn_unroll(x, torch.ones(1), one, one, -one[0]).tolist()]
    [[0.0], [-0.76], [-0.94]]
    """
    states = []
    for x_t in x.unbind(-2):
        h = rnn_step(x_t, h, w_x, w_h, b)
        states.append(h)
    return torch.stack(states, dim=-2)  # ... n d_hidden


def gradient_decay_factor(
    states: Float[Tensor, "n d_hidden"], w_h: Float[Tensor, "d_hidden d_hidden"]
) -> Float[Tensor, ""]:
    """By what factor a gradient is scaled at most on its way from the last state back to the first.

    ``states`` are the states h_1 … h_n of an RNN as :func:`rnn_unroll` returns them. The factor is the spectral
    norm (the largest singular value) of ∂h_n / ∂h_1, which is a product of n − 1 matrices of partial
    derivatives, one for each step of :func:`rnn_step`; the step to h_2 stands leftmost (Pascanu et al. 2013,
    equations 5 and 6). The derivative of tanh(z) is 1 − tanh²(z). Below 1 gradients vanish, above 1 they can explode; for n = 1 the factor is 1.

    >>> gradient_decay_factor(torch.zeros(4, 1), w_h=torch.tensor([[0.5]])).item()  # three steps
    0.125
    """
    product = torch.eye(w_h.shape[0]).to(w_h)
    for h in states[1:]:
        product = product @ (w_h * (1 - h.square()))
    return torch.linalg.matrix_norm(product, ord=2)


def lstm_step(
    x: Float[Tensor, "... d_input"],
    h: Float[Tensor, "... d_hidden"],
    c: Float[Tensor, "... d_hidden"],
    w_x: Float[Tensor, "d_input 4*d_hidden"],
    w_h: Float[Tensor, "d_hidden 4*d_hidden"],
    b: Float[Tensor, "4*d_hidden"],
) -> tuple[Float[Tensor, "... d_hidden"], Float[Tensor, "... d_hidden"]]:
    """Hidden state and cell of an LSTM after one more input.

    With four sums i, f, g, o of width d_hidden,

        (i, f, g, o) = x_t W_x + h_{t−1} W_h + b      cut in this order into four parts
        c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(g)
        h_t = σ(o) ⊙ tanh(c_t)

    (Hochreiter & Schmidhuber 1997; the forget gate is from Gers et al. 2000). σ is the logistic function; the
    input gate is σ(i), the forget gate σ(f), the output gate σ(o), and tanh(g) is the candidate. The result is
    that of ``torch.nn.LSTMCell``, whose two biases add up to ``b``.

    Returns ``(h, c)``; ``c`` is a new tensor, the one passed in keeps its values.

    >>> x, w, b = torch.zeros(1), torch.zeros(1, 4), torch.tensor([-99.0, 99.0, 0.0, 99.0])
    >>> h, c = lstm_step(x, torch.zeros(1), torch.tensor([0.5]), w, w, b)  # forget nothing, write nothing
    >>> c.tolist(), round(h.item(), 2)
    ([0.5], 0.46)
    """
    i, f, g, o = (x @ w_x + h @ w_h + b).chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_step(
    x: Float[Tensor, "... d_input"],
    h: Float[Tensor, "... d_hidden"],
    w_x: Float[Tensor, "d_input 3*d_hidden"],
    w_h: Float[Tensor, "d_hidden 3*d_hidden"],
    b_x: Float[Tensor, "3*d_hidden"],
    b_h: Float[Tensor, "3*d_hidden"],
) -> Float[Tensor, "... d_hidden"]:
    """The hidden state of a GRU after one more input.

    With the reset gate r, the update gate z and the candidate n (here the letters are the gates themselves, and the
    sums have an index),

        (r_x, z_x, n_x) = x_t W_x + b_x        (r_h, z_h, n_h) = h_{t−1} W_h + b_h
        r = σ(r_x + r_h)       z = σ(z_x + z_h)       n = tanh(n_x + r ⊙ n_h)
        h_t = z ⊙ h_{t−1} + (1 − z) ⊙ n

    (Cho et al. 2014, equations 5 to 8, with the reset gate behind the matrix, as in cuDNN). σ is the logistic
    function. The result is that of ``torch.nn.GRUCell``.

    >>> x, h, w = torch.zeros(1), torch.tensor([0.5]), torch.zeros(1, 3)
    >>> gru_step(x, h, w, w, b_x=torch.tensor([0.0, 99.0, 0.0]), b_h=torch.zeros(3)).tolist()  # z = 1: keep
    [0.5]
    """
    r_x, z_x, n_x = (x @ w_x + b_x).chunk(3, dim=-1)
    r_h, z_h, n_h = (h @ w_h + b_h).chunk(3, dim=-1)
    r, z = (r_x + r_h).sigmoid(), (z_x + z_h).sigmoid()
    candidate = (n_x + r * n_h).tanh()
    return z * h + (1 - z) * candidate


def sequence_lengths(mask: Bool[Tensor, "batch n"]) -> Int[Tensor, "batch"]:
    """How many real positions each sequence of a padded batch has; ``True`` means real.

    Raises ``ValueError`` for a sequence of padding alone, and for padding that does not stand at the end.

    >>> sequence_lengths(torch.tensor([[True, True, True], [True, False, False]])).tolist()
    [3, 1]
    """
    lengths = mask.sum(-1)
    if not (lengths > 0).all():
        row = (lengths == 0).nonzero()[0].item()
        raise ValueError(f"sequence {row} of the batch holds only padding; leave it out")
    if (mask[:, 1:] & ~mask[:, :-1]).any():
        raise ValueError("padding stands before a real position; pad at the end of each sequence")
    return lengths


class BidirectionalRNN(nn.Module):
    """Two GRUs read a sequence, one from each end: every state knows its whole surroundings.

    ``forwards`` and ``backwards`` are ``nn.GRU(d_input, d_hidden, batch_first=True)``, the fused form of
    :func:`gru_step`. At each position the state of the first is followed by that of the second (Schuster &
    Paliwal 1997; Bahdanau et al. 2015, section 3.2): 2 · d_hidden features. Both start from the state 0.

    >>> BidirectionalRNN(d_input=3, d_hidden=5)(torch.zeros(2, 7, 3), torch.ones(2, 7).bool()).shape
    torch.Size([2, 7, 10])
    """

    def __init__(self, d_input: int, d_hidden: int) -> None:
        super().__init__()
        self.forwards = nn.GRU(d_input, d_hidden, batch_first=True)
        self.backwards = nn.GRU(d_input, d_hidden, batch_first=True)

    def forward(
        self, x: Float[Tensor, "batch n d_input"], mask: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch n d_states"]:
        """The states of all positions; ``mask`` is ``True`` where ``x`` is real.

        The second GRU starts at the last *real* position of each sequence. Padding has no influence on the
        states of real positions, and the states of padded positions are 0.

        Raises ``ValueError`` for a sequence of padding alone, and for padding that does not stand at the
        end (:func:`sequence_lengths`).
        """
        last = sequence_lengths(mask)[:, None] - 1
        positions = torch.arange(x.shape[1], device=x.device)
        mirror = (last - positions).where(mask, positions)[..., None]  # real positions change places
        from_left, _ = self.forwards(x)
        from_right, _ = self.backwards(x.take_along_dim(mirror, dim=1))
        states = torch.cat([from_left, from_right.take_along_dim(mirror, dim=1)], dim=-1)
        return states * mask[..., None]


class RecurrentLanguageModel(nn.Module):
    """A model of the next token whose memory is the state of a recurrent network.

    ``rnn`` is an ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM`` with ``batch_first=True``; the embeddings have its input
    width. What a token was read with is kept in a state of fixed size, however long the text.

    >>> model = RecurrentLanguageModel(11, nn.GRU(3, 5, batch_first=True))
    >>> logits, state = model(torch.tensor([[7, 1]]))
    >>> logits.shape, state.shape
    (torch.Size([1, 2, 11]), torch.Size([1, 1, 5]))
    """

    def __init__(self, vocab_size: int, rnn: nn.RNNBase) -> None:
        super().__init__()
        if not rnn.batch_first or rnn.bidirectional:
            raise ValueError(
                "a language model reads from left to right; use batch_first=True, not bidirectional"
            )
        self.embedding = TokenEmbedding(vocab_size, rnn.input_size)
        self.rnn = rnn
        self.head = nn.Linear(rnn.hidden_size, vocab_size)

    def forward(
        self, ids: Int[Tensor, "batch n"], state: Tensor | tuple[Tensor, Tensor] | None = None
    ) -> tuple[Float[Tensor, "batch n vocab_size"], Tensor | tuple[Tensor, Tensor]]:
        """Logits for the token after each position, and the state after the last one.

        ``state`` is what an earlier call returned, to read on where that one ended; ``None`` starts anew.
        """
        states, state = self.rnn(self.embedding(ids), state)
        return self.head(states), state
