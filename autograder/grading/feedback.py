"""What students get back: their notebook with scores, without the private tests and without live HTML."""

from functools import cache
from typing import Any

from nbconvert.filters import markdown2html_mistune
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.grading.outputs import error_words
from autograder.grading.structure import has_private_part

TAGS = [
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "span", "br", "hr", "blockquote", "pre", "code", "kbd"),
    *("a", "abbr", "b", "del", "em", "i", "s", "strong", "sub", "sup", "details", "summary"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td"),
]
ATTRIBUTES = {"*": ["class", "id", "style", "title", "role", "aria-label"], "a": ["href"]}
STYLES = [
    "color",
    "background-color",
    "font-weight",
    "font-style",
    "text-align",
    "margin",
    "margin-left",
    "padding",
]


class SafeOutputs(SanitizeHTML):
    """Outputs as text, pictures and harmless HTML; scripts, forms and vector graphics go."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"tags": TAGS, "attributes": ATTRIBUTES, "styles": STYLES, "strip": True} | kwargs)

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        if cell.cell_type == "code":
            cell.outputs = self.sanitize_code_outputs(cell.outputs)
        elif cell.cell_type == "raw":
            cell.source = ""
        return cell, resources


@cache
def sanitizer() -> SafeOutputs:
    """One sanitizer for all markdown."""
    return SafeOutputs()


def safe_markdown(source: str) -> str:
    """Markdown as harmless HTML; cleaned after rendering, so that formulas and quotations survive."""
    return str(sanitizer().sanitize_html_tags(markdown2html_mistune(source)))


class HidePrivateTests(NbGraderPreprocessor):
    """Take out what could show private inputs.

    The reports of the checks stay. An error quotes the hidden lines and the student's code; what that printed while it was
    tested, or in a later cell, may be the inputs themselves.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        seen = False  # by the student's code: private inputs
        for cell in (c for c in nb.cells if c.cell_type == "code"):
            private = has_private_part(cell.source)
            seen = seen or private
            if private:
                cell.outputs = [o for o in cell.outputs if o.output_type != "stream"]
                for output in cell.outputs:
                    if output.output_type == "error":
                        output.evalue = ""
                        output.traceback = [error_words(output.ename)]
            elif seen and not utils.is_locked(cell):
                cell.outputs = []
        return nb, resources
