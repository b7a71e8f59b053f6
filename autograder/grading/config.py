"""nbgrader's settings for the course, the same for its own commands and for ours.

nbgrader logs a config file that raises and goes on *without* it, which would run submissions with no
limits. So the settings are made in code, and :func:`check_config` says whether they took effect.
"""

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader import api, dbutil
from nbgrader import preprocessors as stock
from nbgrader.converters import Autograde, GenerateAssignment
from traitlets.config import Config

from autograder.grading.execute import JudgedExecute
from autograder.grading.feedback import HidePrivateTests, SafeOutputs
from autograder.grading.reference import RequireFullPoints, RequireTests
from autograder.grading.seed import SEED_FILE
from autograder.grading.settings import read_settings
from autograder.grading.structure import RestoreStructure

COURSE = "seq2gpt"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"

SANITIZE = [RestoreStructure, stock.OverwriteKernelspec, stock.CheckCellMetadata]
AUTOGRADE = [
    JudgedExecute,
    stock.LimitOutput,
    stock.SaveAutoGrades,
    stock.AssignLatePenalties,
    stock.CheckCellMetadata,
]
FIRST = {"sanitize_preprocessors": RestoreStructure, "autograde_preprocessors": JudgedExecute}
FEEDBACK = [stock.GetGrades, HidePrivateTests, stock.ClearHiddenTests, SafeOutputs, CSSHTMLHeaderPreprocessor]


def configure(c: Config, root: Path, work: Path) -> None:
    """Set everything on ``c``: sources and releases lie in ``root``, all that grading makes in ``work``."""
    root, work = root.resolve(), work.resolve()
    set_folders(c, root, work)
    settings = read_settings(work)
    c.CourseDirectory.db_url = settings.db_url or f"sqlite:///{work / 'gradebook.db'}"
    if settings.exchange:
        c.Exchange.root = settings.exchange
    c.GenerateAssignment.preprocessors = [
        RequireTests,
        RequireFullPoints,
        *GenerateAssignment.class_traits()["preprocessors"].default(),
    ]
    c.ClearSolutions.code_stub = {"python": STUB}
    c.Autograde.sanitize_preprocessors = SANITIZE
    c.Autograde.autograde_preprocessors = AUTOGRADE
    for step in (c.JudgedExecute, c.RequireFullPoints):
        step.seed_file = str(work / SEED_FILE)
        step.limits = settings.limits
    c.AssignLatePenalties.plugin_class = "autograder.grading.settings.LatePolicy"
    c.LatePolicy.update(dataclasses.asdict(settings.late))
    c.GenerateFeedback.preprocessors = FEEDBACK
    c.SafeOutputs.enabled = True
    c.HTMLExporter.filters = {"markdown2html": "autograder.grading.feedback.safe_markdown"}
    check_config(c)
    guard_autograde()
    make_commands_findable()


def set_folders(c: Config, root: Path, work: Path) -> None:
    """Where nbgrader finds and leaves things; a path that is not inside ``root`` is given in full."""
    inside = work.relative_to(root) if work.is_relative_to(root) else work
    c.CourseDirectory.course_id = COURSE
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.source_directory = "solutions"
    c.CourseDirectory.release_directory = "exercises"
    c.CourseDirectory.submitted_directory = str(inside / "submitted")
    c.CourseDirectory.autograded_directory = str(inside / "autograded")
    c.CourseDirectory.feedback_directory = str(inside / "feedback")
    c.CourseDirectory.source_with_tests_directory = str(inside / "source_with_tests")
    c.CourseDirectory.solution_directory = str(inside / "solution_html")


def course_config(root: Path, work: Path) -> Config:
    """The settings as a new object, for nbgrader's Python interface."""
    c = Config()
    configure(c, root, work)
    return c


def check_config(c: Any) -> None:
    """Raise ``RuntimeError`` unless submissions would be repaired first and run in the jail."""
    check_preprocessors({name: list(c.Autograde.get(name, [])) for name in FIRST})


def check_preprocessors(lists: dict[str, list[Any]]) -> None:
    """Raise ``RuntimeError`` unless each list begins with the preprocessor of ours that it must begin with."""
    for setting, preprocessor in FIRST.items():
        listed = lists[setting]
        if not listed or listed[0] is not preprocessor:
            names = ", ".join(getattr(p, "__name__", str(p)) for p in listed) or "nothing"
            raise RuntimeError(
                f"Autograde.{setting} is {names}; it must begin with {preprocessor.__name__}, "
                "or submissions would run without limits"
            )


def guard_autograde() -> None:
    """Have nbgrader's converter check itself when it starts: a command line can still replace its preprocessors."""
    if not hasattr(Autograde, "unguarded_start"):
        Autograde.unguarded_start = Autograde.start
        Autograde.start = guarded_start


def guarded_start(converter: Any) -> None:
    """Start only with our preprocessors in place; nbgrader goes on after any other exception than this."""
    try:
        check_preprocessors({name: list(getattr(converter, name)) for name in FIRST})
    except RuntimeError as error:
        raise SystemExit(f"{error}; nothing was run") from error
    converter.unguarded_start()


def make_commands_findable() -> None:
    """Put this environment's programs on PATH; ask alembic here, which nbgrader would start as a program for three seconds."""
    api.get_alembic_version = newest_schema
    programs = str(Path(sys.executable).parent)
    paths = os.environ.get("PATH", "").split(os.pathsep)
    if programs not in paths:
        os.environ["PATH"] = os.pathsep.join([programs, *paths])


def newest_schema() -> str:
    """The version of the tables that a new gradebook is made with."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head())
