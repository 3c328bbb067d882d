"""Ends requests whose body trickles, so that nobody holds the gateway for the price of a byte a minute."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

# Beyond the patience, a body must come at least this fast: a poor mobile line is faster.
SLOWEST_BYTES_PER_S = 16 * 1024


class Patience:
    """Hands a request's body on as long as it arrives in time; then raises HTTPException 408."""

    def __init__(self, receive: Receive, patience_s: float) -> None:
        self._receive = receive
        self._patience_s = patience_s
        self._began_at: float | None = None
        self._received_bytes = 0
        self._is_whole = False

    async def __call__(self) -> Message:
        """Returns the next message; once the body is whole, however long that takes."""
        if self._is_whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._began_at = now if self._began_at is None else self._began_at
        deadline = self._began_at + self._patience_s + self._received_bytes / SLOWEST_BYTES_PER_S
        try:
            async with asyncio.timeout_at(deadline):
                message = await self._receive()
        except TimeoutError:
            text = (
                f"Of the body only {self._received_bytes} bytes came in {now - self._began_at:.0f} s; "
                "send it faster."
            )
            raise HTTPException(408, text, {"Connection": "close"}) from None
        self._received_bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        return message
