"""What a student reads shows no private input, even if the student's code kept them; and it is told as it was found."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.draw import PUBLIC_SEED, Draw, seed_of
from autograder.grading import execute, suspicion
from autograder.grading.bundle import Bundle, Submission
from autograder.grading.engine import grade_submission
from autograder.grading.feedback import HidePrivateTests
from autograder.grading.outputs import OURS, error_words, made_output
from autograder.grading.structure import SourceCell
from autograder.grading.wording import LONGEST_REMARK, harmless, remark
from autograder.lessons import ROOT, Lesson
from autograder.sample_class import SampleLab, grade_id

LAB = "07-attention"
SEED = "a private seed"
ANSWERS = SampleLab(Lesson(LAB)).answers
KEEPS = f"""\
{ANSWERS["project_qkv"]}
seen, right = [], project_qkv
def project_qkv(x, w_q, w_k, w_v):
    seen.append(round(float(x.flatten()[0]), 6))
    return right(x, w_q, w_k, w_v)
"""
SHOWS = {
    "prints": f"{ANSWERS['softmax']}\nown = softmax\ndef softmax(scores, dim=-1):\n    print(seen)\n    return own(scores, dim)",
    "raises": "def softmax(scores, dim=-1):\n    raise ValueError(seen)",
    "raises in the cell": "raise ValueError(seen)",
    "returns": "def softmax(scores, dim=-1):\n    return str(seen)",
}


def bundle(*exercises: str) -> Bundle:
    """A few exercises of a lab as the gradebook has them."""
    cells = nbformat.read(ROOT / "solutions" / LAB / f"{LAB}.ipynb", as_version=4).cells
    wanted = {"setup", *exercises, *(f"{name}-check" for name in exercises)}
    structure = [
        SourceCell(
            m.grade_id, c.cell_type, c.source, "", m.locked, m.solution, m.grade, False, m.get("points")
        )
        for c, m in ((c, c.metadata.nbgrader) for c in cells if grade_id(c).removeprefix(f"{LAB}-") in wanted)
    ]
    return Bundle(lab=LAB, structure=tuple(structure))


def graded(**answers: str) -> tuple[dict[str, Any], NotebookNode]:
    """Result and executed notebook for these answers."""
    handed_in = SampleLab(Lesson(LAB)).notebook(answers)
    result, notebook = grade_submission(bundle(*answers), Submission(handed_in.encode()), SEED)
    return result, nbformat.reads(notebook, as_version=4)


def first_input(seed: int) -> str:
    """The first number that project_qkv is given, as the student's code keeps it."""
    draw = Draw(seed, f"{LAB}/project_qkv/each_view_uses_its_own_matrix")
    n, d_model, *_ = draw.primes(4)
    return str(round(float(draw.normal(n, d_model)[0, 0]), 6))


OPEN, PRIVATE = first_input(PUBLIC_SEED), first_input(seed_of(SEED))


def words(result: dict[str, Any], notebook: NotebookNode) -> str:
    """All that a student gets to read, on our page and on nbgrader's."""
    shown, _ = HidePrivateTests().preprocess(notebook, {})
    return json.dumps([result["exercises"], [c.get("outputs") for c in shown.cells]])


@pytest.mark.parametrize("how", SHOWS)
def test_inputs_that_were_kept_are_not_shown(how: str) -> None:
    result, notebook = graded(project_qkv=KEEPS, softmax=SHOWS[how])
    assert result["scores"] == {
        f"{LAB}-project_qkv-check": 3.0,
        f"{LAB}-softmax-check": 5.0 if how == "prints" else 0.0,
    }
    text = words(result, notebook)
    assert PRIVATE not in text
    assert (OPEN in text) == (how != "returns"), "the student's own words are there"


def test_without_the_second_run_they_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "tell_without_private_inputs", lambda run, again: None)
    assert PRIVATE in words(*graded(project_qkv=KEEPS, softmax=SHOWS["prints"]))


@pytest.mark.parametrize(
    ("answers", "runs"), [({}, 1), ({"softmax": "softmax = 5"}, 2), ({"project_qkv": "project_qkv = 5"}, 1)]
)
def test_only_words_after_private_inputs_cost_a_second_run(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, str], runs: int
) -> None:
    made = 0
    start: Callable[..., None] = execute.NotebookRun.__init__

    def counted(*args: Any) -> None:
        nonlocal made
        made += 1
        start(*args)

    monkeypatch.setattr(execute.NotebookRun, "__init__", counted)
    right = {name: ANSWERS[name] for name in ("project_qkv", "softmax")}
    graded(**right | answers)
    assert made == runs


# ------------------------------------------------------------------------------------ what students do to each other's words


@pytest.mark.parametrize(
    "source",
    [
        "n = 0x" + "f" * 6000,
        "def f():\n    raise torch" + ".a" * 600,
        "def f():\n    raise ValueError(0x" + "f" * 6000 + ")",
        "torch" + ".a" * 600 + " = 1",
        "x = [" + "0," * 2_000_000 + "]",
        "x = " + "+".join(["1"] * 5000),
        "x = " + "(" * 5000,
    ],
    ids=["hexadecimal", "raise-chain", "raise-hexadecimal", "chain", "zeros", "sum", "brackets"],
)
def test_any_text_is_looked_at_and_stops_nobody(source: str, recwarn: pytest.WarningsRecorder) -> None:
    assert all(len(found) < 80 for found in suspicion.attempts(source))
    assert suspicion.alike({"ada": {"f": source}, "bob": {"f": source}}, {"f": source}) == []
    suspicion.attempts(r"'\d'")
    assert not recwarn.list, "a warning about a student's text is not for the instructor's terminal"


@pytest.mark.parametrize(
    "source",
    [
        "from seq2gpt.attention import softmax",
        "from seq2gpt import attention",
        "import seq2gpt.attention as a",
        "import seq2gpt\nseq2gpt.attention.softmax(x)",
    ],
)
def test_reaching_for_the_answers_is_worth_a_question(source: str) -> None:
    assert suspicion.attempts(source, "attention") == ["uses seq2gpt.attention, which holds the answers"]
    assert suspicion.attempts(source, "attention_seekers") == []


def test_a_report_holds_nothing_that_a_terminal_obeys() -> None:
    assert harmless("\x1b[2J\x1b]0;title\x07a\r\nb\rc\td\x00\u202ee é") == "a\nb\nc\td��e é"
    assert remark("a\n\x1b[1mb" + "c" * 1000) == "a b" + "c" * (LONGEST_REMARK - 4) + "…"


def errors_named(names: Sequence[str]) -> list[str]:
    """What becomes of the names of errors that a process sends."""
    made = [made_output({"output_type": "error", "ename": name}) for name in names]
    return [output.ename for output in made if output]


def test_a_student_cannot_speak_for_the_grader() -> None:
    assert errors_named([*OURS, "TimeoutError"]) == ["Exception"] * len(OURS) + ["TimeoutError"]
    assert error_words("Seen7919") == "The test ended with an error."


def test_who_inherits_from_the_courses_answer_has_not_answered(tmp_path: Path) -> None:
    borrowed = "import seq2gpt.attention\nclass SelfAttention(seq2gpt.attention.SelfAttention):\n    pass"
    result, _ = graded(repair_attention=borrowed)
    (exercise,) = result["exercises"]
    assert exercise["points"] == 0
    assert exercise["message"] == (
        "SelfAttention inherits from the course's own SelfAttention; this exercise asks for your own."
    )
