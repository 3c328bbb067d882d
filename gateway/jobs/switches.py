"""What is switched for the whole studio, and stays so over a restart."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.jobs.tables import switches
from gateway.jobs.transactions import Transactions

_PAUSED = "paused"


class Switches:
    """Keeps whether the queue is paused."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def is_paused(self) -> bool:
        """Tells whether no waiting job may start."""
        query = sa.select(switches.c.value).where(switches.c.name == _PAUSED)
        return await self._transactions.read(
            lambda connection: bool(connection.execute(query).scalar_one_or_none())
        )

    async def pause(self, is_paused: bool) -> None:
        """Keeps jobs that wait from starting, or lets them."""

        def work(connection: sa.Connection) -> None:
            connection.execute(switches.delete().where(switches.c.name == _PAUSED))
            connection.execute(switches.insert().values(name=_PAUSED, value=is_paused))

        await self._transactions.write(work)
