"""Notebooks that are not what was released: cells gone, copied, renamed, moved, edited; files that are no notebooks."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell

from ..attack import NOTHING, WRONG, Attack, Builder, Edit, beside, duplicate, edited, lost, raw
from ..course import ANSWERS, LAB, find
from ..world import BYSTANDER, World

NOTEBOOK = f"{LAB}.ipynb"
WRONG_SOFTMAX = {"softmax": WRONG["softmax"]}


def without(*names: str) -> Edit:
    """Cells deleted."""

    def change(nb: NotebookNode) -> None:
        gone = [find(nb, name) for name in names]
        nb.cells = [cell for cell in nb.cells if not any(cell is g for g in gone)]

    return change


def both(*changes: Edit) -> Edit:
    """One change after the other."""

    def change(nb: NotebookNode) -> None:
        for each in changes:
            each(nb)

    return change


def with_metadata(name: str, **metadata: object) -> Edit:
    """A cell's metadata changed."""
    return lambda nb: find(nb, name).metadata.update(metadata)


def with_nbgrader(name: str, **entries: object) -> Edit:
    """What nbgrader believes of a cell changed."""
    return lambda nb: find(nb, name).metadata.nbgrader.update(entries)


def with_source(name: str, text: str) -> Edit:
    """A locked cell edited."""
    return lambda nb: find(nb, name).update(source=text)


def turned_into(name: str, kind: str) -> Edit:
    """A cell of another kind."""

    def change(nb: NotebookNode) -> None:
        cell = find(nb, name)
        cell.cell_type = kind
        for key in ("outputs", "execution_count"):
            cell.pop(key, None)
        if kind == "code":
            cell.update(outputs=[], execution_count=None)

    return change


def copied(name: str, source: str, *, before: bool) -> Edit:
    """A cell there twice, the copy with another text."""

    def change(nb: NotebookNode) -> None:
        cell = find(nb, name)
        place = nb.cells.index(cell) + (0 if before else 1)
        nb.cells.insert(place, nbformat.from_dict(duplicate(cell, source=source)))

    return change


def tests_first(nb: NotebookNode) -> None:
    """Every test above its answer."""
    nb.cells.sort(key=lambda cell: not cell.metadata.get("nbgrader", {}).get("grade", False))


def answer_elsewhere(nb: NotebookNode) -> None:
    """The answer in a cell of the student's own."""
    cell = find(nb, "softmax")
    nb.cells[nb.cells.index(cell)] = new_code_cell(cell.source)


def own_graded_cell(nb: NotebookNode) -> None:
    """A test of the student's own, worth 50 points."""
    twin = duplicate(find(nb, "softmax-check"), source="50.0")
    nb.cells.append(nbformat.from_dict(twin))
    nb.cells[-1].metadata.nbgrader.update(grade_id=f"{LAB}-bonus", points=50)


def claims_outputs(nb: NotebookNode) -> None:
    """Full points in the outputs that are handed in."""
    result = nbformat.v4.new_output("execute_result", data={"text/plain": "3.0"}, execution_count=1)
    find(nb, "softmax-check").outputs = [result]


def same_ids(nb: NotebookNode) -> None:
    """All cells with one id."""
    for cell in nb.cells:
        cell.id = "same"


def as_json(change: Callable[[Any], object]) -> Builder:
    """A right submission, changed as plain JSON."""

    def content(text: str) -> bytes:
        data = json.loads(text)
        change(data)
        return json.dumps(data).encode()

    return raw(content)


def old_format(text: str) -> bytes:
    """As IPython wrote notebooks before 2014."""
    return nbformat.writes(nbformat.convert(nbformat.reads(text, as_version=4), 3), version=3).encode()


def nested(data: Any) -> None:
    """Metadata a thousand levels deep."""
    inner: dict[str, Any] = {}
    for _ in range(900):
        inner = {"in": inner}
    data["metadata"]["nested"] = inner


def null_in_source(data: Any) -> None:
    """A character that no source may have."""
    data["cells"][2]["source"] = ANSWERS["softmax"] + "\n\0"


def replaced(change: Callable[[Path, World], object]) -> Builder:
    """Something else in the place of the notebook."""

    def instead(folder: Path, world: World) -> None:
        (folder / NOTEBOOK).unlink()
        change(folder / NOTEBOOK, world)

    return beside(instead)


def linked_folder(folder: Path, world: World) -> None:
    """The folder of the lab is the bystander's."""
    (folder / NOTEBOOK).unlink()
    folder.rmdir()
    folder.symlink_to(world.place(BYSTANDER))


def socket_file(path: Path, world: World) -> None:
    """A socket; its name may not be long, so it is made elsewhere and moved."""
    short = world.base / "s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(short))
    short.rename(path)


ATTACKS = [
    Attack("deleted-test", "The test of a wrong answer is gone.", edited(without("softmax-check"), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("deleted-all-tests", "All tests are gone; the answers are right.", edited(without(*(f"{n}-check" for n in ANSWERS))), flagged=True),
    Attack("deleted-setup", "The imports are gone.", edited(without("setup")), flagged=True),
    Attack("deleted-answer", "One answer is gone, and nowhere else.", edited(without("softmax")), lost("softmax"), flagged=True),
    Attack("answer-elsewhere", "The answer cell is gone; the student's own cell holds the answer.", edited(answer_elsewhere), flagged=True),
    Attack("copied-answer", "An answer cell is there twice, first with an older attempt.", edited(copied("softmax", WRONG["softmax"], before=True)), flagged=True),
    Attack("copied-test", "A copy of the test, under its name, gives full points.", edited(copied("softmax-check", "3.0", before=False), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("copied-test-before", "The same, above the real test.", edited(copied("softmax-check", "3.0", before=True), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("renamed-test", "The test of a wrong answer has another name.", edited(with_nbgrader("softmax-check", grade_id="other"), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("renamed-answer", "An answer cell has another name.", edited(with_nbgrader("softmax", grade_id="other")), flagged=True),
    Attack("tests-first", "All tests stand above all answers.", edited(tests_first), flagged=True),
    Attack("test-as-solution", "The test of a wrong answer says that it is an answer.", edited(with_nbgrader("softmax-check", grade=False, solution=True, locked=False), **WRONG_SOFTMAX), lost("softmax")),
    Attack("answer-as-test", "A wrong answer says that it is worth 100 points.", edited(with_nbgrader("softmax", grade=True, points=100), softmax=WRONG["softmax"] + "\n100.0"), lost("softmax")),
    Attack("points-300", "A test claims 300 points.", edited(with_nbgrader("softmax-check", points=300)), flagged=True),
    Attack("points-in-words", "A test claims points that clear the instructor's screen.", edited(with_nbgrader("softmax-check", points="\x1b[2J" + "9" * 5000)), flagged=True),
    Attack("points-negative", "Every test claims -1 points.", edited(both(*(with_nbgrader(f"{n}-check", points=-1) for n in ANSWERS))), flagged=True),
    Attack("edited-test", "The test of a wrong answer was replaced by its points.", edited(with_source("softmax-check", "3.0"), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("edited-setup", "The locked imports now make allclose say yes.", edited(with_source("setup", "import copy, os, zlib, torch\nfrom torch import Tensor, nn\ntorch.allclose = lambda *a, **k: True"), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("own-graded-cell", "A test of the student's own gives 50 points.", edited(own_graded_cell)),
    Attack("tag-skip-test", "A tag tells the executor to skip the test.", edited(with_metadata("softmax-check", tags=["skip-execution"]), **WRONG_SOFTMAX), lost("softmax")),
    Attack("tag-skip-answer", "A tag tells the executor to skip a right answer.", edited(with_metadata("softmax", tags=["skip-execution"]))),
    Attack("tag-raises", "A tag says that the test may raise.", edited(with_metadata("scale-check", tags=["raises-exception"]), scale=WRONG["scale"].replace("nn.Module", "")), lost("scale")),
    Attack("nbgrader-no-dictionary", "What nbgrader knows of the test is a list.", edited(with_metadata("softmax-check", nbgrader=[1]), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("nbgrader-schema-99", "The test is of a later schema of nbgrader.", edited(with_nbgrader("softmax-check", schema_version=99))),
    Attack("claims-outputs", "A wrong answer comes with the outputs of a right one.", edited(claims_outputs, **WRONG_SOFTMAX), lost("softmax")),
    Attack("answer-as-markdown", "A right answer stands in a text cell.", edited(turned_into("softmax", "markdown")), flagged=True),
    Attack("test-as-markdown", "The test of a wrong answer is text.", edited(turned_into("softmax-check", "markdown"), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("test-as-raw", "The test of a wrong answer is a raw cell.", edited(turned_into("softmax-check", "raw"), **WRONG_SOFTMAX), lost("softmax"), flagged=True),
    Attack("essay-as-code", "The essay became code that raises.", edited(both(turned_into("essay", "code"), with_source("essay", "raise ValueError"))), flagged=True),
    Attack("wrong-kernel", "The notebook asks for R.", edited(lambda nb: nb.metadata.update(kernelspec={"name": "ir", "display_name": "R", "language": "R"}))),
    Attack("no-metadata", "The notebook has no metadata.", edited(lambda nb: nb.metadata.clear())),
    Attack("format-3", "The notebook is in the format of 2013.", raw(old_format)),
    Attack("format-minor-99", "The notebook is of a version to come.", as_json(lambda d: d.update(nbformat_minor=99))),
    Attack("unknown-metadata", "Another editor left its notes.", edited(both(lambda nb: nb.metadata.update(colab={"provenance": []}), with_metadata("softmax", id="x7", executionInfo={"user": None}))), flagged=False),
    Attack("huge-metadata", "Twenty megabytes of notes.", as_json(lambda d: d["metadata"].update(notes="x" * 20_000_000)), aims="flood"),
    Attack("nested-metadata", "Notes 900 levels deep.", as_json(nested)),
    Attack("same-ids", "All cells have one id.", edited(same_ids)),
    Attack("no-ids", "No cell has an id.", as_json(lambda d: [c.pop("id") for c in d["cells"]]), flagged=False),
    Attack("sources-as-lists", "Sources are lists of lines, as in most files.", as_json(lambda d: [c.update(source=c["source"].splitlines(keepends=True)) for c in d["cells"] if isinstance(c["source"], str)]), flagged=False),
    Attack("source-a-dictionary", "The source of a cell is a dictionary.", as_json(lambda d: d["cells"][2].update(source={"a": 1})), NOTHING, flagged=True),
    Attack("null-in-source", "A NUL character ends an answer.", as_json(null_in_source), lost("softmax")),
    Attack("half-a-character", "A comment holds half of a surrogate pair.", as_json(lambda d: d["cells"][2].update(source="# \ud800\n" + ANSWERS["softmax"]))),
    Attack("byte-order-mark", "The file starts with a byte order mark.", raw(lambda text: b"\xef\xbb\xbf" + text.encode())),
    Attack("wrong-name", "The notebook has another name.", beside(lambda folder, world: (folder / NOTEBOOK).rename(folder / "Untitled.ipynb")), NOTHING, flagged=True),
    Attack("upper-case-name", "The notebook's name is in capitals.", beside(lambda folder, world: (folder / NOTEBOOK).rename(folder / NOTEBOOK.upper())), NOTHING, flagged=True),
    Attack("two-notebooks", "A copy lies beside the notebook.", beside(lambda folder, world: (folder / "copy.ipynb").write_bytes((folder / NOTEBOOK).read_bytes()))),
    Attack("folder-as-notebook", "A folder has the notebook's name.", replaced(lambda path, world: path.mkdir()), NOTHING, flagged=True),
    Attack("linked-notebook", "The notebook is a link to the bystander's.", replaced(lambda path, world: path.symlink_to(world.place(BYSTANDER) / NOTEBOOK)), NOTHING, flagged=True),
    Attack("linked-folder", "The folder is a link to the bystander's.", beside(linked_folder), NOTHING, flagged=True),
    Attack("linked-solution", "The notebook is a link to the solutions.", replaced(lambda path, world: path.symlink_to(world.root / "solutions" / LAB / NOTEBOOK)), NOTHING, aims="leak: solution", flagged=True),
    Attack("linked-device", "The notebook is a link to /dev/zero, which never ends.", replaced(lambda path, world: path.symlink_to("/dev/zero")), NOTHING, aims="late", flagged=True),
    Attack("pipe", "The notebook is a named pipe, which nobody writes to.", replaced(lambda path, world: os.mkfifo(path)), NOTHING, aims="late", flagged=True),
    Attack("pipe-beside", "A named pipe lies beside the notebook.", beside(lambda folder, world: os.mkfifo(folder / "data.csv")), aims="late"),
    Attack("socket-file", "The notebook is a socket.", replaced(socket_file), NOTHING, flagged=True),
    Attack("empty", "The file is empty.", raw(b""), NOTHING, flagged=True),
    Attack("web-page", "The file is a page that asks to sign in.", raw(b"<!DOCTYPE html><title>Sign in</title>"), NOTHING, flagged=True),
    Attack("truncated", "The upload stopped half way.", raw(lambda text: text[: len(text) // 2].encode()), NOTHING, flagged=True),
    Attack("hundred-megabytes", "The file has 100 MB.", raw(lambda text: text.encode() + b" " * 100 * 2**20), NOTHING, flagged=True),
    Attack("nested-json", "200,000 brackets.", raw(b"[" * 200_000), NOTHING, flagged=True),
    Attack("null-bytes", "The file holds NUL bytes only.", raw(bytes(1000)), NOTHING, flagged=True),
    Attack("latin-1", "The file is not UTF-8.", raw(lambda text: text.replace("softmax", "softm\xe4x", 1).encode("latin-1", "replace")), NOTHING, flagged=True),
    Attack("cells-a-number", "The cells are a number.", as_json(lambda d: d.update(cells=7)), NOTHING, flagged=True),
    Attack("json-list", "The file is a list.", raw(b"[1, 2]"), NOTHING, flagged=True),
]  # fmt: skip
