"""One trace for each job: from the request that sent it to the service that does it.

This is OpenTelemetry's interface alone, which FastAPI brings along; without a provider it does nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import time_ns
from typing import Any

from fastapi.telemetry import TelemetryConfig
from grpc import aio
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracerProvider, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# Jobs whose request is remembered; those before begin traces of their own.
_REMEMBERED = 4096
# Asked again and again by machines, or open for hours.
_UNTRACED = ("/metrics", "/healthz", "/readyz", "/events")


@dataclass(frozen=True, slots=True)
class _Origin:
    context: Context
    accepted_ns: int  # since the epoch


class Traces:
    """Ties what is done for a job to the request that it came from.

    In memory: a job that a restart takes up again begins a trace of its own.
    """

    def __init__(self, provider: TracerProvider | None) -> None:
        self._tracer = (provider or NoOpTracerProvider()).get_tracer("limner")
        self._origins: OrderedDict[str, _Origin] = OrderedDict()

    def accept(self, job_id: str) -> None:
        """Remembers that the job belongs to the request that is being answered."""
        span = trace.get_current_span()
        if span.get_span_context().is_valid:
            # The request's span alone: its context would keep the whole request.
            self._origins[job_id] = _Origin(trace.set_span_in_context(span, Context()), time_ns())
            if len(self._origins) > _REMEMBERED:
                self._origins.popitem(last=False)

    @contextmanager
    def attempt(self, job_id: str, service: str) -> Generator[None]:
        """Spans one attempt at a job; calls that are made within belong to it."""
        origin = self._origins.get(job_id)
        parent = origin.context if origin is not None else Context()
        if origin is not None:
            self._tracer.start_span("queue", parent, start_time=origin.accepted_ns).end()
        attributes = {"limner.job": job_id, "limner.service": service}
        with self._tracer.start_as_current_span("attempt", parent, attributes=attributes):
            yield


def note_outcome(outcome: str) -> None:
    """Writes into the current span what became of the job."""
    trace.get_current_span().set_attribute("limner.outcome", outcome)


class CarryTrace(aio.UnaryStreamClientInterceptor):
    """Tells services, in the `traceparent` of W3C, which span a call belongs to."""

    async def intercept_unary_stream(
        self,
        continuation: Callable[[aio.ClientCallDetails, Any], Any],
        client_call_details: aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        """Makes the call with one more header."""
        headers: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(headers)
        metadata = aio.Metadata(*(client_call_details.metadata or ()), *headers.items())
        details = aio.ClientCallDetails(
            client_call_details.method,
            client_call_details.timeout,
            metadata,
            client_call_details.credentials,
            client_call_details.wait_for_ready,
        )
        return await continuation(details, request)


def telemetry(provider: TracerProvider | None) -> TelemetryConfig:
    """Returns how FastAPI spans requests; metrics and logs have their own ways."""
    return {
        "tracer_provider": provider,
        "tracing": provider is not None,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
        "exclude": _is_untraced,
    }


def _is_untraced(scope: MutableMapping[str, Any]) -> bool:
    return str(scope.get("path", "")) in _UNTRACED
