"""What a service tells of its jobs, over a real server and a real channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from functools import partial
from pathlib import Path

import pytest
import structlog
from grpc import aio
from structlog.testing import capture_logs

from limner.channel import connect
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, GenerateImagesResponse
from limner.t2i.v1.t2i_pb2_grpc import (
    TextToImageServiceServicer,
    TextToImageServiceStub,
    add_TextToImageServiceServicer_to_server,
)
from limner.tiling.v1.tiling_pb2 import GenerateTiledRequest
from services.rpc.errors import NeverFits
from services.rpc.following import Begin, current_trace, read_request_id
from services.rpc.server import open_server

JOB = "0190c7a5-0000-7000-8000-000000000001"


class Kept:
    """What a call left, in words."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, method: str, request_id: str, metadata: Iterable[tuple[str, str | bytes]]) -> Kept:
        self.said.append(f"{method} {request_id} {dict(metadata).get('traceparent')}")
        return self

    def enter(self, stage: str) -> None:
        self.said.append(stage)

    def leave(self) -> None:
        self.said.append("out")

    def end(self, error: BaseException | None) -> None:
        self.said.append(repr(error))


class Talking(TextToImageServiceServicer):
    """Says one thing about its job, and fails it on demand."""

    async def GenerateImages(
        self, request: GenerateImagesRequest, context: object
    ) -> AsyncIterator[GenerateImagesResponse]:
        structlog.get_logger().info("worked")
        if (trace := current_trace()) is not None:
            trace.enter("denoising")
        if request.prompt == "too big":
            raise NeverFits("too big")
        yield GenerateImagesResponse()


async def _call(folder: Path, begin: Begin | None, request: GenerateImagesRequest) -> None:
    register = partial(add_TextToImageServiceServicer_to_server, Talking())
    name = "limner.t2i.v1.TextToImageService"
    address = f"unix:{folder}/s"
    async with open_server(address, [register], [name], grace_s=0, begin_trace=begin), connect(address) as to:
        stub = TextToImageServiceStub(to)
        async for _ in stub.GenerateImages(request, metadata=[("traceparent", "00-1-2-01")]):
            pass


async def test_a_line_about_a_job_names_it_and_its_attempt(tmp_path: Path) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await _call(tmp_path, None, GenerateImagesRequest(request_id=f"{JOB}.2"))
    worked = next(line for line in lines if line["event"] == "worked")
    assert (worked["job"], worked["attempt"]) == (JOB, 2)
    assert all("job" not in line for line in lines if line is not worked)


async def test_a_call_tells_its_trace_who_called_how_far_it_is_and_how_it_ended(tmp_path: Path) -> None:
    kept = Kept()
    with pytest.raises(aio.AioRpcError):
        await _call(tmp_path, kept.begin, GenerateImagesRequest(request_id="mine", prompt="too big"))
    method = "/limner.t2i.v1.TextToImageService/GenerateImages"
    assert kept.said == [f"{method} mine 00-1-2-01", "denoising", "NeverFits('too big')"]


def test_requests_for_jobs_are_known_in_every_shape() -> None:
    tiled = GenerateTiledRequest()
    tiled.settings.request_id = "large"
    assert read_request_id(tiled) == "large"
    assert read_request_id(GenerateImagesRequest()) == ""
    assert read_request_id(GenerateImagesResponse()) is None
