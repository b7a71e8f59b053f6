"""Keys of lesson 03 that no program and no template proves."""

import math
from collections import Counter
from pathlib import Path

import pytest

from seq2gpt.exam.bank import load

ROOT = Path(__file__).resolve().parents[1]
BY_ID = {question.id: question for question in load(ROOT / "book/03-language-models/questions.yml")}


@pytest.mark.parametrize("objective", ["SEQ-01", "GPT-09"])
def test_each_objective_has_questions_to_rehearse_and_questions_held_out(objective: str) -> None:
    pools = Counter(q.pool for q in BY_ID.values() if q.objectives[0] == objective)
    assert pools["both"] + pools["practice"] >= 3
    assert pools["exam"] >= 2
    assert pools.total() >= 6


def test_certainty_in_the_wrong_place() -> None:
    steady, sure = math.log(2), -(9 * math.log(0.99) + math.log(1e-6)) / 10
    assert BY_ID["GPT-09-sure-and-wrong"].key == [
        f"A, with {steady:.2f} against {sure:.2f} nats: one mistake that was made with great certainty costs a lot"
    ]
    options = {o["id"]: o for o in BY_ID["GPT-09-sure-and-wrong"].interaction["options"]}
    mean = (9 * 0.99 + 1e-6) / 10
    assert f"averages the probabilities, {mean:.3f}," in options["b"]["rationale"]
    assert f"with {-math.log(mean):.2f} against" in options["b"]["text"]
    assert f"save {math.log(0.99) - math.log(0.5):.2f} nats each" in options["d"]["rationale"]
    assert round(-math.log(1e-6) - math.log(2)) == 13


def test_a_chain_rule_runs_in_any_order() -> None:
    joint = {(a, b, c): (1 + a + 3 * b + 5 * a * c) for a in (0, 1) for b in (0, 1) for c in (0, 1)}
    total = sum(joint.values())

    def p(**given: int) -> float:
        places = {"x1": 0, "x2": 1, "x3": 2}
        return (
            sum(n for key, n in joint.items() if all(key[places[k]] == v for k, v in given.items())) / total
        )

    exact = p(x1=1, x2=0, x3=1)
    backwards = p(x3=1) * p(x2=0, x3=1) / p(x3=1) * exact / p(x2=0, x3=1)
    assert backwards == pytest.approx(exact)
    pairs = p(x1=1) * p(x1=1, x2=0) / p(x1=1) * p(x2=0, x3=1) / p(x2=0)
    free = p(x1=1) * p(x2=0) * p(x3=1)
    masked = exact / p(x2=0, x3=1) * exact / p(x1=1, x3=1) * exact / p(x1=1, x2=0)
    assert all(abs(other - exact) > 0.01 for other in (pairs, free, masked))
