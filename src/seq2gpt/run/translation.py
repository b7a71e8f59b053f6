"""Three models translate the same pairs, with the same tokens, batches and number of steps.

What the demonstrations ``seq2seq``, ``alignment``, ``transformer`` and ``ladder`` share: the task, the models by
name, the training and the figures.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2gpt.alignment import AttentionDecoder, BidirectionalEncoder
from seq2gpt.data.translation import Language, Pair, Vocabulary, load_pairs, number_pairs, split_pairs
from seq2gpt.errors import UserError
from seq2gpt.heads import MultiHeadAttention
from seq2gpt.language_models import cross_entropy
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.demos.loop import fit
from seq2gpt.seq2seq import (
    BOS,
    EOS,
    EncoderDecoder,
    Seq2Seq,
    Seq2SeqDecoder,
    Seq2SeqEncoder,
    greedy_decode,
    pad_batch,
    padding_mask,
    teacher_forced_loss,
)
from seq2gpt.transformer import Transformer, TransformerConfig, translate

LONGEST = (
    30  # words of a translation; the longest German number has 17, a Tatoeba sentence seldom more than 15
)
TRANSLATION_SETS: dict[str, dict[str, Any]] = {"tatoeba_eng_fra": {"n_steps": 500}}


@dataclass(frozen=True, kw_only=True)
class TranslationConfig:
    """Data and budget, the same for every model."""

    data: Path | None = None
    """A file of pairs, source, tab, target, or the set tatoeba_eng_fra; without it, number words."""
    language: Language = "de"
    """Language that number words are translated into: de or fr."""
    n_digits: int = 9
    """Digits of the longest numbers."""
    n_train: int = 4000
    """Number words to learn from; of real data, all pairs that the test leaves."""
    n_test: int = 600
    """Pairs to test on."""
    batch_size: int = 64
    """Pairs per step."""
    n_steps: int = 500
    """Updates of the parameters."""
    seed: int = 0
    """Draws pairs, weights and batches."""

    def __post_init__(self) -> None:
        for name, least in (("n_train", 1), ("n_test", 3), ("batch_size", 1), ("n_steps", 1)):
            if getattr(self, name) < least:
                raise UserError(f"{name}={getattr(self, name)} is out of range; use {least} or more")


@dataclass(frozen=True)
class Task:
    """What there is to learn: pairs, and the tokens of both languages, counted in the training pairs alone."""

    training: list[Pair]
    test: list[Pair]
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary

    def tensors(self, pairs: Sequence[Pair]) -> tuple[Int[Tensor, "pairs m"], Int[Tensor, "pairs n"]]:
        """Sources, and targets between <bos> and <eos>, padded."""
        sources = [self.source_vocabulary.encode(pair.source) for pair in pairs]
        targets = [[BOS, *self.target_vocabulary.encode(pair.target), EOS] for pair in pairs]
        return pad_batch(sources), pad_batch(targets)


def load_task(config: TranslationConfig) -> Task:
    """Number words, or the pairs of a file, split by :func:`seq2gpt.data.translation.split_pairs`."""
    if config.data is None:
        pairs = number_pairs(config.n_train + config.n_test, config.language, config.n_digits, config.seed)
    else:
        pairs = load_pairs(config.data)
    training, test = split_pairs(pairs, config.n_test, config.seed)
    least = 1 if config.data is None else 2  # a word seen once teaches nothing; as <unk> it teaches <unk>
    vocabularies = (Vocabulary.from_texts(side, least=least) for side in zip(*training, strict=True))
    return Task(training, test, *vocabularies)


def build_rnn(task: Task) -> Seq2Seq:
    """One GRU reads, one writes; between them, a state of 128 numbers."""
    d_model = 128
    return Seq2Seq(
        Seq2SeqEncoder(len(task.source_vocabulary), d_model),
        Seq2SeqDecoder(len(task.target_vocabulary), d_model),
    )


def build_attention(task: Task) -> Seq2Seq:
    """A bidirectional GRU reads, and one that looks back at every word writes."""
    d_model = 128
    return Seq2Seq(
        BidirectionalEncoder(len(task.source_vocabulary), d_model),
        AttentionDecoder(len(task.target_vocabulary), d_model),
    )


def build_transformer(task: Task) -> Transformer:
    """Two layers of width 64 on either side."""
    return Transformer(
        TransformerConfig(
            source_vocab_size=len(task.source_vocabulary), target_vocab_size=len(task.target_vocabulary),
            d_model=64, n_heads=4, d_ff=256, n_layers=2,
        )
    )  # fmt: skip


def with_attention(model: Transformer, attention: Callable[..., nn.Module]) -> Transformer:
    """The model, every multi-head attention in it replaced by one that ``attention`` makes, with the same weights.

    ``attention`` takes what :class:`seq2gpt.heads.MultiHeadAttention` takes, for example a student's own class.
    """
    for part in list(model.modules()):
        for name, child in part.named_children():
            if isinstance(child, MultiHeadAttention):
                own = attention(child.w_o.out_features, child.n_heads, dropout=child.dropout.p)
                own.load_state_dict(child.state_dict())
                setattr(part, name, own)
    return model


@dataclass(frozen=True)
class Rung:
    """One model of the ladder: how it is built, and the learning rate that suits it."""

    build: Callable[[Task], Seq2Seq | Transformer]
    lr: float


LADDER = {
    "RNN": Rung(build_rnn, 4e-3),
    "RNN with attention": Rung(build_attention, 4e-3),
    "Transformer": Rung(build_transformer, 4e-3),
}


def train_model(
    name: str,
    task: Task,
    config: TranslationConfig,
    progress: bool,
    build: Callable[[Task], Seq2Seq | Transformer] | None = None,
) -> Seq2Seq | Transformer:
    """The model ``name`` of :data:`LADDER`, or the one that ``build`` makes in its place, trained and in evaluation mode."""
    torch.manual_seed(config.seed)
    model = (build or LADDER[name].build)(task)
    fit(model.parameters(), loss_on_batches(model, task, config), config.n_steps, LADDER[name].lr, progress)
    return model.eval()


def loss_on_batches(
    model: EncoderDecoder, task: Task, config: TranslationConfig
) -> Callable[[int], Float[Tensor, ""]]:
    """What :func:`seq2gpt.run.demos.loop.fit` minimises: the loss on random training pairs, new at every step."""
    source, target = task.tensors(task.training)
    generator = torch.Generator().manual_seed(config.seed)

    def loss(step: int) -> Float[Tensor, ""]:
        rows = torch.randint(len(source), (config.batch_size,), generator=generator)
        return teacher_forced_loss(model, trimmed(source[rows]), trimmed(target[rows]))

    return loss


def trimmed(ids: Int[Tensor, "batch n"]) -> Int[Tensor, "batch n_longest"]:
    """Without the columns that are padding in every row."""
    return ids[:, : int(padding_mask(ids).sum(-1).max())]


@torch.no_grad()
def free_running_loss(
    model: EncoderDecoder, source: Int[Tensor, "batch m"], target: Int[Tensor, "batch n"]
) -> Float[Tensor, ""]:
    """The mean cross-entropy of the reference, in nats, when the model reads what it would write itself.

    As :func:`seq2gpt.seq2seq.teacher_forced_loss`, with one difference: after <bos> the decoder reads its own most
    probable token at every step, for as many steps as the reference has tokens. What it gets wrong early it
    pays for later, as it does in use.
    """
    state = model.encode(source, padding_mask(source))
    last, steps = target[:, :1], []
    for _ in range(target.shape[1] - 1):
        logits, state = model.decode(last, state)
        last = logits.argmax(-1)
        steps.append(logits)
    labels = target[:, 1:]
    return cross_entropy(torch.cat(steps, dim=1), labels, padding_mask(labels))


def load_sacrebleu() -> Any:
    """The package ``sacrebleu``; asked for before a training, it is missed before minutes are spent."""
    try:
        import sacrebleu
    except ModuleNotFoundError:
        raise UserError(
            "BLEU needs sacrebleu, which is not installed; pip install 'seq2gpt[train]'"
        ) from None
    return sacrebleu


def corpus_bleu(hypotheses: list[str], references: list[str]) -> float:
    """BLEU by sacrebleu, on words as spaces separate them. Raises ``UserError`` where that is not installed."""
    return load_sacrebleu().corpus_bleu(hypotheses, [references], tokenize="none", force=True).score


@torch.no_grad()
def evaluate(model: EncoderDecoder, task: Task) -> dict[str, float]:
    """The figures of a model on the test pairs, greedy decoding.

    - BLEU of all translations, of the third with the shortest and of the third with the longest sources;
    - perplexity of a word of the reference, <eos> among them, teacher-forced and free-running.
    """
    pairs = sorted(task.test, key=lambda pair: len(pair.source.split()))
    source, target = task.tensors(pairs)
    written = [task.target_vocabulary.decode(ids) for ids in greedy_decode(model, source, LONGEST)]
    references = [pair.target for pair in pairs]
    third = len(pairs) // 3
    return {
        "BLEU": corpus_bleu(written, references),
        "BLEU, shortest third": corpus_bleu(written[:third], references[:third]),
        "BLEU, longest third": corpus_bleu(written[-third:], references[-third:]),
        "perplexity, teacher-forced": math.exp(teacher_forced_loss(model, source, target).item()),
        "perplexity, free-running": math.exp(free_running_loss(model, source, target).item()),
    }


def train_and_report(name: str, config: TranslationConfig, progress: bool) -> DemoResult:
    """What a demonstration of one model returns: its figures, and the longest translations of the test."""
    load_sacrebleu()
    task = load_task(config)
    model = train_model(name, task, config, progress)
    return DemoResult(figures=evaluate(model, task), sample=show(model, task))


def count_parameters(model: nn.Module) -> int:
    """How many numbers the model learns; shared ones count once."""
    return sum(parameter.numel() for parameter in model.parameters())


def show(model: EncoderDecoder, task: Task, n: int = 3) -> str:
    """The longest test sources with the model's translations, found by beam search."""
    pairs = sorted(task.test, key=lambda pair: len(pair.source.split()))[-n:]
    written = translate(
        model, [pair.source for pair in pairs], task.source_vocabulary, task.target_vocabulary, LONGEST
    )
    blocks = []
    for pair, text in zip(pairs, written, strict=True):
        verdict = "right" if text == pair.target else f"the reference is: {pair.target}"
        blocks.append(f"{pair.source}\n  {text}\n  {verdict}")
    return "\n".join(blocks)
