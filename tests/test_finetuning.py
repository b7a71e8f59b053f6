"""Fine-tuning: what moves and what does not, task heads, spans and scores, against loops and hand numbers."""

import itertools
import math
import random
import re

import pytest
import torch
from torch import nn

from seq2gpt.finetuning import (
    ClassificationHead,
    TaggingHead,
    align_tags,
    extend_vocabulary,
    extractive_answer,
    freeze,
    rouge_l,
    span_f1,
    spans,
)
from seq2gpt.gpt import GPT, GPTConfig


def small_gpt(n_layers: int = 3) -> GPT:
    return GPT(GPTConfig(vocab_size=13, context_length=7, d_model=10, n_heads=5, n_layers=n_layers))


# ---- freezing ---------------------------------------------------------------------------------------


def test_everything_is_frozen_but_what_is_excepted():
    model = small_gpt(n_layers=11)
    n = freeze(model, except_names=["blocks.1", "norm"])
    movable = {name for name, p in model.named_parameters() if p.requires_grad}
    assert movable == {
        name for name, _ in model.named_parameters() if name.startswith(("blocks.1.", "norm."))
    }
    assert n == sum(p.numel() for name, p in model.named_parameters() if name in movable)
    assert freeze(model) == 0
    assert freeze(model, ["norm.bias"]) == 10


def test_a_name_that_fits_nothing_changes_nothing():
    model = small_gpt()
    error = "no parameter's name begins with 'block'; the first is 'token_embedding.weight'"
    with pytest.raises(ValueError, match=error):
        freeze(model, ["norm", "block"])
    assert all(p.requires_grad for p in model.parameters())


# ---- heads ------------------------------------------------------------------------------------------


def test_a_text_is_classified_by_its_last_real_token():
    head = ClassificationHead(d_model=5, n_classes=3).double()
    hidden = torch.randn(3, 7, 5, dtype=torch.float64, requires_grad=True)
    mask = torch.zeros(3, 7, dtype=torch.bool)
    mask[0, :4], mask[1, 2:], mask[2, 1] = True, True, True  # padding behind, before, and around
    logits = head(hidden, mask)
    expected = torch.stack([head.linear(hidden[row, last]) for row, last in enumerate((3, 6, 1))])
    torch.testing.assert_close(logits, expected)
    logits.sum().backward()
    assert hidden.grad.abs().sum(-1).bool().nonzero().tolist() == [[0, 3], [1, 6], [2, 1]]


def test_a_text_without_a_token_is_refused():
    mask = torch.tensor([[True, True], [False, False]])
    with pytest.raises(ValueError, match="a text of the batch has no real token; leave it out"):
        ClassificationHead(3, 2)(torch.zeros(2, 2, 3), mask)


def test_every_token_is_tagged_on_its_own():
    head = TaggingHead(d_model=5, n_tags=3).double()
    hidden = torch.randn(2, 7, 5, dtype=torch.float64)
    tags = head(hidden)
    assert tags.shape == (2, 7, 3)
    torch.testing.assert_close(tags[1, 4], head.linear.weight @ hidden[1, 4] + head.linear.bias)


# ---- tags -------------------------------------------------------------------------------------------


def test_the_last_piece_of_a_word_carries_its_tag():
    assert align_tags([1, 2, 3], [None, 0, 1, 1, 2, 2, 2, None]) == [-100, 1, -100, 2, -100, -100, 3, -100]
    assert align_tags([4], [0], ignore=-1) == [4]
    assert align_tags([4, 5], [0, None, 0, 1], ignore=-1) == [4, -1, 4, 5]
    assert align_tags([], []) == []


def test_a_word_without_a_tag_is_refused():
    with pytest.raises(ValueError, match="a token belongs to word 2, but there are tags for 2 words only"):
        align_tags([1, 2], [0, 1, 2])
    with pytest.raises(ValueError, match="a token belongs to word -1, but there are tags for 2 words only"):
        align_tags([1, 2], [0, -1])  # which would count from the end


def test_spans_are_read_as_conll_reads_them():
    assert spans(["I-A", "I-A", "I-B", "B-B", "I-B", "O", "I-B"]) == {
        ("A", 0, 1), ("B", 2, 2), ("B", 3, 4), ("B", 6, 6),
    }  # fmt: skip
    assert spans([]) == set()
    with pytest.raises(ValueError, match="tag 'X' at position 1 is not O, B-kind or I-kind"):
        spans(["O", "X"])


def test_span_f1_counts_over_the_corpus():
    true = [["B-A", "I-A", "O"], ["B-B"], ["O"]]
    guess = [["B-A", "O", "O"], ["B-B"], ["B-A"]]  # 1 right of 3 predicted, of 2 true
    assert span_f1(guess, true) == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
    assert span_f1(true, true) == 1.0
    assert span_f1([["O"]], [["O"]]) == 1.0
    assert span_f1([["O"]], [["B-A"]]) == 0.0
    assert span_f1([["B-A"]], [["B-B"]]) == 0.0
    with pytest.raises(ValueError, match="predicted and true tags must have the same sentences and words"):
        span_f1([["O"]], [["O", "O"]])


# ---- answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_length", [1, 2, 3, 7])
def test_the_best_span_is_the_best_of_all_spans(max_length):
    generator = torch.Generator().manual_seed(max_length)
    for _ in range(50):
        start, end = torch.randint(-4, 5, (2, 7), generator=generator).float()
        allowed = [(i, j) for i in range(7) for j in range(i, 7) if j - i < max_length]
        expected = max(
            allowed, key=lambda span: (start[span[0]] + end[span[1]]).item()
        )  # the first of equals
        assert extractive_answer(start, end, max_length) == expected


def test_an_answer_needs_room():
    for n, max_length in ((0, 3), (3, 0)):
        error = f"{n} tokens and max_length={max_length} leave no span; both must be at least 1"
        with pytest.raises(ValueError, match=error):
            extractive_answer(torch.zeros(n), torch.zeros(n), max_length)


# ---- new tokens -------------------------------------------------------------------------------------


def test_new_tokens_start_at_the_mean_and_change_no_old_logit():
    model = small_gpt()
    old = model.token_embedding.weight.detach().clone()
    ids = torch.randint(13, (2, 5))
    before = model(ids).detach()
    extend_vocabulary(model, 2)
    weight = model.token_embedding.weight
    assert weight.shape == (15, 10)
    assert torch.equal(weight[:13], old)
    mean = [math.fsum(column) / 13 for column in old.double().T.tolist()]
    torch.testing.assert_close(weight[13:].double(), torch.tensor([mean, mean], dtype=torch.float64))
    assert model.head.weight is weight
    assert (model.config.vocab_size, model.head.out_features, model.token_embedding.num_embeddings) == (
        15,
        15,
        15,
    )
    torch.testing.assert_close(model(ids)[..., :13], before)
    assert weight.requires_grad


def test_the_new_rows_can_be_trained_alone_from_the_old():
    model = small_gpt()
    extend_vocabulary(model, 1)
    model(torch.tensor([[13, 1]])).square().sum().backward()
    assert model.token_embedding.weight.grad[13].any()


def test_no_new_token_is_refused():
    with pytest.raises(ValueError, match="n_new=0 must be at least 1"):
        extend_vocabulary(small_gpt(), 0)


def test_a_frozen_base_with_a_new_head_learns():
    model = small_gpt()
    model.head = nn.Identity()  # the hidden states come out
    freeze(model)
    head = ClassificationHead(10, 2)
    ids = torch.randint(13, (5, 7))
    head(model(ids), torch.ones(5, 7, dtype=torch.bool)).sum().backward()
    assert head.linear.weight.grad is not None
    assert all(p.grad is None for p in model.parameters())


# ---- summaries --------------------------------------------------------------------------------------


def longest_common(a: list[str], b: list[str]) -> int:
    for size in range(min(len(a), len(b)), 0, -1):
        subsequences = {tuple(picked) for picked in itertools.combinations(b, size)}
        if any(tuple(picked) in subsequences for picked in itertools.combinations(a, size)):
            return size
    return 0


def test_rouge_l_is_the_longest_common_subsequence():
    rng = random.Random(0)
    for _ in range(60):
        a, b = (rng.choices("xyz", k=rng.randint(0, 7)) for _ in range(2))
        common = longest_common(a, b)
        expected = (
            2 * (common / len(a)) * (common / len(b)) / (common / len(a) + common / len(b)) if common else 0.0
        )
        assert rouge_l(a, b) == pytest.approx(expected)


def test_the_example_of_lin_2004():
    reference = ["police", "killed", "the", "gunman"]
    assert rouge_l(["police", "kill", "the", "gunman"], reference) == 0.75
    assert rouge_l(["the", "gunman", "kill", "police"], reference) == 0.5
    assert rouge_l([], []) == 0.0


def test_names_with_signs_are_taken_as_they_are():
    with pytest.raises(ValueError, match=re.escape("begins with '.*'")):
        freeze(small_gpt(), [".*"])
