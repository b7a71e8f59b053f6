"""The course's own answers below the exercises of a lab: folded, or nowhere.

``seq2gpt_solutions`` is ``folded`` for those who study alone and ``none`` for a class: then no file of the site
holds a line of them, for the pages are made of the notebooks that students receive.
"""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from docutils import nodes
from seq2gpt_quiz import Disclosure
from sphinx.application import Sphinx

REGION = re.compile(r"^ *### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION", re.MULTILINE | re.DOTALL)


def answers_of(notebook: Path) -> dict[str, str]:
    """The answer to each exercise, by its grade id, as a student would type it."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: answer_in("".join(cell["source"]))
        for cell in cells
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution")
    }


def answer_in(source: str) -> str:
    """The marked lines of a cell; of several places, each below the line that opens its function.

    >>> print(answer_in("def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION\\n"))
    return 1
    """
    regions = list(REGION.finditer(source))
    if len(regions) == 1:
        return textwrap.dedent(regions[0][1]).rstrip()
    pieces = []
    for region in regions:
        name = re.findall(r"^ *def (\w+)", source[: region.start()], re.MULTILINE)[-1]
        pieces.append(f"# {name}\n{textwrap.dedent(region[1]).rstrip()}")
    return "\n\n".join(pieces)


def show_answers(app: Sphinx, doctree: nodes.document) -> None:
    docname = app.env.docname
    if app.config.seq2gpt_solutions == "none" or not docname.startswith("exercises/"):
        return
    name = f"{docname.replace('exercises/', 'solutions/', 1)}.ipynb"
    app.env.note_dependency(name)
    answers = answers_of(Path(app.srcdir, name))
    for cell in list(doctree.findall(nodes.container)):
        answer = answers.get(grade_id(cell))
        if not answer:
            continue
        place = cell.parent.index(cell) + 1
        following = cell.parent[place] if place < len(cell.parent) else None
        place += grade_id(following) == f"{grade_id(cell)}-check"
        code = nodes.literal_block(answer, answer, language="python")
        cell.parent.insert(place, Disclosure("", code, summary="The course’s answer"))


def grade_id(cell: nodes.Node | None) -> str:
    metadata = cell.get("cell_metadata", {}) if isinstance(cell, nodes.container) else {}
    return metadata.get("nbgrader", {}).get("grade_id", "")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("seq2gpt_solutions", "folded", "env", str)
    app.connect("doctree-read", show_answers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
