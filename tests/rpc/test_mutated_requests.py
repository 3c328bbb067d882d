"""Requests gone wrong are refused with a reason, and the service answers the next one as before."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf.message import Message
from grpc import StatusCode, aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.arbiter.v1 import arbiter_pb2
from limner.capability.v1 import capability_pb2
from limner.channel import LIMITS
from limner.edit.v1 import edit_pb2
from limner.errors.v1.reason_pb2 import Reason
from limner.failure import read_failure
from limner.t2i.v1 import t2i_pb2
from limner.tiling.v1 import tiling_pb2
from tests.fronts import starting_all
from tests.rpc.good_requests import good_requests
from tests.rpc.mutations import garbled, mutated

_CONTRACTS: dict[str, list[Any]] = {
    "arbiter": [arbiter_pb2],
    "t2i": [t2i_pb2, capability_pb2],
    "edit": [edit_pb2, capability_pb2],
    "tiling": [tiling_pb2, capability_pb2],
}
_CAPABILITIES = ("t2i", "edit", "tiling")
_PROPER = {
    StatusCode.OK,
    StatusCode.INVALID_ARGUMENT,
    StatusCode.NOT_FOUND,
    StatusCode.FAILED_PRECONDITION,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.ABORTED,
}
_REASONS = set(Reason.keys())
_ENDLESS = "Watch"
_SEEDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a running service, and good requests for it."""

    program: str
    service: str
    name: str
    streams: bool
    requests: tuple[Message, ...] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.program}.{self.name}"


def _methods() -> Iterator[Method]:
    for program, contracts in _CONTRACTS.items():
        services = [s for contract in contracts for s in contract.DESCRIPTOR.services_by_name.values()]
        for method in (method for service in services for method in service.methods):
            kind = method.input_type.full_name
            good = tuple(request for request in good_requests() if request.DESCRIPTOR.full_name == kind)
            if not method.client_streaming:
                service = method.containing_service.full_name
                yield Method(program, service, method.name, method.server_streaming, good)


METHODS = list(_methods())
every_method = pytest.mark.parametrize("method", METHODS, ids=str)


@dataclass(frozen=True, slots=True)
class Studio:
    """All services, each behind its channel."""

    channels: dict[str, grpc.Channel]

    def call(self, method: Method, data: bytes, within_s: float) -> tuple[StatusCode, grpc.RpcError | None]:
        """Sends a request as it is; returns how it ended."""
        channel = self.channels[method.program]
        make = channel.unary_stream if method.streams else channel.unary_unary
        call = cast("Callable[..., Any]", make(f"/{method.service}/{method.name}"))
        try:
            answer = call(data, timeout=within_s)
            deque(answer if method.streams else (), maxlen=0)
        except grpc.RpcError as error:
            return cast("grpc.Call", error).code(), error
        return StatusCode.OK, None

    def is_well(self, program: str) -> bool:
        """Tells whether a service says that it serves, and does."""
        health = cast("Any", health_pb2_grpc).HealthStub(self.channels[program])
        answer = health.Check(cast("Any", health_pb2).HealthCheckRequest(), timeout=10)
        usual = next(m for m in METHODS if m.program == program and m.name in {"Describe", "Snapshot"})
        return (
            answer.status == cast("Any", health_pb2).HealthCheckResponse.SERVING
            and self.call(usual, b"", 10)[0] is StatusCode.OK
        )


@contextmanager
def _running(settings: dict[str, str]) -> Generator[Studio]:
    with tempfile.TemporaryDirectory(prefix="odd") as name:
        folder = Path(name)
        settings = {"LIMNER_TILING_SCRATCH_DIR": str(folder / "scratch"), **settings}
        with starting_all(folder, _CAPABILITIES, settings):
            addresses = {program: f"unix:{folder}/{program}.sock" for program in _CONTRACTS}
            channels = {p: grpc.insecure_channel(address, LIMITS) for p, address in addresses.items()}
            try:
                for channel in channels.values():
                    grpc.channel_ready_future(channel).result(timeout=60)
                yield Studio(channels)
            finally:
                for channel in channels.values():
                    channel.close()


@pytest.fixture(scope="module")
def small() -> Iterator[Studio]:
    """A studio on a machine where no job fits, so that a good request, too, ends at once."""
    idle = {f"LIMNER_{name.upper()}_WORKER_MODULE": "tests.rpc.idle_worker" for name in _CAPABILITIES}
    with _running({"LIMNER_ARBITER_RAM_BUDGET_BYTES": "1024", **idle}) as studio:
        yield studio


@pytest.fixture(scope="module")
def real() -> Iterator[Studio]:
    """A studio that does the jobs that it is given."""
    with _running({}) as studio:
        yield studio


@every_method
@given(st.data())
@settings(_SEEDED, max_examples=9)
def test_a_request_with_odd_fields_is_refused_with_a_reason(
    small: Studio, method: Method, data: st.DataObject
) -> None:
    _send(small, method, data.draw(_odd(method)))


@every_method
@given(st.data())
@settings(_SEEDED, max_examples=4)
def test_garbled_bytes_are_refused_with_a_reason(small: Studio, method: Method, data: st.DataObject) -> None:
    _send(small, method, data.draw(_good(method).flatmap(garbled)))


@pytest.mark.long
@pytest.mark.timeout(1800)
@every_method
@given(st.data())
@settings(_SEEDED, max_examples=1500)
def test_thousands_of_odd_requests_are_refused_with_a_reason(
    small: Studio, method: Method, data: st.DataObject
) -> None:
    _send(small, method, data.draw(st.one_of(_odd(method), _odd(method).flatmap(garbled))))


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("method", [m for m in METHODS if m.program in _CAPABILITIES and m.streams], ids=str)
@given(st.data())
@settings(_SEEDED, max_examples=60)
def test_a_worker_that_gets_odd_requests_does_them_or_says_what_is_wrong(
    real: Studio, method: Method, data: st.DataObject
) -> None:
    _send(real, method, data.draw(_odd(method)), within_s=20)


def _good(method: Method) -> st.SearchStrategy[bytes]:
    return st.sampled_from(method.requests).map(lambda request: request.SerializeToString())


def _odd(method: Method) -> st.SearchStrategy[bytes]:
    changed = st.sampled_from(method.requests).flatmap(mutated)
    return changed.map(lambda request: request.SerializeToString())


def _send(studio: Studio, method: Method, request: bytes, within_s: float = 10.0) -> None:
    code, error = studio.call(method, request, 0.05 if method.name == _ENDLESS else within_s)
    # Cut off by the caller: what the service does endlessly, or at its leisure.
    if not (code is StatusCode.DEADLINE_EXCEEDED and (method.name == _ENDLESS or within_s > 10)):
        assert code in _PROPER, error
    if error is not None and code in _PROPER:
        _check_reason(error, code)
    assert studio.is_well(method.program)


def _check_reason(error: grpc.RpcError, code: StatusCode) -> None:
    failure = read_failure(cast("aio.AioRpcError", error))
    assert f"REASON_{failure.reason}" in _REASONS, failure
    assert failure.message
    if code is StatusCode.INVALID_ARGUMENT and failure.reason == "INVALID_FIELDS":
        assert failure.violations
        assert all(violation.field and violation.description for violation in failure.violations)
