import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import oracles
from seq2gpt.families import (
    CausalLanguageModel,
    MaskedLanguageModel,
    PrefixLanguageModel,
    corrupt_spans,
    draw_spans,
    mask_tokens,
)

SIZES = {"vocab_size": 13, "context_length": 11, "d_model": 6, "n_heads": 2, "n_layers": 3}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# ---- masking tokens --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many():
    """Half a million tokens, none of which is the id 7; the mask's id lies outside the vocabulary."""
    ids = torch.randint(100, (500, 1000), generator=generator())
    ids[ids == 7] = 8
    torch.manual_seed(1)
    inputs, chosen = mask_tokens(ids, mask_id=100, vocab_size=100)
    return ids, inputs, chosen


def test_fifteen_per_cent_are_chosen(many):
    _, _, chosen = many
    assert chosen.double().mean().item() == pytest.approx(0.15, abs=0.003)  # 6 standard deviations


def test_of_the_chosen_eighty_per_cent_are_hidden_ten_random_ten_unchanged(many):
    ids, inputs, chosen = many
    hidden, kept = inputs == 100, inputs == ids
    n = chosen.sum().item()
    assert (hidden & chosen).sum().item() / n == pytest.approx(0.8, abs=0.01)
    # A random id is the old one in about one case of a hundred, so it looks unchanged.
    assert (kept & chosen).sum().item() / n == pytest.approx(0.1 + 0.1 * 0.01, abs=0.006)
    assert (chosen & ~hidden & ~kept).sum().item() / n == pytest.approx(0.1 * 0.99, abs=0.006)


def test_unchanged_tokens_stay_in_the_loss_and_nothing_else_is_touched(many):
    ids, inputs, chosen = many
    assert (chosen & (inputs == ids)).any()
    assert torch.equal(inputs[~chosen], ids[~chosen])


def test_random_replacements_are_drawn_from_the_whole_vocabulary(many):
    ids, inputs, chosen = many
    drawn = inputs[chosen & (inputs != 100) & (inputs != ids)]
    counts = torch.bincount(drawn, minlength=100)
    assert len(counts) == 100
    assert counts.min() > 0
    assert counts[7] > 30  # an id that no text holds


def test_tokens_are_chosen_on_their_own(many):
    _, _, chosen = many
    per_row = chosen.double().sum(1)
    assert per_row.std().item() == pytest.approx((1000 * 0.15 * 0.85) ** 0.5, rel=0.15)
    both = (chosen[:, 1:] & chosen[:, :-1]).double().mean().item()
    assert both == pytest.approx(0.15**2, abs=0.002)


def test_special_tokens_and_padding_are_never_chosen():
    ids = torch.randint(10, (50, 100), generator=generator())
    may_hide = torch.rand(ids.shape, generator=generator(1)) < 0.5
    inputs, chosen = mask_tokens(ids, 11, 10, may_hide, share=1.0)
    assert torch.equal(chosen, may_hide)
    assert torch.equal(inputs[~may_hide], ids[~may_hide])


def test_the_ids_given_stay_and_the_seed_decides():
    ids = torch.randint(10, (5, 100), generator=generator(), dtype=torch.int32)
    before = ids.clone()
    drawn = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        drawn.append(mask_tokens(ids, 10, 10))
    first, second, other = drawn
    assert torch.equal(ids, before)
    assert first[0].dtype == torch.int32
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[1], other[1])


@pytest.mark.parametrize("share", [-0.1, 1.1])
@pytest.mark.own
def test_impossible_shares_are_refused(share):
    with pytest.raises(ValueError, match=f"^share={share} must lie between 0 and 1$"):
        mask_tokens(torch.zeros(1, 2, dtype=torch.long), 1, 2, share=share)


# ---- spans -----------------------------------------------------------------------------------------------


def test_the_example_of_the_paper():
    # Figure 2: "Thank you for inviting me to your party last week", hiding "for inviting" and "last".
    words = torch.arange(10)
    inputs, targets = corrupt_spans(words, [(2, 4), (8, 9)], first_sentinel=100)
    assert inputs.tolist() == [0, 1, 100, 4, 5, 6, 7, 101, 9]
    assert targets.tolist() == [100, 2, 3, 101, 8, 102]


def test_spans_at_both_ends_and_no_span():
    ids = torch.tensor([1, 2, 3])
    assert [part.tolist() for part in corrupt_spans(ids, [(0, 1), (2, 3)], 90)] == [
        [90, 2, 91],
        [90, 1, 91, 3, 92],
    ]
    assert [part.tolist() for part in corrupt_spans(ids, [(0, 3)], 90)] == [[90], [90, 1, 2, 3, 91]]
    assert [part.tolist() for part in corrupt_spans(ids, [], 90)] == [[1, 2, 3], [90]]


@given(st.integers(2, 80), st.floats(0.02, 0.95), st.floats(1, 9), st.integers(0, 99))
def test_the_text_can_be_put_together_again(n, share, mean_length, seed):
    ids = torch.arange(n)
    spans = draw_spans(n, share, mean_length, generator(seed))
    inputs, targets = (part.tolist() for part in corrupt_spans(ids, spans, first_sentinel=1000))
    hidden: dict[int, list[int]] = {}
    for token in targets:
        if token >= 1000:
            hidden[token] = []
        else:
            hidden[list(hidden)[-1]].append(token)
    assert list(hidden) == list(range(1000, 1001 + len(spans)))
    assert hidden[1000 + len(spans)] == []
    restored = [part for token in inputs for part in hidden.get(token, [token])]
    assert restored == list(range(n))


@pytest.mark.parametrize(
    "spans", [[(1, 1)], [(3, 2)], [(2, 6)], [(-1, 2)], [(0, 2), (2, 3)], [(3, 4), (0, 1)]]
)
@pytest.mark.own
def test_impossible_spans_are_refused(spans):
    with pytest.raises(
        ValueError, match=r"^span \(-?\d, \d\) of a text of 5 tokens must hold a token and lie"
    ):
        corrupt_spans(torch.arange(5), spans, 90)


@pytest.mark.own
def test_the_refusal_names_the_span():
    message = (
        "span (2, 3) of a text of 5 tokens must hold a token and lie behind position 2; "
        "give spans in order and at least one token apart"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        corrupt_spans(torch.arange(5), [(0, 2), (2, 3)], 90)


@pytest.mark.parametrize(
    ("n", "share", "mean_length", "n_hidden", "n_spans"),
    [
        (40, 0.15, 3.0, 6, 2),
        (41, 0.5, 5.0, 20, 4),
        (2, 0.01, 1.0, 1, 1),
        (7, 0.99, 1.0, 6, 2),
        (16, 0.15, 1.0, 2, 2),
    ],
)
def test_how_much_is_hidden_depends_on_the_sizes_alone(n, share, mean_length, n_hidden, n_spans):
    for seed in range(20):
        spans = draw_spans(n, share, mean_length, generator(seed))
        assert len(spans) == n_spans
        assert sum(stop - start for start, stop in spans) == n_hidden


def test_the_generator_decides_the_spans_lengths_and_places():
    drawn = [draw_spans(97, 0.5, 3.0, generator(seed)) for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1]
    lengths = [[stop - start for start, stop in spans] for spans in drawn]
    assert lengths[0] != lengths[2]
    places = [draw_spans(97, 0.03, 3.0, generator(seed)) for seed in range(9)]  # one span of 3 tokens
    assert [draw_spans(97, 0.03, 3.0, generator(seed)) for seed in range(9)] == places
    assert len(set(map(tuple, places))) > 1


def test_every_position_can_be_hidden():
    hidden = torch.zeros(12)
    for seed in range(600):
        for start, stop in draw_spans(12, 0.25, 1.5, generator(seed)):
            hidden[start:stop] += 1
    assert (hidden / 600 - 0.25).abs().max() < 0.1  # the ends too


@pytest.mark.parametrize("arguments", [(1, 0.15, 3.0), (5, 0.0, 3.0), (5, 1.0, 3.0), (5, 0.15, 0.5)])
def test_impossible_settings_for_spans_are_refused(arguments):
    message = "n={} must be at least 2, share={} between 0 and 1, mean_length={} at least 1".format(
        *arguments
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw_spans(*arguments)


# ---- models ----------------------------------------------------------------------------------------------


def influences(model, *arguments):
    """Whether the embedding of position j has any influence on the logits of position i."""
    model = model.double()
    ids = torch.arange(7)[None]
    embedded = model.token_embedding(ids)[0]

    def logits(x):
        model.token_embedding.forward = lambda _: x[None]
        try:
            return model(ids, *arguments)[0]
        finally:
            del model.token_embedding.forward

    return oracles.influences(logits, embedded)


def test_the_masked_model_sees_both_sides():
    assert influences(MaskedLanguageModel(**SIZES)) == [[True] * 7] * 7


def test_the_masked_model_sees_no_padding():
    is_real = torch.tensor([[True, True, False, True, True, False, False]])
    seen = influences(MaskedLanguageModel(**SIZES), is_real)
    for i in (0, 1, 3, 4):
        assert seen[i] == is_real[0].tolist()


def test_padding_of_one_row_changes_nothing_in_another():
    model = MaskedLanguageModel(**SIZES)
    ids = torch.randint(13, (2, 7), generator=generator())
    is_real = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])
    logits = model(ids, is_real)
    torch.testing.assert_close(logits[0], model(ids[:1])[0])
    torch.testing.assert_close(logits[1, :4], model(ids[1:, :4])[0])


def test_the_causal_model_sees_the_left_side_and_itself():
    assert influences(CausalLanguageModel(**SIZES)) == oracles.causal(7)


def test_the_prefix_model_sees_the_prefix_and_the_left_side():
    expected = [[j <= i or j < 3 for j in range(7)] for i in range(7)]
    assert influences(PrefixLanguageModel(**SIZES), 3) == expected


def test_without_a_prefix_it_is_the_causal_model():
    prefix, causal, masked = (
        kind(**SIZES).double() for kind in (PrefixLanguageModel, CausalLanguageModel, MaskedLanguageModel)
    )
    causal.load_state_dict(prefix.state_dict())
    masked.load_state_dict(prefix.state_dict())
    ids = torch.randint(13, (2, 7), generator=generator())
    torch.testing.assert_close(prefix(ids, 0), causal(ids))
    torch.testing.assert_close(prefix(ids, 7), masked(ids))


@pytest.mark.parametrize("kind", [MaskedLanguageModel, CausalLanguageModel])
def test_the_parts_act_in_their_order(kind):
    model = kind(**SIZES).double()
    ids = torch.randint(13, (2, 7), generator=generator())
    x = model.token_embedding.weight[ids] + model.positions.table[:7]
    for block in model.blocks:
        x = block(x, causal=kind is CausalLanguageModel)
    x = torch.layer_norm(x, (6,), model.norm.weight, model.norm.bias)
    torch.testing.assert_close(model(ids), x @ model.head.weight.T)


@pytest.mark.parametrize("kind", [MaskedLanguageModel, CausalLanguageModel])
@pytest.mark.own
def test_sizes_and_dropout_arrive(kind):
    model = kind(**SIZES, dropout=0.5)
    ids = torch.randint(13, (2, 7), generator=generator())
    assert model.token_embedding.weight.shape == (13, 6)
    assert model.positions.table.shape == (11, 6)
    assert len(model.blocks) == 3
    assert model.blocks[0].attention.n_heads == 2
    assert not torch.equal(model(ids), model(ids))
    assert torch.equal(model.eval()(ids), model(ids))


def test_matrices_are_drawn_for_their_width():
    model = CausalLanguageModel(997, 13, d_model=64, n_heads=2, n_layers=1)
    assert model.token_embedding.weight.std().item() == pytest.approx(1 / 8, rel=0.05)
    assert model.blocks[0].feed_forward.w_out.weight.std().item() == pytest.approx(1 / 16, rel=0.05)


@pytest.mark.parametrize("kind", [MaskedLanguageModel, CausalLanguageModel])
@pytest.mark.own
def test_too_long_a_text_is_refused(kind):
    with pytest.raises(ValueError, match="do not fit into context_length=11"):
        kind(**SIZES)(torch.zeros(1, 12, dtype=torch.long))
