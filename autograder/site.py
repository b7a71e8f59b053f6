"""Build the site: Jupyter Book from the root ``_config.yml`` and ``_toc.yml``, warnings as errors.

Sphinx changes global state of docutils while it runs, so it gets a process of its own. The cells of the pages run in
kernels that are copied from one with PyTorch imported, each in the jail; where there is none, that is said.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint, version
from pathlib import Path
from typing import Literal

import yaml

from autograder.jail.available import no_namespaces_because
from seq2gpt.errors import UserError

Solutions = Literal["folded", "none"]

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("_config.yml", "_toc.yml", "autograder/site.py", "book", "exercises", "solutions", "src")
TOOLS = ("jupyter-book", "sphinx", "sphinx-book-theme", "myst-nb", "torch", "matplotlib")
TOC = ROOT / "_toc.yml"
PROVISIONER = "seq2gpt-jail"  # the entry point of autograder.jail.provisioner
MODEL = Path("_static/model/gpt.bin")  # where the playground looks for the exported GPT

FIRST_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>seq2gpt</title>
<meta http-equiv="refresh" content="0; url={page}"><link rel="canonical" href="{page}"></head>
<body><p><a href="{page}">seq2gpt: the course</a></p></body>
</html>
"""


def build_site(out: Path, model: Path | None = None, solutions: Solutions = "folded") -> Path:
    """Build the site into the folder ``out`` and return the path of its first page.

    ``model`` is a file written by :func:`seq2gpt.browser.export_for_browser`; without it the playground
    page says how to get one. ``solutions`` are folded below each exercise, or in no file at all. With nothing
    changed nothing is done; otherwise the changed pages are built.
    """
    toc = check_sources(model)
    first, stamp = out / "index.html", state_beside(out) / "sources"
    sources = f"{fingerprint(model)} {solutions}"
    if first.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == sources:
        return first
    stamp.unlink(missing_ok=True)
    shutil.rmtree(out / "reports", ignore_errors=True)
    with_sphinx("html", out, state_beside(out), model, solutions)
    (out / MODEL).unlink(missing_ok=True)
    if model is not None:
        (out / MODEL).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model, out / MODEL)
    first.write_text(FIRST_PAGE.format(page=f"{toc['root']}.html"), encoding="utf-8")
    stamp.write_text(sources, encoding="utf-8")
    return first


def with_sphinx(
    builder: str, out: Path, state: Path, model: Path | None, solutions: Solutions, toc: Path = TOC
) -> None:
    """Run a builder of Sphinx in a process of its own. Raises ``UserError`` with what it warned of."""
    where = str(model.resolve()) if model else ""
    asked = [builder, str(out.resolve()), str(state.resolve()), where, solutions, str(toc)]
    command = [sys.executable, "-m", "autograder.site", *asked]
    environment = os.environ | kernel_settings()
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        # Sphinx remembers a page even when reading it failed, and would not complain a second time.
        shutil.rmtree(state / "doctrees", ignore_errors=True)
        told = [line for line in result.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
        raise UserError("the site was not built:\n" + ("\n".join(told) or result.stderr.strip()))


def kernel_settings() -> dict[str, str]:
    """Environment variables by which Jupyter starts kernels in the jail; none, and a line on stderr, without one."""
    reason = no_namespaces_because()
    if reason:
        print(
            f"note: the cells of the pages run in ordinary kernels, without a jail: {reason}", file=sys.stderr
        )
        return {}
    return {"JUPYTER_DEFAULT_PROVISIONER_NAME": PROVISIONER}


def state_beside(out: Path) -> Path:
    """Where Sphinx keeps what it has read and executed, so that only changed pages are built again."""
    return out.with_name(f"{out.name}.state")


def fingerprint(model: Path | None) -> str:
    """One number for everything that the site is made of: files, model and tools."""
    digest = hashlib.sha256(" ".join(version(tool) for tool in TOOLS).encode())
    for path in sorted(path for name in SOURCES for path in [ROOT / name, *(ROOT / name).rglob("*")]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"\n{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest() + (hashlib.sha256(model.read_bytes()).hexdigest() if model else "")


def check_sources(model: Path | None) -> dict:
    """The table of contents, after a check that every page it names is there."""
    toc_file = ROOT / "_toc.yml"
    if not toc_file.is_file():
        raise UserError(f"{toc_file} is missing; the site is built from a checkout of the repository")
    toc = yaml.safe_load(toc_file.read_text(encoding="utf-8"))
    for page in pages_of(toc):
        if not any((ROOT / f"{page}{suffix}").is_file() for suffix in (".md", ".ipynb")):
            raise UserError(
                f"_toc.yml names {page}, which is missing; write it, or make the labs with "
                "`seq2gpt course build`"
            )
    if model is not None and not model.is_file():
        raise UserError(f"model {model} does not exist; export one with seq2gpt.browser.export_for_browser")
    return toc


def pages_of(entry: dict) -> list[str]:
    """Every page named below one entry of the table of contents, in reading order."""
    own = [entry[key] for key in ("root", "file") if key in entry]
    below = [child for key in ("parts", "chapters", "sections") for child in entry.get(key, [])]
    return own + [page for child in below for page in pages_of(child)]


def run_sphinx(builder: str, out: Path, state: Path, model: str, solutions: str, toc: Path) -> int:
    """What the child process does: `jupyter-book build` with a chosen builder and output folder."""
    # jsonschema would build a grammar of web addresses for a check that nothing here asks for: a sixth of a short build.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    from jupyter_book.sphinx import build_sphinx
    from jupyter_client.provisioning import KernelProvisionerFactory
    from sphinx.util.console import nocolor

    # An installation that is older than the entry point would not know it.
    place = "autograder.jail.provisioner:JailProvisioner"
    KernelProvisionerFactory.instance().provisioners[PROVISIONER] = EntryPoint(PROVISIONER, place, "")
    nocolor()
    result = build_sphinx(
        ROOT,
        out,
        noconfig=True,
        path_config=ROOT / "_config.yml",
        confoverrides={
            "external_toc_path": str(toc),
            "latex_individualpages": False,
            "seq2gpt_model": model,
            "seq2gpt_solutions": solutions,
        },
        builder=builder,
        doctreedir=state / "doctrees",
        warningiserror=True,
        keep_going=True,
    )
    return 0 if result == 0 else 1


if __name__ == "__main__":
    _, of, to, at, exported, answers, contents = sys.argv
    sys.exit(run_sphinx(of, Path(to), Path(at), exported, answers, Path(contents)))
