"""Citations: the role ``{cite}`` and the directive ``{references}``, both fed by ``book/references.yml``.

The question bank looks its sources up in the same file. A citation is set without brackets, "Dao et al.
2022", so that a sentence can add the place: "(Dao et al. 2022, algorithm 1)".
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective, SphinxRole

FILE = "book/references.yml"


def read_references(env: BuildEnvironment) -> dict[str, dict[str, Any]]:
    """Every reference by its key; the page that asks is built again when the file changes."""
    env.note_dependency(FILE)
    return parsed(Path(env.srcdir, FILE).read_text(encoding="utf-8"))


@cache
def parsed(text: str) -> dict[str, dict[str, Any]]:
    """Once for all citations: reading YAML took a fourth of the time of a build."""
    return yaml.safe_load(text)


def short_name(reference: dict[str, Any]) -> str:
    """Authors' surnames and year, as a sentence cites them.

    >>> short_name({"authors": "Sarah Wiegreffe, Yuval Pinter", "year": 2019})
    'Wiegreffe and Pinter 2019'
    """
    names = [surname(author) for author in reference["authors"].split(", ")]
    if len(names) > 2:
        names = [f"{names[0]} et al."]
    return f"{' and '.join(names)} {reference['year']}"


def surname(author: str) -> str:
    """The last word of a person's name; the whole name of a group, whose last word is an ordinary one.

    >>> surname("Łukasz Kaiser"), surname("PyTorch contributors")
    ('Kaiser', 'PyTorch contributors')
    """
    last = author.split()[-1]
    return last if last[0].isupper() else author


def citation(env: BuildEnvironment, key: str) -> nodes.Node:
    """A link to the bibliography. Raises ``KeyError`` for a key that ``references.yml`` lacks."""
    name = short_name(read_references(env)[key])
    link = addnodes.pending_xref(
        refdomain="std",
        reftype="ref",
        reftarget=f"ref-{key}",
        refexplicit=True,
        refwarn=True,
        refdoc=env.docname,
    )
    link += nodes.inline(text=name)
    return link


class Cite(SphinxRole):
    """The role ``{cite}`KEY```."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [citation(self.env, self.text)], []
        except KeyError:
            message = self.inliner.reporter.error(
                f"there is no reference {self.text!r} in {FILE}; add it or use one that is there",
                line=self.lineno,
            )
            return [nodes.inline(text=self.text)], [message]


class References(SphinxDirective):
    """The directive ``{references}``: the whole list, by name and year."""

    def run(self) -> list[nodes.Node]:
        result = nodes.container(classes=["s2g-references"])
        references = read_references(self.env)
        for key, reference in sorted(references.items(), key=lambda item: short_name(item[1]).lower()):
            result += self.entry(f"ref-{key}", reference)
        return [result]

    def entry(self, anchor: str, reference: dict[str, Any]) -> nodes.paragraph:
        domain = self.env.get_domain("std")
        assert isinstance(domain, StandardDomain)
        title = reference["title"]
        domain.anonlabels[anchor] = self.env.docname, anchor
        domain.labels[anchor] = self.env.docname, anchor, title
        link = nodes.reference("", title, refuri=reference["url"])
        before, after = f"{reference['authors']} ({reference['year']}). ", f". {reference['venue']}."
        return nodes.paragraph("", "", nodes.Text(before), link, nodes.Text(after), ids=[anchor])


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("cite", Cite())
    app.add_directive("references", References)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
