import math

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import oracles
from seq2gpt.recurrent import (
    BidirectionalRNN,
    RecurrentLanguageModel,
    gradient_decay_factor,
    gru_step,
    lstm_step,
    rnn_step,
    rnn_unroll,
    sequence_lengths,
)


def normal(*shape: int, grad: bool = False) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=grad)


def mask_of(lengths: list[int], n: int) -> Tensor:
    return torch.arange(n) < torch.tensor(lengths)[:, None]


def weights_of(cell: nn.RNNCellBase) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """W_x, W_h and both biases, transposed to act from the right."""
    return cell.weight_ih.T, cell.weight_hh.T, cell.bias_ih, cell.bias_hh


def cell_of(kind: type, d_input: int = 3, d_hidden: int = 5) -> nn.RNNCellBase:
    cell = kind(d_input, d_hidden).double()
    for parameter in cell.parameters():
        nn.init.normal_(parameter)
    return cell


# rnn_step


def test_rnn_step_agrees_with_the_formula_number_by_number() -> None:
    x, h, w_x, w_h, b = normal(3), normal(5), normal(3, 5), normal(5, 5), normal(5)
    from_x, from_h = oracles.matmul(x[None], w_x)[0], oracles.matmul(h[None], w_h)[0]
    expected = [math.tanh(p + q + s) for p, q, s in zip(from_x, from_h, b.tolist(), strict=True)]
    torch.testing.assert_close(rnn_step(x, h, w_x, w_h, b), torch.tensor(expected).double())


@pytest.mark.parametrize("leading", [(), (2,), (2, 7)])
def test_rnn_step_agrees_with_torch(leading: tuple[int, ...]) -> None:
    cell, x, h = cell_of(nn.RNNCell), normal(*leading, 3), normal(*leading, 5)
    w_x, w_h, b_x, b_h = weights_of(cell)
    result = rnn_step(x, h, w_x, w_h, b_x + b_h)
    torch.testing.assert_close(result.view(-1, 5), cell(x.view(-1, 3), h.view(-1, 5)))


# rnn_unroll


@pytest.mark.parametrize("leading", [(), (2,), (2, 11)])
def test_rnn_unroll_agrees_with_torchs_fused_rnn(leading: tuple[int, ...]) -> None:
    rnn, x, h = nn.RNN(3, 5, batch_first=True).double(), normal(*leading, 7, 3), normal(*leading, 5)
    b = rnn.bias_ih_l0 + rnn.bias_hh_l0
    result = rnn_unroll(x, h, rnn.weight_ih_l0.T, rnn.weight_hh_l0.T, b)
    expected, _ = rnn(x.view(-1, 7, 3), h.view(1, -1, 5))
    assert result.shape == (*leading, 7, 5)
    torch.testing.assert_close(result.view(-1, 7, 5), expected)


def test_a_state_depends_on_its_own_and_earlier_inputs_and_on_the_first_state() -> None:
    h, w_x, w_h, b = normal(5, grad=True), normal(3, 5), normal(5, 5), normal(5)
    assert oracles.influences(lambda x: rnn_unroll(x, h, w_x, w_h, b), normal(7, 3)) == oracles.causal(7)
    for state in rnn_unroll(normal(7, 3), h, w_x, w_h, b):
        (gradient,) = torch.autograd.grad(state.sum(), h, retain_graph=True)
        assert (gradient != 0).any()


def test_rnn_unroll_gradient() -> None:
    inputs = [normal(*shape, grad=True) for shape in ((2, 5, 3), (2, 7), (3, 7), (7, 7), (7,))]
    assert gradcheck(rnn_unroll, inputs)


# gradient_decay_factor


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_factor_is_the_norm_of_the_jacobian_that_autograd_finds(n: int) -> None:
    x, w_x, w_h, b = normal(n, 3), normal(3, 5), normal(5, 5), normal(5)
    states = rnn_unroll(x, normal(5), w_x, w_h, b)

    def last(first: Tensor) -> Tensor:
        return rnn_unroll(x[1:], first, w_x, w_h, b)[-1] if n > 1 else first

    jacobian = torch.autograd.functional.jacobian(last, states[0])
    expected = torch.linalg.svdvals(jacobian)[0]
    torch.testing.assert_close(gradient_decay_factor(states, w_h), expected)


def test_gradients_vanish_and_explode_with_the_largest_singular_value() -> None:
    rotation = torch.linalg.qr(normal(5, 5)).Q
    silent = torch.zeros(31, 5).double()  # tanh is steepest at 0: its derivative is 1
    for scale in (0.5, 1.0, 1.5):
        factor = gradient_decay_factor(silent, scale * rotation)
        assert factor.item() == pytest.approx(scale**30)


def test_saturated_states_let_no_gradient_through() -> None:
    assert gradient_decay_factor(torch.tensor([[0.0], [1.0]]), torch.tensor([[9.0]])).item() == 0.0


# lstm_step


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def test_lstm_step_agrees_with_the_formula_number_by_number() -> None:
    x, h, c, w_x, w_h, b = normal(3), normal(5), normal(5), normal(3, 20), normal(5, 20), normal(20)
    rows = zip(oracles.matmul(x[None], w_x)[0], oracles.matmul(h[None], w_h)[0], b.tolist(), strict=True)
    z = [p + q + r for p, q, r in rows]
    new_h, new_c = [], []
    for unit in range(5):
        i, f, g, o = (z[part * 5 + unit] for part in range(4))
        new_c.append(sigmoid(f) * c[unit].item() + sigmoid(i) * math.tanh(g))
        new_h.append(sigmoid(o) * math.tanh(new_c[-1]))
    result = lstm_step(x, h, c, w_x, w_h, b)
    torch.testing.assert_close(result, (oracles.tensor([new_h])[0], oracles.tensor([new_c])[0]))


def test_lstm_step_agrees_with_torch() -> None:
    cell, x, h, c = cell_of(nn.LSTMCell), normal(2, 3), normal(2, 5), normal(2, 5)
    w_x, w_h, b_x, b_h = weights_of(cell)
    torch.testing.assert_close(lstm_step(x, h, c, w_x, w_h, b_x + b_h), cell(x, (h, c)))


def test_lstm_steps_in_a_row_are_torchs_fused_lstm() -> None:
    lstm, x = nn.LSTM(3, 5, batch_first=True).double(), normal(2, 7, 3)
    h = c = torch.zeros(2, 5).double()
    states = []
    for x_t in x.unbind(1):
        b = lstm.bias_ih_l0 + lstm.bias_hh_l0
        h, c = lstm_step(x_t, h, c, lstm.weight_ih_l0.T, lstm.weight_hh_l0.T, b)
        states.append(h)
    expected, (_, last) = lstm(x)
    torch.testing.assert_close(torch.stack(states, dim=1), expected)
    torch.testing.assert_close(c, last[0])


def test_lstm_step_gradient() -> None:
    inputs = [normal(*shape, grad=True) for shape in ((2, 3), (2, 5), (2, 5), (3, 20), (5, 20), (20,))]
    assert gradcheck(lstm_step, inputs)


# gru_step


def test_gru_step_agrees_with_the_formula_number_by_number() -> None:
    x, h = normal(3), normal(5)
    w_x, w_h, b_x, b_h = normal(3, 15), normal(5, 15), normal(15), normal(15)
    from_x = [p + q for p, q in zip(oracles.matmul(x[None], w_x)[0], b_x.tolist(), strict=True)]
    from_h = [p + q for p, q in zip(oracles.matmul(h[None], w_h)[0], b_h.tolist(), strict=True)]
    expected = []
    for unit in range(5):
        r = sigmoid(from_x[unit] + from_h[unit])
        z = sigmoid(from_x[5 + unit] + from_h[5 + unit])
        n = math.tanh(from_x[10 + unit] + r * from_h[10 + unit])
        expected.append(z * h[unit].item() + (1 - z) * n)
    torch.testing.assert_close(gru_step(x, h, w_x, w_h, b_x, b_h), oracles.tensor([expected])[0])


def test_gru_step_agrees_with_torch() -> None:
    cell, x, h = cell_of(nn.GRUCell), normal(2, 3), normal(2, 5)
    torch.testing.assert_close(gru_step(x, h, *weights_of(cell)), cell(x, h))


def test_gru_step_gradient() -> None:
    inputs = [normal(*shape, grad=True) for shape in ((2, 3), (2, 5), (3, 15), (5, 15), (15,), (15,))]
    assert gradcheck(gru_step, inputs)


# sequence_lengths


def test_lengths_are_those_of_the_real_parts() -> None:
    assert sequence_lengths(mask_of([3, 1, 5], 5)).tolist() == [3, 1, 5]


def test_padding_alone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^sequence 1 of the batch holds only padding; leave it out$"):
        sequence_lengths(mask_of([3, 0, 0], 5))


@pytest.mark.parametrize("row", [[False, True, True], [True, False, True]])
def test_padding_before_a_real_position_is_refused(row: list[bool]) -> None:
    wording = r"^padding stands before a real position; pad at the end of each sequence$"
    with pytest.raises(ValueError, match=wording):
        sequence_lengths(torch.tensor([[True, True, True], row]))


# BidirectionalRNN


def loop(gru: nn.GRU, x: Tensor) -> Tensor:
    """The explained path: one sequence, one :func:`gru_step` after the other."""
    h, states = torch.zeros(gru.hidden_size).to(x), []
    for x_t in x:
        h = gru_step(x_t, h, gru.weight_ih_l0.T, gru.weight_hh_l0.T, gru.bias_ih_l0, gru.bias_hh_l0)
        states.append(h)
    return torch.stack(states)


LENGTHS = [7, 2, 1, 5]


def test_both_directions_agree_with_the_explained_path() -> None:
    layer, x = BidirectionalRNN(3, 5).double(), normal(4, 7, 3)
    result = layer(x, mask_of(LENGTHS, 7))
    for row, length, states in zip(x, LENGTHS, result, strict=True):
        real = row[:length]
        expected = torch.cat(
            [loop(layer.forwards, real), loop(layer.backwards, real.flip(0)).flip(0)], dim=-1
        )
        torch.testing.assert_close(states[:length], expected)
        assert (states[length:] == 0).all()


def test_both_directions_agree_with_torch_on_packed_sequences() -> None:
    layer, x = BidirectionalRNN(3, 5).double(), normal(4, 7, 3)
    theirs = nn.GRU(3, 5, batch_first=True, bidirectional=True).double()
    weights = {**layer.forwards.state_dict()}
    weights |= {f"{name}_reverse": weight for name, weight in layer.backwards.state_dict().items()}
    theirs.load_state_dict(weights)
    packed = pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(theirs(packed)[0], batch_first=True)
    torch.testing.assert_close(layer(x, mask_of(LENGTHS, 7)), expected)


def test_padding_changes_nothing_and_receives_no_gradient() -> None:
    layer, x = BidirectionalRNN(3, 5).double(), normal(2, 7, 3, grad=True)
    mask = mask_of([4, 2], 7)
    states = layer(x, mask)
    (gradient,) = torch.autograd.grad((states * normal(*states.shape)).sum(), x)
    assert torch.equal((gradient != 0).any(-1), mask)
    shorter = layer(x[:, :4], mask[:, :4])
    torch.testing.assert_close(states[:, :4], shorter)


def test_every_state_sees_the_whole_sequence() -> None:
    layer, mask = BidirectionalRNN(3, 5).double(), mask_of([5], 5)
    assert oracles.influences(lambda x: layer(x[None], mask)[0], normal(5, 3)) == [[True] * 5] * 5
    left = oracles.influences(lambda x: layer(x[None], mask)[0, :, :5], normal(5, 3))
    right = oracles.influences(lambda x: layer(x[None], mask)[0, :, 5:], normal(5, 3))
    assert left == oracles.causal(5)
    assert right == [row[::-1] for row in oracles.causal(5)[::-1]]


def test_bidirectional_gradient() -> None:
    layer, mask = BidirectionalRNN(2, 3).double(), mask_of([5, 2], 5)
    assert gradcheck(lambda x: layer(x, mask), [normal(2, 5, 2, grad=True)])


# RecurrentLanguageModel


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_reading_in_pieces_gives_what_reading_at_once_gives(kind: type) -> None:
    model, ids = RecurrentLanguageModel(11, kind(3, 5, batch_first=True)).double(), torch.randint(11, (2, 7))
    expected, last = model(ids)
    first, state = model(ids[:, :4])
    second, state = model(ids[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), expected)
    torch.testing.assert_close(state, last)


def test_logits_follow_from_embedding_rnn_and_head() -> None:
    model, ids = (
        RecurrentLanguageModel(11, nn.GRU(3, 5, batch_first=True)).double(),
        torch.randint(11, (2, 7)),
    )
    for row, logits in zip(ids, model(ids)[0], strict=True):
        states = loop(model.rnn, model.embedding.weight[row])
        torch.testing.assert_close(logits, states @ model.head.weight.T + model.head.bias)


@pytest.mark.parametrize("wrong", [nn.GRU(3, 5), nn.GRU(3, 5, batch_first=True, bidirectional=True)])
def test_a_network_that_would_see_the_future_is_refused(wrong: nn.GRU) -> None:
    with pytest.raises(ValueError, match=r"^a language model reads from left to right; use batch_first=True"):
        RecurrentLanguageModel(11, wrong)
