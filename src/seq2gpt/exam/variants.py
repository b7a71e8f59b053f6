"""Variants of a templated item: parameters drawn, results computed, placeholders filled."""

import ast
import importlib
import inspect
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from seq2gpt.errors import UserError

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}", re.IGNORECASE)
FILLED = ("stem", "stimulus", "interaction", "explanation", "hint")  # the fields where placeholders may stand
VARIANTS = 20  # where a template does not say
DRAWS_PER_VARIANT = 100  # a template that needs more to find a new key is too narrow
ARITHMETIC = (ast.Expression, ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Name, ast.Constant,
              ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context)  # fmt: skip

Item = dict[str, Any]
Compute = Callable[..., dict[str, Any]]


def key_of(interaction: dict[str, Any]) -> Any:
    """The right answer of an interaction: a number, a shape, or a list of texts in the order of the item."""
    match interaction["kind"]:
        case "single" | "multiple":
            return [option["text"] for option in interaction["options"] if option.get("correct")]
        case "ordering":
            return interaction["steps"]
        case "matching":
            return [pair["right"] for pair in interaction["pairs"]]
        case "hotspot":
            return [target["svg_id"] for target in interaction["targets"]]
        case "short":
            return interaction["model_answer"]
        case _:
            return interaction["answer"]


def errors_show(interaction: dict[str, Any]) -> bool:
    """Whether each common wrong answer can be told from the right one, at twice the tolerance, and from the
    other wrong ones: else the feedback would name a mistake that nobody made."""
    answer = key_of(interaction)
    wrong = [error["value"] for error in interaction.get("common_errors", [])]
    if interaction["kind"] != "numeric":
        return answer not in wrong and all(wrong.count(value) == 1 for value in wrong)
    tolerance = interaction["tolerance"]
    margin = 2 * (tolerance["abs"] if "abs" in tolerance else tolerance["rel"] * abs(answer))
    apart = all(abs(a - b) > margin / 2 for a, b in itertools.combinations(wrong, 2))
    return apart and all(abs(value - answer) > margin for value in wrong)


def draw_variants(item: Item) -> list[Item]:
    """As many variants as the item's template asks for; the same on every machine.

    No two have the same key, and in none of them does a usual mistake lead to the key or to
    the result of another usual mistake.
    """
    wanted = item["template"].get("variants", VARIANTS)
    found: dict[str, Item] = {}
    for variant in _good(item, "", wanted * DRAWS_PER_VARIANT):
        found.setdefault(json.dumps(key_of(variant["interaction"])), variant)
        if len(found) == wanted:
            return list(found.values())
    raise UserError(
        f"template: {len(found)} good variants found of variants={wanted}; widen `params` or lower `variants`"
    )


def redraw(item: Item, secret: str) -> Item:
    """One more variant, which only those who know ``secret`` can draw again.

    Its key is none of the published variants' keys, unless the template's parameters allow no other.
    """
    published = {json.dumps(key_of(variant["interaction"])) for variant in draw_variants(item)}
    drawn = list(_good(item, f" {secret}", DRAWS_PER_VARIANT))
    fresh = (v for v in drawn if json.dumps(key_of(v["interaction"])) not in published)
    return next(fresh, drawn[0])


def _good(item: Item, secret: str, draws: int) -> Iterator[Item]:
    """Variants in which each usual mistake shows, out of so many draws."""
    template = item["template"]
    compute = _compute(template)
    conditions = [_condition(text, template["params"]) for text in template.get("where", [])]
    generator = random.Random(f"{item['id']} {item['version']}{secret}")
    for _ in range(draws):
        values = {name: _draw(spec, generator) for name, spec in template["params"].items()}
        if all(eval(condition, {"__builtins__": {}}, values) for condition in conditions):  # noqa: S307
            variant = _fill_item(item, values | compute(**values))
            if errors_show(variant["interaction"]):
                yield variant


def _compute(template: dict[str, Any]) -> Compute:
    module, _, name = template["compute"].partition(":")
    try:
        compute = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UserError(f"template.compute: there is no function {name!r} in {module}") from error
    takes, given = list(inspect.signature(compute).parameters), list(template["params"])
    if sorted(takes) != sorted(given):
        raise UserError(
            f"template.params: {name} takes {', '.join(takes)}; the item gives {', '.join(given)}"
        )
    return compute


def _condition(text: str, parameters: dict[str, Any]) -> CodeType:
    """The condition, compiled; nothing but arithmetic and comparisons of parameters may stand in it."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise UserError(
            f"template.where: {text!r} is no expression; write one such as `d_model % 64 == 0`"
        ) from error
    for node in ast.walk(tree):
        if not isinstance(node, ARITHMETIC) or (isinstance(node, ast.Name) and node.id not in parameters):
            raise UserError(
                f"template.where: {text!r} may only calculate with and compare {', '.join(parameters)}"
            )
    return compile(tree, "<where>", "eval")


def _draw(spec: dict[str, Any], generator: random.Random) -> Any:
    if "choice" in spec:
        return generator.choice(spec["choice"])
    if "range" in spec:
        first, last, *step = spec["range"]
        return generator.choice(range(first, last + 1, *step))
    matrix = spec["matrix"]
    return [generator.choices(matrix["values"], k=matrix["columns"]) for _ in range(matrix["rows"])]


def _fill_item(item: Item, values: dict[str, Any]) -> Item:
    filled = {name: _fill(item[name], values, name) for name in FILLED if name in item}
    return item | filled | {"template": {}}


def _fill(text: Any, values: dict[str, Any], at: str) -> Any:
    if isinstance(text, dict):
        return {name: _fill(entry, values, f"{at}.{name}") for name, entry in text.items()}
    if isinstance(text, list):
        return [_fill(entry, values, f"{at}.{i}") for i, entry in enumerate(text)]
    if not isinstance(text, str):
        return text
    for name in PLACEHOLDER.findall(text):
        if name not in values:
            raise UserError(
                f"{at}: nothing computes the placeholder {{{name}}}; use {', '.join(sorted(values))}"
            )
    whole = PLACEHOLDER.fullmatch(text)
    return values[whole[1]] if whole else PLACEHOLDER.sub(lambda found: _written(values[found[1]]), text)


def _written(value: Any) -> str:
    """A value inside a sentence: numbers as people write them, rows in parentheses."""
    match value:
        case list():
            return f"({', '.join(_written(entry) for entry in value)})"
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}".replace("-", "−")
        case _:
            return f"{value:,.6g}".replace("-", "−")
