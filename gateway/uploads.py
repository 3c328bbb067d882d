"""Has uploaded files read by a process that a hostile one may ruin."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from gateway.decoding import Picture
from gateway.errands import run_errand
from gateway.texts import Texts

UPLOAD_LIMIT_BYTES = 50 * 1024 * 1024
EDIT_LIMIT_BYTES = 2 * UPLOAD_LIMIT_BYTES  # of several files together
_LIMITS_BYTES = {
    ("POST", "/images"): UPLOAD_LIMIT_BYTES,
    ("POST", "/images/inspect"): UPLOAD_LIMIT_BYTES,
    ("POST", "/v1/images/edits"): EDIT_LIMIT_BYTES,
}
_AT_ONCE = 2


def body_limit_bytes(method: str, path: str, usual_bytes: int) -> int:
    """Returns how large the body of a request may be."""
    return _LIMITS_BYTES.get((method, path), usual_bytes)


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
