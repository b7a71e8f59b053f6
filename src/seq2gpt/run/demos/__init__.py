"""Demonstrations: what a lesson's parts reach when they are put together and trained, in minutes.

Each module here has a frozen dataclass ``Config``, whose fields are flags of ``seq2gpt train NAME``, and
``run(config, progress)``, which trains and returns a :class:`DemoResult`. The figures to expect, with
their spread over seeds, are in ``expected.json``; ``benchmarks/demos.py`` measures them again.
"""

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from seq2gpt.errors import UserError

EXPECTED = Path(__file__).with_name("expected.json")

DEMOS: dict[str, str] = {
    "bpe": "which pieces of text deserve a token, and what that saves",
    "lsi": "people who share no film, and words that share no paragraph",
    "bigram": "new words from the last letter alone, by counting and by learning",
    "char_rnn": "made-up words, character by character, by a recurrent network",
    "seq2seq": "an RNN translates number words, all of a number in one state",
    "alignment": "the same with attention, and where it looks",
    "transformer": "the same by a Transformer",
    "ladder": "RNN, RNN with attention and Transformer side by side, from three seeds",
    "families": "the same blocks as GPT, as BERT and as T5: who fills a gap best",
    "classifier": "sentiment with forty labels, with and without pre-training",
    "tagger": "persons, places and companies in sentences, by their context",
    "reader": "answers to questions, pointed at in a text",
    "summariser": "remarks about a film, summed up",
    "lora": "from English to code: all weights against low-rank changes",
    "instructions": "from continuing texts to answering requests",
    "preferences": "friendly reviews by direct preference optimisation",
    "limits": "how often a secret must be read to be given away",
}
"""Name and one line about every demonstration, for the help; the module has the same name."""


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What a demonstration reached: named figures, and a text worth reading."""

    figures: dict[str, float]
    sample: str = ""
    notes: list[str] = field(default_factory=list)
    """Lines to print below the figures."""


def load_demo(name: str) -> ModuleType:
    """The module of a demonstration. Raises ``UserError`` when a package that it needs is missing."""
    try:
        return importlib.import_module(f"seq2gpt.run.demos.{name}")
    except ModuleNotFoundError as error:
        raise UserError(
            f"the demonstration {name} needs {error.name}, which is not installed; "
            "pip install 'seq2gpt[train]'"
        ) from None


def run_demo(name: str, config: Any, progress: bool = True) -> DemoResult:
    """Train what ``config``, an instance of the module's ``Config``, describes."""
    run: Callable[[Any, bool], DemoResult] = load_demo(name).run
    return run(config, progress)


def expected_figures(name: str) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation over seeds of every figure, as last measured; empty if never."""
    measured = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
    return {figure: (mean, sd) for figure, (mean, sd) in measured.get(name, {}).get("figures", {}).items()}


def report(name: str, result: DemoResult, compare: bool = True) -> str:
    """The figures, with ``compare`` beside those to expect of the default settings; then sample and notes."""
    expected = expected_figures(name) if compare else {}
    width = max(map(len, result.figures))
    lines = []
    for figure, value in result.figures.items():
        line = f"{figure:{width}}  {_number(value):>9}"
        if figure in expected:
            mean, sd = expected[figure]
            line += f"   expected {_number(mean)} ± {_number(sd)}"
        lines.append(line)
    for text in (result.sample, "\n".join(result.notes)):
        if text:
            lines += ["", text]
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"
