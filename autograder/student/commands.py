"""What ``seq2gpt course …`` does for a student. Each command prints a short report; mistakes are ``UserError``\\ s."""

import shlex
from pathlib import Path

HERE = Path()
RELOAD = "If the notebook is open in JupyterLab: File ▸ Reload Notebook from Disk."


def start(folder: Path, labs: Path | None = None) -> None:
    """Make a folder with the released labs for a student to work in.

    LABS is the folder that your instructor handed out, if there is one: its labs, with its dates.
    """
    from autograder.student import workspace

    notebooks = workspace.start(folder, handout=labs)
    names = " to ".join(dict.fromkeys((notebooks[0].stem, notebooks[-1].stem)))
    count = f"{len(notebooks)} lab{'s' * (len(notebooks) > 1)}"
    first = shlex.quote(str(notebooks[0]))
    print(f"{folder} now holds {count}, {names}, and a README. Open the first:\n\n    jupyter lab {first}")


def submit(
    workspace: Path, lab: str, student: str = "", to: Path | None = None, share_times: bool = False
) -> None:
    """Hand in a lab, such as ``07-attention``, of the workspace that ``start`` made.

    It goes to the folder TO, or to ``submitted`` in the workspace; earlier versions are kept. With SHARE_TIMES your instructor
    also gets, for each exercise, the minutes that it took you and how many checks and hints; without it nobody does.
    """
    from autograder.student.find import find_lab, open_workspace
    from autograder.student.workspace import submit as hand_in

    found = open_workspace(workspace)
    lab = find_lab(found, lab)
    if not (workspace / lab).is_dir():  # given from a folder inside it
        workspace = found.folder
    submission = hand_in(workspace, lab, student, to, share_times=share_times)
    for warning in submission.warnings:
        print(f"note: {warning}")
    print(
        f"{lab}, submission {submission.number} of {student}: {submission.path}\nsha256 {submission.sha256}"
    )


def status(folder: Path = HERE, full: bool = False) -> None:
    """What is solved in your folder, what that unlocks, and what to do next.

    Labs that are solved, and those that you have not begun, take one line each unless FULL.
    """
    from autograder.student.find import open_workspace
    from autograder.student.milestones import ready, stars
    from autograder.student.progress import read_progress
    from autograder.student.status import rows_of, status_text, today

    workspace = open_workspace(folder)
    progress = read_progress(workspace.folder)
    rows = {lab: rows_of(mine, workspace.released[lab], progress) for lab, mine in workspace.labs.items()}
    print(status_text(rows, workspace.released, progress.streak(today()), full, workspace.plan))
    for trouble in workspace.troubles:
        print(f"note: {trouble}")
    for lab in stars(workspace):
        print(f"★ {lab}")
    if waiting := ready(workspace):
        print(f"A milestone is ready: `seq2gpt course milestone {waiting[0].lab}`.")


def check(what: str, folder: Path = HERE, watch: bool = False) -> None:
    """Run the checks of an exercise, or of all exercises of a lab, on your notebook as it is saved.

    WHAT is an exercise, such as ``causal_mask`` or ``07/causal_mask``, or a lab: ``07-attention``, ``07`` or
    ``attention``. With WATCH the command stays, and checks what has changed each time you save.
    """
    from autograder.student.find import find_exercises, open_workspace

    workspace = open_workspace(folder)
    wanted = find_exercises(workspace, what)
    from autograder.student import run  # brings torch

    reports = run.watch(workspace, wanted) if watch else run.check(workspace, wanted)
    for report in reports:
        print(report, flush=True)


def hint(exercise: str, folder: Path = HERE) -> None:
    """Show one more hint of an exercise than last time."""
    from autograder.student.find import find_exercise, open_workspace
    from autograder.student.hints import next_hint

    workspace = open_workspace(folder)
    print(next_hint(workspace, *find_exercise(workspace, exercise)))


def reset(exercise: str, folder: Path = HERE) -> None:
    """Put the cell of an exercise back to what it was; your text is kept in a file of its own."""
    from autograder.student.find import find_exercise, open_workspace
    from autograder.student.hints import reset as put_back

    workspace = open_workspace(folder)
    lab, name = find_exercise(workspace, exercise)
    kept = put_back(workspace, lab, name)
    print(f"{name} in {lab} is empty again. What you had: {kept}\n{RELOAD}")


def update(folder: Path = HERE, labs: Path | None = None) -> None:
    """Bring your folder to the labs of the installed version of the course; your answers stay as they are.

    LABS is a newer folder of labs and dates from your instructor, if there is one.
    """
    from autograder.student.find import open_workspace
    from autograder.student.update import BEFORE
    from autograder.student.update import update as merge_all
    from autograder.student.workspace import labs_in, take_plan

    if labs:
        take_plan(open_workspace(folder, labs_in(labs)).folder, labs)
    workspace = open_workspace(folder, labs_in(labs) if labs else None)
    changes = merge_all(workspace)
    print("\n".join(change.text for change in changes))
    if any(change.renewed or change.rearranged or change.conflicts for change in changes):
        print(f"The notebooks as they were: {workspace.folder / '.seq2gpt' / BEFORE}\n{RELOAD}")


def assemble(folder: Path = HERE, out: Path = Path("mygpt"), name: str = "") -> None:
    """Put your solved exercises together to a package of your own; what is not solved yet is the course's, and marked.

    The package is called NAME, or like the folder OUT, and can be imported beside ``seq2gpt``.
    """
    from autograder.student.assembly import assemble as make
    from autograder.student.find import open_workspace

    workspace = open_workspace(folder)
    parts = make(workspace, out, name)
    yours = [part for part in parts if part.yours]
    print(f"{out}: {len(yours)} of {len(parts)} exercises are your own.")
    for why in dict.fromkeys(part.why for part in parts if part.why not in ("", "not written yet")):
        names = ", ".join(f"{part.lab}/{part.exercise}" for part in parts if part.why == why)
        print(f"note: {why}, so the course's is there: {names}")
    for trouble in workspace.troubles:
        print(f"note: nothing of it is in the package: {trouble}")
    print(f"\n    seq2gpt train --with {out}\n    seq2gpt course provenance {out}")


def provenance(package: Path) -> None:
    """Who wrote what of an assembled package, in lines and in lines that run."""
    from autograder.student.provenance import share, table

    print(table(package), flush=True)
    print(f"\n{share(package).text}")


def milestones(folder: Path = HERE) -> None:
    """What your own parts can reach together, what is reached, and what is ready."""
    from autograder.student.find import open_workspace
    from autograder.student.milestones import milestones_text

    print(milestones_text(open_workspace(folder)))


def milestone(lab: str, folder: Path = HERE) -> None:
    """Train with your own parts for the milestone of LAB, such as ``05``; it takes minutes."""
    from autograder.student.find import open_workspace
    from autograder.student.milestones import find_milestone, reach, require_solved

    workspace = open_workspace(folder)
    stone = find_milestone(workspace, lab)
    require_solved(workspace, stone)
    print(f"{stone.title}: about {stone.minutes:g} min. To reach: {stone.goal}", flush=True)
    print(reach(workspace, stone).text)


def publish(package: Path, run: Path | None = None, to: Path = Path("mygpt.html"), title: str = "") -> None:
    """Write your trained model to a page: one file that writes in any browser, without a network.

    PACKAGE is what ``assemble`` made, RUN what ``seq2gpt train --with PACKAGE`` trained: ``runs/`` and the package's name, unless
    given.
    """
    from autograder.student.assembly import read_record
    from autograder.student.publish import publish as write

    size = write(package, run or Path("runs", read_record(package)["name"]), to, title)
    print(f"{to}, {size / 1e6:.1f} MB: open it in a browser, or give it to somebody")


def doctor(folder: Path = HERE) -> None:
    """Say what of this machine will be slow or broken, and what to do about it."""
    from autograder.student.doctor import examine

    found = []
    for finding in examine(folder):
        print(finding.text, flush=True)
        found.append(finding.state)
    broken, slow = found.count("broken"), found.count("slow")
    print(f"\n{broken} broken, {slow} slow." if broken or slow else "\nAll is fine.")
