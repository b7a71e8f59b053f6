"""The glossary: every term that a lesson introduces, plain sentences, and links from the first use."""

import re
import sys
from types import SimpleNamespace

import pytest
import yaml

pytest.importorskip("sphinx", reason="the extra `book` is not installed")

from docutils import nodes

from autograder.site import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))  # where Sphinx finds the book's own extensions

import seq2gpt_glossary

TERMS = yaml.safe_load((ROOT / "book/glossary.yml").read_text(encoding="utf-8"))
LESSONS = sorted(ROOT.glob("book/[0-9][0-9]-*/lesson.md"))

# What lessons set in bold for stress, or as the title of a paragraph, and not as a term.
STRESSED = {
    "and", "bank", "blue", "bounded", "d", "different", "e", "ends", "g", "learned", "mixes", "neighbours", "one", "pairs",
    "same", "side by side", "the future", "the same", "turns", "two", "which colour?", "max_new_tokens", "prompt length",
    "base", "second block", "first block", "at the end", "ben ?", "the draw", "a mask forgotten", "a repetition penalty",
    "beyond the trained length", "for it:", "against it:", "long inputs", "padding on the left",
    "softmax along the wrong axis",
}  # fmt: skip


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.parent.name)
def test_what_a_lesson_introduces_in_bold_is_in_the_glossary(lesson):
    forms = {form for term, entry in TERMS.items() for form in seq2gpt_glossary.forms_in_bold(term, entry)}
    text = re.sub(r"^```.*?^```", "", lesson.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    bold = {phrase.lower() for phrase in re.findall(r"\*\*([A-Za-z][^*\n]*)\*\*", text)}
    phrases = {phrase for phrase in bold if len(phrase.split()) <= 3 and not phrase.endswith((".", ":"))}
    assert phrases - forms - STRESSED == set(), "add these to book/glossary.yml, or here if they are no terms"


@pytest.mark.parametrize("term", TERMS)
def test_an_entry_says_what_a_term_is_and_where_it_is_explained(term):
    entry = TERMS[term]
    assert entry.keys() <= {"lesson", "also", "plain", "text"}
    assert re.fullmatch(r"(0[1-9]|1\d|2[0-3])", entry["lesson"])
    assert entry["text"].endswith(".")
    assert entry["text"][0].isupper() or entry["text"].startswith("e to the power")
    sentences = re.split(r"(?<=\.) (?=[A-Z])", entry["text"])
    assert len(sentences) <= 3
    assert 15 < len(entry["text"]) < 230


def test_terms_have_addresses_of_their_own():
    slugs = [seq2gpt_glossary.slug(term) for term in TERMS]
    assert len(set(slugs)) == len(slugs)


@pytest.mark.parametrize(
    ("term", "entry", "text", "found"),
    [
        ("logit", {}, "the Logits are", "Logits"),
        ("logit", {}, "the logit-like", None),
        ("key", {"plain": ["keys"]}, "the key is a table's key", None),
        ("key", {"plain": ["keys"]}, "two keys", "keys"),
        ("encoder", {}, "encoder-only", None),
        ("GPT", {}, "a gpt of GPT-2 and GPT", "GPT"),
        ("long short-term memory", {"also": ["LSTM"]}, "an LSTM", "LSTM"),
    ],
)
def test_a_use_is_a_whole_word_in_the_forms_of_the_entry(term, entry, text, found):
    match = seq2gpt_glossary.pattern_of(term, entry).search(text)
    assert (match and match[0]) == found


def test_a_link_stands_once_on_a_page_at_the_first_use_that_may_have_one():
    heading = nodes.title("", "Logits")
    code = nodes.paragraph("", "", nodes.literal("", "logit"))
    linked = nodes.paragraph("", "", nodes.reference("", "logit", refuri="x"))
    question = nodes.container("", nodes.paragraph("", "A logit?"), classes=["s2g-question"])
    caption = nodes.figure("", nodes.caption("", "A logit"))
    used = nodes.paragraph("", "Each logit, and each logit again.")
    document = SimpleNamespace()
    section = nodes.section(
        "", heading, code, linked, question, caption, used, nodes.paragraph("", "A logit")
    )
    document.findall = section.findall
    seq2gpt_glossary.link_first(document, "logit", seq2gpt_glossary.pattern_of("logit", {}), None, "book/x")
    links = list(
        section.findall(
            lambda node: node.get("reftarget") == "term-logit" if isinstance(node, nodes.Element) else False
        )
    )
    assert [link.parent for link in links] == [used]
    assert used.astext() == "Each logit, and each logit again."
    assert used.children[1] is links[0]
