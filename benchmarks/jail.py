"""How fast a jailed process is ready, next to a stock kernel, in one run.

    python benchmarks/jail.py [--repeat 5]

Prints the median time until torch is ready in a new jail and in a stock kernel, and the time to execute a small
notebook through the provisioner and through the stock one.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from importlib.metadata import EntryPoint

from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from autograder.jail import Zygote
from autograder.jail.provisioner import JailProvisioner

NAME = "seq2gpt-jail"
CODE = "import torch\nfloat(torch.ones(3) @ torch.ones(3))"


def seconds(action: Callable[[], None]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def spawn(zygote: Zygote) -> float:
    """Time until a jailed process runs, with torch imported."""
    start = time.perf_counter()
    with zygote.spawn("os:cpu_count"):
        return time.perf_counter() - start


def stock() -> None:
    """Start a stock kernel and import torch in it."""
    execute("local-provisioner")


def jailed() -> None:
    """The same through the provisioner."""
    execute(NAME)


def execute(provisioner: str) -> None:
    """Execute a notebook of two cells with a kernel from this provisioner."""
    KernelProvisionerFactory.instance().default_provisioner_name = provisioner
    notebook = new_notebook(cells=[new_code_cell(CODE), new_code_cell("1 + 1")])
    NotebookClient(notebook, kernel_name="python3").execute()
    value = notebook.cells[0].outputs[-1]["data"]["text/plain"]
    assert value == "3.0", value


def main() -> None:
    """Measure in turn, so that both meet the same machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(
        NAME, f"{JailProvisioner.__module__}:{JailProvisioner.__name__}", ""
    )
    with Zygote() as zygote:
        jailed(), stock(), spawn(zygote)  # warm: the zygote of the provisioner is made, files are in memory
        spawns, kernels, stocks = [], [], []
        for _ in range(repeat):
            spawns.append(spawn(zygote))
            kernels.append(seconds(jailed))
            stocks.append(seconds(stock))
    ready, ours, theirs = map(statistics.median, (spawns, kernels, stocks))
    print(
        f"a jailed process with torch is ready after {1000 * ready:.0f} ms (best {1000 * min(spawns):.0f} ms)"
    )
    print(
        f"notebook through the jail {ours:.2f} s, stock kernel {theirs:.2f} s: {theirs / ours:.1f} times as fast"
    )


if __name__ == "__main__":
    main()
