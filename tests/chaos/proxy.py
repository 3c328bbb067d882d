"""What stands between fronts and arbiter, to be cut."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

_AT_ONCE_BYTES = 64 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: the peer gets RST instead of FIN.


class Proxy:
    """Carries TCP connections to a unix socket until they are reset."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pairs: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}
        self._flows = asyncio.Event()
        self._flows.set()
        self.address = ""

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[Proxy]:
        """Listens on a free port."""
        async with await asyncio.start_server(self._carry, "127.0.0.1", 0) as server:
            self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self
            server.close()
            self.reset_all()

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._pairs)

    def reset_one(self, chance: Random) -> None:
        """Resets one of the connections."""
        if self._pairs:
            self._reset(chance.choice(list(self._pairs)))

    def reset_all(self) -> None:
        """Resets every connection."""
        for near in list(self._pairs):
            self._reset(near)

    def fall_silent(self) -> None:
        """Keeps what is sent to itself, in both directions, as a network does that is cut somewhere."""
        self._flows.clear()

    def speak_again(self) -> None:
        """Delivers what was kept and all that follows."""
        self._flows.set()

    def _reset(self, near: asyncio.StreamWriter) -> None:
        for writer in (near, self._pairs.pop(near, None)):
            if writer is not None:
                _abort(writer)

    async def _carry(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            answers, far = await asyncio.open_unix_connection(self._path)
        except OSError:
            _abort(near)
            return
        self._pairs[near] = far
        try:
            await asyncio.wait(
                [asyncio.create_task(self._pump(*ends)) for ends in ((reader, far), (answers, near))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._reset(near)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(_AT_ONCE_BYTES):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.family == socket.AF_INET and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
