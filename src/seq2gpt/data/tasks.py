"""Real texts with answers: classes, tags, questions and requests, from the published sets or from your own files."""

import gzip
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from seq2gpt.data.corpus import read_text
from seq2gpt.data.downloads import fetch
from seq2gpt.data.generated import Sentence
from seq2gpt.data.sets import load_data
from seq2gpt.errors import UserError


class Labelled(NamedTuple):
    """A text and the name of its class."""

    text: str
    label: str


class Question(NamedTuple):
    """A question, the sentence of an article that holds the answer, and where it stands there, in characters."""

    question: str
    sentence: str
    answer: str
    start: int


class Paragraph(NamedTuple):
    """A paragraph of an article, and the article's title."""

    text: str
    title: str


class Request(NamedTuple):
    """What is asked for, and an answer."""

    request: str
    answer: str


# ---- classes ---------------------------------------------------------------------------------------------


def load_labelled(data: Path) -> list[Labelled]:
    """Texts with classes: those of a file of lines ``label<TAB>text``, or of ``rt_polarity`` or ``snips``."""
    return load_data(data, {"rt_polarity": _rt_polarity, "snips": _snips}, read_labelled)


def read_labelled(path: Path) -> list[Labelled]:
    """The texts of a file with one a line: label, tab, text."""
    found = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        label, tab, text = line.partition("\t")
        if line.strip() and not (label and tab and text.strip()):
            raise UserError(f"line {number} of {path} is not a label, a tab and a text; mend it")
        if line.strip():
            found.append(Labelled(text, label))
    return found


def _rt_polarity() -> list[Labelled]:
    """10,662 sentences from film reviews, half of them for and half against (Pang & Lee 2005)."""
    folder = fetch("rt_polarity")
    return [
        Labelled(line, label)
        for label, ending in (("good", "pos"), ("bad", "neg"))
        for line in (folder / f"rt-polarity.{ending}").read_text(encoding="latin-1").splitlines()
        if line.strip()
    ]


def _snips() -> list[Labelled]:
    """14,484 requests to a voice assistant, of seven kinds (Coucke et al. 2018)."""
    content = gzip.decompress((fetch("snips") / "snips.jsonl.gz").read_bytes()).decode("utf-8")
    rows = map(json.loads, content.splitlines())
    return [Labelled(row["text"].lower(), row["intent"]) for row in rows]


# ---- tags ------------------------------------------------------------------------------------------------


def load_sentences(data: Path) -> list[Sentence]:
    """Tagged sentences: those of a file in CoNLL's form, or of ``wikigold``, 1,841 sentences from Wikipedia."""
    return load_data(
        data, {"wikigold": lambda: read_conll(fetch("wikigold") / "wikigold.conll.txt")}, read_conll
    )


def read_conll(path: Path) -> list[Sentence]:
    """Sentences of lines ``word … tag``, separated by empty lines."""
    sentences = []
    for block in re.split(r"\n\s*\n", read_text(path)):
        pairs = [line.split() for line in block.splitlines() if line.strip()]
        if pairs:
            sentences.append(Sentence([pair[0] for pair in pairs], [pair[-1] for pair in pairs]))
    return sentences


# ---- questions and articles ------------------------------------------------------------------------------


def load_questions(data: Path) -> list[Question]:
    """Questions with the sentence that answers them: from a file in SQuAD's form, or from ``xquad_en``."""
    return load_data(data, {"xquad_en": lambda: read_questions(_xquad())}, read_questions)


def load_paragraphs(data: Path) -> list[Paragraph]:
    """Paragraphs with the titles of their articles: from a file in SQuAD's form, or from ``xquad_en``."""
    return load_data(data, {"xquad_en": lambda: read_paragraphs(_xquad())}, read_paragraphs)


def _xquad() -> Path:
    return fetch("xquad_en") / "xquad.en.json"


def read_paragraphs(path: Path) -> list[Paragraph]:
    """The paragraphs of a file in SQuAD's form; a title is put into words."""
    return [
        Paragraph(paragraph["context"], re.sub(r"[_(),]+", " ", article["title"]).strip())
        for article in _articles(path)
        for paragraph in article["paragraphs"]
    ]


def read_questions(path: Path) -> list[Question]:
    """The questions of a file in SQuAD's form whose first answer lies within one sentence."""
    found = []
    for article in _articles(path):
        for paragraph in article["paragraphs"]:
            borders = sentence_borders(paragraph["context"])
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]
                start, end = answer["answer_start"], answer["answer_start"] + len(answer["text"])
                for first, last in borders:
                    if first <= start and end <= last:
                        sentence = paragraph["context"][first:last]
                        found.append(Question(asked["question"], sentence, answer["text"], start - first))
    return found


def sentence_borders(text: str) -> list[tuple[int, int]]:
    """Where sentences begin and end: behind a full stop, question or exclamation mark that a capital follows.

    >>> sentence_borders("One. Two?")
    [(0, 4), (5, 9)]
    """
    gaps = [(match.start(), match.end()) for match in re.finditer(r"(?<=[.?!])\s+(?=[A-Z])", text)]
    return list(zip([0, *(end for _, end in gaps)], [*(start for start, _ in gaps), len(text)], strict=True))


def _articles(path: Path) -> list[Any]:
    content = _parsed(path)
    try:
        articles: list[Any] = content["data"]
        for article in articles:
            _ = article["title"], [paragraph["context"] for paragraph in article["paragraphs"]]
    except (KeyError, TypeError):
        raise UserError(f"{path} is not in SQuAD's form; give a JSON object with articles in data") from None
    return articles


def _parsed(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"{path} is not JSON ({error}); mend it") from None


# ---- requests --------------------------------------------------------------------------------------------


def load_requests(data: Path) -> list[Request]:
    """Requests with answers: from a JSON list of ``instruction``, ``input``, ``output``, or from ``instructions``."""
    return load_data(
        data,
        {"instructions": lambda: read_requests(fetch("instructions") / "instruction-data.json")},
        read_requests,
    )


def read_requests(path: Path) -> list[Request]:
    """The requests of a JSON list of objects with ``instruction``, ``input`` (which may be empty) and ``output``."""
    rows = _parsed(path)
    try:
        return [Request(f"{row['instruction']} {row['input']}".strip(), row["output"]) for row in rows]
    except (KeyError, TypeError):
        raise UserError(f"{path} is not a JSON list of instruction, input and output; mend it") from None
