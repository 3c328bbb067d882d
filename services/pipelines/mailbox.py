"""What one reader of a running job has not read yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from limner.worker.v1.worker_pb2 import Event


class Mailbox:
    """Keeps every result but only the newest progress and checkpoint: each is a complete snapshot, so a slow
    reader costs no more memory than a fast one and misses nothing that matters.
    """

    def __init__(self) -> None:
        self._pending: dict[object, Event] = {}
        self._wake = asyncio.Event()
        self._error: Exception | None = None
        self._closed = False

    def put(self, event: Event) -> None:
        """Adds `event` behind everything that is pending."""
        kind = event.WhichOneof("kind")
        key = ("result", event.result.image_index) if kind == "result" else kind
        self._pending.pop(key, None)
        self._pending[key] = event
        self._wake.set()

    def close(self, error: Exception | None = None) -> None:
        """Ends the reader after what is pending, with `error` if one is given."""
        self._error, self._closed = error, True
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yields events until the mailbox is closed and empty."""
        while True:
            while self._pending:
                yield self._pending.pop(next(iter(self._pending)))
            if self._closed:
                break
            self._wake.clear()
            await self._wake.wait()
        if self._error is not None:
            raise self._error
