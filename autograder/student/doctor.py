"""What of this machine will be slow or broken, and what to do about it."""

import importlib
import importlib.metadata
import importlib.util
import locale
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SIGNS = {"fine": "✓", "slow": "!", "broken": "✗"}
PYTHONS = ((3, 11), (3, 13))
GIB = 2**30
LITTLE_MEMORY, ENOUGH_MEMORY = 2 * GIB, 6 * GIB
LITTLE_DISK, ENOUGH_DISK = GIB // 5, 2 * GIB
INSTALL = "pip install 'seq2gpt[course]'"
# As Jupyter reads them: the Python that Jupyter itself runs in.
OWN_PYTHON = ("python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}")
# What a lab imports, and what for.
NEEDED = {
    "jupyterlab": "to open the notebooks", "ipykernel": "to run them", "ipywidgets": "for what can be moved in them",
    "anywidget": "for the widgets of the lessons", "matplotlib": "for figures", "jaxtyping": "for shapes in signatures",
    "num2words": "for number words to translate", "sacrebleu": "for the quality of translations",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``state`` is fine, slow or broken; ``advice`` says what helps where it is not fine."""

    name: str
    value: str
    state: str = "fine"
    advice: str = ""

    @property
    def text(self) -> str:
        """One line, and one of advice."""
        line = f"{SIGNS[self.state]} {self.name:<14} {self.value}"
        return f"{line}\n    {self.advice}" if self.advice else line


def examine(folder: Path) -> Iterator[Finding]:
    """Look at everything that the labs need; ``folder`` is where the student works. A look that fails is a finding."""
    looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("Python", python),
        ("packages", packages),
        ("kernel", kernel),
        ("torch", torch_version),
        ("device", device),
        ("processor", processor),
        ("memory", memory),
        ("disk", lambda: disk(folder)),
        ("folder", lambda: writable(folder)),
        ("text", encoding),
        ("compiler", compiler),
    )
    for name, look in looks:
        try:
            yield look()
        except Exception as error:
            yield Finding(name, f"{type(error).__name__}: {error}", "broken", f"Install again: {INSTALL}")


def python() -> Finding:
    """The interpreter."""
    version = f"{platform.python_version()} on {platform.platform(terse=True)}"
    first, last = PYTHONS
    if not first <= sys.version_info[:2] <= last:
        wanted = f"{first[0]}.{first[1]} to {last[0]}.{last[1]}"
        advice = f"The course is tested with Python {wanted}; make an environment with one of these."
        return Finding("Python", version, "broken" if sys.version_info[:2] < first else "slow", advice)
    return Finding("Python", version)


def packages() -> Finding:
    """What the notebooks import."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        why = ", ".join(f"{name} ({NEEDED[name]})" for name in missing)
        return Finding("packages", f"missing: {why}", "broken", f"Install them: {INSTALL}")
    return Finding(
        "packages", f"jupyterlab {importlib.metadata.version('jupyterlab')} and all that the labs import"
    )


def kernel() -> Finding:
    """Whether notebooks run in this very environment."""
    from jupyter_client.kernelspec import KernelSpecManager

    spec = KernelSpecManager().get_kernel_spec("python3")
    if spec.argv[0] in OWN_PYTHON:
        return Finding("kernel", f"python3, in the environment of {Path(sys.executable).parent}")
    runs = Path(shutil.which(spec.argv[0]) or spec.argv[0])
    if runs.parent.resolve() != Path(sys.executable).parent.resolve():
        advice = (
            "Notebooks would run in another environment than this command. Start JupyterLab from the environment "
            f"in which seq2gpt is installed: {Path(sys.executable).with_name('jupyter')} lab"
        )
        return Finding("kernel", str(runs), "broken", advice)
    return Finding("kernel", f"python3, in {runs.parent}")


def torch_version() -> Finding:
    """The library that everything computes with."""
    import torch

    required = next(
        (
            r
            for r in importlib.metadata.requires("seq2gpt") or ()
            if r.replace(" ", "").startswith("torch") and "extra" not in r
        ),
        "",
    )
    from packaging.requirements import Requirement

    wanted = Requirement(required or "torch").specifier
    version = str(torch.__version__)
    if not wanted.contains(version.partition("+")[0], prereleases=True):
        return Finding(
            "torch", version, "broken", f"The course needs torch {wanted}: pip install 'torch{wanted}'"
        )
    total = float(torch.ones(3).sum())
    return (
        Finding("torch", version)
        if total == 3
        else Finding("torch", f"{version} adds 1 + 1 + 1 = {total}", "broken")
    )


def device() -> Finding:
    """Where models train."""
    import torch

    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        return Finding("device", f"{properties.name}, {properties.total_memory / GIB:.0f} GiB: cuda")
    if torch.backends.mps.is_available():
        return Finding("device", "Apple GPU: mps")
    return Finding("device", "no GPU; every lab is made for a processor, and none needs more")


def processor() -> Finding:
    """How fast it will go."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    value = f"{cores} core{'s' * (cores > 1)}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"
    if cores < 2:
        advice = "With one core, the minutes that the labs state can double; close other programs while a model trains."
        return Finding("processor", value, "slow", advice)
    return Finding("processor", value)


def memory() -> Finding:
    """Room for a kernel or two."""
    import psutil

    found = psutil.virtual_memory()
    value = f"{found.available / GIB:.1f} of {found.total / GIB:.1f} GiB free"
    advice = "A notebook of the course takes about 1 GiB. Shut down kernels that you no longer need (Running, in JupyterLab's side bar)."
    if found.available < LITTLE_MEMORY:
        return Finding("memory", value, "broken" if found.available < LITTLE_MEMORY // 2 else "slow", advice)
    return (
        Finding("memory", value) if found.total >= ENOUGH_MEMORY else Finding("memory", value, "slow", advice)
    )


def disk(folder: Path) -> Finding:
    """Room for runs."""
    free = shutil.disk_usage(folder).free
    value = f"{free / GIB:.1f} GiB free"
    if free < ENOUGH_DISK:
        advice = "Runs and checkpoints need some hundred MiB; delete what you no longer need, such as old folders in runs/."
        return Finding("disk", value, "broken" if free < LITTLE_DISK else "slow", advice)
    return Finding("disk", value)


def writable(folder: Path) -> Finding:
    """Whether work can be saved where the student is."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("folder", f"{folder.resolve()} can be written")
    except OSError as error:
        advice = "Move your labs to a folder of your own, for example with `seq2gpt course start` in your home folder."
        return Finding("folder", f"{folder.resolve()}: {error.strerror}", "broken", advice)


def encoding() -> Finding:
    """Whether files are read and written as UTF-8."""
    found = locale.getencoding() if not sys.flags.utf8_mode else "utf-8"
    shown = sys.stdout.encoding or ""
    value = f"files {found}, terminal {shown or 'unknown'}"
    if "utf" not in found.lower().replace("-", ""):
        return Finding(
            "text", value, "slow", "Umlauts may break in files; set PYTHONUTF8=1 before you start JupyterLab."
        )
    return Finding("text", value)


def compiler() -> Finding:
    """What speeds up text generation on a processor."""
    from seq2gpt.kernels import COMPILERS

    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    if found is None:
        advice = "Nothing is lost but speed when a model of GPT-2's size writes; Debian: apt install gcc, macOS: xcode-select --install."
        return Finding("compiler", "no C compiler", "slow", advice)
    return Finding("compiler", found)
