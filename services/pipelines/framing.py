"""Protobuf messages over a socket pair: a length of four bytes, then the message."""

from __future__ import annotations

import asyncio
import socket
import struct
from threading import Lock
from typing import TypeVar

from google.protobuf.message import Message

_LENGTH = struct.Struct(">I")

M = TypeVar("M", bound=Message)


class Closed(Exception):
    """The other end is gone."""


class AsyncEnd:
    """The front's end, on the event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._length: int | None = None  # read already, when a cancelled receive left its message behind

    @classmethod
    async def open(cls, sock: socket.socket) -> AsyncEnd:
        """Takes ownership of `sock`."""
        return cls(*await asyncio.open_unix_connection(sock=sock))

    async def receive(self, kind: type[M]) -> M:
        """Returns the next message; raises Closed when the worker is gone. May be cancelled at any await."""
        try:
            if self._length is None:
                self._length = _read_length(await self._reader.readexactly(_LENGTH.size))
            data = await self._reader.readexactly(self._length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Closed from error
        self._length = None
        return kind.FromString(data)

    def send(self, message: Message) -> None:
        """Queues `message`; a worker that is gone is noticed by `receive`."""
        data = message.SerializeToString()
        self._writer.write(_LENGTH.pack(len(data)) + data)

    def close(self) -> None:
        """Closes the socket without waiting for the worker."""
        self._writer.close()


class BlockingEnd:
    """The worker's end; `send` may be called from any thread."""

    def __init__(self, sock: socket.socket) -> None:
        self._file = sock.makefile("rb")
        self._sock = sock
        self._sending = Lock()

    def receive(self, kind: type[M]) -> M:
        """Blocks for the next message; raises Closed when the front is gone."""
        return kind.FromString(self._read(_read_length(self._read(_LENGTH.size))))

    def send(self, message: Message) -> None:
        """Sends `message`; raises Closed when the front is gone."""
        data = message.SerializeToString()
        try:
            with self._sending:
                self._sock.sendall(_LENGTH.pack(len(data)) + data)
        except OSError as error:
            raise Closed from error

    def close(self) -> None:
        """Hangs up."""
        self._file.close()
        self._sock.close()

    def _read(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise Closed
        return data


def _read_length(header: bytes) -> int:
    (length,) = _LENGTH.unpack(header)
    return length
