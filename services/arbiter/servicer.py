"""The arbiter's gRPC face; translates and holds no state of its own."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from grpc import aio

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceServicer
from limner.failure import Violation
from services.arbiter import requests as rq
from services.arbiter.admission import ALTERNATIVES_LIMIT, alternative_fault
from services.arbiter.engine import Engine
from services.arbiter.events import Event
from services.arbiter.learning import corrected
from services.arbiter.leases import Key
from services.arbiter.outbox import Outbox
from services.arbiter.portrait import to_snapshot
from services.arbiter.quotes import quote
from services.arbiter.wire import read_alternative, read_request
from services.rpc.errors import InvalidFields, ProtocolViolation

_NAME_CHARS = 128
_HOUR_S = 3600.0

Context = aio.ServicerContext[Any, Any]


class Arbiter(ArbiterServiceServicer):
    """Serves holders, watchers and operators."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._id = uuid.uuid4().hex

    async def Session(
        self, request_iterator: AsyncIterator[pb.SessionRequest], context: Context
    ) -> AsyncIterator[pb.SessionResponse]:
        """Speaks for one worker until either side hangs up."""
        requests = aiter(request_iterator)
        first = await anext(requests, None)
        if first is None:
            return
        if first.WhichOneof("message") != "hello":
            raise ProtocolViolation("The first request of a session must be Hello.", holder=first.holder)
        outbox = Outbox(self._engine.core.book.epoch)
        key = Key(first.holder, first.incarnation)
        try:
            self._say(key, first, outbox)
            listening = asyncio.create_task(self._listen(key, requests, outbox))
            try:
                async for response in outbox:
                    yield response
            finally:
                listening.cancel()
        finally:
            self._engine.close(key, outbox)

    async def _listen(self, key: Key, requests: AsyncIterator[pb.SessionRequest], outbox: Outbox) -> None:
        try:
            async for request in requests:
                self._say(key, request, outbox)
                await outbox.room()
            outbox.close()
        except Exception as error:
            # Whoever awaits the responses raises it, and the server translates it.
            outbox.fail(error)

    def _say(self, key: Key, request: pb.SessionRequest, outbox: Outbox) -> None:
        if (request.holder, request.incarnation) != key:
            raise ProtocolViolation(
                f"This session speaks for {key.holder}, not for {request.holder!r} "
                f"or another incarnation of it; open one session per worker.",
                holder=key.holder,
            )
        now_s = time.monotonic()
        read = read_request(request, now_s - time.time())
        if isinstance(read, rq.Hello):
            _check_names(request)
            self._engine.open(key, request.seq, read, outbox)
        else:
            self._engine.receive(key, request.seq, read, outbox)

    async def Quote(self, request: pb.QuoteRequest, context: Context) -> pb.QuoteResponse:
        """Says whether a demand would fit."""
        if (count := len(request.alternatives)) > ALTERNATIVES_LIMIT:
            text = f"alternatives has {count} entries; at most {ALTERNATIVES_LIMIT} are allowed."
            raise InvalidFields([Violation("alternatives", text)])
        alternatives = tuple(read_alternative(alternative) for alternative in request.alternatives)
        faults = [
            Violation(f"alternatives[{index}]", fault)
            for index, alternative in enumerate(alternatives)
            if (fault := alternative_fault(alternative))
        ]
        if faults:
            raise InvalidFields(faults)
        book = self._engine.core.book
        return pb.QuoteResponse(
            devices=book.ledger.grantable(),
            quotes=[
                quote(alternative, book) for alternative in corrected(alternatives, book, time.monotonic())
            ],
        )

    async def Snapshot(self, request: pb.SnapshotRequest, context: Context) -> pb.SnapshotResponse:
        """Returns the whole state at one revision."""
        events = self._engine.events
        snapshot = to_snapshot(self._engine.core.book, events.revision, time.monotonic(), time.time())
        snapshot.decisions.update(events.counts)
        snapshot.loads.update(events.loads)
        snapshot.arbiter_id = self._id
        snapshot.loads_last_hour = events.loads_since(time.time() - _HOUR_S)
        return snapshot

    async def Watch(self, request: pb.WatchRequest, context: Context) -> AsyncIterator[pb.WatchResponse]:
        """Streams decisions."""
        async for event in self._engine.events.follow(request.after_revision, time.time()):
            yield _to_watch_response(event)

    async def Administer(self, request: pb.AdministerRequest, context: Context) -> pb.AdministerResponse:
        """Drains a device or fences a holder."""
        action = request.WhichOneof("action")
        if action is None:
            raise InvalidFields([Violation("action", "action is not set; say what to do.")])
        name = getattr(request, action)
        try:
            if action == "fence_holder":
                self._engine.fence(name)
            else:
                self._engine.drain(name, is_draining=action == "drain_device")
        except KeyError:
            known = ", ".join(self._known(action)) or "none"
            raise InvalidFields(
                [Violation(action, f"{action} is {name[:_NAME_CHARS]!r}; known: {known}.")]
            ) from None
        return pb.AdministerResponse()

    def _known(self, action: str) -> list[str]:
        book = self._engine.core.book
        return sorted(book.workers.current if action == "fence_holder" else book.ledger.devices)


def _check_names(hello: pb.SessionRequest) -> None:
    """Raises ProtocolViolation for names too long to be kept in the ledger."""
    names = {"holder": hello.holder, "incarnation": hello.incarnation, "service": hello.hello.service}
    for field, name in names.items():
        if len(name) > _NAME_CHARS:
            text = f"{field} has {len(name)} characters; it must have at most {_NAME_CHARS}."
            raise ProtocolViolation(text, holder=hello.holder)


def _to_watch_response(event: Event) -> pb.WatchResponse:
    at = Timestamp()
    at.FromNanoseconds(round(event.at_wall_s * 1e9))
    return pb.WatchResponse(
        revision=event.revision,
        reset=event.is_reset,
        event=event.name,
        fields=dict(event.fields),
        event_time=at,
    )
