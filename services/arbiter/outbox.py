"""What waits to be written to one session; a holder that does not read harms nobody but itself."""

from __future__ import annotations

import asyncio
from collections import deque

from limner.arbiter.v1 import arbiter_pb2 as pb
from services.arbiter.responses import Response
from services.arbiter.wire import to_response
from services.rpc.errors import ProtocolViolation

_PAUSE_AT = 256  # No more requests are read from a session with this many unread answers.
_BREAK_AT = 4096


class Outbox:
    """Numbers the responses of one session and hands them out in order."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._seq = 0
        self.ack_seq = 0
        self._waiting: deque[pb.SessionResponse] = deque()
        self._failure: Exception | None = None
        self._is_closed = False
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def put(self, response: Response) -> None:
        """Adds a response; never waits."""
        if len(self._waiting) >= _BREAK_AT:
            self.fail(ProtocolViolation(f"{_BREAK_AT} responses are unread; read them."))
            return
        self._seq += 1
        self._waiting.append(to_response(response, self._epoch, self._seq, self.ack_seq))
        if len(self._waiting) >= _PAUSE_AT:
            self._has_room.clear()
        self._changed.set()

    def fail(self, error: Exception) -> None:
        """Ends the session with `error` after what was said before it."""
        self._failure = self._failure or error
        self._changed.set()

    def close(self) -> None:
        """Ends the session without an error after what was said before."""
        self._is_closed = True
        self._changed.set()

    async def room(self) -> None:
        """Waits until the holder has read enough."""
        await self._has_room.wait()

    def __aiter__(self) -> Outbox:
        return self

    async def __anext__(self) -> pb.SessionResponse:
        while not self._waiting:
            if self._failure is not None:
                raise self._failure
            if self._is_closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        response = self._waiting.popleft()
        if len(self._waiting) < _PAUSE_AT:
            self._has_room.set()
        return response
