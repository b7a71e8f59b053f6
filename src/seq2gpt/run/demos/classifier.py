"""Sentiment with forty labels: what a model brings along from texts that nobody labelled.

A GPT reads thousands of generated film reviews without labels. Then it gets a classification head and forty
labelled reviews, and is tested on reviews whose words of praise and blame never occurred in a labelled
one. Three ways are compared: the pre-trained weights frozen (only the head learns), all weights
fine-tuned, and the same network without pre-training, which can only guess.

With --data FOLDER, that of the film reviews rt_polarity, the texts are real. Nine thousand of them are too few
for pre-training to help: there the network that starts from nothing is as good or better.
"""

import copy
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from seq2gpt.data.generated import Review, Reviews, reviews
from seq2gpt.data.words import WordTokenizer
from seq2gpt.errors import UserError
from seq2gpt.finetuning import ClassificationHead, freeze
from seq2gpt.gpt import GPT
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.base import PAD_ID, encode_rows, pretrain, word_gpt
from seq2gpt.run.demos.loop import fit

LONGEST = 40  # words of a real review that are read


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sizes of the demonstration."""

    data: Path | None = None
    """Folder of rt_polarity; without one, reviews are generated."""
    n_unlabelled: int = 5000
    """Reviews without a label, for pre-training."""
    n_labelled: int = 40
    """Reviews with a label."""
    n_pretrain: int = 600
    """Steps of pre-training."""
    n_finetune: int = 150
    """Steps of fine-tuning."""
    seed: int = 0
    """Draws texts, weights and batches."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Pre-train once, then fine-tune in three ways."""
    torch.manual_seed(config.seed)
    texts = load_reviews(config)
    tokenizer = WordTokenizer.from_texts(texts.unlabelled, least=1 if config.data is None else 5)
    length = min(LONGEST, max(len(tokenizer.encode(text)) for text in texts.unlabelled))
    base, untrained = word_gpt(tokenizer, length), word_gpt(tokenizer, length)
    rows = encode_rows(texts.unlabelled, tokenizer, length)
    pretrain(base, rows, config.n_pretrain, progress, torch.Generator().manual_seed(config.seed))
    labelled, test = (_tensors(part, tokenizer, length) for part in (texts.labelled, texts.test))
    figures = {}
    for name, model, frozen, lr in (
        ("frozen, accuracy %", base, True, 3e-3),
        ("fine-tuned, accuracy %", base, False, 1e-3),
        ("not pre-trained, accuracy %", untrained, False, 1e-3),
    ):
        figures[name] = accuracy_after(
            copy.deepcopy(model), frozen, lr, labelled, test, config.n_finetune, progress
        )
    return DemoResult(figures=figures, sample=f"One of the test reviews: {texts.test[0].text}")


def load_reviews(config: Config) -> Reviews:
    """Generated reviews, or real ones: shuffled, split into unlabelled, labelled and 1,000 for the test."""
    if config.data is None:
        return reviews(config.n_unlabelled, config.n_labelled, n_test=500, seed=config.seed)
    files = {good: config.data / f"rt-polarity.{'pos' if good else 'neg'}" for good in (True, False)}
    if missing := [path for path in files.values() if not path.is_file()]:
        raise UserError(f"{missing[0]} does not exist; give --data the folder of rt_polarity")
    drawn = [Review(line, good) for good, path in files.items() for line in read_latin(path) if line.strip()]
    random.Random(config.seed).shuffle(drawn)
    test, labelled, rest = (
        drawn[:1000],
        drawn[1000 : 1000 + config.n_labelled],
        drawn[1000 + config.n_labelled :],
    )
    return Reviews([review.text for review in rest], labelled, test)


def read_latin(path: Path) -> list[str]:
    """The lines of a file in Latin-1, the encoding of this data set."""
    return path.read_text(encoding="latin-1").splitlines()


Labelled = tuple[Int[Tensor, "_ n"], Int[Tensor, "_"]]  # two sets may differ in size


def _tensors(part: list[Review], tokenizer: WordTokenizer, length: int) -> Labelled:
    ids = encode_rows([review.text for review in part], tokenizer, length)
    return ids, torch.tensor([int(review.good) for review in part])


def accuracy_after(
    model: GPT, frozen: bool, lr: float, labelled: Labelled, test: Labelled, n_steps: int, progress: bool
) -> float:
    """Give the model a classification head, train it on the labelled texts, and test it; in per cent."""
    head = ClassificationHead(model.config.d_model, n_classes=2)
    model.head = nn.Identity()  # type: ignore[assignment]  # its hidden states come out
    if frozen:
        freeze(model)

    def logits(ids: Int[Tensor, "texts n"]) -> Float[Tensor, "texts 2"]:
        return head(model(ids), ids != PAD_ID)

    def loss(step: int) -> Float[Tensor, ""]:
        return F.cross_entropy(logits(labelled[0]), labelled[1])

    fit([*model.parameters(), *head.parameters()], loss, n_steps, lr, progress)
    with torch.no_grad():
        right = logits(test[0]).argmax(-1) == test[1]
    return 100 * right.double().mean().item()
