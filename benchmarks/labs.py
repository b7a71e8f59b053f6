"""Time that the labs take: executing each solution notebook, and the slowest visible check.

    python benchmarks/labs.py [LAB ...]

The notebooks run one after the other, training runs included; the checks run on the course's own answers. Printed are
seconds on the clock for each notebook and for all, and processor seconds of each lab's slowest check, a first
call included.
"""

import argparse
import io
import time

import nbformat
from nbclient import NotebookClient

from autograder.checking import PUBLIC_SEED, lab_namespace, load_exercises, run_one
from autograder.derive import derive, without_markers
from autograder.lessons import Lesson, all_lessons, find_lesson


def execution(lesson: Lesson) -> float:
    """Seconds that the solution notebook takes."""
    notebook = nbformat.read(lesson.solution, as_version=4)
    place = {"metadata": {"path": str(lesson.solution.parent)}}
    start = time.perf_counter()
    NotebookClient(notebook, timeout=600, resources=place).execute()
    return time.perf_counter() - start


def slowest_check(lesson: Lesson) -> tuple[float, str]:
    """Processor seconds and name of the check that takes longest."""
    namespace = lab_namespace(lesson.name)
    module = lesson.module.read_text(encoding="utf-8")
    times = []
    for exercise in load_exercises(lesson.name).exercises.values():
        exec(without_markers(derive(module, exercise.target).cell), namespace)  # noqa: S102 (our own answer)
        for check in exercise.checks:
            start = time.process_time()
            outcome = run_one(
                lesson.name, exercise, check, namespace[exercise.target], PUBLIC_SEED, io.StringIO()
            )
            assert outcome.passed, outcome
            times.append((time.process_time() - start, f"{exercise.name}: {check.name}"))
    return max(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labs", nargs="*", metavar="LAB")
    names = parser.parse_args().labs
    lessons = [find_lesson(name) for name in names] or all_lessons()
    total = 0.0
    for lesson in lessons:
        seconds = execution(lesson)
        check, where = slowest_check(lesson)
        total += seconds
        print(f"{lesson.name:20} {seconds:6.1f} s   slowest check {check:.2f} s ({where})", flush=True)
    print(f"{'all':20} {total:6.1f} s")


if __name__ == "__main__":
    main()
