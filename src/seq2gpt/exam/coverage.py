"""What the bank holds for each objective, beside what it should hold."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from seq2gpt.exam.bank import Question
from seq2gpt.exam.collection import objectives

PRACTICE, HELD_OUT, ITEMS = 3, 2, 6  # that each objective should have at least
REFERENCE = "book/api/"  # where the pages lie that answer questions whose lesson is not written
FIXED = {"SEQ": 51, "ATT": 84}  # questions without a template that a domain should have
TEMPLATES, VARIANTS = 30, 20  # templates of all domains together, each with so many variants


def coverage(questions: Iterable[Question]) -> Iterator[str]:
    """A table, line by line: for each objective questions to practise, held-out ones, templates and all.

    A question counts for each of its objectives. One of the pool ``both`` counts as practice, since pages show it.
    A template counts as neither, since its numbers may be drawn again for an exam. An objective that only questions
    ahead of their lesson have is not yet counted as wanting.
    """
    bank = [question for question in questions if question.status != "retired"]
    by_objective: dict[str, list[Question]] = defaultdict(list)
    for question in bank:
        for name in question.objectives:
            by_objective[name].append(question)
    yield "objective  practice  held out  templates  all"
    for name in sorted(objectives()):
        found = by_objective[name]
        templates = sum(bool(question.template) for question in found)
        held_out = sum(question.pool == "exam" and not question.template for question in found)
        practice = len(found) - held_out - templates
        too_few = practice < PRACTICE or held_out < HELD_OUT or len(found) < ITEMS
        ahead = found and all(question.chapter.startswith(REFERENCE) for question in found)
        wanting = "  ahead of its lesson" if ahead else "  too few" if too_few else ""
        yield f"{name:<9}  {practice:8}  {held_out:8}  {templates:9}  {len(found):3}{wanting}"
    for domain in sorted({name[:3] for name in objectives()}):
        of_domain = [question for question in bank if question.objectives[0][:3] == domain]
        drawn = sum(bool(question.template) for question in of_domain)
        needed = f", {FIXED[domain]} needed" if domain in FIXED else ""
        yield f"{domain}: {len(of_domain) - drawn} questions without a template{needed}; {drawn} templates"
    n_templates = sum(question.n_variants >= VARIANTS for question in bank)
    variants = sum(question.n_variants for question in bank if question.template)
    yield f"{n_templates} templates with {variants:,} variants, {TEMPLATES} needed; {len(bank)} questions in all"
