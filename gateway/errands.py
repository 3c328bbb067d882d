"""Sends files to processes that a hostile one may ruin."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Any

from gateway.decoding import TooManyPixels, Unreadable

_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Errand:
    """What came back: the answer and, for some errands, a file."""

    head: dict[str, Any]
    body: bytes


async def run_errand(data: bytes | AsyncIterable[bytes], *errand: str) -> Errand:
    """Returns what `gateway.sandbox` answers. Raises Unreadable, at the latest after a minute of work."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.sandbox", *errand),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            _, answer = await asyncio.gather(_feed(process.stdin, data), process.stdout.read())
            await process.wait()
    except TimeoutError:
        raise Unreadable("The picture takes too long to be read; export it again.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise Unreadable("The picture cannot be read within the limits; export it again, or smaller.")
    line, _, body = answer.partition(b"\n")
    head = json.loads(line)
    if "refusal" in head:
        raise (TooManyPixels if head.get("is_too_large") else Unreadable)(head["refusal"])
    return Errand(head, body)


async def _feed(stdin: asyncio.StreamWriter, data: bytes | AsyncIterable[bytes]) -> None:
    try:
        if isinstance(data, bytes):
            stdin.write(data)
            await stdin.drain()
        else:
            async for piece in data:
                stdin.write(piece)
                await stdin.drain()
        stdin.close()
        await stdin.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return  # It died, which its exit status tells.
