"""A real browser for the tests of what runs in one: a static server on this machine, and Chromium.

Every other host is out of reach, and whatever a page complains about is collected.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

ROOT = Path(__file__).parent.parent
WITHOUT_WEBASSEMBLY = "delete globalThis.WebAssembly"
PAGE = """<!DOCTYPE html>
<html lang="en"{theme}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>test</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="_static/widgets/widgets.css">
<style>body {{ margin: 8px; }}</style></head>
<body>{body}<script type="module" src="_static/widgets/host.js"></script></body>
</html>"""
FIGURE = """<div class="s2g-widget" data-widget="{name}" role="group" aria-label="{name}">
<script type="application/json">{state}</script><div class="s2g-still">A still picture.</div></div>"""


class Site:
    """A folder laid out as the built site is, served from 127.0.0.1, and pages open in Chromium."""

    def __init__(self, folder: Path, address: str, browser) -> None:
        self.folder, self.address, self.browser = folder, address, browser
        static = folder / "_static"
        shutil.copytree(ROOT / "src/seq2gpt/widgets", static / "widgets", dirs_exist_ok=True)

    def write(self, body: str, theme: str = "", name: str = "page.html") -> str:
        (self.folder / name).write_text(PAGE.format(body=body, theme=theme), encoding="utf-8")
        return name

    def open(self, name: str, width: int = 800, wait_until: str = "networkidle", before: str = "", **context):
        """The page, and the list of its faults, which grows while the page is used.

        ``before`` is a script that runs ahead of the page's own.
        """
        page = self.browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
        page.add_init_script(before)
        faults: list[str] = []
        page.route(
            lambda url: not url.startswith((self.address, "data:", "blob:")),
            lambda route: (faults.append(f"asks another host: {route.request.url}"), route.abort()),
        )
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
        page.goto(self.address + name, wait_until=wait_until)
        return page, faults


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """The tests print what matters."""


@contextmanager
def site_in(folder: Path) -> Iterator[Site]:
    """Serve ``folder`` and start Chromium, or skip the tests where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            yield Site(folder, f"http://127.0.0.1:{server.server_port}/", browser)
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
