"""Item analysis: against numpy on a drawn class, and what a table may and may not hold."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seq2gpt.cli import main
from seq2gpt.errors import UserError
from seq2gpt.exam.analysis import Column, analyse, kr20, read_responses
from seq2gpt.exam.collection import load_all

BANK = load_all()
SINGLES = [question for question in BANK if question.kind == "single" and not question.template][:5]


def drawn(n_learners: int = 53, n_items: int = 7) -> np.ndarray:
    generator = np.random.default_rng(3)
    ability, hardness = generator.normal(size=(n_learners, 1)), np.linspace(-1.5, 1.5, n_items)
    return (generator.uniform(size=(n_learners, n_items)) < 1 / (1 + np.exp(hardness - ability))).astype(
        float
    )


def written(path: Path, head: list[str], rows: list[list[Any]], encoding: str = "utf-8") -> Path:
    with open(path, "w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def test_statistics_are_those_of_numpy() -> None:
    points = drawn()
    columns = [Column(f"Q. {i}", list(points[:, i])) for i in range(points.shape[1])]
    for i, item in enumerate(analyse(columns)):
        rest = np.delete(points, i, axis=1).sum(axis=1)
        assert item.n == 53
        assert item.difficulty == pytest.approx(points[:, i].mean())
        assert item.discrimination == pytest.approx(np.corrcoef(points[:, i], rest)[0, 1])
        assert item.options == {}
    p, total = points.mean(axis=0), points.sum(axis=1)
    assert kr20(columns) == pytest.approx(7 / 6 * (1 - (p * (1 - p)).sum() / total.var()))


def test_a_question_that_all_answer_alike_discriminates_nothing() -> None:
    columns = [Column("a", [1.0] * 10), Column("b", [0.0, 1.0] * 5)]
    assert math.isnan(analyse(columns)[0].discrimination)
    assert math.isnan(kr20([Column("a", [1.0] * 10), Column("b", [1.0] * 10)]))


def test_letters_are_graded_and_distractors_counted(tmp_path: Path) -> None:
    names = [question.id for question in SINGLES]
    keys = [next(o["id"] for o in q.interaction["options"] if o.get("correct")) for q in SINGLES]
    wrong = next(letter for letter in "abcd" if letter != keys[0])
    rows = [[f"learner {i}", *keys] for i in range(9)] + [
        ["x", wrong, *keys[1:4], ""],
        ["y", wrong, "-", "-", "-", keys[4]],
    ]
    columns = read_responses(written(tmp_path / "r.csv", ["name", *names], rows, "utf-8-sig"), BANK)
    assert [column.name for column in columns] == names
    assert columns[0].points == [1.0] * 9 + [0.0] * 2
    assert columns[4].points == [1.0] * 9 + [0.0, 1.0]
    first = analyse(columns)[0]
    assert first.options == {keys[0]: (9, 1.0), wrong: (2, pytest.approx((3 + 1) / 2 / 4))}
    assert first.discrimination > 0


def test_points_of_moodle_are_shares_of_the_most(tmp_path: Path) -> None:
    rows = [["2,50", "0.5"], ["5.00", "-"]] * 5
    columns = read_responses(written(tmp_path / "r.csv", ["Q. 1 /5.00", "Q. 2 /0,50"], rows), BANK)
    assert [column.points[:2] for column in columns] == [[0.5, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["much", "1"], r"r.csv:7: column Q. 1 /1.00: 'much' is neither points nor letters"),
        (["1.5", "1"], r"r.csv:7: column Q. 1 /1.00: '1.5' lies outside 0"),
        (["b", "1"], r"r.csv:7: column Q. 1 /1.00: 'b' are letters, but the bank has no choice of this name"),
        (["1", "h"], r"r.csv:7: column .*: there is no option 'h'; choose from"),
    ],
)  # fmt: skip
def test_a_cell_that_is_no_answer_is_named(tmp_path: Path, cells: list[str], message: str) -> None:
    rows = [["1", "1"]] * 5 + [cells] + [["0", "0"]] * 5
    path = written(tmp_path / "r.csv", ["Q. 1 /1.00", SINGLES[0].id], rows)
    with pytest.raises(UserError, match=message):
        read_responses(path, BANK)


def test_too_little_says_nothing(tmp_path: Path) -> None:
    few = written(tmp_path / "few.csv", ["Q. 1 /1", "Q. 2 /1"], [["1", "0"]] * 9)
    with pytest.raises(UserError, match="few.csv has 9 learners; 10 or more are needed"):
        read_responses(few, BANK)
    narrow = written(tmp_path / "narrow.csv", ["name", "Q. 2 /1"], [["1", "0"]] * 10)
    with pytest.raises(UserError, match="narrow.csv has 1 columns of questions; name them like ATT-05-why"):
        read_responses(narrow, BANK)
    with pytest.raises(UserError, match="none.csv cannot be read as a table"):
        read_responses(tmp_path / "none.csv", BANK)


def test_the_command_prints_the_table(tmp_path: Path, capsys: Any) -> None:
    points = drawn()
    points[:, 0] = 1 - (points[:, 1:].sum(axis=1) > 3)  # a wrong key
    head = [f"Q. {i + 1} /1.00" for i in range(7)]
    path = written(tmp_path / "r.csv", head, points.tolist())
    assert main(["exam", "analyse", str(path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("7 questions, 53 learners, reliability (KR-20) ")
    assert out[2].endswith("who knows more answers it wrong: check the key")
    assert len(out) == 9
