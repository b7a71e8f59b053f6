"""``make course``: stages run when something changed, and only then."""

import json
from pathlib import Path

import pytest

from autograder.pipeline import STAGES, STAMPS, Result, Stage, make_all, summary, train_model
from seq2gpt.errors import UserError
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.trainer import TrainResult


class Kitchen:
    """Three stages that depend on one another, and a record of which ran."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ran: list[str] = []
        self.said: list[str] = []
        self.fails: Exception | None = None
        (root / "book" / "01-mini").mkdir(parents=True)
        (root / "book" / "01-mini" / "lab.md").write_text("")
        (root / "flour.txt").write_text("white")

    def stage(self, name: str, source: str, target: str) -> Stage:
        def run(root: Path, key: str) -> Result:
            if self.fails and name == "bread":
                raise self.fails
            self.ran.append(name)
            (root / target).write_text(f"{name} of {(root / source).read_text()}")
            return {"made": name, "key": key}

        return Stage(name, run, (source,), (target,), ("pip",))

    def make(self) -> list[str]:
        """Run the stages; returns the names of those that did something."""
        self.ran, self.said = [], []
        stages = [
            self.stage("dough", "flour.txt", "dough.txt"),
            self.stage("bread", "dough.txt", "bread.txt"),
            self.stage("toast", "bread.txt", "toast.txt"),
        ]
        self.results = make_all(self.root, stages, self.said.append)
        return self.ran


@pytest.fixture
def kitchen(tmp_path: Path) -> Kitchen:
    return Kitchen(tmp_path)


def test_nothing_is_repeated_without_a_change(kitchen: Kitchen) -> None:
    assert kitchen.make() == ["dough", "bread", "toast"]
    first = kitchen.results
    assert kitchen.make() == []
    assert kitchen.results == first
    assert [line.endswith(" s, unchanged") for line in kitchen.said[:3]] == [True] * 3


def test_a_change_repeats_what_depends_on_it(kitchen: Kitchen) -> None:
    kitchen.make()
    (kitchen.root / "flour.txt").write_text("brown")
    assert kitchen.make() == ["dough", "bread", "toast"]
    assert (kitchen.root / "toast.txt").read_text() == "toast of bread of dough of brown"


@pytest.mark.parametrize("change", [lambda p: p.unlink(), lambda p: p.write_text("mould")])
def test_an_output_that_is_gone_or_changed_is_made_again(kitchen: Kitchen, change) -> None:
    kitchen.make()
    change(kitchen.root / "bread.txt")
    assert kitchen.make() == ["bread"]  # it comes out as before, so the toast is still good


def test_another_tool_version_repeats_the_stage(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen.make()
    monkeypatch.setattr("autograder.pipeline.metadata.version", lambda name: "99.0")
    assert kitchen.make() == ["dough", "bread", "toast"]
    monkeypatch.setattr("autograder.pipeline.platform.python_version", lambda: "3.99.0")
    assert kitchen.make() == ["dough", "bread", "toast"]


def test_a_failure_names_the_stage_and_keeps_the_others(kitchen: Kitchen) -> None:
    kitchen.fails = UserError("the oven is cold; heat it")
    with pytest.raises(UserError, match="^stage bread did not finish: the oven is cold; heat it$"):
        kitchen.make()
    assert kitchen.ran == ["dough"]
    kitchen.fails = RuntimeError("fire")
    with pytest.raises(RuntimeError) as caught:
        kitchen.make()
    assert caught.value.__notes__ == ["This happened in stage bread; the stages before it are finished."]
    kitchen.fails = None
    assert kitchen.make() == ["bread", "toast"]


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_damaged_stamps_cost_time_only(kitchen: Kitchen, content: str) -> None:
    kitchen.make()
    (kitchen.root / STAMPS).write_text(content)
    assert kitchen.make() == ["dough", "bread", "toast"]
    assert set(json.loads((kitchen.root / STAMPS).read_text())) == {"dough", "bread", "toast"}


def test_caches_and_hidden_files_are_no_inputs(kitchen: Kitchen) -> None:
    stage = Stage("all", lambda root, key: {}, ("book/**/*",), ("flour.txt",))
    make_all(kitchen.root, [stage], kitchen.said.append)
    (kitchen.root / "book" / "__pycache__").mkdir()
    (kitchen.root / "book" / "__pycache__" / "a.pyc").write_text("x")
    (kitchen.root / "book" / ".a.swp").write_text("x")
    kitchen.said.clear()
    make_all(kitchen.root, [stage], kitchen.said.append)
    assert kitchen.said[0].endswith("unchanged")


def test_outside_a_checkout_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run this in a checkout of the course"):
        make_all(tmp_path)


def test_stages_come_after_what_they_read() -> None:
    """What one stage leaves, no earlier stage reads."""
    made = [output for stage in STAGES for output in stage.outputs]
    for number, stage in enumerate(STAGES):
        later = {output for after in STAGES[number + 1 :] for output in after.outputs}
        assert not later & set(stage.inputs), stage.name
    assert len(made) == len(set(made))
    assert [stage.name for stage in STAGES] == ["labs", "release", "class", "train", "export", "site"]


def test_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = summary(
        tmp_path,
        {
            "class": {"tables": {"01-mini": "ada 5\nbob 3"}},
            "train": {"val_loss": 1.234, "train_loss": 1.1, "sample": "\nOne.\nTwo.\n"},
            "site": {},
        },
    )
    assert "Sample class, lab 01-mini:\n\n  ada 5\n  bob 3\n" in text
    assert "1.23 nats per character" in text
    assert "  | One.\n  | Two.\n" in text
    assert " -m http.server --directory build/site\n" in text
    assert text.endswith("and open http://localhost:8000")


class FakeTrainer:
    """In the place of :func:`seq2gpt.run.trainer.train`: remembers how it was called."""

    def __init__(self, checkpoint: bool) -> None:
        self.checkpoint = checkpoint
        self.resumed: list[bool] = []

    def __call__(self, config: TrainConfig, resume: bool = False) -> TrainResult:
        self.resumed.append(resume)
        if resume and not self.checkpoint:
            raise UserError("no checkpoint")
        assert resume == config.folder.exists()
        config.folder.mkdir(exist_ok=True)
        return TrainResult(
            run=config.folder, train_loss=1.0, val_loss=2.0, bits_per_byte=3.0, unit="character", n_steps=4,
            seconds=0.1, sample="text",
        )  # fmt: skip


@pytest.mark.parametrize("checkpoint", [True, False])
def test_an_interrupted_training_goes_on_unless_something_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoint: bool
) -> None:
    trainer = FakeTrainer(checkpoint)
    monkeypatch.setattr("seq2gpt.run.trainer.train", trainer)
    assert train_model(tmp_path, "key") == {"val_loss": 2.0, "train_loss": 1.0, "sample": "text"}
    train_model(tmp_path, "key")
    assert trainer.resumed == ([False, True] if checkpoint else [False, True, False])
    trainer.resumed.clear()
    train_model(tmp_path, "another key")
    assert trainer.resumed == [False]
