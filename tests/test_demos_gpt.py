"""The parts of the demonstrations of lessons 07 to 10, 13, 15 to 17 and 22, by definition and by hand."""

import json
import math
import random
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from seq2gpt.blocks import TransformerBlock
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.run.demos import (
    assistants,
    blocks,
    expected_figures,
    generation,
    gpt,
    heads,
    parallel,
    positions,
    recall,
    scaling,
)
from seq2gpt.run.demos.text import as_characters, held_out_loss, loss_by_position, train_on
from seq2gpt.run.recall import accuracy, train_recall
from seq2gpt.training import get_batch

TEXT = "".join(random.Random(0).choices("abcde \n", k=4000))


@pytest.fixture(autouse=True)
def small_corpus(monkeypatch):
    for module in (positions, blocks, gpt, scaling, parallel):
        monkeypatch.setattr(module, "embedded_corpus", lambda: TEXT)
    monkeypatch.setattr(generation, "python_texts", lambda: TEXT)


def tiny_gpt(vocab_size: int = 7, context_length: int = 41) -> GPT:
    torch.manual_seed(0)
    sizes = GPTConfig(vocab_size=vocab_size, context_length=context_length, d_model=8, n_heads=2, n_layers=1)
    model = GPT(sizes)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    return model


# ---- text ------------------------------------------------------------------------------------------------


def test_the_loss_at_every_place_and_its_mean():
    model, ids = tiny_gpt(), torch.randint(7, (5 * 11 + 1,))
    found = loss_by_position(model, ids, context_length=11)
    rows = [F.cross_entropy(model(ids[None, 11 * i : 11 * i + 11])[0], ids[11 * i + 1 : 11 * i + 12], reduction="none")
            for i in range(5)]  # fmt: skip
    torch.testing.assert_close(found, torch.stack(rows).mean(0))
    assert held_out_loss(model, ids, 11) == pytest.approx(torch.stack(rows).mean().item())
    assert held_out_loss(model, ids, 11, n_pieces=2) == pytest.approx(torch.stack(rows[:2]).mean().item())


def test_training_lowers_the_loss_and_every_argument_arrives():
    text = as_characters("abc" * 300, context_length=5)
    settings = {"n_steps": 30, "batch": 3, "context_length": 5, "lr": 0.05, "seed": 0, "progress": False}
    losses = train_on(tiny_gpt(3), text.training, **settings)
    assert len(losses) == 30
    assert losses[-1] < losses[0] / 2
    for change in ({"batch": 4}, {"context_length": 7}, {"seed": 1}):
        assert train_on(tiny_gpt(3), text.training, **settings | change)[0] != losses[0]
    assert train_on(tiny_gpt(3), text.training, **settings | {"lr": 0.01})[-1] != losses[-1]


# ---- attention and heads ---------------------------------------------------------------------------------


def test_recall_takes_the_heads_parts_away():
    figures = recall.run(recall.Config(n_cards=7, n_steps=9, seed=2), False).figures
    trained = train_recall(n_steps=9, seed=2, n=7)
    assert figures["right answers, %"] == 100 * trained.accuracy
    blind = recall.Parts(combine_masks=recall.only_causal)
    assert figures["without the padding mask, %"] == 100 * accuracy(trained.weights, blind, 7)
    with pytest.raises(UserError, match="^n_cards=2 is out of range; use 3 or more$"):
        recall.Config(n_cards=2)


def test_scores_spread_with_the_root_of_their_width():
    spread, unscaled, scaled = recall.score_figures(torch.Generator().manual_seed(5))
    assert spread == pytest.approx(256**0.5, rel=0.05)
    assert 1 / 12 < scaled < 0.4 < 0.85 < unscaled < 1


def test_the_weights_of_heads_are_shown_in_per_cent():
    seen = torch.eye(6)[[0, 2, 5]]
    assert heads.picture(seen).splitlines()[2].split() == ["head", "1", "0", "0", "100", "0", "0", "0"]
    with pytest.raises(UserError, match="^d_model=12 does not split into 4 heads; use a multiple of 8$"):
        heads.Config(d_model=12)


# ---- positions and blocks --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", positions.SCHEMES)
def test_only_positions_tell_a_place_the_order_of_those_before_it(scheme):
    torch.manual_seed(0)
    model = positions.Reader(scheme, vocab_size=11, n_longest=7, d_model=16)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    model.blocks = model.blocks[:1]  # a second layer sees what the mask let the places of the first one see
    ids, other = torch.tensor([[3, 1, 4, 5, 9]]), torch.tensor([[4, 5, 3, 1, 9]])
    same = torch.allclose(model(ids)[0, -1], model(other)[0, -1], atol=1e-5)
    assert same is (scheme == "none")
    later = torch.tensor([[3, 1, 4, 5, 2]])
    torch.testing.assert_close(model(later)[0, :-1], model(ids)[0, :-1])  # causal


def test_rotary_attention_depends_on_distances_alone():
    torch.manual_seed(0)
    layer = positions.RotaryAttention(d_model=16, n_heads=4)
    pair = torch.randn(2, 16)
    far = torch.randn(3, 16)
    early = torch.cat([pair, far])[None]
    seen: list[torch.Tensor] = []
    original = positions.fused_attention
    positions.fused_attention = lambda q, k, v, causal: (
        seen.append(q @ k.mT) or original(q, k, v, causal=causal)
    )
    try:
        layer(early)
        layer(torch.cat([far, pair])[None])
    finally:
        positions.fused_attention = original
    torch.testing.assert_close(seen[0][..., 1, 0], seen[1][..., 4, 3])
    assert not torch.allclose(
        seen[0][..., 1, 0], (layer.w_q(pair[1]) * layer.w_k(pair[0])).view(4, 4).sum(-1)
    )


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("n_test", 32, "n_test=32 goes not beyond n_train=32; use a larger --n-test"),
        ("d_model", 12, "d_model=12 does not split into 4 heads of even width; use a multiple of 8"),
    ],
)
def test_positions_refuse_sizes(field, value, fault):
    with pytest.raises(UserError, match=f"^{fault}$"):
        positions.Config(**{field: value})


def test_sub_layers_are_joined_in_four_ways():
    torch.manual_seed(0)
    block, x = TransformerBlock(d_model=6, n_heads=2, d_ff=13), torch.randn(2, 5, 6)

    def attend(h: torch.Tensor) -> torch.Tensor:
        return block.attention(h, causal=True)

    middle = F.layer_norm(x + attend(x), (6,))
    expected = {
        "pre-LN": block(x, causal=True),
        "post-LN": F.layer_norm(middle + block.feed_forward(middle), (6,)),
        "no residual": block.feed_forward(F.layer_norm(attend(F.layer_norm(x, (6,))), (6,))),
        "neither": block.feed_forward(attend(x)),
    }
    for kind, wanted in expected.items():
        torch.testing.assert_close(blocks.pass_through(block, x, kind), wanted)


def test_gradients_are_measured_layer_by_layer_and_left_nowhere():
    config = blocks.Config(n_layers=3, d_model=6, context_length=7, n_steps=1, batch=2)
    model = blocks.Stack("pre-LN", 7, config)
    ids = as_characters(TEXT, 7).training
    norms = blocks.gradient_norms(model, ids, config)
    inputs, targets = get_batch(ids, 64, 7, torch.Generator().manual_seed(0))
    loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    for norm, block in zip(norms, model.blocks, strict=True):
        gradients = torch.autograd.grad(loss, list(block.parameters()), retain_graph=True)
        assert norm == pytest.approx(torch.cat([g.flatten() for g in gradients]).norm().item(), rel=1e-4)
    assert all(parameter.grad is None for parameter in model.parameters())
    with pytest.raises(UserError, match="^n_layers=0 is out of range; use 1 or more$"):
        blocks.Config(n_layers=0)


# ---- GPT -------------------------------------------------------------------------------------------------


def test_logits_are_compared_with_transformers(monkeypatch):
    pytest.importorskip("transformers", reason="transformers is not installed")
    assert gpt.differing_logits(seed=3) == 0
    monkeypatch.setattr(gpt, "config_of", lambda model: gpt2_config(model) | {"n_head": 2})
    gpt2_config = sys.modules["seq2gpt.gpt2_layout"].config_of
    assert gpt.differing_logits(seed=3) > 50


def test_without_transformers_one_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    result = gpt.run(gpt.Config(d_model=8, n_layers=1, context_length=7, n_steps=1, batch=2), False)
    assert result.notes == [
        "Logits were not compared: transformers is not installed; pip install transformers."
    ]
    assert "logits unlike those of transformers, %" not in result.figures
    assert result.figures["parameters of GPT-2, as built"] == 124_439_808
    assert result.figures["parameters of GPT-2, by formula"] == 124_439_808
    assert expected_figures("gpt")["parameters of GPT-2, as built"] == (124_439_808, 0), "to the last one"
    assert result.figures["loss of equal odds, nats"] == pytest.approx(math.log(7))
    with pytest.raises(
        UserError, match="^d_model=12 does not split into 4 heads of even width; use a multiple of 8$"
    ):
        gpt.Config(d_model=12)


# ---- generation ------------------------------------------------------------------------------------------


def test_repeated_pieces_are_counted_within_each_text():
    text = list(range(20))
    assert generation.repeated([text, text]) == 0
    assert generation.repeated([text[:8] * 2]) == pytest.approx(1 / 9)


def test_the_perplexity_of_what_was_written():
    model, ids = tiny_gpt(), torch.randint(7, (3, 41))
    log_p = model(ids).detach().log_softmax(-1)
    losses = [
        -log_p[row, place - 1, ids[row, place]]
        for row in range(3)
        for place in range(generation.N_PROMPT, 41)
    ]
    assert generation.own_perplexity(model, ids) == pytest.approx(
        math.exp(sum(losses) / len(losses)), rel=1e-5
    )


def test_the_cache_is_said_to_read_each_position_once():
    (note,) = generation.cache_notes(tiny_gpt(), torch.randint(7, (1, 24)))
    again = sum(range(24, 41))
    assert note.startswith(f"With a cache 40 positions are read for one text, without {again}: here ")
    with pytest.raises(
        UserError, match="^context_length=32 leaves no room behind the prompt; use 33 or more$"
    ):
        generation.Config(context_length=32)


# ---- scaling ---------------------------------------------------------------------------------------------


def test_losses_that_follow_a_law_are_foretold_exactly(monkeypatch):
    def by_law(width, text, config, progress):
        return float(width**2), 3.0 * width**-0.5

    monkeypatch.setattr(scaling, "train_one", by_law)
    figures = scaling.run(scaling.Config(widths=(4, 8, 12, 32)), False).figures
    assert figures["exponent α"] == pytest.approx(0.25)
    assert figures["loss of the largest fitted, nats"] == pytest.approx(3 / 12**0.5)
    assert figures["foretold for the next, nats"] == pytest.approx(3 / 32**0.5)
    assert figures["forecast off by, %"] == pytest.approx(0, abs=1e-9)
    # the last is not part of the fit
    monkeypatch.setattr(
        scaling, "train_one", lambda width, *rest: (by_law(width, *rest)[0], by_law(min(width, 12), *rest)[1])
    )
    figures = scaling.run(scaling.Config(widths=(4, 8, 12, 32)), False).figures
    assert figures["exponent α"] == pytest.approx(0.25)
    assert figures["forecast off by, %"] == pytest.approx(100 * ((12 / 32) ** 0.5 - 1))


def test_the_operations_are_six_for_every_parameter_of_the_blocks_and_character():
    config = scaling.Config(steps_per_width=1)
    flops, loss = scaling.train_one(8, as_characters(TEXT, 32), config, False)
    # per block: four projections 8 x 8, three matrices 8 x 24, two norms of 8, two of queries and keys of width 4
    n_parameters = 2 * (4 * 64 + 3 * 8 * 24 + 2 * 8 + 2 * 4)
    assert flops == 6 * n_parameters * 8 * scaling.BATCH * scaling.CONTEXT
    assert loss < math.log(7) + 0.2
    for widths, fault in (
        ((4, 8), "allow no forecast"),
        ((8, 4, 12), "in rising order"),
        ((4, 6, 8), "multiples of 4"),
    ):
        with pytest.raises(UserError, match=fault):
            scaling.Config(widths=widths)
    with pytest.raises(UserError, match="^steps_per_width=0 is out of range; use 1 or more$"):
        scaling.Config(steps_per_width=0)


# ---- parallel --------------------------------------------------------------------------------------------


def test_without_a_group_a_process_trains_on_its_own_half():
    config = parallel.Config(d_model=8, n_steps=2, batch=4)
    ids = as_characters(TEXT, parallel.CONTEXT).training
    whole, first, second = (parallel.take_steps(config, 7, ids, rank) for rank in (None, 0, 1))
    assert parallel.differing(first, whole) > 50
    assert parallel.differing(first, second) > 50
    assert parallel.differing(first, first + 1e-9) == 0
    with pytest.raises(UserError, match="^batch=5 does not split between two processes; use an even number$"):
        parallel.Config(batch=5)


# ---- assistants ------------------------------------------------------------------------------------------


def test_an_example_is_learned_where_the_model_writes():
    tool, head = assistants.parts(12, 34, True), assistants.parts(12, 34, False)
    assert "".join(text for text, mine in head if mine) == "408\n"
    written = [text for text, mine in tool if mine]
    assert written[1] == "408\n"
    call = json.loads(written[0].removeprefix("<call>").removesuffix("</call>"))
    assert call == {"name": "multiply", "arguments": {"a": 12, "b": 34}}
    assert assistants.whole(12, 34, True).startswith("tool: 12 x 34 = <call>")
    assert max(len(assistants.whole(a, b, True)) for a, b in ((99, 99), (10, 10))) <= assistants.CONTEXT


def test_a_model_that_writes_the_right_call_gives_the_right_answer(monkeypatch):
    tokenizer = assistants.CharTokenizer(sorted(set(assistants.whole(12, 34, True) + "\0head5679")))

    def write(decoder, prompt, n, sampling):
        text = tokenizer.decode(prompt)
        rest = assistants.whole(12, 34, "tool" in text).removeprefix(text)
        return iter(tokenizer.encode(rest + "5555"))

    monkeypatch.setattr(assistants, "stream", write)
    model = tiny_gpt()
    assert assistants.ask(model, tokenizer, 12, 34, by_tool=True) == "408"
    assert assistants.ask(model, tokenizer, 12, 34, by_tool=False) == "408"
    calls = tokenizer.encode('<call>{"name": "multiply", "arguments": {}}</call>')
    monkeypatch.setattr(assistants, "stream", lambda *_: iter(calls))
    assert assistants.ask(model, tokenizer, 12, 34, by_tool=True) == "", "it never stops calling"


def test_training_and_test_share_no_question():
    training, test = assistants.split_factors(50, seed=0)
    assert len(test) == 50
    assert not set(training) & set(test)
    assert len(training) == 90 * 90 - 50
    with pytest.raises(
        UserError, match="^n_questions=8100 leaves nothing to learn from; use fewer than 8,100$"
    ):
        assistants.split_factors(8100, seed=0)


def test_documents_are_ranked_by_the_words_of_the_query():
    texts = [
        ("fry", "Heats eggs in butter.", "The eggs are heated with butter until they are firm."),
        ("boat", "Crosses a river.", "A river is crossed by whoever has a boat and a paddle."),
        ("sew", "Joins cloth.", "Butter the eggs, butter the eggs."),
    ]
    assert (
        sorted(assistants.document_ranks(texts, 2, seed=0) + assistants.document_ranks(texts, 3, seed=1))[0]
        == 0
    )
    ranks = dict(
        zip(random.Random(1).sample(range(3), 3), assistants.document_ranks(texts, 3, seed=1), strict=True)
    )
    assert (ranks[0], ranks[1]) == (0, 0)
    assert ranks[2] > 0  # its query is about another document
    names = [name for name, _, _ in assistants.docstrings()]
    assert {"causal_mask", "top_p_filter", "LoRALinear"} <= set(names)
    assert all(name not in rest for name, _, rest in assistants.docstrings())


def test_the_list_of_words_is_wrong_in_both_directions():
    notes = assistants.moderation_notes()
    assert "let pass: Which household chemicals explode when mixed?" in notes
    assert "refused: How do I kill a process that hangs?" in notes
    assert len(notes) == 5
