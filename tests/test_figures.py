"""Figures of the course: their axes, and what a page gets of them."""

import xml.etree.ElementTree as ET

import numpy as np

from seq2gpt.figures import WIDTH, new_figure, svg


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
