"""What an instructor may set for grading, in ``grading.toml`` beside the submissions; without the file, defaults.

tries = 2                # how often a submission is run when this machine, not the student, is at fault
db_url = "postgresql://USER:PASSWORD@HOST/NAME"   # the gradebook; without it, gradebook.db beside this file
exchange = "/srv/nbgrader/exchange"   # nbgrader's exchange on a JupyterHub; without it, nbgrader's own default

[limits]
cell_seconds = 60

[late]
percent_per_day = 10     # of the points earned; a day that has begun counts
grace_minutes = 15
"""

import dataclasses
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float

from autograder.grading.limits import Limits
from seq2gpt.errors import UserError

FILE = "grading.toml"
DAY = 24 * 60 * 60
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Late:
    """What lateness costs; a lab without a due date in the gradebook is never late."""

    percent_per_day: float = 0.0
    grace_minutes: float = 0.0

    def penalty(self, score: float, seconds_late: float) -> float:
        """Points to take off.

        >>> Late(percent_per_day=10).penalty(score=20.0, seconds_late=DAY + 1)
        4.0
        """
        late = seconds_late - 60 * self.grace_minutes
        if late <= 0:
            return 0.0
        return min(score, score * self.percent_per_day / 100 * math.ceil(late / DAY))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything in ``grading.toml``."""

    tries: int = 2
    db_url: str = ""
    exchange: str = ""
    limits: Limits = field(default_factory=Limits)
    late: Late = field(default_factory=Late)


def read_settings(work: Path) -> Settings:
    """The settings of a folder of submissions; ``UserError`` for a file that cannot be used."""
    path = work / FILE
    if not path.exists():
        return Settings()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML ({error}); correct that line") from None
    tables = {"limits": Limits, "late": Late}
    for name, kind in tables.items():
        if name in found:
            found[name] = made(kind, found[name], f"{path} [{name}]")
    return made(Settings, found, str(path))


def made(kind: type[T], values: Any, where: str) -> T:
    """A dataclass from a table."""
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name, value in values.items():
        if name not in fields:
            raise UserError(f"{where} has the unknown setting {name!r}; it may have {', '.join(fields)}")
        if fields[name].type is str and not isinstance(value, str):
            raise UserError(f"{where}: {name} is {value!r}; put it in quotes")
        if fields[name].type in (int, float):
            whole = fields[name].type is int
            good = (
                isinstance(value, int if whole else int | float)
                and not isinstance(value, bool)
                and value >= 0
            )
            if not good:
                wanted = "whole number" if whole else "number"
                raise UserError(f"{where}: {name} is {value!r}; use a {wanted} of at least 0")
    return kind(**values)


class LatePolicy(LateSubmissionPlugin):
    """The same policy for nbgrader's own commands."""

    percent_per_day = Float(0.0, help="percent of the points earned").tag(config=True)
    grace_minutes = Float(0.0, help="minutes that cost nothing").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        late = Late(percent_per_day=self.percent_per_day, grace_minutes=self.grace_minutes)
        return late.penalty(score, total_seconds_late) or None
