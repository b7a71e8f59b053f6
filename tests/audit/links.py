"""Links and anchors of the built files, without a browser."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Anchors(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids, self.links = set[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id":
                self.ids.add(value or "")
            elif name in {"href", "src"} and tag != "base" and value:
                self.links.append(value)


def broken_links(site: Path) -> list[str]:
    """Every link of the site to a file or an anchor of its own that is not there."""
    site = site.resolve()
    pages = {
        path: Anchors(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
        if "_static" not in path.parts
    }
    return [
        f"{page.relative_to(site)}: {url}"
        for page, found in pages.items()
        for url in found.links
        if leads_nowhere(page, url, pages)
    ]


def leads_nowhere(page: Path, url: str, pages: dict[Path, Anchors]) -> bool:
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or url.startswith("/"):
        return False
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    return not target.is_file() or bool(
        parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids
    )
