"""``python -m tests.attacks [--engine ours|stock] [--only NAME …] [--kind KIND …] [--class]``: the report."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as pytest has it

from attacks import course, engines
from attacks.corpus import ATTACKS, KINDS
from attacks.run import Grader, Outcome, grade_alone, grade_class


def main() -> int:
    """Grade what was asked for and print a table; the exit code is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("--engine", choices=engines.NAMES, default="ours")
    parser.add_argument("--only", nargs="+", choices=ATTACKS, metavar="NAME", default=list(ATTACKS))
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument(
        "--class", dest="as_class", action="store_true", help="one run for all instead of one for each"
    )
    asked = parser.parse_args()
    attacks = [ATTACKS[name] for name in asked.only if ATTACKS[name].kind in asked.kind]
    print(f"{'submission':30} {'class':10} honest given  what is wrong")
    anybody: set[str] = set()
    if asked.as_class:
        result = grade_class(asked.engine, attacks)
        outcomes, anybody = result.outcomes, result.anybody
        for outcome in outcomes:
            print(line(outcome), flush=True)
    else:
        outcomes = []
        grader = Grader(asked.engine)
        for attack in attacks:
            outcomes.append(grade_alone(grader, attack))
            print(line(outcomes[-1]), flush=True)
        grader.close()
    for what in sorted(anybody):
        print(f"somebody: {what}")
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    print(f"{asked.engine}: {len(outcomes) - len(wrong)} of {len(outcomes)} as they must be")
    return 1 if wrong or anybody else 0


def line(outcome: Outcome) -> str:
    """One row: name, class, honest and given score, what was wrong."""
    attack = outcome.attack
    given = "–" if outcome.given is None else f"{sum(outcome.given.get(n, 0.0) for n in course.POINTS):g}"
    return f"{attack.name:30} {attack.kind:10} {attack.score:6g} {given:>5}  {'; '.join(outcome.wrong)[:400]}"


if __name__ == "__main__":
    raise SystemExit(main())
