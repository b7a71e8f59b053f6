"""The still pictures of the widgets: drawn by a browser when the site is built, and left out where there is none."""

import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("jupyter_book", reason="the extra `book` is not installed")

from PIL import Image

from chromium import CHROMIUM, ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))  # where Sphinx finds the book's own extensions

import seq2gpt_stills as stills

WIDGETS, STYLE = ROOT / "src/seq2gpt/widgets", ROOT / "book/assets/site.css"


def test_a_sheet_is_cut_into_pictures_without_the_paper_below(tmp_path):
    sheet = Image.new("RGB", (stills.COLUMNS * stills.WIDTH, 2 * stills.HEIGHT), stills.PAPER)
    names = ["a", "b", "c", "empty", "d"]
    for index, height in ((0, 110), (1, 70), (2, 13), (4, 230)):
        left, top = stills.place(index)
        sheet.paste((15, 92, 99), (left, top, left + 31, top + height))
    sheet.save(tmp_path / "sheet.png")
    stills.cut(tmp_path / "sheet.png", names, tmp_path / "cut")
    heights = {}
    for file in (tmp_path / "cut").iterdir():
        with Image.open(file) as picture:
            heights[file.stem] = picture.size[1]
    assert heights == {"a": 110, "b": 70, "c": 13, "d": 230}


def test_a_browser_that_draws_nothing_leaves_no_picture(tmp_path):
    stills.draw(["attention"], WIDGETS, STYLE, tmp_path / "stills", "true")
    assert not (tmp_path / "stills").exists()


@pytest.mark.browser
def test_a_widget_is_drawn_as_it_is_at_the_start(tmp_path):
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    stills.draw(["recurrent", "positions", "absent"], WIDGETS, STYLE, tmp_path, CHROMIUM)
    assert {file.stem for file in tmp_path.iterdir()} == {"recurrent", "positions"}
    with Image.open(tmp_path / "positions.png") as picture:
        assert picture.size[0] == stills.WIDTH
        assert picture.size[1] > 500
        colours = picture.convert("RGB").getcolors(1 << 24)
    blue = sum(count for count, (r, _, b) in colours if b - r > 90)
    assert blue > 10_000  # the matrix was painted, not the frame alone
    for file in tmp_path.iterdir():
        assert file.stat().st_size < 60_000


@pytest.mark.parametrize(
    ("kind", "page", "source", "later"),
    [
        ("html", "book/07-attention/lesson", "../../_static/stills/attention.png", True),
        ("html", "index", "_static/stills/attention.png", True),
        ("singlehtml", "book/07-attention/lesson", "../_static/stills/attention.png", False),
        ("epub", "book/index", "../_static/stills/attention.png", False),
    ],
)
def test_a_page_refers_to_the_picture_from_where_it_lies(tmp_path, kind, page, source, later):
    builder = SimpleNamespace(
        name=kind, outdir=tmp_path, current_docname=page, config=SimpleNamespace(root_doc="book/index")
    )
    assert stills.picture_of("attention", "Cards", builder) == ""
    (tmp_path / "_static/stills").mkdir(parents=True)
    Image.new("RGB", (358, 500)).save(tmp_path / "_static/stills/attention.png")
    element = stills.picture_of("attention", "Cards &amp; more", builder)
    assert f'src="{source}" width="358" height="500" alt="Cards &amp; more: a still picture"' in element
    assert ('loading="lazy"' in element) == later
