"""The judge's end of the connection to the student's process: requests go out, values and proxies come back.

Nothing that comes in is believed to be what it says: it is decoded by value, bounded, and if it is malformed, late or
missing the request raises and the check fails.
"""

import math
import secrets
import signal
import sys
import time
import types
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder.grading import proxies, randomness
from autograder.grading.bridge import Bridge, Graph
from autograder.grading.errors import described, remote_error
from autograder.grading.request import RequestCodec
from autograder.grading.shared import Shared
from autograder.grading.wire import Buffers, Channel, Json, PeerLate, WireError, refuse
from autograder.timing import ProcessEnded, TooSlow

CALL_SECONDS = 30.0  # processor time of one call, unless a check sets its own limit
WALL_FACTOR, WALL_SECONDS = 3.0, 5.0  # a call that does not compute, but waits, gets this much of the clock
GRACE_SECONDS = 2.0
LAST_SECONDS = 0.5  # of a test's time, kept for its own end
MOST_CALLBACKS = 100_000
QUESTIONS: dict[Any, Callable[[Any], Any]] = {
    "bool()": bool,
    "len()": len,
}  # what code asks of an object without a name
DRAWS = {"call", "next", "eval", "operator"}  # operations in which the student's code may draw random numbers


class Link:
    """Requests to the student's process. ``interrupt`` asks the controller to interrupt a call that hangs."""

    def __init__(self, channel: Channel, interrupt: Callable[[], None]) -> None:
        self.channel = channel
        self.interrupt = interrupt
        self.shared = Shared()
        self.deadline = math.inf
        self.gone = False
        self.late = False
        self.sent: dict[int, Tensor] = {}
        self.sent_count = 0
        self.lent: dict[int, Any] = {}
        self.callbacks = 0
        self.live: weakref.WeakValueDictionary[int, proxies.Remote] = weakref.WeakValueDictionary()
        self.free: list[int] = []
        self.free_graphs: list[int] = []
        self.changed: dict[Any, Any] = {}
        self.devices: list[torch.device] = []

    # ── objects

    def proxy(self, data: list[Json]) -> proxies.Remote:
        """The proxy for an object that the student's process refers to, always the same one."""
        _, number, what, name, lineage = data
        if type(number) is not int or what not in ("class", "callable", "object") or type(name) is not str:
            refuse("a reference is malformed")
        if type(lineage) is not list or any(type(n) is not str for n in lineage):
            refuse("a reference is malformed")
        proxy = self.live.get(number)
        if proxy is None:
            if number in self.free:
                self.free.remove(number)
            proxy = self.live[number] = proxies.make(self, number, what, name, lineage)
        else:
            proxies.handed_out(proxy)
        return proxy

    def release(self, number: int) -> None:
        """A proxy is gone; tell the other side with the next request."""
        self.free.append(number)

    def lend(self, value: Any) -> int:
        """The number by which the student's process may call something of the test's."""
        for number, lent in self.lent.items():
            if lent is value:
                return number
        self.lent[len(self.lent) + 1] = value
        return len(self.lent)

    def number(self, tensor: Tensor) -> int:
        """A number for a tensor that is sent, to recognise it in the reply."""
        self.sent_count += 1
        self.sent[self.sent_count] = tensor
        return self.sent_count

    def forget(self) -> int:
        """End of a test: tensors and graphs of both sides go, gradients are handed over before.

        Returns the memory that the student's code holds, in bytes.
        """
        self.deadline = time.monotonic() + GRACE_SECONDS
        held = 0 if self.gone else self.request("forget")
        self.shared.clear()
        self.sent.clear()
        self.lent.clear()
        self.callbacks = 0
        return held if type(held) is int else 0

    # ── requests

    def request(
        self, op: str, of: Any = None, args: tuple[Any, ...] = (), kwargs: Any = types.MappingProxyType({})
    ) -> Any:
        """Ask the student's process for something; its exceptions are raised here, its prints printed here."""
        if self.gone:
            raise ProcessEnded
        codec = RequestCodec(self)
        first = self.sent_count
        message = {
            "op": op,
            "of": codec.encode(of),
            "args": [codec.encode(a) for a in args],
            "kwargs": {name: codec.encode(a) for name, a in kwargs.items()},
            "shared": self.shared.changes(codec),
            "drop": self.shared.drop_unused(),
            "grad": torch.is_grad_enabled(),
            "seconds": self.processor_seconds(),
            "token": secrets.token_hex(8),
            "free": self.free,
            "free_graphs": self.free_graphs,
        }
        seeds = randomness.capture() if op in DRAWS else []
        if seeds:
            randomness.advance()
        message["seeds"] = len(seeds)
        self.free, self.free_graphs = [], []
        reply, buffers = self.exchange(message, seeds + codec.buffers)
        return self.result_of(op, reply, buffers, first)

    def processor_seconds(self) -> float:
        """What the call may compute: the rest of the check's own limit."""
        left, _ = signal.getitimer(signal.ITIMER_PROF)
        return left or CALL_SECONDS

    def exchange(self, message: dict[str, Json], buffers: Buffers) -> tuple[dict[str, Json], Buffers]:
        """Send a request and wait for its reply, running the test's own functions meanwhile if they are called."""
        limit = time.monotonic() + WALL_FACTOR * message["seconds"] + WALL_SECONDS
        deadline = min(limit, self.deadline - LAST_SECONDS)
        if deadline <= time.monotonic():
            self.late = True
            raise TooSlow
        try:
            self.channel.send(message, buffers, deadline)
            return self.reply(deadline, message["token"])
        except PeerLate:
            return self.interrupted(message["token"])
        except WireError:
            self.gone = True
            raise ProcessEnded from None

    def interrupted(self, token: str) -> tuple[dict[str, Json], Buffers]:
        """Have the call interrupted, and take what it says then; one that does not stop is given up."""
        self.late = True
        self.interrupt()
        try:
            self.reply(time.monotonic() + GRACE_SECONDS, token)
        except WireError:
            self.gone = True
        raise TooSlow

    def reply(self, deadline: float, token: str) -> tuple[dict[str, Json], Buffers]:
        """The reply to the request with this token; anything else was written by the student's code."""
        while True:
            reply, buffers = self.channel.receive(deadline)
            if not isinstance(reply, dict):
                refuse("a reply is malformed")
            if "callback" not in reply:
                if reply.get("token") != token:
                    refuse("a reply to another request")
                return reply, buffers
            self.channel.send(*self.called_back(reply, buffers), deadline)

    def called_back(self, call: dict[str, Json], buffers: Buffers) -> tuple[dict[str, Json], Buffers]:
        """Run a function of the test's that the student's code calls."""
        self.callbacks += 1
        codec, out = RequestCodec(self, buffers), RequestCodec(self)
        try:
            if self.callbacks > MOST_CALLBACKS:
                refuse("too many calls")
            subject = self.lent[call["callback"]]
            args = [codec.decode(a) for a in call["args"]]
            kwargs = {str(name): codec.decode(a) for name, a in call["kwargs"].items()}
            name = call["name"]
            if name is None:
                result = subject(*args, **kwargs)
            elif name in QUESTIONS:
                result = QUESTIONS[name](subject)
            elif isinstance(subject, types.FunctionType | types.MethodType | types.ModuleType | type):
                raise AttributeError(name)
            else:
                result = getattr(subject, str(name).lstrip("_"))
            return {"result": out.encode(result)}, out.buffers
        except Exception as error:
            return {"error": described(error)}, []

    def result_of(self, op: str, reply: dict[str, Json], buffers: Buffers, first: int) -> Any:
        """What a reply says, decoded; or the exception that it reports."""
        codec = RequestCodec(self, buffers)
        try:
            self.take_notice(reply)
            self.shared.apply(reply.get("shared"), codec)
            if "error" in reply:
                error = remote_error(reply["error"])
            else:
                error = None
                inputs = self.connect(reply.get("graph"), codec)
                result = codec.decode(reply.get("value"))
                if op == "call":
                    self.changed = {k: codec.decode(v) for k, v in reply["changed"] if type(k) in (int, str)}
                    self.devices = codec.decode(reply["devices"])
                for number in range(first + 1, self.sent_count + 1):
                    if number not in inputs:
                        self.sent.pop(number, None)
        except (WireError, KeyError, TypeError, ValueError, AttributeError) as problem:
            raise RuntimeError(f"the result cannot be read: {problem}") from None
        if error is not None:
            raise error
        return result

    def take_notice(self, reply: dict[str, Json]) -> None:
        """Print what the student's code printed; charge its time to the check."""
        printed, used = reply.get("printed"), reply.get("seconds")
        if isinstance(printed, str) and printed:
            sys.stdout.write(printed)
        left, _ = signal.getitimer(signal.ITIMER_PROF)
        if left and isinstance(used, float) and used > 0:
            signal.setitimer(signal.ITIMER_PROF, max(left - used, 1e-3))

    def connect(self, graph: Json, codec: RequestCodec) -> set[int]:
        """Make results that carry a gradient part of this process's autograd graph."""
        if graph is None:
            return set()
        outputs = [codec.decode(t) for t in graph["outputs"]]
        if any(not isinstance(t, Tensor) or t.requires_grad for t in outputs):
            refuse("a result with a gradient is malformed")
        named = graph["inputs"]
        inputs = [self.sent[name] if kind == "A" else self.shared.get(name) for kind, name in named]
        if not any(t.requires_grad for t in inputs):
            codec.outputs = tuple(outputs)
            return set()
        codec.outputs = Bridge.apply(Graph(self, int(graph["id"]), outputs, inputs), *inputs)
        return {name for kind, name in named if kind == "A"}
