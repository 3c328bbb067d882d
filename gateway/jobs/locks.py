"""What gateways on one PostgreSQL wait for one another with; SQLite has one gateway and one writer anyway."""

from __future__ import annotations

import sqlalchemy as sa

# Names in the database's own space of numbers; images lock theirs below 2**60.
MIGRATION = 2**62 + 1
EVENTS = 2**62 + 2


def is_shared(connection: sa.Connection | sa.Engine) -> bool:
    """Tells whether other gateways may be on this database."""
    return connection.dialect.name == "postgresql"


def lock(connection: sa.Connection, number: int) -> None:
    """Waits for whoever has locked `number`, and keeps others waiting until the transaction ends."""
    if is_shared(connection):
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
