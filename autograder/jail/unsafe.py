"""No jail at all, for code that one trusts: asked for by name, announced on stderr, recorded in every outcome."""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile

from autograder.jail.policy import Policy
from autograder.jail.stream import Started, StreamJail, start_piped
from autograder.jail.zygote import environment

ANNOUNCEMENT = (
    "UNSAFE: student code runs without a jail. It can do all that you can: read your files and the solutions, change "
    "grades, use the network, and leave processes behind."
)
BOOT = "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); from autograder.jail.inside import main; main()"


class UnsafeJail(StreamJail):
    """Runs each entry in a new Python with your rights; only time and output are bounded."""

    mode = kind = "unsafe"

    def __init__(self) -> None:
        print(ANNOUNCEMENT, file=sys.stderr, flush=True)

    def start(self, policy: Policy) -> Started:
        """Start a Python in a folder of its own."""
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

        return Started(process, end)
