"""The zygote's own process: import once, stay single-threaded, fork for each request."""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from typing import Any, NoReturn

from autograder.jail.errors import JailError
from autograder.jail.monitor import supervise
from autograder.jail.namespaces import current
from autograder.jail.view import View

LOOK_SECONDS = 1.0  # between two looks whether the parent lives


def main() -> None:
    """Serve until the parent is gone."""
    setup = json.loads(sys.argv[1])
    control = socket.socket(fileno=int(sys.argv[2]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are watched by others, and reaped by the kernel
    try:
        prepare(setup["preload"])
    except JailError as error:
        control.send(json.dumps({"error": error.parts}).encode())
        return
    control.send(json.dumps({"ready": True}).encode())
    serve(control, setup)


def prepare(preload: list[str]) -> None:
    """Import everything, and make sure that it can be copied by fork."""
    for name in preload:
        try:
            importlib.import_module(name)
        except Exception as error:
            raise JailError(f"preload {name}", f"{type(error).__name__}: {error}") from error
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        torch.set_num_threads(1)
        torch.ones(2, 2) @ torch.ones(2, 2)  # looks at the processor, which a jail does not show
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        names = ", ".join(preload)
        raise JailError(
            "stay single-threaded", f"importing {names} started {threads - 1} threads; preload less"
        )
    gc.collect()
    gc.freeze()


def serve(control: socket.socket, setup: dict[str, Any]) -> None:
    """Fork once for each connection that comes in; what is asked for is read by the copy."""
    view, host, zygote = View.from_json(setup["view"]), current(), os.getpid()
    while True:
        while not select.select([control], [], [], LOOK_SECONDS)[0]:
            if os.getppid() != setup["parent"]:
                return  # it was killed, and a copy of it still holds its end of the connection
        message, fds, _, _ = socket.recv_fds(control, 16, 1)
        if not message:
            return
        connection = socket.socket(fileno=fds[0])
        if os.fork() == 0:
            control.close()
            run_monitor(connection, view, setup["mode"], host, zygote)
        connection.close()


def run_monitor(
    connection: socket.socket, view: View, mode: str, host: dict[str, str], zygote: int
) -> NoReturn:
    """Watch one child to its end; never return into the zygote's loop."""
    try:
        supervise(connection, view, mode, host, zygote)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
        os._exit(1)
