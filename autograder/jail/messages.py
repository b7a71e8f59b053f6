"""Messages between the process that wants a jailed child and the one that watches it."""

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

MAX_FDS = 64
LENGTHS = struct.Struct("=IQ")


class Closed(ConnectionError):
    """The other side is gone."""


def send(
    connection: socket.socket, header: dict[str, Any], body: bytes = b"", fds: Sequence[int] = ()
) -> None:
    """Send a header that JSON can hold, bytes, and open files."""
    text = json.dumps(header).encode()
    start = LENGTHS.pack(len(text), len(body))
    # The files travel with the first bytes; the rest may take many calls.
    socket.send_fds(connection, [start], fds)
    connection.sendall(text)
    connection.sendall(body)


def receive(connection: socket.socket) -> tuple[dict[str, Any], bytes]:
    """The header and the bytes of the next message."""
    header, body, _ = receive_with_fds(connection, 0)
    return header, body


def receive_with_fds(
    connection: socket.socket, max_fds: int = MAX_FDS
) -> tuple[dict[str, Any], bytes, list[int]]:
    """The next message with the open files that came with it. ``Closed`` if the other side is gone."""
    start, fds, _, _ = socket.recv_fds(connection, LENGTHS.size, max_fds)
    start += exactly(connection, LENGTHS.size - len(start))
    text, body = LENGTHS.unpack(start)
    return json.loads(exactly(connection, text)), exactly(connection, body), list(fds)


def exactly(connection: socket.socket, size: int) -> bytes:
    """The next ``size`` bytes."""
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 2**20))
        if not part:
            raise Closed("the connection was closed in the middle of a message")
        parts += part
    return bytes(parts)
