"""The process that a jail is for: check that the jail holds, then call the entry."""

import contextlib
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from autograder.jail import linux, root
from autograder.jail.errors import JailError
from autograder.jail.steps import step


@dataclass(frozen=True)
class Inmate:
    """What the process is given; ``stream`` takes the place of stdout and stderr."""

    header: dict[str, Any]
    body: bytes
    fds: list[int]
    stream: int


def run_inmate(inmate: Inmate, status: int, check: Callable[[], None]) -> NoReturn:
    """Set the scene, ``check`` it, and run the entry; the process ends with the entry's exit code."""
    code = 1
    try:
        try:
            settle_in(inmate)
            check()
        except Exception as error:
            failed = error if isinstance(error, JailError) else JailError("start", repr(error))
            os.write(status, json.dumps({"error": failed.parts}).encode() + b"\n")
            os._exit(1)
        os.write(status, b'{"sealed": true}\n')
        os.close(status)
        code = call_entry(inmate)
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def settle_in(inmate: Inmate) -> None:
    """Standard streams, signals, the current folder and the files in it."""
    with step("replace the standard streams"):
        nothing = os.open("/dev/null", os.O_RDONLY)
        for source, target in ((nothing, 0), (inmate.stream, 1), (inmate.stream, 2)):
            os.dup2(source, target)
        os.close(nothing)
        os.close(inmate.stream)
        sys.stdout = text_stream(1)
        sys.stderr = text_stream(2)
    with step("reset signals and session"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        linux.prctl(linux.PR_SET_DUMPABLE, 1)  # so that its memory can be measured exactly
        os.setsid()  # a signal to the process group must not reach the watcher, who may be the same user
    with step("enter the folder"):
        os.umask(0o022)
        os.chdir(f"/{root.HOME}")
    with step("write the files"):
        start = inmate.header["payload"]
        for name, size in inmate.header["files"].items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(inmate.body[start : start + size])
            start += size
    importlib.invalidate_caches()  # what the zygote saw of folders is not what is here


def text_stream(fd: int) -> Any:
    """A stream that shows each line at once, whatever is written."""
    return os.fdopen(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def call_entry(inmate: Inmate) -> int:
    """Import and call the entry. Returns the exit code: 0, that of ``sys.exit``, or 1 after an exception."""
    module, _, function = inmate.header["entry"].partition(":")
    payload = inmate.body[: inmate.header["payload"]]
    try:
        getattr(importlib.import_module(module), function)(payload, inmate.fds)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
