"""``python -m tests.audit SITE [WORDS]``: all pages, or those whose address holds one of the words."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.audit.links import broken_links
from tests.audit.pages import DESK, PHONE, visit
from tests.audit.server import serving
from tests.chromium import CHROMIUM


def main(site: Path, words: list[str]) -> int:
    names = sorted(
        path.relative_to(site).as_posix() for path in site.rglob("*.html") if "_static" not in path.parts
    )
    names = [name for name in names if not words or any(word in name for word in words)]
    problems = [f"broken link: {link}" for link in broken_links(site)]
    print(f"{len(problems)} broken links")
    heaviest = {False: (0, ""), True: (0, "")}
    violations = 0
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in names:
            for scheme, width in (("light", DESK), ("dark", PHONE)):
                found = visit(browser, address, name, scheme, width)
                heaviest[found.has_widget] = max(heaviest[found.has_widget], (found.n_bytes, name))
                violations += len(found.violations)
                problems += found.problems
                print("\n".join(found.problems), end="\n" if found.problems else "", flush=True)
        browser.close()
    print(f"{len(names)} pages, each in light and dark: {violations} violations of axe's rules")
    for kind, (n_bytes, name) in heaviest.items():
        print(
            f"heaviest first visit of a {'widget' if kind else 'text'} page: {n_bytes / 1000:.0f} kB, {name}"
        )
    print(f"{len(problems)} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
