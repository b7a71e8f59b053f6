"""A batch of unequal prompts gives every row what it would get alone."""

import re
from typing import Any

import pytest
import torch
from torch import Tensor

from seq2gpt.batched import generate_batch, pad_left, padded_logits
from seq2gpt.generation import KVCache, generate
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.sampling import Sampling

VOCAB_SIZE, CONTEXT_LENGTH = 19, 11
GREEDY = Sampling(temperature=0.0)
PROMPTS = [[3], [1, 2, 3, 4, 5, 6, 7], [18, 0], [5, 5, 5, 5, 5, 5, 5, 5, 5, 5], [2, 9, 4, 11, 0]]


SIZES: dict[str, Any] = {"vocab_size": VOCAB_SIZE, "context_length": CONTEXT_LENGTH, "n_layers": 2}
MODELS: dict[str, Any] = {
    "gpt": lambda: GPT(GPTConfig(**SIZES, d_model=10, n_heads=2, dropout=0.5)),
    "modern": lambda: ModernGPT(ModernConfig(**SIZES, d_model=12, n_heads=2)),
    "grouped": lambda: ModernGPT(
        ModernConfig(**SIZES, d_model=15, n_heads=6, n_kv_heads=2, d_head=4, activation="relu2", tied=False)
    ),
    "llama": lambda: ModernGPT(ModernConfig(**SIZES, d_model=12, n_heads=3, n_kv_heads=1, qk_norm=False)),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> Any:
    """In float64, whose predictions depend strongly on every token and position."""
    model, generator = MODELS[request.param]().double(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.6, generator=generator)
    return model.eval()


def alone(model: Any, prompt: list[int], n_new: int, **settings: Any) -> list[int]:
    """By the generator of the lesson, which knows no padding."""
    return generate(model, torch.tensor([prompt]), n_new, **settings)[0, len(prompt) :].tolist()


def test_padding_stands_before_the_prompt() -> None:
    ids, real = pad_left([[4], [5, 6, 7], [8, 9]])
    assert ids[real].tolist() == [4, 5, 6, 7, 8, 9]
    assert real.tolist() == [[False, False, True], [True, True, True], [False, True, True]]


@pytest.mark.parametrize("max_new_tokens", [1, 4, 99])
def test_every_row_gets_what_it_gets_alone(model: Any, max_new_tokens: int) -> None:
    together = generate_batch(model, PROMPTS, max_new_tokens, GREEDY)
    assert together == [alone(model, prompt, max_new_tokens, temperature=0.0) for prompt in PROMPTS]


def test_drawn_tokens_are_those_of_the_row_alone(model: Any) -> None:
    sampling = Sampling(temperature=1.5, top_k=9, top_p=0.9, min_p=0.01)
    together = generate_batch(model, PROMPTS, 6, sampling, seeds=[7, 8, 9, 10, 11])
    settings = {"temperature": 1.5, "top_k": 9, "top_p": 0.9, "min_p": 0.01}
    for row, (prompt, seed) in enumerate(zip(PROMPTS, range(7, 12), strict=True)):
        generator = torch.Generator().manual_seed(seed)
        assert together[row] == alone(model, prompt, 6, generator=generator, **settings)


def test_the_penalty_counts_the_tokens_of_the_row_alone(model: Any) -> None:
    sampling = Sampling(temperature=0.0, repetition_penalty=3.0)
    together = generate_batch(model, PROMPTS, 6, sampling)
    assert together == [generate_batch(model, [prompt], 6, sampling)[0] for prompt in PROMPTS]
    assert together != generate_batch(model, PROMPTS, 6, GREEDY)


def test_no_seed_is_the_number_of_the_row(model: Any) -> None:
    same = [[4, 2]] * 3
    together = generate_batch(model, same, 9)
    assert together == generate_batch(model, same, 9, seeds=[0, 1, 2])
    assert len(set(map(tuple, together))) == 3


def read_in_two_steps(model: Any, ids: Tensor, real: Tensor) -> Tensor:
    cache = KVCache(2, CONTEXT_LENGTH)
    padded_logits(model, ids[:, :-1], real[:, :-1], cache)
    return padded_logits(model, ids[:, -1:], real, cache)


@pytest.mark.parametrize("read", ["at once", "in two steps"])
def test_padding_has_no_influence_and_positions_count_from_the_first_token(model: Any, read: str) -> None:
    ids, real = pad_left(PROMPTS[:3])
    for pad in (0, 13):
        ids = ids.masked_fill(~real, pad)
        logits = (
            padded_logits(model, ids, real, KVCache(2, CONTEXT_LENGTH))
            if read == "at once"
            else read_in_two_steps(model, ids, real)
        )
        for row, prompt in enumerate(PROMPTS[:3]):
            torch.testing.assert_close(logits[row], model(torch.tensor([prompt]))[0, -1])


def test_a_row_ends_with_an_end_token_and_the_others_go_on(model: Any) -> None:
    free = generate_batch(model, PROMPTS, 4, GREEDY)
    end = free[0][1]
    ended = generate_batch(model, PROMPTS, 4, GREEDY, end_ids=[end])
    expected = [row[: row.index(end) + 1] if end in row else row for row in free]
    assert ended == expected
    assert ended != free


def test_tokens_are_handed_out_as_they_are_drawn(model: Any) -> None:
    seen: list[tuple[int, int]] = []
    rows = generate_batch(model, PROMPTS, 3, GREEDY, on_token=lambda row, token: seen.append((row, token)))
    assert [row for row, _ in seen[:5]] == [0, 1, 2, 3, 4]
    assert [[token for row, token in seen if row == i] for i in range(5)] == rows


def test_a_full_context_gets_nothing(model: Any) -> None:
    assert generate_batch(model, [[1] * 11, [2] * 10], 3, GREEDY)[0] == []
    assert generate_batch(model, [[1] * 11], 3) == [[]]


@pytest.mark.parametrize(
    ("prompts", "settings", "message"),
    [
        ([], {}, "there is no prompt; give at least one"),
        ([[1], []], {}, "prompt 1 is empty, so its row would be all padding; leave it out"),
        ([[1], [2]], {"seeds": [1]}, "1 seeds do not fit 2 prompts; give each prompt one"),
        ([[1] * 13], {}, "the prompt has 13 tokens, context_length=11 holds fewer; shorten it by 2 or more"),
        ([[1], [2, 19]], {}, "prompt 1 holds id 19, the vocabulary has vocab_size=19; use ids from 0 to 18"),
        ([[-1]], {}, "prompt 0 holds id -1, the vocabulary has vocab_size=19; use ids from 0 to 18"),
        ([[1]], {"top_k": 20}, "top_k=20 must lie between 1 and vocab_size=19"),
        ([[1]], {"top_p": 0.0}, "top_p=0.0 must lie above 0 and be at most 1; 1 keeps every token"),
        ([[1]], {"min_p": 1.5}, "min_p=1.5 must lie between 0 and 1; 0 keeps every token"),
        ([[1]], {"repetition_penalty": 0.0}, "repetition_penalty=0.0 must be positive and finite; 1 changes nothing"),
    ],
)  # fmt: skip
def test_impossible_requests_are_refused(model: Any, prompts: Any, settings: Any, message: str) -> None:
    settings = dict(settings)
    seeds = settings.pop("seeds", None)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        generate_batch(model, prompts, 3, Sampling(**settings), seeds=seeds)


def test_a_row_that_is_all_padding_harms_no_other(model: Any) -> None:
    ids, real = torch.tensor([[0, 0, 0], [4, 5, 6]]), torch.tensor([[False] * 3, [True] * 3])
    logits = padded_logits(model, ids, real, KVCache(2, CONTEXT_LENGTH))
    assert logits.isfinite().all()
    torch.testing.assert_close(logits[1], model(ids[1:])[0, -1])


@pytest.mark.parametrize("token_id", [-1, VOCAB_SIZE])
def test_unknown_ids_in_a_matrix_are_refused(model: Any, token_id: int) -> None:
    ids, real = torch.tensor([[3, token_id]]), torch.ones(1, 2, dtype=torch.bool)
    with pytest.raises(ValueError, match=f"^id {token_id} is not in the vocabulary of 19; use"):
        padded_logits(model, ids, real, KVCache(2, CONTEXT_LENGTH))


def test_a_model_in_training_is_refused() -> None:
    model = GPT(GPTConfig(vocab_size=5, context_length=3, d_model=2, n_heads=1, n_layers=1))
    message = "the model is in training mode, dropout would act; call model.eval() first"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        generate_batch(model, [[1]], 1)
