"""How the student's process reads a request and writes its reply."""

import importlib
import operator
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from autograder.grading.shared import same_numbers
from autograder.grading.wire import Buffers, Codec, Json, WireError

if TYPE_CHECKING:
    from autograder.grading.service import Service

MRO_LIMIT = 20


class Objects:
    """What the judge holds references to, by number."""

    def __init__(self) -> None:
        self.by_number: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}
        self.count = 0

    def number_of(self, value: Any) -> int:
        """The number of an object, the same while the judge refers to it."""
        number = self.numbers.get(id(value))
        if number is None:
            self.count = number = self.count + 1
            self.by_number[number] = value
            self.numbers[id(value)] = number
        return number

    def free(self, numbers: list[int]) -> None:
        """Let go of what the judge no longer refers to."""
        for number in numbers:
            value = self.by_number.pop(number, None)
            self.numbers.pop(id(value), None)


class TestsObject:
    """A function or object of the test's, as the student's code sees it: calling it runs the test's code over there."""

    def __init__(self, service: "Service", number: int) -> None:
        self._service = service
        self._number = number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._service.call_back(self._number, None, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._service.call_back(self._number, name, (), {})

    def __bool__(self) -> bool:
        return bool(self._service.call_back(self._number, "bool()", (), {}))

    def __len__(self) -> int:
        return int(self._service.call_back(self._number, "len()", (), {}))


class ReplyCodec(Codec):
    """The student's side of the wire, for one request and its reply."""

    def __init__(self, service: "Service", buffers: Buffers | None = None) -> None:
        super().__init__(buffers)
        self.service = service
        self.arguments: dict[
            int, tuple[int, Tensor, Tensor]
        ] = {}  # by identity: number, tensor, its numbers at first
        self.outputs: list[Tensor] = []

    def refer(self, value: Any) -> Json:
        if isinstance(value, TestsObject):
            return ["J", value._number]
        kind = value if isinstance(value, type) else type(value)
        lineage = [
            f"{c.__module__}.{c.__qualname__}" for c in type.__dict__["__mro__"].__get__(kind)[:MRO_LIMIT]
        ]
        what = "class" if isinstance(value, type) else "callable" if callable(value) else "object"
        return ["o", self.service.objects.number_of(value), what, kind.__name__, lineage]

    def resolve(self, data: list[Json]) -> Any:
        if data[0] == "o":
            return self.service.objects.by_number[data[1]]
        if data[0] == "J":
            return TestsObject(self.service, data[1])
        if data[0] == "P":
            return self.service.shared.get(data[1])
        if data[0] == "A":
            tensor = self.decode(data[2])
            parameter = nn.Parameter(tensor.detach(), tensor.requires_grad) if data[3] else tensor
            return self._argument(data[1], parameter)
        if data[0] == "Q":
            return operator.attrgetter(data[2])(importlib.import_module(data[1]))
        return super().resolve(data)

    def _argument(self, number: int, tensor: Tensor) -> Tensor:
        self.arguments[id(tensor)] = (number, tensor, tensor.detach().clone())
        if tensor.requires_grad:
            self.service.leaves[id(tensor)] = (number, tensor)
        return tensor

    def refer_tensor(self, value: Any) -> Json | None:
        if id(value) in self.arguments:
            number, _, before = self.arguments[id(value)]
            if same_numbers(before, value.detach()):
                return ["A", number]
        if not value.requires_grad:
            return None
        if value.is_leaf:
            return ["P", self.service.shared.name_of(value)]
        self.outputs.append(value)
        return ["G", len(self.outputs) - 1]


class Loose(Codec):
    """Tensors as numbers; other objects as references, if there is a service to keep them."""

    def __init__(self, buffers: Buffers, service: "Service | None" = None) -> None:
        super().__init__(buffers)
        self.service = service

    def refer(self, value: Any) -> Json:
        return ReplyCodec(self.service).refer(value) if self.service else ["?"]

    def refer_tensor(self, value: Any) -> Json | None:
        if value.requires_grad:
            return self.encode(value.detach())
        return None


class Snapshot(Codec):
    """Encodes arguments so that two snapshots can be compared."""

    def refer(self, value: Any) -> Json:
        return ["o", id(value)]


def snapshot(value: Any) -> Any:
    """A picture of a value that later changes cannot reach; None if it is too large for one."""
    codec = Snapshot()
    try:
        return codec.encode(value), codec.buffers
    except (WireError, TypeError):
        return None
