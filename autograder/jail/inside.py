"""The first process of a container: it runs one entry and carries its sockets; started as ``python -m``."""

import base64
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from autograder.jail.inmate import Inmate, call_entry
from autograder.jail.limits import data_bytes, resource_limits, set_limits
from autograder.jail.linux import close_all_but, die_with
from autograder.jail.mux import Relay
from autograder.jail.policy import Policy

TICK = 0.05
OWN = ("CORE", "CPU", "DATA", "FSIZE", "NOFILE", "STACK")  # the others are the container's


def main() -> None:
    """Read what to run from stdin, run it, and report its end on stdout; its own output goes to stderr."""
    parent, own = os.getppid(), os.getpid()
    if os.getpgrp() != own:
        os.setpgid(0, 0)  # what the entry starts shares this group, and ends with it
    relay = Relay(0, 1, ())
    request = first_message(relay)
    pairs = [socket.socketpair() for _ in range(request["fds"])]
    pid = os.fork()
    if pid == 0:
        run(request, [theirs for _, theirs in pairs], own)
    for _, theirs in pairs:
        theirs.close()
    relay = Relay(0, 1, [ours for ours, _ in pairs])
    relay.tell({"sealed": True})
    code = carry(relay, pid, parent)
    relay.drain_sockets()
    relay.tell({"code": code})
    relay.flush()


def first_message(relay: Relay) -> dict[str, Any]:
    """What to run; the stream has nothing behind it yet, since the other side waits for an answer."""
    while True:
        messages, _ = relay.step(TICK)
        if messages:
            return messages[0]
        if not relay.open:
            sys.exit(
                "nothing to run was given on stdin; this program is started by autograder.jail.container"
            )


def carry(relay: Relay, pid: int, parent: int) -> int:
    """Carry bytes until the entry's process has ended. Returns its exit code, negative for a signal.

    When the other side hangs up or ``parent`` is gone, nobody waits any more: the whole group ends.
    """
    while True:
        messages, _ = relay.step(TICK)
        if any(message.get("interrupt") for message in messages):
            os.kill(pid, signal.SIGINT)
        if not relay.open or os.getppid() != parent:
            os.killpg(0, signal.SIGKILL)
        dead, status = os.waitpid(pid, os.WNOHANG)
        if dead:
            return os.waitstatus_to_exitcode(status)


def run(request: dict[str, Any], sockets: list[socket.socket], relay: int) -> NoReturn:
    """Become the process that the container is for; it ends with the process ``relay``, whoever kills that."""
    code = 1
    try:
        if sys.platform == "linux":
            die_with(relay)
        # A shell has those that it starts in the background, and all that they start, ignore interrupts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        fds = [s.detach() for s in sockets]
        close_all_but(fds)
        files = {name: base64.b64decode(data) for name, data in request["files"].items()}
        for name, data in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(data)
        payload = base64.b64decode(request["payload"])
        policy = Policy(**request["policy"])
        limits = {
            name: value
            for name, value in resource_limits(policy, "user", data_bytes()).items()
            if name in OWN
        }
        set_limits(limits)
        header = {"entry": request["entry"], "payload": len(payload)}
        code = call_entry(Inmate(header, payload, fds, 1))
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
