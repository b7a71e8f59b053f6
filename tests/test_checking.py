"""How checks work, tried on lab 07: what is refused, what is charged once, what a report shows and hides."""

import pytest
import torch

from autograder import checking, expect, mutants
from autograder.checking import Lab, run_checks, score_of, total_points
from autograder.grading.seed import SEED_VARIABLE
from autograder.recorder import Recorder, words
from seq2gpt import attention
from test_labs import reference, report_on

LAB = "07-attention"


def test_an_edit_that_no_longer_fits_the_reference_is_refused():
    stale = mutants.Mutant(
        name="stale", exercise="softmax", module="seq2gpt.attention", target="softmax",
        rejected_by="", says="", anchor="", edits=(("no such text", ""),),
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"mutant stale: 'no such text' is not in seq2gpt.attention.softmax"):
        _ = stale.source


def test_missing_definition_and_imported_answer_are_refused():
    assert "softmax is not defined yet" in Lab(LAB, {}).report("softmax").text()
    assert "should be a function" in Lab(LAB, {"softmax": 3}).report("softmax").text()
    for imported in (attention.softmax, torch.softmax):
        report = Lab(LAB, {"softmax": imported}).report("softmax")
        assert report.points == 0
        assert "this exercise asks for your own" in report.text()


def test_an_earlier_mistake_is_charged_once_and_the_notebook_gets_its_own_back():
    namespace = checking.lab_namespace(LAB)
    exec(
        "def softmax(scores, dim=-1): return scores\n" + reference(LAB, "scaled_dot_product_attention"),
        namespace,
    )
    mine = namespace["softmax"]
    lab = Lab(LAB, namespace)
    report = lab.report("scaled_dot_product_attention")
    assert report.points == report.max_points
    assert namespace["softmax"] is mine
    assert lab.report("softmax").points < lab.report("softmax").max_points


def test_an_endless_loop_is_stopped(monkeypatch):
    monkeypatch.setattr(checking, "SECONDS_PER_CHECK", 0.2)
    report = report_on(LAB, "causal_mask", "def causal_mask(n, n_past=0, device=None):\n    while True: pass")
    assert report.points == 0
    assert "does a loop never end?" in report.text()


def test_hidden_inputs_differ_and_their_report_shows_no_numbers(monkeypatch, capsys):
    monkeypatch.setenv(SEED_VARIABLE, "a secret")
    secret = checking.private_seed()
    assert secret != checking.PUBLIC_SEED
    assert (
        checking.Draw(secret, "x").normal(3).tolist()
        != checking.Draw(checking.PUBLIC_SEED, "x").normal(3).tolist()
    )
    namespace = checking.lab_namespace(LAB)
    exec(mutants.load(LAB)["scaled_dot_product_attention"][0].source, namespace)
    assert Lab(LAB, namespace)("scaled_dot_product_attention", hidden=True) == 9.0
    shown = capsys.readouterr().out
    assert "9 of 11 points with the inputs kept for grading" in shown
    assert "With d_k" not in shown
    assert "What happened" in shown


def test_an_answer_made_for_the_public_inputs_fails_the_hidden_ones():
    answers = {}

    def learns_by_heart(scores, dim=-1):
        return answers.setdefault((tuple(scores.flatten().tolist()), dim), attention.softmax(scores, dim))

    assert run_checks(LAB, "softmax", learns_by_heart, {}, checking.PUBLIC_SEED).points > 0

    def plays_back(scores, dim=-1):
        return answers.get((tuple(scores.flatten().tolist()), dim), torch.zeros_like(scores))

    assert run_checks(LAB, "softmax", plays_back, {}, 12345).points == 0


def test_html_report_escapes_what_the_student_wrote_and_text_names_the_paragraph():
    report = run_checks(
        LAB, "causal_mask", lambda *_, **__: print("debug <b>bold</b>"), {}, checking.PUBLIC_SEED
    )
    assert "<b>bold</b>" not in report.html()
    assert "&lt;b&gt;bold" in report.html()
    known = report_on(
        LAB, "scaled_dot_product_attention", mutants.load(LAB)["scaled_dot_product_attention"][0].source
    )
    assert "book/07-attention/lesson.html#why-scale" in known.text()
    assert "√d_k is 2.24" in known.text()


def test_unknown_exercise_and_odd_points_are_named():
    with pytest.raises(
        ValueError, match=r"07-attention has no exercise 'sofmax'; it has project_qkv, softmax"
    ):
        Lab(LAB, {}).report("sofmax")


def test_score_of_is_the_report_without_the_words():
    assert score_of(LAB, "softmax", reference(LAB, "softmax")) == total_points(LAB, "softmax")


def test_a_cause_and_its_paragraph_are_told_once():
    lab = "05-seq2seq"
    mutant = next(m for m in mutants.load(lab)["greedy_decode"] if m.name == "state_forgotten")
    report = report_on(lab, "greedy_decode", mutant.source)
    times = sum(outcome.known is mutant for outcome in report.outcomes)
    assert times > 2
    assert report.text().count(f"What happened: {mutant.says[:20]}") == 1
    assert report.text().count("Read again:") == report.html().count("Read this part again") == 1
    assert report.text().count("(the same cause as above)") == times - 1
    assert report.html().count("(the same cause as above)") == times - 1


def test_an_expected_error_lets_a_failed_check_speak_and_quotes_a_message_without_the_numbers():
    with pytest.raises(expect.CheckFailed, match=r"^a layer is missing$"):
        expect.error(lambda: expect.fail("a layer is missing"), ValueError, "f()")

    def refuses():
        raise ValueError("100 does not split")

    with pytest.raises(expect.CheckFailed, match=r"with a message that contains 8; yours says: 100 does not"):
        expect.error(refuses, ValueError, "f(100, 8)", "100", "8")


def test_an_error_names_what_the_answer_was_called_with_unless_the_inputs_are_hidden():
    answer = "def softmax(scores, dim=-1):\n    return scores.no_such_thing"
    report = report_on(LAB, "softmax", answer)
    shown = report.text().replace("\n      ", " ")
    assert "(called with: tensor of shape (" in shown
    assert "and dtype float64" in shown
    report.hidden = True
    assert "called with" not in report.text() + report.html()
    assert "called with" not in str(report.record())
    after = "def softmax(scores, dim=-1):\n    return None"
    assert "called with" not in report_on(LAB, "softmax", after).text(), "the call came back"


def test_a_call_is_told_in_words():
    many = [1, "a" * 60, [torch.zeros(2, dtype=torch.bool)], (None, True), list(range(9)), len]
    assert [words(value) for value in many] == [
        "1", "a str", "[tensor of shape (2,) and dtype bool]", "(None, True)", "a list", "a builtin_function_or_method",
    ]  # fmt: skip
    recorder = Recorder(lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recorder(3, causal=True)
    assert recorder.unanswered == "3, causal=True"
