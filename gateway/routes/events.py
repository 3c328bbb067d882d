from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from gateway import schemas
from gateway.events import RESET, Signal, download_signal
from gateway.identity import Owner
from gateway.studio import Studio, StudioDep
from gateway.views import show_job

router = APIRouter(tags=["events"])

# A client that missed more than this fetches the list again, which is cheaper.
REPLAY_LIMIT = 1000
RETRY_MS = 1000  # how long a browser waits before it comes back


@router.get("/events", operation_id="streamEvents", response_class=EventSourceResponse)
async def stream_events(
    studio: StudioDep, owner: Owner, last_event_id: Annotated[str | None, Header()] = None
) -> AsyncIterator[ServerSentEvent]:
    """Streams what happens to the caller's jobs: whole snapshots of them, previews, and their order.

    A new stream starts with `reset`: fetch the list of jobs then. With Last-Event-ID the stream starts with
    what was missed instead, unless that is too much.
    """
    hub = studio.books.hub
    studio.books.metrics.readers.inc()
    try:
        with hub.subscribe(owner) as reader:
            replayed = 0
            for signal in await _catch_up(studio, owner, last_event_id):
                replayed = max(replayed, signal.seq or 0)
                yield signal.message
            order = Signal("queue", studio.dispatcher.queue_event(owner))
            yield order.message.model_copy(update={"retry": RETRY_MS})
            for download in studio.offers.downloads.running if studio.offers is not None else ():
                yield download_signal(download).message
            async for signal in reader:
                if signal.seq is None or signal.seq > replayed:
                    yield signal.message
    finally:
        studio.books.metrics.readers.dec()


async def _catch_up(studio: Studio, owner: str, last_event_id: str | None) -> list[Signal]:
    """Returns what a reader needs before live events make sense."""
    past = studio.books.events
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit():
        missed = await past.since(min(int(last_event_id), 2**62), REPLAY_LIMIT, owner)
        if missed is not None:
            latest = {each.job.id: each for each in missed}
            return [
                Signal(each.job.id, schemas.JobEvent(seq=each.seq, job=show_job(each.job)), each.seq)
                for each in sorted(latest.values(), key=lambda each: each.seq)
            ]
    return [Signal(RESET.key, RESET.event, await past.last_seq())]
