"""Known wrong answers. Each one must be rejected by the check that it names.

A mutant is the reference answer with a small edit (or, where no edit says it, a text of its own), the
sentence that clears the mistake up, and where the lesson does so.
"""

import functools
import importlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """A wrong answer to ``exercise``, made from the reference by replacing pieces of its text."""

    name: str
    exercise: str
    module: str
    target: str
    rejected_by: str
    says: str
    anchor: str
    misconception: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    text: str = ""

    @property
    def source(self) -> str:
        """The complete wrong definition, ready to paste into an answer cell."""
        if self.text:
            return inspect.cleandoc(self.text) + "\n"
        source = inspect.getsource(getattr(importlib.import_module(self.module), self.target))
        for old, new in self.edits:
            if source.count(old) < 1:
                raise ValueError(
                    f"mutant {self.name}: {old!r} is not in {self.module}.{self.target}; update the edit"
                )
            source = source.replace(old, new)
        return source

    def build(self) -> Any:
        """The wrong object itself, with the reference's other parts around it."""
        namespace = {**vars(importlib.import_module(self.module)), "__name__": "__main__"}
        exec(compile(self.source, f"<mutant {self.name}>", "exec"), namespace)  # noqa: S102 (our own text)
        return namespace[self.target]


def mistake(
    module: str, exercise: str, name: str, rejected_by: str, says: str, anchor: str, *edits: Any, **more: Any
) -> Mutant:
    """A mutant of the exercise that is named as what it defines, which nearly all are."""
    return Mutant(
        name=name,
        exercise=exercise,
        module=module,
        target=exercise,
        rejected_by=rejected_by,
        says=says,
        anchor=anchor,
        edits=edits,
        **more,
    )


@functools.cache
def load(lab: str) -> dict[str, Sequence[Mutant]]:
    """The mutants of a lab such as ``07-attention``, by exercise."""
    slug = lab.split("-", 1)[1].replace("-", "_")
    module = importlib.import_module(f"autograder.mutants.{slug}")
    found: dict[str, list[Mutant]] = {}
    for mutant in module.MUTANTS:
        found.setdefault(mutant.exercise, []).append(mutant)
    return {name: tuple(mutants) for name, mutants in found.items()}
