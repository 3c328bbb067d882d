"""What the arbiter answers, in plain values."""

from __future__ import annotations

from dataclasses import dataclass

from services.arbiter.demands import Charge
from services.arbiter.requests import Held


@dataclass(frozen=True, slots=True)
class Welcome:
    """The session is open."""

    token_floor: int
    adopted: tuple[Held, ...]
    beat_interval_s: float
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """Memory is set aside until the offer expires."""

    ticket: str
    token: int
    tier: str
    charges: tuple[Charge, ...]
    expires_after_s: float
    profile: str = ""
    reason: str = ""  # Why none before it.


@dataclass(frozen=True, slots=True)
class ConfirmAccepted:
    """The charge is durable; memory may be touched."""

    token: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A request was refused; the session goes on."""

    reason: str  # A name of limner.errors.v1.Reason without prefix.
    message: str
    ticket: str = ""
    token: int = 0
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class BeginAccepted:
    """The job may compute."""

    token: int
    job: str


@dataclass(frozen=True, slots=True)
class BeginWait:
    """The job waits for its turn."""

    token: int
    job: str
    queue_position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Recall:
    """An idle lease is asked back."""

    token: int
    bytes: int
    deadline_s: float
    reason: str
    keep_host_copy: bool = False


@dataclass(frozen=True, slots=True)
class Drain:
    """An active lease is asked back."""

    token: int
    reason: str
    at_step: bool = False
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Fenced:
    """The lease is lost and its worker is being killed."""

    token: int
    reason: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a ticket stands."""

    ticket: str
    queue_position: int
    waiting_for: str
    wait_s: float | None = None
    wait_bound_s: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseAccepted:
    """The bytes left the ledger."""

    token: int


@dataclass(frozen=True, slots=True)
class ResizeAccepted:
    """The resident charge was changed."""

    token: int
    resident_bytes: int


Response = (
    Welcome
    | Offer
    | ConfirmAccepted
    | Rejected
    | BeginAccepted
    | BeginWait
    | Recall
    | Drain
    | Fenced
    | Position
    | ReleaseAccepted
    | ResizeAccepted
)
