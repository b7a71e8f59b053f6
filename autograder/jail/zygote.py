"""The parent's handle on the zygote: a process that has imported everything once and is copied for each child."""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from autograder.jail.available import require_namespaces
from autograder.jail.child import Child
from autograder.jail.closing import Closing
from autograder.jail.errors import JailError
from autograder.jail.messages import MAX_FDS, Closed, receive, send
from autograder.jail.policy import Policy
from autograder.jail.view import View

PRELOAD = ("numpy", "torch", "torch.nn.functional")
START_SECONDS = 120.0
ENTRY_RULE = 'an entry is "module:function"'
BOOT = "import json, sys; sys.path[:0] = json.loads(sys.argv[1])['path']; from autograder.jail.server import main; main()"


class Zygote(Closing):
    """A single-threaded process that has imported ``preload`` and forks a jailed child for each :meth:`spawn`.

    A child can import what is installed beside Python, and of the course's own code only ``modules``, given by their
    full names; they are not imported in advance unless ``preload`` names them too. Nothing secret may be preloaded:
    every child can read the memory that it was copied from. Payloads never pass through the zygote.

    :class:`JailUnavailable` if this machine cannot isolate a process, :class:`JailError` if the zygote does not start.
    Several threads may spawn at the same time. :meth:`close` ends the zygote and all its children.
    """

    kind = "namespaces"

    def __init__(self, preload: Sequence[str] = PRELOAD, modules: Sequence[str] = ()) -> None:
        self.mode = require_namespaces()
        self.lock = threading.Lock()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        view = View.of(modules)
        setup = {
            "preload": list(preload),
            "view": view.to_json(),
            "path": view.path,
            "mode": self.mode,
            "parent": os.getpid(),
        }
        with theirs, tempfile.TemporaryFile() as words:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-c", BOOT, json.dumps(setup), str(theirs.fileno())],
                env=environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            theirs.close()
            self._await_start(words)

    def _await_start(self, words: Any) -> None:
        self.control.settimeout(START_SECONDS)
        try:
            answer = json.loads(self.control.recv(2**16) or b'{"error": ["start", ""]}')
        except TimeoutError:
            answer = {"error": ["start", f"not ready after {START_SECONDS:g} seconds"]}
        self.control.settimeout(None)
        if "error" in answer:
            self.close()
            words.seek(0)
            last = words.read().decode(errors="replace").strip().splitlines()[-1:]
            step, reason = answer["error"]
            raise JailError(
                step, reason or "".join(last) or f"Python ended with code {self.process.returncode}"
            )

    @property
    def pid(self) -> int:
        """The process that children are copied from."""
        return self.process.pid

    def spawn(
        self,
        entry: str,
        payload: bytes = b"",
        fds: Sequence[int] = (),
        policy: Policy = Policy(),  # noqa: B008 (frozen)
        files: Mapping[str, bytes] = {},
    ) -> Child:
        """Run ``entry``, written ``"module:function"``, as ``function(payload, fds)`` in a jail of its own.

        ``fds`` stay open in the child, under new numbers that the function is given; every other open file is
        closed. ``files`` are put into the child's folder, the current one, by relative path. Returns when the jail is
        complete and the entry is about to be imported.

        :class:`JailError` if a step of the isolation fails; the entry has not run then. ``ValueError`` for an entry or a
        file name that cannot be used.
        """
        check_request(entry, fds, files)
        connection, theirs = socket.socketpair()
        header = {
            "entry": entry,
            "policy": dataclasses.asdict(policy),
            "payload": len(payload),
            "files": {name: len(data) for name, data in files.items()},
        }
        try:
            with theirs, self.lock:
                socket.send_fds(self.control, [b"fork"], [theirs.fileno()])
            send(connection, header, b"".join([payload, *files.values()]), fds)
            answer, _ = receive(connection)
        except (Closed, OSError) as error:
            connection.close()
            raise JailError("fork", f"the zygote has ended ({error}); make a new one") from error
        if "error" in answer:
            connection.close()
            raise JailError(*answer["error"])
        return Child(connection, answer["pid"], policy.wall_seconds)

    def close(self) -> None:
        """End the zygote and every child that still runs."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def environment() -> dict[str, str]:
    """What the zygote, and with it each child, has for environment variables: nothing of this process's own."""
    programs = os.pathsep.join([f"{sys.prefix}/bin", "/usr/bin", "/bin"])
    return {
        "PATH": programs,
        "HOME": "/box",
        "TMPDIR": "/tmp",  # noqa: S108 (the jail's own)
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108
        "IPYTHONDIR": "/tmp/ipython",  # noqa: S108
    }


def check_request(entry: str, fds: Sequence[int], files: Mapping[str, bytes]) -> None:
    """Raise ``ValueError`` for what a child cannot be given."""
    module, _, function = entry.partition(":")
    if not function.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(f"entry={entry!r} names no function; {ENTRY_RULE}, such as 'json:loads'")
    if len(fds) > MAX_FDS:
        raise ValueError(f"{len(fds)} open files cannot be passed on; give {MAX_FDS} at most")
    for name in files:
        path = PurePosixPath(name)
        if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name:
            raise ValueError(f"files has {name!r}; use a relative path inside the child's folder")
