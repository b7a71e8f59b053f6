"""The glossary: the directive ``{terms}`` shows ``book/glossary.yml``, and the lessons lead to it.

In each lesson the first use of a term becomes a link, once on a page, never in a heading, code, link, caption or
question. Where the lesson that explains a term sets it in bold, the glossary leads back to that place.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

FILE = "book/glossary.yml"
LESSON = re.compile(r"book/(\d\d)-[^/]+/lesson")
CLOSED = (
    nodes.title, nodes.rubric, nodes.literal, nodes.literal_block, nodes.reference, nodes.caption, nodes.math, nodes.raw,
    nodes.math_block, nodes.table, nodes.comment, addnodes.pending_xref, addnodes.download_reference,
)  # fmt: skip
CLOSED_CLASSES = {"s2g-question", "cell_input", "cell_output", "sd-card"}


def read_terms(env: BuildEnvironment) -> dict[str, dict[str, Any]]:
    """Every term; the page that asks is built again when the file changes."""
    env.note_dependency(FILE)
    return yaml.safe_load(Path(env.srcdir, FILE).read_text(encoding="utf-8"))


def slug(term: str) -> str:
    """What the addresses of a term end in.

    >>> slug("encoder–decoder"), slug("top-p")
    ('encoder-decoder', 'top-p')
    """
    return re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def forms_in_bold(term: str, entry: dict[str, Any]) -> set[str]:
    forms = {form.lower() for form in [term, *entry.get("also", []), *entry.get("plain", [])]}
    return forms | {f"{form}s" for form in forms}


def pattern_of(term: str, entry: dict[str, Any]) -> re.Pattern[str]:
    """What counts as a use in running text.

    >>> bool(pattern_of("logit", {}).search("The logits of")), bool(pattern_of("key", {"plain": ["keys"]}).search("a key"))
    (True, False)
    """
    forms = entry.get("plain") or [term, *entry.get("also", [])]
    either = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    exact = any(form.isupper() or form == "Transformer" for form in forms)  # GPT is no gpt
    return re.compile(rf"(?<![\w-])(?:{either})s?(?![\w-])", 0 if exact else re.IGNORECASE)


class Terms(SphinxDirective):
    """The directive ``{terms}``: the whole glossary, by name."""

    def run(self) -> list[nodes.Node]:
        result = nodes.definition_list(classes=["s2g-glossary"])
        for term, entry in sorted(read_terms(self.env).items(), key=lambda item: item[0].lower()):
            result += self.entry(term, entry)
        return [result]

    def entry(self, term: str, entry: dict[str, Any]) -> nodes.definition_list_item:
        domain = self.env.get_domain("std")
        assert isinstance(domain, StandardDomain)
        anchor = f"term-{slug(term)}"
        domain.anonlabels[anchor] = self.env.docname, anchor
        domain.labels[anchor] = self.env.docname, anchor, term
        said = nodes.paragraph("", entry["text"] + " ", LessonLink(term=term, lesson=entry["lesson"]))
        return nodes.definition_list_item("", nodes.term("", term, ids=[anchor]), nodes.definition("", said))


class LessonLink(nodes.General, nodes.Element):
    """Stands for the link to the lesson that explains a term, until all lessons have been read."""


def link_uses(app: Sphinx, doctree: nodes.document) -> None:
    """In a lesson: the first use of each term leads to the glossary, and the place of its explanation has a name."""
    env = app.env
    lesson = LESSON.fullmatch(env.docname)
    if not lesson:
        return
    places = dict[str, str]()
    for term, entry in read_terms(env).items():
        bold = next((node for node in doctree.findall(nodes.strong) if is_bold_use(node, term, entry)), None)
        if bold is not None and entry["lesson"] == lesson[1]:
            bold["ids"].append(f"about-{slug(term)}")
            places[term] = f"about-{slug(term)}"
        link_first(doctree, term, pattern_of(term, entry), bold, env.docname)
    env.metadata[env.docname]["s2g_terms"] = places


def is_bold_use(node: nodes.strong, term: str, entry: dict[str, Any]) -> bool:
    return node.astext().lower() in forms_in_bold(term, entry) and not closed(node)


def link_first(
    doctree: nodes.document, term: str, pattern: re.Pattern[str], bold: nodes.strong | None, docname: str
) -> None:
    for text in list(doctree.findall(nodes.Text)):
        introduced = bold is not None and text.parent is bold
        found = re.fullmatch(".*", text, re.DOTALL) if introduced else pattern.search(text)
        if found is None or closed(text):
            continue
        link = addnodes.pending_xref(
            "", nodes.inline(text=found[0]), refdomain="std", reftype="ref", reftarget=f"term-{slug(term)}",
            refexplicit=True, refwarn=True, refdoc=docname, classes=["s2g-term"],
        )  # fmt: skip
        link.children[0]["classes"].append("s2g-term")
        pieces = [nodes.Text(text[: found.start()]), link, nodes.Text(text[found.end() :])]
        text.parent.replace(text, [piece for piece in pieces if piece.astext()])
        return


def closed(node: nodes.Node) -> bool:
    """Whether a link has no place here."""
    while (node := node.parent) is not None:
        if isinstance(node, CLOSED) or CLOSED_CLASSES & set(node.get("classes", ())):
            return True
    return False


def link_lessons(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """In the glossary: the way to the lesson of each term, if the site has that lesson."""
    lessons = {found[1]: name for name in app.env.found_docs if (found := LESSON.fullmatch(name))}
    for place in list(doctree.findall(LessonLink)):
        page = lessons.get(place["lesson"])
        shown = f"Lesson {place['lesson']}"
        if page is None:
            place.replace_self(nodes.inline(text=f"{shown}.", classes=["s2g-where"]))
            continue
        anchor = app.env.metadata[page].get("s2g_terms", {}).get(place["term"], "")
        address = app.builder.get_relative_uri(docname, page) + (f"#{anchor}" if anchor else "")
        link = nodes.reference("", f"{shown}, {app.env.titles[page].astext()}", refuri=address, internal=True)
        place.replace_self(nodes.inline("", "", link, nodes.Text("."), classes=["s2g-where"]))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("terms", Terms)
    app.add_node(LessonLink)
    app.connect("doctree-read", link_uses)
    app.connect("doctree-resolved", link_lessons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
