"""What a holder says, in plain values."""

from __future__ import annotations

from dataclasses import dataclass

from services.arbiter.demands import Alternative
from services.arbiter.leases import State


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as one side of a session sees it."""

    token: int
    state: State
    observed_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Hello:
    """Opens or resumes a session."""

    pid: int = 0
    start_time_ticks: int = 0
    service: str = ""
    lock_file: str = ""
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Beat:
    """The worker is well and holds that much."""

    observed_bytes: int
    peak_bytes: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Acquire:
    """Asks for memory, best alternative first."""

    ticket: str
    alternatives: tuple[Alternative, ...]
    priority: int = 2
    deadline_s: float | None = None
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Memory is about to be touched."""

    token: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """The weights are there."""

    token: int
    observed_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Begin:
    """Asks to compute."""

    token: int
    job: str
    priority: int = 2
    working_bytes: int = 0  # 0 keeps what was acquired.


@dataclass(frozen=True, slots=True)
class End:
    """The computation is over, or no longer wanted."""

    token: int
    job: str
    peak_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Resize:
    """Changes the resident charge."""

    token: int
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Release:
    """Memory was given back."""

    token: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdraws a ticket."""

    ticket: str


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The grant was too small."""

    token: int
    peak_bytes: int
    requested_bytes: int


@dataclass(frozen=True, slots=True)
class RecallReply:
    """What the holder does about a Recall or Drain."""

    token: int
    is_yielding: bool
    eta_s: float = 0.0


Request = (
    Hello
    | Beat
    | Acquire
    | Confirm
    | Loaded
    | Begin
    | End
    | Resize
    | Release
    | Cancel
    | OutOfMemory
    | RecallReply
)
