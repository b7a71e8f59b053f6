"""Forms to print, as PDF and as HTML that needs nothing else: form A, form B in another order, and the key."""

import random
from dataclasses import replace
from typing import Any

from seq2gpt.exam.bank import Question
from seq2gpt.exam.export.content import in_words, plain_number, rich, stem_of
from seq2gpt.exam.export.pdf import paper, table
from seq2gpt.exam.forms import Form
from seq2gpt.exam.grading import rights

LETTERS = "abcdefghijklmnop"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 11pt/1.4 serif; max-width: 42em; margin: 2em auto; }}
li.question {{ margin-bottom: 1.5em; break-inside: avoid; }} pre {{ font-size: 9pt; white-space: pre-wrap; }}
.line {{ border-bottom: 1px solid; height: 1.6em; }} table {{ border-collapse: collapse; }}
td, th {{ border: 1px solid; padding: .2em .6em; text-align: left; }}
</style></head><body><h1>{title}</h1>
{body}
</body></html>
"""


def printed(form: Form, seed: str) -> dict[str, bytes]:
    """The files by name: ``form-A``, ``form-B`` and ``key``, each as ``.pdf`` and ``.html``."""
    files: dict[str, bytes] = {}
    keys = []
    for letter in "AB":
        generator = random.Random(f"{seed} {letter}")
        questions = [in_words(question) for question in form.questions]
        generator.shuffle(questions)
        shown = [_shuffled(question, generator) for question in questions]
        asked = [stem_of(question) + _answers(question) for question in shown]
        title = f"{form.profile.title}, form {letter}"
        head = f"Name: ____________________ Form {letter}, {form.profile.minutes} minutes"
        files[f"form-{letter}.html"] = _page(title, head, asked)
        files[f"form-{letter}.pdf"] = paper(title, head, asked)
        keys.append([(_key(question), question.id) for question in shown])
    rows = [[str(number), *a, *b] for number, (a, b) in enumerate(zip(*keys, strict=True), 1)]
    title, heads = f"{form.profile.title}, key", ["", "A", "question", "B", "question"]
    files["key.html"] = _table(title, heads, rows)
    files["key.pdf"] = table(title, heads, rows, (1, 4, 8, 4, 8))
    return files


def _page(title: str, head: str, asked: list[str]) -> bytes:
    body = "\n".join(f'<li class="question">{question}</li>' for question in asked)
    return PAGE.format(title=rich(title), body=f"<p>{head}</p><ol>{body}</ol>").encode()


def _table(title: str, heads: list[str], rows: list[list[str]]) -> bytes:
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "\n".join(f"<tr>{''.join(f'<td>{rich(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return PAGE.format(title=rich(title), body=f"<table><tr>{head}</tr>{body}</table>").encode()


def _shuffled(question: Question, generator: random.Random) -> Question:
    """The question with its entries in the order in which they are printed."""
    interaction: dict[str, Any] = dict(question.interaction)
    if "options" in interaction and interaction.get("shuffle", True):
        if not any(option.get("lock") for option in interaction["options"]):
            interaction["options"] = generator.sample(interaction["options"], len(interaction["options"]))
    elif "steps" in interaction:
        interaction["shown"] = generator.sample(interaction["steps"], len(interaction["steps"]))
    elif "pairs" in interaction:
        texts = rights(interaction)
        interaction["shown"] = generator.sample(texts, len(texts))
    return replace(question, interaction=interaction)


def _answers(question: Question) -> str:
    interaction = question.interaction
    if "options" in interaction:
        return _list(option["text"] for option in interaction["options"])
    if "pairs" in interaction:
        lefts = "".join(f"<li>{rich(pair['left'])} → ____</li>" for pair in interaction["pairs"])
        return f"<ol>{lefts}</ol>{_list(interaction['shown'])}"
    if "steps" in interaction:
        return f"{_list(interaction['shown'])}<p>Order: {'____ ' * len(interaction['steps'])}</p>"
    return f'<p class="line">{rich(interaction.get("unit", ""))}</p>'


def _key(question: Question) -> str:
    interaction = question.interaction
    if "options" in interaction:
        places = [place for place, option in enumerate(interaction["options"]) if option.get("correct")]
    elif "pairs" in interaction:
        places = [interaction["shown"].index(pair["right"]) for pair in interaction["pairs"]]
    elif "steps" in interaction:
        places = [interaction["shown"].index(step) for step in interaction["steps"]]
    elif interaction["kind"] == "shape":
        return str(tuple(interaction["answer"]))
    elif interaction["kind"] == "short":
        return str(interaction["model_answer"])
    else:
        answer = interaction["answer"]
        return plain_number(answer if isinstance(answer, int) else float(f"{answer:.6g}"))
    return " ".join(LETTERS[place] for place in places)


def _list(texts: Any) -> str:
    return f'<ol type="a">{"".join(f"<li>{rich(text)}</li>" for text in texts)}</ol>'
