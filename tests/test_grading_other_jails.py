"""A class graded where this kernel has no jail: in containers, played by a stand-in, and with none, asked for by name."""

import csv
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import tiny_course as tiny
from autograder.grading.limits import Limits
from autograder.grading.processes import jail
from autograder.grading.report import ClassReport
from autograder.grading.run import grade_lab
from autograder.jail import choose
from autograder.jail.container import ContainerJail
from autograder.jail.unsafe import ANNOUNCEMENT, UnsafeJail
from test_jail_container import stand_in
from tiny_course import LAB

LIMITS = Limits(cell_seconds=20, test_seconds=20)
WANTED = {"double": 2.0, "square": 1.0, "negate": 1.0}  # 0 is its own square


@pytest.fixture(autouse=True)
def _a_jail_of_ones_own() -> Iterator[None]:
    """The jail of this process is made anew, and afterwards again."""
    jail.cache_clear()
    yield
    jail.cache_clear()


def graded(root: Path, unsafe: bool) -> ClassReport:
    """A class of one, who takes a number for its square."""
    tiny.write_course(root)
    tiny.submit(root, "ada", tiny.answered(square="def square(x):\n    return x"))
    return grade_lab(
        root, root, LAB, workers=1, limits=LIMITS, unsafe=unsafe, make_executor=ThreadPoolExecutor
    )


def recorded(root: Path) -> tuple[bool, str, str]:
    """What the reports for programs and for spreadsheets say about the jail: none at all, and of which kind."""
    told = json.loads((root / f"report-{LAB}.json").read_text())
    with (root / f"grades-{LAB}.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    return told["unsafe"], told["students"]["ada"]["jail"], row["jail"]


def test_without_a_jail(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    report = graded(tmp_path, unsafe=True)
    assert isinstance(jail(True), UnsafeJail)
    assert report.students[0].scores == WANTED
    assert ANNOUNCEMENT in capfd.readouterr().err
    assert recorded(tmp_path) == (True, "unsafe", "unsafe")
    assert report.text().startswith("UNSAFE: these submissions ran without a jail")


def test_in_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stand_in(tmp_path, "docker", monkeypatch)
    monkeypatch.setattr(choose, "no_namespaces_because", lambda: "another system")
    report = graded(tmp_path, unsafe=False)
    assert isinstance(jail(), ContainerJail)
    assert report.students[0].scores == WANTED
    assert "UNSAFE" not in capfd.readouterr().err + report.text()
    assert recorded(tmp_path) == (False, "container", "container")
    assert report.text().startswith("CONTAINER: these submissions ran in containers of docker or podman")
    calls = [json.loads(line)[0] for line in (tmp_path / "calls").read_text().splitlines()]
    assert (
        calls.count("run") == calls.count("rm") == 4
    )  # code and judge, for the course's own answers and the student's
