"""One kernel process, seen from outside: start it, run a cell within a time, and leave nothing behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session
from nbformat.v4 import output_from_msg

from autograder.grading.limits import Limits

STARTUP_SECONDS = 60.0
FULL = 0.75  # of the memory allowed
GRACE_SECONDS = 3.0  # between an interrupt and the end of the process
TICK = 0.1
LARGEST_MESSAGE = 64 * 2**20  # a print of a gigabyte must not fill the memory of the grader
MARK = "SEQ2GPT_GRADING_PROCESS"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "VIRTUAL_ENV", "TMPDIR")


class KernelUnavailable(RuntimeError):
    """The kernel does not start: a fault of this installation, never of a submission."""


@dataclass
class CellRun:
    """What running one cell gave.

    ``ended`` is ``finished``, ``timeout`` (after ``allowed`` seconds) or ``died``; ``usable`` says whether the process can run the next
    cell: it lives, and it has memory left.
    """

    outputs: list[Any] = field(default_factory=list)
    ended: str = "finished"
    allowed: float = 0.0
    usable: bool = True


class Kernel:
    """A Python kernel with limits, in ``folder``, with a clean environment."""

    def __init__(self, folder: Path, limits: Limits, variables: dict[str, str]) -> None:
        self.limits = limits
        self.mark = uuid.uuid4().hex
        self.private = tempfile.TemporaryDirectory(prefix="seq2gpt-kernel-")
        self.log = Path(self.private.name, "log")
        # Sockets in a private folder: no port to collide on, and no other user can reach them.
        connection, sockets = Path(self.private.name, "connection.json"), Path(self.private.name, "s")
        key = uuid.uuid4().hex.encode()
        _, ports = write_connection_file(str(connection), transport="ipc", ip=str(sockets), key=key)
        self.process = self._launch(folder, connection, variables)
        self.session = Session(key=key)
        self.context: zmq.Context[Any] = zmq.Context()
        self.shell = self._connect(zmq.DEALER, sockets, ports["shell_port"])
        self.iopub = self._connect(zmq.SUB, sockets, ports["iopub_port"])
        self.iopub.setsockopt(zmq.SUBSCRIBE, b"")
        self._await_start()

    def _launch(self, folder: Path, connection: Path, variables: dict[str, str]) -> "subprocess.Popen[bytes]":
        """Start the process; of this one's environment it sees what Python needs and no more."""
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
            "OMP_NUM_THREADS": "1",
            "IPYTHONDIR": self.private.name,
            "NBGRADER_EXECUTION": "autograde",
            "JPY_PARENT_PID": str(os.getpid()),  # the kernel ends when this process does
            MARK: self.mark,
        }
        script = Path(__file__).with_name("kernel.py")
        command = [sys.executable, "-P", str(script), json.dumps(self.limits.for_process())]
        options = ["-f", str(connection), "--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=40"]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                command + options,
                cwd=folder,
                env=environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _connect(self, kind: int, sockets: Path, port: int) -> Any:
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.maxmsgsize = LARGEST_MESSAGE
        socket.connect(f"ipc://{sockets}-{port}")
        return socket

    def _await_start(self) -> None:
        """Wait until both sockets work; output published before that would be lost."""
        deadline = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < deadline and self.alive:
            request = self.session.send(self.shell, "kernel_info_request", {})
            assert request is not None
            if any(self._is_idle(m, request) for m in self._messages(self.iopub, 1.0)):
                return
        words = self.log.read_text(errors="replace").strip().splitlines() or ["no message"]
        self.close()
        raise KernelUnavailable(f"the Python kernel did not start: {words[-1]}; is ipykernel installed here?")

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def run(self, code: str, seconds: float) -> CellRun:
        """Run a cell; after ``seconds`` interrupt it, and if that does not help end the process."""
        run = CellRun(allowed=seconds)
        started = time.monotonic()
        request = self.session.send(
            self.shell,
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "allow_stdin": False,
                "stop_on_error": False,
            },
        )
        assert request is not None
        collector = Collector(run.outputs, self.limits.output_characters)
        if not self._collect(request, collector, started + seconds):
            if self.alive:
                run.ended = "timeout"
                self.process.send_signal(signal.SIGINT)
                if not self._collect(request, collector, time.monotonic() + GRACE_SECONDS):
                    self._kill()
            else:
                run.ended = "died"
        collector.finish()
        if run.ended == "finished" and (not self.alive or self._leaving(request)):
            run.ended = "died"
        run.usable = run.ended != "died" and self.alive and not self._full()
        return run

    def _full(self) -> bool:
        """Whether what the cells hold on to leaves too little memory for those that follow."""
        with contextlib.suppress(psutil.Error):
            held = psutil.Process(self.process.pid).memory_info().data
            return bool(held > FULL * self.limits.memory_bytes)
        return False

    def _collect(self, request: dict[str, Any], collector: "Collector", deadline: float) -> bool:
        """Take the output until the kernel is idle again; False at the deadline or when it has died."""
        while time.monotonic() < deadline:
            alive = self.alive  # asked first: what it sent before it died is still to be read
            for message in self._messages(self.iopub, TICK):
                if self._is_idle(message, request):
                    return True
                if message["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                    collector.take(message)
                if time.monotonic() > deadline:
                    return False
            if not alive:
                return False
        return False

    def _messages(self, socket: Any, seconds: float) -> Any:
        """Messages as they come; ends when none has come for ``seconds``."""
        while socket.poll(seconds * 1000):
            # A message that is not signed by this kernel is nobody's: skip it.
            with contextlib.suppress(ValueError):
                _, message = self.session.recv(socket)
                if message is not None:
                    yield message

    def _is_idle(self, message: dict[str, Any], request: dict[str, Any]) -> bool:
        idle = message["msg_type"] == "status" and message["content"].get("execution_state") == "idle"
        return idle and bool(message["parent_header"].get("msg_id") == request["header"]["msg_id"])

    def _leaving(self, request: dict[str, Any]) -> bool:
        """Whether the cell told the kernel to end, as ``get_ipython().ask_exit()`` does."""
        for message in self._messages(self.shell, TICK):
            if message["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                payload = message["content"].get("payload", [])
                return any(p.get("source") == "ask_exit" for p in payload)
        return False

    def _kill(self) -> None:
        """End the process, its group, and whatever left the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark:
                    process.kill()

    def close(self) -> None:
        """End the process with all that it started and remove its files."""
        self._kill()
        for socket in (self.shell, self.iopub):
            socket.close()
        self.context.term()
        self.private.cleanup()


class Collector:
    """Turns a kernel's messages into a cell's outputs, up to a size."""

    def __init__(self, outputs: list[Any], room: int) -> None:
        self.outputs = outputs
        self.room = self.limit = room
        self.cut = False
        self.clear_next = False

    def take(self, message: dict[str, Any]) -> None:
        """Add one message's output."""
        kind = message["msg_type"]
        if kind == "clear_output":
            self.clear_next = bool(message["content"].get("wait"))
            if not self.clear_next:
                self.outputs.clear()
            return
        if kind not in ("stream", "display_data", "execute_result", "error"):
            return
        if self.clear_next:
            self.outputs.clear()
            self.clear_next = False
        self._add(output_from_msg(message))

    def _add(self, output: Any) -> None:
        size = len(output.text) if output.output_type == "stream" else len(json.dumps(output))
        # The value and the error decide the score, so they are kept even after the cut.
        decides = output.output_type in ("execute_result", "error") and size <= self.limit
        if size > self.room and not decides:
            self.cut = True
            return
        self.room -= size
        last = self.outputs[-1] if self.outputs else None
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            last.text += output.text
        else:
            self.outputs.append(output)

    def finish(self) -> None:
        """Say so when something was left out."""
        if self.cut:
            text = f"[output beyond {self.limit:,} characters was left out]\n"
            self.outputs.append(output_from_msg(stream_message(text)))


def stream_message(text: str) -> dict[str, Any]:
    """A message as the kernel sends it when a cell prints ``text``."""
    return {"header": {"msg_type": "stream"}, "content": {"name": "stdout", "text": text}}
