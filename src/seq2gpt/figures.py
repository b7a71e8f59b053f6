"""One look for all figures: drawn by matplotlib, shown as inline SVG that follows the page's colours.

Text and axes are drawn in a stand-in colour that becomes ``currentColor``, so a figure is legible in
light and dark pages alike. Figures are narrow enough to be read on a phone without scaling down.
"""

import html
import io
import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from IPython.display import HTML

INK = "#010203"  # stands for the page's text colour
PAPER = "#fdfefc"  # stands for what lies behind the figure, on the site or in JupyterLab
BLUE, ORANGE, GREEN, GREY = "#2f7fd1", "#d9731a", "#2a9d6f", "#8a8f98"
WIDTH = 5.2  # inches, about the width of a phone at 72 points an inch

STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10.5,
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, GREY]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "lines.linewidth": 1.8,
}


def new_figure(height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure of the course's width and its axes; what is drawn later, texts and legends, is in its style too."""
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def svg(figure: Figure, alt: str, name: str) -> str:
    """The figure as an SVG element with a text alternative; ``name`` keeps its ids apart from others."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE | {"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace(INK, "currentColor")
    drawing = drawing.replace(PAPER, "var(--s2g-paper, var(--jp-layout-color0, white))")
    # Ids of different figures on one page must differ.
    drawing = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", drawing)
    label = html.escape(alt, quote=True)
    opening = f'<svg role="img" aria-label="{label}" style="max-width:100%;height:auto" '
    return opening + drawing[len("<svg ") :]


def show(figure: Figure, alt: str, name: str) -> "HTML":
    """The figure for a notebook or a page, with ``alt`` for those who cannot see it."""
    from IPython.display import HTML

    return HTML(f'<figure class="s2g-figure">{svg(figure, alt, name)}</figure>')
