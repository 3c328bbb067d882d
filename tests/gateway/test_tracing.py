"""One job, from a REST request to the worker of a real service, as a collector of OpenTelemetry sees it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from grpc import aio

pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc", reason="the extra `otel` is not installed")

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceServicer
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from gateway.settings import Settings
from limner.channel import connect
from tests.fronts import starting
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import finish


class Collector(TraceServiceServicer):
    """Keeps the spans that it is sent, with the program that they come from."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []

    async def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:
        for of_program in request.resource_spans:
            program = next(
                a.value.string_value for a in of_program.resource.attributes if a.key == "service.name"
            )
            for scope in of_program.scope_spans:
                self.spans += [(program, span) for span in scope.spans]
        return ExportTraceServiceResponse()

    def children(self, parent: Span) -> list[tuple[str, Span]]:
        """Returns the spans right below `parent`, in the order in which they began."""
        below = [found for found in self.spans if found[1].parent_span_id == parent.span_id]
        return sorted(below, key=lambda found: found[1].start_time_unix_nano)


@asynccontextmanager
async def collecting(collector: Collector) -> AsyncGenerator[str]:
    server = aio.server()
    # Its generated code has no types.
    cast("Any", trace_service_pb2_grpc).add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.stop(None)


@pytest.fixture
def sampling(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without the settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    return monkeypatch


async def _make_a_picture(settings: Settings, folder: Path) -> None:
    """Starts everything, makes one picture, and stops everything, so that all spans are sent."""
    services = starting(folder, "t2i", {})
    address, _ = await asyncio.to_thread(services.__enter__)
    try:
        both = {"t2i": (address,), "arbiter": f"unix:{folder}/arbiter.sock"}
        async with connect(address) as channel:
            await channel.channel_ready()
        async with running_gateway(settings.model_copy(update=both)) as client:
            ended = await finish(client, steps=4)
            assert ended["status"] == "succeeded"
    finally:
        await asyncio.to_thread(services.__exit__, None, None, None)


async def test_one_job_is_one_trace_from_the_request_to_the_stages_of_its_worker(
    settings: Settings, sockets: Path, sampling: pytest.MonkeyPatch
) -> None:
    collector = Collector()
    async with collecting(collector) as endpoint:
        sampling.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        await _make_a_picture(settings, sockets)
    assert len({span.trace_id for _, span in collector.spans}) == 1
    (root,) = [found for found in collector.spans if not found[1].parent_span_id]
    assert (root[0], root[1].name) == ("limner-gateway", "POST /generate/text-to-image")
    queue, attempt = collector.children(root[1])
    assert [(program, span.name) for program, span in (queue, attempt)] == [
        ("limner-gateway", "queue"),
        ("limner-gateway", "attempt"),
    ]
    (call,) = collector.children(attempt[1])
    assert call[0] == "limner-t2i"
    assert call[1].name == "limner.t2i.v1.TextToImageService/GenerateImages"
    stages = [span.name for program, span in collector.children(call[1]) if program == "limner-t2i"]
    assert [name for name in stages if name != "waiting"] == ["loading", "encoding", "denoising", "decoding"]


async def test_a_collector_that_is_away_holds_up_no_job(
    settings: Settings, sockets: Path, sampling: pytest.MonkeyPatch
) -> None:
    sampling.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    async with asyncio.timeout(60):
        await _make_a_picture(settings, sockets)


_OFF = """
import sys
import services.t2i.servicer, services.pipelines.front, services.rpc.server, services.arbiter.servicer
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
import asyncio
from limner.tracing import open_tracing
async def is_off():
    async with open_tracing("limner-t2i") as provider:
        return provider is None
assert asyncio.run(is_off())
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
import gateway.app
assert not [name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))]
"""


def test_nothing_of_opentelemetry_is_imported_where_nobody_collects(sampling: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-c", _OFF], check=True)
