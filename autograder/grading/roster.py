"""The list of a class: read from the tables that campus systems export, kept in the gradebook.

Entering a list adds students and corrects names; it never removes anybody, and an empty field erases nothing.
"""

import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from nbgrader.api import Gradebook, Student

from autograder.grading.config import COURSE
from autograder.grading.database import labs_in
from autograder.grading.gradebook import patiently, quiet
from autograder.student.workspace import STUDENT
from seq2gpt.errors import UserError

# What the columns are called in exports of nbgrader, Moodle, Canvas, ILIAS and in tables made by hand.
COLUMNS = {
    "id": ("id", "student_id", "student", "username", "user_name", "login", "sis_login_id", "id_number", "matriculation_number"),
    "first_name": ("first_name", "firstname", "given_name", "forename"),
    "last_name": ("last_name", "lastname", "surname", "family_name"),
    "email": ("email", "e_mail", "email_address", "mail"),
    "name": ("name", "full_name", "fullname", "display_name"),
}  # fmt: skip
ENCODINGS = ("utf-8-sig", "cp1252")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Person:
    """One student of a list; a field that the list does not have is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""

    @property
    def known(self) -> dict[str, str]:
        """The fields that say something, without the id."""
        return {f.name: value for f in fields(self)[1:] if (value := getattr(self, f.name))}


@dataclass(frozen=True)
class Entered:
    """What entering a list did: ids of new students, of those with other names than before, and of all who were there."""

    added: list[str]
    changed: list[str]
    before: set[str]


def read_roster(path: Path) -> list[Person]:
    """The students of a table with a heading line, separated by commas, semicolons or tabs.

    Raises ``UserError`` that names the file, and the line where there is one, for a table that cannot be used as it is.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UserError(f"{path} {what}; give the table of the class, a .csv file")
    text = decoded(path.read_bytes(), path)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    numbered = [(rows.line_num, row) for row in rows if any(map(str.strip, row))]
    if not numbered:
        raise UserError(f"{path} is empty; its first line names the columns: id,first_name,last_name,email")
    columns = columns_of(numbered[0][1], path)
    people: dict[str, tuple[int, Person]] = {}
    for line, row in numbered[1:]:
        person = person_of(
            {name: row[at].strip() for name, at in columns.items() if at < len(row)}, line, path
        )
        first, known = people.setdefault(person.id, (line, person))
        if known != person:
            raise UserError(
                f"{path}, lines {first} and {line}: two entries for {person.id!r}; keep one of them"
            )
    if not people:
        raise UserError(f"{path} has a heading and no students below it")
    return [person for _, person in people.values()]


def decoded(content: bytes, path: Path) -> str:
    """The text of a table as spreadsheets write it."""
    if content.startswith(UTF_16):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        raise UserError(f"{path} is no text; save the table as CSV and give that file")
    for encoding in ENCODINGS:
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode(encoding)
    return content.decode("latin-1")


def delimiter_of(text: str) -> str:
    """What separates the columns: the mark that the heading has most of."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=heading.count)


def columns_of(heading: Sequence[str], path: Path) -> dict[str, int]:
    """Where each field stands."""
    names = [re.sub(r"[\s_-]+", "_", cell.strip().casefold()) for cell in heading]
    columns = {
        field: next(at for at in (names.index(n) for n in known if n in names))
        for field, known in COLUMNS.items()
        if set(known) & set(names)
    }
    if "id" not in columns:
        shown = ", ".join(filter(None, map(str.strip, heading)))
        raise UserError(
            f"{path} has no column of ids, only {shown}; call the column with the names of the students' folders: id"
        )
    return columns


def person_of(row: dict[str, str], line: int, path: Path) -> Person:
    """One line; a name in one piece is taken apart at its comma, else at its last space."""
    if not STUDENT.fullmatch(row.get("id", "")):
        raise UserError(
            f"{path}, line {line}: {row.get('id', '')!r} is no student id; an id is the name of the folder that the student "
            "hands in: letters, digits, '.', '_' and '-'"
        )
    first, last = row.get("first_name", ""), row.get("last_name", "")
    if (name := row.get("name", "")) and not (first or last):
        before, comma, after = name.partition(",")
        first, _, last = (after, "", before) if comma else name.rpartition(" ")
    return Person(row["id"], first.strip(), last.strip(), row.get("email", ""))


@contextlib.contextmanager
def opened(db_url: str) -> Iterator[Gradebook]:
    """The gradebook of the course; ``UserError`` for one of another course, and while another program holds it."""
    labs_in(db_url, COURSE)
    book = patiently(lambda: Gradebook(db_url, COURSE), lambda: None)
    try:
        yield book
    finally:
        book.close()


def enter_roster(db_url: str, people: Sequence[Person]) -> Entered:
    """Add the students who are not in the gradebook, and correct names and addresses of the others; all of it or nothing."""
    with opened(db_url) as book, quiet():
        return patiently(lambda: _enter(book, people), book.db.rollback)


def _enter(book: Gradebook, people: Sequence[Person]) -> Entered:
    there = {student.id: student for student in book.students}
    done = Entered([], [], set(there))
    for person in people:
        student = there.get(person.id)
        if student is None:
            book.db.add(Student(id=person.id, **person.known))
            done.added.append(person.id)
            continue
        other = {name: value for name, value in person.known.items() if getattr(student, name) != value}
        for name, value in other.items():
            setattr(student, name, value)
        if other:
            done.changed.append(person.id)
    book.db.commit()
    return done


def read_gradebook(db_url: str) -> list[Person]:
    """Everybody in the gradebook, by last name, first name and id."""
    with opened(db_url) as book:
        found = patiently(lambda: list(book.students), book.db.rollback)
        people = [Person(s.id, s.first_name or "", s.last_name or "", s.email or "") for s in found]
    return sorted(people, key=lambda p: (p.last_name.casefold(), p.first_name.casefold(), p.id))
