"""Has uploaded files read by a process that a hostile one may ruin."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass

from gateway.decoding import Picture, TooManyPixels, Unreadable

UPLOAD_LIMIT_BYTES = 50 * 1024 * 1024
_AT_ONCE = 2
_PATIENCE_S = 60.0


def body_limit_bytes(method: str, path: str, usual_bytes: int) -> int:
    """Returns how large the body of a request may be."""
    return UPLOAD_LIMIT_BYTES if (method, path) == ("POST", "/images") else usual_bytes


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
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.decoding"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    answer, _ = await process.communicate(data)
            except TimeoutError:
                raise Unreadable("The picture takes too long to be read; export it again.") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode != 0:
            raise Unreadable("The picture cannot be read within the limits; export it again, or smaller.")
        return _read_answer(answer)


def _read_answer(answer: bytes) -> Picture:
    line, _, png = answer.partition(b"\n")
    head = json.loads(line)
    if "refusal" in head:
        raise (TooManyPixels if head.get("is_too_large") else Unreadable)(head["refusal"])
    return Picture(png, head["width"], head["height"], head["format"])
