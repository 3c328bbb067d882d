from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from uuid_utils import uuid7

from gateway import limits, requests, schemas
from gateway.jobs.job import Job, Progress, State
from gateway.jobs.kinds import TRADES, kind_of
from gateway.jobs.store import KeyTaken
from gateway.problems import ProblemError, document, feature_disabled
from gateway.references import check_pictures
from gateway.studio import Studio, StudioDep
from gateway.views import show_job, show_model

router = APIRouter(prefix="/generate", tags=["generate"])

LONGEST_WAIT_S = 120
# Drawn seeds are short enough to be read out and typed in.
_SEED_RANGE = 2**32


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
}


@router.post("/text-to-image", status_code=202, operation_id="generateTextToImage", responses=_ANSWERS)
async def generate_text_to_image(
    body: requests.TextToImageRequest,
    studio: StudioDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Paints what the prompt says. Once accepted, a job is finished whatever crashes."""
    return await _take(body, studio, response, idempotency_key, prefer)


@router.post("/image-edit", status_code=202, operation_id="generateImageEdit", responses=_ANSWERS)
async def generate_image_edit(
    body: requests.ImageEditRequest,
    studio: StudioDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Changes a picture: by instruction, inside a mask, beyond its border, or altogether by some strength."""
    return await _take(body, studio, response, idempotency_key, prefer)


@router.post("/controlnet", status_code=202, operation_id="generateControlNet", responses=_ANSWERS)
async def generate_controlnet(
    body: requests.ControlNetRequest,
    studio: StudioDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Paints what the prompt says, kept to control images and region by region as entities say."""
    return await _take(body, studio, response, idempotency_key, prefer)


@router.post("/layers", status_code=202, operation_id="generateLayers", responses=_ANSWERS)
async def generate_layers(
    body: requests.LayersRequest,
    studio: StudioDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Takes a picture apart into layers with transparency, the backmost first; needs a layered model."""
    return await _take(body, studio, response, idempotency_key, prefer)


@router.post("/tiled", status_code=202, operation_id="generateTiled", responses=_ANSWERS)
async def generate_tiled(
    body: requests.TiledRequest,
    studio: StudioDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> schemas.Job:
    """Paints a picture larger than the model's, or enlarges one, tile by tile, up to 8192 pixels a side."""
    return await _take(body, studio, response, idempotency_key, prefer)


async def _take(
    body: requests.GenerateRequest, studio: Studio, response: Response, key: str | None, prefer: str | None
) -> schemas.Job:
    job = await _accept(body, studio, key)
    wait_s = read_wait(prefer)
    with studio.books.hub.ending_of(job.id) as ending:
        try:
            await studio.books.store.add(job)
        except KeyTaken as taken:
            if taken.job.request_hash != job.request_hash:
                text = f"The Idempotency-Key {key!r} was used with another body; draw a new key."
                raise ProblemError(409, "IDEMPOTENCY_CONFLICT", text) from None
            job = taken.job
        else:
            studio.books.metrics.accepted.inc()
            studio.dispatcher.submit(job)
        response.headers["Location"] = f"/jobs/{job.id}"
        if wait_s > 0:
            response.headers["Preference-Applied"] = f"wait={wait_s}"
            return await _wait(studio, job, ending, wait_s, response)
    return show_job(studio.books.board.view(job))


async def _accept(body: requests.GenerateRequest, studio: Studio, key: str | None) -> Job:
    limits.check_form(body)
    kind = kind_of(body)
    service = TRADES[kind].service
    catalogue = studio.books.catalogues.get(service.name)
    if catalogue is None:
        raise feature_disabled(service)
    await check_pictures(body, studio.books.images)
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    described = await catalogue.recall()
    if described is not None:
        body = limits.fill_in(body, [show_model(model) for model in described.models])
    if body.seed is None:
        body = body.model_copy(update={"seed": secrets.randbelow(_SEED_RANGE)})
    return Job(
        id=str(uuid7()),
        kind=kind,
        capability=service.name,
        state=State.QUEUED,
        request=body.model_dump(mode="json"),
        created_at=time.time(),
        # Without an answer from the service the job is checked when it is handed over.
        model=body.model if described is not None else None,
        progress=Progress(total_steps=body.steps or 0, image_count=body.image_count),
        idempotency_key=key,
        request_hash=digest,
    )


async def _wait(
    studio: Studio, job: Job, ending: asyncio.Future[schemas.Job], wait_s: int, response: Response
) -> schemas.Job:
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
