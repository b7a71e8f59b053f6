"""From continuing to answering: supervised fine-tuning on a few hundred conversations.

A GPT that has read film reviews goes on with whatever it is given. Fine-tuned on conversations, with the
loss on the answers alone, it writes the review that it is asked for and ends its turn. Counted is the
share of 200 answers that follow the request: every word of opinion praises, or blames, as asked, and
the turn is closed.

With --data, a JSON list of instruction, input and output or the set instructions, the requests are real: questions,
rewritings, sums. The model reads them first as texts, then as conversations; one in ten is kept for the test. A thousand
requests teach it the form of an answer, its words and its end, and no knowledge: expect hardly any that is right.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seq2gpt.data.generated import BAD, GOOD, review, reviews
from seq2gpt.data.tasks import Request, load_requests
from seq2gpt.data.words import WordTokenizer, split_words
from seq2gpt.decoding import decoder_of, stream
from seq2gpt.errors import UserError
from seq2gpt.finetuning import rouge_l
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT
from seq2gpt.instructions import END, Message, completion_mask, render_chat, sft_loss
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import encode_rows, pretrain, word_gpt
from seq2gpt.run.demos.loop import fit
from seq2gpt.sampling import Sampling

GREEDY = Sampling(temperature=0.0)
REQUESTS = {True: "Write a good review.", False: "Write a bad review."}
LENGTH = 32  # tokens of the longest conversation, with room
REAL_LENGTH = 80  # the same of real requests; longer ones are left out
SETS: dict[str, dict[str, Any]] = {"instructions": {"n_pretrain": 300, "n_finetune": 200}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A JSON list of instruction, input and output, or the set instructions; without it, requests for reviews."""
    n_texts: int = 5000
    """Reviews for pre-training."""
    n_conversations: int = 300
    """Requests for reviews with their answers, for fine-tuning."""
    n_pretrain: int = 600
    """Steps of pre-training."""
    n_finetune: int = 400
    """Steps of fine-tuning."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Pre-train on texts, fine-tune on conversations, count before and after."""
    if config.data is not None:
        return answer_requests(config, progress)
    torch.manual_seed(config.seed)
    generator = torch.Generator().manual_seed(config.seed)
    texts = reviews(config.n_texts, 0, 0, config.seed).unlabelled
    conversations = [conversation(number, config.seed) for number in range(config.n_conversations)]
    tokenizer = WordTokenizer.from_texts([*texts, *conversations])
    model = word_gpt(tokenizer, LENGTH)
    pretrain(model, encode_rows(texts, tokenizer, LENGTH), config.n_pretrain, progress, generator)
    before = followed(model, tokenizer, generator)
    fine_tune(model, tokenizer, conversations, config, progress, generator)
    prompt = ask(good=True)
    return DemoResult(
        figures={
            "requests followed before, %": before,
            "requests followed after, %": followed(model, tokenizer, generator),
        },
        sample=f"{prompt}\n{answers(model, tokenizer, prompt, 1, generator)[0]}",
    )


def fine_tune(
    model: GPT,
    tokenizer: WordTokenizer,
    conversations: Sequence[str],
    config: Config,
    progress: bool,
    generator: torch.Generator,
) -> None:
    """Train on conversations, 64 a step, with the loss on the answers alone."""
    ids = encode_rows(conversations, tokenizer, model.config.context_length)
    learned = answer_mask(ids, tokenizer)

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(ids), (64,), generator=generator)
        return sft_loss(model(ids[rows]), ids[rows], learned[rows])

    fit(model.parameters(), loss, config.n_finetune, lr=2e-3, progress=progress)


def answer_mask(ids: Int[Tensor, "texts n"], tokenizer: WordTokenizer) -> Bool[Tensor, "texts n"]:
    """Which tokens are the assistant's."""
    return completion_mask(ids, tokenizer.id_of("<|assistant|>"), tokenizer.id_of(END))


def ask(good: bool) -> str:
    """The conversation up to where the assistant is to speak."""
    return render_chat([{"role": "user", "content": REQUESTS[good]}], answer=True)


def conversation(number: int, seed: int) -> str:
    """A request and a right answer, in words and markers."""
    rng = random.Random(f"conversation {seed} {number}")
    good = rng.random() < 0.5
    messages: list[Message] = [
        {"role": "user", "content": REQUESTS[good]},
        {"role": "assistant", "content": review(GOOD if good else BAD, rng)},
    ]
    return render_chat(messages)


def answers(
    model: GPT, tokenizer: WordTokenizer, prompt: str, n: int, generator: torch.Generator
) -> list[str]:
    """``n`` sampled continuations of the prompt, each up to the end of the turn if there is one."""
    read = torch.tensor([tokenizer.encode(prompt)] * n)
    written = generate(model, read, max_new_tokens=LENGTH, generator=generator)[:, read.shape[1] :]
    texts = [tokenizer.decode(row.tolist()) for row in written]
    return [text[: text.find(END) + len(END)] if END in text else text for text in texts]


def followed(model: GPT, tokenizer: WordTokenizer, generator: torch.Generator) -> float:
    """The share, in per cent, of 200 answers that do what was asked."""
    n_right = 0
    for good in (True, False):
        for text in answers(model, tokenizer, ask(good), 100, generator):
            found = set(split_words(text))
            wanted, other = (GOOD, BAD) if good else (BAD, GOOD)
            n_right += END in text and bool(found & set(wanted)) and not found & set(other)
    return 100 * n_right / 200


def answer_requests(config: Config, progress: bool) -> DemoResult:
    """The same with real requests: what the model makes of those that it never read."""
    assert config.data is not None
    torch.manual_seed(config.seed)
    generator = torch.Generator().manual_seed(config.seed)
    train, test = split_requests(config.data, config.seed)
    texts = [f"{asked.request} {asked.answer}" for asked in train]
    tokenizer = WordTokenizer.from_texts([*texts, *map(as_conversation, train)], least=3)
    model = word_gpt(tokenizer, REAL_LENGTH)
    pretrain(model, encode_rows(texts, tokenizer, REAL_LENGTH), config.n_pretrain, progress, generator)
    held_out = encode_rows(list(map(as_conversation, test)), tokenizer, REAL_LENGTH)
    figures = {"perplexity of the answers before": answer_perplexity(model, held_out, tokenizer)}
    fine_tune(model, tokenizer, list(map(as_conversation, train)), config, progress, generator)
    figures["perplexity of the answers after"] = answer_perplexity(model, held_out, tokenizer)
    written = [write_answer(model, tokenizer, asked.request) for asked in test]
    pairs = [
        (split_words(text), split_words(asked.answer)) for text, asked in zip(written, test, strict=True)
    ]
    copied = [(split_words(asked.request), split_words(asked.answer)) for asked in test]
    figures["answers that end, %"] = 100 * sum(text.endswith(END) for text in written) / len(test)
    figures["answers right word for word, %"] = (
        100 * sum(given[:-1] == right for given, right in pairs) / len(pairs)
    )
    figures["ROUGE-L of the answers, %"] = (
        100 * sum(rouge_l(g[:-1], right) for g, right in pairs) / len(pairs)
    )
    figures["ROUGE-L of the requests, repeated, %"] = (
        100 * sum(rouge_l(*pair) for pair in copied) / len(copied)
    )
    return DemoResult(figures=figures, sample=f"{test[0].request}\n{written[0]}")


def split_requests(data: Path, seed: int) -> tuple[list[Request], list[Request]]:
    """Requests to learn from, and one in ten for the test; those that are too long are left out."""
    read = [r for r in load_requests(data) if len(split_words(as_conversation(r))) <= REAL_LENGTH]
    random.Random(seed).shuffle(read)
    n_test = len(read) // 10
    if n_test == 0:
        raise UserError(f"{data} holds {len(read)} requests that can be read; give --data 10 or more")
    return read[n_test:], read[:n_test]


def as_conversation(asked: Request) -> str:
    """A request and its answer, in words and markers."""
    turns = (("user", asked.request), ("assistant", asked.answer))
    return render_chat([{"role": role, "content": content} for role, content in turns])


@torch.no_grad()
def answer_perplexity(model: GPT, ids: Int[Tensor, "texts n"], tokenizer: WordTokenizer) -> float:
    """The perplexity of a word of the answers."""
    return math.exp(sft_loss(model(ids), ids, answer_mask(ids, tokenizer)).item())


def write_answer(model: GPT, tokenizer: WordTokenizer, request: str) -> str:
    """The most probable continuation of a request, up to the end of the turn or of the context."""
    prompt = render_chat([{"role": "user", "content": request}], answer=True)
    words = []
    for token in stream(decoder_of(model.eval()), tokenizer.encode(prompt), REAL_LENGTH, GREEDY):
        words.append(tokenizer.words[token])
        if words[-1] == END:
            break
    return " ".join(words)
