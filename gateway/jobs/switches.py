"""What is noted for the whole studio, and stays so over a restart."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import JsonValue

from gateway.jobs.announcements import Word, announce
from gateway.jobs.tables import switches
from gateway.jobs.transactions import Transactions
from gateway.jobs.upserts import insert_into

_PAUSED = "paused"
_COLLECTED = "collected_at"


class Switches:
    """Keeps whether the queue is paused, and when the image store was last tidied."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def is_paused(self) -> bool:
        """Tells whether no waiting job may start."""
        return await self._transactions.read(read_paused)

    async def pause(self, is_paused: bool) -> None:
        """Keeps jobs that wait from starting, or lets them."""

        def work(connection: sa.Connection) -> None:
            write_switch(connection, _PAUSED, is_paused)
            announce(connection, Word.SWITCHES)

        await self._transactions.write(work)

    async def claim_collection(self, now: float, pause_s: float) -> bool:
        """Tells whether a collection is due; when it says so, the next is due after `pause_s`."""

        def work(connection: sa.Connection) -> bool:
            last = read_switch(connection, _COLLECTED)
            # A clock that was set back must not put it off for ever.
            if isinstance(last, (int, float)) and now - pause_s < last <= now:
                return False
            write_switch(connection, _COLLECTED, now)
            return True

        return await self._transactions.write(work)


def read_paused(connection: sa.Connection) -> bool:
    """Tells whether no waiting job may start."""
    return bool(read_switch(connection, _PAUSED))


def read_switch(connection: sa.Connection, name: str) -> JsonValue:
    """Returns what is noted under a name, or None."""
    return connection.execute(sa.select(switches.c.value).where(switches.c.name == name)).scalar_one_or_none()


def write_switch(connection: sa.Connection, name: str, value: JsonValue) -> None:
    """Notes a value under a name."""
    insert = insert_into(connection, switches).values(name=name, value=value)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["name"], set_={"value": insert.excluded.value})
    )
