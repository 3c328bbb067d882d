"""HTTP as a client of a studio needs it: requests, requests that may be repeated, and a stream of events."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from limner.rejections import StudioUnreachable, read_rejection

PATIENCE_S = 60.0  # as long as a gateway may take to be started again
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# The gateway sends a ping every 15 s; silence for three of them means that it is gone.
_SILENCE_S = 45.0
_RETRY_S = 0.3
_ABSENT = (httpx.ConnectError, httpx.ConnectTimeout)


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event."""

    data: str
    id: str | None  # of the last event that had one


class Wire:
    """The connections to one studio. Every method raises StudioUnreachable and RequestRejected."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        # A proxy of the environment cannot reach this machine's own addresses.
        is_local = urlsplit(url).hostname in _LOOPBACK
        token = token or os.environ.get("LIMNER_TOKEN", "").strip()
        headers = {"Authorization": f"Bearer {token}"} if token else None
        self._http = httpx.AsyncClient(
            base_url=url, headers=headers, trust_env=not is_local, timeout=httpx.Timeout(30.0)
        )

    async def close(self) -> None:
        """Closes every connection."""
        await self._http.aclose()

    async def json(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request and returns what is answered."""
        return (await self.send(method, path, **arguments)).json()

    async def send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Sends a request."""
        try:
            return _accept(await self._http.request(method, path, **arguments))
        except httpx.TransportError as error:
            raise StudioUnreachable(self.url) from error

    async def insist(
        self, method: str, path: str, patience_s: float, *, is_lost: bool = False, **arguments: Any
    ) -> dict[str, Any]:
        """Sends a request that may be repeated, and repeats it for `patience_s` after a lost connection.

        Where nothing answers from the beginning that is told at once, unless a connection `is_lost` already.
        """
        lost_at = time.monotonic() if is_lost else None
        while True:
            try:
                return _accept(await self._http.request(method, path, **arguments)).json()
            except httpx.TransportError as error:
                if lost_at is None and not isinstance(error, _ABSENT):
                    lost_at = time.monotonic()
                if lost_at is None or time.monotonic() - lost_at > patience_s:
                    raise StudioUnreachable(self.url) from error
            await asyncio.sleep(_RETRY_S)

    async def follow(
        self, path: str, last_event_id: str | None, patience_s: float
    ) -> AsyncGenerator[Message]:
        """Yields server-sent events, after a lost connection from where it broke off, for ever.

        Raises StudioUnreachable after `patience_s` without a connection.
        """
        lost_at: float | None = None
        while True:
            try:
                async with aclosing(self._listen(path, last_event_id)) as messages:
                    async for message in messages:
                        lost_at, last_event_id = None, message.id
                        yield message
                lost_at = time.monotonic()  # ended by a gateway that stops
            except httpx.TransportError as error:
                lost_at = lost_at or time.monotonic()
                if time.monotonic() - lost_at > patience_s:
                    raise StudioUnreachable(self.url) from error
            await asyncio.sleep(_RETRY_S)

    async def _listen(self, path: str, last_event_id: str | None) -> AsyncGenerator[Message]:
        headers = {"Last-Event-ID": last_event_id} if last_event_id is not None else None
        timeout = httpx.Timeout(10.0, read=_SILENCE_S)
        async with self._http.stream("GET", path, headers=headers, timeout=timeout) as response:
            if not response.is_success:
                await response.aread()
            async for message in _read_messages(_accept(response).aiter_lines(), last_event_id):
                yield message


def _accept(response: httpx.Response) -> httpx.Response:
    if not response.is_success:
        raise read_rejection(response)
    return response


async def _read_messages(lines: AsyncIterable[str], last_event_id: str | None) -> AsyncIterator[Message]:
    """Reads an event stream (https://html.spec.whatwg.org/#event-stream-interpretation)."""
    data: list[str] = []
    async for line in lines:
        if not line:
            if data:
                yield Message("\n".join(data), last_event_id)
            data.clear()
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            last_event_id = value
