"""What the web wants of a page: its address, a description, a picture for links to it, and a map of the site.

The address is ``html_baseurl`` of the configuration. On a page that moves, a line tells readers without JavaScript what they
miss, and the button to edit a lab leads to the sheet that the lab is made of.
"""

import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

CARD = "card.png"
CARD_TEXT = "seq2gpt. From recurrent networks to GPT: what you solve is what you train."
LONGEST = 160  # characters of a description that search engines show
WITHOUT_SCRIPTS = (
    '<noscript><p class="s2g-noscript">This page is read without JavaScript: figures stand still.</p>'
    "</noscript>\n"
)


def describe(doctree: nodes.document) -> str:
    """The first paragraph of a page as one line, cut after a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) <= LONGEST else text[: text.rindex(" ", 0, LONGEST)] + " …"
    return ""


PARAMETERS = re.compile(r'<dl>\s*((?:<dd>\s*<em class="sig-param">.*?</dd>\s*)+)</dl>', re.DOTALL)


def parameters_in_lines(body: str) -> str:
    """A signature's parameters, one a line, as lines: Sphinx makes them a list of definitions without terms.

    >>> parameters_in_lines('<dl>\\n<dd><em class="sig-param">x</em>, </dd>\\n</dl>')
    '<div class="s2g-parameter"><em class="sig-param">x</em>, </div>\\n'
    """
    return PARAMETERS.sub(
        lambda found: found[1].replace("<dd>", '<div class="s2g-parameter">').replace("</dd>", "</div>"), body
    )


def page_address(app: Sphinx, pagename: str) -> str:
    return app.config.html_baseurl + app.builder.get_target_uri(pagename)


def tell_about_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None or app.builder.name != "html":
        return
    title = html.unescape(re.sub(r"<[^>]+>", "", context.get("title", "")))
    description = describe(doctree) or CARD_TEXT
    context["body"] = parameters_in_lines(context["body"])
    facts = {
        "og:type": "article", "og:site_name": "seq2gpt", "og:title": title, "og:description": description,
        "og:url": page_address(app, pagename), "og:image": f"{app.config.html_baseurl}_static/{CARD}",
        "og:image:width": "1200", "og:image:height": "630", "og:image:alt": CARD_TEXT,
    }  # fmt: skip
    tags = [f'<meta name="description" content="{html.escape(description)}">']
    tags += [f'<meta property="{name}" content="{html.escape(value)}">' for name, value in facts.items()]
    tags.append('<meta name="twitter:card" content="summary_large_image">')
    context["metatags"] = context.get("metatags", "") + "\n    ".join(["", *tags])
    # The empty corner of a table is no heading of anything.
    context["body"] = re.sub(r"<th( [^>]*)?>\s*(<p>\s*</p>)?\s*</th>", "<td></td>", context["body"])
    if re.search(r'class="s2g-widget|widget-view\+json', context["body"]):
        context["body"] = WITHOUT_SCRIPTS + context["body"]


def edit_the_source(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """A lab is generated: who wants to mend it has to edit the sheet."""
    lab = re.fullmatch(r"exercises/([^/]+)/.*", pagename)
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if lab and "/edit/" in button.get("url", ""):
                button["url"] = re.sub(r"exercises/.*", f"book/{lab[1]}/lab.md", button["url"])


def write_map(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    pages = sorted(name for name in app.env.found_docs if name in app.env.all_docs)
    places = "".join(f"<url><loc>{html.escape(page_address(app, page))}</loc></url>\n" for page in pages)
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    Path(app.outdir, "sitemap.xml").write_text(f"{xml}{places}</urlset>\n", encoding="utf-8")
    robots = f"User-agent: *\nAllow: /\nSitemap: {app.config.html_baseurl}sitemap.xml\n"
    Path(app.outdir, "robots.txt").write_text(robots, encoding="utf-8")


def draw_card(app: Sphinx) -> None:
    """The picture that a link to the course shows: a causal attention pattern and one sentence."""
    target = Path(app.outdir, "_static", CARD)
    if app.builder.name != "html" or target.exists():
        return
    import numpy as np
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="#15191d")
    axes = figure.add_axes((0.06, 0.12, 0.4, 0.76))
    n = 12
    scores = np.cos(np.subtract.outer(np.arange(n), np.arange(n)) * 1.3) + np.random.default_rng(7).normal(
        0, 1, (n, n)
    )
    weights = np.where(np.tril(np.ones((n, n))) > 0, np.exp(scores), 0)
    weights /= weights.sum(axis=1, keepdims=True)
    columns, rows = np.meshgrid(np.arange(n), np.arange(n))
    axes.scatter(columns, -rows, s=560 * np.sqrt(weights), color="#7cc7cc", linewidths=0)
    axes.set_axis_off()
    figure.text(0.52, 0.62, "seq2gpt", color="#e6e3dc", fontsize=64, fontfamily="serif")
    figure.text(0.52, 0.46, "From recurrent networks to GPT", color="#e6e3dc", fontsize=23)
    figure.text(0.52, 0.37, "What you solve is what you train.", color="#f0a36b", fontsize=23)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={"Software": None})


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", draw_card)
    app.connect("html-page-context", tell_about_page)
    app.connect("html-page-context", edit_the_source, priority=900)  # after the theme has added its buttons
    app.connect("build-finished", write_map)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
