"""Follows a job through a service: its name is in every line of the log, its stages are in its trace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

import grpc
from grpc import aio

from limner.logs import bind_job

if TYPE_CHECKING:
    from collections.abc import Iterable


class Trace(Protocol):
    """What a call leaves for whoever looks at it later."""

    def enter(self, stage: str) -> None:
        """Says that the job is in `stage` from now on."""
        ...

    def leave(self) -> None:
        """Says that the job is in no stage any more."""
        ...

    def end(self, error: BaseException | None) -> None:
        """Says that the call is over."""
        ...


Begin = Callable[[str, str, "Iterable[tuple[str, str | bytes]]"], Trace]  # method, request_id, metadata

_trace: ContextVar[Trace | None] = ContextVar("limner_trace", default=None)


def current_trace() -> Trace | None:
    """Returns the trace of the call that this task serves; None while nobody collects traces."""
    return _trace.get()


class FollowJobs(aio.ServerInterceptor):
    """Follows every call that does a job: one that streams, and whose request has a request_id."""

    def __init__(self, begin: Begin | None) -> None:
        self._begin = begin

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Returns the handler with its behaviour wrapped."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.request_streaming or not handler.response_streaming:
            return handler
        followed = self._follow(handler.unary_stream, handler_call_details.method)
        return grpc.unary_stream_rpc_method_handler(
            followed, handler.request_deserializer, handler.response_serializer
        )

    def _follow(self, behaviour: Any, method: str) -> Any:
        async def followed(request: Any, context: aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
            request_id = read_request_id(request)
            if request_id is None:
                async for response in behaviour(request, context):
                    yield response
                return
            # Nothing is set back: what is bound ends with the task of this call.
            bind_job(request_id)
            trace = self._begin and self._begin(method, request_id, context.invocation_metadata() or ())
            _trace.set(trace)
            error: BaseException | None = None
            try:
                async for response in behaviour(request, context):
                    yield response
            except BaseException as caught:
                error = caught
                raise
            finally:
                if trace is not None:
                    trace.end(error)

        return followed


def read_request_id(request: Any) -> str | None:
    """Returns the request_id of a request for a job, in itself or in its settings; None of any other."""
    return getattr(getattr(request, "settings", request), "request_id", None)
