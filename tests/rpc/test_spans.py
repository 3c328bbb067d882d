from __future__ import annotations

import pytest

from services.rpc.errors import NeverFits

pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from services.rpc.spans import CallSpans

METHOD = "/limner.t2i.v1.TextToImageService/GenerateImages"
TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def memory() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def call(memory: InMemorySpanExporter) -> CallSpans:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    caller = [("traceparent", f"00-{TRACE_ID}-{SPAN_ID}-01"), ("x-bin", b"1")]
    return CallSpans.begin(provider.get_tracer("test"), METHOD, "job.1", caller)


def _by_name(memory: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in memory.get_finished_spans()}


def test_a_call_goes_on_with_the_trace_of_its_caller(call: CallSpans, memory: InMemorySpanExporter) -> None:
    call.end(None)
    span = _by_name(memory)[METHOD[1:]]
    assert span.context is not None
    assert span.parent is not None
    assert f"{span.context.trace_id:032x}" == TRACE_ID
    assert f"{span.parent.span_id:016x}" == SPAN_ID


def test_each_stage_is_a_span_that_ends_where_the_next_begins(
    call: CallSpans, memory: InMemorySpanExporter
) -> None:
    for stage in ("waiting", "loading", "loading", "denoising"):
        call.enter(stage)
    call.leave()
    call.end(None)
    names = [span.name for span in memory.get_finished_spans()]
    assert names == ["waiting", "loading", "denoising", METHOD[1:]]
    outer = _by_name(memory)[METHOD[1:]].context
    parents = [span.parent for span in memory.get_finished_spans()[:3]]
    assert [parent and parent.span_id for parent in parents] == [outer and outer.span_id] * 3


def test_a_failed_call_says_why(call: CallSpans, memory: InMemorySpanExporter) -> None:
    call.end(NeverFits("too big"))
    span = _by_name(memory)[METHOD[1:]]
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "NEVER_FITS"
