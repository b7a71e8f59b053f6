"""What ``seq2gpt course …`` does. Each command prints a short report; mistakes are ``UserError``\\ s."""

from pathlib import Path

from autograder import lessons


def start(folder: Path) -> None:
    """Make a folder with the released labs for a student to work in."""
    from autograder import workspace

    notebooks = workspace.start(folder)
    names = ", ".join(notebook.stem for notebook in notebooks)
    print(f"{folder} now holds {names}. Open the first lab:\n\n    jupyter lab {notebooks[0]}")


def submit(workspace: Path, lab: str, student: str = "", to: Path | None = None) -> None:
    """Hand in a lab, such as ``07-attention``, of the workspace that ``start`` made.

    It goes to the folder TO, or to ``submitted`` in the workspace; earlier versions are kept.
    """
    from autograder.workspace import submit as hand_in

    submission = hand_in(workspace, lab, student, to)
    for warning in submission.warnings:
        print(f"note: {warning}")
    print(
        f"{lab}, submission {submission.number} of {student}: {submission.path}\nsha256 {submission.sha256}"
    )


def build(check: bool = False) -> None:
    """Build the labs' notebooks where a source changed; with ``check`` only say whether they are current."""
    from autograder.build import build as build_labs

    written = build_labs(check)
    for path in written:
        print(f"wrote {path.relative_to(lessons.ROOT)}")
    if not written:
        print("all notebooks are up to date")


def grade(lab: str, workers: int | None = None) -> None:
    """Grade the submissions to a lab, such as ``07-attention``, that lie in ``autograder/submitted``."""
    lesson = lessons.find_lesson(lab)  # before nbgrader is loaded, which takes seconds
    from autograder.grading.run import grade_lab

    work = lessons.ROOT / "autograder"
    print(grade_lab(lessons.ROOT, work, lesson.name, workers=workers).table())
    print(f"\nScores: {work / 'grades.csv'}\nFeedback: {work / 'feedback'}")


def make_all() -> None:
    """Build the labs, grade a sample class, train a small GPT and build the site with it."""
    from autograder.pipeline import make_all as make

    make()
