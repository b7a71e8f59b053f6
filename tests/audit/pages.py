"""One page in Chromium: its faults, axe's verdict, and what a first visit loads."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

AXE = Path(__file__).parent.parent / "vendor" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async rules => (await axe.run(document, {runOnly: rules, resultTypes: ["violations"]})).violations
  .map(({id, help, nodes}) => [id, help, nodes.length, nodes[0].target.join(" "), nodes[0].html.slice(0, 160)])"""
# site.js has looked at all boxes that scroll, which asks for fonts of formulas, and again with these fonts.
MEASURED = (
    "typeof unmeasured === 'undefined' || (document.fonts.status === 'loaded' && unmeasured.length === 0)"
)
PHONE, DESK = 390, 1280
TEXT_PAGE, WIDGET_PAGE = 600_000, 900_000  # bytes that a first visit may cost, packed


@dataclass
class Verdict:
    """What was found on a page in one colour scheme."""

    page: str
    scheme: str
    faults: list[str] = field(default_factory=list)
    violations: list[list[Any]] = field(default_factory=list)
    n_bytes: int = 0
    has_widget: bool = False

    @property
    def problems(self) -> list[str]:
        most = WIDGET_PAGE if self.has_widget else TEXT_PAGE
        heavy = [f"loads {self.n_bytes:,} bytes, more than {most:,}"] if self.n_bytes > most else []
        told = [f"axe {rule}: {text} ({n}): {where} {html}" for rule, text, n, where, html in self.violations]
        return [f"{self.page} ({self.scheme}): {text}" for text in [*self.faults, *told, *heavy]]


def visit(browser: Any, address: str, name: str, scheme: str, width: int) -> Verdict:
    """Open a page for the first time, with every other host out of reach, and look at it."""
    found = Verdict(name, scheme)
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page = context.new_page()
    watch(page, address, found.faults)
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: count(found, event["encodedDataLength"]))
    page.goto(address + name, wait_until="networkidle", timeout=120_000)
    page.wait_for_function(MEASURED)
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.faults.append(f"is wider than {width} pixels")
    found.has_widget = page.locator(".s2g-root").count() > 0
    loaded = found.n_bytes
    page.add_script_tag(path=AXE)
    found.violations = page.evaluate(RUN_AXE, RULES)
    found.n_bytes = int(loaded)
    context.close()
    return found


def count(found: Verdict, n_bytes: float) -> None:
    found.n_bytes += int(n_bytes)


def watch(page: Any, address: str, faults: list[str]) -> None:
    """Collect requests to other hosts, errors of the console, exceptions and failed requests."""
    page.route(
        lambda url: not url.startswith((address, "data:", "blob:")),
        lambda route: (faults.append(f"asks another host: {route.request.url}"), route.abort()),
    )
    page.on("console", lambda message: message.type == "error" and faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on(
        "response", lambda reply: reply.status >= 400 and faults.append(f"answer {reply.status}: {reply.url}")
    )
