from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from grpc import aio
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from gateway import readiness, schemas
from gateway.catalogue import Catalogue
from gateway.devices import show_gpu
from gateway.jobs.census import Count
from gateway.machines import read_books
from gateway.problems import ProblemError, document
from gateway.studio import Studio, StudioDep
from gateway.views import show_capability, show_lost_capability
from limner.arbiter.v1 import arbiter_pb2

router = APIRouter(tags=["system"])

_TIMEOUT_S = 3.0


@router.get("/capabilities", operation_id="getCapabilities")
async def get_capabilities(studio: StudioDep) -> schemas.Capabilities:
    """Says what can be done now; a service that is down disables its features and no others."""
    catalogues = studio.books.catalogues.values()
    capabilities = await asyncio.gather(*(_look_at(catalogue) for catalogue in catalogues))
    return schemas.Capabilities(version=studio.version, capabilities=list(capabilities))


async def _look_at(catalogue: Catalogue) -> schemas.Capability:
    try:
        return show_capability(await catalogue.ask(), catalogue.replica_count)
    except aio.AioRpcError:
        return show_lost_capability(catalogue.service, catalogue.known, catalogue.replica_count)


@router.get(
    "/gpu",
    operation_id="getGpu",
    responses={503: document("The arbiter does not answer.")},
)
async def get_gpu(studio: StudioDep) -> schemas.Gpu:
    """Shows devices, leases and who waits for memory, on every machine."""
    own = await studio.arbiter.Snapshot(arbiter_pb2.SnapshotRequest(), timeout=_TIMEOUT_S)
    return show_gpu(await read_books(own, studio.fleet))


@router.get("/activity", operation_id="getActivity")
async def get_activity(studio: StudioDep) -> schemas.Activity:
    """Shows how many jobs of everybody ended in each minute of the last hour, and how long they waited."""
    minutes = await studio.books.activity.last_hour(time.time())
    return schemas.Activity(
        minutes=[
            schemas.ActiveMinute(
                begins_at=datetime.fromtimestamp(minute.begins_at, UTC),
                succeeded=minute.succeeded,
                failed=minute.failed,
                wait_p50_s=minute.wait_p50_s,
                wait_p95_s=minute.wait_p95_s,
            )
            for minute in minutes
        ]
    )


@router.get("/healthz", operation_id="getHealth")
async def get_health() -> schemas.Health:
    """Says that the process lives, and nothing more."""
    return schemas.Health()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    responses={503: document("Some part is not ready; `parts` says which.")},
)
async def get_readiness(studio: StudioDep) -> schemas.Readiness:
    """Says whether a job sent now would be worked on."""
    found = await readiness.check(studio.books.events, studio.fleet, studio.arbiter)
    if not found.ready:
        missing = " ".join(f"{part.name}: {part.detail}" for part in found.parts if not part.ready)
        raise ProblemError(503, "NOT_READY", missing, parts=found.parts)
    return found


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_metrics(studio: StudioDep) -> Response:
    """Returns counters and histograms for Prometheus, those of the arbiters included."""
    own, count = await asyncio.gather(_ask_arbiter(studio), _take_census(studio))
    books = await read_books(own, studio.fleet)
    text = studio.books.metrics.render(books, count, time.time())
    return Response(text, media_type=CONTENT_TYPE_LATEST)


async def _ask_arbiter(studio: Studio) -> arbiter_pb2.SnapshotResponse | None:
    try:
        return await studio.arbiter.Snapshot(arbiter_pb2.SnapshotRequest(), timeout=_TIMEOUT_S)
    except aio.AioRpcError:
        return None


async def _take_census(studio: Studio) -> Count | None:
    try:
        return await studio.books.census.take()
    except SQLAlchemyError:
        return None
