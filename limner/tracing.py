"""Where traces go, if anywhere: OTEL_EXPORTER_OTLP_ENDPOINT names a collector of OpenTelemetry."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

log = structlog.get_logger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.grpc")


def wants_traces(environment: Mapping[str, str]) -> bool:
    """Returns whether `environment` names a collector and does not switch tracing off."""
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_disabled and any(environment.get(name) for name in _ENDPOINTS)


@contextmanager
def open_tracing(program: str) -> Generator[TracerProvider | None]:
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

    provider = TracerProvider(Resource.create({"service.name": program}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield provider
    finally:
        provider.shutdown()


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # of the package that it would be in
        return False
