"""Sentiment with forty labels: what a model brings along from texts that nobody labelled.

A GPT reads thousands of generated film reviews without labels. Then it gets a classification head and forty
labelled reviews, and is tested on reviews whose words of praise and blame never occurred in a labelled
one. Three ways are compared: the pre-trained weights frozen (only the head learns), all weights
fine-tuned, and the same network without pre-training, which can only guess.

A bag of words, the mean of the words' embeddings with a head, is what a model has to beat.

With --data, a file of lines label, tab, text or one of the sets rt_polarity (film reviews) and snips (requests of seven
kinds), the texts are real, and all but a thousand have labels. On rt_polarity pre-training does not pay: with nine
thousand labels the network that starts from nothing is ahead of it, and hardly ahead of the bag of words.
"""

import copy
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.data.generated import reviews
from seq2gpt.data.tasks import Labelled, load_labelled
from seq2gpt.data.words import WordTokenizer
from seq2gpt.errors import UserError
from seq2gpt.finetuning import ClassificationHead, freeze
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import PAD_ID, encode_rows, pretrain, word_gpt
from seq2gpt.run.demos.loop import fit

LONGEST = 40  # words of a real text that are read
BATCH = 64
SETS: dict[str, dict[str, Any]] = {
    name: {"n_unlabelled": 20_000, "n_labelled": 20_000, "n_pretrain": 100, "n_finetune": 300}
    for name in ("rt_polarity", "snips")
}


class Texts(NamedTuple):
    """Many texts without a label, some with one, and a test."""

    unlabelled: list[str]
    labelled: list[Labelled]
    test: list[Labelled]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """A file of lines label, tab, text, or the set rt_polarity or snips; without it, reviews are generated."""
    n_unlabelled: int = 5000
    """Texts without a label, for pre-training."""
    n_labelled: int = 40
    """Texts with a label."""
    n_pretrain: int = 600
    """Steps of pre-training."""
    n_finetune: int = 150
    """Steps of fine-tuning."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Pre-train once, fine-tune in three ways, and compare with a bag of words."""
    torch.manual_seed(config.seed)
    texts = load_texts(config)
    tokenizer = WordTokenizer.from_texts(texts.unlabelled, least=1 if config.data is None else 3)
    length = min(LONGEST, max(len(tokenizer.encode(text)) for text in texts.unlabelled))
    base, untrained = word_gpt(tokenizer, length), word_gpt(tokenizer, length)
    bag = BagOfWords(tokenizer.vocab_size, base.config.d_model)
    rows = encode_rows(texts.unlabelled, tokenizer, length)
    pretrain(base, rows, config.n_pretrain, progress, torch.Generator().manual_seed(config.seed))
    classes = sorted({text.label for text in [*texts.labelled, *texts.test]})
    labelled, test = (_tensors(part, tokenizer, length, classes) for part in (texts.labelled, texts.test))
    for model in (base, untrained):
        model.head = nn.Identity()  # type: ignore[assignment]  # its hidden states come out
    figures = {}
    for name, encoder, frozen, lr in (
        ("frozen, accuracy %", base, True, 3e-3),
        ("fine-tuned, accuracy %", base, False, 1e-3),
        ("not pre-trained, accuracy %", untrained, False, 1e-3),
        ("bag of words, accuracy %", bag, False, 3e-3),
    ):
        encoder = copy.deepcopy(encoder)
        if frozen:
            freeze(encoder)
        head = ClassificationHead(base.config.d_model, len(classes))
        figures[name] = accuracy_after(encoder, head, lr, labelled, test, config, progress)
    shares = Counter(text.label for text in texts.test)
    figures["always the same answer, accuracy %"] = 100 * max(shares.values()) / len(texts.test)
    return DemoResult(figures=figures, sample=f"One of the test texts: {texts.test[0].text}")


class BagOfWords(nn.Module):
    """At every position the mean of the embeddings of all words of the text, in whatever order they stand."""

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.embedding.weight, std=0.02)  # a word without a label must not speak loudly

    def forward(self, ids: Int[Tensor, "texts n"]) -> Float[Tensor, "texts n d_model"]:
        is_real = (ids != PAD_ID)[..., None].to(self.embedding.weight)
        mean = (self.embedding(ids) * is_real).sum(1, keepdim=True) / is_real.sum(1, keepdim=True)
        return mean.expand(-1, ids.shape[1], -1)


def load_texts(config: Config) -> Texts:
    """Generated reviews, or the texts of a set: shuffled, 1,000 (or a tenth) for the test, the rest labelled."""
    if config.data is None:
        drawn = reviews(config.n_unlabelled, config.n_labelled, n_test=500, seed=config.seed)
        labelled, test = (
            [Labelled(review.text, "good" if review.good else "bad") for review in part]
            for part in (drawn.labelled, drawn.test)
        )
        return Texts(drawn.unlabelled, labelled, test)
    texts = load_labelled(config.data)
    random.Random(config.seed).shuffle(texts)
    n_test = min(1000, len(texts) // 10)
    if n_test == 0:
        raise UserError(f"{config.data} holds {len(texts)} texts; give --data 10 or more")
    rest = texts[n_test:]
    return Texts(
        [text.text for text in rest[: config.n_unlabelled]], rest[: config.n_labelled], texts[:n_test]
    )


Answered = tuple[Int[Tensor, "_ n"], Int[Tensor, "_"]]  # two sets may differ in size


def _tensors(
    part: Sequence[Labelled], tokenizer: WordTokenizer, length: int, classes: Sequence[str]
) -> Answered:
    ids = encode_rows([text.text for text in part], tokenizer, length)
    return ids, torch.tensor([classes.index(text.label) for text in part])


def accuracy_after(
    encoder: nn.Module,
    head: ClassificationHead,
    lr: float,
    labelled: Answered,
    test: Answered,
    config: Config,
    progress: bool,
) -> float:
    """Train encoder and head on the labelled texts, at most 64 a step, and test them; in per cent."""
    generator = torch.Generator().manual_seed(config.seed)

    def logits(ids: Int[Tensor, "texts n"]) -> Float[Tensor, "texts classes"]:
        return head(encoder(ids), ids != PAD_ID)

    def loss(step: int) -> Float[Tensor, ""]:
        ids, wanted = labelled
        if len(ids) > BATCH:
            rows = torch.randint(len(ids), (BATCH,), generator=generator)
            ids, wanted = ids[rows], wanted[rows]
        return F.cross_entropy(logits(ids), wanted)

    fit([*encoder.parameters(), *head.parameters()], loss, config.n_finetune, lr, progress)
    with torch.no_grad():
        right = logits(test[0]).argmax(-1) == test[1]
    return 100 * right.double().mean().item()
