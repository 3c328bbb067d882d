"""What went wrong in a call, read from `google.rpc.Status`."""

# pyright: reportUnknownMemberType=false
# grpc_status ships without annotations.
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
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
    info, bad, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    for detail in _read_details(error):
        if detail.Unpack(info):
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            violations += [Violation(v.field, v.description) for v in bad.field_violations]
        elif detail.Unpack(retry):
            retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
    return Failure(error.code(), error.details() or "", reason, metadata, tuple(violations), retry_after_s)


def _read_details(error: aio.AioRpcError) -> list[any_pb2.Any]:
    # grpcio-status is written for the synchronous Call; an AioRpcError offers the same three methods.
    status = cast("status_pb2.Status | None", rpc_status.from_call(cast("Any", error)))
    return list(status.details) if status is not None else []
