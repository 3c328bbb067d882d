from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator, Field

from gateway import acceptance, schemas
from gateway.identity import Owner
from gateway.jobs.archive import Search
from gateway.jobs.job import PRIORITIES, Job, Kind, State
from gateway.jobs.kinds import TRADES
from gateway.problems import ProblemError, document
from gateway.requests import Body, Priority
from gateway.studio import Studio, StudioDep
from gateway.views import show_job

router = APIRouter(prefix="/jobs", tags=["jobs"])
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", re.ASCII)


def _check_moment(value: object) -> object:
    # pydantic also takes a number for seconds since 1970, which the document does not say.
    if isinstance(value, str) and not _MOMENT.match(value):
        raise ValueError("it must be a moment like 2026-11-25T18:00:00Z")
    return value


Moment = Annotated[datetime, BeforeValidator(_check_moment)]

_UNKNOWN: dict[int | str, dict[str, Any]] = {404: document("There is no job of that id.")}
_CURSOR = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_ID = re.compile(_CURSOR)


class JobChange(Body):
    """What is to be changed; what is left out stays."""

    priority: Priority | None = Field(default=None, description="Of a job that waits.")
    favourite: bool | None = Field(default=None, description="Starred jobs are kept when old ones go.")


@router.get("", operation_id="listJobs")
async def list_jobs(
    studio: StudioDep,
    owner: Owner,
    status: Annotated[list[State] | None, Query(description="Only these; repeat for several.")] = None,
    cursor: Annotated[
        str | None, Query(pattern=_CURSOR, description="`next_cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    kind: Annotated[list[Kind] | None, Query(description="Only these; repeat for several.")] = None,
    q: Annotated[
        str | None, Query(max_length=200, description="Words that the prompt has, all of them.")
    ] = None,
    favourite: Annotated[bool, Query(description="Only starred ones.")] = False,
    batch: Annotated[str | None, Query(pattern=_CURSOR, description="Only those sent together.")] = None,
    model: Annotated[
        list[str] | None, Query(max_length=100, description="Only of these; repeat for several.")
    ] = None,
    since: Annotated[Moment | None, Query(description="Accepted then or later.")] = None,
    until: Annotated[Moment | None, Query(description="Accepted before.")] = None,
) -> schemas.JobPage:
    """Lists the caller's jobs, newest first."""
    search = Search(
        owner=owner,
        states=tuple(status or ()),
        kinds=tuple(kind or ()),
        words=tuple((q or "").split()),
        only_favourites=favourite,
        batch=batch,
        models=tuple(model or ()),
        since_s=_seconds(since),
        until_s=_seconds(until),
        before_id=cursor,
    )
    found = await studio.books.archive.page(search, limit + 1)
    shown = [show_job(studio.books.board.view(job)) for job in found[:limit]]
    return schemas.JobPage(jobs=shown, next_cursor=shown[-1].id if len(found) > limit else None)


@router.get("/{job_id}", operation_id="getJob", responses=_UNKNOWN)
async def get_job(job_id: str, studio: StudioDep, owner: Owner) -> schemas.Job:
    """Returns one job as it is this moment."""
    job = await _find(studio, owner, job_id)
    return show_job(studio.books.board.view(job))


@router.delete("/{job_id}", operation_id="cancelJob", responses=_UNKNOWN)
async def cancel_job(job_id: str, studio: StudioDep, owner: Owner) -> schemas.Job:
    """Cancels a job: at once if it waits, within a step if it runs. A finished job stays as it is."""
    await _find(studio, owner, job_id)
    job = await studio.queue.cancel(job_id)
    if job is None:
        raise _unknown(job_id)
    return show_job(studio.books.board.view(job))


@router.patch("/{job_id}", operation_id="changeJob", responses=_UNKNOWN)
async def change_job(job_id: str, body: JobChange, studio: StudioDep, owner: Owner) -> schemas.Job:
    """Stars a job, or gives one that waits another priority; once it has started, that changes nothing."""
    job = await _find(studio, owner, job_id)
    if body.priority is not None:
        job = await studio.queue.prioritise(job, PRIORITIES[body.priority])
    if body.favourite is not None:
        job = await studio.books.archive.star(job_id, body.favourite) or job
    return show_job(studio.books.board.view(job))


@router.post("/{job_id}/retry", status_code=202, operation_id="retryJob", responses=_UNKNOWN)
async def retry_job(job_id: str, studio: StudioDep, owner: Owner, response: Response) -> schemas.Job:
    """Sends the request of a job again, as a new job with the same seed."""
    job = await _find(studio, owner, job_id)
    body = TRADES[job.kind].body.model_validate({**job.request, "priority": show_job(job).priority})
    (again,) = await acceptance.keep([await acceptance.check(body, studio, owner)], body, studio)
    response.headers["Location"] = f"/jobs/{again.id}"
    return show_job(studio.books.board.view(again))


@router.get("/{job_id}/events", operation_id="listJobEvents", responses=_UNKNOWN)
async def list_job_events(job_id: str, studio: StudioDep, owner: Owner) -> schemas.JobHistory:
    """Returns what is kept of a job's events; each is a whole snapshot, as `GET /events` sends it."""
    await _find(studio, owner, job_id)
    history = await studio.books.events.of_job(job_id)
    return schemas.JobHistory(
        events=[schemas.JobEvent(seq=past.seq, job=show_job(past.job)) for past in history]
    )


def _seconds(moment: datetime | None) -> float | None:
    """Returns seconds since 1970; a time that does not say of which zone is taken for UTC."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


async def _find(studio: Studio, owner: str, job_id: str) -> Job:
    """Returns an owner's job; of another's it is not even said that there is one."""
    # What can be no id is asked nobody: not every database takes every text.
    job = await studio.books.store.get(job_id) if _ID.fullmatch(job_id) else None
    if job is None or job.owner != owner:
        raise _unknown(job_id)
    return job


def _unknown(job_id: str) -> ProblemError:
    return ProblemError(404, "JOB_NOT_FOUND", f"There is no job {job_id[:100]!r}.")
