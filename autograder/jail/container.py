"""A jail where this kernel has none, on macOS and Windows for example: a container per child, by docker or podman.

The command line below is what both programs document; the tests run it against a stand-in that plays their role, not
against the programs themselves. Starting a container takes about a second, since there is no zygote in it.
"""

import secrets
import shutil
import subprocess
from dataclasses import dataclass

from autograder.jail.available import JailUnavailable
from autograder.jail.policy import Policy
from autograder.jail.stream import Started, StreamJail, start_piped

ENGINES = ("docker", "podman")
IMAGE = "seq2gpt-jail"
RECIPE = "FROM python:3.12-slim\nRUN pip install seq2gpt[course]"
THROW_AWAY = "64000:64000"
OWN_PROCESSES = 2  # the container's init, and the process that carries the sockets


def find_engine() -> str:
    """The program that runs containers here; empty if there is none."""
    return next((path for path in map(shutil.which, ENGINES) if path), "")


def command_line(engine: str, image: str, name: str, policy: Policy) -> list[str]:
    """What starts a container with this policy; ``name`` is how to find it again."""
    own = f"rw,noexec,nosuid,nodev,mode=1777,size={policy.tmpfs_bytes},nr_inodes={policy.files}"
    cpu = int(policy.cpu_seconds) + 1
    return [
        *(
            engine,
            "run",
            "--interactive",
            "--name",
            name,
            "--init",
            "--pull",
            "never",
            "--log-driver",
            "none",
        ),
        *("--network", "none", "--ipc", "private", "--hostname", "jail"),
        *("--read-only", "--tmpfs", f"/box:{own}", "--tmpfs", f"/tmp:{own}", "--workdir", "/box"),  # noqa: S108
        *("--user", THROW_AWAY, "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--memory", str(policy.memory_bytes), "--memory-swap", str(policy.memory_bytes)),
        *("--shm-size", str(policy.tmpfs_bytes), "--pids-limit", str(policy.processes + OWN_PROCESSES)),
        *("--ulimit", f"nofile={policy.open_files}:{policy.open_files}", "--ulimit", "core=0:0"),
        *("--ulimit", f"fsize={policy.file_bytes}:{policy.file_bytes}", "--ulimit", f"cpu={cpu}:{cpu}"),
        *("--env", "HOME=/box", "--env", "TMPDIR=/tmp", "--env", "TZ=UTC", "--env", "OMP_NUM_THREADS=1"),
        *("--entrypoint", "python", image, "-I", "-B", "-m", "autograder.jail.inside"),
    ]


@dataclass(frozen=True)
class Container:
    """A container by its name, and what can be asked of its engine."""

    engine: str
    name: str

    def end(self) -> None:
        """Kill it if it runs, and remove it."""
        self._ask("rm", "--force", self.name)

    def out_of_memory(self) -> bool:
        """Whether it ended because its memory was used up."""
        return self._ask("inspect", "--format", "{{.State.OOMKilled}}", self.name).strip() == "true"

    def _ask(self, *arguments: str) -> str:
        command = [self.engine, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout


class ContainerJail(StreamJail):
    """Runs each entry in a container of ``image``.

    The image needs Python, torch and this package; the message of ``JailUnavailable`` says how to make one.

    ``JailUnavailable`` if there is neither docker nor podman, or none that runs and has the image.
    """

    mode = kind = "container"

    def __init__(self, image: str = IMAGE) -> None:
        self.engine = find_engine()
        self.image = image
        if not self.engine:
            raise JailUnavailable(
                f"there is no {' or '.join(ENGINES)} on PATH; install one of them to jail student code"
            )

        found = subprocess.run(
            [self.engine, "image", "inspect", image], capture_output=True, text=True, timeout=60, check=False
        )
        if found.returncode:
            words = "".join(found.stderr.strip().splitlines()[-1:]) or f"exit code {found.returncode}"
            raise JailUnavailable(
                f"{self.engine} has no image {image!r} to jail student code in ({words}); start the engine, then write "
                f"{RECIPE!r} into a Dockerfile and run `{self.engine} build -t {image} .`"
            )

    def start(self, policy: Policy) -> Started:
        """Start a container."""
        name = f"seq2gpt-{secrets.token_hex(8)}"
        container = Container(self.engine, name)
        process = start_piped(command_line(self.engine, self.image, name, policy))
        return Started(process, container.end, container.out_of_memory)
