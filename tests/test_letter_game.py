"""The game of letters some places back: what is asked, what a head adds, and that a student's parts take part."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from seq2gpt.heads import MultiHeadAttention
from seq2gpt.run import letter_game
from seq2gpt.run.letter_game import Game, LookBack, Parts, Training, rights, train_look_back
from seq2gpt.run.translation import (
    TranslationConfig,
    build_transformer,
    load_task,
    train_model,
    with_attention,
)

GAME = Game(distances=(1, 3), n_letters=5, length=7)


def model_of(n_heads: int, d_model: int = 12, game: Game = GAME) -> LookBack:
    torch.manual_seed(3)
    return LookBack(d_model, n_heads, game, Parts())


def test_letters_are_asked_for_where_they_exist():
    ids = torch.tensor([[4, 0, 3, 1, 2, 2, 0]])
    assert letter_game.targets(ids, GAME).tolist() == [[[3, 4], [1, 0], [2, 3], [2, 1]]]
    assert torch.equal(letter_game.unseen_rows(GAME, seed=2), letter_game.unseen_rows(GAME, seed=2))
    assert not torch.equal(letter_game.unseen_rows(GAME, seed=2), letter_game.unseen_rows(GAME, seed=3))
    assert letter_game.unseen_rows(GAME, seed=2, n_rows=11).shape == (11, 7)


def test_a_head_that_is_off_finds_nothing():
    model, ids = model_of(3), torch.randint(5, (2, 7))
    all_on = model(ids)
    assert all_on.shape == (2, 7, 2, 5)
    assert not torch.equal(model(ids, off=(2,)), all_on)
    assert not torch.equal(model(ids, off=(1, 2)), model(ids, off=(2,)))
    with torch.no_grad():
        model.attention.w_o.weight[:, 8:12] = 0  # the features of head 2
    torch.testing.assert_close(model(ids, off=(2,)), model(ids))


def test_the_models_have_the_same_number_of_parameters():
    assert len({sum(p.numel() for p in model_of(n).parameters()) for n in (1, 2, 4)}) == 1


def test_weights_are_averaged_by_distance(monkeypatch):
    game, n = Game(), 12
    weights = torch.zeros(2, 3, n, n)
    for head, distance in enumerate((0, 2, 5)):
        weights[:, head] = torch.diag(torch.ones(n - distance), -distance)
    model = model_of(4, 16, game)
    monkeypatch.setattr(model, "look", lambda ids: (None, weights))
    seen = letter_game.weight_by_distance(model, torch.zeros(2, n, dtype=torch.long))
    assert seen.tolist() == [[float(d == distance) for d in range(6)] for distance in (0, 2, 5)]


def test_rights_counts_each_distance_by_itself(monkeypatch):
    model, ids = model_of(2), torch.randint(1, 5, (11, 7))
    answers = torch.zeros(11, 7, 2, 5)
    answers[:, 1:, 0] = nn.functional.one_hot(
        ids[:, :-1], 5
    ).float()  # right for one place back, always 0 for three
    monkeypatch.setattr(model, "forward", lambda ids, off: answers)
    assert rights(model, ids) == [100.0, 0.0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_head_answers_one_question_and_two_heads_both(seed):
    game, training = Game(distances=(1, 3)), Training(seed=seed)
    test = letter_game.unseen_rows(game, seed)
    one, two = (sorted(rights(train_look_back(n, game, training), test)) for n in (1, 2))
    assert one[1] > 99
    assert one[0] < 20
    assert two[0] > 99


def test_training_does_what_it_is_told():
    short = Training(d_model=8, n_steps=2, batch=3, seed=1)
    weight = train_look_back(2, GAME, short).heads.weight
    assert weight.shape == (10, 8)
    again = train_look_back(2, GAME, short).heads.weight
    assert torch.equal(weight, again)
    for other in ({"n_steps": 3}, {"batch": 4}, {"seed": 2}):
        settings = {"d_model": 8, "n_steps": 2, "batch": 3, "seed": 1} | other
        assert not torch.equal(weight, train_look_back(2, GAME, Training(**settings)).heads.weight)


class Own(MultiHeadAttention):
    """Stands for a student's class; counts what it is asked."""

    calls = 0

    def forward(self, *args, **kwargs):
        Own.calls += 1
        return super().forward(*args, **kwargs)


def test_a_students_parts_are_used():
    used = []
    parts = Parts(
        Own,
        lambda x, n: used.append("split") or letter_game.split_heads(x, n),
        lambda heads: used.append("merge") or letter_game.merge_heads(heads),
    )
    Own.calls = 0
    model = train_look_back(2, GAME, Training(d_model=8, n_steps=2, parts=parts))
    assert Own.calls == 2
    assert isinstance(model.attention, Own)
    model(torch.zeros(1, 7, dtype=torch.long), off=(0,))
    assert used == ["split"] * 3 + ["merge"]


def test_a_students_attention_takes_its_place_in_a_transformer():
    config = TranslationConfig(n_train=20, n_test=3, batch_size=2, n_steps=2)
    task = load_task(config)
    theirs = train_model("Transformer", task, config, progress=False)
    Own.calls = 0
    own = train_model(
        "Transformer", task, config, False, lambda task: with_attention(build_transformer(task), Own)
    )
    layers = [part for part in own.modules() if isinstance(part, MultiHeadAttention)]
    assert [type(layer) for layer in layers] == [Own] * 6
    assert Own.calls == 2 * 6
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(own.state_dict()[name], value)


MEASURED = Path(__file__).parents[1] / "book/08-heads/measured.json"


def test_what_the_lesson_says_of_the_number_of_heads():
    figures = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert list(figures) == ["1", "2", "4", "8", "16", "32"]
    assert all(len(values) == 3 for values in figures.values())
    assert all(33 < value < 40 for value in figures["1"])
    assert sorted(round(value) for value in figures["2"]) == [74, 91, 92]
    assert all(value == 100 for n in ("4", "8", "16") for value in figures[n])
    assert all(90 < value < 100 for value in figures["32"])


@pytest.mark.slow
def test_the_measured_figures_are_measured_again():
    figures, again = json.loads(MEASURED.read_text(encoding="utf-8")), letter_game.measure(seeds=(1,))
    for n_heads, values in again.items():
        assert values[0] == pytest.approx(figures[n_heads][0], abs=5)


def test_models_keep_their_answers_on_the_way_to_the_page():
    model = model_of(2)
    shipped = letter_game.for_the_page({2: model}) | {"alphabet": "abcde"}
    assert (shipped["distances"], shipped["length"]) == ([1, 3], 7)
    ids = torch.randint(5, (2, 7))
    torch.testing.assert_close(letter_game.from_the_page(shipped, 2)(ids), model(ids), atol=0.1, rtol=0)
