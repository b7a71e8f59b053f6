"""The ladder: RNN, RNN with attention, Transformer, on the same pairs, tokens, batches and number of steps.

Each model is trained from three seeds, which draw the pairs, the weights and the batches anew. Printed are mean ±
standard deviation over the seeds of

- BLEU by sacrebleu, greedy decoding, of all test pairs, and of the thirds with the shortest and longest sources;
- the perplexity of a word of the reference, teacher-forced: the model reads the right words before it;
- the same, free-running: the model reads what it would have written itself, as it does in use.

Expect the plain RNN far behind, and further behind the longer the source: one state has to hold it all. With
attention both models are nearly always right, at every length. A perplexity has a long upper tail when a model
is sure of a wrong word, so its free-running form scatters most.
"""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seq2gpt.errors import UserError
from seq2gpt.run.demos import DemoResult
from seq2gpt.run.translation import (
    LADDER,
    TRANSLATION_SETS,
    TranslationConfig,
    count_parameters,
    evaluate,
    load_sacrebleu,
    load_task,
    train_model,
)

SETS = TRANSLATION_SETS


@dataclass(frozen=True, kw_only=True)
class Config(TranslationConfig):
    """Data and budget, the same for all three models."""

    n_seeds: int = 3
    """Runs of every model, with the seeds SEED · N_SEEDS and those that follow."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_seeds < 1:
            raise UserError(f"n_seeds={self.n_seeds} leaves nothing to train; use 1 or more")


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train every model from every seed and tabulate what they reach."""
    load_sacrebleu()
    measured: dict[str, list[dict[str, float | int]]] = {name: [] for name in LADDER}
    for number in range(config.n_seeds):
        seeded = replace(config, seed=config.seed * config.n_seeds + number)
        task = load_task(seeded)
        for name, runs in measured.items():
            started = time.process_time()
            model = train_model(name, task, seeded, progress)
            seconds = time.process_time() - started
            runs.append(
                evaluate(model, task) | {"CPU seconds": seconds, "parameters": count_parameters(model)}
            )
    figures = {
        f"{name}: {figure}": statistics.mean(run[figure] for run in runs)
        for name, runs in measured.items()
        for figure in runs[0]
        if figure not in ("CPU seconds", "parameters")
    }
    return DemoResult(figures=figures, sample=table(measured))


def table(measured: Mapping[str, Sequence[Mapping[str, float | int]]]) -> str:
    """One column for every model, one row for every figure: mean ± standard deviation of its runs.

    >>> print(table({"RNN": [{"BLEU": 50.0}, {"BLEU": 52.0}], "Transformer": [{"BLEU": 99.0}, {"BLEU": 99.0}]}))
                   RNN   Transformer
    BLEU  51.00 ± 1.41  99.00 ± 0.00
    """
    rows = [["", *measured]]
    for figure in next(iter(measured.values()))[0]:
        rows.append([figure, *(_spread([run[figure] for run in runs]) for runs in measured.values())])
    first, *widths = (max(map(len, column)) for column in zip(*rows, strict=True))
    return "\n".join(
        f"{name:{first}}" + "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        for name, *cells in rows
    )


def _spread(values: Sequence[float | int]) -> str:
    if all(isinstance(value, int) for value in values) and len(set(values)) == 1:  # a size, not a measurement
        return f"{values[0]:,}"
    sd = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{sd}"
