"""How much is kept, of what, and what is oldest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.jobs.archive import ENDED
from gateway.jobs.tables import image_refs, jobs
from gateway.jobs.transactions import Transactions
from gateway.retention import Candidate, Share


@dataclass(frozen=True, slots=True)
class Amount:
    """How many there are, and the bytes of their images."""

    count: int
    image_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What one owner keeps. An image that several hold counts once, for the first of these that does."""

    favourites: Amount
    jobs: Amount  # that are not starred
    uploads: Amount


class Inventory:
    """Counts what is kept."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def total_bytes(self) -> int:
        """Returns the bytes of all images that are held, as far as they are known."""
        sizes = sa.select(sa.func.max(image_refs.c.size_bytes).label("size")).group_by(image_refs.c.image_id)
        query = sa.select(sa.func.coalesce(sa.func.sum(sizes.subquery().c.size), 0))
        return await self._transactions.read(lambda connection: int(connection.execute(query).scalar_one()))

    async def usage(self, owner: str) -> Usage:
        """Returns what an owner keeps."""
        return await self._transactions.read(lambda connection: _usage(connection, owner))

    async def oldest(self, after_id: str, limit: int, owner: str | None = None) -> list[Candidate]:
        """Returns the jobs that may go, of one owner or of all, after that id, oldest first."""
        query = (
            sa.select(jobs.c.id, jobs.c.created_at, jobs.c.finished_at)
            .where(jobs.c.id > after_id, jobs.c.state.in_(ENDED), ~jobs.c.is_favourite)
            .order_by(jobs.c.id)
            .limit(limit)
        )
        if owner is not None:
            query = query.where(jobs.c.owner == owner)

        def read(connection: sa.Connection) -> list[Candidate]:
            found = connection.execute(query).all()
            images = _images(connection, [job_id for job_id, *_ in found])
            return [
                Candidate(job_id, created_at, finished_at or created_at, images[job_id])
                for job_id, created_at, finished_at in found
            ]

        return await self._transactions.read(read)


def _images(connection: sa.Connection, job_ids: list[str]) -> defaultdict[str, dict[str, Share]]:
    held = sa.select(image_refs.c.job_id, image_refs.c.image_id).where(image_refs.c.job_id.in_(job_ids))
    pairs = connection.execute(held).all()
    counted = (
        sa.select(image_refs.c.image_id, sa.func.max(image_refs.c.size_bytes), sa.func.count())
        .where(image_refs.c.image_id.in_({image_id for _, image_id in pairs}))
        .group_by(image_refs.c.image_id)
    )
    shares = {image_id: Share(size, count) for image_id, size, count in connection.execute(counted)}
    images: defaultdict[str, dict[str, Share]] = defaultdict(dict)
    for job_id, image_id in pairs:
        # What another connection has released between the two queries is no longer of interest.
        if image_id in shares:
            images[job_id][image_id] = shares[image_id]
    return images


def _usage(connection: sa.Connection, owner: str) -> Usage:
    counted = (
        sa.select(jobs.c.is_favourite, sa.func.count())
        .where(jobs.c.owner == owner)
        .group_by(jobs.c.is_favourite)
    )
    job_counts = {bool(is_favourite): count for is_favourite, count in connection.execute(counted)}
    rank = sa.case((jobs.c.is_favourite, 2), (image_refs.c.job_id != "", 1), else_=0)
    of_images = (
        sa.select(sa.func.max(rank).label("what"), sa.func.max(image_refs.c.size_bytes).label("size"))
        .join_from(image_refs, jobs, jobs.c.id == image_refs.c.job_id, isouter=True)
        .where(image_refs.c.owner == owner)
        .group_by(image_refs.c.image_id)
        .subquery()
    )
    summed = sa.select(of_images.c.what, sa.func.sum(of_images.c.size)).group_by(of_images.c.what)
    image_bytes = {what: int(size) for what, size in connection.execute(summed)}
    uploaded = sa.select(sa.func.count()).where(image_refs.c.job_id == "", image_refs.c.owner == owner)
    return Usage(
        favourites=Amount(job_counts.get(True, 0), image_bytes.get(2, 0)),
        jobs=Amount(job_counts.get(False, 0), image_bytes.get(1, 0)),
        uploads=Amount(connection.execute(uploaded).scalar_one(), image_bytes.get(0, 0)),
    )
