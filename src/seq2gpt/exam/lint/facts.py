"""Rules on facts: chapters and sources that exist, and a date by which a fact that ages is looked up again."""

import importlib
import re
from collections.abc import Iterator

from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import Book
from seq2gpt.exam.lint.wording import texts

# What vendors change from one month to the next: services, interfaces, prices.
PRODUCT = re.compile(
    r"\b(?:AWS|Amazon|Bedrock|SageMaker|Azure|Vertex AI|Google Cloud|Oracle|OCI|Copilot|Gemini|Claude|NeMo|TensorRT"
    r"|price list|pricing|per million tokens|as of today|currently|at present|the latest model|the newest model)\b",
)


def chapter_exists(question: Question, book: Book) -> Iterator[str]:
    """The paragraph that clears the question up is there: the page, and its ``(anchor)=``.

    On a page of the reference it is a name that the page documents, such as ``seq2gpt.lora.LoRALinear``.
    """
    chapter, _, anchor = question.chapter.partition("#")
    page = book.page(chapter)
    if page is None:
        yield f"chapter: there is no {chapter}"
        return
    text = page.read_text(encoding="utf-8")
    if not anchor:
        yield f"chapter: {chapter} names no paragraph; add #anchor"
    elif anchor.startswith("seq2gpt."):
        if not _documents(text, anchor):
            yield f"chapter: {chapter} documents no {anchor}"
    elif not re.search(rf"^\({re.escape(anchor)}\)=$", text, re.MULTILINE):
        yield f"chapter: {chapter} has no ({anchor})="


def _documents(page: str, name: str) -> bool:
    """Whether the page shows the docstring of a function or class, as ``automodule`` does: its own, and public."""
    module, _, last = name.rpartition(".")
    if last.startswith("_") or not re.search(rf"^\.\. automodule:: {re.escape(module)}$", page, re.MULTILINE):
        return False
    shown = getattr(importlib.import_module(module), last, None)
    return getattr(shown, "__module__", "") == module and bool(shown.__doc__)


def figure_has_its_parts(question: Question, book: Book) -> Iterator[str]:
    """A figure is there, and a hot spot's targets and decoys are ids in it, each of them once."""
    figure = question.stimulus.get("figure")
    if figure is None:
        if question.kind == "hotspot":
            yield "stimulus.figure: a hot spot needs a drawing to point at; name one, with `alt`"
        return
    path = book.figure(question)
    if path is None:
        yield f"stimulus.figure.src: there is no {figure['src']} beside {question.chapter.partition('#')[0]}"
    elif question.kind == "hotspot":
        parts = re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8"))
        for name in [*question.key, *question.interaction.get("decoys", [])]:
            if parts.count(name) != 1:
                yield f"{figure['src']} has {parts.count(name)} parts with the id {name!r}; it needs one"


def a_source_is_named(question: Question) -> Iterator[str]:
    """A fact rests on a work of the bibliography or on a correction of the catalogue."""
    for source in question.sources:
        if not {"ref", "corrects"} & set(source):
            yield f"sources: {source} names neither `ref` nor `corrects`"
        if "loc" in source and "ref" not in source:
            yield f"sources: {source} says where, but not in which work; add `ref`"


def products_carry_a_date(question: Question, today: str) -> Iterator[str]:
    """What a vendor may change carries ``verify_by``, a day in ISO form that has not passed."""
    shown = texts([question.stem, question.stimulus, question.interaction, question.explanation])
    found = next((match[0] for text in shown if (match := PRODUCT.search(text))), "")
    if found and not question.verify_by:
        yield f"it speaks of {found!r}, which may change; add `verify_by` with a day to look it up again"
    if question.verify_by and question.verify_by < today:
        yield f"verify_by: {question.verify_by} has passed; look the fact up and set a new day"
