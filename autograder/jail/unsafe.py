"""No jail at all, for code that one trusts: asked for by name, announced on stderr, recorded in every outcome."""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from autograder.jail.policy import Policy
from autograder.jail.stream import StreamChild, own_sockets, request_for, start_piped
from autograder.jail.zygote import environment

ANNOUNCEMENT = (
    "UNSAFE: student code runs without a jail. It can do all that you can: read your files and the solutions, change "
    "grades, use the network, and leave processes behind."
)
BOOT = "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); from autograder.jail.inside import main; main()"


class UnsafeJail:
    """Runs entries as :class:`autograder.jail.Zygote` does, each in a new Python with your rights; only time and output are bounded."""

    mode = kind = "unsafe"

    def __init__(self) -> None:
        print(ANNOUNCEMENT, file=sys.stderr, flush=True)

    def spawn(
        self,
        entry: str,
        payload: bytes = b"",
        fds: Sequence[int] = (),
        policy: Policy = Policy(),  # noqa: B008 (frozen)
        files: Mapping[str, bytes] = {},
    ) -> StreamChild:
        """As :meth:`autograder.jail.Zygote.spawn`; ``fds`` must be stream sockets, whose bytes are carried over."""
        request = request_for(entry, payload, fds, policy, files)
        folder = tempfile.mkdtemp(prefix="seq2gpt-unsafe-")
        process = start_piped(
            [sys.executable, "-I", "-B", "-c", BOOT, json.dumps([path for path in sys.path if path])],
            cwd=folder,
            env=environment() | {"HOME": folder, "TMPDIR": folder},
            start_new_session=True,
        )

        def end() -> None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)

        child = StreamChild(process, own_sockets(fds), policy, self.mode, end, lambda: False)
        child.start(request)
        return child

    def close(self) -> None:
        """Nothing is kept between children."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
