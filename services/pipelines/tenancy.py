"""The life of one worker process, with the lease that pays for it and how that shrinks and grows."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from dataclasses import dataclass, field

from limner.worker.v1.worker_pb2 import Command, Event, Ready, Resize
from services.pipelines.leases import Lease, Session
from services.pipelines.process import WorkerProcess


@dataclass(slots=True)
class Tenancy:
    """One worker, and at most one model in it."""

    worker: WorkerProcess
    session: Session
    greeting: asyncio.Task[Ready]
    model: str = ""
    lease: Lease | None = None
    recalled: bool = False
    job: str = ""  # what the worker computes at the moment
    sparing: deque[int] = field(default_factory=deque[int])  # bytes of each Resize that is not answered yet

    @property
    def ready(self) -> Ready | None:
        """What the worker said once its libraries were imported; None before that."""
        greeting = self.greeting
        has_come = greeting.done() and not greeting.cancelled() and greeting.exception() is None
        return greeting.result() if has_come else None

    async def end(self) -> None:
        """Ends the worker and its session; nothing of it goes on."""
        await self.worker.kill()
        # Without an answer it failed when the worker went, and nobody may be left who asks.
        await asyncio.gather(self.greeting, return_exceptions=True)
        await self.session.close()

    def give_back(self, count_bytes: int) -> None:
        """Has the weights hold so much less from the next step on; `hear` tells the arbiter of it."""
        assert self.lease is not None, "only what is leased can be given back"
        self._resize(self.lease, self.lease.weights_bytes - count_bytes, count_bytes)

    def hear(self, event: Event) -> bool:
        """Tells whether `event` is the answer to a Resize, and passes on what was given back."""
        if not event.HasField("resized"):
            return False
        count_bytes = self.sparing.popleft() if self.sparing else 0
        if count_bytes and self.lease is not None:
            self.session.shrink(self.lease, count_bytes)
        return True

    async def settle(self) -> None:
        """Returns when what shall be given back has been; while no job runs. Raises WorkerLost."""
        while self.sparing:
            async with aclosing(self.worker.events()) as events:
                async for event in events:
                    if self.hear(event):
                        break

    async def grow(self) -> None:
        """Lets the weights hold more, if they gain by it and the bytes are free."""
        lease = self.lease
        if lease is None or lease.resident_max_bytes <= lease.weights_bytes:
            return
        missing_bytes = lease.resident_max_bytes - lease.weights_bytes
        for count_bytes in (missing_bytes, missing_bytes // 2):
            if await self.session.grow(lease, count_bytes):
                self._resize(lease, lease.weights_bytes + count_bytes, 0)
                return

    def _resize(self, lease: Lease, weights_bytes: int, sparing_bytes: int) -> None:
        lease.weights_bytes = lease.budget_bytes = weights_bytes
        self.sparing.append(sparing_bytes)
        self.worker.send(Command(resize=Resize(budget_bytes=weights_bytes)))
