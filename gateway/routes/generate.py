from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from uuid_utils import uuid7

from gateway import acceptance, batches, requests, schemas
from gateway.identity import Owner
from gateway.jobs.job import Job
from gateway.problems import document
from gateway.studio import Studio, StudioDep
from gateway.views import show_job

router = APIRouter(prefix="/generate", tags=["generate"])

LONGEST_WAIT_S = 120

IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=255)]
Prefer = Annotated[
    str | None, Header(description="wait=N: answer 200 with the finished job if it ends in N s")
]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": schemas.Job,
        "description": "The job as it ended, within the seconds of `Prefer: wait=N`.",
    },
    409: document("The Idempotency-Key was used with another body."),
    422: document("Wrong fields, each with its value and the fix."),
    429: document("Too many jobs wait, or too much is kept; Retry-After says when to come back."),
}


@router.post("/text-to-image", status_code=202, operation_id="generateTextToImage", responses=_ANSWERS)
async def generate_text_to_image(
    body: requests.TextToImageRequest,
    studio: StudioDep,
    owner: Owner,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Paints what the prompt says. Once accepted, a job is finished whatever crashes."""
    return await _take(body, studio, owner, response, idempotency_key, prefer)


@router.post("/image-edit", status_code=202, operation_id="generateImageEdit", responses=_ANSWERS)
async def generate_image_edit(
    body: requests.ImageEditRequest,
    studio: StudioDep,
    owner: Owner,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Changes a picture: by instruction, inside a mask, beyond its border, or altogether by some strength."""
    return await _take(body, studio, owner, response, idempotency_key, prefer)


@router.post("/controlnet", status_code=202, operation_id="generateControlNet", responses=_ANSWERS)
async def generate_controlnet(
    body: requests.ControlNetRequest,
    studio: StudioDep,
    owner: Owner,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Paints what the prompt says, kept to control images and region by region as entities say."""
    return await _take(body, studio, owner, response, idempotency_key, prefer)


@router.post("/layers", status_code=202, operation_id="generateLayers", responses=_ANSWERS)
async def generate_layers(
    body: requests.LayersRequest,
    studio: StudioDep,
    owner: Owner,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Takes a picture apart into layers with transparency, the backmost first; needs a layered model."""
    return await _take(body, studio, owner, response, idempotency_key, prefer)


@router.post("/tiled", status_code=202, operation_id="generateTiled", responses=_ANSWERS)
async def generate_tiled(
    body: requests.TiledRequest,
    studio: StudioDep,
    owner: Owner,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Paints a picture larger than the model's, or enlarges one, tile by tile, up to 8192 pixels a side."""
    return await _take(body, studio, owner, response, idempotency_key, prefer)


@router.post("/batch", status_code=202, operation_id="generateBatch", responses=_ANSWERS)
async def generate_batch(
    body: batches.BatchRequest, studio: StudioDep, owner: Owner, idempotency_key: IdempotencyKey = None
) -> schemas.JobBatch:
    """Makes a job of every prompt with every seed: all are accepted, or none."""
    made = [await acceptance.check(each, studio, owner) for each in batches.spread(body)]
    batch = str(uuid7())
    jobs = [replace(job, batch=batch) for job in made]
    if idempotency_key is not None:
        jobs[0] = replace(jobs[0], idempotency_key=idempotency_key, request_hash=acceptance.digest(body))
    kept = await acceptance.keep(jobs, body.request, studio)
    shown = [show_job(studio.books.board.view(job)) for job in kept]
    return schemas.JobBatch(id=kept[0].batch or batch, jobs=shown)


async def _take(
    body: requests.GenerateRequest,
    studio: Studio,
    owner: str,
    response: Response,
    key: str | None,
    prefer: str | None,
) -> schemas.Job:
    job = await acceptance.check(body, studio, owner, key)
    (job,) = await acceptance.keep([job], body, studio)
    response.headers["Location"] = f"/jobs/{job.id}"
    wait_s = read_wait(prefer)
    if wait_s > 0:
        response.headers["Preference-Applied"] = f"wait={wait_s}"
        return await _wait(studio, job, wait_s, response)
    return show_job(studio.books.board.view(job))


async def _wait(studio: Studio, job: Job, wait_s: int, response: Response) -> schemas.Job:
    with studio.books.hub.ending_of(job.id) as ending:
        # Read after asking for its end, so that one of both tells of it.
        job = await studio.books.store.get(job.id) or job
        if job.state.is_final:
            response.status_code = 200
            return show_job(job)
        done, _ = await asyncio.wait([ending], timeout=wait_s)
    if done and not ending.cancelled():
        response.status_code = 200
        return ending.result()
    return show_job(studio.books.board.view(await studio.books.store.get(job.id) or job))


def read_wait(prefer: str | None) -> int:
    """Returns the seconds of `wait=N` in a Prefer header (RFC 7240), at most LONGEST_WAIT_S, else 0."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,9})", prefer or "")
    return min(int(found[1]), LONGEST_WAIT_S) if found else 0
