"""All rules over a bank."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import Book
from seq2gpt.exam.lint import facts, keys, whole, wording
from seq2gpt.exam.lint.programs import programs_run

ItemRule = Callable[[Question], Iterator[str]]


@dataclass(frozen=True)
class Finding:
    """What breaks a rule: the rule's name, the item or domain, and what to do."""

    rule: str
    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says} ({self.rule})"


OF_ITEMS: tuple[ItemRule, ...] = (
    keys.number_of_keys, keys.reasons, keys.one_right_option, keys.steps_differ, keys.strangers_are_announced,
    keys.wrong_answers_show,
    wording.no_all_of_the_above, wording.negation_in_capitals, wording.absolute_words,
    wording.grammatical_clue, wording.plain_text, facts.a_source_is_named,
)  # fmt: skip
OF_BANKS = (whole.naive_guessers, whole.near_duplicates, whole.levels_of_bloom)
RULES = tuple(
    rule.__name__
    for rule in (
        *OF_ITEMS,
        facts.chapter_exists,
        facts.figure_has_its_parts,
        facts.products_carry_a_date,
        programs_run,
        *OF_BANKS,
    )
)


def lint(
    questions: Iterable[Question], book: Book, today: str = "", run_programs: bool = False
) -> list[Finding]:
    """Every breach of a rule, item by item, then those of the bank as a whole.

    ``today`` is a day in ISO form, this day if empty. Programs are run only on ``run_programs``: each takes
    seconds.
    """
    questions = list(questions)
    day = today or date.today().isoformat()
    rules: dict[str, ItemRule] = {rule.__name__: rule for rule in OF_ITEMS}
    rules["chapter_exists"] = partial(facts.chapter_exists, book=book)
    rules["figure_has_its_parts"] = partial(facts.figure_has_its_parts, book=book)
    rules["products_carry_a_date"] = partial(facts.products_carry_a_date, today=day)
    if run_programs:
        rules["programs_run"] = programs_run
    found = [Finding(name, q.id, says) for q in questions for name, rule in rules.items() for says in rule(q)]
    return found + [
        Finding(rule.__name__, where, says) for rule in OF_BANKS for where, says in rule(questions)
    ]
