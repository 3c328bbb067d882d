"""Who holds which image: an image lasts as long as somebody does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.jobs.tables import image_refs
from gateway.jobs.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Holding:
    """An image and what keeps it: a job, or with an empty `job_id` that its owner has uploaded it."""

    image_id: str
    owner: str
    job_id: str = ""
    size_bytes: int = 0  # 0: unknown


class Holdings:
    """Keeps count of who holds images, so that none goes while it is needed and none stays for nobody."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def hold(self, holding: Holding) -> None:
        """Keeps an image from being deleted. To be called before the image is put: see `drop`."""
        await self._transactions.write(lambda connection: add_holdings(connection, [holding], time.time()))

    async def is_held_by(self, owner: str, image_id: str) -> bool:
        """Tells whether an owner has uploaded, referred to or made an image."""
        mine = (image_refs.c.image_id == image_id) & (image_refs.c.owner == owner)
        query = sa.select(sa.exists().where(mine))
        return await self._transactions.read(lambda connection: bool(connection.execute(query).scalar_one()))

    async def drop(self, image_id: str, delete: Callable[[str], None]) -> bool:
        """Deletes an image that nobody holds, and returns True; otherwise does nothing.

        `delete` runs within the transaction, so that whoever comes to hold the image meanwhile waits, and
        then puts it again.
        """

        def work(connection: sa.Connection) -> bool:
            _lock(connection, image_id)
            if connection.execute(sa.select(sa.exists().where(image_refs.c.image_id == image_id))).scalar():
                return False
            delete(image_id)
            return True

        return await self._transactions.write(work)


def add_holdings(connection: sa.Connection, holdings: Sequence[Holding], now: float) -> None:
    """Notes holdings; those that exist stay as they are."""
    if not holdings:
        return
    for image_id in sorted({holding.image_id for holding in holdings}):
        _lock(connection, image_id)
    values = [
        {
            "image_id": each.image_id,
            "owner": each.owner,
            "job_id": each.job_id,
            "size_bytes": each.size_bytes,
            "created_at": now,
        }
        for each in holdings
    ]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(image_refs).on_conflict_do_nothing(), values)


def _lock(connection: sa.Connection, image_id: str) -> None:
    """Has holding and dropping one image wait for one another; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(image_id[:15], 16))))
