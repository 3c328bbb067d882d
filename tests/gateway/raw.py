"""HTTP as no client library would send it."""

from __future__ import annotations

import asyncio
import contextlib

import httpx


async def exchange(
    client: httpx.AsyncClient, sent: bytes, trickle: bytes = b"", pause_s: float = 0.05
) -> str:
    """Sends bytes to a client's gateway, then `trickle` byte by byte, and returns all that is answered."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    answered = asyncio.Event()
    answer = asyncio.create_task(_read(reader, answered))
    try:
        async with asyncio.timeout(60):
            writer.write(sent)
            for byte in trickle:
                # Not after the answer has begun: what a closed gateway is sent would cut the answer off.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await answered.wait()
                if answered.is_set():
                    break
                writer.write(bytes([byte]))
            return (await answer).decode(errors="replace")
    finally:
        answer.cancel()
        writer.close()


async def _read(reader: asyncio.StreamReader, answered: asyncio.Event) -> bytes:
    read = b""
    try:
        while piece := await reader.read(65536):
            read += piece
            answered.set()
    except ConnectionResetError:
        pass  # A gateway that closes with something unread resets; what it said was said before.
    answered.set()
    return read


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """Returns a request after which the gateway closes the connection."""
    return "\r\n".join([line, *headers, "Connection: close", "", ""]).encode("latin-1") + body
