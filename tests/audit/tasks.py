"""``python -m tests.audit.tasks SITE PAGES``: what a page costs the browser's main thread, in processor time.

A phone is taken to be four times slower than this machine, as Lighthouse takes it; blocked are the milliseconds of each task
beyond the first 50. Processor time is nearly the same on an idle and on a busy machine. Median of three first visits.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.audit.server import serving
from tests.chromium import CHROMIUM

SLOWER, FREE = 4, 50
VISITS = 3
AFTERWARDS = 1500  # milliseconds in which what waits for an idle moment is done


def tasks_of(browser: Any, url: str) -> list[float]:
    """Processor milliseconds of each task of the page's main thread."""
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder, "trace.json")
        browser.start_tracing(path=trace, categories=["toplevel", "disabled-by-default-devtools.timeline"])
        context = browser.new_context(viewport={"width": 412, "height": 823}, device_scale_factor=1.75)
        page = context.new_page()
        page.goto(url, wait_until="load", timeout=120_000)
        page.wait_for_timeout(AFTERWARDS)
        context.close()
        browser.stop_tracing()
        events = json.loads(trace.read_text())["traceEvents"]
    threads: dict[tuple[int, int], list[float]] = {}
    for event in events:
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain":
            threads.setdefault((event["pid"], event["tid"]), [])
    for event in events:
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) in threads:
            threads[event["pid"], event["tid"]].append(event.get("tdur", 0) / 1000)
    return sorted(max(threads.values(), key=sum), reverse=True)


def blocked(tasks: list[float]) -> float:
    return sum(max(0, SLOWER * task - FREE) for task in tasks)


def main(site: Path, pages: list[str]) -> None:
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for page in pages:
            visits = [tasks_of(browser, address + page) for _ in range(VISITS)]
            tasks = sorted(visits, key=blocked)[VISITS // 2]
            longest = ", ".join(f"{task:.0f}" for task in tasks[:5])
            print(
                f"{page}: {sum(tasks):.0f} ms, longest tasks {longest}; blocked on a phone {blocked(tasks):.0f} ms"
            )
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
