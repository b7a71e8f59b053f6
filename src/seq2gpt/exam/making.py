"""The commands for those who set exams: ``seq2gpt exam build``, ``export`` and ``analyse``."""

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

from seq2gpt.errors import UserError
from seq2gpt.exam.analysis import read_responses, table
from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import POOLS, in_pool, load_all
from seq2gpt.exam.export.content import items_of
from seq2gpt.exam.forms import as_record, draw, find_profile

FORMATS = {".xml": "moodle", ".gift": "gift", ".zip": "qti", ".apkg": "anki", ".json": "json"}
ENDINGS = {form: ending for ending, form in FORMATS.items()} | {"qti12": ".zip"}


def build(
    out: Path,
    profile: str = "course",
    seed: str = "0",
    n_items: int = 0,
    pool: str = "exam",
    private: bool = False,
) -> None:
    """Draw an exam: form.json with questions and keys, two forms to print (PDF and HTML), and the key to these.

    OUT is a new folder. Each domain gets the share that the profile gives it: course, university, aif-c01,
    nca-genl or 1z0-1127. The same --seed draws the same exam. With --private, templates are drawn again with the
    seed, so that only those who know it can know the numbers: choose a long one and keep it.

    Example: seq2gpt exam build midterm --profile university --seed "a phrase of mine" --private
    """
    from seq2gpt.exam.export.printed import printed

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} holds something already; name a new folder")
    form = draw(load_all(), find_profile(profile), seed, pool=pool, private=private, n_items=n_items)
    for note in form.notes:
        print(f"Note: {note}")
    out.mkdir(parents=True, exist_ok=True)
    record = json.dumps(as_record(form, "" if private else seed), ensure_ascii=False, indent=1)
    _write(out / "form.json", f"{record}\n".encode())
    for name, page in printed(form, seed).items():
        _write(out / name, page)
    print(f"{len(form.questions)} questions in {out}: form.json; form-A, form-B and key, as .pdf and .html")
    print(f"For an LMS: seq2gpt exam export {out / 'form.json'} moodle.xml")


def export(what: str, to: Path, variants: int = 5, timestamp: int | None = None, format: str = "") -> None:
    """Write questions for another program.

    WHAT is a form.json of `seq2gpt exam build`, or a pool: practice, exam (held out) or all. The name TO decides
    the form: .xml is Moodle XML, .gift GIFT, .zip a QTI 2.1 package (1.2 with --format qti12), .apkg a deck for
    Anki, .json the questions for a page. Of each template so many --variants are written. A deck that is to update an older one needs a
    later --timestamp, in seconds; it is now if nothing is said.

    Example: seq2gpt exam export practice seq2gpt.apkg
    """
    if to.suffix not in FORMATS:
        raise UserError(f"{to}: the name has to end in {', '.join(FORMATS)}; that decides the form")
    if variants < 1:
        raise UserError(f"--variants {variants} would leave templates out; give 1 or more")
    kind = format or FORMATS[to.suffix]
    if ENDINGS.get(kind) != to.suffix:
        known = ", ".join(f"{name} ({ending})" for name, ending in ENDINGS.items())
        raise UserError(f"--format {kind} and the name {to} do not fit; choose from {known}")
    content = _exported(kind, what, variants, timestamp)
    _write(to, content)
    print(f"{to}: {len(content):,} bytes")


def analyse(file: Path) -> None:
    """How questions did in a class: difficulty, discrimination, reliability, and who chose which option.

    FILE is a CSV table with a line for each learner and a column for each question, named ATT-05-why or, as
    Moodle does, Q. 3 /1.00. Cells hold points, or the letters of the options chosen.

    Example: seq2gpt exam analyse grades.csv
    """
    for line in table(read_responses(file, load_all())):
        print(line)


def _exported(kind: str, what: str, variants: int, timestamp: int | None) -> bytes:
    questions = _questions(what)
    if kind == "json":
        from seq2gpt.exam.as_json import as_json

        record = as_json(questions, what if what in POOLS else "all", variants)
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    items = items_of(questions, variants)
    if kind == "moodle":
        from seq2gpt.exam.export.moodle import moodle

        return moodle(items)
    if kind == "gift":
        from seq2gpt.exam.export.gift import gift

        return gift(items)
    if kind == "qti":
        from seq2gpt.exam.export.qti import qti

        return qti(items)
    if kind == "qti12":
        from seq2gpt.exam.export.qti12 import qti12

        return qti12(items)
    from seq2gpt.exam.export.anki import anki

    return anki(items, timestamp)


def _questions(what: str) -> list[Question]:
    if what in POOLS:
        return in_pool(load_all(), what)
    return read_form(Path(what))


def read_form(path: Path) -> list[Question]:
    """The questions of a ``form.json``. Raises ``UserError`` if the file is none."""
    if not path.is_file():
        raise UserError(f"{path} is no pool and no file; choose from {', '.join(POOLS)}, or name a form.json")
    known = {field.name for field in fields(Question)}
    try:
        items: list[dict[str, Any]] = json.loads(path.read_bytes())["items"]
        return [Question(**{name: value for name, value in item.items() if name in known}) for item in items]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no form of `seq2gpt exam build` ({error}); build it again") from error


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    os.replace(new, path)
