"""The figures of the lessons follow the colours of the page, by day and by night."""

import re

import pytest

from chromium import ROOT
from seq2gpt.figures import INK, PAPER, new_figure, svg


def test_text_takes_the_pages_colour_and_a_box_the_colour_behind_it():
    figure, axes = new_figure(1.0)
    axes.text(0, 0, "a norm", color=INK, bbox={"facecolor": PAPER, "edgecolor": INK})
    drawing = svg(figure, 'a "box"', "boxes")
    assert "fill: var(--s2g-paper, var(--jp-layout-color0, white)); stroke: currentColor" in drawing
    assert INK not in drawing
    assert PAPER not in drawing
    assert 'aria-label="a &quot;box&quot;"' in drawing


@pytest.mark.parametrize("file", sorted(ROOT.glob("book/*/figures.py")), ids=lambda file: file.parent.name)
def test_no_figure_is_drawn_in_black_or_on_white(file):
    """Black text is the page's text in the book's style sheet, light at night: on a white box it cannot be read."""
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"""["']?facecolor["']?[:=] ?["']white|["']?color["']?[:=] ?["']black""", text) == []
