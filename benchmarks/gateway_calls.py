"""HTTP with next to no cost of its own, so that what is measured is the server's."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

PROMPT = "a red circle on the left and a blue square on the right, white background"
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Caller:
    """One connection that is kept; one call at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def call(self, method: str, path: str, body: object = None, wait_s: int = 0) -> Answer:
        """Returns the answer, whatever its status; with `wait_s` that of the job's end."""
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(data)}\r\n"
        head += f"Prefer: wait={wait_s}\r\n" if wait_s else ""
        self.writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + data)
        async with asyncio.timeout(_PATIENCE_S):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            status = int(lines[0].split()[1])
            sizes = [line.partition(":")[2] for line in lines if line.startswith("content-length:")]
            return Answer(status, await self.reader.readexactly(int(sizes[0])))

    async def expect(
        self, status: int, method: str, path: str, body: object = None, wait_s: int = 0
    ) -> Answer:
        """Returns the answer; raises RuntimeError when its status is another."""
        answer = await self.call(method, path, body, wait_s)
        if answer.status != status:
            raise RuntimeError(f"{method} {path} was answered {answer.status}: {answer.body[:500]!r}")
        return answer

    async def enqueue(self, seed: int, prompt: str = PROMPT) -> str:
        """Sends a job and returns its id."""
        body = {"prompt": prompt, "seed": seed}
        answer = await self.expect(202, "POST", "/generate/text-to-image", body)
        return str(answer.json()["id"])

    async def paint(self, seed: int) -> str:
        """Sends a job and returns the id of its picture, once it is made."""
        body = {"prompt": PROMPT, "seed": seed}
        answer = await self.expect(200, "POST", "/generate/text-to-image", body, wait_s=60)
        return str(answer.json()["images"][0]["id"])

    async def pause(self, paused: bool) -> None:
        """Keeps waiting jobs from starting, or lets them."""
        await self.expect(200, "PATCH", "/queue", {"paused": paused})


@asynccontextmanager
async def calling(port: int) -> AsyncGenerator[Caller]:
    """Yields a connection to a server of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**26)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Returns the seconds that `work` takes."""
    started_s = time.perf_counter()
    await work()
    return time.perf_counter() - started_s


def percentile(values: list[float], percent: float) -> float:
    """Returns the smallest value that at least `percent` of all do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100).__trunc__() - 1)]
