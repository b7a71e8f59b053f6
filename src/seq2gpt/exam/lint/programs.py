"""The rule on programs: what an item shows with ``run: true`` runs, and prints what the item expects."""

import subprocess
import sys
from collections.abc import Iterator

from seq2gpt.exam.bank import Question
from seq2gpt.exam.lint.keys import options_of

LIMIT = 60  # seconds


def is_run(question: Question) -> bool:
    """Whether a question shows a program that is to be run."""
    return question.stimulus.get("code", {}).get("run", False)


def programs_run(question: Question) -> Iterator[str]:
    """The program ends without an error or a warning within a minute, prints `expect`, and the key agrees."""
    if not is_run(question):
        return
    code = question.stimulus["code"]
    command = [sys.executable, "-c", code["text"]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        yield f"stimulus.code: the program runs for more than {LIMIT} seconds"
        return
    if done.returncode or done.stderr:
        yield f"stimulus.code: the program fails: {done.stderr.strip().splitlines()[-1]}"
    elif done.stdout.strip() != code["expect"]:
        yield f"stimulus.code: the program prints {done.stdout.strip()!r}, not {code['expect']!r}"
    elif question.kind == "shape" and str(tuple(question.key)) != code["expect"]:
        yield f"stimulus.code: the program prints {code['expect']}, the key is {tuple(question.key)}"
    elif question.kind == "single" and (said := _said(question, code["expect"])):
        yield f"stimulus.code: the program prints {code['expect']!r}, the key is {said!r}"


def _said(question: Question, printed: str) -> str:
    """The key, if another option starts with what the program prints; else nothing."""
    names = [
        str(option["text"])
        for option in options_of(question)
        if str(option["text"]).startswith(f"`{printed}`")
    ]
    return "" if not names or question.key[0] in names else question.key[0]
