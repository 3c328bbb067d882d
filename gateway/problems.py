"""Every error as application/problem+json (RFC 9457); the only table from gRPC codes to HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from grpc import StatusCode, aio
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from gateway.depot import StorageFailed
from gateway.explanations import SHOWN_CHARACTERS, explain
from gateway.refusals import Refused
from gateway.replicas import Service
from gateway.schemas import FieldProblem, Part, Problem
from gateway.uploads import body_limit_bytes
from limner.failure import Failure, read_failure
from limner.logs import bind_job

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

HTTP_STATUS: Mapping[StatusCode, int] = {
    StatusCode.INVALID_ARGUMENT: 422,
    StatusCode.OUT_OF_RANGE: 422,
    StatusCode.NOT_FOUND: 404,
    StatusCode.ALREADY_EXISTS: 409,
    StatusCode.FAILED_PRECONDITION: 409,
    StatusCode.ABORTED: 409,
    StatusCode.RESOURCE_EXHAUSTED: 429,
    # Whom a service does not let in is the gateway, not who asked the gateway.
    StatusCode.UNAUTHENTICATED: 502,
    StatusCode.PERMISSION_DENIED: 502,
    StatusCode.UNIMPLEMENTED: 501,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.CANCELLED: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
    StatusCode.INTERNAL: 500,
    StatusCode.UNKNOWN: 500,
    StatusCode.DATA_LOSS: 500,
}

_GENERIC = "Limner made a mistake; the log of the gateway has the details."


class ProblemError(Exception):
    """A call that ends in a problem; `headers` go with it."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldProblem] | None = None,
        parts: Sequence[Part] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = headers
        self.problem = Problem(
            type=f"urn:limner:problem:{code.lower().replace('_', '-')}",
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            errors=list(errors) if errors is not None else None,
            parts=list(parts) if parts is not None else None,
        )


def install(app: FastAPI) -> None:
    """Makes every error of `app` a problem."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(Refused, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(aio.AioRpcError, _on_call)
    app.add_exception_handler(OperationalError, _on_database)
    app.add_exception_handler(StorageFailed, _on_storage)
    app.add_exception_handler(Exception, _on_mistake)


def document(description: str) -> dict[str, Any]:
    """Returns how the OpenAPI document describes a response that is a problem."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def respond(error: ProblemError) -> JSONResponse:
    """Returns the answer that says what `error` says."""
    content = error.problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, error.problem.status, dict(error.headers or {}), MEDIA_TYPE)


def from_failure(failure: Failure) -> ProblemError:
    """Returns the problem for a failed call to a service."""
    status = HTTP_STATUS.get(failure.code, 500)
    errors = [FieldProblem(field=v.field, value="", message=v.description) for v in failure.violations]
    headers: dict[str, str] = {}
    if failure.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(failure.retry_after_s)))
    detail = _GENERIC if status == 500 else failure.message
    return ProblemError(status, failure.reason, detail, errors=errors or None, headers=headers)


def invalid(problems: Sequence[FieldProblem]) -> ProblemError:
    """Returns the problem for wrong fields."""
    return ProblemError(422, "INVALID_FIELDS", " ".join(each.message for each in problems), errors=problems)


def feature_disabled(service: Service) -> ProblemError:
    """Returns the problem for a job whose service this studio does not run."""
    text = f"This studio runs no {service.title} service; set {service.setting}."
    return ProblemError(409, "FEATURE_DISABLED", text)


def too_large(limit_bytes: int) -> ProblemError:
    """Returns the problem for a body over the limit."""
    return ProblemError(
        413, "BODY_TOO_LARGE", f"The body is too large; at most {limit_bytes} bytes are taken."
    )


def disk_full(detail: str) -> ProblemError:
    """Returns the problem for something that there is no room for."""
    return ProblemError(507, "INSUFFICIENT_STORAGE", detail)


async def _on_problem(_request: Request, error: Exception) -> JSONResponse:
    return respond(cast("ProblemError", error))


async def _on_refused(_request: Request, error: Exception) -> JSONResponse:
    return respond(invalid(cast("Refused", error).problems))


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    found = cast("RequestValidationError", error).errors()
    return respond(invalid([explain(each) for each in found]))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    wrong = cast("HTTPException", error)
    status = HTTPStatus(wrong.status_code)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        usual_bytes = request.app.max_body_size
        return respond(too_large(body_limit_bytes(request.method, request.url.path, usual_bytes)))
    headers = dict(wrong.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed_methods(request) or headers.get("Allow", "")
    details = {
        404: f"There is nothing at {request.url.path[:SHOWN_CHARACTERS]}.",
        405: f"{request.method} is not possible here.",
    }
    detail = details.get(status, str(wrong.detail))
    return respond(ProblemError(status, status.name, detail, headers=headers))


def _allowed_methods(request: Request) -> str:
    """Returns all methods of the path; the framework names only those of the first route that has it."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    # A path that is written out goes before one with a parameter in that place.
    for path, methods in sorted(paths.items(), key=lambda each: "{" in each[0]):
        if compile_path(path)[0].match(request.url.path):
            return ", ".join(sorted(method.upper() for method in methods))
    return ""


async def _on_call(_request: Request, error: Exception) -> JSONResponse:
    return respond(from_failure(read_failure(cast("aio.AioRpcError", error))))


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    _name_job(request)
    log.error("database failed", error=str(error))
    if "full" in str(error):
        return respond(
            ProblemError(
                507, "INSUFFICIENT_STORAGE", "The disk of the job database is full; free some space."
            )
        )
    return respond(ProblemError(503, "DATABASE_UNAVAILABLE", "The job database does not answer; try again."))


async def _on_storage(_request: Request, error: Exception) -> JSONResponse:
    log.error("image store failed", error=str(error))
    if cast("StorageFailed", error).is_full:
        text = "The disk of the image store is full; free some space."
        return respond(ProblemError(507, "INSUFFICIENT_STORAGE", text))
    text = f"The image store cannot be used now ({error}); try again."
    return respond(ProblemError(503, "STORAGE_UNAVAILABLE", text))


async def _on_mistake(request: Request, error: Exception) -> JSONResponse:
    _name_job(request)
    log.error("request failed", path=request.url.path, exc_info=error)
    return respond(ProblemError(500, "INTERNAL", _GENERIC))


def _name_job(request: Request) -> None:
    if (job_id := request.path_params.get("job_id")) is not None:
        bind_job(job_id)
