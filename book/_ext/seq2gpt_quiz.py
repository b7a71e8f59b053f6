"""The directive ``{quiz} FILE.yml``: questions of a lesson's bank on a page, readable without JavaScript.

``:objectives: ATT-02 ATT-12`` shows the questions whose first objective is among these, ``:ids:`` those
named; without either, all. Questions of the pool "exam" are kept for exams: only ``:ids:`` shows them. A
template shows its first variant. The answer with its reasons stands in a ``<details>`` below each question.
"""

import random
from collections.abc import Iterable
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from seq2gpt_references import citation
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from seq2gpt.errors import UserError
from seq2gpt.exam.bank import Question, load

INSTRUCTIONS = {
    "single": "One answer is right.",
    "multiple": "Choose {select}.",
    "ordering": "Put the steps in order.",
    "matching": "Match each entry of the first list with one of the second.",
    "numeric": "Answer with a number{unit}.",
    "shape": "Answer with a shape, such as (2, 3).",
    "short": "Answer in one to three sentences.",
}


class Disclosure(nodes.General, nodes.Element):
    """What a reader opens when ready: ``<details>`` with the attribute ``summary`` as its title."""


def open_disclosure(translator: Any, node: Disclosure) -> None:
    translator.body.append(f'<details class="s2g-answer"><summary>{node["summary"]}</summary>\n')


def close_disclosure(translator: Any, node: Disclosure) -> None:
    translator.body.append("</details>\n")


def pass_through(translator: Any, node: nodes.Node) -> None:
    """Other builders show the answer below the question."""


def words(argument: str) -> list[str]:
    return argument.replace(",", " ").split()


def shuffled(entries: Iterable[Any], question: Question) -> list[Any]:
    """In an order that gives nothing away and is the same in every build."""
    order = list(entries)
    random.Random(question.id).shuffle(order)
    return order


def number(value: float) -> str:
    """As a reader writes it: 1,048,576 and 10.52, never 1.04858e+06."""
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1000 else f"{value:.4g}"


def listing(items: Iterable[list[nodes.Node]], numbering: str = "") -> nodes.Element:
    """A list; ``numbering`` is "loweralpha" or "arabic", or nothing for bullets."""
    if numbering:
        result: nodes.Element = nodes.enumerated_list(enumtype=numbering, prefix="", suffix=".")
    else:
        result = nodes.bullet_list()
    result += [nodes.list_item("", *item) for item in items]
    return result


class Quiz(SphinxDirective):
    """The directive ``{quiz} FILE.yml``, the file given relative to the page."""

    required_arguments = 1
    option_spec: ClassVar = {"ids": words, "objectives": words}

    def run(self) -> list[nodes.Node]:
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        banks = self.env.temp_data.setdefault(
            "s2g_banks", {}
        )  # a page asks its bank for questions many times
        try:
            if path not in banks:
                banks[path] = load(path)
            questions = self.chosen(banks[path])
        except UserError as error:
            raise self.error(str(error)) from error
        first = self.env.temp_data.get("s2g_questions", 0) + 1  # numbers run on over the quizzes of a page
        self.env.temp_data["s2g_questions"] = first - 1 + len(questions)
        return [self.question(n, question.variant(0)) for n, question in enumerate(questions, first)]

    def chosen(self, bank: list[Question]) -> list[Question]:
        ids, objectives = self.options.get("ids"), self.options.get("objectives")
        by_id = {question.id: question for question in bank}
        if ids is not None:
            missing = [name for name in ids if name not in by_id]
            if missing:
                raise UserError(
                    f"{self.arguments[0]} has no question {missing[0]!r}; it has {', '.join(by_id)}"
                )
            return [by_id[name] for name in ids]
        bank = [question for question in bank if question.pool != "exam"]
        if objectives is None:
            return bank
        known = {question.objectives[0] for question in bank}
        missing = [name for name in objectives if name not in known]
        if missing:
            raise UserError(
                f"no question of {self.arguments[0]} has {missing[0]} as its first objective; "
                f"use {', '.join(sorted(known))}"
            )
        return [question for question in bank if question.objectives[0] in objectives]

    def question(self, n: int, question: Question) -> nodes.container:
        interaction = question.interaction
        if question.kind == "hotspot":  # pointing at a picture needs a mouse and a script; words do not
            interaction = interaction["text_alternative"]
        about = f"{question.objectives[0]} · {question.bloom} · about {question.seconds} s"
        title = nodes.paragraph("", "", nodes.strong(text=f"Question {n}"), nodes.inline(text=about))
        title["classes"] = ["s2g-question-title"]
        told = self.markdown(question.case_text, "Case.") if question.case_text else []
        result = nodes.container("", title, *told, *self.markdown(question.stem), *self.stimulus(question))
        result["classes"], result["ids"] = ["s2g-question"], [f"question-{question.id.lower()}"]
        instruction = INSTRUCTIONS[interaction["kind"]].format(
            select=interaction.get("select"),
            unit=f" ({interaction['unit']})" if "unit" in interaction else "",
        )
        result += nodes.paragraph(text=instruction, classes=["s2g-instruction"])
        task, answer = getattr(self, f"show_{interaction['kind']}")(interaction, question)
        result += task
        answer += [*self.markdown(question.explanation), *self.sources(question)]
        result += Disclosure("", *answer, summary="Answer and why")
        return result

    def sources(self, question: Question) -> list[nodes.Node]:
        line = nodes.paragraph(classes=["s2g-sources"])
        for source in question.sources:
            if "ref" in source:
                line += [nodes.Text(" · " if line.children else ""), citation(self.env, source["ref"])]
                line += nodes.Text(f", {source['loc']}" if "loc" in source else "")
        return [line] if line.children else []

    def stimulus(self, question: Question) -> list[nodes.Node]:
        shown: list[nodes.Node] = []
        if code := question.stimulus.get("code"):
            shown.append(nodes.literal_block(code["text"], code["text"], language=code["lang"]))
        if figure := question.stimulus.get("figure"):
            shown.append(nodes.image(uri=figure["src"], alt=figure["alt"]))
        for name, values in question.stimulus.get("tensors", {}).items():
            shown.append(nodes.literal_block(f"{name} = {values}", f"{name} = {values}", language="python"))
        return shown

    def markdown(self, text: Any, lead: str = "") -> list[nodes.Node]:
        """The nodes of a Markdown text; ``lead`` is set in bold before its first paragraph."""
        holder = nodes.container()
        self.state.nested_parse(StringList(str(text).splitlines(), self.env.docname), 0, holder)
        if lead and not (holder.children and isinstance(holder[0], nodes.paragraph)):
            holder.insert(0, nodes.paragraph())
        if lead:
            holder[0].insert(0, [nodes.strong(text=lead), nodes.Text(" ")])
        return holder.children

    # Each show_* method returns what the reader sees first, and what the answer says.

    def show_single(self, interaction: dict[str, Any], question: Question) -> tuple[list, list]:
        options = interaction["options"]
        if interaction.get("shuffle", True) and not any(option.get("lock") for option in options):
            options = shuffled(options, question)
        reasons = [
            self.markdown(option["rationale"], "Right." if option.get("correct") else "Wrong.")
            for option in options
        ]
        right = [letter for letter, option in zip("abcdefgh", options, strict=False) if option.get("correct")]
        key = nodes.paragraph("", "", nodes.strong(text=f"Answer: {' and '.join(right)}"))
        return (
            [listing((self.markdown(option["text"]) for option in options), "loweralpha")],
            [key, listing(reasons, "loweralpha")],
        )

    show_multiple = show_single

    def show_ordering(self, interaction: dict[str, Any], question: Question) -> tuple[list, list]:
        steps = shuffled([*interaction["steps"], *interaction.get("distractor_steps", [])], question)
        answer: list[nodes.Node] = [listing((self.markdown(step) for step in interaction["steps"]), "arabic")]
        for reason in interaction.get("pair_rationales", []):
            answer += self.markdown(reason)
        for step in interaction.get("distractor_steps", []):
            answer += self.markdown(step, "Not a step:")
        return [listing(self.markdown(step) for step in steps)], answer

    def show_matching(self, interaction: dict[str, Any], question: Question) -> tuple[list, list]:
        pairs = interaction["pairs"]
        rights = shuffled([*(pair["right"] for pair in pairs), *interaction.get("extra_right", [])], question)
        letters = dict(zip(rights, "abcdefghijkl", strict=False))
        return (
            [
                listing((self.markdown(pair["left"]) for pair in pairs), "arabic"),
                listing((self.markdown(right) for right in rights), "loweralpha"),
            ],
            [
                listing(
                    (self.markdown(pair["rationale"], f"{letters[pair['right']]}.") for pair in pairs),
                    "arabic",
                )
            ],
        )

    def show_numeric(self, interaction: dict[str, Any], question: Question) -> tuple[list, list]:
        key = self.markdown(interaction.get("unit", ""), number(interaction["answer"]))
        return [], [*key, *self.common_errors(interaction, number)]

    def show_shape(self, interaction: dict[str, Any], question: Question) -> tuple[list, list]:
        def shape(sizes: Any) -> str:
            return str(tuple(sizes)) if isinstance(sizes, list) else str(sizes)

        key = nodes.paragraph("", "", nodes.literal(text=shape(interaction["answer"])))
        return [], [key, *self.common_errors(interaction, shape)]

    def common_errors(self, interaction: dict[str, Any], show: Any) -> list[nodes.Node]:
        errors = interaction.get("common_errors", [])
        return (
            [listing(self.markdown(e["feedback"], f"Not {show(e['value'])}:") for e in errors)]
            if errors
            else []
        )

    def show_short(self, interaction: dict[str, Any], question: Question) -> tuple[list, list]:
        points = (
            self.markdown(
                entry["criterion"], f"{number(entry['points'])} point{'s' * (entry['points'] != 1)}:"
            )
            for entry in interaction["rubric"]
        )
        return [], [*self.markdown(interaction["model_answer"]), listing(points)]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(
        Disclosure,
        html=(open_disclosure, close_disclosure),
        latex=(pass_through, pass_through),
        text=(pass_through, pass_through),
        epub=(pass_through, pass_through),
    )
    app.add_directive("quiz", Quiz)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
