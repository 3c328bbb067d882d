"""Has uploaded files read by a process that a hostile one may ruin."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from gateway.decoding import Picture
from gateway.errands import run_errand
from gateway.texts import Texts

UPLOAD_LIMIT_BYTES = 50 * 1024 * 1024
_FILES = frozenset({("POST", "/images"), ("POST", "/images/inspect")})
_AT_ONCE = 2


def body_limit_bytes(method: str, path: str, usual_bytes: int) -> int:
    """Returns how large the body of a request may be."""
    return UPLOAD_LIMIT_BYTES if (method, path) in _FILES else usual_bytes


@dataclass(frozen=True, slots=True)
class Uploads:
    """Reads a few files at a time; the others wait."""

    slots: asyncio.Semaphore

    @classmethod
    def open(cls) -> Uploads:
        """Returns uploads for the running event loop."""
        return cls(asyncio.Semaphore(_AT_ONCE))

    async def read(self, data: bytes) -> Picture:
        """Returns the picture in a file. Raises Unreadable, at the latest after a minute of work."""
        async with self.slots:
            errand = await run_errand(data, "read")
        return Picture(png=errand.body, **errand.head)

    async def inspect(self, data: bytes) -> Texts:
        """Returns what a file says of how it was made. Raises Unreadable like `read`."""
        async with self.slots:
            errand = await run_errand(data, "inspect")
        return Texts(**errand.head)
