"""Tell the gradebook what a lab is, with nbgrader's own steps."""

import contextlib
import hashlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from autograder.grading.config import COURSE, course_config
from autograder.grading.database import labs_in
from autograder.grading.reference import RequireFullPoints, require_tests
from autograder.grading.store import write_whole
from seq2gpt.errors import UserError


def release(root: Path, work: Path, lab: str, db_url: str) -> None:
    """Enter the lab's cells and points into the gradebook at ``db_url``; the released notebook itself stays as it is.

    Does nothing if this very notebook has been entered already. Raises ``UserError``.
    """
    source = root / "solutions" / lab / f"{lab}.ipynb"
    entered = work / ".graded" / lab / ".released"
    known = labs_in(db_url, COURSE)
    key = hashlib.sha256(source.read_bytes()).hexdigest()
    with contextlib.suppress(OSError):
        if lab in known and entered.read_text() == key:
            return
    from nbgrader.converters import GenerateAssignment  # takes three seconds, only where they are needed

    try:
        require_tests(nbformat.read(source, as_version=4))
    except UserError as error:
        raise UserError(f"{lab} cannot be released: {error}") from None
    with tempfile.TemporaryDirectory(prefix="seq2gpt-release-") as unused:
        c = course_config(root, work)
        c.CourseDirectory.assignment_id = lab
        c.CourseDirectory.release_directory = unused
        c.GenerateAssignment.preprocessors.remove(
            RequireFullPoints
        )  # a worker tries the answers before it grades
        try:
            convert(GenerateAssignment, c)
        except NbGraderError as error:
            raise UserError(
                f"{lab} cannot be released: {error}; if its cells have changed since it was first graded, "
                f"keep the gradebook under another name and grade again"
            ) from error
    write_whole(entered, key)


class NbGraderError(Exception):
    """An nbgrader step failed; the message is the last thing that it logged."""


def convert(converter: Any, c: Any) -> None:
    """Run one of nbgrader's converters to its end or raise :class:`NbGraderError`."""
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory

    step = converter(coursedir=CourseDirectory(config=c), config=c)
    step.force = True
    with last_words(step.log) as words:
        try:
            step.start()
        except NbGraderException as error:
            causes = [w for w in words if not w.startswith("There was an error processing")]
            raise NbGraderError(causes[0] if causes else str(error)) from error


@contextlib.contextmanager
def last_words(log: logging.Logger) -> Iterator[list[str]]:
    """Collect the last line of each error that is logged, and keep the log off the terminal."""
    words: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: words.append(record.getMessage().strip().splitlines()[-1])  # type: ignore[method-assign]
    propagate = log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield words
    finally:
        log.removeHandler(handler)
        log.propagate = propagate
