"""Milestones: the student's own code runs, its figure is compared, and a miss names the lesson to revisit."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.student import milestones
from autograder.student.attempt import Attempt
from autograder.student.find import open_workspace
from autograder.student.milestones import MILESTONES, Milestone, find_milestone, milestones_text, reach, stars
from autograder.student.progress import note
from autograder.student.workspace import start
from seq2gpt.cli import main
from seq2gpt.errors import UserError
from seq2gpt.run.demos import DEMOS, expected_figures
from seq2gpt.run.presets import PRESETS
from test_student_assembly import solve

SMALL = {"d_model": 16, "n_steps": 2, "batch": 4}


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A folder of labs, and a copy of it for every test, since starting one takes a second."""
    folder = tmp_path_factory.mktemp("begun") / "mine"
    start(folder)
    return folder


@pytest.fixture
def mine(begun, tmp_path, monkeypatch):
    import shutil

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return Path(shutil.copytree(begun, tmp_path / "mine"))


def stone_of(lab="08-heads", **changes):
    """A milestone that takes seconds."""
    (known,) = [stone for stone in MILESTONES if stone.lab == lab]
    return replace(known, **{"settings": SMALL, **changes})


def expect(monkeypatch, mean, sd=0.0):
    monkeypatch.setattr(Milestone, "expected", property(lambda self: (mean, sd)))


def test_every_milestone_trains_something_whose_figure_was_measured():
    for stone in MILESTONES:
        assert stone.program in {*DEMOS, *PRESETS}
        assert stone.figure in expected_figures(stone.program)
        assert not stone.beats or stone.beats in expected_figures(stone.program)


@pytest.mark.parametrize(
    ("aim", "good", "bad"),
    [("high", 84.0, 83.9), ("low", 116.0, 116.1), ("near", 84.0, 83.9), ("near", 116.0, 116.1)],
)
def test_the_bound_is_four_deviations_and_two_per_cent(monkeypatch, aim, good, bad):
    expect(monkeypatch, 100.0, 3.5)
    stone = Milestone("05-seq2seq", "x", "seq2seq", "BLEU", aim)
    assert stone.reached({"BLEU": good})
    assert not stone.reached({"BLEU": bad})
    assert not stone.reached({"BLEU": float("nan")})
    assert not stone.reached({})


def test_the_transformer_has_to_beat_the_rnn():
    (stone,) = [stone for stone in MILESTONES if stone.beats]
    assert stone.reached({stone.figure: 100.0, stone.beats: 99.0})
    assert not stone.reached({stone.figure: 100.0, stone.beats: 100.0})


def test_a_milestone_goes_by_the_name_of_its_lab(mine):
    workspace = open_workspace(mine)
    assert {find_milestone(workspace, word).lab for word in ("08-heads", "08", "heads")} == {"08-heads"}
    with pytest.raises(UserError, match="there is no milestone 'head'; did you mean"):
        find_milestone(workspace, "head")
    with pytest.raises(UserError, match="there is no milestone '07'"):
        find_milestone(workspace, "07")


def test_nothing_runs_before_the_lab_is_solved(mine):
    solve(mine, "08-heads")
    solve(mine, "08-heads", points=0.5, merge_heads="")
    with pytest.raises(UserError, match="all of 08-heads; not solved yet: merge_heads$"):
        reach(open_workspace(mine), stone_of())


def test_it_is_the_students_code_that_runs_and_the_star_is_kept(mine, monkeypatch):
    solve(mine, "08-heads", **dict.fromkeys(exercises("08-heads"), ""))
    solve(
        mine, "08-heads",
        split_heads="def split_heads(x, n_heads):\n    Path('ran').touch()\n    return x.unflatten(-1, (n_heads, -1)).transpose(-3, -2)\nfrom pathlib import Path",
    )  # fmt: skip
    monkeypatch.chdir(mine)
    expect(monkeypatch, 0.0)
    outcome = reach(open_workspace(mine), stone_of())
    assert Path("ran").exists()
    assert outcome.reached
    assert {part.exercise for part in outcome.yours} >= {"split_heads", "merge_heads"}
    assert "cross_attention" not in {part.exercise for part in outcome.yours}, "the game has one sequence"
    assert outcome.text.startswith("★ 08-heads")
    assert "4 heads, letters right, %" in outcome.text
    assert "head 0" in outcome.text, "the picture is the reward"
    assert list(stars(open_workspace(mine))) == ["08-heads"]
    assert "★ 08-heads" in milestones_text(open_workspace(mine))


def exercises(lab):
    from autograder.student.labfile import read_lab
    from autograder.student.workspace import released_labs

    released = read_lab(released_labs()[lab], lab)
    return [name for name in released.answers if not released.by_hand(name)]


BROKEN = "def split_heads(x, n_heads):\n    return x.unflatten(-1, (n_heads, -1)).transpose(-3, -2) * 0.0"


def test_a_miss_names_the_answer_in_whose_place_the_courses_own_gets_there(mine, monkeypatch):
    """Checks reject this answer; here it counts as solved, so that the milestone has to find it."""
    for lab in ("07-attention", "08-heads"):
        solve(mine, lab, **dict.fromkeys(exercises(lab), ""))
    solve(mine, "08-heads", split_heads=BROKEN)
    ran = frozenset(
        {
            "attention.causal_mask",
            "heads.split_heads",
            "heads.merge_heads",
            "heads.MultiHeadAttention",
        }
    )

    def read_instead_of_train(package, *_):
        found = "* 0.0" in (package / "src" / "yours" / "heads.py").read_text()
        return Attempt({"4 heads, letters right, %": 4.0 if found else 99.0}, "", ran)

    monkeypatch.setattr(milestones, "attempt", read_instead_of_train)
    expect(monkeypatch, 99.0)
    outcome = reach(open_workspace(mine), stone_of())
    assert not outcome.reached
    assert [part.exercise for part in outcome.culprits] == ["split_heads"]
    assert outcome.text.startswith("☆ 08-heads")
    assert "With the course's own split_heads in the place of yours it is: revisit 08-heads" in outcome.text
    assert stars(open_workspace(mine)) == {}


def test_where_only_a_whole_labs_exchange_helps_all_of_it_is_named(mine, monkeypatch):
    lab = "08-heads"
    solve(mine, lab, **dict.fromkeys(exercises(lab), ""))
    ran = frozenset({"heads.split_heads", "heads.merge_heads"})

    def two_at_fault(package, *_):
        left_out = (package / "src" / "yours" / "heads.py").read_text().count("left out on purpose")
        return Attempt({"4 heads, letters right, %": 99.0 if left_out >= 2 else 4.0}, "", ran)

    monkeypatch.setattr(milestones, "attempt", two_at_fault)
    expect(monkeypatch, 99.0)
    culprits = reach(open_workspace(mine), stone_of()).culprits
    assert [part.exercise for part in culprits] == ["split_heads", "merge_heads"]


def test_counts_are_written_out():
    outcome = milestones.Outcome(
        stone_of(), Attempt({"parameters": 124439808.0, "loss": 2.76931}, "", frozenset()), []
    )
    assert "parameters: 124,439,808\nloss: 2.769" in outcome.text


def test_when_no_exchange_helps_it_says_so(mine, monkeypatch):
    solve(mine, "08-heads", **dict.fromkeys(exercises("08-heads"), ""))
    expect(monkeypatch, 1000.0)
    monkeypatch.setattr(
        milestones,
        "attempt",
        lambda *_: Attempt({"4 heads, letters right, %": 1.0}, "", frozenset({"heads.split_heads"})),
    )
    outcome = reach(open_workspace(mine), stone_of())
    assert outcome.culprits == []
    assert "no single lesson's parts are the cause" in outcome.text


def test_a_training_that_fails_says_why(mine):
    solve(mine, "08-heads", **dict.fromkeys(exercises("08-heads"), ""))
    solve(mine, "08-heads", split_heads="def split_heads(x, n_heads):\n    return 1 / 0")
    with pytest.raises(UserError, match="your package does not train: ZeroDivisionError: division by zero"):
        reach(open_workspace(mine), stone_of())


def test_trained_gpts_are_numbered_and_none_is_replaced(tmp_path):
    assert milestones.new_run(tmp_path)["name"] == "gpt-1"
    for name in ("gpt-2", "gpt-10", "gpt-x", "chars"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    assert [p.name for p in milestones.runs_of(tmp_path)] == ["gpt-2", "gpt-10"]
    assert milestones.new_run(tmp_path) == {"name": "gpt-11", "out": str(tmp_path / "runs")}


def test_the_list_and_the_status_say_what_is_ready(mine, capsys):
    workspace = open_workspace(mine)
    assert f"{len(exercises('05-seq2seq'))} exercises to go" in milestones_text(workspace)
    solve(mine, "08-heads", **dict.fromkeys(exercises("08-heads"), ""))
    assert main(["course", "milestones", "--folder", str(mine)]) == 0
    assert "ready: `seq2gpt course milestone 08-heads`, about 1 min" in capsys.readouterr().out
    assert main(["course", "status", "--folder", str(mine)]) == 0
    assert "A milestone is ready: `seq2gpt course milestone 08-heads`." in capsys.readouterr().out
    note(mine, milestone="08-heads", figure=99.5)
    assert main(["course", "status", "--folder", str(mine)]) == 0
    said = capsys.readouterr().out
    assert "★ 08-heads" in said
    assert "is ready" not in said
    assert main(["course", "milestone", "06", "--folder", str(mine)]) == 2
    assert "not solved yet" in capsys.readouterr().err


def test_a_preset_trains_by_the_students_functions_and_leaves_nothing_behind(mine, monkeypatch):
    monkeypatch.chdir(mine)
    settings = {"d_model": 16, "n_heads": 2, "n_layers": 1, "context_length": 16, "n_steps": 2, "n_warmup": 0}
    (mine / "text.txt").write_text("the red bird sings, the grey bird sleeps. " * 100)
    settings["data"] = str(mine / "text.txt")
    stone = Milestone("08-heads", "x", "tiny", "loss on held-out text, nats", "low", settings=settings)
    before = set(os.listdir(mine))
    result, _ = milestones.train_with(open_workspace(mine), stone, settings)
    assert 2 < result.figures[stone.figure] < 6
    assert result.ran >= {"heads.split_heads", "blocks.TransformerBlock", "heads.MultiHeadAttention"}
    assert set(os.listdir(mine)) == before
