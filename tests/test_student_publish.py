"""A trained model becomes one file that writes in a browser, from the disk and without a network."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from autograder.student.assembly import assemble
from autograder.student.find import open_workspace
from autograder.student.publish import in_script, last_loss, publish
from autograder.student.workspace import start
from chromium import CHROMIUM
from seq2gpt.cli import main
from seq2gpt.errors import UserError


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A package and a small run."""
    folder = tmp_path_factory.mktemp("published")
    start(folder / "mine")
    assemble(open_workspace(folder / "mine"), folder / "adas_gpt")
    (folder / "text.txt").write_text("The red bird sings. " * 100)
    small = "--d-model 16 --n-heads 2 --n-layers 1 --context-length 16 --n-steps 2 --n-warmup 0 --layout gpt2"
    words = [
        "train",
        "tiny",
        "--data",
        str(folder / "text.txt"),
        "--out",
        str(folder / "runs"),
        *small.split(),
    ]
    assert main(words) == 0
    return folder


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_page_writes_from_the_disk(place):
    page_file = place / "new" / "page.html"
    size = publish(place / "adas_gpt", place / "runs" / "tiny", page_file, title="Ada's <GPT>")
    assert size == page_file.stat().st_size < 200_000
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
        faults, asked = [], []
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url.split(":")[0]))
        page.goto(page_file.as_uri())
        page.locator(".s2g-next tbody tr").first.wait_for()
        page.locator(".s2g-generate").click()
        page.locator(".s2g-speed", has_text="characters").wait_for()
        text = page.locator("body").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()
    assert faults == []
    assert set(asked) <= {"file", "blob", "data"}
    assert "Ada's <GPT>" in text
    assert "parts were written by the author of this page" in text
    assert "2 steps of " in text
    assert "nats for each character" in text


def test_nothing_is_overwritten_and_a_run_that_is_none_is_named(place, tmp_path):
    (tmp_path / "page.html").write_text("mine")
    with pytest.raises(UserError, match="exists; choose another name with --to"):
        publish(place / "adas_gpt", place / "runs" / "tiny", tmp_path / "page.html")
    with pytest.raises(UserError, match="holds no run"):
        publish(place / "adas_gpt", place / "runs" / "none", tmp_path / "other.html")
    with pytest.raises(UserError, match="is no package that `seq2gpt course assemble` made"):
        publish(tmp_path, place / "runs" / "tiny", tmp_path / "other.html")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_what_stands_in_a_script_cannot_end_it():
    assert "<" not in in_script({"_esm": "</script><script>alert(1)"})
    assert json.loads(in_script(["</script>"])) == ["</script>"]


def test_the_last_loss_is_the_one_that_counts(tmp_path):
    assert last_loss(tmp_path) is None
    lines = [
        {"step": 1, "val_loss": 3.5},
        {"step": 2},
        {"step": 3, "val_loss": 2.5},
        {"step": 4, "val_loss": None},
    ]
    Path(tmp_path, "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert last_loss(tmp_path) == 2.5
