"""``python -m tests.audit.lighthouse SITE [PAGES]``: Lighthouse's four marks, each the median of three visits of a slow phone.

Lighthouse is a program of npm and no part of the course: ``npm install --global lighthouse``. Its performance mark counts the
milliseconds in which the page cannot answer, by the clock, so a busy machine lowers it: its load stands in the report, and
``tests.audit.tasks`` counts processor time instead.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from tests.audit.server import serving
from tests.chromium import CHROMIUM

LEAST = {"performance": 90, "accessibility": 95, "best-practices": 95, "seo": 95}
PAGES = (
    "book/index.html", "book/07-attention/lesson.html", "book/14-training/lesson.html", "book/07-attention/more.html",
    "exercises/07-attention/07-attention.html", "book/glossary.html", "book/playground.html",
)  # fmt: skip
VISITS = 3


def marks(lighthouse: str, url: str) -> tuple[dict[str, float], dict[str, str], float]:
    """The marks of one visit, what was measured, and how fast Lighthouse found the machine."""
    words = [
        lighthouse, url, "--quiet", "--output=json", f"--only-categories={','.join(LEAST)}",
        "--chrome-flags=--headless=new --no-sandbox",
    ]  # fmt: skip
    environment = os.environ | {"CHROME_PATH": str(CHROMIUM)}
    result = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    report = json.loads(result.stdout)
    names = (
        "first-contentful-paint",
        "largest-contentful-paint",
        "total-blocking-time",
        "cumulative-layout-shift",
    )
    return (
        {name: 100 * category["score"] for name, category in report["categories"].items()},
        {name: report["audits"][name]["displayValue"].replace("\xa0", " ") for name in names},
        report["environment"]["benchmarkIndex"],
    )


def main(site: Path, pages: list[str]) -> int:
    lighthouse = shutil.which("lighthouse")
    if lighthouse is None:
        print(
            "there is no program `lighthouse`; install it with `npm install --global lighthouse`",
            file=sys.stderr,
        )
        return 2
    failures = 0
    with serving(site) as address:
        for page in pages or PAGES:
            visits = [marks(lighthouse, address + page) for _ in range(VISITS)]
            medians = {name: statistics.median(visit[0][name] for visit in visits) for name in LEAST}
            failures += any(medians[name] < least for name, least in LEAST.items())
            print(f"{page}: " + ", ".join(f"{name} {mark:.0f}" for name, mark in medians.items()))
            for _, measured, speed in visits:
                said = ", ".join(f"{name} {value}" for name, value in measured.items())
                print(f"  {said}; benchmark index {speed:.0f}, load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"{failures} pages below " + ", ".join(f"{name} {least}" for name, least in LEAST.items()))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
