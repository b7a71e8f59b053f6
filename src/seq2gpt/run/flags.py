"""Command-line flags from dataclasses and functions, with refusals of one line.

tyro derives the flags and their help. Where it refuses the arguments it prints a box of several lines;
here the user gets one sentence that names the value, the rule and the fix.
"""

import contextlib
import dataclasses
import difflib
import inspect
import io
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import tyro

from seq2gpt.errors import UserError

POSITIONAL = get_args(tyro.conf.Positional[str])[1]


def flags_of(function: Callable[..., None]) -> type:
    """A dataclass with the parameters of ``function``: those without a default are positional."""
    hints = get_type_hints(function)
    fields: list[Any] = []
    annotated: Any = Annotated  # mypy takes no computed types
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            several = get_origin(hints[name]) is tuple
            metavar = f"[{name.upper()} ...]" if several else name.upper()
            fields.append((name, annotated[hints[name], POSITIONAL, tyro.conf.arg(metavar=metavar)]))
        else:
            kind = annotated[hints[name], tyro.conf.FlagCreatePairsOff]
            fields.append((name, kind, dataclasses.field(default=parameter.default)))
    return dataclasses.make_dataclass(function.__name__, fields)


def parse_flags(flags: Any, arguments: list[str], prog: str, about: str, default: Any = None) -> Any:
    """What tyro makes of the arguments; its refusal, a box of several lines, becomes one sentence."""
    said, about = io.StringIO(), about.replace("``", "`")
    given = {} if default is None else {"default": default}
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(flags, args=arguments, prog=prog, description=about, **given)
    except SystemExit as stop:
        if not stop.code:  # --help
            raise
    raise UserError(_fault(arguments, _kinds(flags), prog) or " ".join(said.getvalue().split()))


def _kinds(flags: Any) -> dict[str, Any]:
    """Type of every flag by name, nested configurations included; a positional's name is in capitals."""
    kinds: dict[str, Any] = {}
    for name, hint in get_type_hints(flags, include_extras=True).items():
        kind, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        if dataclasses.is_dataclass(kind):
            kinds |= _kinds(kind)
        else:
            kinds[name.upper() if POSITIONAL in marks else name] = kind
    return kinds


def _fault(arguments: list[str], kinds: dict[str, Any], prog: str) -> str:
    """The first thing that is wrong with the arguments; empty when nothing is found."""
    places = [name for name in kinds if name.isupper()]
    tokens = iter(arguments)
    for token in tokens:
        flag, equals, value = token.partition("=")
        name = flag.removeprefix("--").replace("-", "_")
        if not token.startswith("-") and places:
            if get_origin(kinds[places[0]]) is not tuple:  # such a place takes all that come
                places.pop(0)
        elif not token.startswith("-"):
            return f"{token!r} has no place here; see `{prog} --help`"
        elif name not in kinds:
            known = [f"--{known.replace('_', '-')}" for known in kinds if not known.isupper()]
            return f"there is no flag {flag}{closest(flag, known)}; see `{prog} --help`"
        elif kinds[name] is bool:
            if equals:
                return f"{flag} takes no value; leave out ={value}"
        else:
            if not equals:
                value = next(tokens, "--")
            if value.startswith("--"):
                return f"{flag} needs a value after it; see `{prog} --help`"
            if wanted := _wanted(kinds[name], value):
                return f"{flag} takes {wanted}, not {value!r}; see `{prog} --help`"
    return f"{places[0]} is missing; see `{prog} --help`" if places else ""


def _wanted(kind: Any, value: str) -> str:
    """What a flag of this type takes, if ``value`` is not it."""
    if get_origin(kind) is Literal:
        *choices, last = get_args(kind)
        return "" if value in (*choices, last) else f"{', '.join(choices)} or {last}"
    options = get_args(kind) or (kind,)  # int | None
    for number, name in ((int, "a whole number"), (float, "a number")):
        if number in options:
            try:
                number(value)
            except ValueError:
                return name
    return ""


def closest(word: str, known: Iterable[str]) -> str:
    """Which known word was probably meant, as a part of a sentence."""
    return "".join(f" (did you mean {match}?)" for match in difflib.get_close_matches(word, known, n=1))
