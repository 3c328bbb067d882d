"""A lease, its states and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from services.arbiter.demands import Charge


class Key(NamedTuple):
    """One worker process: a holder's name is stable, its incarnation is new for every process."""

    holder: str
    incarnation: str


class State(StrEnum):
    """Where a lease is in its life; every state but OFFERED may stand for touched memory."""

    OFFERED = "offered"
    LOADING = "loading"
    RESIDENT = "resident"
    ACTIVE = "active"
    UNLOADING = "unloading"
    SUSPECT = "suspect"
    FENCING = "fencing"
    RECLAIMING = "reclaiming"
    QUARANTINED = "quarantined"


# States in which the holder cannot be trusted to stay within its grant.
DOUBTFUL = frozenset({State.SUSPECT, State.FENCING, State.RECLAIMING, State.QUARANTINED})

# Quarantined bytes may never come back.
_ENDING = frozenset({State.SUSPECT, State.FENCING, State.RECLAIMING})

# Leaving the ledger is possible from every state and is not an edge here.
EDGES: dict[State, frozenset[State]] = {
    State.OFFERED: frozenset({State.LOADING}),
    State.LOADING: frozenset({State.RESIDENT, State.UNLOADING}) | DOUBTFUL - {State.QUARANTINED},
    State.RESIDENT: frozenset({State.ACTIVE, State.UNLOADING}) | DOUBTFUL - {State.QUARANTINED},
    State.ACTIVE: frozenset({State.RESIDENT, State.UNLOADING}) | DOUBTFUL - {State.QUARANTINED},
    State.UNLOADING: DOUBTFUL - {State.QUARANTINED},
    State.SUSPECT: frozenset(
        {State.LOADING, State.RESIDENT, State.ACTIVE, State.UNLOADING, State.FENCING, State.RECLAIMING}
    ),
    State.FENCING: frozenset({State.RECLAIMING}),
    State.RECLAIMING: frozenset({State.QUARANTINED}),
    State.QUARANTINED: frozenset(),
}


class IllegalTransition(Exception):
    """A lease was about to leave its state by an edge that does not exist."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Bytes granted to one worker; a change makes a new value, which replaces the old one in the ledger."""

    token: int
    ticket: str
    key: Key
    profile: str
    tier: str
    charges: tuple[Charge, ...]
    state: State
    granted_s: float
    draining: bool = False
    observed_bytes: int = 0
    job: str = ""
    resident_s: float = 0.0  # When it became resident.
    load_s: float | None = None  # Predicted or measured; the price of evicting it.
    idle_s: float = 0.0  # When it was last loaded or used.
    before: State = State.LOADING  # What it was when it became suspect.
    working_bytes: int = 0  # Acquired for the first charge; a job may ask for more or less.
    priority: int = 2  # Of the job that computes.
    is_parking: bool = False  # Its job stops at its next step and goes on later.

    def moved(self, state: State, *, job: str = "") -> Lease:
        """The lease in `state`; raises IllegalTransition where §3.3 of the design has no such edge."""
        if state not in EDGES[self.state]:
            raise IllegalTransition(f"Lease {self.token} cannot go from {self.state} to {state}.")
        before = self.before if self.state in DOUBTFUL else self.state
        return replace(self, state=state, job=job, before=before)

    def with_working(self, working_bytes: int) -> Lease:
        """The lease with other working bytes on its first device."""
        first, *others = self.charges
        return replace(self, charges=(replace(first, working_bytes=working_bytes), *others))

    def devices(self) -> frozenset[str]:
        """The devices on which it is charged."""
        return frozenset(charge.device for charge in self.charges)

    def bytes_on(self, device: str) -> int:
        """What it holds on `device` now, its worker's context apart."""
        charges = [charge for charge in self.charges if charge.device == device]
        granted = sum(charge.resident_bytes + self._extra_bytes(charge) for charge in charges)
        # Beats carry one figure per worker, which says which device only when there is just one.
        if self.state in DOUBTFUL and len(self.devices()) == 1:
            return max(granted, self.observed_bytes)
        return granted

    def context_on(self, device: str) -> int:
        """The bytes of its worker's context on `device`."""
        return max((charge.context_bytes for charge in self.charges if charge.device == device), default=0)

    def extra_on(self, device: str) -> int:
        """The most it needs on `device` beyond its resident bytes."""
        return sum(
            max(charge.working_bytes, charge.load_extra_bytes)
            for charge in self.charges
            if charge.device == device
        )

    def resident_on(self, device: str) -> int:
        """Its resident bytes on `device`."""
        return sum(charge.resident_bytes for charge in self.charges if charge.device == device)

    @property
    def total_bytes(self) -> int:
        """What it holds on all devices together, contexts included."""
        return sum(self.bytes_on(device) + self.context_on(device) for device in self.devices())

    @property
    def is_computing(self) -> bool:
        """Whether its worker computes, or may still do so although nobody hears of it."""
        is_lost = self.state in {State.SUSPECT, State.FENCING} and self.before is State.ACTIVE
        return self.state is State.ACTIVE or is_lost

    @property
    def is_leaving(self) -> bool:
        """Whether its bytes will come back without anybody asking again."""
        return self.state is not State.QUARANTINED and (
            self.draining or self.state is State.UNLOADING or self.state in _ENDING
        )

    @property
    def is_empty(self) -> bool:
        """Whether it stands for no byte, as that of a readiness check does."""
        return all(charge.peak_bytes == 0 for charge in self.charges)

    def _extra_bytes(self, charge: Charge) -> int:
        if self.state in {State.OFFERED, State.LOADING}:
            return charge.load_extra_bytes
        if self.state is State.ACTIVE:
            return charge.working_bytes
        if self.state in DOUBTFUL:
            return max(charge.working_bytes, charge.load_extra_bytes)
        return 0
