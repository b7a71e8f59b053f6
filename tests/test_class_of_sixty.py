"""A class of sixty through the whole kit: list, dates and points of one's own, hand-ins, grades, report, tables."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

import class_of_sixty as sixty
import tiny_course as tiny
from autograder import commands, lessons
from autograder.grading.limits import Limits
from autograder.grading.overview import Overview, read_overview
from autograder.grading.overview_pages import page_of, table_of, text_of
from autograder.grading.report import ClassReport
from autograder.grading.run import grade_lab
from autograder.lessons import ROOT, Lesson
from autograder.sample_class import SampleLab
from autograder.student.workspace import start, submit

NOW = datetime(2026, 11, 28, tzinfo=UTC)

PLAN = """\
title = "A class of sixty"
[labs.{lab}]
due = {due}
points = 30
[labs.{lab}.exercises]
{first} = 7
[labs.{lab}.extensions]
{extended} = 2026-11-24T00:00:00Z
"""
GRADING = "[limits]\ncell_seconds = {seconds}\n[late]\npercent_per_day = 10\ngrace_minutes = 15\n"


@dataclass
class Graded:
    """The class after a night's work."""

    lab: SampleLab
    everybody: list[sixty.Member]
    report: ClassReport
    overview: Overview
    work: Path

    def of(self, kind: str) -> list[sixty.Member]:
        return [member for member in self.everybody if member.kind == kind]


def grade_class(root: Path, work: Path, lab: SampleLab, seconds: float) -> Graded:
    """Everything that the guide tells an instructor to do."""
    everybody = sixty.members(lab)
    extended = next(m.id for m in everybody if m.kind == "extended")
    work.mkdir(exist_ok=True)
    names = {
        "lab": lab.lab,
        "due": sixty.DUE.isoformat(),
        "first": next(iter(lab.points)),
        "extended": extended,
    }
    (work / "course.toml").write_text(PLAN.format(**names))
    (work / "grading.toml").write_text(GRADING.format(seconds=seconds))
    sixty.class_list(root / "class.csv", everybody)
    commands.roster((root / "class.csv",))
    sixty.hand_in(work, lab.lab, everybody)
    report = grade_lab(root, work, lab.lab, limits=Limits(cell_seconds=seconds))
    return Graded(lab, everybody, report, read_overview(root, work, NOW), work)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Sixty students of the small lab; its work folder is that of the checkout."""
    root = tmp_path_factory.mktemp("course")
    tiny.write_course(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lessons, "ROOT", root)
        return grade_class(root, root / "autograder", sixty.TinyLab(), seconds=2)


def penalty_of(member: sixty.Member) -> float:
    """What the settings take off: ten percent for each day that has begun, after a quarter of an hour."""
    if member.kind != "late":
        return 0.0
    minutes = member.late.total_seconds() / 60 - 15
    days = -int(-minutes // (24 * 60)) if minutes > 0 else 0
    return min(member.score, member.score * days / 10)


def check_class(graded: Graded) -> None:
    """Everybody got what they deserve, and the overview counts it as the plan says."""
    assert len(graded.everybody) == 60
    came = [m for m in graded.everybody if m.content is not None]
    assert len(came) == 58
    deserved = {m.id: m.score - penalty_of(m) for m in came}
    assert graded.report.scores() == pytest.approx(deserved)
    assert graded.report.added == [m.id for m in came if not m.listed]
    first, *rest = graded.lab.points.items()
    whole = 7 + sum(points for _, points in rest)
    total = {m.id: graded.overview.total(m.id) for m in graded.everybody}
    by_hand = sum(graded.report.max_scores.values()) - graded.lab.worth()
    for member in graded.of("perfect"):
        assert total[member.id] == pytest.approx((30 * whole / (whole + by_hand), 30))
    for member in graded.of("late"):
        share = (member.score - penalty_of(member)) / member.score
        assert total[member.id][0] == pytest.approx(share * total[graded.of("perfect")[0].id][0])
    for member in graded.of("blank") + graded.of("absent"):
        assert total[member.id] == (0.0, 30.0)
    for member in graded.of("half"):
        lost = 7 if member.lost == first[0] else graded.lab.points[member.lost]
        assert total[member.id][0] == pytest.approx(30 * (whole - lost) / (whole + by_hand))


def test_everyone_gets_what_they_deserve(graded: Graded) -> None:
    check_class(graded)


def test_who_needs_a_look(graded: Graded) -> None:
    look = dict(graded.overview.needs_a_look())
    for member in graded.of("perfect") + graded.of("bom") + graded.of("utf-16") + graded.of("extended"):
        assert member.id not in look
    for member in graded.of("absent"):
        assert look[member.id] == ["01-tiny: nothing handed in"]
    for member in graded.of("blank"):
        assert look[member.id][0] == "01-tiny: 0 of 30 points"
    for member in graded.of("latin") + graded.of("empty") + graded.of("cut"):
        assert "01-tiny.ipynb is" in look[member.id][0]
    one, two, three, four = (m.id for m in graded.of("copied"))
    assert look[one] == [f"01-tiny: double nearly as {two}"]
    assert look[four] == [f"01-tiny: double nearly as {three}"]
    assert any("points off for lateness" in said for said in look[graded.of("late")[1].id])
    assert graded.of("late")[0].id not in look, "five minutes are within the grace"
    assert all(look[m.id] for m in graded.of("hostile") if "os." in m.content.decode())


def test_the_tables_have_everybody(
    graded: Graded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    table = table_of(graded.overview)
    assert table.startswith("\ufeff"), "a spreadsheet has to see that this is Unicode"
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))}
    assert set(rows) == {m.id for m in graded.everybody}
    perfect, absent = graded.of("perfect")[0], graded.of("absent")[0]
    row = rows[perfect.id]
    assert (row["first_name"], row["last_name"]) == perfect.name
    assert row["email"] == f"{perfect.id}@example.org"
    assert [row[f"01-tiny/{name}"] for name in tiny.POINTS] == ["2", "3", "1"]
    assert (row["sum"], row["maximum"], row["01-tiny"]) == ("30", "30", "30")
    assert [rows[absent.id][column] for column in ("sum", "01-tiny", "01-tiny/double")] == ["0", "", ""]
    page = page_of(graded.overview)
    text = text_of(graded.overview)
    assert "A class of sixty: 60 students, 58 have handed in, 1 lab graded" in text
    for member in graded.everybody:
        assert " ".join([member.id, *(member.name if member.listed else ())]) in text
        assert member.id in page

    monkeypatch.setattr(lessons, "ROOT", graded.work.parent)
    commands.report(("01-tiny",), graded.work / "overview.html")
    assert (graded.work / "overview.html").read_text() == page
    assert f"wrote {graded.work / 'overview.html'}" in capsys.readouterr().out


def test_a_date_that_is_moved_counts_at_the_next_run_and_runs_nobody(graded: Graded) -> None:
    """What lateness costs follows the plan, without any submission being run again."""
    plan = graded.work / "course.toml"
    before = plan.read_text()
    late = graded.of("late")[1]
    try:
        plan.write_text(before.replace("2026-11-20T17:00:00+00:00", "2026-12-24T17:00:00+00:00"))
        report = grade_lab(
            graded.work.parent, graded.work, tiny.LAB, [late.id], limits=Limits(cell_seconds=2)
        )
        assert report.scores() == {late.id: 6.0}
    finally:
        plan.write_text(before)
    report = grade_lab(graded.work.parent, graded.work, tiny.LAB, [late.id], limits=Limits(cell_seconds=2))
    assert report.scores() == pytest.approx({late.id: 5.4})
    assert report.students[0].attempts == []


def test_a_workspace_hands_in_what_is_graded_and_time_only_if_asked(graded: Graded, tmp_path: Path) -> None:
    released = tmp_path / "released" / tiny.LAB / f"{tiny.LAB}.ipynb"
    tiny.write(tiny.released_notebook(), released)
    mine = tmp_path / "mine"
    labs = {tiny.LAB: released}
    start(mine, labs)
    (mine / tiny.LAB / f"{tiny.LAB}.ipynb").write_text(nbformat.writes(tiny.answered()))
    record = [
        {"lab": tiny.LAB, "opened": True, "at": "2026-11-02T10:00:00+01:00"},
        {"lab": tiny.LAB, "exercise": "double", "points": 1, "max": 2, "at": "2026-11-02T10:04:00+01:00"},
        {"lab": tiny.LAB, "exercise": "double", "points": 2, "max": 2, "at": "2026-11-02T10:07:30+01:00"},
    ]
    (mine / ".seq2gpt" / "progress.jsonl").write_text("\n".join(map(json.dumps, record)) + "\n")
    box = graded.work / "submitted"
    submit(mine, tiny.LAB, "s61-new", box, labs)
    assert not (box / "s61-new" / tiny.LAB / "times.json").exists()
    submit(mine, tiny.LAB, "s61-new", box, labs, share_times=True)
    (box / "s01-perfect" / tiny.LAB / "times.json").write_text('{"exercises": {"double": {"minutes": 1e99}}}')
    report = grade_lab(graded.work.parent, graded.work, tiny.LAB, ["s61-new"])
    assert report.students[0].scores == tiny.POINTS
    found = read_overview(graded.work.parent, graded.work, NOW)
    assert [(e.exercise, e.minutes, e.students) for e in found.longest()] == [("double", 7.5, 1)]
    submit(mine, tiny.LAB, "s61-new", box, labs)
    assert not (box / "s61-new" / tiny.LAB / "times.json").exists(), "what was shared once is taken back"


@pytest.mark.slow
def test_sixty_students_of_a_real_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    for part in ("solutions", "exercises", "book", "src"):
        (tmp_path / part).symlink_to(ROOT / part)
    lab = SampleLab(Lesson("07-attention"))
    check_class(grade_class(tmp_path, tmp_path / "autograder", lab, seconds=10))
