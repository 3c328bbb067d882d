from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from gateway import schemas
from gateway.history import NotEnded
from gateway.identity import Owner
from gateway.jobs.inventory import Amount
from gateway.problems import ProblemError, document
from gateway.requests import Body
from gateway.retention import Candidate
from gateway.studio import Studio, StudioDep
from gateway.views import show_time

router = APIRouter(prefix="/history", tags=["jobs"])

_SHOWN = 10
_NOT_ENDED = document("A job still waits or runs; cancel it first.")
JobId = Annotated[str, Field(min_length=1, max_length=36)]


class Deletion(Body):
    """Which jobs to delete."""

    ids: list[JobId] = Field(min_length=1, max_length=1000, description="Unknown ones are passed over.")


@router.delete("/{job_id}", status_code=204, operation_id="deleteJob", responses={409: _NOT_ENDED})
async def delete_job(
    job_id: Annotated[str, Path(max_length=36)], studio: StudioDep, owner: Owner
) -> Response:
    """Deletes an ended job for ever, with its events and the images that nothing else refers to.

    One that is not there any more is no error.
    """
    await _forget(studio, owner, [job_id])
    return Response(status_code=204)


@router.post("/delete", operation_id="deleteJobs", responses={409: _NOT_ENDED})
async def delete_jobs(body: Deletion, studio: StudioDep, owner: Owner) -> schemas.Forgotten:
    """Deletes ended jobs like `DELETE /history/{id}`; if one of them has not ended, none."""
    return schemas.Forgotten(forgotten=await _forget(studio, owner, list(dict.fromkeys(body.ids))))


@router.get("/usage", operation_id="getHistoryUsage")
async def get_usage(studio: StudioDep, owner: Owner) -> schemas.HistoryUsage:
    """Says what is kept, and which jobs go next by themselves."""
    usage = await studio.books.inventory.usage(owner)
    policy = studio.retention
    goes_next = await studio.books.inventory.oldest("", _SHOWN, owner) if policy.limits_jobs else []
    return schemas.HistoryUsage(
        favourites=_show(usage.favourites),
        jobs=_show(usage.jobs),
        uploads=_show(usage.uploads),
        limit_bytes=policy.images_bytes,
        goes_next=[_show_next(candidate, policy.jobs_s) for candidate in goes_next],
    )


async def _forget(studio: Studio, owner: str, job_ids: list[str]) -> int:
    try:
        return await studio.history.forget(owner, job_ids)
    except NotEnded as error:
        first, more = error.job_ids[0], len(error.job_ids) - 1
        others = f" and {more} more have" if more else " has"
        text = f"The job {first}{others} not ended; cancel with DELETE /jobs/{{id}} first, then delete."
        raise ProblemError(409, "JOB_NOT_ENDED", text) from error


def _show(amount: Amount) -> schemas.Amount:
    return schemas.Amount(count=amount.count, image_bytes=amount.image_bytes)


def _show_next(candidate: Candidate, jobs_s: float | None) -> schemas.NextToGo:
    own = [share.size_bytes for share in candidate.images.values() if share.holder_count == 1]
    goes_at = show_time(candidate.finished_at + jobs_s) if jobs_s is not None else None
    return schemas.NextToGo(id=candidate.id, goes_at=goes_at, freed_bytes=sum(own))
