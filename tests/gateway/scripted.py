"""A text-to-image service and an arbiter that say what a test wants, over real gRPC."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, cast

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode, aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from PIL import Image as Pillow

from limner.arbiter.v1 import arbiter_pb2, arbiter_pb2_grpc
from limner.capability.v1 import capability_pb2, capability_pb2_grpc
from limner.image.v1 import image_pb2
from limner.progress.v1 import progress_pb2
from limner.t2i.v1 import t2i_pb2, t2i_pb2_grpc

Request = t2i_pb2.GenerateImagesRequest
Response = t2i_pb2.GenerateImagesResponse
Context = Any  # grpc's own context types are generic in ways that its generated code does not fill in
Script = Callable[[Request, Context], AsyncIterator[Response]]

T2I = "limner.t2i.v1.TextToImageService"


def draw(seed: int, width: int = 16, height: int = 16) -> bytes:
    """Returns a PNG whose colour tells the seed."""
    file = io.BytesIO()
    Pillow.new("RGB", (width, height), (seed % 256, seed // 256 % 256, 7)).save(file, "PNG")
    return file.getvalue()


def progress(stage: progress_pb2.Stage.ValueType, step: int = 0, **more: Any) -> Response:
    return Response(
        progress=progress_pb2.Progress(stage=stage, step=step, total_steps=4, image_count=1, **more)
    )


def preview(step: int) -> Response:
    image = image_pb2.Image(data=b"RIFF", format="webp")
    return progress(progress_pb2.STAGE_DENOISING, step, preview=image)


def checkpoint(step: int) -> Response:
    return Response(checkpoint=progress_pb2.Checkpoint(step=step, latents=b"latents", fingerprint="f"))


def result(request: Request, index: int = 0) -> Response:
    seed = request.seeds[index]
    data = draw(seed)
    image = image_pb2.Image(
        data=data,
        format="png",
        size=image_pb2.Size(width=16, height=16),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    provenance = progress_pb2.Provenance(model="shapes", stage_durations={"denoising": seconds(0.01)})
    return Response(result=t2i_pb2.Result(image_index=index, image=image, seed=seed, provenance=provenance))


def seconds(value: float) -> duration_pb2.Duration:
    duration = duration_pb2.Duration()
    duration.FromMilliseconds(round(value * 1000))
    return duration


async def fail(
    context: Context, code: StatusCode, reason: str, message: str, retry_after_s: float | None = None
) -> NoReturn:
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=reason, domain="limner")]
    if retry_after_s is not None:
        details.append(error_details_pb2.RetryInfo(retry_delay=seconds(retry_after_s)))
    packed = [any_pb2.Any() for _ in details]
    for envelope, detail in zip(packed, details, strict=True):
        envelope.Pack(detail)
    value = cast("tuple[int, str]", code.value)[0]
    status = cast("Any", rpc_status).to_status(status_pb2.Status(code=value, message=message, details=packed))
    await context.abort(status.code, status.details, status.trailing_metadata)
    raise AssertionError("abort does not return")


async def paint(request: Request, context: Context) -> AsyncIterator[Response]:
    """What a service does when all is well."""
    yield progress(progress_pb2.STAGE_DENOISING)
    for index in range(len(request.seeds)):
        yield result(request, index)


class Witness(capability_pb2_grpc.CapabilityServiceServicer):
    """Says of memory what a test has it say; the arbiter of its machine does not answer else."""

    memory: arbiter_pb2.SnapshotResponse | None = None

    async def DescribeMemory(
        self, request: capability_pb2.DescribeMemoryRequest, context: Context
    ) -> capability_pb2.DescribeMemoryResponse:
        if self.memory is None:
            await fail(context, StatusCode.UNAVAILABLE, "ARBITER_UNAVAILABLE", "It does not answer.")
        return capability_pb2.DescribeMemoryResponse(snapshot=self.memory)


@dataclass
class ScriptedService(t2i_pb2_grpc.TextToImageServiceServicer, Witness):
    """Plays one script for each call, then `paint`."""

    scripts: list[Script] = field(default_factory=list[Script])
    calls: list[Request] = field(default_factory=list[Request])
    usual: Script = paint
    quotes: list[capability_pb2.TierQuote] = field(default_factory=list[capability_pb2.TierQuote])
    quoted: list[capability_pb2.QuoteRequest] = field(default_factory=list[capability_pb2.QuoteRequest])

    async def GenerateImages(self, request: Request, context: Context) -> AsyncIterator[Response]:
        self.calls.append(request)
        script = self.scripts.pop(0) if self.scripts else self.usual
        async for response in script(request, context):
            yield response

    async def Describe(
        self, request: capability_pb2.DescribeRequest, context: Context
    ) -> capability_pb2.DescribeResponse:
        return describe()

    async def Quote(
        self, request: capability_pb2.QuoteRequest, context: Context
    ) -> capability_pb2.QuoteResponse:
        self.quoted.append(request)
        return capability_pb2.QuoteResponse(tiers=self.quotes)


def describe() -> capability_pb2.DescribeResponse:
    model = capability_pb2.Model(
        name="shapes",
        title="Shapes",
        license="Apache-2.0",
        native_size=image_pb2.Size(width=128, height=128),
        min_side_px=64,
        max_side_px=256,
        size_multiple_px=16,
        default_steps=20,
        default_guidance_scale=4.0,
        default_edit_guidance_scale=2.0,
        tiers=["full"],
        features=["text_to_image"],
    )
    feature = capability_pb2.Feature(name="text_to_image", enabled=True)
    return capability_pb2.DescribeResponse(capability="t2i", models=[model], features=[feature])


@dataclass
class ScriptedArbiter(arbiter_pb2_grpc.ArbiterServiceServicer):
    """Grants every ticket at once, or refuses them all."""

    refusal: str | None = None
    released: list[int] = field(default_factory=list[int])

    async def Session(
        self, request_iterator: AsyncIterator[arbiter_pb2.SessionRequest], context: Context
    ) -> AsyncIterator[arbiter_pb2.SessionResponse]:
        seq = 0
        async for request in request_iterator:
            seq += 1
            yield arbiter_pb2.SessionResponse(seq=seq, ack_seq=request.seq, **self._answer(request))

    def _answer(self, request: arbiter_pb2.SessionRequest) -> dict[str, Any]:
        match request.WhichOneof("message"):
            case "hello":
                return {"welcome": arbiter_pb2.Welcome()}
            case "acquire" if self.refusal is not None:
                return {"rejected": arbiter_pb2.Rejected(ticket=request.acquire.ticket, message=self.refusal)}
            case "acquire":
                return {"offer": arbiter_pb2.Offer(ticket=request.acquire.ticket, token=7)}
            case "confirm":
                return {"confirm_accepted": arbiter_pb2.ConfirmAccepted(token=request.confirm.token)}
            case _:
                self.released.append(request.release.token)
                return {"release_accepted": arbiter_pb2.ReleaseAccepted(token=request.release.token)}

    async def Quote(self, request: arbiter_pb2.QuoteRequest, context: Context) -> arbiter_pb2.QuoteResponse:
        return arbiter_pb2.QuoteResponse()

    async def Watch(
        self, request: arbiter_pb2.WatchRequest, context: Context
    ) -> AsyncIterator[arbiter_pb2.WatchResponse]:
        yield arbiter_pb2.WatchResponse(reset=True)

    async def Administer(
        self, request: arbiter_pb2.AdministerRequest, context: Context
    ) -> arbiter_pb2.AdministerResponse:
        return arbiter_pb2.AdministerResponse()

    async def Snapshot(
        self, request: arbiter_pb2.SnapshotRequest, context: Context
    ) -> arbiter_pb2.SnapshotResponse:
        lease = arbiter_pb2.Lease(
            token=3,
            holder="t2i",
            state=arbiter_pb2.LEASE_STATE_RESIDENT,
            charges=[arbiter_pb2.Charge(device="cpu:0", resident_bytes=5)],
        )
        lease.granted_time.FromSeconds(1_800_000_000)
        device = arbiter_pb2.Device(id="cpu:0", total_bytes=100, capacity_bytes=70, charged_bytes=5)
        return arbiter_pb2.SnapshotResponse(
            revision=4,
            epoch=1,
            devices=[device],
            leases=[lease],
            decisions={"lease_granted": 3},
            arbiter_id="own",
        )


@asynccontextmanager
async def serve_images(path: Path, service: ScriptedService) -> AsyncGenerator[aio.Server]:
    """Serves `service` on a unix socket; leaving kills it, as the death of its process would."""
    add = partial(t2i_pb2_grpc.add_TextToImageServiceServicer_to_server, service)
    async with serve_capability(path, service, T2I, add) as server:
        yield server


@asynccontextmanager
async def serve_capability(
    path: Path,
    service: capability_pb2_grpc.CapabilityServiceServicer,
    name: str,
    add: Callable[[aio.Server], None],
) -> AsyncGenerator[aio.Server]:
    """Serves what `add` adds, with its description and its health, on a unix socket."""
    server = aio.server(options=[("grpc.max_receive_message_length", -1)])
    add(server)
    capability_pb2_grpc.add_CapabilityServiceServicer_to_server(service, server)
    checks = cast("Any", health).aio.HealthServicer()
    cast("Any", health_pb2_grpc).add_HealthServicer_to_server(checks, server)
    await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    async with _serving(server, path):
        yield server


@asynccontextmanager
async def serve_arbiter(path: Path, arbiter: ScriptedArbiter) -> AsyncGenerator[aio.Server]:
    server = aio.server()
    arbiter_pb2_grpc.add_ArbiterServiceServicer_to_server(arbiter, server)
    async with _serving(server, path):
        yield server


@asynccontextmanager
async def _serving(server: aio.Server, path: Path) -> AsyncGenerator[None]:
    server.add_insecure_port(f"unix:{path}")
    await server.start()
    try:
        yield
    finally:
        await server.stop(None)
