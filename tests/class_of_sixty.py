"""A class of sixty: everybody whom an instructor meets, with what an honest teacher gives each of them.

What a student deserves is worked out from the points of the exercises, never copied from a run of the grader.
"""

import ast
import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

import tiny_course as tiny
from autograder.sample_class import SampleLab, grade_id

DUE = datetime(2026, 11, 20, 17, tzinfo=UTC)
FIRST = ("Ada", "Bōb", "Çelik", "Dörte", "Émile", "Fatima", "Grzegorz", "Hồng", "Ілля", "José")
LAST = ("Ångström", "Lovelace", "Müller-Lüdenscheidt", "O'Neill", "Şahin", "Wáng")


@dataclass(frozen=True)
class Member:
    """One student: what they hand in, when, and what it earns before lateness; ``content`` None: nothing."""

    kind: str
    content: bytes | None
    score: float
    late: timedelta = timedelta(hours=-1)
    number: int = 0
    file: str = ""
    listed: bool = True
    lost: str = ""

    @property
    def id(self) -> str:
        """The name of the folder."""
        return f"s{self.number:02}-{self.kind}"

    @property
    def name(self) -> tuple[str, str]:
        """First and last name."""
        return FIRST[self.number % len(FIRST)], LAST[self.number % len(LAST)]


class TinyLab(SampleLab):
    """The lab of three one-liners, with what a sample class needs."""

    def __init__(self) -> None:
        self.lab = tiny.LAB
        self.released = tiny.released_notebook()
        self.answers = dict(tiny.ANSWERS)
        self.targets = {name: name for name in self.answers}
        self.points = dict(tiny.POINTS)
        self.questions = []


def members(lab: SampleLab) -> list[Member]:
    """Everybody, numbered."""
    found = [
        *diligent(lab), *late(lab), *hostile(lab), *broken(lab), *rearranged(lab), *copied(lab), *encoded(lab), *tampered(lab),
        Member("absent", None, 0.0), Member("absent", None, 0.0), Member("stranger", notebook(lab, lab.answers), lab.worth(), listed=False),
    ]  # fmt: skip
    return [replace(member, number=number) for number, member in enumerate(found, 1)]


def notebook(lab: SampleLab, answers: dict[str, str], without: tuple[str, ...] = ()) -> bytes:
    """A submission as Jupyter saves it."""
    return lab.notebook(answers, without).encode()


def diligent(lab: SampleLab) -> Iterator[Member]:
    """Right, half right and blank, each in a hand of their own."""
    names = list(lab.points)
    for number in range(12):
        own = {name: f"{text}\n# attempt {number}" for name, text in lab.answers.items()}
        yield Member("perfect", notebook(lab, own), lab.worth())
    for number in range(8):
        lost = names[number % len(names)]
        kept = {name: f"{text}\n# {number}" for name, text in lab.answers.items() if name != lost}
        yield Member("half", notebook(lab, kept), lab.worth(lost), lost=lost)
    for number in range(4):
        yield Member("blank", notebook(lab, {names[0]: f"# I do not know {number}"}), 0.0)


def late(lab: SampleLab) -> Iterator[Member]:
    """Within the minutes of grace, an hour, days, and with an extension."""
    for number, delay in enumerate(({"minutes": 5}, {"hours": 1}, {"days": 1, "hours": 1}, {"days": 20})):
        own = {name: f"{text}\n# late {number}" for name, text in lab.answers.items()}
        yield Member("late", notebook(lab, own), lab.worth(), timedelta(**delay))
    own = {name: f"{text}\n# extended" for name, text in lab.answers.items()}
    yield Member("extended", notebook(lab, own), lab.worth(), timedelta(days=3))


def hostile(lab: SampleLab) -> Iterator[Member]:
    """Code that harms more than its own exercise unless the grader takes care; its own earns nothing."""
    second = list(lab.points)[1]
    target = lab.targets[second]
    for text in (
        "import os\n\nos._exit(0)",
        "while True:\n    pass",
        f"class {target}:\n    def __new__(cls, *a, **k):\n        return cls.__mro__[1].__new__(cls)\n    def __eq__(self, other):\n        return True\n    __hash__ = None",
        f"import math\n\nmath.isclose = lambda *a, **k: True\n\n\ndef {target}(*args, **kwargs):\n    return 99.0",
        "import os\n\nos.system('kill -9 -1')\nos.kill(os.getppid(), 9)",
        f"import os\n\n\ndef {target}(*args, **kwargs):\n    return os.environ['SEQ2GPT_GRADING_SEED']",
    ):
        yield Member("hostile", notebook(lab, lab.answers | {second: text}), lab.worth(second))


def broken(lab: SampleLab) -> Iterator[Member]:
    """Files that are no notebook of this lab; each scores nothing and is one sentence for the instructor."""
    whole = notebook(lab, lab.answers)
    yield Member("empty", b"", 0.0)
    yield Member("web-page", b"<!DOCTYPE html><title>Sign in</title>", 0.0)
    yield Member("cut", whole[: len(whole) // 2], 0.0)
    yield Member("list", b"[1, 2]", 0.0)
    yield Member("renamed-file", whole, 0.0, file="final_FINAL(2).ipynb")


def rearranged(lab: SampleLab) -> Iterator[Member]:
    """Cells renamed, merged, moved, doubled, without marks: right answers, wherever they stand."""
    names = list(lab.points)
    nb = nbformat.reads(lab.notebook(lab.answers), as_version=4)
    renamed = copy.deepcopy(nb)
    for number, cell in enumerate(c for c in renamed.cells if grade_id(c)):
        cell.metadata.nbgrader.grade_id = f"cell-{number}"
    yield Member("renamed-cells", nbformat.writes(renamed).encode(), lab.worth())
    plain = new_notebook(cells=[new_code_cell(text) for text in lab.answers.values()])
    yield Member("own-notebook", nbformat.writes(plain).encode(), lab.worth())
    merged = lab.answers | {names[0]: "\n\n".join(lab.answers.values())}
    gone = tuple(names[1:])
    yield Member("merged", notebook(lab, merged, without=gone), lab.worth())
    turned = copy.deepcopy(nb)
    turned.cells = turned.cells[:1] + turned.cells[:0:-1]
    yield Member("reversed", nbformat.writes(turned).encode(), lab.worth())
    twice = copy.deepcopy(nb)
    first = next(c for c in twice.cells if grade_id(c) == f"{lab.lab}-{names[0]}")
    old = nbformat.from_dict(first) | {"source": "raise ValueError('an older attempt')", "id": "older"}
    twice.cells.insert(1, nbformat.from_dict(old))
    yield Member("doubled", nbformat.writes(twice).encode(), lab.worth())


def copied(lab: SampleLab) -> Iterator[Member]:
    """Two of two answers that only a copy can make alike, with other names in them."""
    name = next(iter(lab.points))
    detour = "".join(f"\n    {{0}}{i} = sum([{i}, {i} * {i}, -{i} * {i}]) - {i}" for i in range(1, 9))
    lines = lab.answers[name].splitlines()
    body = ast.parse(lab.answers[name]).body[0].body
    documented = len(body) > 1 and isinstance(body[0], ast.Expr)
    at = body[documented].lineno - 1  # below the docstring, if there is one
    for letters, number in (("ab", 0), ("cd", 1)):
        for letter in letters:
            more = f"    {letter} = 'a detour, {number}'" + detour.format(letter) * (number + 1)
            text = "\n".join([*lines[:at], more, *lines[at:]])
            yield Member("copied", notebook(lab, lab.answers | {name: text}), lab.worth())


def encoded(lab: SampleLab) -> Iterator[Member]:
    """The same right answers as other systems write them."""
    text = lab.notebook({name: f"{t}\n# größer als π, 数" for name, t in lab.answers.items()})
    yield Member("bom", b"\xef\xbb\xbf" + text.encode(), lab.worth())
    yield Member("utf-16", text.encode("utf-16"), lab.worth())
    yield Member("windows", text.replace("\n", "\r\n").replace("\\n", "\\r\\n").encode(), lab.worth())
    yield Member("ascii", json.dumps(json.loads(text)).encode(), lab.worth())
    yield Member("latin", text.encode("latin-1", errors="ignore"), 0.0)


def tampered(lab: SampleLab) -> Iterator[Member]:
    """Tests deleted, edited, and worth more than they were; one answer is missing, and stays worth nothing."""
    names = list(lab.points)
    lost = names[-1]
    kept = {name: text for name, text in lab.answers.items() if name != lost}
    yield Member("deleted", notebook(lab, kept, tuple(f"{name}-check" for name in names)), lab.worth(lost))
    for source, points in (("100.0", None), (None, 100)):
        nb = nbformat.reads(lab.notebook(kept), as_version=4)
        test = next(c for c in nb.cells if grade_id(c) == f"{lab.lab}-{lost}-check")
        test.source = source or test.source
        test.metadata.nbgrader.points = points or test.metadata.nbgrader.points
        yield Member("edited", nbformat.writes(nb).encode(), lab.worth(lost))


def hand_in(work: Path, lab: str, everybody: list[Member]) -> None:
    """Write the submissions, each with the time at which it came."""
    for member in everybody:
        if member.content is None:
            continue
        folder = work / "submitted" / member.id / lab
        folder.mkdir(parents=True)
        (folder / (member.file or f"{lab}.ipynb")).write_bytes(member.content)
        (folder / "timestamp.txt").write_text(f"{DUE + member.late:%Y-%m-%d %H:%M:%S.%f} UTC\n")


def class_list(path: Path, everybody: list[Member]) -> None:
    """The table that the university gives: everybody but the stranger, and two who never come."""
    rows = [f"{m.id};{m.name[1]};{m.name[0]};{m.id}@example.org" for m in everybody if m.listed]
    path.write_text("\r\n".join(["ID;Surname;First name;E-mail", *rows, ""]), encoding="utf-8-sig")
