from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from gateway import schemas
from gateway.identity import CallerDep, Owner
from gateway.problems import ProblemError, document
from gateway.requests import Body
from gateway.studio import Studio, StudioDep
from gateway.tokens import ADMIN
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
async def get_queue(
    studio: StudioDep, owner: Owner, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> schemas.Queue:
    """Shows the caller's waiting jobs, the next one first; `total` counts everybody's."""
    return await _show(studio, owner, limit)


@router.patch(
    "", operation_id="changeQueue", responses={403: document("Only the token named `admin` may do this.")}
)
async def change_queue(body: QueueChange, studio: StudioDep, caller: CallerDep) -> schemas.Queue:
    """Pauses or resumes the queue of everybody; it stays so over a restart."""
    if not caller.is_admin:
        text = (
            f"The queue is everybody's, and only the token named {ADMIN!r} may pause or resume it; yours is "
            f"{caller.owner!r}."
        )
        raise ProblemError(403, "ADMIN_ONLY", text)
    await studio.queue.pause(body.paused)
    return await _show(studio, caller.owner, 100)


@router.put("/order", operation_id="orderQueue")
async def order_queue(body: Order, studio: StudioDep, owner: Owner) -> schemas.Queue:
    """Puts the caller's waiting jobs that are named first, in this order; the others follow as they were."""
    await studio.queue.rearrange(owner, body.ids)
    return await _show(studio, owner, 100)


@router.post("/clear", operation_id="clearQueue")
async def clear_queue(studio: StudioDep, owner: Owner) -> schemas.Cleared:
    """Cancels every job of the caller that waits; what runs goes on."""
    return schemas.Cleared(cancelled=await studio.queue.clear(owner))


async def _show(studio: Studio, owner: str, limit: int) -> schemas.Queue:
    board, event = studio.books.board, studio.dispatcher.queue_event(owner)
    ids = board.waiting(owner, limit)
    found = await studio.books.store.get_all(ids)
    waiting = [show_job(board.view(found[job_id])) for job_id in ids if job_id in found]
    return schemas.Queue(
        paused=event.paused,
        held_up_by=event.held_up_by,
        waiting=waiting,
        total=event.total,
        eta_s=waiting[-1].progress.eta_s if waiting else None,
    )
