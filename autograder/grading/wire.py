"""Values on a socket between the process that runs a student's code and the one that judges it.

Nothing is pickled: a frame is a JSON header with raw buffers behind it, and decoding builds built-in values,
tensors and arrays, never an object of the sender's choice. What does not travel by value (a function, a
class, a generator, a module) travels as a reference, which :class:`Codec` leaves to its owner. Size, depth and
count are bounded in both directions; whatever breaks a rule is a :class:`WireError`.
"""

import json
import math
import select
import socket
import struct
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any, NoReturn

from autograder.grading import arrays

HEADER_BYTES = 8 * 2**20
BUFFER_BYTES = 64 * 2**20
BUFFERS = 20_000
VALUES = 200_000
DEPTH = 32
HEX_DIGITS = 20_000
EXACT = 2**53  # whole numbers beyond it do not survive every JSON reader

Json = Any
Buffers = list[bytes]


class WireError(Exception):
    """What came, or what was to be sent, is no message of this protocol; the text says why."""


class PeerGone(WireError):
    """The other process has ended or closed the connection."""


class PeerLate(WireError):
    """The other process has not answered in time."""


def refuse(why: str) -> NoReturn:
    """Raise :class:`WireError`."""
    raise WireError(why)


# ── frames ───────────────────────────────────────────────────────────────────────────────────────


class Channel:
    """Whole frames over a connected stream socket, with a deadline for each."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.setblocking(False)

    def fileno(self) -> int:
        """For ``select``."""
        return self.sock.fileno()

    def send(self, message: Json, buffers: Iterable[bytes] = (), deadline: float | None = None) -> None:
        """Send one frame; ``deadline`` is a time of ``time.monotonic``."""
        buffers = list(buffers)
        try:
            header = json.dumps([message, [len(b) for b in buffers]]).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise WireError(f"the message cannot be written ({error})") from None
        if len(header) > HEADER_BYTES or sum(map(len, buffers)) > BUFFER_BYTES or len(buffers) > BUFFERS:
            refuse("the message is too large")
        frame = b"".join([struct.pack("<I", len(header)), header, *buffers])
        self._write(memoryview(frame), deadline)

    def receive(self, deadline: float | None = None) -> tuple[Json, Buffers]:
        """The next frame, checked; raises :class:`PeerGone` at the end and :class:`PeerLate` at the deadline."""
        (size,) = struct.unpack("<I", self._read(4, deadline))
        if size > HEADER_BYTES:
            refuse("the header is too large")
        try:
            message, lengths = json.loads(self._read(size, deadline))
        except (ValueError, TypeError, RecursionError) as error:
            raise WireError(f"the header is not JSON ({type(error).__name__})") from None
        if not isinstance(lengths, list) or len(lengths) > BUFFERS:
            refuse("the list of buffers is malformed")
        if any(type(n) is not int or n < 0 for n in lengths) or sum(lengths) > BUFFER_BYTES:
            refuse("the buffers are too large")
        content = self._read(sum(lengths), deadline)
        return message, [content[end - n : end] for n, end in zip(lengths, accumulate(lengths), strict=True)]

    def _write(self, rest: memoryview, deadline: float | None) -> None:
        while rest:
            try:
                rest = rest[self.sock.send(rest) :]
            except BlockingIOError:
                self._wait([], [self.sock], deadline)
            except OSError as error:
                raise PeerGone(str(error)) from None

    def _read(self, size: int, deadline: float | None) -> bytes:
        parts: list[bytes] = []
        while size:
            try:
                part = self.sock.recv(min(size, 2**20))
            except BlockingIOError:
                self._wait([self.sock], [], deadline)
                continue
            except OSError as error:
                raise PeerGone(str(error)) from None
            if not part:
                raise PeerGone("the connection was closed")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait(
        self, readers: list[socket.socket], writers: list[socket.socket], deadline: float | None
    ) -> None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and (left <= 0 or not any(select.select(readers, writers, [], left))):
            raise PeerLate("no answer in time")
        if left is None:
            select.select(readers, writers, [])

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


# ── values ───────────────────────────────────────────────────────────────────────────────────────

SEQUENCES: dict[str, type] = {"l": list, "t": tuple, "s": set, "z": frozenset, "q": deque}
MAPPINGS: dict[str, type] = {"d": dict, "O": OrderedDict, "C": Counter}
TAG_OF = {kind: tag for tag, kind in {**SEQUENCES, **MAPPINGS}.items()}
SCALARS = (bool, int, float, str)
PLAIN: dict[type, Callable[[Any], Any]] = {int: int.__int__, float: float.__float__, str: str.__str__}


class Codec:
    """Encodes and decodes the values of one message.

    A subclass says what becomes of objects that do not travel by value (:meth:`refer`, :meth:`resolve`) and
    of tensors that are more than their numbers (:meth:`refer_tensor`).
    """

    def __init__(self, buffers: Buffers | None = None) -> None:
        self.buffers: Buffers = buffers if buffers is not None else []
        self.values = 0

    def refer(self, value: Any) -> Json:
        """A reference to ``value``: a list whose first entry is a tag of the subclass's own."""
        raise TypeError(f"a {type(value).__name__} cannot be sent")

    def resolve(self, data: list[Json]) -> Any:
        """What a reference means."""
        refuse(f"unknown kind of value {str(data[0])[:20]!r}")

    def refer_tensor(self, value: Any) -> Json | None:
        """A reference to a tensor; None if its numbers are all that there is to it."""
        return None

    # ── encoding

    def encode(self, value: Any, depth: int = 0) -> Json:
        """``value`` as JSON; large contents go to ``buffers``."""
        self._count(depth)
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if abs(value) < EXACT else ["i", hex(value)]
        if kind is float:
            return value if math.isfinite(value) else ["f", repr(value)]
        if kind in TAG_OF:
            return self._encode_container(value, TAG_OF[kind], depth + 1)
        plain = ENCODERS.get(kind)
        return plain(self, value, depth + 1) if plain else self._encode_other(value, depth)

    def _encode_container(self, value: Any, tag: str, depth: int) -> Json:
        if tag in MAPPINGS:
            return [tag, [[self.encode(k, depth), self.encode(v, depth)] for k, v in value.items()]]
        return [tag, [self.encode(v, depth) for v in value]]

    def _encode_other(self, value: Any, depth: int) -> Json:
        """Tensors, arrays, and subclasses of plain values, which lose their class."""
        encoded = arrays.encode(self, value)
        if encoded is not None:
            return encoded
        for base, plain in PLAIN.items():
            if isinstance(value, base) and not hasattr(value, "__dict__"):
                return self.encode(plain(value), depth)
        return self.refer(value)

    def add_buffer(self, content: bytes) -> int:
        """Keep bytes beside the JSON; returns where."""
        self.buffers.append(content)
        return len(self.buffers) - 1

    # ── decoding

    def decode(self, data: Json, depth: int = 0) -> Any:
        """The value again."""
        self._count(depth)
        if data is None or type(data) in SCALARS:
            return data
        if type(data) is not list or not data or type(data[0]) is not str:
            refuse("a value is malformed")
        try:
            return self._decode_tagged(data, depth + 1)
        except WireError:
            raise
        except (ValueError, TypeError, IndexError, KeyError, OverflowError, RuntimeError) as error:
            raise WireError(f"a value is malformed ({type(error).__name__})") from None

    def _decode_tagged(self, data: list[Json], depth: int) -> Any:
        tag = data[0]
        if tag in SEQUENCES:
            return SEQUENCES[tag](self.decode(v, depth) for v in data[1])
        if tag in MAPPINGS:
            pairs = [(self.decode(k, depth), self.decode(v, depth)) for k, v in data[1]]
            built = MAPPINGS[tag]()
            for key, entry in pairs:
                built[key] = entry
            return built
        if tag in DECODERS:
            return DECODERS[tag](self, data, depth)
        if tag in ("T", "N", "size", "dtype", "device", "generator"):
            return arrays.decode(self, data)
        return self.resolve(data)

    def buffer(self, index: Json) -> bytes:
        """Bytes from beside the JSON."""
        if type(index) is not int or not 0 <= index < len(self.buffers):
            refuse("a buffer is missing")
        return self.buffers[index]

    def _count(self, depth: int) -> None:
        self.values += 1
        if depth > DEPTH:
            refuse("the value is nested too deeply")
        if self.values > VALUES:
            refuse("the value has too many parts")


def _hexadecimal(codec: Codec, data: list[Json], depth: int) -> int:
    if type(data[1]) is not str or len(data[1]) > HEX_DIGITS:
        refuse("a whole number is too long")
    return int(data[1], 16)


def _special_float(codec: Codec, data: list[Json], depth: int) -> float:
    if data[1] not in ("nan", "inf", "-inf"):
        refuse("a number is malformed")
    return float(data[1])


def _range(codec: Codec, data: list[Json], depth: int) -> range:
    return range(*(codec.decode(v, depth) for v in data[1:4]))


def _slice(codec: Codec, data: list[Json], depth: int) -> slice:
    return slice(*(codec.decode(v, depth) for v in data[1:4]))


ENCODERS: dict[type, Callable[[Codec, Any, int], Json]] = {
    bytes: lambda codec, v, depth: ["b", codec.add_buffer(v)],
    bytearray: lambda codec, v, depth: ["B", codec.add_buffer(bytes(v))],
    complex: lambda codec, v, depth: ["c", codec.encode(v.real, depth), codec.encode(v.imag, depth)],
    range: lambda codec, v, depth: ["r", *(codec.encode(x, depth) for x in (v.start, v.stop, v.step))],
    slice: lambda codec, v, depth: ["S", *(codec.encode(x, depth) for x in (v.start, v.stop, v.step))],
    type(...): lambda codec, v, depth: ["..."],
    type(NotImplemented): lambda codec, v, depth: ["!"],
}
DECODERS: dict[str, Callable[[Codec, list[Json], int], Any]] = {
    "i": _hexadecimal,
    "f": _special_float,
    "b": lambda codec, data, depth: codec.buffer(data[1]),
    "B": lambda codec, data, depth: bytearray(codec.buffer(data[1])),
    "c": lambda codec, data, depth: complex(codec.decode(data[1], depth), codec.decode(data[2], depth)),
    "r": _range,
    "S": _slice,
    "...": lambda codec, data, depth: ...,
    "!": lambda codec, data, depth: NotImplemented,
}
