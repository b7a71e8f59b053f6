"""Lesson 13 at work: the stored figures, the comparison with transformers, and what the chapter says of its models."""

from dataclasses import replace
from functools import partial
from statistics import mean

import pytest
import torch

from seq2gpt.gpt import GPT, GPTConfig, load_gpt2_state_dict, next_token_loss, tie_weights
from seq2gpt.run import own_gpt
from seq2gpt.run.own_gpt import Parts, farthest_from_transformers, measured, own_logits, published_weights
from seq2gpt.widgets.walkthrough_model import CONFIG, right


def test_the_logits_are_those_that_transformers_gave() -> None:
    stored = torch.tensor(measured()["logits of transformers"])
    torch.testing.assert_close(own_logits(), stored, atol=1e-5, rtol=1e-5)


def test_transformers_gives_them_still() -> None:
    pytest.importorskip("transformers")
    gap, where = farthest_from_transformers(own_logits())
    assert gap < 1e-5
    assert where == "computed here"


def test_without_transformers_the_stored_logits_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_gpt, "logits_of_transformers", lambda: None)
    gap, where = farthest_from_transformers(own_logits() + 0.5)
    assert gap == pytest.approx(0.5, abs=1e-5)
    assert "stored" in where


def test_every_part_is_asked() -> None:
    called = []

    def noted(name: str, part: object, *arguments: object, **more: object) -> object:
        called.append(name)
        return part(*arguments, **more)

    parts = Parts()
    mine = Parts(**{name: partial(noted, name, getattr(parts, name)) for name in ("config", "gpt", "load", "loss")})  # fmt: skip
    own_logits(mine)
    assert called == ["config", "gpt", "load"]


def test_a_short_training_lowers_the_loss_with_the_parts_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEQ2GPT_DATA", raising=False)
    monkeypatch.setattr(own_gpt, "N_STEPS", 5)
    losses = []

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        losses.append(next_token_loss(logits, targets))
        return losses[-1]

    model, figures = own_gpt.train_gpt(replace(Parts(), loss=loss))
    assert len(losses) == 5
    assert isinstance(model, GPT)
    assert not model.training
    assert figures["before"] == pytest.approx(figures["equal odds"], abs=0.1)
    assert figures["after"] < figures["before"] - 0.2


def test_what_the_lab_expects_is_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, folder in (("course", None), ("tinyshakespeare", "/somewhere")):
        monkeypatch.delenv("SEQ2GPT_DATA", raising=False)
        if folder:
            monkeypatch.setenv("SEQ2GPT_DATA", folder)
        after = [row["after"] for row in measured()[name]]
        first, middle, spread = own_gpt.expected()
        assert (first, middle) == (after[0], mean(after))
        assert 0 < spread < 0.1


def test_a_matrix_turned_only_where_its_shape_asks_breaks_the_model() -> None:
    """The story of the chapter: attn.c_proj is square."""
    weights = published_weights()
    model = GPT(CONFIG).eval()
    load_gpt2_state_dict(model, weights)
    assert right(model) == 100
    for i in range(CONFIG.n_layers):
        weights[f"transformer.h.{i}.attn.c_proj.weight"] = weights[f"transformer.h.{i}.attn.c_proj.weight"].T
    load_gpt2_state_dict(model, weights)
    assert right(model) < 2


def test_by_hand_logits_of_the_chapter() -> None:
    model = GPT(GPTConfig(vocab_size=3, context_length=1, d_model=2, n_heads=1, n_layers=1))
    with torch.no_grad():
        model.token_embedding.weight.copy_(torch.tensor([[1.0, 0], [0, 2], [-1, 1]]))
        tie_weights(model)
        logits = model.head(torch.tensor([2.0, 1]))
    assert logits.tolist() == [2, 2, -1]
    assert [round(p, 2) for p in logits.softmax(0).tolist()] == [0.49, 0.49, 0.02]


@pytest.mark.slow
def test_the_stored_losses_are_what_training_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own texts differ a little from one version to the next, and chaos does the rest."""
    monkeypatch.delenv("SEQ2GPT_DATA", raising=False)
    found = [own_gpt.train_gpt(seed=seed)[1]["after"] for seed in range(3)]
    assert mean(found) == pytest.approx(mean(row["after"] for row in measured()["course"]), abs=0.1)
