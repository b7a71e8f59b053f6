"""Rules on words: what lets a reader pass who knows nothing of the subject."""

import re
from collections.abc import Iterator
from typing import Any

from seq2gpt.exam.bank import Question
from seq2gpt.exam.lint.keys import is_key, options_of

ALL_OF_ABOVE = re.compile(
    r"\b(?:all|none|both|neither|any) of (?:the above|the others?|these|them|the options)\b"
    r"|\bboth [a-h] and [a-h]\b",
    re.IGNORECASE,
)
ABSOLUTE = re.compile(
    r"\b(?:always|never|only|every|must|cannot|impossible|completely|any|none)\b", re.IGNORECASE
)
NEGATIVE = re.compile(
    r"\b(?:not|except|least)\b|n't\b|n’t\b|\b[Ww]hich\b[^?]* (?:incorrect|false|wrong|untrue)\b"
)
TEX = re.compile(r"[$\\]")
CODE = re.compile(r"`[^`]*`")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
ARTICLE = re.compile(r"\b(an?)\s*(?:…|\.\.\.|_+)?\s*[:?]?$", re.IGNORECASE)


def texts(value: Any) -> list[str]:
    """All texts inside a nested value.

    >>> texts({"text": "one", "more": ["two", 3]})
    ['one', 'two']
    """
    if isinstance(value, dict):
        return [text for entry in value.values() for text in texts(entry)]
    if isinstance(value, list):
        return [text for entry in value for text in texts(entry)]
    return [value] if isinstance(value, str) else []


def asked(stem: str) -> str:
    """What a stem asks: its questions; without a question mark the whole of it.

    >>> asked("It is not so. Which is NOT so?")
    'Which is NOT so?'
    """
    return " ".join(question.strip() for question in re.findall(r"[^.?!]*\?", stem)) or stem


def no_all_of_the_above(question: Question) -> Iterator[str]:
    """No option speaks of the other options."""
    for option in options_of(question):
        if found := ALL_OF_ABOVE.search(str(option["text"])):
            yield f"option {option['id']} says {found[0]!r}; it must stand for itself, in any order of the options"


def negation_in_capitals(question: Question) -> Iterator[str]:
    """A negation in what is asked stands in capitals: NOT, EXCEPT."""
    if options_of(question) and (found := NEGATIVE.search(asked(question.stem))):
        yield f"the stem asks with {found[0]!r}; write it in capitals, or ask without a negation"


def absolute_words(question: Question) -> Iterator[str]:
    """Words such as `always` do not stand in wrong options alone: they would give these away."""
    right, wrong = _split(question)
    found = [match[0] for text in wrong if (match := ABSOLUTE.search(text))]
    if found and not any(ABSOLUTE.search(text) for text in right):
        yield f"only wrong options have a word such as {found[0]!r}; take it out, or let a right option have one too"


def grammatical_clue(question: Question) -> Iterator[str]:
    """An article at the end of the stem fits every option, and no right option has a form of its own."""
    right, wrong = _split(question)
    if not right:
        return
    if article := ARTICLE.search(question.stem):
        vowel = article[1].lower() == "an"
        misfits = [text for text in right + wrong if (text[:1].lower() in "aeiou") is not vowel]
        if misfits:
            yield f"after {article[1]!r} the option {misfits[0]!r} does not fit; move the article into the options"
    forms_right, forms_wrong = ({_form(text) for text in group} for group in (right, wrong))
    if len(forms_wrong) == 1 and not forms_right & forms_wrong:
        yield f"the right option differs from all others in {_difference(right[0], wrong[0])}; write them alike"


def plain_text(question: Question) -> Iterator[str]:
    """No TeX, no HTML, no space at an end and none doubled outside a stimulus: the bank is exported as plain text too."""
    shown = texts([question.stem, question.interaction, question.explanation, question.hint])
    for text in shown:
        if TEX.search(text):
            yield f"{text[:40]!r} holds TeX; write Unicode, such as √d_k"
        if tag := TAG.search(CODE.sub("", text)):
            yield f"{text[:40]!r} holds {tag[0]}, which a browser reads as HTML and does not show; write `{tag[0]}`"
        if text != text.strip() or "  " in text:
            yield f"{text[:40]!r} has a space too many"


def _split(question: Question) -> tuple[list[str], list[str]]:
    options = options_of(question)
    right, wrong = ([str(o["text"]) for o in options if is_key(o) is wanted] for wanted in (True, False))
    return right, wrong


FEATURES = {
    "a full stop at the end": lambda text: text.endswith("."),
    "being set as code": lambda text: text.startswith("`") and text.endswith("`"),
    "a small letter at the start": lambda text: text[:1].isalpha() and text[:1].islower(),
}


def _form(text: str) -> tuple[bool, ...]:
    return tuple(test(text) for test in FEATURES.values())


def _difference(a: str, b: str) -> str:
    return " and ".join(name for name, test in FEATURES.items() if test(a) != test(b))
