"""The error rim, over a real server and a real channel."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import cast

import grpc
import pytest
from grpc import aio

from limner.capability.v1 import capability_pb2
from limner.capability.v1.capability_pb2_grpc import (
    CapabilityServiceServicer,
    CapabilityServiceStub,
    add_CapabilityServiceServicer_to_server,
)
from limner.channel import connect
from limner.failure import Violation, read_failure
from services.rpc import errors
from services.rpc.server import open_server


class Failing(CapabilityServiceServicer):
    """Raises whatever the test puts in."""

    error: Exception = errors.LimnerError("nothing yet")

    async def Describe(
        self, request: capability_pb2.DescribeRequest, context: object
    ) -> capability_pb2.DescribeResponse:
        raise self.error

    async def Quote(
        self, request: capability_pb2.QuoteRequest, context: object
    ) -> capability_pb2.QuoteResponse:
        raise self.error

    async def DescribeMemory(
        self, request: capability_pb2.DescribeMemoryRequest, context: object
    ) -> capability_pb2.DescribeMemoryResponse:
        raise self.error


@pytest.fixture
async def failing(tmp_path: Path) -> AsyncIterator[tuple[Failing, aio.Channel]]:
    address, servicer = f"unix:{tmp_path}/s", Failing()
    register = partial(add_CapabilityServiceServicer_to_server, servicer)
    async with (
        open_server(address, [register], ["limner.capability.v1.CapabilityService"], grace_s=0),
        connect(address) as channel,
    ):
        yield servicer, channel


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (
            errors.InvalidFields([Violation("steps", "steps is 1")]),
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELDS",
        ),
        (errors.ModelNotFound("x", ["shapes"]), grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"),
        (errors.NeverFits("too big"), grpc.StatusCode.FAILED_PRECONDITION, "NEVER_FITS"),
        (errors.ReplicaBusy("busy", retry_after_s=1.5), grpc.StatusCode.RESOURCE_EXHAUSTED, "REPLICA_BUSY"),
        (errors.WorkerLost("died"), grpc.StatusCode.ABORTED, "WORKER_LOST"),
        (errors.ArbiterUnavailable("down"), grpc.StatusCode.UNAVAILABLE, "ARBITER_UNAVAILABLE"),
    ],
)
async def test_an_error_arrives_with_its_reason_and_its_numbers(
    failing: tuple[Failing, aio.Channel], error: errors.LimnerError, code: grpc.StatusCode, reason: str
) -> None:
    servicer, channel = failing
    servicer.error = error
    with pytest.raises(aio.AioRpcError) as caught:
        await CapabilityServiceStub(channel).Describe(capability_pb2.DescribeRequest())
    failure = read_failure(caught.value)
    assert (failure.code, failure.reason, failure.message) == (code, reason, error.message)
    assert failure.metadata == error.metadata
    assert failure.retry_after_s == error.retry_after_s
    assert failure.violations == getattr(error, "violations", ())


async def test_a_fault_of_ours_tells_the_caller_nothing_of_its_inside(
    failing: tuple[Failing, aio.Channel],
) -> None:
    servicer, channel = failing
    servicer.error = RuntimeError("secret path")
    with pytest.raises(aio.AioRpcError) as caught:
        await CapabilityServiceStub(channel).Describe(capability_pb2.DescribeRequest())
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(caught.value.details())


@pytest.mark.parametrize("letter", ["x", "字", "🦆", "\0", "\n", "\u0301"])
async def test_an_error_that_quotes_too_much_still_arrives(
    failing: tuple[Failing, aio.Channel], letter: str
) -> None:
    servicer, channel = failing
    text = letter * 100_000
    servicer.error = errors.InvalidFields([Violation(f"{text}{index}", text) for index in range(100)])
    servicer.error.metadata = {"one": text, "other": text}
    with pytest.raises(aio.AioRpcError) as caught:
        await CapabilityServiceStub(channel).Describe(capability_pb2.DescribeRequest())
    failure = read_failure(caught.value)
    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
    assert failure.message.startswith(letter)
    assert failure.violations


async def test_bytes_that_are_no_request_are_refused_with_a_reason(
    failing: tuple[Failing, aio.Channel],
) -> None:
    _, channel = failing
    method = "/limner.capability.v1.CapabilityService/Quote"
    call = cast("aio.UnaryUnaryMultiCallable[bytes, bytes]", channel.unary_unary(method))
    with pytest.raises(aio.AioRpcError) as caught:
        await call(b"\xff\xff")
    failure = read_failure(caught.value)
    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
    assert failure.violations[0].field == "request"


async def test_a_unix_socket_is_for_its_owner_alone(
    failing: tuple[Failing, aio.Channel], tmp_path: Path
) -> None:
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


def test_every_error_reason_is_in_the_contract() -> None:
    from limner.errors.v1.reason_pb2 import Reason

    sent = {
        kind.reason
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.LimnerError)
    }
    assert {f"REASON_{reason}" for reason in sent} <= set(Reason.keys())
