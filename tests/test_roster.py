"""The list of a class: read as campus systems write it, entered into the gradebook, and nobody is lost."""

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import commands, lessons
from autograder.grading.config import COURSE
from autograder.grading.gradebook import quiet
from autograder.grading.roster import Person, enter_roster, read_gradebook, read_roster
from seq2gpt.errors import UserError

ADA = Person("ada", "Ada", "Lovelace", "ada@example.org")
BOB = Person("bob-7", "Bōb", "Müller", "")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,first_name,last_name,email\nada,Ada,Lovelace,ada@example.org\nbob-7,Bōb,Müller,\n", "utf-8"),
        ("id;last_name;first_name;email\r\nada;Lovelace;Ada;ada@example.org\r\nbob-7;Müller;Bōb;\r\n", "utf-8-sig"),
        ("First name\tSurname\tUsername\tEmail address\nAda\tLovelace\tada\tada@example.org\nBōb\tMüller\tbob-7\n", "utf-16"),
        ('Student ID,Name,E-Mail,Group\nada,"Lovelace, Ada",ada@example.org,1\n\nbob-7,Bōb Müller,,2\nada,Ada Lovelace,ada@example.org,3\n', "utf-8"),
    ],
)  # fmt: skip
def test_tables_of_many_systems_are_one(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "class.csv"
    path.write_bytes(text.encode(encoding))
    assert read_roster(path) == [ADA, BOB]


def test_a_table_from_an_old_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_bytes("id,last_name\nu1,Müller\n".encode("cp1252"))
    assert read_roster(path) == [Person("u1", last_name="Müller")]
    path.write_bytes(b"id,last_name\nu1,M\x81ller\n")  # a byte that no letter of that alphabet has
    assert read_roster(path)[0].id == "u1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "class.csv does not exist; give the table of the class, a .csv file"),
        (b"", "class.csv is empty; its first line names the columns: id,first_name,last_name,email"),
        (b"id,email\n", "class.csv has a heading and no students below it"),
        (b"PK\x03\x04\0\0", "class.csv is no text; save the table as CSV and give that file"),
        (b"surname,email\nx,y\n", "class.csv has no column of ids, only surname, email; call the column"),
        (
            b"id\nada\n../bob\n",
            "class.csv, line 3: '../bob' is no student id; an id is the name of the folder",
        ),
        (
            b"id,email\nada,1\nbob,2\nada,3\n",
            "class.csv, lines 2 and 4: two entries for 'ada'; keep one of them",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "class.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        read_roster(path)
    assert message in str(raised.value)
    with pytest.raises(UserError, match="is a folder; give the table"):
        read_roster(tmp_path)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout; its gradebook's address comes back."""
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    (tmp_path / "autograder").mkdir()
    return tmp_path


def test_entering_adds_and_corrects_and_loses_nothing(course: Path, capsys: pytest.CaptureFixture) -> None:
    table = course / "class.csv"
    table.write_text("id,first_name,last_name,email\nada,Ada,Byron,\nbob-7,Bōb,Müller,\n")
    commands.roster((table,))
    assert "2 students added, 0 corrected, 0 as they were." in capsys.readouterr().out
    table.write_text("id,first_name,last_name,email\nada,,Lovelace,ada@example.org\ncyd,,,\n")
    commands.roster((table,))
    said = capsys.readouterr().out
    assert "1 students added, 1 corrected, 0 as they were." in said
    assert "In the gradebook, and not in the table; they stay: bob-7" in said
    commands.roster(())
    said = capsys.readouterr().out
    rows = [line.split() for line in said.splitlines()]
    assert rows[:3] == [["cyd"], ["ada", "Lovelace", "Ada", "ada@example.org"], ["bob-7", "Müller", "Bōb"]]
    assert "3 students." in said

    url = commands.gradebook_of(course / "autograder")
    with quiet(), Gradebook(url, COURSE) as book:
        book.add_assignment("01-tiny")
        book.add_submission("01-tiny", "ada")
    assert enter_roster(url, [Person("ada", "Augusta")]).changed == ["ada"]
    with Gradebook(url, COURSE) as book:
        assert [s.student_id for s in book.assignment_submissions("01-tiny")] == ["ada"], "grades stay"
    assert Person("ada", "Augusta", "Lovelace", "ada@example.org") in read_gradebook(url)


def test_a_table_with_a_fault_changes_nothing(course: Path) -> None:
    good, bad = course / "a.csv", course / "b.csv"
    good.write_text("id\nada\n")
    bad.write_text("id\na b\n")
    with pytest.raises(UserError, match=r"b\.csv, line 2"):
        commands.roster((good, bad))
    assert not (course / "autograder" / "gradebook.db").exists()
