"""HTTP as no client library would send it."""

from __future__ import annotations

import asyncio

import httpx


async def exchange(
    client: httpx.AsyncClient, sent: bytes, trickle: bytes = b"", pause_s: float = 0.05
) -> str:
    """Sends bytes to a client's gateway, then `trickle` byte by byte, and returns all that is answered."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    answer = asyncio.create_task(reader.read())
    try:
        async with asyncio.timeout(60):
            writer.write(sent)
            for byte in trickle:
                if (await asyncio.wait([answer], timeout=pause_s))[0]:
                    break
                writer.write(bytes([byte]))
            return (await answer).decode(errors="replace")
    finally:
        answer.cancel()
        writer.close()


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """Returns a request after which the gateway closes the connection."""
    return "\r\n".join([line, *headers, "Connection: close", "", ""]).encode("latin-1") + body
