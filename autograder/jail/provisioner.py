"""Jupyter kernels from the zygote: jailed, and ready in a fraction of the time that a new Python takes.

In a kernel's ``kernel.json``::

    "metadata": {"kernel_provisioner": {"provisioner_name": "seq2gpt-jail", "config": {"modules": ["seq2gpt"]}}}

or for all kernels of a program: ``JUPYTER_DEFAULT_PROVISIONER_NAME=seq2gpt-jail``.
"""

import asyncio
import atexit
import json
import os
import shutil
import signal
import socket
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Bool, Float, Integer, List, Unicode

from autograder.jail.child import Child
from autograder.jail.kernel import CHANNELS
from autograder.jail.policy import GIB, Policy
from autograder.jail.zygote import PRELOAD, Zygote

KERNEL_PRELOAD = (
    *PRELOAD,
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "IPython",
    "matplotlib_inline.backend_inline",
)
POLL_SECONDS = 0.02
MAX_COPIED_BYTES = 64 * 2**20


class JailProvisioner(LocalProvisioner):
    """Starts ``ipykernel`` in a jail instead of the command in ``kernel.json``.

    The files beside the notebook are copied into the jail; what the kernel writes is gone with it. What a kernel used
    too much of is told in the log.
    """

    modules = List(
        Unicode(), ["seq2gpt"], config=True, help="modules of the course that the kernel may import"
    )
    preload = List(Unicode(), list(KERNEL_PRELOAD), config=True, help="what the zygote imports in advance")
    copy_files = Bool(
        True, config=True, help="whether the files beside the notebook are copied into the jail"
    )
    wall_seconds = Float(3600.0, config=True, help="longest life of a kernel")
    cpu_seconds = Float(7200.0, config=True, help="processor time of a kernel and all that it starts")
    memory_bytes = Integer(4 * GIB, config=True, help="memory of a kernel and all that it starts")
    processes = Integer(64, config=True, help="processes and threads of a kernel; it needs some ten itself")

    child: Child | None = None
    folder: str = ""

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started and not yet waited for."""
        return self.child is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Decide on unix sockets in a private folder, which nobody else can reach."""
        if not self.folder:
            self.folder = tempfile.mkdtemp(prefix="seq2gpt-kernel-")
        manager: Any = self.parent
        manager.transport, manager.ip, manager.cache_ports = "ipc", str(Path(self.folder, "k")), False
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel, with sockets that listen already."""
        plain = {k: v.decode() if isinstance(v, bytes) else v for k, v in self.connection_info.items()}
        files = files_in(Path(kwargs.get("cwd") or ".")) if self.copy_files else {}
        sockets = [listen(f"{plain['ip']}-{plain[f'{channel}_port']}") for channel in CHANNELS]
        try:
            self.child = shared_zygote(tuple(self.preload), tuple(self.modules)).spawn(
                "autograder.jail.kernel:main",
                json.dumps(plain).encode(),
                [s.fileno() for s in sockets],
                self.policy(),
                files,
            )
        finally:
            for s in sockets:
                s.close()
        self.pid = self.child.pid
        return self.connection_info

    def policy(self) -> Policy:
        """What the kernel may use."""
        return Policy(
            wall_seconds=self.wall_seconds,
            cpu_seconds=self.cpu_seconds,
            memory_bytes=self.memory_bytes,
            processes=self.processes,
        )

    async def poll(self) -> int | None:
        """None while the kernel runs, then its exit code or the negative number of the signal."""
        outcome = self.child.poll() if self.child else None
        if outcome is None:
            return None if self.child else 0
        return outcome.code if outcome.ended == "exit" else -outcome.code

    async def wait(self) -> int | None:
        """Wait for the end of the kernel, and tell in the log if it was not its own doing."""
        while (code := await self.poll()) is None:
            await asyncio.sleep(POLL_SECONDS)
        if self.child:
            outcome = self.child.wait()
            if outcome.ended != "killed" and (outcome.ended, outcome.code) != ("exit", 0):
                words = outcome.output.decode(errors="replace").strip().splitlines()[-1:]
                self.log.warning(
                    f"the kernel ended after {outcome.seconds:.1f} s: {outcome.ended} {outcome.code} {''.join(words)}"
                )
            self.child = None
        return code

    async def send_signal(self, signum: int) -> None:
        """Interrupt the kernel, or end it: other signals do not cross the jail's wall."""
        if self.child is None:
            return
        if signum == signal.SIGINT:
            self.child.interrupt()
        elif signum in (signal.SIGKILL, signal.SIGTERM):
            self.child.kill()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and everything that it started."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """The same as :meth:`kill`: there is nothing in a jail to be tidied up."""
        await self.send_signal(signal.SIGKILL)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets."""
        if restart:
            for path in Path(self.folder).iterdir():
                path.unlink()
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = ""


@lru_cache(maxsize=4)
def shared_zygote(preload: tuple[str, ...], modules: tuple[str, ...]) -> Zygote:
    """One zygote for all kernels of this process that want the same; it ends with the process."""
    zygote = Zygote(preload, modules)
    atexit.register(zygote.close)
    return zygote


def listen(path: str) -> socket.socket:
    """A unix socket that listens at ``path``."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    listener.setblocking(False)
    return listener


def files_in(folder: Path) -> dict[str, bytes]:
    """The regular files below a folder by relative path, without notebooks, links and what is hidden."""
    files: dict[str, bytes] = {}
    room = MAX_COPIED_BYTES
    for where, folders, names in os.walk(folder):  # does not enter linked folders
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(where, name) for name in sorted(names)):
            if (
                path.is_symlink()
                or not path.is_file()
                or path.suffix == ".ipynb"
                or path.name.startswith(".")
            ):
                continue
            room -= path.stat().st_size
            if room < 0:
                raise OSError(
                    f"{folder} holds more than {MAX_COPIED_BYTES} bytes; start the notebook in a smaller folder"
                )
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files
