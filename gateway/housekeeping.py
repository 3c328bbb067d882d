"""Keeps what is stored from growing for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.depot import StorageFailed
from gateway.history import History
from gateway.images import KeptFile
from gateway.jobs.books import Books
from gateway.jobs.inventory import Inventory
from gateway.jobs.past import JobEvents
from gateway.jobs.switches import Switches
from gateway.retention import Policy, may_go_on, plan

log = structlog.get_logger(__name__)

_PAUSE_S = 600.0
_COLLECTION_PAUSE_S = 24 * 3600.0
_SETTLED_S = 3600.0  # what is younger may be half done
_AT_ONCE = 200


@asynccontextmanager
async def keeping_house(history: History, books: Books, policy: Policy) -> AsyncGenerator[None]:
    """Keeps house in the background until the context ends."""
    housekeeping = Housekeeping(history, books.inventory, books.events, books.switches, policy)
    working = asyncio.create_task(housekeeping.work())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait([working])


class Housekeeping:
    """Lets go what the policy no longer keeps, in steps that leave room for everybody else."""

    def __init__(
        self, history: History, inventory: Inventory, events: JobEvents, switches: Switches, policy: Policy
    ) -> None:
        self._history, self._inventory, self._events = history, inventory, events
        self._switches, self._policy = switches, policy

    async def work(self) -> None:
        """Tidies up at once and then again and again."""
        while True:
            try:
                await self.tidy(time.time())
            except (SQLAlchemyError, StorageFailed) as error:
                log.warning("tidying up put off", error=str(error))
            except Exception:
                log.exception("tidying up failed")
            await asyncio.sleep(_PAUSE_S)

    async def tidy(self, now: float) -> None:
        """Lets go what is due, and once a day collects what a crash has left."""
        if await self._switches.claim_collection(now, _COLLECTION_PAUSE_S):
            await self.collect(now)
        if self._policy.limits_jobs:
            await self._let_jobs_go(now)
        await self._let_uploads_go(now)
        await self._let_events_go(now)

    async def collect(self, now: float) -> None:
        """Deletes what nobody holds, and fills in the sizes that were not known."""
        holdings, images, before = self._history.holdings, self._history.images, now - _SETTLED_S
        while await holdings.release_strays(before, _AT_ONCE):
            continue
        async for files in _batches(images.list_kept()):
            await holdings.note_sizes({file.id: file.size_bytes for file in files})
            await self._drop_unheld(files, before)
        async for files in _batches(images.list_derived()):
            await self._drop_unheld(files, before)
        async for files in _batches(images.list_checkpoints()):
            old = [file.id for file in files if file.modified_at < before]
            for job_id in set(old) - set(await self._history.archive.unended(old)):
                await images.drop_checkpoint(job_id)

    async def _drop_unheld(self, files: list[KeptFile], before: float) -> None:
        old = {file.id for file in files if file.modified_at < before}
        dropped = await self._history.drop_images(await self._history.holdings.unheld(old))
        if dropped:
            log.info("images that nobody holds deleted", images=dropped)

    async def _let_jobs_go(self, now: float) -> None:
        after_id = ""
        while candidates := await self._inventory.oldest(after_id, _AT_ONCE):
            total_bytes = await self._total_bytes()
            going = plan(self._policy, candidates, total_bytes, now)
            if going:
                await self._history.let_go(going)
                total_bytes = await self._total_bytes()
            if not may_go_on(self._policy, candidates[-1], total_bytes, now):
                return
            after_id = candidates[-1].id

    async def _total_bytes(self) -> int:
        return await self._inventory.total_bytes() if self._policy.images_bytes is not None else 0

    async def _let_uploads_go(self, now: float) -> None:
        before = now - self._policy.uploads_s
        while released := await self._history.holdings.release_uploads(before, _AT_ONCE):
            await self._history.drop_images(released)

    async def _let_events_go(self, now: float) -> None:
        before, after_seq = now - self._policy.events_s, 0
        while events := await self._events.oldest(after_seq, _AT_ONCE):
            old = [event for event in events if event.created_at < before]
            await self._events.forget([event.seq for event in old if event.is_over])
            if len(old) < len(events):
                return
            after_seq = events[-1].seq


async def _batches(files: AsyncIterator[KeptFile]) -> AsyncIterator[list[KeptFile]]:
    batch: list[KeptFile] = []
    async for file in files:
        batch.append(file)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
