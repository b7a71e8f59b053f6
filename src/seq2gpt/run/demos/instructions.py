"""From continuing to answering: supervised fine-tuning on a few hundred conversations.

A GPT that has read film reviews goes on with whatever it is given. Fine-tuned on conversations, with the
loss on the answers alone, it writes the review that it is asked for and ends its turn. Counted is the
share of 200 answers that follow the request: every word of opinion praises, or blames, as asked, and
the turn is closed.
"""

import random
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seq2gpt.data.generated import BAD, GOOD, review, reviews
from seq2gpt.data.words import WordTokenizer, split_words
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT
from seq2gpt.instructions import END, Message, completion_mask, render_chat, sft_loss
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import encode_rows, pretrain, word_gpt
from seq2gpt.run.demos.loop import fit

REQUESTS = {True: "Write a good review.", False: "Write a bad review."}
LENGTH = 32  # tokens of the longest conversation, with room


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    n_texts: int = 5000
    """Reviews for pre-training."""
    n_conversations: int = 300
    """Requests with their answers, for fine-tuning."""
    n_pretrain: int = 600
    """Steps of pre-training."""
    n_finetune: int = 400
    """Steps of fine-tuning."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Pre-train on texts, fine-tune on conversations, count before and after."""
    torch.manual_seed(config.seed)
    generator = torch.Generator().manual_seed(config.seed)
    texts = reviews(config.n_texts, 0, 0, config.seed).unlabelled
    conversations = [conversation(number, config.seed) for number in range(config.n_conversations)]
    tokenizer = WordTokenizer.from_texts([*texts, *conversations])
    model = word_gpt(tokenizer, LENGTH)
    pretrain(model, encode_rows(texts, tokenizer, LENGTH), config.n_pretrain, progress, generator)
    before = followed(model, tokenizer, generator)
    ids = encode_rows(conversations, tokenizer, LENGTH)
    learned = completion_mask(ids, tokenizer.id_of("<|assistant|>"), tokenizer.id_of(END))

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(ids), (64,), generator=generator)
        return sft_loss(model(ids[rows]), ids[rows], learned[rows])

    fit(model.parameters(), loss, config.n_finetune, lr=2e-3, progress=progress)
    prompt = ask(good=True)
    return DemoResult(
        figures={
            "requests followed before, %": before,
            "requests followed after, %": followed(model, tokenizer, generator),
        },
        sample=f"{prompt}\n{answers(model, tokenizer, prompt, 1, generator)[0]}",
    )


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
