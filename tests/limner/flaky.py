"""A way to a studio on which connections are lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class FlakyWay:
    """Hands bytes on in both directions until it is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._answers_to_lose = 0
        self.url = ""
        self.count = 0  # connections so far

    def lose_answers(self, count: int) -> None:
        """Breaks the next `count` connections when the answer arrives."""
        self._answers_to_lose = count

    def cut(self) -> None:
        """Breaks every connection; new ones are possible."""
        for writer in self._writers:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection."""
        self.count += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        both = {writer, far_writer}
        self._writers |= both
        try:
            await asyncio.gather(
                self._pump(reader, far_writer), self._pump(far_reader, writer, is_answer=True)
            )
        finally:
            self._writers -= both
            for each in both:
                each.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool = False
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(2**16):
                if is_answer and self._answers_to_lose:
                    self._answers_to_lose -= 1
                    writer.transport.abort()
                    break
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def flaky_way(studio_url: str) -> AsyncGenerator[FlakyWay]:
    """Yields a way to the studio at that address."""
    way = FlakyWay(urlsplit(studio_url).port or 80)
    async with await asyncio.start_server(way.carry, "127.0.0.1", 0) as server:
        way.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield way
        finally:
            way.cut()
