"""Who holds which image: an image lasts as long as somebody does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from gateway.jobs.tables import image_refs, jobs
from gateway.jobs.transactions import Transactions
from gateway.jobs.upserts import insert_into

_IMAGE_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Holding:
    """An image and what keeps it: a job, or with an empty `job_id` that its owner has uploaded it."""

    image_id: str
    owner: str
    job_id: str = ""
    size_bytes: int = 0  # 0: unknown


class ImagesGone(Exception):
    """Nobody holds these images, so they are deleted, or will be at any moment."""

    def __init__(self, image_ids: Collection[str]) -> None:
        super().__init__(f"The images {', '.join(sorted(image_ids))} are no longer kept.")
        self.image_ids = frozenset(image_ids)


class OverLimit(Exception):
    """With one more image its owner would hold too many bytes."""

    def __init__(self, held_bytes: int) -> None:
        super().__init__(f"{held_bytes} bytes are held already.")
        self.held_bytes = held_bytes


class Holdings:
    """Keeps count of who holds images, so that none goes while it is needed and none stays for nobody."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def hold(self, holding: Holding, limit_bytes: int | None = None) -> None:
        """Keeps an image from being deleted. To be called before the image is put: see `drop`.

        Raises OverLimit if the owner would then hold more than `limit_bytes`.
        """

        def work(connection: sa.Connection) -> None:
            if limit_bytes is not None and not _held_by(connection, holding.owner, [holding.image_id]):
                held_bytes = _held_bytes(connection, holding.owner)
                if held_bytes + holding.size_bytes > limit_bytes:
                    raise OverLimit(held_bytes)
            add_holdings(connection, [holding], time.time())

        await self._transactions.write(work)

    async def is_held_by(self, owner: str, image_id: str) -> bool:
        """Tells whether an owner has uploaded, referred to or made an image."""
        return bool(await self.held_by(owner, [image_id]))

    async def held_by(self, owner: str, image_ids: Collection[str]) -> set[str]:
        """Returns those of the images that an owner has uploaded, referred to or made."""
        ids = [image_id for image_id in image_ids if _IMAGE_ID.fullmatch(image_id)]
        return (
            await self._transactions.read(lambda connection: _held_by(connection, owner, ids))
            if ids
            else set()
        )

    async def held_bytes(self, owner: str) -> int:
        """Returns how many bytes the images of an owner have, each counted once."""
        return await self._transactions.read(lambda connection: _held_bytes(connection, owner))

    async def drop(self, image_id: str, delete: Callable[[str], None]) -> bool:
        """Deletes an image that nobody holds, and returns True; otherwise does nothing.

        `delete` runs within the transaction, so that whoever comes to hold the image meanwhile waits, and
        then puts it again.
        """

        def work(connection: sa.Connection) -> bool:
            _lock(connection, [image_id])
            if not _unheld(connection, [image_id]):
                return False
            delete(image_id)
            return True

        return await self._transactions.write(work)

    async def unheld(self, image_ids: Collection[str]) -> set[str]:
        """Returns those of the images that nobody holds at this moment."""
        return await self._transactions.read(lambda connection: _unheld(connection, image_ids))

    async def release_uploads(self, before: float, limit: int) -> list[str]:
        """Gives up uploads that were last sent before that time and that no job of their owner refers to.

        Returns their ids, at most `limit`.
        """
        other = image_refs.alias()
        needed = sa.exists().where(
            other.c.image_id == image_refs.c.image_id,
            other.c.owner == image_refs.c.owner,
            other.c.job_id != "",
        )
        return await self._release((image_refs.c.job_id == "") & ~needed, before, limit)

    async def release_strays(self, before: float, limit: int) -> list[str]:
        """Gives up what was held before that time for forgotten jobs, which a late attempt may do."""
        is_known = sa.exists().where(jobs.c.id == image_refs.c.job_id)
        return await self._release((image_refs.c.job_id != "") & ~is_known, before, limit)

    async def note_sizes(self, sizes_bytes: Mapping[str, int]) -> None:
        """Fills in the sizes of images, by id, where they were unknown."""
        unknown = (image_refs.c.size_bytes == 0) & image_refs.c.image_id.in_(sizes_bytes)
        query = sa.select(image_refs.c.image_id).where(unknown).distinct()
        statement = (
            image_refs.update()
            .where(image_refs.c.image_id == sa.bindparam("image"), image_refs.c.size_bytes == 0)
            .values(size_bytes=sa.bindparam("size"))
        )

        def work(connection: sa.Connection) -> None:
            found = connection.execute(query).scalars().all()
            if found:
                changes = [{"image": image_id, "size": sizes_bytes[image_id]} for image_id in found]
                connection.execute(statement, changes)

        await self._transactions.write(work)

    async def _release(self, which: sa.ColumnElement[bool], before: float, limit: int) -> list[str]:
        key = sa.tuple_(image_refs.c.image_id, image_refs.c.owner, image_refs.c.job_id)
        due = which & (image_refs.c.created_at < before)
        query = sa.select(*key.clauses).where(due).limit(limit)
        # Looked for where nobody waits for it, and looked at again where nobody changes it meanwhile.
        found = await self._transactions.read(
            lambda connection: [tuple(row) for row in connection.execute(query)]
        )
        statement = image_refs.delete().where(key.in_(found), due).returning(image_refs.c.image_id)

        def work(connection: sa.Connection) -> list[str]:
            _lock(connection, [image_id for image_id, _, _ in found])
            return list(connection.execute(statement).scalars())

        return await self._transactions.write(work) if found else []


def add_holdings(connection: sa.Connection, holdings: Sequence[Holding], now: float) -> None:
    """Notes holdings; one that exists counts from now on, and keeps its size where that is unknown."""
    if not holdings:
        return
    _lock(connection, [holding.image_id for holding in holdings])
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
    insert = insert_into(connection, image_refs)
    size = sa.case(
        (insert.excluded.size_bytes > 0, insert.excluded.size_bytes), else_=image_refs.c.size_bytes
    )
    statement = insert.on_conflict_do_update(
        index_elements=["image_id", "owner", "job_id"], set_={"size_bytes": size, "created_at": now}
    )
    connection.execute(statement, values)


def refer(connection: sa.Connection, holdings: Sequence[Holding], now: float) -> None:
    """Notes who refers to images that are kept; raises ImagesGone for those that nobody has held before."""
    image_ids = {holding.image_id for holding in holdings}
    _lock(connection, image_ids)
    known = (
        sa.select(image_refs.c.image_id, sa.func.max(image_refs.c.size_bytes))
        .where(image_refs.c.image_id.in_(image_ids))
        .group_by(image_refs.c.image_id)
    )
    sizes_bytes = {image_id: size for image_id, size in connection.execute(known)}
    if gone := image_ids - sizes_bytes.keys():
        raise ImagesGone(gone)
    add_holdings(connection, [replace(each, size_bytes=sizes_bytes[each.image_id]) for each in holdings], now)


def _held_by(connection: sa.Connection, owner: str, image_ids: Collection[str]) -> set[str]:
    mine = image_refs.c.image_id.in_(image_ids) & (image_refs.c.owner == owner)
    return set(connection.execute(sa.select(image_refs.c.image_id).where(mine).distinct()).scalars())


def _held_bytes(connection: sa.Connection, owner: str) -> int:
    size = sa.func.max(image_refs.c.size_bytes).label("size_bytes")
    sizes = sa.select(size).where(image_refs.c.owner == owner).group_by(image_refs.c.image_id).subquery()
    total = sa.select(sa.func.coalesce(sa.func.sum(sizes.c.size_bytes), 0))
    return int(connection.execute(total).scalar_one())


def _unheld(connection: sa.Connection, image_ids: Collection[str]) -> set[str]:
    held = sa.select(image_refs.c.image_id).where(image_refs.c.image_id.in_(image_ids)).distinct()
    return set(image_ids) - set(connection.execute(held).scalars())


def _lock(connection: sa.Connection, image_ids: Collection[str]) -> None:
    """Has holding and dropping an image wait for one another."""
    if connection.dialect.name == "postgresql":
        for image_id in sorted(set(image_ids)):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(image_id[:15], 16))))
    else:
        # SQLite has one writer at a time; writing nothing makes this transaction the one.
        connection.execute(image_refs.update().where(sa.false()).values(size_bytes=0))
