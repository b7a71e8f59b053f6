"""The student's objects as a test sees them: calls, attributes and items reach the student's process.

What decides a test must come by value: an object whose ``__eq__`` always says yes proves nothing. So the operators of the
student's class work for objects that the test has made itself, by calling the class, and for what these operators return:
``Vector(1, 2) + Vector(3, 4) == Vector(4, 6)`` and ``2 * Vector(1, 2)`` are tests of that class. An object that came in
any other way, such as the result of a function, is equal to itself only, has no order, and does not compute with the test's
values. Questions without a second operand, such as ``float(x)``, ``len(x)`` and ``str(x)``, can be asked of every object:
it cannot know the answer that is wanted.
"""

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from autograder.grading import operators
from autograder.grading.lineage import library_class

if TYPE_CHECKING:
    from autograder.grading.link import Link

OWN = ("__class__", "__bases__", "__mro__", "__deepcopy__", "__copy__", "__signature__")
# Methods by which a result would judge itself.
VERDICTS = {
    "allclose",
    "array_equal",
    "equal",
    "eq",
    "ne",
    "isclose",
    "equals",
    "__eq__",
    "__ne__",
    "__bool__",
}
# How libraries ask whether an operand wants to compute in their place, or where its numbers lie in memory: a proxy does
# not, and an address of the student's process means nothing here.
PROTOCOLS = re.compile(r"__(torch_|array|cuda_array|dlpack|dataframe|buffer|jax_|tensorflow_)[a-z_]*__")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")


class Remote:
    """An object in the student's process."""

    __slots__ = ("__weakref__", "_bases", "_lineage", "_link", "_made", "_number", "_what")

    _bases: tuple[type, ...]
    _lineage: tuple[str, ...]
    _link: "Link"
    _made: (
        bool | None
    )  # by the test itself; None if it is new, and False if the student's code handed it out again
    _number: int
    _what: str

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return type if _of(self, "_what") == "class" else known_class(self) or type(self)
        if name in ("__bases__", "__mro__"):
            if _of(self, "_what") != "class":
                raise AttributeError(name)
            known = _of(self, "_bases") or (object,)
            return known[:1] if name == "__bases__" else (self, *known)
        if name == "__lineage__":
            return _of(self, "_lineage")
        if name == "__signature__":
            return signature_of(self)
        if name == "__last_call__":
            return last_call(self)
        if name in OWN:
            return object.__getattribute__(self, name)
        if PROTOCOLS.fullmatch(name):
            raise AttributeError(name)
        if name in VERDICTS:
            raise TypeError(f"the result is {described(self)}, not a value that can be compared")
        return ask(self, "get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "delete", name)

    def __getitem__(self, key: Any) -> Any:
        return ask(self, "item", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        ask(self, "set_item", key, value)

    def __delitem__(self, key: Any) -> None:
        ask(self, "delete_item", key)

    def __len__(self) -> int:
        return checked(ask(self, "length"), int)

    def __bool__(self) -> bool:
        return checked(ask(self, "truth"), bool)

    def __iter__(self) -> Iterator[Any]:
        return ask(self, "iterate")

    def __next__(self) -> Any:
        return ask(self, "next")

    def __contains__(self, value: Any) -> bool:
        if vouched(self):
            return checked(ask(self, "operator", "contains", value), bool)
        return any(value == entry for entry in self)

    def __enter__(self) -> Any:
        return ask(self, "get", "__enter__")()

    def __exit__(self, *about: Any) -> None:
        ask(self, "get", "__exit__")(None, None, None)

    def __repr__(self) -> str:
        return checked(ask(self, "repr"), str)

    def __str__(self) -> str:
        return checked(ask(self, "text"), str)

    def __copy__(self) -> Any:
        return alike(self, ask(self, "copy"))

    def __deepcopy__(self, memo: Any) -> Any:
        return alike(self, ask(self, "deepcopy"))

    def __hash__(self) -> int:
        return hash(_of(self, "_number"))

    def __instancecheck__(self, instance: Any) -> bool:
        return is_remote(instance) and checked(ask(self, "instance", instance, swap=True), bool)

    def __subclasscheck__(self, subclass: Any) -> bool:
        return is_remote(subclass) and checked(ask(self, "subclass", subclass, swap=True), bool)

    def __del__(self) -> None:
        _of(self, "_link").release(_of(self, "_number"))


class RemoteCallable(Remote):
    """A function, a class or a module in the student's process."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = ask(self, "call", *args, **kwargs)
        return vouch_for(result) if _of(self, "_what") == "class" else result


_of = object.__getattribute__


def ask(subject: Remote, operation: str, *args: Any, swap: bool = False, **kwargs: Any) -> Any:
    """Let the student's process do something with an object of its own."""
    if swap:
        subject, args = args[0], (subject,)
    return _of(subject, "_link").request(operation, subject, args, kwargs)


def make(link: "Link", number: int, what: str, name: str, lineage: list[str]) -> Remote:
    """A proxy; ``lineage`` are the full names of the object's class and its bases."""
    kind = proxy_class(name if NAME.fullmatch(name) else "object", what != "object")
    proxy = kind.__new__(kind)
    bases = tuple(c for c in map(library_class, lineage) if c)
    slots = {"_link": link, "_number": number, "_what": what, "_bases": bases, "_made": None}
    slots["_lineage"] = tuple(lineage)
    for slot, value in slots.items():
        object.__setattr__(proxy, slot, value)
    return proxy


@functools.cache
def proxy_class(name: str, is_callable: bool) -> type[Remote]:
    """A class named as the student's, so that messages about its objects name it."""
    return type(name, (RemoteCallable if is_callable else Remote,), {"__slots__": ()})


def known_class(proxy: Remote) -> type | None:
    """The nearest class of the object that exists in this process too."""
    bases = _of(proxy, "_bases")
    return bases[0] if bases else None


def is_remote(value: Any) -> bool:
    """Whether ``value`` lives in the student's process."""
    return issubclass(type(value), Remote)


def number_of(proxy: Remote) -> int:
    """The number by which the student's process knows it."""
    return int(_of(proxy, "_number"))


def last_call(proxy: Remote) -> tuple[dict[Any, Any], set[Any]]:
    """``function.__last_call__``: what the last call changed of its arguments, and the devices that it asked PyTorch for.

    The changes are new values by position or name; the test's own objects stay as they were.
    """
    link = _of(proxy, "_link")
    return dict(link.changed), set(link.devices)


def described(proxy: Remote) -> str:
    """A proxy in words."""
    return f"a {type(proxy).__name__} object"


def checked(value: Any, kind: type) -> Any:
    """``value`` if it is of the kind that Python's protocols ask for."""
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__} came where {kind.__name__} was expected")
    return value


def signature_of(proxy: Remote) -> inspect.Signature:
    """The parameters of a function, as the student's process tells them."""
    code = (
        "[(p.name, int(p.kind), p.default is not p.empty, p.default if p.default is not p.empty else None) "
        "for p in __import__('inspect').signature(f).parameters.values()]"
    )
    found = _of(proxy, "_link").request("eval", None, (code,), {"f": proxy})
    kinds = list(inspect._ParameterKind)
    parameters = [
        inspect.Parameter(name, kinds[kind], default=default if given else inspect.Parameter.empty)
        for name, kind, given, default in found
    ]
    return inspect.Signature(parameters)


# ── operators


def handed_out(proxy: Remote) -> None:
    """The student's code has given an object away that the test knows: from now on it may stand for anything."""
    object.__setattr__(proxy, "_made", False)


def vouch_for(result: Any) -> Any:
    """A new object that the test has made may use its operators; everything else stays what it is."""
    if is_remote(result) and _of(result, "_made") is None:
        object.__setattr__(result, "_made", True)
    return result


def vouched(value: Any) -> bool:
    """Whether the test has made the object itself."""
    return is_remote(value) and _of(value, "_made") is True


def alike(origin: Remote, result: Any) -> Any:
    """What came of an object: made by the test if that was."""
    return vouch_for(result) if vouched(origin) else result


def convert(name: str, proxy: Remote, *more: Any) -> Any:
    """``float(proxy)`` and the like; the kind of the answer is checked."""
    return checked(ask(proxy, "operator", name, *more), operators.CONVERSIONS[name])


def of_one(name: str, proxy: Remote, *more: Any) -> Any:
    """``-proxy`` and the like."""
    return alike(proxy, ask(proxy, "operator", name, *more))


def compute(name: str, proxy: Remote, other: Any) -> Any:
    """``proxy + other`` and the like: objects that the test has made, with each other and with its values."""
    if not vouched(proxy) or (is_remote(other) and not vouched(other)):
        refuse_operator(proxy if not vouched(proxy) else other)
    return alike(proxy, ask(proxy, "operator", name, other))


def compare(name: str, proxy: Remote, other: Any) -> Any:
    """``proxy < other`` and the like, between objects that the test has made."""
    if vouched(proxy) and vouched(other):
        return checked(ask(proxy, "operator", name, other), bool)
    if name in operators.ORDER:
        refuse_operator(proxy)
    return (proxy is other) == (name == "eq")


def refuse_operator(proxy: Remote) -> NoReturn:
    """Raise ``TypeError``: what a test compares or computes with must come by value."""
    raise TypeError(f"the result is {described(proxy)}, not a number or a tensor")


def install(names: Iterable[str], action: Callable[..., Any]) -> None:
    """Give proxies methods that do ``action`` with their own name."""
    for name in names:
        setattr(Remote, f"__{name}__", functools.partialmethod(by_name, action, name))


def by_name(proxy: Remote, action: Callable[..., Any], name: str, *others: Any) -> Any:
    """A method that knows its name."""
    return action(name, proxy, *others)


install(operators.CONVERSIONS, convert)
install(operators.OF_ONE, of_one)
install((f"{side}{name}" for side in ("", "r") for name in operators.ARITHMETIC), compute)
install((*operators.ORDER, *operators.EQUALITY), compare)
