"""Several sockets over one pair of pipes: a container can be given its standard streams and nothing else."""

import json
import os
import select
import socket
import struct
from collections.abc import Iterable
from typing import Any

FRAME = struct.Struct("=BI")  # channel, bytes that follow; 0 bytes say that nothing more will come
CONTROL = 0
CHUNK = 2**16
FULL = 2**20  # what waits to be written stops the reading


class Relay:
    """Carries bytes between local sockets and the channels of a stream, both ways, without ever blocking on one.

    Channel 0 is for messages of the two relays to each other, as JSON; ``sockets`` are channels 1, 2, …
    """

    def __init__(self, incoming: int, outgoing: int, sockets: Iterable[socket.socket]) -> None:
        self.incoming, self.outgoing = incoming, outgoing
        self.sockets = dict(enumerate(sockets, start=1))
        self.readable = set(self.sockets)
        self.closing: set[int] = set()
        self.to_socket = {channel: bytearray() for channel in self.sockets}
        self.to_stream = bytearray()
        self.received = bytearray()
        self.open = True
        for fd in (incoming, outgoing, *(s.fileno() for s in self.sockets.values())):
            os.set_blocking(fd, False)

    def tell(self, message: dict[str, Any]) -> None:
        """Queue a message for the other relay."""
        self._queue(CONTROL, json.dumps(message).encode())

    def step(self, seconds: float, others: Iterable[int] = ()) -> tuple[list[dict[str, Any]], list[int]]:
        """Carry what can be carried, for at most ``seconds`` of waiting.

        Returns the messages of the other relay, and those of the open files ``others`` that can be read.
        """
        readers: list[Any] = list(others)
        if self.open and all(len(waiting) < FULL for waiting in self.to_socket.values()):
            readers.append(self.incoming)
        if len(self.to_stream) < FULL:
            readers += [self.sockets[channel] for channel in self.readable]
        writers: list[Any] = [self.outgoing] if self.to_stream and self.outgoing >= 0 else []
        writers += [self.sockets[channel] for channel, waiting in self.to_socket.items() if waiting]
        ready_in, ready_out, _ = select.select(readers, writers, [], seconds)
        messages = self._read_stream() if self.incoming in ready_in else []
        for channel, peer in self.sockets.items():
            if peer in ready_in:
                self._read_socket(channel)
            if peer in ready_out:
                self._write_socket(channel)
        if self.outgoing in ready_out:
            self._write_stream()
        return messages, [fd for fd in others if fd in ready_in]

    def flush(self) -> None:
        """Write out what is queued for the other relay."""
        os.set_blocking(self.outgoing, True)
        while self.to_stream:
            self._write_stream()

    def drain_sockets(self) -> None:
        """Queue what the sockets still hold, once those at their other ends are gone."""
        for channel in sorted(self.readable):
            while channel in self.readable and select.select([self.sockets[channel]], [], [], 0)[0]:
                self._read_socket(channel)

    def _queue(self, channel: int, data: bytes) -> None:
        self.to_stream += FRAME.pack(channel, len(data)) + data

    def _read_stream(self) -> list[dict[str, Any]]:
        part = os.read(self.incoming, CHUNK)
        self.open = bool(part)
        self.received += part
        messages = []
        while len(self.received) >= FRAME.size:
            channel, size = FRAME.unpack_from(self.received)
            if len(self.received) < FRAME.size + size:
                break
            data = bytes(self.received[FRAME.size : FRAME.size + size])
            del self.received[: FRAME.size + size]
            if channel == CONTROL:
                messages.append(json.loads(data))
            elif channel in self.sockets:
                self._accept(channel, data)
        return messages

    def _accept(self, channel: int, data: bytes) -> None:
        self.to_socket[channel] += data
        if not data:
            self.closing.add(channel)
            self._write_socket(channel)

    def _read_socket(self, channel: int) -> None:
        try:
            data = self.sockets[channel].recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.readable.discard(channel)
        self._queue(channel, data)

    def _write_socket(self, channel: int) -> None:
        waiting, peer = self.to_socket[channel], self.sockets[channel]
        try:
            if waiting:
                del waiting[: peer.send(waiting)]
            if not waiting and channel in self.closing:
                peer.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return
        except OSError:
            waiting.clear()  # nobody reads it any more

    def _write_stream(self) -> None:
        try:
            del self.to_stream[: os.write(self.outgoing, self.to_stream[:CHUNK])]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.to_stream.clear()
            self.open = False
