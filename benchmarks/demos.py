"""Measure the figures to expect of the demonstrations: mean and standard deviation over three seeds.

    python benchmarks/demos.py [NAME ...]      # without a name, every demonstration

The result replaces the entry of each demonstration in src/seq2gpt/run/demos/expected.json. Losses may
differ in the last digits between machines; the text corpus differs between versions of Python.
"""

import dataclasses
import json
import platform
import statistics
import sys
import time
from typing import Any

import torch

from seq2gpt.data.files import write_atomically
from seq2gpt.run.demos import DEMOS, EXPECTED, load_demo, run_demo

SEEDS = (0, 1, 2)


def measure(name: str) -> dict[str, Any]:
    """The figures of one demonstration over the seeds, with the time and the versions."""
    config = load_demo(name).Config()
    runs, seconds = [], []
    for seed in SEEDS:
        started = time.process_time()
        runs.append(run_demo(name, dataclasses.replace(config, seed=seed), progress=False).figures)
        seconds.append(time.process_time() - started)
        print(f"{name}, seed {seed}: {runs[-1]}, {seconds[-1]:.0f} CPU seconds", flush=True)
    figures = {}
    for figure in runs[0]:
        values = [run[figure] for run in runs]
        figures[figure] = [
            float(f"{value:.4g}") for value in (statistics.mean(values), statistics.stdev(values))
        ]
    return {
        "figures": figures,
        "seeds": len(SEEDS),
        "cpu_seconds": round(statistics.mean(seconds)),
        "versions": {"python": platform.python_version(), "torch": torch.__version__.partition("+")[0]},
    }


def main() -> None:
    for name in sys.argv[1:] or DEMOS:
        entry = measure(name)
        measured = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
        measured[name] = entry  # read again after the run: another one may have written meanwhile
        ordered = {known: measured[known] for known in DEMOS if known in measured}
        write_atomically(EXPECTED, (json.dumps(ordered, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
