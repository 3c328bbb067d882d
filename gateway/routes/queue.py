from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from gateway import schemas
from gateway.requests import Body
from gateway.studio import OWNER, Studio, StudioDep
from gateway.views import show_job

router = APIRouter(prefix="/queue", tags=["queue"])


class QueueChange(Body):
    """What is to be switched."""

    paused: bool = Field(description="True keeps waiting jobs from starting; what runs goes on.")


class Order(Body):
    """Which jobs come first."""

    ids: list[str] = Field(
        max_length=10_000, description="The next one first; those that no longer wait are passed over."
    )


@router.get("", operation_id="getQueue")
async def get_queue(studio: StudioDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> schemas.Queue:
    """Shows the jobs that wait, in the order in which they will start."""
    return await _show(studio, limit)


@router.patch("", operation_id="changeQueue")
async def change_queue(body: QueueChange, studio: StudioDep) -> schemas.Queue:
    """Pauses or resumes the queue; it stays so over a restart."""
    await studio.dispatcher.pause(body.paused)
    return await _show(studio, 100)


@router.put("/order", operation_id="orderQueue")
async def order_queue(body: Order, studio: StudioDep) -> schemas.Queue:
    """Puts the waiting jobs that are named first, in this order; the others follow as they were."""
    await studio.dispatcher.rearrange(OWNER, body.ids)
    return await _show(studio, 100)


@router.post("/clear", operation_id="clearQueue")
async def clear_queue(studio: StudioDep) -> schemas.Cleared:
    """Cancels every job that waits; what runs goes on."""
    return schemas.Cleared(cancelled=len(await studio.dispatcher.clear(OWNER)))


async def _show(studio: Studio, limit: int) -> schemas.Queue:
    board, event = studio.books.board, studio.dispatcher.queue_event()
    ids = board.waiting(limit)
    found = await studio.books.store.get_all(ids)
    waiting = [show_job(board.view(found[job_id])) for job_id in ids if job_id in found]
    return schemas.Queue(
        paused=event.paused,
        held_up_by=event.held_up_by,
        waiting=waiting,
        total=event.total,
        eta_s=waiting[-1].progress.eta_s if waiting else None,
    )
