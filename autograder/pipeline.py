"""``make course``: everything from the sources to the site, in stages that repeat only what changed.

A stage declares the files that it reads, the tools that matter and the files that it leaves. It runs
when a digest of these differs from the one in ``build/stamps.json``; else what it reported last time
is reported again. A stage that fails ends the command; what is finished stays finished.
"""

import dataclasses
import hashlib
import json
import os
import platform
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from autograder import build
from autograder.lessons import ROOT, all_lessons
from seq2gpt.errors import UserError

STAMPS = Path("build", "stamps.json")
CLASS = Path("build", "class")
RUNS = Path("build", "runs")
MODEL = Path("build", "model", "gpt.bin")
SITE = Path("build", "site")
PACKAGE = "src/seq2gpt/**/*.py"
Result = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """One step. ``inputs`` and ``outputs`` are patterns below the course's root.

    ``run`` receives the root and the digest of the inputs, and returns what to remember, as JSON values.
    """

    name: str
    run: Callable[[Path, str], Result]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tools: tuple[str, ...] = ()


# ── the stages ───────────────────────────────────────────────────────────────────────────────────


def build_labs(root: Path, _key: str) -> Result:
    """Write ``solutions/``: the labs with their solutions, executed."""
    for lesson in all_lessons(root):
        build.refuse_edited(lesson)
        if build.stale_solution(lesson):
            build.write_solution(lesson)
    return {}


def release_labs(root: Path, _key: str) -> Result:
    """Write ``exercises/``: the labs as students get them."""
    for lesson in all_lessons(root):
        build.refuse_edited(lesson)
        if build.stale_exercise(lesson):
            build.write_exercise(lesson)
    return {}


def grade_sample_class(root: Path, _key: str) -> Result:
    """Grade made-up students, from perfect to hostile; each must get what an honest teacher would give."""
    from autograder.grading.run import grade_lab
    from autograder.sample_class import write_class

    work = root / CLASS
    shutil.rmtree(work, ignore_errors=True)
    tables = {}
    for lesson in all_lessons(root):
        deserved = write_class(root, work, lesson.name)
        report = grade_lab(root, work, lesson.name, list(deserved))  # not those of the labs before
        given = report.scores()
        wrong = [
            f"{n} gets {given.get(n)}, not {points}"
            for n, points in deserved.items()
            if given.get(n) != points
        ]
        if wrong:
            raise UserError(f"the sample class is not graded as it deserves: {'; '.join(wrong)}")
        tables[lesson.name] = report.table()
    return {"tables": tables}


def train_model(root: Path, key: str) -> Result:
    """Train the default preset; a run that was interrupted is continued if nothing changed since."""
    from seq2gpt.run.presets import chars
    from seq2gpt.run.trainer import train

    config = dataclasses.replace(chars(), out=root / RUNS)
    begun = config.folder.with_suffix(".key")
    resume = begun.exists() and begun.read_text(encoding="utf-8") == key
    if resume:
        try:
            result = train(config, resume=True)
        except UserError:  # it was killed before its first checkpoint
            resume = False
    if not resume:
        shutil.rmtree(config.folder, ignore_errors=True)
        config.out.mkdir(parents=True, exist_ok=True)
        begun.write_text(key, encoding="utf-8")
        result = train(config)
    return {"val_loss": result.val_loss, "train_loss": result.train_loss, "sample": result.sample}


def export_model(root: Path, _key: str) -> Result:
    """Write the trained model as one small file for the browser."""
    from seq2gpt.browser import export_for_browser
    from seq2gpt.run.card import model_card
    from seq2gpt.run.model import load_run
    from seq2gpt.run.presets import chars
    from seq2gpt.tokens import CharTokenizer

    model, tokenizer, _ = load_run(root / RUNS / chars().name)
    assert isinstance(tokenizer, CharTokenizer)  # as the preset says
    (root / MODEL).parent.mkdir(parents=True, exist_ok=True)
    export_for_browser(model, tokenizer, root / MODEL, model_card(root / RUNS / chars().name))
    return {}


def make_site(root: Path, _key: str) -> Result:
    """Build the site, with the model in it."""
    from autograder.site import build_site

    build_site(root / SITE, root / MODEL)
    return {}


STAGES = (
    Stage(
        "labs",
        build_labs,
        ("book/*/lab.md", PACKAGE, "autograder/**/*.py"),
        ("solutions/*/*.ipynb",),
        ("nbgrader", "nbclient", "nbformat", "ipykernel", "torch"),
    ),
    Stage(
        "release",
        release_labs,
        ("solutions/*/*.ipynb", "autograder/*.py", "autograder/grading/config.py"),
        ("exercises/*/*.ipynb",),
        ("nbgrader",),
    ),
    Stage(
        "class",
        grade_sample_class,
        ("solutions/*/*.ipynb", "exercises/*/*.ipynb", "autograder/**/*.py", PACKAGE),
        ("build/class/grades*.csv",),
        ("nbgrader", "nbconvert", "ipykernel", "torch"),
    ),
    Stage(
        "train",
        train_model,
        (PACKAGE, "book/*/lesson.md"),  # the corpus holds the chapters and the package's docstrings
        ("build/runs/**/*",),
        ("torch", "numpy", "safetensors"),
    ),
    Stage(
        "export",
        export_model,
        (PACKAGE, "build/runs/**/*"),
        (MODEL.as_posix(),),
        ("torch", "numpy", "safetensors"),
    ),
    Stage(
        "site",
        make_site,
        ("_config.yml", "_toc.yml", "book/**/*", "exercises/**/*", "src/seq2gpt/**/*", "autograder/site.py",
         MODEL.as_posix()),
        ("build/site/**/*",),
        ("jupyter-book", "sphinx", "sphinx-book-theme", "myst-nb", "matplotlib", "torch"),
    ),
)  # fmt: skip


# ── running them ─────────────────────────────────────────────────────────────────────────────────


def make_all(
    root: Path = ROOT, stages: Sequence[Stage] = STAGES, say: Callable[[str], None] = print
) -> dict[str, Result]:
    """Run every stage whose inputs changed, then print a summary; returns what the stages reported.

    Raises ``UserError`` that names the stage when one cannot finish.
    """
    all_lessons(root)  # in a place that is no checkout, say so first
    stamps = read_stamps(root)
    results: dict[str, Result] = {}
    times: list[str] = []
    for stage in stages:
        started = time.perf_counter()
        key = stage_key(stage, root)
        stamp = stamps.get(stage.name, {})
        done = stamp.get("inputs") == key and stamp.get("outputs") == digest_of(root, stage.outputs)
        if not done:
            say(f"{stage.name} …")
            stamp = {"inputs": key, "result": run_stage(stage, root, key)}
            stamp["outputs"] = digest_of(root, stage.outputs)
            stamps[stage.name] = stamp
            write_stamps(root, stamps)
        results[stage.name] = stamp["result"]
        seconds = time.perf_counter() - started
        times.append(f"{stage.name:8} {seconds:6.1f} s{', unchanged' if done else ''}")
        say(times[-1])
    say(summary(root, results))
    return results


def run_stage(stage: Stage, root: Path, key: str) -> Result:
    """Run a stage; an error names it."""
    try:
        return stage.run(root, key)
    except UserError as error:
        raise UserError(f"stage {stage.name} did not finish: {error}") from None
    except Exception as error:
        error.add_note(f"This happened in stage {stage.name}; the stages before it are finished.")
        raise


def stage_key(stage: Stage, root: Path) -> str:
    """A digest of everything that a stage depends on: files, tools and this Python."""
    versions = {name: metadata.version(name) for name in stage.tools}
    facts = [platform.python_version(), sys.platform, versions, digest_of(root, stage.inputs)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def digest_of(root: Path, patterns: Iterable[str]) -> str:
    """A digest of names and contents of the files that match; empty if none does."""
    digest = hashlib.sha256()
    paths = sorted({path for pattern in patterns for path in matching(root, pattern)})
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest() if paths else ""


def matching(root: Path, pattern: str) -> Iterator[Path]:
    """The files that match, without hidden ones and caches."""
    for path in root.glob(pattern):
        parts = path.relative_to(root).parts
        if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
            yield path


def read_stamps(root: Path) -> dict[str, Any]:
    """What is known about earlier runs; nothing if the file is missing or damaged."""
    try:
        stamps = json.loads((root / STAMPS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def write_stamps(root: Path, stamps: dict[str, Any]) -> None:
    """Store the stamps, whole or not at all."""
    path = root / STAMPS
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(stamps, indent=1), encoding="utf-8")
    unfinished.replace(path)


def summary(root: Path, results: dict[str, Result]) -> str:
    """What came out: scores, loss, a sample of text, and how to look at the site."""
    lines = []
    for lab, table in results.get("class", {}).get("tables", {}).items():
        lines += ["", f"Sample class, lab {lab}:", "", textwrap.indent(table, "  ")]
    if model := results.get("train"):
        loss = f"{model['val_loss']:.2f} nats per character on held-out text"
        lines += ["", f"Language model: {loss} (Python {platform.python_version()}). It writes:", ""]
        lines.append(textwrap.indent(model["sample"].strip(), "  | "))
    if "site" in results:
        site = root / SITE
        shown = site.relative_to(Path.cwd()) if site.is_relative_to(Path.cwd()) else site
        lines += ["", f"The site is in {shown}. To read it, run", ""]
        lines += [f"  {Path(sys.executable).name} -m http.server --directory {shown}", ""]
        lines.append("and open http://localhost:8000")
    return "\n".join(lines)
