"""Errors as they happen, and their one translation to `google.rpc.Status`.

* LimnerError
  + InvalidFields        INVALID_ARGUMENT
  + ModelNotFound        NOT_FOUND
  + FeatureUnsupported   FAILED_PRECONDITION
  + FeatureDisabled      FAILED_PRECONDITION
  + NeverFits            FAILED_PRECONDITION
  + ModelUnreadable      FAILED_PRECONDITION
  + ReplicaBusy          RESOURCE_EXHAUSTED, RetryInfo
  + OutOfMemory          RESOURCE_EXHAUSTED, RetryInfo
  + StorageFailed        RESOURCE_EXHAUSTED
  + WorkerLost           ABORTED
  + RequestConflict      ABORTED
  + StaleToken           ABORTED
  + ArbiterUnavailable   UNAVAILABLE, RetryInfo
  + ProtocolViolation    INVALID_ARGUMENT
  + Unauthenticated      UNAUTHENTICATED
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc import StatusCode

from limner.failure import DOMAIN, Violation


class LimnerError(Exception):
    """A failure that a caller can understand: one sentence, and every number of it as metadata."""

    code: ClassVar[StatusCode] = StatusCode.INTERNAL
    reason: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, retry_after_s: float | None = None, **metadata: object) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = {key: str(value) for key, value in metadata.items()}
        self.retry_after_s = retry_after_s


class InvalidFields(LimnerError):
    """One or more request fields are wrong; each violation names field, value and fix."""

    code, reason = StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(" ".join(v.description for v in violations))
        self.violations = tuple(violations)


class ModelNotFound(LimnerError):
    """No model of that name."""

    code, reason = StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known))
        super().__init__(f"There is no model named {name!r}; known: {names}.", model=name, known=names)


class FeatureUnsupported(LimnerError):
    """The model cannot do what was asked."""

    code, reason = StatusCode.FAILED_PRECONDITION, "FEATURE_UNSUPPORTED"


class FeatureDisabled(LimnerError):
    """Something that this installation lacks, or that was switched off."""

    code, reason = StatusCode.FAILED_PRECONDITION, "FEATURE_DISABLED"


class NeverFits(LimnerError):
    """The request can never fit this machine."""

    code, reason = StatusCode.FAILED_PRECONDITION, "NEVER_FITS"


class ModelUnreadable(LimnerError):
    """Model files are missing, corrupt or of an unknown architecture."""

    code, reason = StatusCode.FAILED_PRECONDITION, "MODEL_UNREADABLE"


class ReplicaBusy(LimnerError):
    """The replica runs one job and holds one more."""

    code, reason = StatusCode.RESOURCE_EXHAUSTED, "REPLICA_BUSY"


class OutOfMemory(LimnerError):
    """The device ran out of memory although the lease was granted."""

    code, reason = StatusCode.RESOURCE_EXHAUSTED, "OUT_OF_MEMORY"


class StorageFailed(LimnerError):
    """The disk cannot keep an unfinished picture."""

    code, reason = StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FAILED"


class WorkerLost(LimnerError):
    """The worker died too often on one job."""

    code, reason = StatusCode.ABORTED, "WORKER_LOST"


class RequestConflict(LimnerError):
    """The request_id is in use by another request."""

    code, reason = StatusCode.ABORTED, "REQUEST_CONFLICT"


class StaleToken(LimnerError):
    """A token, incarnation or epoch is no longer valid."""

    code, reason = StatusCode.ABORTED, "STALE_TOKEN"


class ArbiterUnavailable(LimnerError):
    """The arbiter cannot be reached."""

    code, reason = StatusCode.UNAVAILABLE, "ARBITER_UNAVAILABLE"


class ProtocolViolation(LimnerError):
    """A session message breaks the protocol."""

    code, reason = StatusCode.INVALID_ARGUMENT, "PROTOCOL_VIOLATION"


class Unauthenticated(LimnerError):
    """The caller has not shown who it is."""

    code, reason = StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED"


def to_status(error: LimnerError) -> status_pb2.Status:
    """Returns the rich status that says everything `error` knows."""
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    ]
    if isinstance(error, InvalidFields):
        details.append(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(field=v.field, description=v.description)
                    for v in error.violations
                ]
            )
        )
    if error.retry_after_s is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(int(error.retry_after_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    packed = [any_pb2.Any() for _ in details]
    for envelope, detail in zip(packed, details, strict=True):
        envelope.Pack(detail)
    return status_pb2.Status(code=code_pb2.Code.Value(error.code.name), message=error.message, details=packed)
