"""The games about order: what is asked, what each scheme of positions does for it, and that a student's parts take part."""

import json
from pathlib import Path

import pytest
import torch

from seq2gpt.positions import LearnedPositions, apply_rotary, sinusoidal_encoding
from seq2gpt.run import order_game
from seq2gpt.run.demos import positions as demo
from seq2gpt.run.order_game import (
    CALLS,
    LETTERS,
    NOT_ASKED,
    SCHEMES,
    SENTENCES,
    OrderModel,
    Parts,
    Training,
    known_and_beyond,
    rights,
    train,
)  # fmt: skip

SHORT = {"n_steps": 2, "d_model": 8, "batch": 3, "length": 5, "longest": 11}


def test_callers_are_asked_for_at_the_verb() -> None:
    ids, targets = order_game.who_calls(200, 3, torch.Generator().manual_seed(0))
    assert ids.shape == (200, 3)
    assert (ids[:, 1] == CALLS).all()
    assert (ids[:, 0] != ids[:, 2]).all()
    assert set(ids[:, 0].tolist()) == set(range(CALLS))
    assert torch.equal(targets[:, 1], ids[:, 0])
    assert (targets[:, [0, 2]] == NOT_ASKED).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_only_positions_tell_the_order(scheme: str) -> None:
    torch.manual_seed(0)
    model = OrderModel(scheme, LETTERS, Training(**SHORT))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    ids, order = torch.tensor([[3, 1, 4, 0, 5]]), torch.tensor([2, 0, 1, 4, 3])
    assert torch.allclose(model(ids)[:, order], model(ids[:, order]), atol=1e-4) is (scheme == "none")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_later_start_is_new_to_added_codes_alone(scheme: str) -> None:
    torch.manual_seed(0)
    model, ids = OrderModel(scheme, LETTERS, Training(**SHORT)), torch.tensor([[3, 1, 4, 0, 5]])
    same = torch.allclose(model(ids), model(ids, start=6), atol=1e-4)
    assert same is (scheme in ("none", "rotary"))


def test_without_positions_half_of_the_callers_are_right_and_with_them_all() -> None:
    for scheme, low, high in (
        ("none", 40, 60),
        ("sinusoidal", 99, 100),
        ("learned", 99, 100),
        ("rotary", 99, 100),
    ):
        model = train(scheme, SENTENCES, Training(n_steps=100))
        assert low <= rights(model, SENTENCES, 3).item() <= high


def test_places_known_and_beyond_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def shares(model: object, game: object, length: int, seed: int) -> torch.Tensor:
        asked.append((length, seed))
        return torch.arange(1.0, length)

    monkeypatch.setattr(order_game, "rights", shares)
    known, beyond = known_and_beyond(
        OrderModel("none", LETTERS, Training(**SHORT)), Training(length=5, seed=3), times=2
    )
    assert asked == [(5, 3), (10, 3)]
    assert (known, beyond) == (2.5, 7.0)  # places 1 … 4, and 5 … 9


def test_training_does_what_it_is_told() -> None:
    def weight(**settings: int) -> torch.Tensor:
        return train("learned", training=Training(**(SHORT | settings))).head.weight

    first = weight()
    assert torch.equal(first, weight())
    for other in ({"n_steps": 3}, {"batch": 4}, {"seed": 2}, {"length": 6}, {"n_heads": 2}):
        assert not torch.equal(first, weight(**other)), other
    assert train("learned", training=Training(**SHORT)).learned.table.shape == (11, 8)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_students_parts_are_used_in_game_and_text(scheme: str) -> None:
    used = []
    parts = Parts(
        lambda n, d: used.append("sinusoidal") or sinusoidal_encoding(n, d),
        lambda n, d: used.append("learned") or LearnedPositions(n, d),
        lambda x, start=0: used.append("rotary") or apply_rotary(x, start),
    )
    train(scheme, training=Training(**SHORT, parts=parts))
    assert set(used) == ({scheme} if scheme != "none" else set())
    used.clear()
    reader = demo.Reader(scheme, vocab_size=7, n_longest=5, d_model=8, parts=parts)
    reader(torch.tensor([[1, 2, 3]]))
    assert set(used) == {"learned", scheme} - {"none"}  # every reader has a table, so that all draw alike


MEASURED = Path(__file__).parents[1] / "book/09-positions/measured.json"


@pytest.mark.slow
def test_the_measured_figures_are_measured_again() -> None:
    figures, again = json.loads(MEASURED.read_text(encoding="utf-8")), order_game.measure(seeds=(0,))
    for scheme, found in again.items():
        for name, values in found.items():
            assert values[0] == pytest.approx(figures[scheme][name][0], abs=15)
