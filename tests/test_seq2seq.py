import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.recurrent import gru_step
from seq2gpt.seq2seq import (
    BOS,
    EOS,
    PAD,
    UNK,
    EncoderDecoder,
    Hypothesis,
    Seq2Seq,
    Seq2SeqDecoder,
    Seq2SeqEncoder,
    State,
    beam_search,
    bleu,
    greedy_decode,
    pad_batch,
    padding_mask,
    teacher_forced_loss,
)


def model_of(source_vocab: int = 11, target_vocab: int = 7, d_model: int = 5, scale: float = 1.0) -> Seq2Seq:
    """In float64, with weights large enough for opinions."""
    model = Seq2Seq(Seq2SeqEncoder(source_vocab, d_model), Seq2SeqDecoder(target_vocab, d_model)).double()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=scale)
    return model


def loop(gru: nn.GRU, x: Tensor, h: Tensor) -> Tensor:
    states = []
    for x_t in x:
        h = gru_step(x_t, h, gru.weight_ih_l0.T, gru.weight_hh_l0.T, gru.bias_ih_l0, gru.bias_hh_l0)
        states.append(h)
    return torch.stack(states)


# pad_batch and padding_mask


@pytest.mark.parametrize("pad_id", [0, 9])
def test_sequences_fill_their_rows_from_the_left(pad_id: int) -> None:
    batch = pad_batch([[5], [6, 7, 8], (4, 3)], pad_id)
    assert batch.dtype == torch.int64
    assert batch.tolist() == [[5, pad_id, pad_id], [6, 7, 8], [4, 3, pad_id]]
    assert padding_mask(batch, pad_id).int().tolist() == [[1, 0, 0], [1, 1, 1], [1, 1, 0]]


def test_the_special_ids_come_first() -> None:
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)
    assert torch.equal(pad_batch([[5], [6, 7]]), pad_batch([[5], [6, 7]], pad_id=PAD))
    assert padding_mask(torch.tensor([[PAD, BOS, EOS, UNK]])).tolist() == [[False, True, True, True]]


@pytest.mark.own
def test_batches_without_content_are_refused() -> None:
    for batch in ([], [[]], [[5], []]):
        wording = r"^the batch, or a sequence of it, is empty; give sequences of one id or more$"
        with pytest.raises(ValueError, match=wording):
            pad_batch(batch)


# Seq2SeqEncoder


def test_the_encoder_agrees_with_the_explained_path() -> None:
    encoder = model_of().encoder
    source = pad_batch([[4, 5, 6], [7], [8, 9]])
    (context,) = encoder(source, padding_mask(source))
    for ids, result in zip(([4, 5, 6], [7], [8, 9]), context, strict=True):
        expected = loop(encoder.rnn, encoder.embedding.weight[ids], torch.zeros(5).double())[-1]
        torch.testing.assert_close(result, expected)


def test_neither_the_amount_of_padding_nor_what_stands_under_it_matters() -> None:
    encoder = model_of().encoder
    mask = torch.tensor([[True, True, False, False]])
    (context,) = encoder(torch.tensor([[4, 5]]), mask[:, :2])
    for under in (0, 9):
        torch.testing.assert_close(encoder(torch.tensor([[4, 5, under, under]]), mask)[0], context)
    context_of_pads, _ = encoder.rnn(encoder.embedding(torch.tensor([[4, 5, 0, 0]])))
    assert not torch.allclose(context_of_pads[:, -1], context)  # reading the padding would show


def test_a_source_of_padding_alone_is_refused() -> None:
    source = torch.tensor([[4, 5], [0, 0]])
    with pytest.raises(ValueError, match=r"^sequence 1 of the batch holds only padding; leave it out$"):
        model_of().encode(source, padding_mask(source))
    with pytest.raises(ValueError, match=r"^padding stands before a real position"):
        model_of().encode(torch.tensor([[0, 5]]), torch.tensor([[False, True]]))


# Seq2SeqDecoder


def test_the_decoder_agrees_with_the_explained_path() -> None:
    decoder, ids, hidden = (
        model_of().decoder,
        torch.tensor([[1, 4, 5], [1, 6, 3]]),
        torch.randn(2, 5).double(),
    )
    logits, (last,) = decoder(ids, (hidden,))
    for row in range(2):
        states = loop(decoder.rnn, decoder.embedding.weight[ids[row]], hidden[row])
        torch.testing.assert_close(logits[row], states @ decoder.head.weight.T + decoder.head.bias)
        torch.testing.assert_close(last[row], states[-1])


@pytest.mark.parametrize("cut", [1, 2])
def test_the_decoder_reads_in_pieces_what_it_reads_at_once(cut: int) -> None:
    model, ids = model_of(), torch.tensor([[1, 4, 5], [1, 6, 3]])
    start = (torch.randn(2, 5).double(),)
    expected, last = model.decode(ids, start)
    first, state = model.decode(ids[:, :cut], start)
    second, state = model.decode(ids[:, cut:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), expected)
    torch.testing.assert_close(state, last)


# teacher_forced_loss


class Script(nn.Module):
    """A model whose logits are given for every prefix: it shows what the caller lets it read."""

    def __init__(self, vocab_size: int, source_matters: bool = False) -> None:
        super().__init__()
        self.vocab_size, self.source_matters = vocab_size, source_matters
        self.read: list[Tensor] = []
        self.sources: list[tuple[Tensor, Tensor]] = []

    def logits_after(self, prefix: tuple[int, ...]) -> Tensor:
        generator = torch.Generator().manual_seed(
            sum(7**place * (token + 1) for place, token in enumerate(prefix))
        )
        return 2 * torch.randn(self.vocab_size, generator=generator, dtype=torch.float64)

    def encode(self, source: Tensor, source_mask: Tensor) -> State:
        self.sources.append((source, source_mask))
        return (source[:, :1] if self.source_matters else source[:, :0],)

    def decode(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        self.read.append(ids)
        (past,) = state
        rows = torch.cat([past, ids], dim=1).tolist()
        n_past = past.shape[1]
        logits = [
            [self.logits_after(tuple(row[: n_past + n + 1])) for n in range(ids.shape[1])] for row in rows
        ]
        return torch.stack([torch.stack(row) for row in logits]), (torch.tensor(rows),)


@pytest.mark.parametrize("pad_id", [0, 6])
def test_the_loss_is_that_of_each_next_token_and_of_no_padding(pad_id: int) -> None:
    model = Script(7)
    source, target = pad_batch([[4], [5, 4]], pad_id), pad_batch([[1, 4, 5, 2], [1, 3, 2]], pad_id)
    losses = []
    for row in ([1, 4, 5, 2], [1, 3, 2]):
        for place in range(1, len(row)):
            log_p = model.logits_after(tuple(row[:place])).log_softmax(-1)
            losses.append(-log_p[row[place]].item())
    loss = teacher_forced_loss(model, source, target, pad_id)
    assert loss.item() == pytest.approx(math.fsum(losses) / 5)
    assert torch.equal(model.read[0], target[:, :-1])
    assert torch.equal(model.sources[0][1], source != pad_id)


def test_padding_is_0_unless_told() -> None:
    model, source, target = model_of(), pad_batch([[4], [5, 4]]), pad_batch([[1, 4, 5, 2], [1, 3, 2]])
    assert teacher_forced_loss(model, source, target) == teacher_forced_loss(model, source, target, pad_id=0)


def test_more_padding_changes_neither_loss_nor_gradients() -> None:
    model, source, target = model_of(), pad_batch([[4, 8], [5]]), pad_batch([[1, 4, 5, 2], [1, 3, 2]])
    loss = teacher_forced_loss(model, source, target)
    wider = teacher_forced_loss(model, F.pad(source, (0, 3)), F.pad(target, (0, 5)))
    torch.testing.assert_close(wider, loss)
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(loss, parameters, retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(wider, parameters), gradients)
    assert (gradients[0][PAD] == 0).all()  # the embedding of the source's padding


# greedy_decode


def greedy(model: Script, prefix: list[int], limit: int, eos: int) -> list[int]:
    written: list[int] = []
    while len(written) < limit:
        token = int(model.logits_after((*prefix, *written)).argmax())
        if token == eos:
            break
        written.append(token)
    return written


@pytest.mark.parametrize(("bos", "eos"), [(BOS, EOS), (5, 3)])
def test_greedy_follows_the_most_probable_token_row_by_row(bos: int, eos: int) -> None:
    model, source = Script(7, source_matters=True), torch.arange(11)[:, None] + 1
    written = greedy_decode(model, source, max_new_tokens=13, bos_id=bos, eos_id=eos)
    expected = [greedy(model, [number + 1, bos], 13, eos) for number in range(11)]
    assert written == expected
    assert len({len(ids) for ids in expected}) > 2  # rows end at different steps


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_greedy_stops_at_the_limit(limit: int) -> None:
    model = Script(7, source_matters=True)
    assert greedy_decode(model, torch.tensor([[4]]), limit, eos_id=99) == [greedy(model, [4, BOS], limit, 99)]


@pytest.mark.own
def test_greedy_stops_early_when_all_rows_have_ended() -> None:
    model = model_of()
    nn.init.zeros_(model.decoder.head.weight)
    with torch.no_grad():
        model.decoder.head.bias.copy_(torch.eye(7)[EOS])
    steps: list[Tensor] = []
    model.decoder.register_forward_hook(lambda *_: steps.append(torch.empty(0)))
    assert greedy_decode(model, torch.tensor([[4], [5]]), max_new_tokens=99) == [[], []]
    assert len(steps) == 1


@pytest.mark.own
def test_greedy_stops_when_the_last_row_has_ended_wherever_the_others_did() -> None:
    model = Script(7, source_matters=True)
    ends = {number: len(greedy(model, [number, BOS], 13, EOS)) for number in range(1, 30)}
    soon = [number for number, end in ends.items() if end < 9]
    greedy_decode(model, torch.tensor(soon)[:, None], max_new_tokens=13)
    assert len({ends[number] for number in soon}) > 2
    assert len(model.read) == max(ends[number] for number in soon) + 1


def test_greedy_hides_padding_from_the_model() -> None:
    model = model_of()
    alone = greedy_decode(model, torch.tensor([[4, 5]]), 13)
    assert greedy_decode(model, torch.tensor([[4, 5, 0, 0], [6, 7, 8, 9]]), 13)[0] == alone[0]
    pairs = torch.cartesian_prod(torch.arange(4, 9), torch.arange(4, 9))
    with_nines = torch.cat([pairs, torch.full_like(pairs, 9)], dim=1)
    assert greedy_decode(model, with_nines, 13, pad_id=9) == greedy_decode(model, pairs, 13)
    assert greedy_decode(model, with_nines, 13) != greedy_decode(model, pairs, 13), "seen, they would matter"


# beam_search


def score(model: Script, start: list[int], ids: list[int], alpha: float) -> float:
    """Wu et al. 2016, equation 14, token by token."""
    total = 0.0
    for place, token in enumerate(ids):
        total += model.logits_after((*start, *ids[:place])).log_softmax(-1)[token].item()
    return total / ((5 + len(ids)) ** alpha / (5 + 1) ** alpha)


def best_of_all(model: Script, start: list[int], limit: int, alpha: float, eos: int) -> list[int]:
    """Every sequence that ends in <eos> within the limit, and every one cut off there."""
    others = [token for token in range(model.vocab_size) if token != eos]
    ended = [
        [*words, eos] for n in range(limit) for words in itertools.product(others, repeat=n)
    ]  # fmt: skip
    cut_off = [list(words) for words in itertools.product(others, repeat=limit)]
    return max(ended + cut_off, key=lambda ids: score(model, start, ids, alpha))


@pytest.mark.parametrize("alpha", [0.0, 0.6, 3.0, -1.0])
def test_a_wide_beam_finds_the_best_of_all_sequences(alpha: float) -> None:
    model = Script(3, source_matters=True)
    for source in range(3, 43):
        found = beam_search(model, torch.tensor([source]), 3**4, max_new_tokens=4, alpha=alpha)
        best = best_of_all(model, [source, BOS], 4, alpha, EOS)
        assert found == [token for token in best if token != EOS]


def test_the_beam_search_has_its_own_first_and_last_token() -> None:
    model = Script(3, source_matters=True)
    found = beam_search(model, torch.tensor([5]), 81, max_new_tokens=4, bos_id=2, eos_id=0)
    assert found == [token for token in best_of_all(model, [5, 2], 4, 0.6, 0) if token != 0]


def test_alpha_is_06_unless_told_and_favours_long_sentences() -> None:
    model = Script(3, source_matters=True)
    texts = [torch.tensor([number]) for number in range(1, 41)]
    lengths = {
        alpha: [len(beam_search(model, text, 9, 5, alpha=alpha)) for text in texts]
        for alpha in (0.0, 0.6, 3.0)
    }
    assert sum(lengths[0.0]) < sum(lengths[0.6]) < sum(lengths[3.0])
    assert [len(beam_search(model, text, 9, 5)) for text in texts] == lengths[0.6]


def test_a_beam_of_1_is_greedy_and_a_wider_one_finds_likelier_sentences() -> None:
    model, better = Script(7, source_matters=True), 0
    for number in range(1, 24):
        source = torch.tensor([number])
        (first,) = greedy_decode(model, source[None], max_new_tokens=9)
        assert beam_search(model, source, 1, max_new_tokens=9) == first
        wide = beam_search(model, source, 5, max_new_tokens=9, alpha=0.0)
        start = [number, BOS]
        ended = [ids + [EOS] * (len(ids) < 9) for ids in (wide, first)]
        scores = [score(model, start, ids, 0.0) for ids in ended]
        assert scores[0] >= scores[1] - 1e-9
        better += scores[0] > scores[1] + 1e-9
    assert better > 5


def test_the_state_follows_the_hypothesis_that_it_belongs_to() -> None:
    model = model_of(scale=2.0)
    source = torch.tensor([4, 5, 6])
    found = beam_search(model, source, 7**3, max_new_tokens=3, alpha=0.0)

    def total(ids: list[int]) -> float:
        state = model.encode(source[None], torch.ones(1, 3).bool())
        logits, _ = model.decode(torch.tensor([[BOS, *ids[:-1]]]), state)
        return logits[0].log_softmax(-1)[range(len(ids)), ids].sum().item()

    others = [token for token in range(7) if token != EOS]
    ended = [[*words, EOS] for n in range(3) for words in itertools.product(others, repeat=n)]
    cut_off = [list(words) for words in itertools.product(others, repeat=3)]
    best = max(ended + cut_off, key=total)
    assert found == [token for token in best if token != EOS]


@pytest.mark.own
def test_a_decided_search_stops_before_the_limit() -> None:
    model = Script(5, source_matters=True)
    beam_search(model, torch.tensor([3]), 5, max_new_tokens=20, alpha=0.0)
    assert 1 < len(model.read) < 15


@pytest.mark.own
def test_limits_of_the_beam() -> None:
    model = Script(3)
    assert beam_search(model, torch.tensor([4]), 2, max_new_tokens=0) == []
    with pytest.raises(ValueError, match=r"^beam_width=0 must be at least 1; 1 is greedy decoding$"):
        beam_search(model, torch.tensor([4]), 0, max_new_tokens=3)


def test_the_score_counts_eos_and_not_bos() -> None:
    assert Hypothesis([BOS, 4, EOS], -3.0, 0).score(1.0) == pytest.approx(-3.0 / (7 / 6))


# bleu

SENTENCES = st.lists(st.text(alphabet="abcd", min_size=1, max_size=1), max_size=9).map(" ".join)


@given(st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=5))
@settings(max_examples=200)
def test_bleu_is_that_of_sacrebleu(pairs: list[tuple[str, str]]) -> None:
    sacrebleu = pytest.importorskip("sacrebleu", reason="the extra `train` is not installed")
    hypotheses, references = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    expected = sacrebleu.corpus_bleu(hypotheses, [references], tokenize="none", force=True).score
    assert bleu(hypotheses, references) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("hypothesis", "reference", "score"),
    [
        ("a b c d", "a b c d", 100.0),
        ("a b c", "a b c", 0.0),  # no 4-gram at all
        ("e f g h", "a b c d", 0.0),
        ("", "a", 0.0),
        # 4 of 5 words, 3 of 4 bigrams, 2 of 3 trigrams, 1 of 2 4-grams, no brevity penalty
        ("a b c d x", "a b c d e", 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25),
        # the reference has one a: clipped to 1 of 4; bigrams, trigrams, 4-grams: 0, halved 1, 2, 3 times
        ("a a a a", "a b c d", 100 * (1 / 4 * (1 / 2 / 3) * (1 / 4 / 2) * (1 / 8 / 1)) ** 0.25),
    ],
)
def test_bleu_by_hand(hypothesis: str, reference: str, score: float) -> None:
    assert bleu([hypothesis], [reference]) == pytest.approx(score)


@pytest.mark.own
def test_bleu_sums_over_the_corpus_before_it_divides() -> None:
    together = bleu(["a b c d e", "x"], ["a b c d e", "y"])
    assert together == pytest.approx(100 * (5 / 6) ** 0.25)
    with pytest.raises(ValueError, match=r"^1 hypotheses for 2 references; give one for each$"):
        bleu(["a"], ["a", "b"])


def test_the_models_have_the_interface() -> None:
    assert isinstance(model_of(), EncoderDecoder)
    assert isinstance(Script(3), EncoderDecoder)
