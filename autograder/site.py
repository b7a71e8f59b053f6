"""Build the site: Jupyter Book from the root ``_config.yml`` and ``_toc.yml``, warnings as errors.

Sphinx changes global state of docutils while it runs, so it gets a process of its own.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from seq2gpt.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
MODEL = Path("_static/model/gpt.bin")  # where the playground looks for the exported GPT

FIRST_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>seq2gpt</title>
<meta http-equiv="refresh" content="0; url={page}"><link rel="canonical" href="{page}"></head>
<body><p><a href="{page}">seq2gpt: the course</a></p></body>
</html>
"""


def build_site(out: Path, model: Path | None = None) -> Path:
    """Build the site into the folder ``out`` and return the path of its first page.

    ``model`` is a file written by :func:`seq2gpt.browser.export_for_browser`; without it the playground
    page says how to get one. Pages that did not change are not built again. The state that this needs lies
    beside ``out``, in ``<out>.state``.
    """
    toc = check_sources(model)
    command = [sys.executable, "-m", "autograder.site", str(out.resolve()), str(bool(model))]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        told = [line for line in result.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
        raise UserError("the site was not built:\n" + ("\n".join(told) or result.stderr.strip()))
    if model is not None:
        (out / MODEL).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model, out / MODEL)
    first = out / "index.html"
    first.write_text(FIRST_PAGE.format(page=f"{toc['root']}.html"), encoding="utf-8")
    return first


def check_sources(model: Path | None) -> dict:
    """The table of contents, after a check that every page it names is there."""
    toc_file = ROOT / "_toc.yml"
    if not toc_file.is_file():
        raise UserError(f"{toc_file} is missing; the site is built from a checkout of the repository")
    toc = yaml.safe_load(toc_file.read_text(encoding="utf-8"))
    for page in pages_of(toc):
        if not any((ROOT / f"{page}{suffix}").is_file() for suffix in (".md", ".ipynb")):
            raise UserError(f"_toc.yml names {page}, which is missing; write it, or make the labs with "
                            "`seq2gpt course build`")
    if model is not None and not model.is_file():
        raise UserError(f"model {model} does not exist; export one with seq2gpt.browser.export_for_browser")
    return toc


def pages_of(entry: dict) -> list[str]:
    """Every page named below one entry of the table of contents, in reading order."""
    own = [entry[key] for key in ("root", "file") if key in entry]
    below = [child for key in ("parts", "chapters", "sections") for child in entry.get(key, [])]
    return own + [page for child in below for page in pages_of(child)]


def run_sphinx(out: Path, has_model: bool) -> int:
    """What the child process does: `jupyter-book build` with a chosen output folder."""
    from jupyter_book.sphinx import build_sphinx
    from sphinx.util.console import nocolor

    nocolor()
    state = out.with_name(f"{out.name}.state")
    result = build_sphinx(
        ROOT,
        out,
        noconfig=True,
        path_config=ROOT / "_config.yml",
        confoverrides={
            "external_toc_path": str(ROOT / "_toc.yml"),
            "latex_individualpages": False,
            "seq2gpt_has_model": has_model,
        },
        doctreedir=state / "doctrees",
        warningiserror=True,
        keep_going=True,
    )
    return 0 if result == 0 else 1


if __name__ == "__main__":
    sys.exit(run_sphinx(Path(sys.argv[1]), sys.argv[2] == "True"))
