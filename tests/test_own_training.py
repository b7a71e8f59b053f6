"""What chapter and lab of lesson 14 run: a student's parts take part, a run goes on exactly, figures are as promised."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import pytest
import torch

from seq2gpt import training as reference
from seq2gpt.gpt import GPT
from seq2gpt.run import live
from seq2gpt.run import own_training as own
from seq2gpt.run.demos.text import as_characters
from seq2gpt.run.live import LiveCurve
from seq2gpt.run.own_training import MUON, Parts, Recipe, advance, begin, continued, train_gpt

BOOK = Path(__file__).parents[1] / "book/14-training"
TINY = Recipe(d_model=8, n_layers=1, context_length=7, batch_size=3, n_steps=6, n_warmup=2)


@pytest.fixture(scope="module")
def text():
    return as_characters("a small text, with some letters in it. " * 40, TINY.context_length)


@pytest.mark.parametrize("changes", [{}, MUON])
def test_a_students_parts_are_used(text, changes):
    used = set()

    def noting(name):
        def call(*arguments, **settings):
            used.add(name)
            return getattr(reference, name)(*arguments, **settings)

        return call

    parts = Parts(**{name: noting(name) for name in Parts.__dataclass_fields__})
    run = continued(advance(begin(replace(TINY, parts=parts, **changes), text), 3))
    advance(run, 6)
    assert used == set(Parts.__dataclass_fields__) - (set() if changes else {"orthogonalize"})


@pytest.mark.parametrize("changes", [{}, MUON])
def test_a_run_that_is_continued_ends_where_one_that_did_not_stop_ends(text, changes):
    recipe = replace(TINY, **changes)
    whole = train_gpt(recipe, text)
    halves = advance(continued(advance(begin(recipe, text), 3)), 6)
    assert whole.losses == halves.losses
    assert len(set(whole.losses)) == 6


def test_own_adamw_is_that_of_torch(text):
    recipe = replace(TINY, weight_decay=0.5)
    ours = begin(recipe, text)
    theirs = begin(recipe, text)
    groups = reference.decay_groups(theirs.model, 0.5)
    theirs = replace(theirs, optimizer=torch.optim.AdamW(groups, betas=own.BETAS))
    assert advance(ours, 6).losses == pytest.approx(advance(theirs, 6).losses, rel=1e-5)


def test_settings_have_effect(text):
    base = train_gpt(TINY, text).losses
    changes = (
        {"lr": 0.1}, {"seed": 1}, {"optimizer": "sgd"}, {"n_characters": 20}, {"shift": 0}, {"max_norm": 1e-3},
        {"weight_decay": 9.0}, {"n_warmup": 0}, {"batch_size": 2}, {"d_model": 4}, {"n_layers": 2},
    )  # fmt: skip
    for change in changes:
        assert train_gpt(replace(TINY, **change), text).losses != base, change
    made = []
    train_gpt(TINY, text, build=lambda config: made.append(GPT(config)) or made[0])
    assert len(made) == 1


def test_held_out_loss_asks_as_training_does(text):
    run = begin(TINY, text)
    ids = text.held_out[:22]
    run = replace(run, text=replace(text, held_out=ids))
    with torch.no_grad():
        for shift in (1, 0):
            run = replace(run, recipe=replace(TINY, shift=shift))
            logits = run.model(ids[:21].view(3, 7)).log_softmax(-1)
            wanted = -logits.flatten(0, 1)[torch.arange(21), ids[shift : shift + 21]].mean()
            assert run.val_loss() == pytest.approx(wanted.item(), rel=1e-5)
    assert len(run.write(5, prompt="a")) >= 5


def test_the_curve_is_silent_without_a_notebook(capsys):
    curve = LiveCurve(n_steps=2)
    curve.add(3.0)
    curve.add(1.0)
    curve.draw()
    assert capsys.readouterr() == ("", "")
    assert "step 2 of 2, mean loss 2.00" in curve.svg()


def test_the_curve_is_one_figure_brought_up_to_date(monkeypatch):
    shown, updates = [], []

    class Handle:
        def update(self, figure):
            updates.append(figure.data)

    def display(figure, display_id):
        shown.append(figure.data)
        return Handle()

    monkeypatch.setattr(live, "in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(live, "PAUSE", 1e9)
    curve = LiveCurve(n_steps=500)
    curve._drawn = -math.inf
    for step in range(500):
        curve.add(5 - step / 200)
    assert len(shown) == 1
    assert len(updates) == 1, "and once after the last step"
    assert "step 500 of 500" in updates[0]
    assert updates[0].count(",") < 2000, "long runs are thinned out"


def test_the_lab_promises_what_was_measured():
    measured = json.loads((BOOK / "measured.json").read_text(encoding="utf-8"))
    sheet = (BOOK / "lab.md").read_text(encoding="utf-8")
    for name in ("lab", "lab, tinyshakespeare"):
        for run in measured[name].values():
            assert f"{mean(run['loss']):.2f} ± {stdev(run['loss']):.2f}" in sheet
    for run in measured["lab"].values():
        assert f"{run['loss'][0]:.2f}" in sheet
    assert not re.search(r"EXPECT", sheet)


@pytest.mark.slow
def test_the_course_reaches_what_the_lab_promises():
    measured = json.loads((BOOK / "measured.json").read_text(encoding="utf-8"))["lab"]
    for name, changes in {"AdamW": {}, "Muon": MUON}.items():
        loss = train_gpt(replace(Recipe(), **changes)).val_loss()
        assert loss == pytest.approx(measured[name]["loss"][0], abs=0.02)


@pytest.mark.slow
def test_the_chapter_reads_curves_that_are_measured():
    measured = json.loads((BOOK / "measured.json").read_text(encoding="utf-8"))["curves"]
    for name in ("as it should be", "too little text", "targets not shifted"):
        loss = train_gpt(replace(own.SMALL, **own.CURVES[name])).val_loss()
        assert loss == pytest.approx(measured[name]["loss"][0], abs=0.05)
