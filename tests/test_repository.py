"""The repository holds together: every lesson has every part, in order, and the README's tree is true."""

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

from autograder.build import edited, stale
from autograder.checking import load_exercises, total_points
from autograder.derive import derive
from autograder.lessons import ORDER, ROOT, Lesson, all_lessons, find_lesson
from autograder.sheet import read_sheet
from seq2gpt.errors import UserError

LESSONS = all_lessons()
MODULES = [slug for slug in ORDER if (ROOT / f"src/seq2gpt/{slug}.py").exists()]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_lesson_has_every_part(lesson: Lesson) -> None:
    missing = {purpose: path for purpose, path in lesson.parts.items() if not path.is_file()}
    assert not missing
    assert ORDER.index(lesson.slug) + 1 == int(lesson.name[:2])


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_sheet_checks_and_module_name_the_same_exercises(lesson: Lesson) -> None:
    registered = load_exercises(lesson.name).exercises
    sheet = read_sheet(lesson.sheet, registered)
    assert [exercise.name for exercise in sheet.exercises] == list(registered)
    for exercise in sheet.exercises:
        assert exercise.target == registered[exercise.name].target
        assert total_points(lesson.name, exercise.name) >= 1
        assert derive(lesson.module.read_bytes().decode(), exercise.target).name in exercise.target


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_committed_notebooks_are_current(lesson: Lesson) -> None:
    assert edited(lesson) + stale(lesson) == []


@pytest.mark.parametrize("slug", MODULES)
def test_a_lesson_imports_only_earlier_lessons(slug: str) -> None:
    earlier = {f"seq2gpt.{name}" for name in ORDER[: ORDER.index(slug)]}
    earlier.add("seq2gpt.forms")  # says which form of a function runs, and imports nothing of the course
    for name in imports_of(ROOT / f"src/seq2gpt/{slug}.py"):
        if name.split(".")[0] in ("seq2gpt", "autograder"):
            assert name in earlier, f"{slug} imports {name}"


def imports_of(path: Path) -> list[str]:
    """Every module that a file imports, wherever it does."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names.append(node.module or "")
            if node.module == "seq2gpt":
                names.pop()
                names += [f"seq2gpt.{alias.name}" for alias in node.names]
    return names


def test_modules_stay_small() -> None:
    long = {}
    for path in [*ROOT.glob("src/seq2gpt/**/*.py"), *ROOT.glob("autograder/*.py")]:
        length = len(path.read_text(encoding="utf-8").splitlines())
        if length > 320:
            long[path.name] = length
    assert not long


def tracked() -> list[str]:
    """Files of the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("this is no git checkout")
    return [name for name in done.stdout.splitlines() if (ROOT / name).exists()]


def test_the_tree_in_the_readme_is_true() -> None:
    """Every path in the table exists, and every entry of the root is in it, with a purpose."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \| (.+) \|$", readme, re.MULTILINE)
    shown = [path for paths, _ in rows for path in re.findall(r"`([^`]+)`", paths)]
    assert len(shown) > 10, "the README has a table of what lies where"
    for path in shown:
        assert (ROOT / path).exists(), f"the README names {path}, which does not exist"
    roots = {path.split("/")[0] for path in shown} | {".gitignore", "README.md"}
    missing = {path.split("/")[0] for path in tracked()} - roots
    assert not missing, f"not in the README's table: {missing}"


def test_nothing_of_this_machine_or_of_an_index_is_written_down() -> None:
    home = re.escape(os.path.expanduser("~"))
    forbidden = re.compile(rf"{home}/|file:///|--index-url|--extra-index-url|find-links")
    kinds = (".py", ".md", ".toml", ".txt", ".yml", ".ipynb", ".js", ".css")
    texts = [n for n in tracked() if n.endswith(kinds) or n in ("Makefile", ".ci/run")]
    texts.remove("tests/test_repository.py")
    found = [name for name in texts if forbidden.search((ROOT / name).read_text(encoding="utf-8"))]
    assert not found


def test_the_clean_checkout_is_small() -> None:
    """Without what others wrote: programs for the tests and for the pages, of which the largest has a third of a megabyte."""
    others = ("tests/vendor/", "book/assets/vendor/", "book/_ext/katex/")
    own = [name for name in tracked() if not name.startswith(others)]
    assert sum((ROOT / name).stat().st_size for name in own) < 10_000_000


def test_an_unknown_lab_is_named_with_those_that_exist() -> None:
    assert find_lesson("07-attention") in LESSONS
    with pytest.raises(UserError, match="^there is no lab '07-attenton'; did you mean 07-attention"):
        find_lesson("07-attenton")
