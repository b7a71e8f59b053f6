"""The commands ``seq2gpt exam …``: rehearse in the terminal, and make exams for others."""

import time
from pathlib import Path

from seq2gpt.errors import UserError
from seq2gpt.exam.collection import Book, domain_of, load_all
from seq2gpt.exam.lint import lint as run_rules


def lint(files: tuple[Path, ...], run: bool = False) -> None:
    """Check questions: one key, a reason for every option, no clues, no guessers, sources that exist.

    Name files of questions, or none for the whole course. --run runs the programs that questions show as well,
    which takes seconds for each. What is found is printed, one line each, and the exit code is then 2.

    Example: seq2gpt exam lint book/07-attention/questions.yml --run
    """
    start = time.perf_counter()
    questions = load_all(files)
    found = run_rules(questions, _book(files), run_programs=run)
    for finding in found:
        print(finding)
    seconds = time.perf_counter() - start
    templates = sum(bool(question.template) for question in questions)
    domains = len({domain_of(question) for question in questions})
    about = f"{len(questions)} questions, {templates} of them templates, in {domains} domains"
    if found:
        raise UserError(f"{len(found)} findings in {about}; each line above says what to change")
    print(f"{about}: nothing found in {seconds:.1f} s")


def _book(files: tuple[Path, ...]) -> Book:
    """The book whose chapters the questions name: the nearest above the first file, else the course's."""
    for folder in files[0].resolve().parents if files else ():
        if (folder / "book").is_dir():
            return Book(folder)
    return Book.found()
