"""A student's folder: get the labs, hand one in."""

import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import seq2gpt
from autograder.lessons import ROOT
from autograder.plan import FILE as PLAN
from autograder.plan import read_plan
from autograder.student.labfile import LabFile, is_blank, missing, parse_lab
from autograder.student.progress import MARKER, workspace_of
from autograder.student.times import FILE as TIMES
from autograder.student.times import shared_times
from seq2gpt.errors import UserError

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
INSTALLED = Path(seq2gpt.__file__).parent / "course_files" / "exercises"
README = """# My seq2gpt labs

Open a lab in JupyterLab: `jupyter lab {first}`

Write your code where it says `YOUR CODE HERE`. The grey cell under each answer checks it at once; run it as
often as you like. If an answer depends on an earlier one that is not right yet, go on: while an exercise is
checked, the earlier ones are the course's own.

Hand in a lab, from this folder, with

    seq2gpt course submit . {lab} --student YOUR_ID

It keeps every version that you hand in, and tells you where it is and what is still unanswered. Only if you add
--share-times does it also hand in how long each exercise took you. In a terminal, in this folder:

    seq2gpt course status                what is solved, what that unlocks, what comes next
    seq2gpt course check EXERCISE        the checks of an exercise, or of a whole lab; --watch repeats them
    seq2gpt course hint EXERCISE         one more hint each time
    seq2gpt course reset EXERCISE        back to the empty cell; what you had is kept
    seq2gpt course update                the labs of a newer version of the course; your answers stay
    seq2gpt course doctor                what of this machine will be slow or broken, and what helps
"""
RELEASED = "released"  # the labs as they were when the folder was started or last updated


@dataclass(frozen=True)
class Submission:
    """What was handed in, and what the student should know about it."""

    path: Path
    sha256: str
    number: int
    warnings: list[str] = field(default_factory=list)


def released_labs(folders: tuple[Path, ...] = (INSTALLED, ROOT / "exercises")) -> dict[str, Path]:
    """The released notebooks by lab: those inside the installed package, or those of this checkout."""
    for folder in folders:
        labs = {p.stem: p for p in sorted(folder.glob("*/*.ipynb")) if p.stem == p.parent.name}
        if labs:
            return labs
    raise UserError("no released lab was found; build them with `seq2gpt course build`")


def labs_in(handout: Path) -> dict[str, Path]:
    """The labs of a folder that an instructor handed out; ``UserError`` if there is none in it."""
    labs = {p.stem: p for p in sorted(handout.glob("*/*.ipynb")) if p.stem == p.parent.name}
    if not labs:
        raise UserError(f"{handout} holds no lab; name the folder that `seq2gpt course release` wrote")
    return labs


def take_plan(folder: Path, handout: Path) -> None:
    """Keep the dates and points of a handout in a student's folder."""
    if (handout / PLAN).is_file():
        read_plan(handout / PLAN)
        (folder / MARKER).mkdir(exist_ok=True)
        shutil.copyfile(handout / PLAN, folder / MARKER / PLAN)


def start(folder: Path, labs: dict[str, Path] | None = None, handout: Path | None = None) -> list[Path]:
    """Copy every released lab, or those of a ``handout``, into a new folder of the student's; returns the notebooks.

    Raises ``UserError``, and changes nothing, when there is anything in the folder already.
    """
    labs = labs or (labs_in(handout) if handout else released_labs())
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; give the name of a new folder")
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty, and nothing in it will be overwritten; give a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".seq2gpt-", dir=folder.parent) as staged:
        complete = Path(staged, "workspace")
        for lab, notebook in labs.items():
            shutil.copytree(
                notebook.parent, complete / lab, ignore=shutil.ignore_patterns(".*", "__pycache__")
            )
        first = next(iter(labs))
        text = README.format(first=f"{first}/{first}.ipynb", lab=first)
        (complete / "README.md").write_text(text, encoding="utf-8")
        for lab, notebook in labs.items():
            remember_released(complete, lab, notebook)
        if handout:
            take_plan(complete, handout)
        if folder.exists():
            folder.rmdir()
        complete.rename(folder)
    return [folder / lab / f"{lab}.ipynb" for lab in labs]


def remember_released(folder: Path, lab: str, notebook: Path) -> None:
    """Keep a copy of the released notebook, to tell later what the student has changed."""
    place = folder / MARKER / RELEASED
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy2(notebook, place / f"{lab}.ipynb")


def submit(
    workspace: Path,
    lab: str,
    student: str,
    to: Path | None = None,
    labs: dict[str, Path] | None = None,
    share_times: bool = False,
) -> Submission:
    """Hand in a lab: copy its notebook to ``to/student/lab/lab.ipynb``, where nbgrader looks for it.

    ``to`` is the folder ``submitted`` in the workspace unless given. An earlier submission moves to
    ``to/student/lab.earlier``. Every submission adds a line to ``to/student/receipts.txt``. With ``share_times`` the
    minutes that each exercise took lie beside it; without, no word about time leaves the workspace.

    Raises ``UserError``, and copies nothing, when the student's name is no plain name, or when the
    notebook is missing, damaged or another one.
    """
    if not student:
        raise UserError("whose is it? add --student YOUR_ID, the name under which your instructor knows you")
    if not STUDENT.fullmatch(student):
        raise UserError(f"--student {student!r} is no student id; use letters, digits, '.', '_' and '-'")
    labs = labs or released_labs()
    if lab not in labs:
        raise UserError(f"there is no lab {lab!r}; the labs are {', '.join(labs)}")
    source = workspace / lab / f"{lab}.ipynb"
    if not source.is_file():
        raise UserError(missing(source))
    content = source.read_bytes()
    released = parse_lab(labs[lab], labs[lab].read_bytes(), lab)
    warnings = review(parse_lab(source, content, lab), released)
    folder = (to or workspace / "submitted") / student
    target = folder / lab / source.name
    number = keep_earlier(target, folder / f"{lab}.earlier") + 1
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(target)
    now = datetime.now(UTC)
    # nbgrader reads this file, to see which submission is newer and which came late.
    (target.parent / "timestamp.txt").write_text(f"{now:%Y-%m-%d %H:%M:%S.%f} UTC\n", encoding="utf-8")
    times = target.with_name(TIMES)
    times.unlink(missing_ok=True)
    if share_times:
        times.write_text(shared_times(workspace_of(workspace) or workspace, lab), encoding="utf-8")
    sha256 = hashlib.sha256(content).hexdigest()
    with (folder / "receipts.txt").open("a", encoding="utf-8") as receipts:
        receipts.write(f"{now:%Y-%m-%d %H:%M:%S} UTC  {lab}  submission {number}  sha256 {sha256}\n")
    return Submission(target, sha256, number, warnings)


def review(notebook: LabFile, released: LabFile) -> list[str]:
    """Warnings about answers that are missing or as they were; an error if it is another notebook."""
    lab, found = notebook.lab, notebook.answers
    if not found.keys() & released.answers.keys():
        raise UserError(
            f"{notebook.path} has none of the answer cells of {lab}; hand in the notebook of this lab"
        )
    missing = [name for name in released.answers if name not in found]
    blank = [
        name
        for name, text in released.answers.items()
        if name in found and (not found[name].strip() or is_blank(found[name], text))
    ]
    warnings = []
    if missing:
        warnings.append(f"no answer cell for {', '.join(missing)}: `seq2gpt course update` brings it back")
    if blank:
        warnings.append(f"not answered yet: {', '.join(blank)}")
    return warnings


def keep_earlier(target: Path, folder: Path) -> int:
    """Copy the present submission, if there is one, under the next free number; returns how many there are."""
    numbers = [int(p.stem.rpartition("-")[2]) for p in folder.glob(f"{target.stem}-*.ipynb")]
    if not target.exists():
        return max(numbers, default=0)
    number = max(numbers, default=0) + 1
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(target, folder / f"{target.stem}-{number}.ipynb")
    return number
