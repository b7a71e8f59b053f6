"""The process in which tests run. It never executes a line that a student wrote.

Entry of a jailed process: ``main(payload, [controller's socket, student's socket])``. A test cell is ordinary Python: the names that it uses
and does not define are the student's, by value or as proxies.
"""

import ast
import builtins
import json
import os
import socket
import time
from collections.abc import Sequence
from typing import Any

from autograder.grading import randomness
from autograder.grading.link import Link
from autograder.grading.names import StudentNames
from autograder.grading.shell import Shell
from autograder.grading.wire import Channel, PeerGone

STUDENT = "__student__"  # where checks find the student's names


class Judge:
    """The instructor's cells at run time."""

    def __init__(self, controller: Channel, student: Channel) -> None:
        self.controller = controller
        self.shell = Shell(self.emit)
        self.link = Link(student, self.ask_interrupt)
        self.shell.names[STUDENT] = StudentNames(self.link)
        self.shell.names["student_eval"] = self.evaluate
        self.borrowed: set[str] = set()  # names whose values are the student's

    def emit(self, output: dict[str, Any]) -> None:
        """Pass on what a cell shows."""
        self.controller.send({"output": output})

    def serve(self) -> None:
        """Do what the controller asks, until it is gone."""
        while True:
            try:
                message, _ = self.controller.receive()
            except PeerGone:
                return
            self.run_cell(message["run"], message["seconds"], message["token"])

    def ask_interrupt(self) -> None:
        """Have the controller interrupt the student's code."""
        self.controller.send({"interrupt": True})

    def evaluate(self, code: str, **names: Any) -> Any:
        """``student_eval("model.head.weight is model.wte.weight", model=model)``: an expression, evaluated over there."""
        return self.link.request("eval", None, (code,), names)

    def run_cell(self, source: str, seconds: float, token: str) -> None:
        """Run one cell and say how it ended."""
        link = self.link
        link.late = False
        link.deadline = time.monotonic() + seconds
        finished = self.borrow(source) and self.shell.run_source(source)
        late, held = link.late, 0
        try:
            held = link.forget()
        except BaseException:
            link.gone = True
        done = {"ok": finished, "late": late, "gone": link.gone, "held": held, "token": token}
        self.controller.send({"done": done})

    def borrow(self, source: str) -> bool:
        """Give the cell those of the student's names that it uses."""
        names = self.shell.names
        for name in self.borrowed:
            names.pop(name, None)
        wanted = sorted(used_names(source) - set(names) - set(dir(builtins)))
        self.borrowed = set(wanted)
        if not wanted:
            return True
        try:
            found = self.link.request("names", None, tuple(wanted))
        except BaseException as error:
            self.emit(
                {"output_type": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": []}
            )
            return False
        names.update({name: value for name, value in found.items() if name in self.borrowed})
        return True


def used_names(source: str) -> set[str]:
    """The names that a cell reads and does not define."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    read: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return read - bound


def main(payload: bytes, fds: Sequence[int]) -> None:
    """Serve until the controller closes its end; ``payload`` are environment variables, the private seed among them."""
    os.environ.update(json.loads(payload))
    randomness.begin()
    controller, student = (Channel(socket.socket(fileno=fd)) for fd in fds)
    Judge(controller, student).serve()
