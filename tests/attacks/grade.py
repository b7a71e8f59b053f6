"""The grader's process, a script: reads jobs as lines of JSON and grades each in a child of its own.

A child, because what it grades is hostile; one process for all, because importing nbgrader takes seconds.
"""

import json
import os
import resource
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

GIB = 2**30
CELL_SECONDS, TEST_SECONDS, TOTAL_SECONDS = 6, 15, 60
# Mercy on the machine under an engine without limits of its own.
BOUNDS = {"DATA": 6 * GIB, "FSIZE": GIB // 4, "CPU": 900, "CORE": 0}


def ours(job: dict[str, Any]) -> None:
    """What ``seq2gpt course grade`` does, in the course and with the patience of the job."""
    from autograder.grading.limits import Limits
    from autograder.grading.run import grade_lab

    limits = Limits(cell_seconds=CELL_SECONDS, test_seconds=TEST_SECONDS, total_seconds=TOTAL_SECONDS)
    grade_lab(Path(job["root"]), Path(job["work"]), job["lab"], job["students"], workers=1, limits=limits)


def stock(job: dict[str, Any]) -> None:
    """What nbgrader's own commands do by default; only the folders are set."""
    from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    work = Path(job["work"])
    c = Config()
    c.CourseDirectory.root, c.CourseDirectory.course_id = job["root"], "attacks"
    c.CourseDirectory.assignment_id = job["lab"]
    c.CourseDirectory.source_directory = "solutions"
    c.CourseDirectory.db_url = f"sqlite:///{work / 'gradebook.db'}"
    for step in ("release", "submitted", "autograded", "feedback", "source_with_tests"):
        c.CourseDirectory[f"{step}_directory"] = str(work / step)
    GenerateAssignment(coursedir=CourseDirectory(config=c), config=c).start()
    if job["students"]:
        (c.CourseDirectory.student_id,) = job["students"]
    for step in (Autograde, GenerateFeedback):
        try:
            step(coursedir=CourseDirectory(config=c), config=c).start()
        except NbGraderException:
            traceback.print_exc()  # some submissions failed; the others are graded


ENGINES = {"ours": ours, "stock": stock}


def grade(job: dict[str, Any], gradebook: Path) -> None:
    """Do one job; this is the child."""
    os.setsid()
    if not (target := Path(job["work"], "gradebook.db")).exists():
        shutil.copyfile(gradebook, target)
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(file, stream)
    for name, value in BOUNDS.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    os.environ.update(job["environment"])
    tempfile.tempdir = None  # found before for another folder
    os.chdir(job["work"])
    ENGINES[job["engine"]](job)


def main() -> None:
    """Serve until the input ends."""
    import nbgrader.converters  # noqa: F401 (once for all children)
    from nbgrader.api import Gradebook

    with tempfile.TemporaryDirectory(prefix="atk-") as folder:
        gradebook = Path(folder, "gradebook.db")
        with Gradebook(f"sqlite:///{gradebook}"):  # an empty one, made once: that takes seconds, too
            pass
        serve(gradebook)


def serve(gradebook: Path) -> None:
    """Answer every line of the input."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                grade(json.loads(line), gradebook)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": status}), flush=True)


if __name__ == "__main__":
    main()
