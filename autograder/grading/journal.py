"""A note of the run in progress, so that one that was killed can be taken up again without typing it anew."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.grading.store import write_whole
from seq2gpt.errors import UserError


class UnknownRequestError(UserError):
    """What was asked for does not exist, so there is nothing to go on with."""


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    labs: tuple[str, ...]
    students: tuple[str, ...] | None = None
    workers: int | None = None
    unsafe: bool = False


def path_of(work: Path) -> Path:
    """Where the note lies."""
    return work / ".graded" / "run.json"


def begin(work: Path, request: Request) -> None:
    """Note what is about to be graded."""
    write_whole(path_of(work), json.dumps(asdict(request)))


def finish(work: Path) -> None:
    """The run has come to its end."""
    path_of(work).unlink(missing_ok=True)


def unfinished(work: Path, unsafe: bool = False) -> Request:
    """The run that was interrupted; ``UserError`` if there is none, or if it was not as ``unsafe`` as this one."""
    try:
        noted = json.loads(path_of(work).read_text(encoding="utf-8"))
        students = None if noted["students"] is None else tuple(noted["students"])
        request = Request(tuple(noted["labs"]), students, noted["workers"], noted["unsafe"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"no interrupted run is noted in {work}; name the labs to grade") from None
    if request.unsafe and not unsafe:
        raise UserError(
            "the interrupted run had no jail; give --unsafe-no-sandbox with --resume, "
            "or name the labs to grade them in one"
        )
    if unsafe and not request.unsafe:
        raise UserError(
            "the interrupted run has a jail; leave --unsafe-no-sandbox away, "
            "or name the labs to grade them without one"
        )
    return request
