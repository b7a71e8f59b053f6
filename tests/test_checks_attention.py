"""Lab 07's checks: right answers in any style pass, known and unknown mistakes do not, words help."""

import inspect
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from autograder import checking, mutants
from autograder.checking import Lab, load_exercises, run_checks, score_of, total_points
from seq2gpt import attention

LAB = "07-attention"
EXERCISES = load_exercises(LAB).exercises
MUTANTS = [m for found in mutants.load(LAB).values() for m in found]
REFERENCE = {name: inspect.getsource(getattr(attention, e.target)) for name, e in EXERCISES.items()}
LESSON = Path(__file__).parent.parent / "book" / LAB / "lesson.md"


def report_on(exercise: str, source: str, seed: int = checking.PUBLIC_SEED):
    namespace = checking.lab_namespace(LAB)
    exec(compile(source, "<answer>", "exec"), namespace)
    return Lab(LAB, namespace).report(exercise, seed)


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("seed", [checking.PUBLIC_SEED, 0, 1, 2**40])
def test_reference_earns_every_point_with_any_seed(exercise, seed):
    report = report_on(exercise, REFERENCE[exercise], seed)
    assert report.points == report.max_points == total_points(LAB, exercise), report.text()


@pytest.mark.parametrize("seed", [checking.PUBLIC_SEED, 3])
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.exercise}-{m.name}")
def test_mutant_is_rejected_and_named_by_the_check_that_it_names(mutant, seed):
    report = report_on(mutant.exercise, mutant.source, seed)
    outcome = next(o for o in report.outcomes if o.name == mutant.rejected_by)
    assert not outcome.passed
    assert outcome.known is not None
    assert outcome.known.says == mutant.says


def test_every_exercise_has_enough_mutants_and_every_check_has_gone_red():
    for name, exercise in EXERCISES.items():
        assert len(mutants.load(LAB)[name]) >= (10 if name == "scaled_dot_product_attention" else 3)
        red = {
            o.name
            for m in mutants.load(LAB)[name]
            for o in report_on(name, m.source).outcomes
            if not o.passed
        }
        assert red == {c.name for c in exercise.checks}


def test_mutants_link_to_paragraphs_that_exist():
    targets = set(re.findall(r"^\(([a-z-]+)\)=$", LESSON.read_text(encoding="utf-8"), re.MULTILINE))
    assert {m.anchor for m in MUTANTS} <= targets


def test_an_edit_that_no_longer_fits_the_reference_is_refused():
    stale = mutants.Mutant(
        name="stale", exercise="softmax", module="seq2gpt.attention", target="softmax",
        rejected_by="", says="", anchor="", edits=(("no such text", ""),),
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"mutant stale: 'no such text' is not in seq2gpt.attention.softmax"):
        _ = stale.source


OTHER_RIGHT_ANSWERS = {
    "project_qkv": """
        def project_qkv(x, w_q, w_k, w_v):
            return [torch.einsum("...nd,de->...ne", x, w) for w in (w_q, w_k, w_v)]
        """,
    "softmax": """
        def softmax(scores, dim=-1):
            biggest = torch.max(scores.detach(), dim=dim, keepdim=True).values
            biggest = torch.where(torch.isinf(biggest), torch.zeros_like(biggest), biggest)
            e = torch.exp(scores - biggest)
            return e / e.sum(dim=dim, keepdim=True).clamp_min(1e-6)
        """,
    "causal_mask": """
        def causal_mask(n, n_past=0, device=None):
            return torch.tril(torch.ones(n, n_past + n, dtype=torch.bool, device=device), diagonal=n_past)
        """,
    "combine_masks": """
        import functools
        def combine_masks(*masks):
            there = [m for m in masks if m is not None]
            return functools.reduce(torch.logical_and, there) if there else None
        """,
    "scaled_dot_product_attention": """
        def scaled_dot_product_attention(query, key, value, mask=None):
            scores = torch.einsum("...nd,...md->...nm", query * query.size(-1) ** -0.5, key)
            if mask is not None:
                scores = torch.where(mask, scores, torch.full_like(scores, -torch.inf))
                weights = torch.softmax(scores.masked_fill(~mask.any(-1, keepdim=True), 0.0), -1)
                weights = weights * mask
            else:
                weights = torch.softmax(scores, dim=-1)
            return torch.matmul(weights, value), weights
        """,
    "attention_flops": """
        def attention_flops(n, d_model):
            return (8 * n * d_model * d_model, 4 * n * n * d_model)
        """,
    "repair_attention": """
        class SelfAttention(nn.Module):
            def __init__(self, d_model, n_heads):
                super().__init__()
                if d_model % n_heads:
                    raise ValueError(f"{d_model} is not a multiple of {n_heads}")
                self.h, self.d_k = n_heads, d_model // n_heads
                self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(4))
            def forward(self, x, mask=None):
                q, k, v = (w(x).reshape(*x.shape[:-1], self.h, self.d_k) for w in (self.w_q, self.w_k, self.w_v))
                scores = torch.einsum("...nhd,...mhd->...hnm", q, k) / math.sqrt(self.d_k)
                if mask is not None:
                    scores = scores.masked_fill(~mask, float("-inf"))
                out = torch.einsum("...hnm,...mhd->...nhd", softmax(scores), v)
                return self.w_o(out.reshape(x.shape))
        """,
}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_right_answer_in_another_style_passes(exercise):
    report = report_on(exercise, inspect.cleandoc(OTHER_RIGHT_ANSWERS[exercise]))
    assert report.points == report.max_points, report.text()


# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
OTHER_WRONG_ANSWERS = [
    ("project_qkv", "def project_qkv(x, a, b, c): return x @ a, x @ b, (x @ c).detach()"),
    ("project_qkv", "def project_qkv(x, a, b, c): return x @ a, x @ b, x @ c, x"),
    ("project_qkv", "def project_qkv(x, a, b, c): return (x @ a).flatten(0, -2), (x @ b).flatten(0, -2), (x @ c).flatten(0, -2)"),
    ("softmax", "def softmax(s, dim=-1): return torch.softmax(s, dim)"),
    ("softmax", "def softmax(s, dim=-1): return torch.softmax(s, dim).nan_to_num(0.0)"),
    ("softmax", "def softmax(s, dim=-1): s -= s.max(dim, keepdim=True).values; e = s.exp(); return e / e.sum(dim, keepdim=True)"),
    ("softmax", "def softmax(s, dim=-1): return torch.log_softmax(s, dim)"),
    ("softmax", "def softmax(s, dim=-1): e = s.clamp(-50, 50).exp(); return e / e.sum(dim, keepdim=True)"),
    ("softmax", "def softmax(s, dim=-1): e = (s - s.amax(dim, keepdim=True)).exp() + 1e-3; return e / e.sum(dim, keepdim=True)"),
    ("softmax", "def softmax(s, dim=-1): return torch.softmax(s.flatten(), 0).reshape(s.shape)"),
    ("causal_mask", "def causal_mask(n, n_past=0, device=None): return torch.ones(n, n + n_past, dtype=torch.bool)"),
    ("causal_mask", "def causal_mask(n, n_past=0, device=None): return torch.ones(n, n + n_past, dtype=torch.bool, device=device).tril()"),
    ("causal_mask", "def causal_mask(n, n_past=0): return torch.ones(n, n + n_past, dtype=torch.bool).tril(n_past)"),
    ("causal_mask", "def causal_mask(n, n_past=0, device=None): return torch.ones(n_past + n, n_past + n, dtype=torch.bool, device=device).tril()"),
    ("combine_masks", "def combine_masks(a, b=None): return a if b is None else a & b"),
    ("combine_masks", "def combine_masks(*m): m = [x for x in m if x is not None]; return torch.stack(m).all(0) if m else None"),
    ("combine_masks", "def combine_masks(*m): m = [x for x in m if x is not None]; return torch.stack(torch.broadcast_tensors(*m)).all(0)"),
    ("combine_masks", "def combine_masks(*m):\n r = torch.tensor(True)\n for x in m:\n  if x is not None: r = r & x\n return r"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n w = torch.softmax(q @ k.mT / q.shape[-1] ** .5, -1)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.mT / v.shape[-1] ** .5\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.mT / q.shape[-1] ** .5\n s = s if mask is None else s + mask.log()\n w = torch.softmax(s, -1)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.mT / q.shape[-1] ** .5\n s = s if mask is None else s * mask\n w = softmax(s)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.mT / q.shape[-1] ** .5\n s = s if mask is None else s.masked_fill(~mask.transpose(-1, -2), -torch.inf) if mask.dim() > 1 and mask.shape[-1] == mask.shape[-2] else s\n w = softmax(s)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.T / q.shape[-1] ** .5\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = (q @ k.mT / q.shape[-1] ** .5)\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = (q.float() @ k.float().mT / q.shape[-1] ** .5)\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return w @ v.float(), w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = (q @ k.mT / q.shape[-1] ** .5)\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return w, w @ v"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = (q @ k.mT / q.shape[-1] ** .5)\n s = s if mask is None else s.masked_fill(~mask, torch.finfo(s.dtype).min)\n w = softmax(s)\n return w @ v, w"),
    ("attention_flops", "def attention_flops(n, d_model): return 8 * n * d_model ** 2 / 1, 4 * n * n * d_model / 1"),
    ("attention_flops", "def attention_flops(n, d_model): return 8 * n * d_model ** 2 + 4 * n * n * d_model"),
    ("attention_flops", "def attention_flops(n, d_model): return 8 * n * d_model ** 2, 2 * n * (n + 1) * d_model"),
    ("repair_attention", "class SelfAttention(nn.Module):\n def __init__(s, d, h):\n  super().__init__(); s.m = nn.MultiheadAttention(d, h)\n def forward(s, x, mask=None): return s.m(x, x, x)[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "source"), OTHER_WRONG_ANSWERS)
def test_wrong_answers_that_are_no_mutants_lose_points_with_a_sentence(exercise, source):
    report = report_on(exercise, source)
    assert report.points < report.max_points
    for outcome in report.outcomes:
        assert outcome.passed or re.search(r"\w+ \w+ \w+", outcome.message)


def _generator(*_args, **_kwargs):
    yield torch.zeros(2)


def _raises(*_args, **_kwargs):
    raise KeyError("my own error")


def _prints(*_args, **_kwargs):
    print("debug <b>bold</b>")


JUNK = {
    "None": lambda *a, **k: None,
    "ellipsis": lambda *a, **k: ...,
    "list": lambda *a, **k: [1.0, 2.0],
    "empty tuple": lambda *a, **k: (),
    "numpy": lambda *a, **k: np.zeros((3, 3)),
    "string": lambda *a, **k: "0.5",
    "wrong dtype": lambda *a, **k: torch.zeros(3, 5, dtype=torch.int64),
    "wrong shape": lambda *a, **k: torch.zeros(1, 1, 1, 1, 1),
    "nan": lambda *a, **k: torch.tensor(math.nan),
    "a module": nn.Linear(2, 2),
    "a class": int,
    "random": lambda *a, **k: torch.rand(3, 3),
    "the function itself": lambda *a, **k: _raises,
    "generator": _generator,
    "own error": _raises,
    "prints": _prints,
    "exit": lambda *a, **k: exit(),
    "no arguments": lambda: 0,
}


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("junk", JUNK)
def test_junk_earns_nothing_and_gets_a_sentence(exercise, junk):
    report = run_checks(LAB, exercise, JUNK[junk], {}, checking.PUBLIC_SEED)
    assert report.points == 0
    assert all(len(o.message.split()) >= 4 for o in report.outcomes)


def test_blank_answer_is_told_what_to_do():
    report = report_on(
        "softmax", "def softmax(scores, dim=-1):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert report.points == 0
    assert report.text().endswith("still raises NotImplementedError: replace that line with your answer.")


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
        "def softmax(scores, dim=-1): return scores\n" + REFERENCE["scaled_dot_product_attention"], namespace
    )
    mine = namespace["softmax"]
    lab = Lab(LAB, namespace)
    report = lab.report("scaled_dot_product_attention")
    assert report.points == report.max_points
    assert namespace["softmax"] is mine
    assert lab.report("softmax").points < lab.report("softmax").max_points


def test_an_endless_loop_is_stopped(monkeypatch):
    monkeypatch.setattr(checking, "SECONDS_PER_CHECK", 0.2)
    report = report_on("causal_mask", "def causal_mask(n, n_past=0, device=None):\n    while True: pass")
    assert report.points == 0
    assert "does a loop never end?" in report.text()


def test_hidden_inputs_differ_and_their_report_shows_no_numbers(monkeypatch, capsys):
    monkeypatch.setenv(checking.SEED_VARIABLE, "a secret")
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
    report = run_checks(LAB, "causal_mask", _prints, {}, checking.PUBLIC_SEED)
    assert "<b>bold</b>" not in report.html()
    assert "&lt;b&gt;bold" in report.html()
    known = report_on(
        "scaled_dot_product_attention", mutants.load(LAB)["scaled_dot_product_attention"][0].source
    )
    assert "book/07-attention/lesson.html#why-scale" in known.text()
    assert "√d_k is 2.24" in known.text()


def test_unknown_exercise_and_odd_points_are_named():
    with pytest.raises(
        ValueError, match=r"07-attention has no exercise 'sofmax'; it has project_qkv, softmax"
    ):
        Lab(LAB, {}).report("sofmax")


def test_score_of_is_the_report_without_the_words():
    assert score_of(LAB, "softmax", REFERENCE["softmax"]) == total_points(LAB, "softmax")
