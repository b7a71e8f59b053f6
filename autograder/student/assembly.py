"""The student's own package: the course's, with every exercise that they solved in the place of the reference.

The package has a name of its own, so that it can be imported beside ``seq2gpt``; under the name ``seq2gpt`` its
modules are those of the course byte for byte, but for the answers.
"""

import ast
import hashlib
import json
import keyword
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template
from typing import Any

import seq2gpt
from autograder.derive import DEFINITIONS, definitions, splice
from autograder.student.answers import missing_names, usable
from autograder.student.find import Workspace
from autograder.student.labfile import LabFile
from autograder.student.progress import read_progress
from autograder.student.status import state_of
from seq2gpt.errors import UserError

REFERENCE = Path(seq2gpt.__file__).parent
RECORD = "provenance.json"
LEFT_OUT = ("__pycache__", "course_files", "*.pyc")
LEFTOVER = re.compile(r"build/|src/[^/]+\.egg-info/")  # of `pip install`
# Where the package's own name stands in its code and its documentation.
IMPORT = re.compile(r"^(\s*(?:>>> |\.\.\. )?(?:from|import) )seq2gpt\b", re.MULTILINE)
MODULE = re.compile(r"\bseq2gpt\.(?=[a-z_]+)(?!github\b)")
WHY_NOT = {
    "blank": "not written yet",
    "written": "not checked yet",
    "changed": "changed since it was checked",
    "partly": "not right yet",
}
MARK = "# The course's own: {exercise} of {lab} is {why}."


@dataclass(frozen=True)
class Part:
    """One exercise in the package: the definition ``qualname`` of ``module``, and whose it is."""

    lab: str
    exercise: str
    module: str
    qualname: str
    yours: bool
    why: str = ""


def assemble(
    workspace: Workspace, out: Path, name: str = "", without: Collection[tuple[str, str]] = ()
) -> list[Part]:
    """Write the package to ``out/src/name``; the name is that of the folder ``out`` unless given.

    An answer goes in when its last check gave all points and it has not changed since, unless its lab and exercise
    are among ``without``; everything else is the course's own, and is marked where it stands. Raises ``UserError``, and writes nothing, when ``out`` holds anything
    but an assembled package that nobody has edited, or when an answer needs what is not in its cell.
    """
    name = name or out.resolve().name
    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise UserError(f"{name!r} is no name for a package; use small letters, digits and _, such as mygpt")
    if name in ("autograder", "torch", "numpy"):
        raise UserError(f"there is a package {name} already; choose another name")
    refuse_others_work(out)
    parts, modules = [], {}
    progress = read_progress(workspace.folder)
    for lab, released in workspace.released.items():
        module = lab.split("-", 1)[1].replace("-", "_")
        source = (REFERENCE / f"{module}.py").read_bytes().decode()
        mine = workspace.labs.get(lab)
        for exercise in (e for e in released.answers if not released.by_hand(e)):
            text = mine.answers.get(exercise, "") if mine else ""
            state = state_of(text, released.answers[exercise], progress.of(lab, exercise), by_hand=False)
            qualname = definition_of(released.answers[exercise], source, f"{lab}/{exercise}")
            yours = state == "solved" and (lab, exercise) not in without
            why = "" if yours else WHY_NOT.get(state, "left out on purpose")
            parts.append(Part(lab, exercise, module, qualname, yours, why))
            source = placed(source, parts[-1], text, released)
        modules[module] = source
    write_package(out, name, modules, parts)
    return parts


def placed(source: str, part: Part, text: str, released: LabFile) -> str:
    """The module with an answer in the place of the reference, or with a mark above the reference."""
    if not part.yours:
        return marked(source, part)
    where = f"your answer to {part.exercise} in {part.lab}"
    answer = usable(text, where)
    spliced = splice(source, part.qualname, answer)
    lacking, imports = missing_names(spliced, part.qualname, released.named.get(f"{part.lab}-setup"))
    if lacking:
        raise UserError(
            f"{where} uses {', '.join(lacking)}, which its cell does not define; move the definition into that cell, "
            f"and check it again"
        )
    return with_imports(spliced, imports)


def marked(source: str, part: Part) -> str:
    """The module with one line above a definition that is the course's."""
    lines = source.splitlines(keepends=True)
    first = first_line(source, part.qualname)
    line = lines[first - 1]
    indent = line[: len(line) - len(line.lstrip())]
    end = "\r\n" if line.endswith("\r\n") else "\n"
    mark = MARK.format(exercise=part.exercise, lab=part.lab, why=part.why)
    return "".join([*lines[: first - 1], indent + mark + end, *lines[first - 1 :]])


def with_imports(source: str, imports: list[str]) -> str:
    """The module with more imports, after the last of those that it has."""
    if not imports:
        return source
    last = max(
        (
            node.end_lineno or 0
            for node in ast.parse(source).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ),
        default=1,
    )
    lines = source.splitlines(keepends=True)
    return "".join([*lines[:last], *(f"{line}\n" for line in imports), *lines[last:]])


def first_line(source: str, qualname: str) -> int:
    """The line on which a definition begins, decorators included."""
    node = node_of(source, qualname)
    return min(node.lineno, *(d.lineno for d in node.decorator_list)) if node.decorator_list else node.lineno


def node_of(source: str, qualname: str) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef:
    """The definition in force at the end of a module."""
    body: list[ast.stmt] = ast.parse(source).body
    found: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] = []
    for part in qualname.split("."):
        found = [node for node in body if isinstance(node, DEFINITIONS) and node.name == part]
        body = found[-1].body
    return found[-1]


def definition_of(released: str, source: str, where: str) -> str:
    """The definition of the module that an exercise asks for."""
    named = [node.name for node in ast.parse(released).body if isinstance(node, DEFINITIONS)]
    found = [q for q in definitions(source) if q.rpartition(".")[2] == named[-1]] if named else []
    top = [q for q in found if "." not in q] or found
    if len(top) != 1:
        raise UserError(f"{where} does not say which definition it asks for: {', '.join(top) or 'none'}")
    return top[0]


# ── the package ──────────────────────────────────────────────────────────────────────────────────


def write_package(out: Path, name: str, modules: dict[str, str], parts: list[Part]) -> None:
    """Write everything beside ``out``, then put it in its place."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".seq2gpt-", dir=out.parent) as staged:
        whole = Path(staged, "package")
        package = whole / "src" / name
        shutil.copytree(REFERENCE, package, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for module, source in modules.items():
            (package / f"{module}.py").write_bytes(source.encode())
        if name != "seq2gpt":
            for path in package.rglob("*.py"):
                path.write_bytes(renamed(path.read_bytes().decode(), name).encode())
        (whole / "pyproject.toml").write_text(pyproject(name), encoding="utf-8")
        (whole / "README.md").write_text(readme(name, parts), encoding="utf-8")
        record: dict[str, Any] = {
            "name": name,
            "version": seq2gpt.__version__,
            "parts": [asdict(part) for part in parts],
        }
        record["files"] = digests(whole)
        (whole / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        whole.rename(out)


def renamed(source: str, name: str) -> str:
    """A module of the course as a module of the package ``name``.

    >>> renamed("from seq2gpt.heads import split_heads  # seq2gpt train\\n", "mygpt")
    'from mygpt.heads import split_heads  # seq2gpt train\\n'
    """
    return MODULE.sub(f"{name}.", IMPORT.sub(rf"\1{name}", source))


def pyproject(name: str) -> str:
    """What pip needs to install the package; it depends on what the course depends on."""
    from importlib.metadata import requires

    wanted = [line.partition(";")[0].strip() for line in requires("seq2gpt") or () if "extra ==" not in line]
    return PYPROJECT.substitute(
        name=name, version=seq2gpt.__version__, dependencies=",\n  ".join(json.dumps(line) for line in wanted)
    )


def readme(name: str, parts: list[Part]) -> str:
    """What the package is, and whose."""
    yours = sum(part.yours for part in parts)
    rows = "\n".join(
        f"| `{part.module}.{part.qualname}` | {part.lab} | {'you' if part.yours else f'the course ({part.why})'} |"
        for part in parts
    )
    return README.substitute(name=name, yours=yours, all=len(parts), rows=rows)


def digests(folder: Path) -> dict[str, str]:
    """A digest of every file, by its path in the folder; what Python and pip leave there are no files of anybody's."""
    paths = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {
        path: hashlib.sha256(p.read_bytes()).hexdigest()
        for path, p in paths.items()
        if p.suffix != ".pyc" and not LEFTOVER.match(path)
    }


def refuse_others_work(out: Path) -> None:
    """``UserError`` where assembling would write over something that it did not make."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    known = read_record(out)["files"] if (out / RECORD).is_file() else None
    if known is None:
        raise UserError(
            f"{out} is no assembled package, and nothing in it will be overwritten; name a new folder"
        )
    now = {path: digest for path, digest in digests(out).items() if path != RECORD}
    changed = sorted(path for path in now.keys() | known.keys() if now.get(path) != known.get(path))
    if changed:
        raise UserError(
            f"{out} has been changed since it was assembled ({changed[0]}); what you wrote there would be lost: "
            f"name another folder with --out"
        )


def read_record(out: Path) -> dict[str, Any]:
    """What ``assemble`` wrote down about a package."""
    try:
        record: dict[str, Any] = json.loads((out / RECORD).read_text(encoding="utf-8"))
        _ = record["name"], record["parts"], record["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{out} is no package that `seq2gpt course assemble` made; make one with it"
        ) from None
    return record


def parts_of(out: Path) -> Iterator[Part]:
    """The exercises of an assembled package."""
    for entry in read_record(out)["parts"]:
        yield Part(**entry)


PYPROJECT = Template("""\
[build-system]
requires = ["setuptools>=77"]  # which torch brings along
build-backend = "setuptools.build_meta"

[project]
name = "$name"
version = "$version"
description = "A GPT whose parts were solved one by one"
requires-python = ">=3.11"
dependencies = [
  $dependencies,
]

[project.scripts]
$name = "$name.cli:main"

[tool.setuptools.packages.find]
where = ["src"]

[tool.setuptools.package-data]
"*" = ["**/*"]
""")
README = Template("""\
# $name

A GPT put together from the exercises of the course seq2gpt: $yours of $all parts are your own. Install it with

    pip install .

or, without a network, in the environment that has seq2gpt, with

    pip install --no-deps --no-build-isolation .

Train it, let it write, and see how much of what runs is yours:

    seq2gpt train --with $name
    seq2gpt sample --with $name
    seq2gpt course provenance $name

| part | lab | written by |
|---|---|---|
$rows
""")
