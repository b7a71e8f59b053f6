"""The exercises become a package: the course's own answers give the course's own bytes, the rest is marked, nothing is lost."""

import ast
import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import seq2gpt
from autograder.lessons import Lesson
from autograder.student import assembly, commands, provenance, uses
from autograder.student.answers import imports_of, missing_names, usable
from autograder.student.assembly import assemble, parts_of
from autograder.student.find import open_workspace
from autograder.student.labfile import read_lab
from autograder.student.milestones import MILESTONES
from autograder.student.progress import digest
from autograder.student.workspace import start
from seq2gpt.cli import main
from seq2gpt.errors import UserError

REFERENCE = Path(seq2gpt.__file__).parent
LAB = "07-attention"


@pytest.fixture
def mine(tmp_path):
    """A folder with the course's labs, not begun."""
    start(tmp_path / "mine")
    return tmp_path / "mine"


def solve(folder, lab, points=1.0, **answers):
    """Answer exercises as if they had been checked; without any, with the course's own answers to the whole lab."""
    solutions = read_lab(Lesson(lab).solution, lab).answers
    notebook = read_lab(folder / lab / f"{lab}.ipynb", lab)
    record = []
    for exercise, text in (answers or solutions).items():
        cell = notebook.answer_cell(exercise)
        text = text or solutions[exercise]
        cell["source"] = text.splitlines(keepends=True)
        entry = {
            "lab": lab,
            "exercise": exercise,
            "points": points,
            "max": 1,
            "digest": digest(text),
            "at": "2026-05-01T12:00:00",
        }
        record.append(json.dumps(entry))
    notebook.write()
    with (folder / ".seq2gpt" / "progress.jsonl").open("a") as file:
        file.write("\n".join(record) + "\n")


def built(folder, name="", out="mygpt"):
    """Assemble; the package's folder."""
    out = folder.parent / out
    assemble(open_workspace(folder), out, name)
    return out


def files_of(package):
    """Every file of a package but compiled ones."""
    return {
        p.relative_to(package).as_posix(): p.read_bytes()
        for p in package.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts and "course_files" not in p.parts
    }


def run_python(out, code):
    """Run code with the package in the path."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(out / "src"), *sys.path]),
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


# ── parity ───────────────────────────────────────────────────────────────────────────────────────


def test_the_courses_own_answers_give_the_courses_own_bytes(mine):
    for lab in open_workspace(mine).course:
        solve(mine, lab)
    out = built(mine, "seq2gpt")
    assert files_of(out / "src" / "seq2gpt") == files_of(REFERENCE)
    assert all(part.yours for part in parts_of(out))


def test_under_another_name_only_the_name_differs(mine):
    for lab in open_workspace(mine).course:
        solve(mine, lab)
    package = built(mine, "adasgpt") / "src" / "adasgpt"
    reference = files_of(REFERENCE)
    for path, content in files_of(package).items():
        if path.endswith(".py"):
            tree = ast.parse(content)
            imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)} | {
                a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names
            }
            assert not any(str(m).split(".")[0] == "seq2gpt" for m in imported), path
            content = content.replace(b"adasgpt", b"seq2gpt")
        assert content == reference[path], path


def test_the_package_runs_beside_the_course_and_holds_the_students_code(mine):
    solve(
        mine,
        LAB,
        causal_mask="def causal_mask(n, n_past=0, device=None):\n    return 'mine'\n\nprint('loud')",
    )
    out = built(mine)
    done = run_python(
        out,
        "import seq2gpt.attention, mygpt.heads, mygpt.cli, torch\n"
        "from mygpt.attention import causal_mask, softmax\n"
        "assert causal_mask(3) == 'mine' and mygpt.heads.split_heads.__module__ == 'mygpt.heads'\n"
        "assert seq2gpt.attention.causal_mask(1).item() is True\n"
        "assert softmax(torch.zeros(2)).tolist() == [0.5, 0.5]\n",
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


# ── what goes in ─────────────────────────────────────────────────────────────────────────────────


def test_what_is_not_solved_is_the_courses_and_marked(mine):
    right = "def causal_mask(n, n_past=0, device=None):\n    return n"
    solve(mine, LAB, causal_mask=right)
    solve(mine, LAB, points=0.5, softmax="def softmax(scores, dim=-1):\n    return scores")
    notebook = read_lab(mine / LAB / f"{LAB}.ipynb", LAB)
    notebook.answer_cell("combine_masks")["source"] = ["def combine_masks(*masks):\n    return 1"]
    notebook.write()
    out = built(mine)
    why = {p.exercise: (p.yours, p.why) for p in parts_of(out) if p.lab == LAB}
    assert why["causal_mask"] == (True, "")
    assert why["softmax"] == (False, "not right yet")
    assert why["combine_masks"] == (False, "not checked yet")
    assert why["project_qkv"] == (False, "not written yet")
    source = (out / "src" / "mygpt" / "attention.py").read_text()
    assert right in source
    assert "# The course's own: softmax of 07-attention is not right yet.\ndef softmax(" in source
    assert (
        "# The course's own: repair_attention of 07-attention is not written yet.\nclass SelfAttention"
        in source
    )
    assert "return scores\n" not in source.split("def softmax(")[1].split("\ndef ")[0]
    heads = (out / "src" / "mygpt" / "heads.py").read_text()
    assert "# The course's own: split_heads of 08-heads is not written yet.\ndef split_heads(" in heads
    readme = (out / "README.md").read_text()
    assert ": 1 of " in readme
    assert "| `attention.causal_mask` | 07-attention | you |" in readme


def test_a_change_since_the_check_is_not_taken(mine, capsys):
    solve(mine, LAB, causal_mask="")
    notebook = read_lab(mine / LAB / f"{LAB}.ipynb", LAB)
    notebook.answer_cell("causal_mask")["source"].append("\n    # and more")
    notebook.write()
    commands.assemble(mine, mine.parent / "mygpt")
    assert not any(part.yours for part in parts_of(mine.parent / "mygpt"))
    assert (
        "note: changed since it was checked, so the course's is there: 07-attention/causal_mask"
        in capsys.readouterr().out
    )


def test_helpers_imports_and_constants_of_the_cell_come_along_and_what_only_runs_does_not():
    text = "import math\nK = 3\n%timeit f(2)\ndef helper(x):\n    return x\n\ndef f(x):\n    return helper(x)\nprint(f(2))\nfor i in 'ab':\n    f(i)"
    assert (
        usable(text, "x")
        == "import math\nK = 3\n\ndef helper(x):\n    return x\n\ndef f(x):\n    return helper(x)"
    )
    with pytest.raises(UserError, match="your answer, line 1: .* correct it and check it again"):
        usable("def f(:", "your answer")


def test_a_name_from_another_cell_is_named_and_an_import_of_the_setup_is_added(mine):
    solve(mine, LAB, causal_mask="def causal_mask(n, n_past=0, device=None):\n    return my_tri(n) + other")
    with pytest.raises(UserError) as raised:
        built(mine)
    assert str(raised.value) == (
        "your answer to causal_mask in 07-attention uses my_tri, other, which its cell does not define; "
        "move the definition into that cell, and check it again"
    )
    assert not (mine.parent / "mygpt").exists()
    setup = {"source": "import math as m\nfrom os import path, sep as s", "metadata": {}, "cell_type": "code"}
    assert imports_of(setup["source"]) == {
        "m": "import math as m",
        "path": "from os import path",
        "s": "from os import sep as s",
    }
    source = "import json\n\ndef f(x):\n    def g():\n        return m.pi, unknown, json, len(x)\n    return [s for _ in x], g"
    assert missing_names(source, "f", setup) == (["unknown"], ["from os import sep as s", "import math as m"])
    grown = assembly.with_imports(source, ["import math as m"])
    assert grown.startswith("import json\nimport math as m\n\ndef f")


# ── nothing is lost ──────────────────────────────────────────────────────────────────────────────


def test_an_assembled_package_is_made_anew_unless_somebody_edited_it(mine):
    out = built(mine)
    before = files_of(out)
    built(mine)
    assert files_of(out) == before
    edited = out / "src" / "mygpt" / "heads.py"
    edited.write_text("mine")
    with pytest.raises(UserError, match=r"has been changed since it was assembled \(src/mygpt/heads.py\)"):
        built(mine)
    assert edited.read_text() == "mine"


def test_a_folder_with_something_else_is_refused(mine):
    (mine.parent / "mygpt").mkdir()
    (mine.parent / "mygpt" / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match="is no assembled package, and nothing in it will be overwritten"):
        built(mine)
    assert [p.name for p in (mine.parent / "mygpt").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["my-gpt", "class", "MyGPT", "torch", "1gpt", ""])
def test_a_name_that_is_none_is_refused(mine, name):
    with pytest.raises(UserError, match="no name for a package|there is a package"):
        assemble(open_workspace(mine), mine.parent / (name or "not a name"), name)


# ── whose it is, and running it ──────────────────────────────────────────────────────────────────


def test_lines_are_counted_without_docstrings_and_comments():
    source = '"""Doc."""\nimport os  # why\n\ndef f(x):\n    """Doc."""\n    # comment\n    if x:\n        return (1 +\n            2)\n'
    assert provenance.code_in(ast.parse(source).body) == {2, 4, 7, 8}


def test_provenance_counts_what_runs(mine, capsys):
    for lab in (LAB, "08-heads"):
        solve(mine, lab)
    out = built(mine)
    commands.provenance(out)
    said = capsys.readouterr().out
    assert "✓ heads.split_heads" in said
    assert "· recurrent.rnn_step" in said
    share = provenance.share(out)
    assert share.text in said
    assert 60 < share.yours < share.lines / 10
    assert 15 < share.yours_run < share.lines_run / 2
    assert share.yours_run < share.yours


def test_where_a_part_runs_is_known_of_every_part(mine):
    parts = list(parts_of(built(mine)))
    assert {f"{part.module}.{part.qualname}" for part in parts} == uses.uses().keys()
    programs = {program for found in uses.uses().values() for program in found}
    assert programs == uses.PROGRAMS.keys()
    assert {stone.program for stone in MILESTONES} <= programs
    said = {part.qualname: uses.uses_text(part) for part in parts}
    assert said["scaled_dot_product_attention"].startswith("your GPT and the milestones 08")
    assert said["Seq2SeqEncoder"] == "the milestones 05 and 11"
    assert said["CausalLanguageModel"] == "`seq2gpt train families`"
    assert said["attention_flops"] == "its lab alone"


@pytest.mark.slow
def test_what_runs_where_is_what_was_measured(tmp_path):
    again = tmp_path / "again.json"
    subprocess.run([sys.executable, "-m", "autograder.student.uses", str(again)], check=True)
    assert json.loads(again.read_text()) == uses.uses()


def test_why_nothing_of_a_students_runs_is_said():
    assert provenance.Share(5, 900, 0, 90).text.endswith(
        "0 are yours (0.0 %). What you have solved is no part of a GPT that trains; the table says where it runs."
    )
    assert provenance.Share(0, 900, 0, 90).text.endswith("Solve an exercise, check it, and assemble again.")
    assert provenance.Share(50, 900, 9, 90, {"attention": 6, "heads": 3}).text.endswith(
        "9 are yours (10.0 %): 6 of attention, 3 of heads."
    )


def test_a_package_that_does_not_train_says_why(mine):
    solve(mine, "08-heads", split_heads="def split_heads(x, n_heads):\n    return 1 / 0")
    with pytest.raises(
        UserError, match="mygpt does not train: ZeroDivisionError: division by zero; run `seq2gpt train"
    ):
        provenance.share(built(mine))


def test_train_and_sample_with_the_package(mine, capfd, monkeypatch):
    solve(
        mine,
        "08-heads",
        split_heads="def split_heads(x, n_heads):\n    print('my heads')\n    return x.unflatten(-1, (n_heads, -1)).transpose(-3, -2)",
    )
    out = built(mine)
    monkeypatch.chdir(mine.parent)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    Path("text.txt").write_text("the red bird sings. " * 100)
    tiny = "--data text.txt --d-model 16 --n-heads 2 --n-layers 1 --context-length 16 --n-steps 2 --n-warmup 0 --layout gpt2"
    assert main(["train", "tiny", *tiny.split(), "--with", str(out)]) == 0
    said = capfd.readouterr()
    assert "my heads" in said.out
    assert "mygpt: 1 of " in said.err
    assert main(["sample", "runs/tiny", f"--with={out}", "--prompt", "the", "--max-new-tokens", "3"]) == 0
    assert "my heads" in capfd.readouterr().out


@pytest.mark.slow
def test_it_installs_without_a_network_and_lives_beside_the_course(mine):
    """pip builds it with what torch brings along; the new environment sees the packages of this one, but not seq2gpt."""
    solve(
        mine,
        "08-heads",
        split_heads="def split_heads(x, n_heads):\n    print('my heads')\n    return x.unflatten(-1, (n_heads, -1)).transpose(-3, -2)",
    )
    out = built(mine)
    fresh = mine.parent / "fresh"
    venv.create(fresh, with_pip=False, symlinks=True)
    scripts, site = (Path(sysconfig.get_path(p, "venv", {"base": fresh})) for p in ("scripts", "purelib"))
    (site / "parent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    alone = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}

    def run(*words, **more):
        done = subprocess.run(
            [str(scripts / "python"), *map(str, words)],
            cwd=mine.parent, env=alone | more, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done

    run("-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation", out)
    where = run("-c", "import mygpt.heads; print(mygpt.__file__)").stdout
    assert Path(where.strip()).is_relative_to(site)
    assert {p for p in files_of(out / "src" / "mygpt") if "egg-info" not in p} == set(
        files_of(site / "mygpt")
    )
    both = {"PYTHONPATH": os.pathsep.join([str(REFERENCE.parent), str(Path(assembly.__file__).parents[2])])}
    run(
        "-c", "import mygpt.heads as m, seq2gpt.heads as s; assert m.split_heads is not s.split_heads", **both
    )
    (mine.parent / "text.txt").write_text("the red bird sings. " * 100)
    tiny = "--data text.txt --d-model 16 --n-heads 2 --n-layers 1 --context-length 16 --n-steps 2 --n-warmup 0 --layout gpt2"
    done = run("-m", "seq2gpt", "train", "tiny", *tiny.split(), "--with", "mygpt", **both)
    assert "my heads" in done.stdout
    assert "mygpt: 1 of " in done.stderr
    own = subprocess.run(
        [str(scripts / "mygpt"), "--version"], env=alone, capture_output=True, text=True, check=True
    )
    assert own.stdout.startswith("seq2gpt ") or own.stdout.startswith("mygpt ")
    built(mine)  # what pip left in the folder is nobody's work


def test_with_nothing_that_was_assembled(tmp_path, capsys):
    assert main(["train", "--with", str(tmp_path)]) == 2
    assert "is no package that `seq2gpt course assemble` made; make one with it" in capsys.readouterr().err
    assert main(["train", "--with"]) == 2
    assert "--with takes the folder of a package" in capsys.readouterr().err
