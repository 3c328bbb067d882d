"""Takes requests on: what is accepted here is in the store, and is finished whatever crashes."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence

from pydantic import BaseModel
from uuid_utils import uuid7

from gateway import limits, requests
from gateway.jobs.holdings import ImagesGone
from gateway.jobs.intake import KeyTaken, TooManyWaiting
from gateway.jobs.job import PRIORITIES, Job, Progress, State
from gateway.jobs.kinds import TRADES, kind_of
from gateway.jobs.pictures import referred
from gateway.problems import ProblemError, feature_disabled
from gateway.quotas import check_images, check_room, too_many_waiting
from gateway.references import check_pictures, missing
from gateway.refusals import Refused
from gateway.space import check_space
from gateway.studio import Studio

# Drawn seeds are short enough to be read out and typed in.
_SEED_RANGE = 2**32


async def check(body: requests.GenerateRequest, studio: Studio, owner: str, key: str | None = None) -> Job:
    """Returns the job that a request with this idempotency key makes, not kept yet.

    Raises Refused or ProblemError.
    """
    limits.check_form(body)
    kind = kind_of(body)
    service = TRADES[kind].service
    catalogue = studio.books.catalogues.get(service.name)
    if catalogue is None:
        raise feature_disabled(service)
    held = await studio.books.holdings.held_by(owner, set(referred(body).values()))
    await check_pictures(body, studio.books.images, held)
    sent = body
    models = await catalogue.recall_models()
    if models is not None:
        body = limits.fill_in(body, models)
    if body.seed is None:
        body = body.model_copy(update={"seed": secrets.randbelow(_SEED_RANGE)})
    return Job(
        id=str(uuid7()),
        kind=kind,
        capability=service.name,
        state=State.QUEUED,
        request=body.to_record(),
        created_at=time.time(),
        # Without an answer from the service the job is checked when it is handed over.
        model=body.model if models is not None else None,
        priority=PRIORITIES[body.priority],
        progress=Progress(total_steps=body.steps or 0, image_count=body.image_count),
        owner=owner,
        idempotency_key=key,
        request_hash=digest(sent) if key is not None else "",
    )


def digest(body: BaseModel) -> str:
    """Returns what tells a body that is sent again from another one under its idempotency key."""
    return hashlib.sha256(body.model_dump_json().encode()).hexdigest()


async def keep(jobs: Sequence[Job], body: requests.GenerateRequest, studio: Studio) -> Sequence[Job]:
    """Keeps jobs, all or none, and puts them in line; returns them, or those that their key made before.

    `body` tells the pictures that they refer to. Raises ProblemError for a key that made something else and
    for a full disk, and Refused for pictures that were deleted this moment.
    """
    first, store = jobs[0], studio.books.store
    if not await store.is_kept(first):
        check_room(len(jobs), studio)
        await check_images(first.owner, studio)
        await check_space(jobs, studio.books.images)
    token = studio.roster.token_of(first.owner)
    max_waiting = token.max_waiting_jobs if token is not None else None
    fields = referred(body)
    for job in jobs:  # before it is kept: as soon as it is, it may be done
        studio.books.traces.accept(job.id)
    try:
        await store.add(jobs, set(fields.values()), max_waiting)
    except ImagesGone as gone:
        raise Refused(
            [missing(field, each) for field, each in fields.items() if each in gone.image_ids]
        ) from gone
    except TooManyWaiting as error:
        raise too_many_waiting(first.owner, len(jobs), max_waiting or 0) from error
    except KeyTaken as taken:
        if taken.job.request_hash != jobs[0].request_hash:
            key = taken.job.idempotency_key
            text = f"The Idempotency-Key {key!r} was used with another body; draw a new key."
            raise ProblemError(409, "IDEMPOTENCY_CONFLICT", text) from None
        return await studio.books.store.of_batch(taken.job.batch) if taken.job.batch else [taken.job]
    studio.books.metrics.accepted.labels(jobs[0].kind).inc(len(jobs))
    studio.dispatcher.submit(jobs)
    return jobs
