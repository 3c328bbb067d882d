from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from gateway import acceptance, requests, schemas
from gateway.estimates import Wanted, estimate
from gateway.identity import Owner
from gateway.jobs.job import Job
from gateway.jobs.kinds import TRADES, kind_of
from gateway.jobs.pictures import referred
from gateway.problems import document, feature_disabled
from gateway.references import read_size
from gateway.studio import Studio, StudioDep
from limner.capability.v1 import capability_pb2
from limner.image.v1.image_pb2 import Size

router = APIRouter(tags=["generate"])

_TIMEOUT_S = 10.0  # The service gives the arbiter five.


class _TextToImage(requests.TextToImageRequest):
    kind: Literal["text-to-image"]


class _ImageEdit(requests.ImageEditRequest):
    kind: Literal["image-edit"]


class _ControlNet(requests.ControlNetRequest):
    kind: Literal["controlnet"]


class _Layers(requests.LayersRequest):
    kind: Literal["layers"]


class _Tiled(requests.TiledRequest):
    kind: Literal["tiled"]


EstimateRequest = Annotated[
    _TextToImage | _ImageEdit | _ControlNet | _Layers | _Tiled, Field(discriminator="kind")
]


@router.post(
    "/estimate",
    operation_id="estimate",
    responses={
        422: document("Wrong fields, each with its value and the fix."),
        503: document("The service or the memory arbiter does not answer."),
    },
)
async def estimate_request(body: EstimateRequest, studio: StudioDep, owner: Owner) -> schemas.Estimate:
    """Says when a request would start, in which tier, how long it would take, and why; it makes no job."""
    job = await acceptance.check(body, studio, owner)
    service = TRADES[kind_of(body)].service
    replica = next(iter(studio.fleet.of(service)), None)
    if replica is None:
        raise feature_disabled(service)
    described = await studio.books.catalogues[service.name].ask()
    model = job.model or described.models[0].name
    quote = await _to_quote(body, job, studio)
    answer = await replica.capability.Quote(quote, timeout=_TIMEOUT_S)
    native = next((each.native_size for each in described.models if each.name == model), Size())
    size = quote.size if quote.HasField("size") else native
    wanted = Wanted(
        area_px=size.width * size.height,
        steps=quote.steps,
        image_count=body.image_count,
        is_warm=described.warm_model == model,
    )
    return estimate(answer.tiers, await studio.books.experience.latest(model), wanted)


async def _to_quote(body: requests.GenerateRequest, job: Job, studio: Studio) -> capability_pb2.QuoteRequest:
    sizes = await _measure(body, studio)
    quote = capability_pb2.QuoteRequest(
        model=job.model or "",
        steps=job.progress.total_steps,
        image_count=body.image_count,
        pictures=sizes,
        regions=len(body.entities) if isinstance(body, _WITH_REGIONS) else 0,
        layers=body.layers if isinstance(body, requests.LayersRequest) else 0,
        tier=body.tier,
    )
    width, height = job.request.get("width"), job.request.get("height")
    if isinstance(width, int) and isinstance(height, int):
        quote.size.CopyFrom(Size(width=width, height=height))
    return quote


_WITH_REGIONS = (requests.ImageEditRequest, requests.ControlNetRequest, requests.TiledRequest)


async def _measure(body: requests.GenerateRequest, studio: Studio) -> list[Size]:
    """Returns the sizes of the pictures that the model sees; masks are looked at alone."""
    ids = [each for field, each in referred(body).items() if not field.endswith("mask")]
    files = [data for each in ids if (data := await studio.books.images.get(each)) is not None]
    sizes = await asyncio.to_thread(lambda: [read_size(data) for data in files])
    return [Size(width=width, height=height) for width, height in sizes]
