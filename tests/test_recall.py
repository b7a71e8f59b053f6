"""The cards of lesson 07: learned projections look things up, and every part of the lab matters."""

import json
from importlib import resources

import pytest
import torch

from seq2gpt.attention import scaled_dot_product_attention
from seq2gpt.run.recall import Parts, accuracy, card, deal, no_projections, save_weights, table, train_recall


@pytest.fixture(scope="module")
def recall():
    return train_recall()


def test_training_learns_to_look_up(recall):
    assert recall.accuracy > 0.96
    assert recall.losses[0] > 3
    assert sum(recall.losses[-50:]) / 50 < 0.25


def test_without_projections_the_question_finds_itself():
    assert accuracy(no_projections()) < 0.05
    _, weights = scaled_dot_product_attention(
        *(table([("Ana", "tea"), ("Ben", "milk"), ("Ben", "?")]) @ w for w in no_projections())
    )
    assert weights[-1].argmax() == 2


def test_face_down_cards_mislead_without_the_padding_mask(recall):
    assert accuracy(recall.weights, Parts(combine_masks=lambda causal, face_up: causal)) < 0.5


def test_a_broken_part_shows_in_the_run():
    def keys_for_values(query, key, value, mask):
        return scaled_dot_product_attention(query, key, key, mask)

    assert train_recall(Parts(attention=keys_for_values), n_steps=200).accuracy < 0.8


def fits(cards, face_up, weights):
    """How well the answer fits the thing on each card, game by game."""
    w_q, w_k, w_v = weights
    for game, up in zip(cards, face_up, strict=True):
        scores = [(game[-1] @ w_q) @ (card @ w_k) / 4 for card in game[up]]
        yield game[:, 16:] @ (torch.stack(scores).softmax(0) @ (game[up] @ w_v))


def random_weights(seed):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(32, 16, generator=generator) / 32**0.5 for _ in "qkv"), generator


def test_accuracy_counts_right_answers_in_the_games_asked_for():
    weights, _ = random_weights(0)
    cards, face_up, answer = deal(games=307, n=5, generator=torch.Generator().manual_seed(2))
    right = sum(
        int(fit.argmax()) == place
        for fit, place in zip(fits(cards, face_up, weights), answer.tolist(), strict=True)
    )
    assert accuracy(weights, n=5, games=307, seed=2) == pytest.approx(right / 307)


def test_the_first_loss_is_that_of_the_games_and_weights_asked_for():
    weights, generator = random_weights(2)
    cards, face_up, answer = deal(7, 5, generator)
    losses = [
        -fit.log_softmax(0)[place].item()
        for fit, place in zip(fits(cards, face_up, weights), answer.tolist(), strict=True)
    ]
    trained = train_recall(n_steps=3, seed=2, n=5, games=7)
    assert trained.losses[0] == pytest.approx(sum(losses) / 7, rel=1e-4)
    assert len(trained.losses) == 3
    assert trained.accuracy == accuracy(trained.weights, n=5) != accuracy(trained.weights)


@pytest.mark.parametrize("name", ["project_qkv", "causal_mask", "combine_masks", "attention"])
def test_the_head_is_made_of_the_parts_given(name):
    def unfinished(*_):
        raise NotImplementedError(name)

    with pytest.raises(NotImplementedError, match=name):
        accuracy(no_projections(), Parts(**{name: unfinished}), games=3)


def test_dealt_games_follow_the_rules():
    cards, face_up, answer = deal(50, 12, torch.Generator().manual_seed(0))
    for game, up, place in zip(cards, face_up, answer.tolist(), strict=True):
        assert up[place]
        assert up[-1]
        assert torch.equal(game[place, :16], game[-1, :16])  # the question names the card of the answer
        assert torch.equal(game[-1, 16:], torch.tensor(card("x", "?"))[16:])
        down = game[~up]
        assert torch.equal(down[:, :16], game[-1, :16].expand(len(down), 16))


def test_the_widget_ships_trained_matrices(tmp_path, recall):
    text = resources.files("seq2gpt.widgets").joinpath("attention_weights.json").read_text(encoding="utf-8")
    shipped = json.loads(text)
    weights = tuple(torch.tensor(shipped[name]) for name in ("w_q", "w_k", "w_v"))
    assert accuracy(weights) > 0.96
    save_weights(recall.weights, tmp_path / "weights.json")
    assert json.loads((tmp_path / "weights.json").read_text(encoding="utf-8")).keys() == shipped.keys()
