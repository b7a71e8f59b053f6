import math

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck

import oracles
from seq2gpt.alignment import (
    AttentionDecoder,
    BidirectionalEncoder,
    additive_score,
    alignment_weights,
    context_vector,
    dot_score,
    general_score,
)
from seq2gpt.recurrent import gru_step
from seq2gpt.seq2seq import Seq2Seq, greedy_decode, pad_batch, padding_mask, teacher_forced_loss


def normal(*shape: int, grad: bool = False) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=grad)


def drawn(module: nn.Module) -> nn.Module:
    for parameter in module.double().parameters():
        nn.init.normal_(parameter)
    return module


# scores


def test_additive_score_agrees_with_the_paper() -> None:
    query, key, w_query, w_key, v = normal(5, 3), normal(7, 2), normal(3, 11), normal(2, 11), normal(11)
    q, k = oracles.matmul(query, w_query), oracles.matmul(key, w_key)
    expected = [
        [sum(v[a].item() * math.tanh(q[i][a] + k[j][a]) for a in range(11)) for j in range(7)]
        for i in range(5)
    ]
    torch.testing.assert_close(additive_score(query, key, w_query, w_key, v), oracles.tensor(expected))


def test_dot_score_agrees_with_the_paper() -> None:
    query, key = normal(5, 3), normal(7, 3)
    torch.testing.assert_close(dot_score(query, key), oracles.tensor(oracles.matmul(query, key.T)))


def test_general_score_agrees_with_the_paper() -> None:
    query, key, w = normal(5, 3), normal(7, 2), normal(3, 2)
    expected = oracles.matmul(oracles.matmul(query, w), key.T)
    torch.testing.assert_close(general_score(query, key, w), oracles.tensor(expected))
    torch.testing.assert_close(general_score(query, query, torch.eye(3).double()), dot_score(query, query))


@pytest.mark.parametrize("leading", [(2,), (2, 13)])
def test_scores_treat_every_sequence_of_a_batch_as_if_it_were_alone(leading: tuple[int, ...]) -> None:
    query, key = normal(*leading, 5, 3), normal(*leading, 7, 3)
    w, w_query, w_key, v = normal(3, 3), normal(3, 11), normal(3, 11), normal(11)
    last = (-1,) * len(leading)
    for score in (
        dot_score,
        lambda q, k: general_score(q, k, w),
        lambda q, k: additive_score(q, k, w_query, w_key, v),
    ):
        scores = score(query, key)
        assert scores.shape == (*leading, 5, 7)
        torch.testing.assert_close(scores[last], score(query[last], key[last]))


def test_gradients_of_the_scores() -> None:
    shapes = (3, 2), (5, 7), (2, 11), (7, 11), (11,)
    assert gradcheck(additive_score, [normal(*shape, grad=True) for shape in shapes])
    assert gradcheck(general_score, [normal(*shape, grad=True) for shape in ((3, 2), (5, 7), (2, 7))])
    assert gradcheck(dot_score, [normal(3, 2, grad=True), normal(5, 2, grad=True)])


# alignment_weights and context_vector


def test_weights_share_out_the_attention_among_real_positions() -> None:
    scores, mask = 3 * normal(2, 5, 7), torch.arange(7) < torch.tensor([[7], [3]])
    weights = alignment_weights(scores, mask)
    for b, i in ((b, i) for b in range(2) for i in range(5)):
        masked = [
            e if real else -math.inf for e, real in zip(scores[b, i].tolist(), mask[b].tolist(), strict=True)
        ]
        torch.testing.assert_close(weights[b, i], oracles.tensor([oracles.softmax(masked)])[0])
    assert (weights[1, :, 3:] == 0).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_large_scores_do_not_overflow_and_padding_wins_nothing(dtype: torch.dtype) -> None:
    scores = torch.tensor([[60000.0, 60000.0, 65000.0], [-60000.0, -60000.0, 0.0]]).to(dtype)
    weights = alignment_weights(scores, torch.tensor([True, True, False]))
    assert weights.dtype == dtype
    assert weights.tolist() == [[0.5, 0.5, 0.0]] * 2


def test_where_nothing_is_real_weights_are_0_and_gradients_finite() -> None:
    scores, mask = normal(2, 3, 5, grad=True), torch.tensor([[False] * 5, [True] * 5])
    weights = alignment_weights(scores, mask)
    assert (weights[0] == 0).all()
    (gradient,) = torch.autograd.grad((weights * normal(2, 3, 5)).sum(), scores)
    assert (gradient[0] == 0).all()
    assert (gradient[1] != 0).all()


def test_weights_gradient() -> None:
    mask = torch.tensor([[True, True, False], [False, False, False]])
    assert gradcheck(lambda scores: alignment_weights(scores, mask), normal(2, 5, 3, grad=True))


def test_the_context_is_the_weighted_sum() -> None:
    weights, states = normal(2, 5, 7), normal(2, 7, 3)
    for b in range(2):
        expected = oracles.tensor(oracles.matmul(weights[b], states[b]))
        torch.testing.assert_close(context_vector(weights, states)[b], expected)


# BidirectionalEncoder


def test_the_first_state_comes_from_the_backward_state_at_the_first_word() -> None:
    encoder, source = drawn(BidirectionalEncoder(11, d_model=6)), pad_batch([[4, 5, 6, 7], [8, 9]])
    hidden, states, mask = encoder(source, padding_mask(source))
    torch.testing.assert_close(states, encoder.rnn(encoder.embedding(source), padding_mask(source)))
    assert torch.equal(mask, padding_mask(source))
    for row in range(2):
        backward = states[row, 0, 3:]
        torch.testing.assert_close(hidden[row], torch.tanh(encoder.bridge(backward)))


def test_an_odd_width_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^d_model=7 does not split into two directions; use an even number$"
    ):
        BidirectionalEncoder(11, d_model=7)


# AttentionDecoder


def step_by_step(
    decoder: AttentionDecoder, ids: list[int], h: Tensor, states: Tensor
) -> tuple[Tensor, Tensor]:
    """Luong et al. 2015, section 3, one word at a time for one sequence without padding."""
    logits, alignment = [], []
    for token in ids:
        x = decoder.embedding.weight[token]
        rnn = decoder.rnn
        h = gru_step(x, h, rnn.weight_ih_l0.T, rnn.weight_hh_l0.T, rnn.bias_ih_l0, rnn.bias_hh_l0)
        scores = [decoder.v @ torch.tanh(h @ decoder.w_query + s @ decoder.w_key) for s in states]
        weights = torch.softmax(torch.stack(scores), 0)
        context = sum(weight * state for weight, state in zip(weights, states, strict=True))
        combined = torch.tanh(decoder.combine.weight @ torch.cat([h, context]) + decoder.combine.bias)
        logits.append(decoder.head.weight @ combined + decoder.head.bias)
        alignment.append(weights)
    return torch.stack(logits), torch.stack(alignment)


def test_the_decoder_agrees_with_the_explained_path() -> None:
    decoder, hidden, states = drawn(AttentionDecoder(7, d_model=6)), normal(2, 6), normal(2, 5, 6)
    ids, mask = torch.tensor([[1, 4, 3], [1, 5, 6]]), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    logits, _ = decoder(ids, (hidden, states, mask))
    weights = decoder.align(ids, (hidden, states, mask))
    for row, length in enumerate((5, 3)):
        expected = step_by_step(decoder, ids[row].tolist(), hidden[row], states[row, :length])
        torch.testing.assert_close(logits[row], expected[0])
        torch.testing.assert_close(weights[row, :, :length], expected[1])
        assert (weights[row, :, length:] == 0).all()


@pytest.mark.parametrize("cut", [1, 2])
def test_the_decoder_reads_in_pieces_what_it_reads_at_once(cut: int) -> None:
    decoder, ids = drawn(AttentionDecoder(7, d_model=6)), torch.tensor([[1, 4, 3], [1, 5, 6]])
    start = normal(2, 6), normal(2, 5, 6), torch.ones(2, 5).bool()
    expected, last = decoder(ids, start)
    first, state = decoder(ids[:, :cut], start)
    second, state = decoder(ids[:, cut:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), expected)
    torch.testing.assert_close(state, last)


@pytest.mark.own
def test_no_gradient_reaches_padding_or_later_words() -> None:
    decoder = drawn(AttentionDecoder(7, d_model=6))
    hidden, states = normal(1, 6), normal(1, 5, 6, grad=True)
    mask = torch.tensor([[True, True, True, False, False]])
    logits, _ = decoder(torch.tensor([[1, 4, 3]]), (hidden, states, mask))
    (gradient,) = torch.autograd.grad((logits * normal(*logits.shape)).sum(), states)
    assert torch.equal((gradient != 0).any(-1), mask)

    def words(x: Tensor) -> Tensor:
        queries, _ = decoder.rnn(x[None], hidden[None])
        return decoder.look(queries, (hidden, states.detach(), mask))[0]

    assert oracles.influences(words, normal(4, 6)) == oracles.causal(4)


def model_of() -> Seq2Seq:
    model = Seq2Seq(BidirectionalEncoder(11, d_model=6), AttentionDecoder(7, d_model=6))
    drawn(model)
    return model


def test_padding_changes_nothing_from_end_to_end() -> None:
    model, source = model_of(), pad_batch([[4, 5, 6], [7]])
    target = pad_batch([[1, 3, 2], [1, 4, 5, 6, 2]])
    loss = teacher_forced_loss(model, source, target)
    wider = teacher_forced_loss(model, nn.functional.pad(source, (0, 3)), nn.functional.pad(target, (0, 2)))
    torch.testing.assert_close(wider, loss)
    parameters = list(model.parameters())
    torch.testing.assert_close(torch.autograd.grad(wider, parameters), torch.autograd.grad(loss, parameters))
    written = greedy_decode(model, source, 9)
    assert written == [greedy_decode(model, torch.tensor([ids]), 9)[0] for ids in ([4, 5, 6], [7])]


def test_every_parameter_learns() -> None:
    model = model_of()
    loss = teacher_forced_loss(model, pad_batch([[4, 5, 6], [7]]), pad_batch([[1, 3, 2], [1, 4, 5, 6, 2]]))
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    assert all((gradient != 0).any() for gradient in gradients)
