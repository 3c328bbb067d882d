"""A job database and an image folder without a gateway around them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from uuid_utils import uuid7

from gateway.events import EventHub
from gateway.history import History
from gateway.housekeeping import Housekeeping
from gateway.images import ImageStore
from gateway.jobs.archive import Archive
from gateway.jobs.database import open_database
from gateway.jobs.holdings import Holding, Holdings
from gateway.jobs.inventory import Inventory
from gateway.jobs.job import Job, Kind, Picture, State
from gateway.jobs.past import JobEvents
from gateway.jobs.store import JobStore
from gateway.jobs.switches import Switches
from gateway.jobs.transactions import Transactions
from gateway.retention import Policy


@dataclass(frozen=True, slots=True)
class Records:
    """What is kept, and all that reads and writes it."""

    transactions: Transactions
    images: ImageStore
    store: JobStore
    archive: Archive
    holdings: Holdings
    inventory: Inventory
    events: JobEvents
    history: History

    def housekeeping(self, policy: Policy) -> Housekeeping:
        return Housekeeping(self.history, self.inventory, self.events, Switches(self.transactions), policy)

    async def make(self, *pictures: bytes, owner: str = "", inputs: tuple[str, ...] = (), **more: Any) -> Job:
        """Returns a job that has succeeded, with pictures kept as an attempt keeps them."""
        job = fresh(owner=owner, **more)
        await self.store.add([job], inputs)
        for data in pictures:
            await self.holdings.hold(Holding(await self.images.identify(data), owner, job.id, len(data)))
        ids = [await self.images.put(data) for data in pictures]
        images = tuple(Picture(index, each, 16, 16, index) for index, each in enumerate(ids))
        done = replace(
            job, state=State.SUCCEEDED, images=images, finished_at=job.finished_at or job.created_at
        )
        assert await self.store.record(job, done)
        return done

    async def upload(self, data: bytes, owner: str = "") -> str:
        """Keeps a picture as an upload is kept."""
        image_id = await self.images.identify(data)
        await self.holdings.hold(Holding(image_id, owner, size_bytes=len(data)))
        return await self.images.put(data, image_id)

    async def kept(self) -> set[str]:
        """Returns the ids of the files in the image store."""
        return {file.id async for file in self.images.list_kept()}


def fresh(state: State = State.QUEUED, created_at: float = 1000.0, **more: Any) -> Job:
    request: dict[str, JsonValue] = {"prompt": "a red circle", "count": 1}
    return replace(Job(str(uuid7()), Kind.TEXT_TO_IMAGE, "t2i", state, request, created_at), **more)


@contextmanager
def opened_records(folder: Path, database: str | None = None) -> Generator[Records]:
    """Yields the records in a folder, or with their jobs in another database."""
    engine = open_database(database or f"sqlite:///{folder}/jobs.db")
    transactions = Transactions(engine, lambda _job, _seq: None)
    images = ImageStore.open(f"{folder}/images")
    archive, holdings = Archive(transactions), Holdings(transactions)
    history = History(archive, holdings, images, EventHub())
    yield Records(
        transactions,
        images,
        JobStore(transactions),
        archive,
        holdings,
        Inventory(transactions),
        JobEvents(transactions),
        history,
    )
    transactions.close()
