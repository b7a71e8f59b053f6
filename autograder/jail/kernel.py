"""An IPython kernel inside a jail: it is handed sockets that listen already, since it can make none of its own."""

import json
import sys
from pathlib import Path
from typing import Any, cast

import zmq
from ipykernel import kernelapp
from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import IOPubThread

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
CONNECTION_FILE = Path("/tmp/kernel.json")  # noqa: S108 (the jail's own)
OPTIONS = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=ERROR"]

listening: dict[int, int] = {}  # open file of the socket that listens, by the port's number


class GivenHeartbeat(Heartbeat):
    """Answers on a socket that was made outside."""

    def _try_bind_socket(self) -> None:
        self.socket.setsockopt(zmq.USE_FD, listening[self.port])
        super()._try_bind_socket()


class QuietIOPubThread(IOPubThread):
    """Publishes without the TCP port over which output of subprocesses would come: a jail has no network."""

    def __init__(self, socket: Any, pipe: bool = False, **options: Any) -> None:
        super().__init__(socket, pipe=False, **options)


class GivenKernelApp(kernelapp.IPKernelApp):
    """A kernel whose sockets were made outside."""

    def _try_bind_socket(self, s: Any, port: int) -> int:
        s.setsockopt(zmq.USE_FD, listening[port])
        return cast(int, super()._try_bind_socket(s, port))


def main(payload: bytes, fds: list[int]) -> None:
    """Serve as a kernel; ``payload`` is the connection as JSON, ``fds`` listen for the channels in their order."""
    connection = json.loads(payload)
    listening.update({connection[f"{channel}_port"]: fd for channel, fd in zip(CHANNELS, fds, strict=True)})
    CONNECTION_FILE.write_text(json.dumps(connection))
    parts: Any = kernelapp  # in which the app finds what it is made of
    parts.Heartbeat, parts.IOPubThread = GivenHeartbeat, QuietIOPubThread
    app = GivenKernelApp.instance()
    app.initialize(["-f", str(CONNECTION_FILE), *OPTIONS])
    if "" not in sys.path:
        sys.path.insert(
            0, ""
        )  # modules beside the notebook; the zygote's Python, which is isolated, has none
    app.start()
