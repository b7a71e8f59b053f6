"""A still picture of each widget, for readers without JavaScript, for paper, and for where a widget cannot load.

Chromium draws all widgets as they are at the start on one sheet, at the width of a phone; the sheet is cut into pictures. They
are drawn again when a file of the widgets or of the site's style changes. Without a Chromium a sentence stands there alone.
"""

import hashlib
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sphinx.application import Sphinx

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, HEIGHT, COLUMNS = 358, 1900, 4  # of a slot of the sheet, in pixels, and slots side by side
PAPER = (253, 252, 249)  # --s2g-paper of site.css, the colour between the widgets
COLOURS = 32  # are enough for text, bars and the colours of signs; a picture has some 20 kB
PATIENCE = 300  # seconds, for a busy machine

SHEET = """<!DOCTYPE html><html lang="en" data-theme="light"><meta charset="utf-8">
<link rel="stylesheet" href="site.css"><link rel="stylesheet" href="widgets/widgets.css">
<style>body {{ margin: 0; background: rgb{paper}; font-family: var(--pst-font-family-base); }}
.slot {{ position: absolute; width: {width}px; height: {height}px; overflow: hidden; }} .s2g-root {{ margin: 0 !important; }} .s2g-failed {{ display: none; }}</style>
{slots}<script type="module" src="widgets/host.js"></script></html>"""
SLOT = """<div class="slot" style="left: {left}px; top: {top}px"><div class="s2g-widget" data-widget="{name}">
<script type="application/json">{{}}</script><div class="s2g-still"></div></div></div>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """The builder's own lines are enough."""


def place(index: int) -> tuple[int, int]:
    """Left and top of a slot.

    >>> place(5)
    (358, 1900)
    """
    return index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT


def draw(names: list[str], widgets: Path, style: Path, target: Path, browser: str) -> None:
    """Write a picture of each widget into the folder ``target``; of one that does not draw itself, none."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(widgets, folder / "widgets", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        shutil.copy2(style, folder / "site.css")
        slots = "".join(
            SLOT.format(name=name, left=place(i)[0], top=place(i)[1]) for i, name in enumerate(names)
        )
        page = SHEET.format(paper=PAPER, width=WIDTH, height=HEIGHT, slots=slots)
        (folder / "sheet.html").write_text(page, encoding="utf-8")
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        size = f"{COLUMNS * WIDTH},{(len(names) - 1) // COLUMNS * HEIGHT + HEIGHT}"
        words = [
            browser, "--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={size}", "--virtual-time-budget=20000",
            f"--screenshot={folder / 'sheet.png'}", f"http://127.0.0.1:{server.server_port}/sheet.html",
        ]  # fmt: skip
        try:
            subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return
        finally:
            server.shutdown()
            server.server_close()
        cut(folder / "sheet.png", names, target)


def cut(sheet: Path, names: list[str], target: Path) -> None:
    """The sheet's pictures, each without the empty paper below it."""
    from PIL import Image, ImageChops

    if not sheet.is_file():
        return
    target.mkdir(parents=True, exist_ok=True)
    with Image.open(sheet) as opened:
        whole = opened.convert("RGB")
    for i, name in enumerate(names):
        left, top = place(i)
        slot = whole.crop((left, top, left + WIDTH, top + HEIGHT))
        box = ImageChops.difference(slot, Image.new("RGB", slot.size, PAPER)).getbbox()
        if box:
            picture = slot.crop((0, 0, WIDTH, box[3])).quantize(COLOURS, dither=Image.Dither.NONE)
            picture.save(target / f"{name}.png", optimize=True)


def ready(app: Sphinx) -> None:
    """Pictures in the folder of the build's state; their copies in the output, where pages refer to them."""
    source = Path(app.srcdir)
    widgets, style = source / "src/seq2gpt/widgets", source / "book/assets/site.css"
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if app.builder.format != "html" or browser is None or not style.is_file():
        return
    files = [style, Path(__file__), *sorted(widgets.glob("*.js")), *sorted(widgets.glob("*.css")), *sorted(widgets.glob("*.json"))]  # fmt: skip
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    stills = Path(app.doctreedir).parent / "stills"
    if not (stills / digest).is_dir():
        shutil.rmtree(stills, ignore_errors=True)
        modules = sorted(widgets.glob("*.js"))
        names = [file.stem for file in modules if "export default" in file.read_text(encoding="utf-8")]
        # The playground draws nothing before its model is there, and says so in words.
        draw([name for name in names if name != "playground"], widgets, style, stills / digest, browser)
    if (stills / digest).is_dir():
        shutil.copytree(stills / digest, Path(app.outdir, "_static", "stills"), dirs_exist_ok=True)


def picture_of(name: str, label: str, builder: Any) -> str:
    """The element that shows a widget's still picture, or nothing where there is none."""
    from PIL import Image

    file = Path(builder.outdir, "_static", "stills", f"{name}.png")
    if not file.is_file():
        return ""
    with Image.open(file) as opened:
        width, height = opened.size
    page = builder.config.root_doc if builder.name == "singlehtml" else builder.current_docname
    above = "../" * page.count("/")
    later = ' loading="lazy"' if builder.name == "html" else ""  # a widget that runs takes its place
    return f'<img src="{above}_static/stills/{name}.png" width="{width}" height="{height}" alt="{label}: a still picture"{later} />'


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", ready)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
