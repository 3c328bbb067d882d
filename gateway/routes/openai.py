"""OpenAI's images API, so that whatever speaks it can paint here."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse
from pydantic import ValidationError

from gateway import acceptance, openai_forms
from gateway.dialect import OpenAIFailure
from gateway.identity import Owner
from gateway.openai_answers import ModelCard, ModelList, PaintedImages
from gateway.openai_delivery import Delivery
from gateway.openai_images import EditBody, GenerationBody, check_options, to_edit, to_generation
from gateway.problems import ProblemError
from gateway.refusals import problem
from gateway.replicas import EDIT, T2I, Service
from gateway.requests import GenerateRequest
from gateway.routes.generate import IdempotencyKey
from gateway.studio import Studio, StudioDep
from gateway.uploads import EDIT_LIMIT_BYTES

_T = TypeVar("_T")
_FAILED: dict[int | str, dict[str, Any]] = {
    "default": {"model": OpenAIFailure, "description": "What went wrong."}
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
_NOBODY_LISTENS = 499

router = APIRouter(prefix="/v1", tags=["openai"], responses=_FAILED)


@router.post(
    "/images/generations",
    operation_id="createImages",
    response_model=PaintedImages,
    response_model_exclude_none=True,
    responses=_ANSWERS,
)
async def create_images(
    body: GenerationBody,
    request: Request,
    studio: StudioDep,
    owner: Owner,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Paints what the prompt says and answers when that is done; hanging up cancels nothing."""
    await _check_model(body.model, T2I, studio)
    delivery = Delivery(studio, body, "image_generation", str(request.base_url))
    return await _make(to_generation(body), delivery, request, owner, idempotency_key)


@router.post(
    "/images/edits",
    operation_id="editImages",
    response_model=PaintedImages,
    response_model_exclude_none=True,
    responses=_ANSWERS,
    max_body_size=EDIT_LIMIT_BYTES,
    openapi_extra=openai_forms.describe_form(),
)
async def edit_images(
    request: Request, studio: StudioDep, owner: Owner, idempotency_key: IdempotencyKey = None
) -> Response:
    """Changes a picture, where a mask is transparent or as an instruction says; else like `createImages`."""
    form = await openai_forms.read_form(request)
    try:
        body = EditBody.model_validate(form.fields, strict=False)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    check_options(body)
    await _check_model(body.model, EDIT, studio)
    image_ids, mask_id = await openai_forms.keep_pictures(form, owner, studio)
    delivery = Delivery(studio, body, "image_edit", str(request.base_url))
    return await _make(to_edit(body, image_ids, mask_id), delivery, request, owner, idempotency_key)


@router.get("/models", operation_id="listModels")
async def list_models(studio: StudioDep) -> ModelList:
    """Lists the models that paint or edit."""
    return ModelList(data=[ModelCard(id=name) for name in await _names(studio, (T2I, EDIT))])


@router.get("/models/{model:path}", operation_id="getModel")
async def get_model(model: str, studio: StudioDep) -> ModelCard:
    """Returns a model that paints or edits."""
    names = await _names(studio, (T2I, EDIT))
    if model not in names:
        raise _unknown(model, names)
    return ModelCard(id=model)


async def _make(
    body: GenerateRequest, delivery: Delivery, request: Request, owner: str, key: str | None
) -> Response:
    studio = delivery.studio
    job = await acceptance.check(body, studio, owner, key)
    (job,) = await acceptance.keep([job], body, studio)
    headers = {"X-Request-Id": job.id, "Location": f"/jobs/{job.id}"}
    if delivery.options.stream:
        headers |= {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return EventSourceResponse(delivery.send_events(job), headers=headers)
    images = await _unless_hung_up(delivery.send_whole(job), request)
    if images is None:
        return Response(status_code=_NOBODY_LISTENS)
    return JSONResponse(images.model_dump(exclude_none=True), headers=headers)


async def _unless_hung_up(work: Coroutine[object, object, _T], request: Request) -> _T | None:
    """Returns what the work returns, or None as soon as nobody waits for it any more."""
    working, leaving = asyncio.create_task(work), asyncio.create_task(_hang_up(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _check_model(name: str | None, service: Service, studio: Studio) -> None:
    """Raises ProblemError for a model that the service says it does not have."""
    names = await _names(studio, (service,))
    if name is not None and names and name not in names:
        raise _unknown(name, names)


async def _names(studio: Studio, services: tuple[Service, ...]) -> list[str]:
    found: dict[str, None] = {}
    for service in services:
        catalogue = studio.books.catalogues.get(service.name)
        described = await catalogue.recall() if catalogue is not None else None
        found |= dict.fromkeys(model.name for model in described.models) if described is not None else {}
    return list(found)


def _unknown(name: str, names: list[str]) -> ProblemError:
    text = f"The model {name[:100]!r} does not exist here; known: {', '.join(names) or 'none'}."
    return ProblemError(404, "MODEL_NOT_FOUND", text, errors=[problem("model", name, text)])
