"""The last thing between a servicer and its caller: every failure leaves as a `google.rpc.Status`."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# grpc_status ships without annotations.
from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, cast

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc import aio
from grpc_status import rpc_status

from limner.failure import Violation
from services.rpc.errors import InvalidFields, LimnerError, to_status

log = structlog.get_logger(__name__)

_GENERIC = "Limner made a mistake; the log of the service has the details."


class TranslateErrors(aio.ServerInterceptor):
    """Turns every LimnerError into its rich status, and any other exception into INTERNAL and a log entry."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Returns the handler with its behaviour wrapped."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        if handler.response_streaming:
            kind = "stream_stream" if handler.request_streaming else "unary_stream"
            wrapped = _guard_stream(getattr(handler, kind), method, handler.request_streaming)
        else:
            kind = "stream_unary" if handler.request_streaming else "unary_unary"
            wrapped = _guard_unary(getattr(handler, kind), method, handler.request_streaming)
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        read = handler.request_deserializer
        # What cannot be read is refused where errors are translated: gRPC itself would answer UNKNOWN.
        read = None if read is None else partial(_try_to_read, read)
        return make(wrapped, read, handler.response_serializer)


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """Stands for a request that is none."""

    why: str


def _try_to_read(read: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return read(data)
    except DecodeError as error:
        return _Unreadable(str(error))


def _checked(request: Any) -> Any:
    """Returns a request that could be read; raises InvalidFields."""
    if isinstance(request, _Unreadable):
        text = f"The request is no message of its method's type ({request.why}); use stubs of this version."
        raise InvalidFields([Violation("request", text)])
    return request


async def _each_checked(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        yield _checked(request)


def _guard_unary(behaviour: Any, method: str, is_streamed: bool) -> Any:
    check = _each_checked if is_streamed else _checked

    async def guarded(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await behaviour(check(request), context)
        except Exception as error:
            await _abort(context, error, method)

    return guarded


def _guard_stream(behaviour: Any, method: str, is_streamed: bool) -> Any:
    check = _each_checked if is_streamed else _checked

    async def guarded(request: Any, context: aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
        try:
            async for response in behaviour(check(request), context):
                yield response
        except Exception as error:
            await _abort(context, error, method)

    return guarded


async def _abort(context: aio.ServicerContext[Any, Any], error: Exception, method: str) -> NoReturn:
    if isinstance(error, aio.AbortError):
        raise error
    if not isinstance(error, LimnerError):
        log.exception("call failed", method=method)
        error = LimnerError(_GENERIC)
    # abort_with_status is missing from the aio interface (grpc issue 27970); its parts do the same.
    status = cast("Any", rpc_status.to_status(to_status(error)))
    await context.abort(status.code, status.details, status.trailing_metadata)
