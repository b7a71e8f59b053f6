"""How long a student waits: the commands of a folder with every lab in it, each in a process of its own.

    python benchmarks/student.py [--rounds 3]

``status`` and ``assemble`` are measured whole, with the start of Python; ``check`` is measured as the first of a process, which
loads torch, and as every later one, as in a notebook or with ``--watch``. Processor time tells the work, wall time the waiting; on
a busy machine the second grows and the first hardly. The bounds are those that the course promises.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.student.find import open_workspace
from autograder.student.labfile import read_lab
from autograder.student.progress import digest
from autograder.student.workspace import start

ROOT = Path(__file__).parents[1]
BOUNDS = {"status": 1.0, "assemble": 5.0, "check, every later one": 3.0}


def solved(folder: Path) -> Path:
    """A folder in which every exercise is answered by the course, as if it had been checked."""
    start(folder)
    for lab, released in open_workspace(folder).released.items():
        answers = read_lab(ROOT / "solutions" / lab / f"{lab}.ipynb", lab).answers
        notebook = read_lab(folder / lab / f"{lab}.ipynb", lab)
        lines = []
        for exercise, text in answers.items():
            notebook.named[f"{lab}-{exercise}"]["source"] = text.splitlines(keepends=True)
            points = released.points[exercise]
            entry = {"lab": lab, "exercise": exercise, "points": points, "max": points}
            lines.append(json.dumps(entry | {"digest": digest(text), "at": "2026-05-01T12:00:00"}))
        notebook.write()
        with (folder / ".seq2gpt" / "progress.jsonl").open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return folder


def command(*words: str) -> tuple[float, float]:
    """Processor and wall time of a command."""
    before, started = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "seq2gpt", "course", *words], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, time.perf_counter() - started


def checks(folder: Path) -> list[tuple[str, float, float]]:
    """Every exercise of every lab, one after another in this process."""
    from autograder.student import commands

    found = []
    for lab, released in open_workspace(folder).released.items():
        for exercise in (e for e in released.answers if not released.by_hand(e)):
            used, started = time.process_time(), time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                commands.check(f"{lab}/{exercise}", folder)
            found.append((f"{lab}/{exercise}", time.process_time() - used, time.perf_counter() - started))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as place:
        folder = solved(Path(place, "mine"))
        rows: dict[str, tuple[float, float]] = {}
        for name, words in (
            ("status", ["status"]),
            ("assemble", ["assemble", "--out", str(Path(place, "mygpt"))]),
        ):
            times = [command(*words, "--folder", str(folder)) for _ in range(rounds)]
            rows[name] = (min(t[0] for t in times), min(t[1] for t in times))
        first, *later = checks(folder)
        slowest = max(later, key=lambda found: found[1])
        rows["check, the first one"] = first[1:]
        rows["check, every later one"] = slowest[1:]
    for name, (used, wall) in rows.items():
        bound = f"   promised: under {BOUNDS[name]:g} s" if name in BOUNDS else ""
        print(f"{name:<24} {used:6.2f} s processor time {wall:6.2f} s{bound}")
    print(
        f"{len(later)} later checks, the slowest is {slowest[0]}; all of them took {sum(t[1] for t in later):.0f} s of processor time"
    )


if __name__ == "__main__":
    main()
