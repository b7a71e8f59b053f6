"""What lesson 10 states: its losses are those of three seeds, and the lab trains the student's own parts."""

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from seq2gpt.blocks import FeedForward, SwiGLU, TransformerBlock, dropout, layer_norm, rms_norm
from seq2gpt.run.demos.blocks import pass_through
from seq2gpt.run.demos.text import as_characters
from seq2gpt.run.depth import (
    CONFIG,
    DEPTHS,
    KINDS,
    LAB,
    LIKE_GPT2,
    LIKE_LLAMA,
    RATES,
    Parts,
    assemble,
    loss_reached,
    measure_lab,
    open_text,
    unigram_loss,
)

ROOT = Path(__file__).parent.parent
MEASURED = json.loads((ROOT / "book/10-blocks/measured.json").read_text(encoding="utf-8"))
SMALL = replace(CONFIG, n_layers=2, d_model=6, context_length=7, n_steps=2, batch=3)
TEXT = "the cat sat on the mat and saw that it was all as it had been. " * 20


def mean(losses: list[float]) -> float:
    assert len(losses) == 3
    return statistics.mean(losses)


def test_the_chapter_says_what_was_measured() -> None:
    rates, depths, letters = MEASURED["by rate"], MEASURED["by depth"], MEASURED["letters alone"]
    assert set(rates) == set(KINDS)
    assert all(list(by_rate) == [str(rate) for rate in RATES] for by_rate in rates.values())
    assert all(list(by_depth) == [str(n) for n in DEPTHS] for by_depth in depths.values())
    assert abs(mean(rates["pre-LN"]["0.001"]) - mean(rates["post-LN"]["0.001"])) < 0.01
    good, fair, stuck = sorted(rates["post-LN"]["0.003"])
    assert max(rates["pre-LN"]["0.003"]) + 0.05 > fair > good
    assert stuck > 3
    assert min(mean(losses) for losses in rates["pre-LN"].values()) == mean(rates["pre-LN"]["0.01"])
    assert min(rates["post-LN"]["0.01"]) > letters
    assert all(min(losses) > letters for losses in rates["no residual"].values())
    one, two, *deeper = (mean(losses) for losses in depths["no residual"].values())
    assert one < two - 0.2 < letters - 0.2
    assert min(deeper) > letters
    paths = [*map(mean, depths["pre-LN"].values()), mean(rates["pre-LN"]["0.003"])]
    assert paths == sorted(paths, reverse=True)  # every step deeper is a little better


def test_the_lab_states_what_was_measured() -> None:
    sheet = " ".join((ROOT / "book/10-blocks/lab.md").read_text(encoding="utf-8").split())
    for name in ("lab", "lab, tinyshakespeare"):
        first = [f"{losses[0]:.3f}" for losses in MEASURED[name].values()]
        others = [
            f"{mean(losses[1:]):.3f} ± {statistics.stdev(losses[1:]):.3f}"
            for losses in MEASURED[name].values()
        ]
        assert f"{first[0]}, {first[1]} and {first[2]}" in sheet
        assert f"{others[0]}, {others[1]} and {others[2]}" in sheet
    assert f"reaches {MEASURED['letters alone']:.3f}" in sheet


def test_who_knows_frequencies_alone_has_the_entropy_of_the_letters() -> None:
    text = as_characters("ab" * 300, 2)
    assert unigram_loss(text) == pytest.approx(torch.tensor(2.0).log().item(), abs=0.01)


def test_the_stack_is_made_of_the_parts_given() -> None:
    used = []

    class Own(TransformerBlock):
        pass

    parts = Parts(
        Own,
        lambda x, weight: used.append("norm") or rms_norm(x, weight),
        SwiGLU,
        lambda x, p, training: used.append(training) or dropout(x, p, training),
        d_ff=11,
    )
    text = as_characters(TEXT, 7)
    model = assemble(parts, "pre-LN", text.tokenizer.vocab_size, SMALL)
    assert [type(block) for block in model.blocks] == [Own] * 2
    assert {block.feed_forward.w_in.out_features for block in model.blocks} == {11}
    model(text.training[None, :5])
    assert used == [True, *["norm"] * 5]
    model.eval()(text.training[None, :5])
    assert used.count(False) == 1


def test_parts_of_the_course_make_the_blocks_of_the_course() -> None:
    layer, x = LIKE_GPT2.layer(6), torch.randn(2, 5, 6)
    block = TransformerBlock(6, 2, 4 * CONFIG.d_model)
    state = {name: value for name, value in layer.state_dict().items() if not name.startswith("norm")}
    block.load_state_dict(state, strict=False)
    torch.testing.assert_close(layer(x, causal=True), block(x, causal=True))
    for kind in ("pre-LN", "post-LN", "no residual"):
        torch.testing.assert_close(pass_through(layer, x, kind), pass_through(block, x, kind))


def test_both_ways_have_about_as_many_parameters() -> None:
    sizes = [
        sum(p.numel() for p in assemble(parts, "pre-LN", 96, CONFIG).parameters())
        for parts in (LIKE_GPT2, LIKE_LLAMA)
    ]
    assert max(sizes) / min(sizes) < 1.03


def test_training_lowers_the_loss_and_leaves_dropout_out_of_the_measurement() -> None:
    text = as_characters(TEXT, 7)
    start, end = (
        loss_reached(text, replace(SMALL, n_steps=n, d_model=12), parts=Parts(d_ff=12)) for n in (1, 60)
    )
    assert end < start - 0.3
    assert loss_reached(text, SMALL) == loss_reached(text, SMALL)


def test_the_published_text_is_read_where_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import seq2gpt.run.depth as depth

    monkeypatch.setattr(depth, "load_tinyshakespeare", lambda: TEXT * 3)
    monkeypatch.setenv("SEQ2GPT_DATA", str(tmp_path))
    assert "saw that it was" in open_text().tokenizer.decode(open_text().training.tolist())


@pytest.mark.slow
def test_the_figures_are_measured_again() -> None:
    stated, again = MEASURED["lab"], measure_lab(open_text(), seeds=(0,))
    for name in LAB:
        assert again[name][0] == pytest.approx(stated[name][0], abs=0.05)


def test_the_lab_has_the_parts_of_its_cell() -> None:
    assert (LIKE_GPT2.norm, LIKE_GPT2.feed_forward) == (layer_norm, FeedForward)
    assert (LIKE_LLAMA.norm, LIKE_LLAMA.feed_forward, LIKE_LLAMA.d_ff) == (rms_norm, SwiGLU, 85)
    assert isinstance(LIKE_GPT2.layer(8), nn.Module)
