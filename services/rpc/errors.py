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

# gRPC's clients lose a status whose trailers exceed 8 KiB. The message stands there twice: as it is, and with
# every byte beyond ASCII written as three.
_MESSAGE_MAX_BYTES, _METADATA_MAX_BYTES, _VIOLATIONS_MAX_BYTES = 768, 256, 2560
_QUOTED_CHARS = 100


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
        text = f"There is no model named {name[:_QUOTED_CHARS]!r}; known: {names}."
        super().__init__(text, model=name, known=names)


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
    """Returns the rich status that says all that `error` knows, or what of it fits into trailers."""
    metadata = {key: _shorten(value, _METADATA_MAX_BYTES) for key, value in error.metadata.items()}
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    ]
    if isinstance(error, InvalidFields):
        details.append(_to_bad_request(error.violations))
    if error.retry_after_s is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(int(error.retry_after_s * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    packed = [any_pb2.Any() for _ in details]
    for envelope, detail in zip(packed, details, strict=True):
        envelope.Pack(detail)
    message = _shorten(error.message, _MESSAGE_MAX_BYTES)
    return status_pb2.Status(code=code_pb2.Code.Value(error.code.name), message=message, details=packed)


def _to_bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    """Returns the first of the violations, as many as fit."""
    kept = error_details_pb2.BadRequest()
    for violation in violations:
        kept.field_violations.add(
            field=_shorten(violation.field, _METADATA_MAX_BYTES),
            description=_shorten(violation.description, _MESSAGE_MAX_BYTES),
        )
        if kept.ByteSize() > _VIOLATIONS_MAX_BYTES:
            del kept.field_violations[-1]
            break
    return kept


def _shorten(text: str, most_bytes: int) -> str:
    data = text.encode(errors="replace")
    return text if len(data) <= most_bytes else f"{data[: most_bytes - 3].decode(errors='ignore')}…"
