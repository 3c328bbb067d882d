from __future__ import annotations

import asyncio
import os

from fastapi import APIRouter
from grpc import aio
from pydantic import Field

from gateway import schemas
from gateway.identity import CallerDep
from gateway.offers import Offers, show_item
from gateway.problems import ProblemError, document
from gateway.requests import Body
from gateway.studio import Studio, StudioDep
from gateway.tokens import ADMIN
from limner.arbiter.v1 import arbiter_pb2

router = APIRouter(prefix="/models", tags=["models"])

_TIMEOUT_S = 3.0


class DownloadRequest(Body):
    """How a model is to be fetched."""

    accept_licence: bool = Field(
        default=False, description="I have read the model's licence and accept it, where it demands that."
    )


@router.get("", operation_id="listCatalogue", responses={409: document("The list is switched off.")})
async def list_models(studio: StudioDep) -> schemas.Models:
    """Lists every model that is here or can be downloaded, and how each would run."""
    offers = _offers(studio)
    device, items = await asyncio.to_thread(offers.look, await _host_budget_bytes(studio))
    models = [show_item(item, offers.downloads.get(item.name)) for item in items]
    return schemas.Models(device=device, models=models)


@router.post(
    "/{name}/download",
    operation_id="downloadModel",
    status_code=202,
    responses={
        403: document("The licence is not accepted, or only the token named `admin` may do this."),
        404: document("The catalogue has no such model."),
        409: document("The model is here already, or downloads are switched off."),
        503: document("This studio is told to stay offline."),
        507: document("There is no room for it."),
    },
)
async def download_model(
    name: str, studio: StudioDep, caller: CallerDep, body: DownloadRequest | None = None
) -> schemas.Download:
    """Fetches a model; one that is being fetched goes on, and what was fetched before stays.

    `/events` and the list of models tell how far it is. It can be used as soon as it is here.
    """
    offers = _offers(studio, caller)
    return await offers.fetch(name, os.environ, is_accepted=body is not None and body.accept_licence)


@router.delete(
    "/{name}/download",
    operation_id="cancelDownload",
    status_code=202,
    responses={
        403: document("Only the token named `admin` may do this."),
        404: document("There is no such download."),
        409: document("Downloads are switched off."),
    },
)
async def cancel_download(name: str, studio: StudioDep, caller: CallerDep) -> schemas.Download:
    """Ends a download; what was fetched stays for the next one."""
    download = await _offers(studio, caller).downloads.cancel(name)
    if download is None:
        text = f"Nobody has started a download of {name[:100]!r}; GET /models names those that run."
        raise ProblemError(404, "DOWNLOAD_NOT_FOUND", text)
    return download


def _offers(studio: Studio, caller: CallerDep | None = None) -> Offers:
    if studio.offers is None:
        text = "This studio offers no downloads; set LIMNER_GATEWAY_MODELS_DIR to the folder of its models."
        raise ProblemError(409, "FEATURE_DISABLED", text)
    if caller is not None and not caller.is_admin:
        text = (
            f"Models are everybody's, and only the token named {ADMIN!r} may fetch them; yours is "
            f"{caller.owner!r}."
        )
        raise ProblemError(403, "ADMIN_ONLY", text)
    return studio.offers


async def _host_budget_bytes(studio: Studio) -> int | None:
    try:
        found = await studio.arbiter.Snapshot(arbiter_pb2.SnapshotRequest(), timeout=_TIMEOUT_S)
    except aio.AioRpcError:
        return None  # Then the usual share of the machine's memory is taken.
    return found.host.budget_bytes or None
