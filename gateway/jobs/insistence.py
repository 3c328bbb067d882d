"""What jobs in hand do while the database is away: they wait, as a request would not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import OperationalError

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

_RETRY_S = 0.5
# Connection lost, server going down or coming up; rolled back in favour of another.
_PASSING = ("08", "57P", "40")


async def insist(work: Callable[[bool], Awaitable[Result]]) -> Result:
    """Returns what `work` returns, trying again for as long as the database is away.

    It is told whether it is tried again: then the try before may have been committed without an answer.
    """
    is_repeated = False
    while True:
        try:
            return await work(is_repeated)
        except OperationalError as error:
            if not is_away(error):
                raise
            log.warning("database away", error=str(error.orig))
        is_repeated = True
        await asyncio.sleep(_RETRY_S)


def is_away(error: OperationalError) -> bool:
    """Tells whether the database does not answer now but may later; of a file that is never said."""
    state: str | None = getattr(error.orig, "sqlstate", "")
    return error.connection_invalidated or state is None or state.startswith(_PASSING)
