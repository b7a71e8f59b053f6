"""Figures of the course: their axes, what a page gets of them, and the colours of the page, by day and by night."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from chromium import ROOT
from seq2gpt.figures import INK, PAPER, WIDTH, new_figure, svg


def test_a_figure_has_the_course_width_and_the_axes_asked_for() -> None:
    figure, axes = new_figure(3.0, rows=2, columns=5, sharey=True)
    assert tuple(figure.get_size_inches()) == (WIDTH, 3)
    assert np.shape(axes) == (2, 5)
    assert axes[0, 0].get_shared_y_axes().joined(axes[0, 0], axes[1, 4])
    assert np.shape(new_figure(3.0)[1]) == ()


def test_a_drawing_says_what_it_shows_and_keeps_its_ids_apart() -> None:
    figure, axes = new_figure(2.0)
    axes.plot([0, 1], [2, 3])
    root = ET.fromstring(svg(figure, 'a line that "rises"', "one"))
    assert root.get("aria-label") == 'a line that "rises"'
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert ids
    assert all(name.startswith("one-") for name in ids)


def test_text_takes_the_pages_colour_and_a_box_the_colour_behind_it() -> None:
    figure, axes = new_figure(1.0)
    axes.text(0, 0, "a norm", color=INK, bbox={"facecolor": PAPER, "edgecolor": INK})
    drawing = svg(figure, "a box", "boxes")
    assert "fill: var(--s2g-paper, var(--jp-layout-color0, white)); stroke: currentColor" in drawing
    assert INK not in drawing
    assert PAPER not in drawing


@pytest.mark.parametrize("file", sorted(ROOT.glob("book/*/figures.py")), ids=lambda file: file.parent.name)
def test_no_figure_is_drawn_in_black_or_on_white(file: Path) -> None:
    """Black text is the page's text in the book's style sheet, light at night: on a white box it cannot be read."""
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"""["']?facecolor["']?[:=] ?["']white|["']?color["']?[:=] ?["']black""", text) == []
