"""Our problems as OpenAI's errors: whatever goes wrong below /v1 is told in its words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import MEDIA_TYPE
from gateway.schemas import Shape

PREFIX = "/v1/"
# OpenAI's names for what has one; ours in small letters are as good for the rest.
_CODES = {
    "INVALID_FIELDS": "invalid_value",
    "TOKEN_MISSING": "invalid_api_key",
    "TOKEN_REFUSED": "invalid_api_key",
}
_PARAMS = {"count": "n", "height": "size", "width": "size", "images": "image"}
# Clients of OpenAI repeat all but the most obvious refusals unless they are told that it is of no use.
_REPEATABLE = frozenset({408, 429, 503, 504})


class OpenAIError(Shape):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIFailure(Shape):
    """An answer that is an error."""

    error: OpenAIError


def translate(problem: Mapping[str, Any]) -> tuple[int, OpenAIFailure]:
    """Returns the status and the answer of OpenAI's API for a problem of ours."""
    status = 400 if problem["status"] == 422 else problem["status"]
    fields = [error["field"] for error in problem.get("errors") or ()]
    code = problem["code"]
    error = OpenAIError(
        message=problem["detail"],
        type=_type(status),
        param=_param(fields[0]) if fields else None,
        code=_CODES.get(code, code.lower()),
    )
    return status, OpenAIFailure(error=error)


def _type(status: int) -> str:
    if status == 429:
        return "rate_limit_error"
    return "server_error" if status >= 500 else "invalid_request_error"


def _param(field: str) -> str:
    name = re.split(r"[.\[]", field)[0]
    return _PARAMS.get(name, name)


class OpenAIDialect:
    """Translates the problems that an application answers below /v1; everything else passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def send_translated(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_failure(start, bytes(body), send)

        await self._app(scope, receive, send_translated)


def _is_problem(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type") == MEDIA_TYPE


async def _send_failure(start: Message, body: bytes, send: Send) -> None:
    status, failure = translate(json.loads(body))
    content = failure.model_dump_json().encode()
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["Content-Type"] = "application/json"
    headers["Content-Length"] = str(len(content))
    if status not in _REPEATABLE:
        headers.setdefault("X-Should-Retry", "false")
    await send({**start, "status": status, "headers": headers.raw})
    await send({"type": "http.response.body", "body": content})
