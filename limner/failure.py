"""What went wrong in a call, read from `google.rpc.Status`."""

from __future__ import annotations

from dataclasses import dataclass, field

import grpc
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status

DOMAIN = "limner"


@dataclass(frozen=True, slots=True)
class Violation:
    """One wrong request field."""

    field: str
    description: str  # what, with which value, and the fix


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call in plain values."""

    code: grpc.StatusCode
    message: str
    reason: str = "INTERNAL"  # a name of limner.errors.v1.Reason without prefix
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    violations: tuple[Violation, ...] = ()
    retry_after_s: float | None = None


def read_failure(error: aio.AioRpcError) -> Failure:
    """Returns what `error` says; peers that attach no details are named by their status code alone."""
    reason = error.code().name
    metadata: dict[str, str] = {}
    violations: list[Violation] = []
    retry_after_s = None
    # grpcio-status is typed for the sync Call; an AioRpcError offers the same three methods.
    status = rpc_status.from_call(error)  # pyright: ignore[reportArgumentType]
    for detail in status.details if status is not None else ():
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            violations += [Violation(v.field, v.description) for v in bad.field_violations]
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
    return Failure(error.code(), error.details() or "", reason, metadata, tuple(violations), retry_after_s)
