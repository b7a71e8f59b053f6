"""Which trainings run which exercise: what a student's lines are good for once they are in a package.

``python -m autograder.student.uses`` trains everything at a small size with the course's own parts, and writes what ran;
it takes a minute. The figures of such trainings mean nothing; what runs is what runs at full size.
"""

import json
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from autograder.student.assembly import Part, assemble
from autograder.student.attempt import load, train, watch
from autograder.student.find import open_workspace
from autograder.student.milestones import MILESTONES
from autograder.student.workspace import start

MEASURED = Path(__file__).with_name("uses.json")
TRANSLATION: dict[str, Any] = {"n_digits": 2, "n_train": 50, "n_test": 13, "n_steps": 3, "batch_size": 5}
GPT: dict[str, Any] = {
    "d_model": 16, "n_heads": 2, "n_layers": 1, "context_length": 16, "n_steps": 2, "n_warmup": 0, "batch_size": 2,
}  # fmt: skip
PROGRAMS: dict[str, dict[str, Any]] = {
    "bigram": {"n_steps": 2},
    "char_rnn": {"n_steps": 2, "batch_size": 5, "d_model": 6, "n_written": 3},
    "seq2seq": TRANSLATION,
    "alignment": TRANSLATION,
    "recall": {"n_steps": 2},
    "heads": {"n_steps": 2, "d_model": 16},
    "positions": {"n_steps": 2, "d_model": 8, "n_train": 5, "n_test": 11, "batch": 3},
    "blocks": {"n_steps": 2, "d_model": 6, "n_layers": 3, "context_length": 7, "batch": 3},
    "transformer": TRANSLATION,
    "ladder": TRANSLATION | {"n_seeds": 1},
    "families": {"n_steps": 2, "batch": 8, "d_model": 8, "n_layers": 1, "n_gaps": 20},
    "gpt": {"n_steps": 2, "d_model": 8, "n_layers": 1, "context_length": 7, "batch": 3},
    "generation": {"n_steps": 2, "d_model": 8, "context_length": 41, "n_texts": 3},
    "gpt2": GPT,
}
"""The demonstrations of the lessons with labs and the GPT of lesson 14, at a size that takes seconds."""


@cache
def uses() -> dict[str, list[str]]:
    """For every exercise, as ``module.qualname``, the programs of ``seq2gpt train`` that run it."""
    found: dict[str, list[str]] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


def uses_text(part: Part) -> str:
    """Where an exercise's lines run, in words.

    >>> uses_text(Part("07-attention", "softmax", "attention", "softmax", yours=True))
    'your GPT and the milestones 08, 11, 13, 14 and 15'
    """
    programs = uses().get(f"{part.module}.{part.qualname}", [])
    labs = [stone.lab.partition("-")[0] for stone in MILESTONES if stone.program in programs]
    if labs:
        gpt = "your GPT and " if "gpt2" in programs else ""
        return f"{gpt}the milestone{'s' * (len(labs) > 1)} {listed(labs)}"
    return f"`seq2gpt train {programs[0]}`" if programs else "its lab alone"


def listed(words: list[str]) -> str:
    """Words with commas, and one "and".

    >>> listed(["03"]), listed(["03", "05", "06"])
    ('03', '03, 05 and 06')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def measure(programs: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Train with the course's own parts in this process; which exercises ran in which program."""
    with tempfile.TemporaryDirectory() as folder:
        start(Path(folder, "mine"))
        parts = assemble(open_workspace(Path(folder, "mine")), Path(folder, "yours"))
    names = [f"{part.module}.{part.qualname}" for part in parts]
    for program in programs:
        load("seq2gpt", program)
    now, ran = watch("seq2gpt", names), {}
    for program, sizes in programs.items():
        now.clear()
        train("seq2gpt", program, sizes)
        ran[program] = set(now)
    return {name: [program for program, found in ran.items() if name in found] for name in names}


if __name__ == "__main__":
    text = json.dumps(measure(PROGRAMS), indent=1) + "\n"
    Path(sys.argv[1] if sys.argv[1:] else MEASURED).write_text(text, encoding="utf-8")
