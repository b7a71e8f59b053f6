"""Process 1 of a jail: it locks the door from inside, starts the one process that matters, and buries the dead.

It shares the jail's user with code that nobody vouches for, but that code can neither signal it (the kernel protects
process 1) nor look into it (it is not dumpable).
"""

import json
import os
import select
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from autograder.jail import linux, root, seccomp, verify
from autograder.jail.errors import JailError
from autograder.jail.inmate import Inmate, run_inmate
from autograder.jail.limits import data_bytes, resource_limits, set_limits
from autograder.jail.namespaces import Identity, become
from autograder.jail.policy import Policy
from autograder.jail.steps import step


@dataclass(frozen=True)
class Request:
    """What one jail is made for; ``host`` are the namespaces of the machine, which must
    be left, and ``shown`` the paths that must be readable."""

    header: dict[str, Any]
    body: bytes
    fds: list[int]
    policy: Policy
    identity: Identity
    mode: str
    host: dict[str, str]
    shown: tuple[str, ...]


def run_init(request: Request, orders: int, status: int, stream: int) -> NoReturn:
    """Complete the jail, run the entry in it, and report its end to ``status``; ends when ``orders`` is closed."""
    try:
        linux.close_all_but([orders, status, stream, *request.fds])
        wakeup, pid = lock_in_and_fork(request, status, stream)
        linux.close_all_but([orders, status, *wakeup])
        code = bury_until_end(pid, orders, wakeup[0])
        report(status, {"status": code})
    except Exception as error:
        failed = error if isinstance(error, JailError) else JailError("start", repr(error))
        report(status, {"error": failed.parts})
    finally:
        os._exit(0)


def lock_in_and_fork(request: Request, status: int, stream: int) -> tuple[tuple[int, int], int]:
    """Give up everything that is not needed, then fork the process that the jail is for."""
    limits = resource_limits(request.policy, request.mode, data_bytes())
    root.enter()
    become(request.identity, request.mode)
    with step("die with the watcher"):
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    with step("hide process 1"):
        linux.prctl(linux.PR_SET_DUMPABLE, 0)
    set_limits(limits)
    with step("filter system calls"):
        seccomp.install()
    with step("fork the child"):
        wakeup = listen_for_deaths()
        pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        linux.close_all_but([status, stream, *request.fds])
        inmate = Inmate(request.header, request.body, request.fds, stream)
        run_inmate(inmate, status, lambda: verify_jail(request, status, limits))
    return wakeup, pid


def verify_jail(request: Request, status: int, limits: dict[str, int]) -> None:
    """Raise ``JailError`` unless the jail is as it should be; called by the child."""
    verify.jailed(request.mode, request.host, limits, {status, *request.fds})
    verify.readable(request.shown)


def listen_for_deaths() -> tuple[int, int]:
    """A pipe, both ends, that can be read when a child died."""
    pipe = os.pipe()
    for end in pipe:
        os.set_blocking(end, False)
    signal.set_wakeup_fd(pipe[1], warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return pipe


def bury_until_end(pid: int, orders: int, deaths: int) -> int:
    """Reap every process that dies, pass interrupts on; returns the wait status of ``pid``."""
    while True:
        ready, _, _ = select.select([deaths, orders], [], [])
        if orders in ready:
            if not os.read(orders, 1):
                os._exit(0)  # nobody watches any more
            os.kill(pid, signal.SIGINT)
        if deaths in ready:
            os.read(deaths, 4096)
            for dead, code in reaped():
                if dead == pid:
                    return code


def reaped() -> Iterable[tuple[int, int]]:
    """Process and wait status of each child that is dead by now."""
    while True:
        try:
            pid, code = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if os.WIFEXITED(code) or os.WIFSIGNALED(code):
            yield pid, code


def report(status: int, message: dict[str, Any]) -> None:
    """One line of JSON for the process that watches."""
    os.write(status, json.dumps(message).encode() + b"\n")
