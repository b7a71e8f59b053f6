"""A loss curve that grows while a model trains: one figure in a notebook, brought up to date in its place.

Where no notebook listens, as in a terminal or a test, nothing is shown.
"""

import sys
import time
from typing import Any

WIDTH, HEIGHT, LEFT, BOTTOM = 480, 200, 44, 30
BLUE, GREY = "#2f7fd1", "#8a8f98"
PAUSE = 1.0  # seconds between two drawings, so that a notebook is not flooded


class LiveCurve:
    """The loss of every step, with a mean that runs along; drawn at most once a second.

    >>> curve = LiveCurve(n_steps=3)
    >>> for loss in (3.0, 2.5, 2.0):
    ...     curve.add(loss)
    >>> curve.caption()
    'step 3 of 3, mean loss 2.50'
    """

    def __init__(self, n_steps: int, title: str = "loss on the batch, nats") -> None:
        self.n_steps, self.title = n_steps, title
        self.losses: list[float] = []
        self.means: list[float] = []
        self._handle: Any = None
        self._drawn = 0.0

    def add(self, loss: float) -> None:
        """Take the next loss; draw if it is time, and after the last step."""
        self.losses.append(loss)
        share = max(0.05, 1 / len(self.losses))
        self.means.append(loss if not self.means else self.means[-1] + share * (loss - self.means[-1]))
        if len(self.losses) == self.n_steps or time.monotonic() - self._drawn > PAUSE:
            self.draw()

    def draw(self) -> None:
        """Show the figure, or bring the one that is shown up to date."""
        if not in_a_notebook():
            return
        from IPython.display import HTML, display

        figure = HTML(f'<figure class="s2g-figure">{self.svg()}</figure>')
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        self._drawn = time.monotonic()

    def caption(self) -> str:
        """How far training is, in words."""
        return f"step {len(self.losses)} of {self.n_steps}, mean loss {self.means[-1]:.2f}"

    def svg(self) -> str:
        """The curve as SVG; it takes the colours of the page."""
        top, low = max(self.losses), min(self.losses)
        high, low = top + 0.05 * (top - low) + 1e-9, low - 0.05 * (top - low)

        def line(values: list[float], colour: str, width: float) -> str:
            every = max(1, len(values) // 400)
            kept = [*enumerate(values)][::every]
            points = " ".join(
                f"{LEFT + (WIDTH - LEFT - 8) * (i + 1) / self.n_steps:.1f},"
                f"{8 + (HEIGHT - BOTTOM - 8) * (high - value) / (high - low):.1f}"
                for i, value in kept
            )
            return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

        axis = f'<path d="M{LEFT},8V{HEIGHT - BOTTOM}H{WIDTH - 8}" fill="none" stroke="currentColor"/>'
        texts = (
            (LEFT - 4, 16, "end", f"{high:.2f}"),
            (LEFT - 4, HEIGHT - BOTTOM, "end", f"{low:.2f}"),
            (WIDTH - 8, HEIGHT - 10, "end", f"{self.title} · {self.caption()}"),
        )
        words = "".join(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="12" fill="currentColor">{text}</text>'
            for x, y, anchor, text in texts
        )
        return (
            f'<svg role="img" aria-label="{self.title}: {self.caption()}" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'style="max-width:100%;height:auto">{axis}'
            f"{line(self.losses, GREY, 0.8)}{line(self.means, BLUE, 2.0)}{words}</svg>"
        )


def in_a_notebook() -> bool:
    """Whether this code runs in the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")
