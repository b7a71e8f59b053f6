"""A cell's outputs as a notebook stores them, made of what a process sent, which may be anything."""

import builtins
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from autograder.report import RECORD_TYPE

OURS = (
    "CellTimeoutError",
    "NotebookTimeoutError",
    "KernelDiedError",
    "NoScoreError",
)  # errors that the grader tells of
KINDS = ("text/plain", "text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "image/svg+xml")


class Collector:
    """Collects the outputs of one cell, up to a size; of a judge's cell the reports of the checks too."""

    def __init__(self, room: int, judges: bool = False) -> None:
        self.judges = judges
        self.outputs: list[Any] = []
        self.reports: list[dict[str, Any]] = []
        self.room = self.limit = room
        self.cut = False
        self.clear_next = False

    def take(self, output: Any) -> None:
        """Add one output, if it is one."""
        if not isinstance(output, dict):
            return
        if "clear" in output:
            self.clear_next = bool(output["clear"])
            if not self.clear_next:
                self.outputs.clear()
            return
        made = made_output(output)
        if self.judges:
            self.note_report(output, made)
        if made is None:
            return
        if self.clear_next:
            self.outputs.clear()
            self.clear_next = False
        self._add(made)

    def note_report(self, output: dict[str, Any], made: NotebookNode | None) -> None:
        """Keep the report of a check in a form that programs read, and mark the output that shows one on private inputs."""
        data = output.get("data")
        report = data.get(RECORD_TYPE) if isinstance(data, dict) else None
        if isinstance(report, dict):
            self.reports.append(report)
            if made is not None and report.get("hidden"):
                made.metadata["private"] = True

    def _add(self, output: NotebookNode) -> None:
        size = len(output.text) if output.output_type == "stream" else len(str(output))
        # The value and the error decide the score, so they are kept even after the cut.
        decides = output.output_type in ("execute_result", "error") and size <= self.limit
        if size > self.room and not decides:
            self.cut = True
            if output.output_type != "stream" or self.room <= 0:
                return
            output.text, size = output.text[: self.room], self.room
        self.room -= size
        last = self.outputs[-1] if self.outputs else None
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            last.text += output.text
        else:
            self.outputs.append(output)

    def finish(self) -> list[Any]:
        """All outputs; says so when something was left out."""
        if self.cut:
            text = f"[output beyond {self.limit:,} characters was left out]\n"
            self.outputs.append(new_output("stream", name="stdout", text=text))
            self.cut = False
        return self.outputs


def made_output(output: dict[str, Any]) -> NotebookNode | None:
    """A valid output with the parts of ``output`` that have the right form; None if there is nothing in it."""
    kind, data = output.get("output_type"), output.get("data")
    if kind == "stream" and output.get("name") in ("stdout", "stderr"):
        return new_output("stream", name=output["name"], text=text_of(output.get("text")))
    if kind in ("display_data", "execute_result") and isinstance(data, dict):
        kept = {k: text_of(v) for k, v in data.items() if k in KINDS and isinstance(v, str)}
        return new_output(kind, data=kept) if kept else None
    if kind == "error":
        lines = output.get("traceback")
        return new_output(
            "error",
            ename="Exception" if (name := text_of(output.get("ename"))) in OURS else name,
            evalue=text_of(output.get("evalue")),
            traceback=[text_of(line) for line in lines[:100]] if isinstance(lines, list) else [],
        )
    return None


def error_words(name: str) -> str:
    """How a test with private inputs ended: by an exception of Python's, or by one whose name somebody chose.

    >>> error_words("ValueError"), error_words("Seen7919")
    ('The test ended with ValueError.', 'The test ended with an error.')
    """
    found = getattr(builtins, name, None)
    known = isinstance(found, type) and issubclass(found, Exception)
    return f"The test ended with {name if known else 'an error'}."


def text_of(value: Any) -> str:
    """Text that can be written to a file."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def error_output(name: str, text: str) -> NotebookNode:
    """An error as a kernel would report it."""
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])
