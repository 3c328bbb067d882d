"""What a call leaves in OpenTelemetry; imported only where traces are collected."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.rpc.errors import LimnerError


class CallSpans:
    """The span of one call, a child of its caller's, and below it one for each stage of its job."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer, self._span = tracer, span
        self._context = trace.set_span_in_context(span)
        self._stage, self._stage_span = "", trace.INVALID_SPAN

    @classmethod
    def begin(
        cls, tracer: Tracer, method: str, request_id: str, metadata: Iterable[tuple[str, str | bytes]]
    ) -> CallSpans:
        """Begins the span of a call to `method`."""
        caller = TraceContextTextMapPropagator().extract(
            {key: value for key, value in metadata if isinstance(value, str)}
        )
        attributes = {"rpc.system.name": "grpc", "rpc.method": method[1:], "limner.request_id": request_id}
        return cls(tracer, tracer.start_span(method[1:], caller, SpanKind.SERVER, attributes))

    def enter(self, stage: str) -> None:
        """Ends the stage before, and begins a span for `stage`."""
        if stage != self._stage:
            self._stage_span.end()
            self._stage, self._stage_span = stage, self._tracer.start_span(stage, self._context)

    def leave(self) -> None:
        """Ends the span of the stage."""
        self._stage_span.end()
        self._stage, self._stage_span = "", trace.INVALID_SPAN

    def end(self, error: BaseException | None) -> None:
        """Ends the span of the call."""
        if isinstance(error, LimnerError):
            self._span.set_attribute("error.type", error.reason)
            self._span.set_status(Status(StatusCode.ERROR, error.message))
        elif isinstance(error, Exception):
            self._span.record_exception(error)
            self._span.set_status(Status(StatusCode.ERROR))
        elif error is not None:
            self._span.set_attribute("error.type", "CANCELLED")
        self._span.end()
