"""Grade the corpus, as one class or one by one, and compare with what an honest teacher gives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from . import course
from .attack import Attack
from .engines import Grader, Grades
from .probes import UNKNOWN, Tripped, Witness
from .world import BYSTANDER, World

SECONDS_FOR_ONE = 100.0
SECONDS_FOR_EACH = 25.0  # in a class, on the average


@dataclass(frozen=True)
class Outcome:
    """What came of one attack; ``given`` is None when the engine has no score for it."""

    attack: Attack
    given: dict[str, float] | None
    remark: str | None
    tripped: frozenset[str] = frozenset()

    @property
    def wrong(self) -> list[str]:
        """Everything that is not as it must be, one sentence each."""
        return [*self._wrong_score(), *self._wrong_remark(), *sorted(self.tripped)]

    def _wrong_score(self) -> Iterator[str]:
        if self.given is None:
            yield "lost: no score was entered"
            return
        for name, honest in self.attack.earns.items():
            given = self.given.get(name, 0.0)
            if abs(given - honest) > 1e-9:
                yield f"score: {name} earned {given:g}, honest are {honest:g}"

    def _wrong_remark(self) -> Iterator[str]:
        if self.remark is None or self.attack.flagged is None:
            return
        if self.attack.flagged and not self.remark:
            yield "flag: the instructor is told nothing"
        if not self.attack.flagged and self.remark:
            yield f"flag: an honest student is reported: {self.remark}"


@dataclass
class ClassOutcome:
    """A class: each attack, and what cannot be laid at anybody's door."""

    outcomes: list[Outcome]
    anybody: set[str] = field(default_factory=set)


def grade_class(engine: str, attacks: Sequence[Attack]) -> ClassOutcome:
    """All attacks and a bystander in one run; the bystander must get full points."""
    grader = Grader(engine)
    try:
        with World() as world:
            witness = prepare(world, attacks)
            grades = grader.grade(world, course.LAB, None, 60 + SECONDS_FOR_EACH * len(attacks))
            tripped = witness.tripped(engine == "stock")
            anybody = set(tripped.get(UNKNOWN, ()))
            if grades.points.get(BYSTANDER, {}) | {"essay": 0.0} != course.POINTS | {"essay": 0.0}:
                anybody.add(f"bystander: a right answer got {grades.points.get(BYSTANDER)}")
            anybody |= {f"bystander: {what}" for what in tripped.get(BYSTANDER, ())}
            if grades.late:
                anybody.add("late: the run did not end in time")
            return ClassOutcome([outcome(a, grades, tripped) for a in attacks], anybody)
    finally:
        grader.close()


def grade_alone(grader: Grader, attack: Attack) -> Outcome:
    """One attack in a course of its own; whatever trips is its doing."""
    with World() as world:
        witness = prepare(world, [attack])
        grades = grader.grade(world, course.LAB, [attack.name], SECONDS_FOR_ONE)
        found = witness.tripped(grader.engine == "stock")
        everything = {what for whats in found.values() for what in whats}
        if grades.late:
            everything.add("late: the run did not end in time")
        return outcome(attack, grades, {attack.name: everything})


def prepare(world: World, attacks: Sequence[Attack]) -> Witness:
    """Hand everything in."""
    for attack in attacks:
        place = world.place(attack.name)
        place.mkdir(parents=True)
        attack.build(place, world)
    return Witness(world, course.LAB, [a.name for a in attacks])


def outcome(attack: Attack, grades: Grades, tripped: Tripped) -> Outcome:
    """What came of one attack."""
    remark = None if grades.remarks is None else grades.remarks.get(attack.name, "")
    return Outcome(attack, grades.points.get(attack.name), remark, frozenset(tripped.get(attack.name, ())))
