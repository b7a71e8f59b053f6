"""The folder that an instructor hands out: the labs of the course, and what students should know of its plan."""

import shutil
from pathlib import Path

from autograder.plan import FILE, Plan, plan_of
from seq2gpt.errors import UserError


def hand_out(root: Path, work: Path, folder: Path) -> tuple[Plan, list[str]]:
    """Write the released labs that the plan of ``work`` chooses to ``folder``; returns the plan and the labs.

    A folder that was handed out before is renewed. Raises ``UserError``, and writes nothing, for a folder with
    anything else, and where no lab is built.
    """
    plan = plan_of(root, work)
    built = {
        p.parent.name: p for p in sorted((root / "exercises").glob("*/*.ipynb")) if p.stem == p.parent.name
    }
    labs = plan.chosen(list(built))
    if not labs:
        raise UserError(f"{root / 'exercises'} holds no lab; build the labs with `seq2gpt course build`")
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / FILE).is_file()):
        raise UserError(
            f"{folder} holds something else, and nothing in it will be overwritten; name a new folder"
        )
    for lab in labs:
        shutil.copytree(
            built[lab].parent,
            folder / lab,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(".*", "__pycache__"),
        )
    for lab in sorted(set(built) - set(labs)):
        shutil.rmtree(folder / lab, ignore_errors=True)
    (folder / FILE).write_text(plan.public, encoding="utf-8")
    return plan, labs
