"""What the last cells of lab 11 run: a student's parts take part, pictures show what they should, figures are as promised."""

import json
import re
from pathlib import Path
from statistics import mean, stdev

import pytest
import torch
from torch import nn

from seq2gpt import transformer as reference
from seq2gpt.run import own_transformer as own
from seq2gpt.run.own_transformer import Parts
from seq2gpt.run.translation import TranslationConfig, load_task

BOOK = Path(__file__).parents[1] / "book/11-transformer"


@pytest.fixture(scope="module")
def task():
    return load_task(TranslationConfig(n_digits=2, n_train=40, n_test=10))


def test_a_students_parts_are_used(task):
    used = []

    class Own(reference.Transformer):
        def __init__(self, config):
            used.append("transformer")
            super().__init__(config)

    def loss(logits, targets):
        used.append("loss")
        return reference.label_smoothed_loss(logits, targets)

    def rate(step, d_model, n_warmup):
        used.append((step, d_model, n_warmup))
        return reference.noam_learning_rate(step, d_model, n_warmup)

    def translate(model, texts, *rest):
        used.append(("translate", len(texts), *rest[2:]))
        return reference.translate(model, texts, *rest)

    parts = Parts(transformer=Own, loss=loss, learning_rate=rate, translate=translate)
    model = own.train_translator(task, parts, n_steps=2, n_warmup=5)
    assert isinstance(model, Own)
    assert not model.training
    score, written = own.bleu_of(model, task, parts, n=3)
    assert 0 <= score <= 100
    assert len(written) == 3
    assert used == ["transformer", (1, 64, 5), "loss", (2, 64, 5), "loss", ("translate", 3, 30, 4)]


def test_a_students_layers_read_pictures():
    used = []

    class Own(reference.EncoderLayer):
        def forward(self, x, mask=None):
            used.append(tuple(x.shape))
            return super().forward(x, mask)

    def patches(images, size):
        used.append(size)
        return reference.image_to_patches(images, size)

    own.train_reader(Parts(encoder_layer=Own, image_to_patches=patches), n_steps=1)
    assert used == [3, (64, 16, 48), (64, 16, 48), 3, (1000, 16, 48), (1000, 16, 48)]


def test_training_does_what_it_is_told(task):
    weights = {"n_steps": 2, "n_warmup": 5, "seed": 0}
    first = own.train_translator(task, **weights).head.weight
    assert torch.equal(first, own.train_translator(task, **weights).head.weight)
    for other in ({"n_steps": 3}, {"n_warmup": 6}, {"seed": 1}):
        assert not torch.equal(first, own.train_translator(task, **(weights | other)).head.weight)
    read = own.train_reader(n_steps=1)[0].head.weight
    assert not torch.equal(read, own.train_reader(n_steps=1, seed=1)[0].head.weight)
    assert not torch.equal(read, own.train_reader(n_steps=2)[0].head.weight)


def test_pictures_hold_their_digits():
    images, digits = own.pictures(200, torch.Generator().manual_seed(3))
    assert images.shape == (200, 1, 12, 12)
    assert set(digits.tolist()) == set(range(10))
    strokes = torch.tensor([digit.count("#") for digit in own.DIGITS])
    assert ((images > 0.5).flatten(1).sum(1) - strokes[digits]).abs().float().mean() < 0.5
    assert len(set(own.DIGITS)) == 10
    assert isinstance(own.PictureReader(Parts()).places, nn.Parameter)


def test_the_sheet_promises_what_was_measured():
    measured = json.loads((BOOK / "lab.json").read_text(encoding="utf-8"))
    sheet = (BOOK / "lab.md").read_text(encoding="utf-8")
    for name, values in measured.items():
        promised = f"{mean(values):.1f} ± {stdev(values):.1f}"
        assert promised in sheet, f"{name}: {promised}"
        if name != "sentences":
            assert re.search(rf"\b{values[0]:.1f}\b", sheet), f"{name}, this seed: {values[0]:.1f}"


@pytest.mark.slow
def test_the_promised_figures_are_reached_again():
    measured = json.loads((BOOK / "lab.json").read_text(encoding="utf-8"))
    assert own.train_reader()[1] == pytest.approx(measured["pictures"][0], abs=4)
