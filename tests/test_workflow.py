"""The workflow that puts the site on the web installs all that the pages import."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from itertools import chain

import pytest

pytest.importorskip("jupyter_book", reason="the extra `book` is not installed")

from packaging.requirements import Requirement

from chromium import ROOT

ONLY_THESE = """
import importlib, sys
kept, *modules = sys.argv[1:]
missing = set(kept.split(","))
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
for module in modules:
    importlib.import_module(module)
"""


def installed_by(extras: str) -> set[str]:
    """The names of all distributions that an installation of the course with these extras brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    todo = [*project["dependencies"], *chain.from_iterable(optional[extra] for extra in extras.split(","))]
    asked, found = {Requirement(need) for need in todo}, set[Requirement]()
    while asked:
        wanted = asked.pop()
        found.add(wanted)
        asked |= set(needs_of(wanted)) - found
    return {canonical(requirement.name) for requirement in found}


def needs_of(wanted: Requirement) -> Iterator[Requirement]:
    try:
        needs = map(Requirement, requires(wanted.name) or [])
    except PackageNotFoundError:  # for another system or Python
        return
    for need in needs:
        if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in ("", *wanted.extras)):
            yield need


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def packages_beside(extras: str) -> list[str]:
    """The importable packages of this environment that an installation with these extras would not have."""
    has = installed_by(extras)
    return [
        package
        for package, distributions in packages_distributions().items()
        if package.isidentifier() and not has & set(map(canonical, distributions))
    ]


def documented_modules() -> list[str]:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "book/api").glob("*.md"))
    return re.findall(r"automodule:: (\S+)", pages)


def imports_fail_without(extras: str) -> str:
    words = [sys.executable, "-c", ONLY_THESE, ",".join(packages_beside(extras)), *documented_modules()]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=200, cwd=ROOT)
    return done.stderr.strip().rpartition("\n")[2]


def test_the_reference_can_be_written_with_what_the_workflow_installs():
    workflow = (ROOT / ".github/workflows/site.yml").read_text(encoding="utf-8")
    extras = re.search(r"pip install .*'\.\[([\w,]+)\]'", workflow)[1]
    assert {"torch", "transformers"} & set(packages_beside(extras)) == {
        "transformers"
    }  # only tests compare with it
    assert len(documented_modules()) > 100
    assert imports_fail_without(extras) == ""


def test_a_workflow_without_the_server_would_fail():
    assert (
        imports_fail_without("train,course,book,exam") == "ModuleNotFoundError: No module named 'starlette'"
    )
