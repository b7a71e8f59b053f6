"""Demonstrations: what a lesson's parts reach when they are put together and trained, in minutes.

Each module here has a frozen dataclass ``Config``, whose fields are flags of ``seq2gpt train NAME``, and
``run(config, progress)``, which trains and returns a :class:`DemoResult`. One that can learn from published data has
``SETS``: the names that ``--data`` knows, each with the settings that suit it. The figures to expect, with
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

REAL_SETS = "real sets"  # where expected.json keeps what was measured with --data NAME
EXPECTED = Path(__file__).with_name("expected.json")

DEMOS: dict[str, str] = {
    "bpe": "which pieces of text deserve a token, and what that saves",
    "lsi": "people who share no film, and words that share no paragraph",
    "bigram": "made-up names from the last letter alone, by counting and by learning",
    "char_rnn": "made-up words, character by character, by a recurrent network",
    "seq2seq": "an RNN translates number words, all of a number in one state",
    "alignment": "the same with attention, and where it looks",
    "recall": "one attention head learns to look things up, and what each part is for",
    "heads": "one, two and four heads with four things to find, and one head switched off",
    "positions": "four ways to tell a model the order, beyond the trained length",
    "blocks": "twelve layers with and without a residual path, pre-LN against post-LN",
    "transformer": "number words again, by a Transformer",
    "ladder": "RNN, RNN with attention and Transformer side by side, from three seeds",
    "families": "the same blocks as GPT, as BERT and as T5: who fills a gap best",
    "gpt": "GPT-2 to the last parameter, and a small one trained against the modern layout",
    "generation": "what temperature and filters do to a text, and what the cache saves",
    "scaling": "a power law fitted on tiny models foretells a larger one",
    "parallel": "two processes take the steps of one",
    "classifier": "sentiment with forty labels, with and without pre-training",
    "tagger": "persons, places and companies in sentences, by their context",
    "reader": "answers to questions, pointed at in a text",
    "summariser": "remarks about a film, summed up",
    "lora": "from English to code: all weights against low-rank changes",
    "instructions": "from continuing texts to answering requests",
    "preferences": "friendly reviews by direct preference optimisation",
    "assistants": "looking up, calling a tool and refusing, around a small model",
    "limits": "how often a secret must be read to be given away",
}
"""Name and one line about every demonstration, for the help; the module has the same name."""


LESSONS: dict[str, tuple[str, ...]] = {
    "tokens": ("bpe",), "embeddings": ("lsi",), "language_models": ("bigram",),
    "recurrent": ("char_rnn",), "seq2seq": ("seq2seq",), "alignment": ("alignment",),
    "attention": ("recall",), "heads": ("heads",), "positions": ("positions",), "blocks": ("blocks",),
    "transformer": ("transformer", "ladder"), "families": ("families",), "gpt": ("gpt",),
    "training": ("tiny", "chars", "gpt2", "shakespeare", "t4", "gpt2-124m"), "generation": ("generation",), "scaling": ("scaling",),
    "parallel": ("parallel",), "finetuning": ("classifier", "tagger", "reader", "summariser"),
    "lora": ("lora",), "instructions": ("instructions",), "preferences": ("preferences",),
    "assistants": ("assistants",), "limits": ("limits",),
}  # fmt: skip
"""Every lesson's module, in the order of the course, with what shows its parts at work: ``seq2gpt train NAME``."""


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
    """Train what ``config``, an instance of the module's ``Config``, describes.

    Raises ``UserError`` for settings with which nothing can be trained, and when the training diverges.
    """
    run: Callable[[Any, bool], DemoResult] = load_demo(name).run
    for setting, value in vars(config).items():
        if setting != "seed" and type(value) is int and value < 1:
            raise UserError(f"{setting}={value} is out of range; use 1 or more")
    try:
        return run(config, progress)
    except FloatingPointError as error:
        raise UserError(f"{name}: {error}") from None


def data_sets(name: str) -> dict[str, dict[str, Any]]:
    """The real sets that ``--data`` of a demonstration knows, each with the settings that suit it."""
    return getattr(load_demo(name), "SETS", {})


def default_config(name: str, data: Path | None = None) -> Any:
    """The settings of a demonstration before any flag: those that suit ``data``, if it is a set it knows."""
    config = load_demo(name).Config
    if data is None:
        return config()
    return config(data=data, **(data_sets(name).get(str(data), {}) if not data.exists() else {}))


def expected_figures(name: str, data_set: str | None = None) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation over seeds of every figure, as last measured; empty if never.

    With ``data_set`` those on this real set instead of the embedded one.
    """
    measured = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
    entry = measured.get(name, {})
    if data_set is not None:
        entry = entry.get(REAL_SETS, {}).get(data_set, {})
    return {figure: (mean, sd) for figure, (mean, sd) in entry.get("figures", {}).items()}


def report(name: str, result: DemoResult, compare: bool = True, data_set: str | None = None) -> str:
    """The figures, with ``compare`` beside those to expect of the default settings; then sample and notes.

    ``data_set`` says on which real set they were reached, if it was one.
    """
    expected = expected_figures(name, data_set) if compare else {}
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
