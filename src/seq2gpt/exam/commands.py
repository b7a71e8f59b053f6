"""The commands ``seq2gpt exam …``: rehearse in the terminal, and make exams for others."""

import sys
import time
from pathlib import Path

from seq2gpt.errors import UserError
from seq2gpt.exam.collection import Book, domain_of, in_pool, load_all
from seq2gpt.exam.coverage import coverage
from seq2gpt.exam.forms import draw, find_profile
from seq2gpt.exam.history import History, default_file
from seq2gpt.exam.lint import lint as run_rules
from seq2gpt.exam.making import analyse, build, export
from seq2gpt.exam.results import report, statistics, weakest
from seq2gpt.exam.schedule import due
from seq2gpt.exam.sessions import answers_of, begin, questions_of, sit, unfinished
from seq2gpt.exam.sessions import review as ask_due

__all__ = ["analyse", "build", "export", "lint", "review", "stats", "take"]


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


def take(
    profile: str = "course",
    n_items: int = 0,
    minutes: int = 0,
    pool: str = "exam",
    seed: str = "",
    fresh: bool = False,
    file: Path | None = None,
) -> None:
    """Sit a timed mock exam; answers and reasons come at the end.

    --profile names the exam: course, university, aif-c01, nca-genl, 1z0-1127. --n-items and --minutes
    replace its length. The questions are those that you have not met, as long as there are any; --seed draws
    the same exam again. Every answer is stored at once: stopped or killed, `take` goes on where it was, and the
    time runs on. --fresh hands the unfinished exam in and begins another.

    Example: seq2gpt exam take --n-items 10 --minutes 15
    """
    if minutes < 0:
        raise UserError(
            f"--minutes {minutes} is less than 0; give how long the exam lasts, or 0 for the profile's time"
        )
    history, bank = _opened(file), load_all()
    start = unfinished(history)
    if start and fresh:
        history.add("end", session=start["session"])
        start = None
    if start is None:
        seen = {answer["item"] for answer in history.answers()}
        chosen = find_profile(profile)
        form = draw(bank, chosen, seed or history.now().isoformat(), pool=pool, seen=seen, n_items=n_items)
        _tell(form.notes)
        start = begin(history, form, minutes or chosen.minutes)
    else:
        print(
            f"You have an unfinished exam, {start['profile']}, of {start['at'][:16].replace('T', ' ')} UTC; it goes on."
        )
    questions, changed = questions_of(start, bank)
    if changed:
        print(f"Changed since then and left out: {', '.join(changed)}")
    over = sit(history, start, questions)
    _tell(history.notes)
    if over:
        for line in report(answers_of(history, start), {question.id: question for question in questions}):
            print(line)


def review(n_new: int = 10, domain: str = "", file: Path | None = None) -> None:
    """Answer what is due today, and up to --n-new questions that are new to you; reasons come at once.

    FSRS decides when a question comes again: soon after a wrong answer, later each time you know it. --domain
    asks for one domain only: SEQ, TOK, ATT, ARC or GPT; `weakest` takes yours.

    Example: seq2gpt exam review --n-new 5 --domain weakest
    """
    if n_new < 0:
        raise UserError(f"--n-new {n_new} is less than 0; give how many new questions to ask at most")
    history, bank = _opened(file), load_all()
    domains = sorted({domain_of(question) for question in bank})
    if domain == "weakest":
        domain = weakest(history.answers(), bank)
        print(f"Your weakest domain is {domain}.")
    if domain and domain not in domains:
        raise UserError(f"there is no domain {domain!r}; choose from {', '.join(domains)}, weakest")
    n_done = ask_due(history, bank, n_new, domain)
    _tell(history.notes)
    print(f"\n{n_done} answered. They are stored in {history.path}")


def stats(file: Path | None = None, bank: bool = False) -> None:
    """What you have answered, how sure you are in each domain, and what your wrong answers take to be true.

    With --bank: how many questions there are for each objective, beside how many there should be.

    Example: seq2gpt exam stats
    """
    if bank:
        for line in coverage(load_all()):
            print(line)
        return
    history, questions = _opened(file), load_all()
    late, _ = due(in_pool(questions, "practice"), history.answers(), history.now(), 0)
    _tell(history.notes)
    for line in statistics(history.answers(), questions, len(late)):
        print(line)


def _opened(file: Path | None) -> History:
    history = History.read(file or default_file())
    _tell(history.notes)
    history.notes.clear()
    return history


def _tell(notes: list[str]) -> None:
    for note in notes:
        print(f"seq2gpt: {note}", file=sys.stderr)
