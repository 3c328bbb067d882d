"""Where traces go, if anywhere: OTEL_EXPORTER_OTLP_ENDPOINT names a collector of OpenTelemetry."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

log = structlog.get_logger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
# OpenTelemetry's own 10 s would keep a process from stopping in time while the collector is away.
_TIMEOUT_S = 2.0
_PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.grpc")


def wants_traces(environment: Mapping[str, str]) -> bool:
    """Returns whether `environment` names a collector and does not switch tracing off."""
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_disabled and any(environment.get(name) for name in _ENDPOINTS)


@asynccontextmanager
async def open_tracing(program: str) -> AsyncGenerator[TracerProvider | None]:
    """Yields what makes the tracers of `program`, and sends what is left at the end; None if none are wanted.

    OpenTelemetry is imported only if they are.
    """
    if not wants_traces(os.environ):
        yield None
        return
    if not all(_is_installed(name) for name in _PACKAGES):
        log.warning("no traces", cause="OpenTelemetry is not installed", fix="pip install 'limner[otel]'")
        yield None
        return
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": program}), shutdown_on_exit=False)
    timeout_s = None if "OTEL_EXPORTER_OTLP_TIMEOUT" in os.environ else _TIMEOUT_S
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=timeout_s)))
    try:
        yield provider
    finally:
        await asyncio.to_thread(provider.shutdown)


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # of the package that it would be in
        return False
