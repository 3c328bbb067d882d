from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from grpc import aio
from prometheus_client import CONTENT_TYPE_LATEST

from gateway import readiness, schemas
from gateway.catalogue import Catalogue
from gateway.devices import show_gpu
from gateway.problems import ProblemError, document
from gateway.studio import StudioDep
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
    """Shows devices, leases and who waits for memory."""
    return show_gpu(await studio.arbiter.Snapshot(arbiter_pb2.SnapshotRequest(), timeout=_TIMEOUT_S))


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
    found = await readiness.check(studio.books.events, studio.replicas, studio.arbiter)
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
    """Returns counters and histograms for Prometheus, those of the arbiter included."""
    try:
        request = arbiter_pb2.SnapshotRequest()
        snapshot = await studio.arbiter.Snapshot(request, timeout=_TIMEOUT_S)
    except aio.AioRpcError:
        snapshot = None
    return Response(studio.books.metrics.render(snapshot), media_type=CONTENT_TYPE_LATEST)
