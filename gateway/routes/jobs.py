from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from gateway import schemas
from gateway.jobs.job import State
from gateway.problems import ProblemError, document
from gateway.studio import StudioDep
from gateway.views import show_job

router = APIRouter(prefix="/jobs", tags=["jobs"])

_UNKNOWN: dict[int | str, dict[str, Any]] = {404: document("There is no job of that id.")}
_CURSOR = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


@router.get("", operation_id="listJobs")
async def list_jobs(
    studio: StudioDep,
    status: Annotated[list[State] | None, Query(description="Only these; repeat for several.")] = None,
    cursor: Annotated[
        str | None, Query(pattern=_CURSOR, description="`next_cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> schemas.JobPage:
    """Lists jobs, newest first."""
    found = await studio.books.store.page(status or [], cursor, limit + 1)
    shown = [show_job(studio.books.board.view(job)) for job in found[:limit]]
    return schemas.JobPage(jobs=shown, next_cursor=shown[-1].id if len(found) > limit else None)


@router.get("/{job_id}", operation_id="getJob", responses=_UNKNOWN)
async def get_job(job_id: str, studio: StudioDep) -> schemas.Job:
    """Returns one job as it is this moment."""
    job = await studio.books.store.get(job_id)
    if job is None:
        raise _unknown(job_id)
    return show_job(studio.books.board.view(job))


@router.delete("/{job_id}", operation_id="cancelJob", responses=_UNKNOWN)
async def cancel_job(job_id: str, studio: StudioDep) -> schemas.Job:
    """Cancels a job: at once if it waits, within a step if it runs. A finished job stays as it is."""
    job = await studio.dispatcher.cancel(job_id)
    if job is None:
        raise _unknown(job_id)
    return show_job(studio.books.board.view(job))


@router.get("/{job_id}/events", operation_id="listJobEvents", responses=_UNKNOWN)
async def list_job_events(job_id: str, studio: StudioDep) -> schemas.JobHistory:
    """Returns what is kept of a job's events; each is a whole snapshot, as `GET /events` sends it."""
    history = await studio.books.store.history(job_id)
    if not history:
        raise _unknown(job_id)
    return schemas.JobHistory(
        events=[schemas.JobEvent(seq=past.seq, job=show_job(past.job)) for past in history]
    )


def _unknown(job_id: str) -> ProblemError:
    return ProblemError(404, "JOB_NOT_FOUND", f"There is no job {job_id[:100]!r}.")
