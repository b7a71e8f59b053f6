"""What the judge may ask of the student's process: names, calls, attributes, gradients; everything by value or reference.

Runs beside the student's code, so nothing that it says is believed by the other side.
"""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autograder.grading.errors import described, same_error
from autograder.grading.operators import OPERATORS
from autograder.grading.reply import Loose, Objects, ReplyCodec, snapshot
from autograder.grading.shared import Shared
from autograder.grading.shell import line_of_cell
from autograder.grading.wire import Buffers, Codec, Json, refuse
from autograder.recorder import call_with_spy

Ask = Callable[[dict[str, Json], Buffers], tuple[Any, Buffers]]


class Service:
    """Answers the judge's requests."""

    def __init__(self, names: dict[str, Any], ask: Ask) -> None:
        self.names = names
        self.ask = ask
        self.objects = Objects()
        self.shared = Shared()
        self.graphs: dict[int, tuple[list[Tensor], list[Tensor]]] = {}
        self.graph_count = 0
        self.leaves: dict[int, tuple[int, Tensor]] = {}
        self.devices: list[torch.device] = []
        self.written_at_start = written_bytes()

    def answer(self, request: dict[str, Json], buffers: Buffers) -> tuple[dict[str, Json], Buffers]:
        """The reply to one request, whatever the student's code does."""
        codec = ReplyCodec(self, buffers)
        out = ReplyCodec(self)
        out.arguments = codec.arguments
        try:
            self.objects.free(request["free"])
            for graph in request["free_graphs"]:
                self.graphs.pop(graph, None)
            self.shared.apply(request["shared"], codec)
            self.shared.drop(request["drop"])
            subject = codec.decode(request["of"])
            args = [codec.decode(a) for a in request["args"]]
            kwargs = {name: codec.decode(a) for name, a in request["kwargs"].items()}
            given = [*enumerate(args), *kwargs.items()]
            before = [snapshot(v) for _, v in given]
            self.devices = []
            with torch.set_grad_enabled(request["grad"]):
                result = OPERATIONS[request["op"]](self, subject, *args, **kwargs)
            reply = {"value": out.encode(result), "devices": out.encode(self.devices)}
            changed = [at for at, old in zip(given, before, strict=True) if old != snapshot(at[1])]
            reply["changed"] = [[key, Codec.encode(Loose(out.buffers), v)] for key, v in changed]
            reply["graph"] = self.graph_of(out)
            reply["shared"] = self.shared.changes(out)
        except BaseException as error:
            return {"error": described(error) | {"line": line_of_cell(error)}, "shared": []}, []
        return reply, out.buffers

    def graph_of(self, codec: ReplyCodec) -> Json:
        """How the results that carry a gradient hang on arguments and parameters."""
        if not codec.outputs:
            return None
        inputs = list(leaves_below(codec.outputs))
        named = [
            ["A", self.leaves[id(t)][0]] if id(t) in self.leaves else ["P", self.shared.name_of(t)]
            for t in inputs
        ]
        self.graph_count += 1
        self.graphs[self.graph_count] = (list(codec.outputs), inputs)
        numbers = [Codec.encode(Loose(codec.buffers), t.detach()) for t in codec.outputs]
        return {"id": self.graph_count, "outputs": numbers, "inputs": named}

    def call_back(self, number: int, name: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a function of the test's, or read an attribute, over there."""
        codec = Loose([], self)
        message = {
            "callback": number,
            "name": name,
            "args": [codec.encode(a) for a in args],
            "kwargs": {k: codec.encode(v) for k, v in kwargs.items()},
        }
        reply, buffers = self.ask(message, codec.buffers)
        if "error" in reply:
            raise same_error(reply["error"])
        return ReplyCodec(self, buffers).decode(reply["result"])

    def forget(self, _: None) -> int:
        """Let go of tensors and graphs; what the judge still refers to stays. Returns the memory held."""
        self.shared.clear()
        self.graphs.clear()
        self.leaves.clear()
        return self.held()

    def held(self) -> int:
        """The memory that the student's code has filled, in bytes."""
        return written_bytes() - self.written_at_start

    # ── operations

    def call(self, subject: Any, *args: Any, **kwargs: Any) -> Any:
        """The result of a call."""
        result, devices = call_with_spy(subject, args, kwargs)
        self.devices = list(devices)
        return result

    def look_up(self, _: None, *names: str) -> dict[str, Any]:
        """The values of those names that are defined."""
        return {name: self.names[name] for name in names if name in self.names}

    def define(self, _: None, **values: Any) -> None:
        """Let names mean something else."""
        self.names.update(values)

    def remove(self, _: None, name: str) -> None:
        """Let a name mean nothing."""
        self.names.pop(name, None)

    def evaluate(self, _: None, code: str, **names: Any) -> Any:
        """The value of an expression of the test's, in the student's namespace."""
        return eval(code, self.names, names)  # noqa: S307 (the judge's own text)

    def backward(self, graph: int, *gradients: Tensor | None) -> list[Tensor | None]:
        """Gradients with respect to a graph's inputs."""
        outputs, inputs = self.graphs[graph]
        used = [(o, g) for o, g in zip(outputs, gradients, strict=True) if g is not None]
        found = torch.autograd.grad(
            [o for o, _ in used], inputs, [g for _, g in used], allow_unused=True, retain_graph=True
        )
        return list(found)


def leaves_below(outputs: list[Tensor]) -> list[Tensor]:
    """The leaves of the autograd graph that the outputs hang on, each once."""
    found: dict[int, Tensor] = {}
    seen, todo = set(), [t.grad_fn for t in outputs]
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None:
            found[id(leaf)] = leaf
        todo += [below for below, _ in node.next_functions]
    return list(found.values())


def written_bytes() -> int:
    """The memory that this process can write, as its limit counts it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def iterate(_: Service, subject: Any) -> Any:
    """An iterator; never by value, since it may be endless."""
    return iter(subject)


def set_item(_: Service, subject: Any, key: Any, value: Any) -> None:
    subject[key] = value


def delete_item(_: Service, subject: Any, key: Any) -> None:
    del subject[key]


OPERATIONS: dict[str, Callable[..., Any]] = {
    "names": Service.look_up,
    "define": Service.define,
    "remove": Service.remove,
    "eval": Service.evaluate,
    "backward": Service.backward,
    "forget": Service.forget,
    "call": Service.call,
    "get": lambda _, subject, name: getattr(subject, name),
    "set": lambda _, subject, name, value: setattr(subject, name, value),
    "delete": lambda _, subject, name: delattr(subject, name),
    "operator": lambda _, subject, name, *others: OPERATORS[name](subject, *others),
    "item": lambda _, subject, key: subject[key],
    "set_item": set_item,
    "delete_item": delete_item,
    "length": lambda _, subject: len(subject),
    "truth": lambda _, subject: bool(subject),
    "iterate": iterate,
    "next": lambda _, subject: next(subject),
    "text": lambda _, subject: str(subject),
    "repr": lambda _, subject: repr(subject),
    "copy": lambda _, subject: copy.copy(subject),
    "deepcopy": lambda _, subject: copy.deepcopy(subject),
    "instance": lambda _, subject, kind: isinstance(subject, kind),
    "subclass": lambda _, subject, kind: issubclass(subject, kind),
}


def check_request(request: Json) -> dict[str, Json]:
    """A request with every field that it must have."""
    if not isinstance(request, dict) or request.get("op") not in OPERATIONS:
        refuse("a request is malformed")
    return request
