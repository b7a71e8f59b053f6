"""One attack: what is handed in, what an honest teacher gives for it, and what must not happen."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat.notebooknode import NotebookNode

from . import course
from .world import World

Builder = Callable[[Path, World], None]
Edit = Callable[[NotebookNode], object]

# Answers that an honest teacher gives nothing for; each calls, loads and runs without an error.
WRONG = {
    "softmax": "def softmax(scores):\n    return scores * 0 + 0.125",
    "scale": course.EXERCISES["scale"].signature + "\n" + course.EXERCISES["scale"].body + " * 3",
    "vocabulary": "class Vocabulary(list):\n    def encode(self, text): return [0]\n    def decode(self, ids): return ''",
    "windows": "def windows(items, size):\n    yield items[:1]",
}


@dataclass(frozen=True)
class Attack:
    """A submission.

    ``earns`` is what an honest teacher gives for each exercise. ``aims`` names the probe that trips when
    the attack succeeds, ``score`` if it is after points; whatever it aims at, no probe may trip. ``flagged``
    says whether the instructor must be told, must not be told (the student did nothing odd), or, if None,
    may be told.
    """

    name: str
    does: str
    build: Builder
    earns: Mapping[str, float] = field(default_factory=lambda: dict(course.POINTS))
    aims: str = "score"
    flagged: bool | None = None
    kind: str = ""

    @property
    def score(self) -> float:
        """The honest score."""
        return sum(self.earns.values())


def lost(*names: str, **partly: float) -> dict[str, float]:
    """All points but those of some exercises; ``softmax=1.0`` keeps a part."""
    return course.POINTS | dict.fromkeys(names, 0.0) | partly


NOTHING = lost(*course.POINTS)


def answers(**sources: str) -> Builder:
    """Right answers but these, in which ``$HOST``, ``$PORT`` … stand for places of the world."""
    return edited(lambda nb: None, **sources)


def edited(change: Edit, **sources: str) -> Builder:
    """A notebook with these answers, changed further."""

    def build(folder: Path, world: World) -> None:
        name = folder.parent.name
        nb = course.answered(**{key: world.fill(text, name) for key, text in sources.items()})
        change(nb)
        course.write(nb, folder / f"{course.LAB}.ipynb")

    return build


def raw(content: bytes | Callable[[str], bytes]) -> Builder:
    """A file with this content, or with what a function makes of the text of a right submission."""

    def build(folder: Path, world: World) -> None:
        path = folder / f"{course.LAB}.ipynb"
        course.write(course.answered(), path)
        path.write_bytes(content(path.read_text(encoding="utf-8")) if callable(content) else content)

    return build


def beside(change: Callable[[Path, World], object], **sources: str) -> Builder:
    """A submission with these answers, then something done to the folder that holds it."""

    def build(folder: Path, world: World) -> None:
        answers(**sources)(folder, world)
        change(folder, world)

    return build


def duplicate(cell: NotebookNode, **changes: object) -> NotebookNode:
    """A copy of a cell, changed, under another id."""
    twin = copy.deepcopy(cell)
    twin.update(changes)
    twin["id"] = f"{cell['id']}-twin"
    return twin
