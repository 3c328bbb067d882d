"""What the core wants done; the engine does it, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.arbiter.leases import Key
from services.arbiter.records import Record
from services.arbiter.responses import Response

LEASE_RESIDENT = "lease_resident"  # the note of a worker that has loaded its model


@dataclass(frozen=True, slots=True)
class Store:
    """Make this durable before anything that follows."""

    record: Record


@dataclass(frozen=True, slots=True)
class Send:
    """Tell a holder."""

    key: Key
    response: Response


@dataclass(frozen=True, slots=True)
class Kill:
    """End a worker; `by_force` means SIGKILL."""

    key: Key
    by_force: bool


@dataclass(frozen=True, slots=True)
class Forget:
    """A worker no longer needs watching."""

    key: Key


@dataclass(frozen=True, slots=True)
class Note:
    """A decision, for the log, the watchers and the metrics."""

    event: str
    fields: Mapping[str, str]


Effect = Store | Send | Kill | Forget | Note
