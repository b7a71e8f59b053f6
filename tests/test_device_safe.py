"""A check says the same whatever the notebook has set as PyTorch's default device, numbers and gradients.

The device "meta" stands for any that is not the processor: whatever a check or an answer puts there by accident has no
numbers, so no verdict survives it. Where a GPU exists the same is asked of it.
"""

import contextlib
from collections.abc import Iterator

import pytest
import torch

from autograder import mutants
from autograder.checking import Lab, lab_namespace, load_exercises
from autograder.defaults import plain_defaults
from autograder.derive import derive, without_markers
from autograder.grading.engine import grade_submission
from autograder.lessons import all_lessons
from autograder.report import Report
from test_grading_engine import bundle, handed_in
from tiny_course import answered

LESSONS = {lesson.name: lesson for lesson in all_lessons()}
HERE = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
WORLDS = ("float64", "bfloat16", "float16", "meta", "no gradients", "cuda", "mps")
SIMULATED = WORLDS[:5]


@contextlib.contextmanager
def world(name: str) -> Iterator[None]:
    """A notebook whose first cell sets a default."""
    if name in HERE and not HERE[name]():
        pytest.skip(f"this machine has no {name}")
    dtype = torch.get_default_dtype()
    try:
        if name == "no gradients":
            torch.set_grad_enabled(False)
        elif hasattr(torch, name) and isinstance(getattr(torch, name), torch.dtype):
            torch.set_default_dtype(getattr(torch, name))
        else:
            torch.set_default_device(name)
        yield
    finally:
        torch.set_grad_enabled(True)
        torch.set_default_dtype(dtype)
        torch.set_default_device(None)


def reference(lab: str, exercise: str) -> str:
    """The course's own answer."""
    module = LESSONS[lab].module.read_text(encoding="utf-8")
    return without_markers(derive(module, load_exercises(lab).exercises[exercise].target).cell)


def verdict(lab: str, exercise: str, source: str) -> list[tuple[str, bool, str, str | None]]:
    """What each check says of an answer, word for word, and which mistake it recognises."""
    namespace = lab_namespace(lab)
    exec(compile(source, "<answer>", "exec"), namespace)
    report: Report = Lab(lab, namespace).report(exercise)
    return [(o.name, o.passed, o.message, o.known.name if o.known else None) for o in report.outcomes]


def compare(lab: str, names: tuple[str, ...], n_mistakes: int) -> None:
    """The same words for the right answer and the first known mistakes of every exercise."""
    known = mutants.load(lab)
    for exercise in load_exercises(lab).exercises:
        sources = [reference(lab, exercise), *(m.source for m in known.get(exercise, ())[:n_mistakes])]
        for number, source in enumerate(sources):
            plain = verdict(lab, exercise, source)
            assert all(passed for _, passed, _, _ in plain) == (number == 0)
            for name in names:
                with world(name):
                    found = verdict(lab, exercise, source)
                assert found == plain, (exercise, number, name)


@pytest.mark.parametrize(
    ("lab", "names"),
    [(lab, (SIMULATED[i % 5], SIMULATED[(i + 3) % 5])) for i, lab in enumerate(LESSONS)],
    ids=list(LESSONS),
)
def test_a_verdict_is_the_same_in_another_world(lab: str, names: tuple[str, ...]) -> None:
    compare(lab, names, n_mistakes=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("lab", LESSONS)
def test_every_verdict_is_the_same_in_every_world(lab: str, name: str) -> None:
    compare(lab, (name,), n_mistakes=1000)


def test_the_notebooks_own_defaults_come_back() -> None:
    with world("float64"), contextlib.suppress(ZeroDivisionError), plain_defaults():
        assert torch.zeros(2).dtype == torch.float32
        raise ZeroDivisionError
    with world("float64"):
        with plain_defaults():
            pass
        assert torch.zeros(2).dtype == torch.float64
    with world("meta"):
        with plain_defaults():
            assert torch.zeros(2).device.type == "cpu"
        assert torch.zeros(2).device.type == "meta"
    with world("no gradients"):
        with plain_defaults():
            assert torch.is_grad_enabled()
        assert not torch.is_grad_enabled()


def test_a_grader_means_the_same_defaults() -> None:
    text = (
        "import torch\ntorch.set_default_dtype(torch.float64)\ntorch.set_default_device('meta')\n"
        "torch.set_grad_enabled(False)\n\n\ndef double(x):\n    made = torch.ones(1, requires_grad=True)\n"
        "    return 2 * x if (str(made.dtype), made.is_cpu, (2 * made).requires_grad) == ('torch.float32', True, True) else 0"
    )
    result, _ = grade_submission(bundle(), handed_in(answered(double=text)), "a seed")
    assert result["scores"]["01-tiny-double-check"] == 2
