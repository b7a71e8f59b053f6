"""How the judge writes a request and reads its reply."""

import importlib
import operator
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from autograder.grading import proxies
from autograder.grading.wire import Buffers, Codec, Json

if TYPE_CHECKING:
    from autograder.grading.link import Link

TRUSTED = ("torch", "numpy", "math", "builtins", "seq2gpt", "operator", "functools", "itertools")


class RequestCodec(Codec):
    """The judge's side of the wire, for one request and its reply."""

    def __init__(self, link: "Link", buffers: Buffers | None = None) -> None:
        super().__init__(buffers)
        self.link = link
        self.outputs: tuple[Tensor, ...] = ()

    def refer(self, value: Any) -> Json:
        if proxies.is_remote(value):
            return ["o", proxies.number_of(value)]
        name = library_name(value)
        if name:
            return ["Q", *name]
        return ["J", self.link.lend(value)]

    def refer_tensor(self, value: Tensor) -> Json | None:
        if id(value) in self.link.shared.names:
            return ["P", self.link.shared.names[id(value)]]
        number = self.link.number(value)
        return ["A", number, Codec.encode(Detached(self), value), isinstance(value, nn.Parameter)]

    def resolve(self, data: list[Json]) -> Any:
        tag = data[0]
        if tag == "o":
            return self.link.proxy(data)
        if tag == "J":
            return self.link.lent[data[1]]
        if tag == "P":
            return self.link.shared.get(data[1])
        if tag == "A":
            return self.link.sent[data[1]]
        if tag == "G":
            return self.outputs[data[1]]
        return super().resolve(data)


class Detached(Codec):
    """Encodes a tensor's numbers, and whether it wants a gradient, into another codec's buffers."""

    def __init__(self, codec: Codec) -> None:
        super().__init__(codec.buffers)


def library_name(value: Any) -> tuple[str, str] | None:
    """Where both processes find a function or class of a library; None if it is the test's own."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module.split(".")[0] not in TRUSTED:
        return None
    try:
        found = operator.attrgetter(name)(importlib.import_module(module))
    except (ImportError, AttributeError):
        return None
    return (module, name) if found is value else None
