"""The course of one job, as whoever waits for its end sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from gateway import schemas
from gateway.events import Signal
from gateway.jobs.job import Job
from gateway.studio import Studio
from gateway.views import show_job

# Clients and proxies give up a connection on which nothing is heard for long.
_PING_S = 15.0

Turn = schemas.Job | schemas.PreviewEvent | None


async def follow(job: Job, studio: Studio) -> AsyncGenerator[Turn]:
    """Yields the job as it is now, and it or a preview of it whenever there is one, until it has ended.

    Yields None where nothing happens for a while. Ends before the job does if that is deleted or the gateway
    stops; the job goes on then.
    """
    with studio.books.hub.subscribe(job.owner) as reader:
        # Read after subscribing: what happens in between is seen or heard.
        shown = await _read(job.id, studio)
        if shown is not None:
            yield shown
        signals = aiter(reader)
        hearing: asyncio.Task[Signal | None] | None = None
        try:
            while shown is not None and not shown.status.is_final:
                hearing = hearing or asyncio.create_task(_hear(signals))
                if not (await asyncio.wait([hearing], timeout=_PING_S))[0]:
                    yield None
                    continue
                signal, hearing = hearing.result(), None
                match signal.event if signal is not None else None:
                    case None:
                        return
                    case schemas.PreviewEvent(job_id=job.id) as preview:
                        yield preview
                    case schemas.JobEvent(job=news) if news.id == job.id:
                        yield (shown := news)
                    case schemas.ResetEvent():
                        shown = await _read(job.id, studio)
                        if shown is not None:
                            yield shown
                    case _:
                        pass
        finally:
            if hearing is not None:
                hearing.cancel()


async def _hear(signals: AsyncIterator[Signal]) -> Signal | None:
    return await anext(signals, None)


async def _read(job_id: str, studio: Studio) -> schemas.Job | None:
    job = await studio.books.store.get(job_id)
    return show_job(studio.books.board.view(job)) if job is not None else None
