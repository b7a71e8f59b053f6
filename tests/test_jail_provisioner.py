"""Kernels from the zygote: nbclient runs notebooks in the jail as with any other kernel."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from autograder.jail.available import no_namespaces_because
from autograder.jail.provisioner import JailProvisioner, files_in, shared_zygote

pytestmark = [
    pytest.mark.skipif(bool(no_namespaces_because()), reason=f"no jail here: {no_namespaces_because()}"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Proactor"),
]
NAME = "seq2gpt-jail"
REGISTER = (
    "from jupyter_client.provisioning import KernelProvisionerFactory as F\n"
    f"F.instance().provisioners['{NAME}'] = EntryPoint('{NAME}', 'autograder.jail.provisioner:JailProvisioner', '')"
)
FAST = ["ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell"]


@pytest.fixture(scope="module", autouse=True)
def _registered() -> Iterator[None]:
    """As the package's entry point does, when it is installed."""
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(NAME, "autograder.jail.provisioner:JailProvisioner", "")
    yield
    shared_zygote(tuple(FAST), ("seq2gpt",)).close()
    shared_zygote.cache_clear()


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., NotebookClient]:
    """Makes clients of a kernel that is described as a user would, in a file."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))

    def make(*cells: str, timeout: int = 60, **config: Any) -> NotebookClient:
        provisioner = {"provisioner_name": NAME, "config": {"preload": FAST, **config}}
        description = {
            "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "jailed",
            "language": "python",
            "metadata": {"kernel_provisioner": provisioner},
        }
        folder = tmp_path / "jupyter" / "kernels" / "jailed"
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(description))
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        beside = tmp_path / "beside"
        beside.mkdir()
        (beside / "data.txt").write_text("beside")
        (beside / "figures.py").write_text("here = 'figures beside'")
        resources = {"metadata": {"path": str(beside)}}
        return NotebookClient(notebook, kernel_name="jailed", timeout=timeout, resources=resources)

    return make


def texts(done: NotebookClient) -> list[str]:
    return [o.get("text") or o["data"]["text/plain"] for cell in done.nb.cells for o in cell.outputs]


def test_a_notebook_runs_in_the_jail(client: Callable[..., NotebookClient]) -> None:
    done = client(
        "import os\nos.getpid(), os.getcwd()",
        "print(open('data.txt').read())",
        "from figures import here\nhere",
        "os.path.exists('/home'), os.listdir('/proc/1/fd') if os.access('/proc/1/fd', os.R_OK) else None",
        "from seq2gpt.errors import UserError; UserError.__name__",
        "import socket\ntry: socket.socket()\nexcept OSError as e: print(e.strerror)",
    )
    done.execute()
    assert texts(done) == [
        "(2, '/box')",
        "beside\n",
        "'figures beside'",
        "(False, None)",
        "'UserError'",
        "Address family not supported by protocol\n",
    ]


def test_one_setting_puts_all_kernels_of_a_program_into_the_jail(tmp_path: Path) -> None:
    code = (
        "import nbformat, nbclient\n"
        "nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('import os; os.getpid(), os.getcwd()')])\n"
        "nbclient.NotebookClient(nb, kernel_name='python3').execute()\n"
        "print(nb.cells[0].outputs[0].data['text/plain'])"
    )
    program = f"from importlib.metadata import EntryPoint\n{REGISTER}\n{code}"
    variables = {
        "JUPYTER_DEFAULT_PROVISIONER_NAME": NAME,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=os.environ | variables, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "(2, '/box')\n"


def test_errors_are_those_of_any_kernel(client: Callable[..., NotebookClient]) -> None:
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        client("1 / 0").execute()


def test_a_cell_that_takes_too_long_is_interrupted(client: Callable[..., NotebookClient]) -> None:
    with pytest.raises(CellTimeoutError):
        client("import time\ntime.sleep(50)", timeout=1).execute()


def test_a_kernel_that_takes_too_much_dies(client: Callable[..., NotebookClient]) -> None:
    # Slowly, or the kernel's own bound, half as much again, can be reached between two looks of the watcher.
    greedy = "import time\nx = []\nwhile True:\n    x.append(bytes(2**22) + b'1')\n    time.sleep(0.05)"
    start = time.monotonic()
    with pytest.raises(DeadKernelError):
        client(greedy, memory_bytes=200 * 2**20).execute()
    assert time.monotonic() - start < 60


def test_settings_reach_the_policy() -> None:
    provisioner = JailProvisioner(wall_seconds=3.5, cpu_seconds=2.5, memory_bytes=2**27, processes=23)
    policy = provisioner.policy()
    assert (policy.wall_seconds, policy.cpu_seconds, policy.memory_bytes, policy.processes) == (
        3.5,
        2.5,
        2**27,
        23,
    )


def test_files_beside_the_notebook(tmp_path: Path) -> None:
    for name in ("a.txt", "deep/b.csv", "nb.ipynb", ".hidden", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert files_in(tmp_path) == {"a.txt": b"x", "deep/b.csv": b"x"}


def test_large_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(bytes(101))
    monkeypatch.setattr("autograder.jail.provisioner.MAX_COPIED_BYTES", 100)
    with pytest.raises(OSError, match="holds more than 100 bytes; start the notebook in a smaller folder"):
        files_in(tmp_path)
