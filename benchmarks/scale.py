"""Whether grading a large class stays as fast and as small as it began, and gives what one by one gives.

    python benchmarks/scale.py [--submissions 1000] [--workers 2]

Grades synthetic submissions to a course of three one-line exercises, all different, so that no result is taken from the
cache. Prints, for the first and the last hundred (a third of the class if it is small), submissions per second and the processor
time of one, which a busy machine disturbs less; the largest memory of the coordinating process; and compares twenty
of them, drawn at random, with grading them one by one.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from cpu_clock import CpuClock, cpu_clock  # noqa: E402

import tiny_course as tiny  # noqa: E402
from autograder.grading import run  # noqa: E402
from autograder.grading.engine import grade_submission  # noqa: E402
from autograder.grading.intake import read_submission  # noqa: E402
from autograder.grading.pool import Runner  # noqa: E402

COMPARED = 20
VARIANTS = ("2 * x", "3 * x", "x + x", "x", "2 if x == 1 else 0")


class Watched(Runner):
    """Notes what was graded with, and when each result came."""

    times: list[tuple[float, float]] = []  # noqa: RUF012 (one for the program)
    used: tuple = ()
    clock = CpuClock(None)

    def run(self, bundle, seed, jobs) -> Iterator:
        Watched.used = (bundle, seed)
        for outcome in super().run(bundle, seed, jobs):
            Watched.times.append((time.perf_counter(), Watched.clock.seconds()))
            yield outcome


def hand_in(work: Path, number: int) -> None:
    """A student whose answer is one of a few, right, wrong or half right, with a comment of their own."""
    body = VARIANTS[number % len(VARIANTS)]
    tiny.submit(work, f"s{number:05}", tiny.answered(double=f"def double(x):\n    return {body}  # {number}"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    run.Runner = Watched
    print(f"load at the start {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True)
    with tempfile.TemporaryDirectory() as folder, cpu_clock() as Watched.clock:
        root = Path(folder)
        work = root / "work"
        tiny.write_course(root)
        for number in range(arguments.submissions):
            hand_in(work, number)
        report = run.grade_lab(root, work, tiny.LAB, workers=arguments.workers)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        times = Watched.times[1:]  # without the course's own answers
        part = min(100, len(times) // 3)
        for name, stretch in {"first": times[: part + 1], "last": times[-part - 1 :]}.items():
            wall, cpu = (end - start for start, end in zip(stretch[0], stretch[-1], strict=True))
            print(
                f"{name} {part}: {part / wall:.2f} submissions per second, {cpu / part:.3f} s of processor time for one"
            )
        print(f"coordinator: {peak:.0f} MiB at most; load at the end {os.getloadavg()[0]:.1f}")
        scores = report.scores()
        chosen = random.Random(0).sample(sorted(scores), min(COMPARED, len(scores)))
        for student in chosen:
            result, _ = grade_submission(
                Watched.used[0], read_submission(work / "submitted", student, tiny.LAB), Watched.used[1]
            )
            assert sum(result["scores"].values()) == scores[student], student
        print(f"{len(chosen)} drawn at random have the scores that they get one by one")


if __name__ == "__main__":
    main()
