"""Measure the figures to expect of the demonstrations: mean and standard deviation over three seeds.

    python benchmarks/demos.py [NAME ...]          # without a name, every demonstration
    python benchmarks/demos.py NAME:SET ...        # as with --data SET; SEQ2GPT_DATA holds the sets
    python benchmarks/demos.py gpt2 tiny           # presets of `seq2gpt train`: their loss on held-out text

The result replaces the entry of each demonstration in src/seq2gpt/run/demos/expected.json. Losses may
differ in the last digits between machines; the text corpus differs between versions of Python.
"""

import dataclasses
import json
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from seq2gpt.data.files import write_atomically
from seq2gpt.run.demos import DEMOS, EXPECTED, REAL_SETS, default_config, run_demo
from seq2gpt.run.presets import LOSS, PRESETS
from seq2gpt.run.trainer import train

SEEDS = (0, 1, 2)


def measure(name: str, data_set: str) -> dict[str, Any]:
    """The figures of one demonstration over the seeds, with the time and the versions."""
    runs, seconds = [], []
    for seed in SEEDS:
        started = time.process_time()
        runs.append(figures_of(name, data_set, seed))
        seconds.append(time.process_time() - started)
        print(f"{name} {data_set}, seed {seed}: {runs[-1]}, {seconds[-1]:.0f} CPU seconds", flush=True)
    figures = {}
    for figure in runs[0]:
        values = [run[figure] for run in runs]
        figures[figure] = [rounded(statistics.mean(values)), rounded(statistics.stdev(values))]
    return {
        "figures": figures,
        "seeds": len(SEEDS),
        "cpu_seconds": round(statistics.mean(seconds)),
        "versions": {"python": platform.python_version(), "torch": torch.__version__.partition("+")[0]},
    }


def figures_of(name: str, data_set: str, seed: int) -> dict[str, float]:
    """What one run of a demonstration or preset reaches."""
    if name in PRESETS:
        with tempfile.TemporaryDirectory() as folder:
            config = dataclasses.replace(PRESETS[name](), seed=seed, out=Path(folder))
            return {LOSS: train(config, progress=False).val_loss}
    config = default_config(name, Path(data_set) if data_set else None)
    return run_demo(name, dataclasses.replace(config, seed=seed), progress=False).figures


def rounded(value: float) -> float:
    """Four digits of a measurement; a whole number is a count and stays exact."""
    return value if value.is_integer() else float(f"{value:.4g}")


def main() -> None:
    for argument in sys.argv[1:] or DEMOS:
        name, _, data_set = argument.partition(":")
        new = measure(name, data_set)
        # read again after the run: another one may have written meanwhile
        measured = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
        real = measured.get(name, {}).get(REAL_SETS, {})
        if data_set:
            measured.setdefault(name, {})[REAL_SETS] = {**real, data_set: new}
        else:
            measured[name] = {**new, **({REAL_SETS: real} if real else {})}
        ordered = {known: measured[known] for known in (*DEMOS, *PRESETS) if known in measured}
        write_atomically(EXPECTED, (json.dumps(ordered, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
