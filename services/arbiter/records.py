"""What the durable ledger remembers, one JSON array per record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from services.arbiter.demands import Charge
from services.arbiter.leases import Key, Lease, State


@dataclass(frozen=True, slots=True)
class Opened:
    """An arbiter started in this boot of the machine; first record of every file."""

    epoch: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class Met:
    """A worker, with all that can prove its death."""

    key: Key
    service: str
    pid: int
    start_time_ticks: int
    lock_file: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A worker is dead and holds nothing any more."""

    key: Key


@dataclass(frozen=True, slots=True)
class Charged:
    """A lease as it is from here on."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class Freed:
    """A lease left the ledger."""

    token: int


Record = Opened | Met | Gone | Charged | Freed


@dataclass(slots=True)
class Past:
    """What a ledger file says was so when its writer died."""

    epoch: int = 0
    workers: dict[Key, Met] = field(default_factory=dict[Key, Met])
    leases: dict[int, Lease] = field(default_factory=dict[int, Lease])

    def add(self, record: Record) -> None:
        """Goes on to what was so after `record`."""
        match record:
            case Opened():
                self.epoch = record.epoch
            case Met():
                self.workers[record.key] = record
            case Gone():
                self.workers.pop(record.key, None)
            case Charged():
                self.leases[record.lease.token] = record.lease
            case Freed():
                self.leases.pop(record.token, None)


def encode(record: Record) -> bytes:
    """Returns `record` as bytes."""
    match record:
        case Opened():
            row: list[Any] = ["opened", record.epoch, record.boot_id]
        case Met():
            row = ["met", *record.key, record.service, record.pid, record.start_time_ticks, record.lock_file]
        case Gone():
            row = ["gone", *record.key]
        case Charged():
            row = ["charged", *_lease_row(record.lease)]
        case Freed():
            row = ["freed", record.token]
    return json.dumps(row, separators=(",", ":")).encode()


def decode(data: bytes) -> Record:
    """Returns the record that `encode` made into `data`."""
    kind, *row = json.loads(data)
    match kind:
        case "opened":
            return Opened(*row)
        case "met":
            return Met(Key(row[0], row[1]), *row[2:])
        case "gone":
            return Gone(Key(*row))
        case "charged":
            return Charged(_lease(row))
        case "freed":
            return Freed(*row)
        case _:
            raise ValueError(f"The ledger file has a record of unknown kind {kind!r}.")


def replay(records: Iterable[Record]) -> Past:
    """Returns what was so after the last record."""
    past = Past()
    for record in records:
        past.add(record)
    return past


def _lease_row(lease: Lease) -> list[Any]:
    return [
        lease.token,
        lease.ticket,
        *lease.key,
        lease.profile,
        lease.tier,
        [
            [c.device, c.resident_bytes, c.working_bytes, c.load_extra_bytes, c.context_bytes]
            for c in lease.charges
        ],
        lease.state,
        lease.granted_s,
        lease.draining,
        lease.observed_bytes,
        lease.job,
        lease.resident_s,
        lease.load_s,
        lease.idle_s,
        lease.before,
        lease.working_bytes,
        lease.priority,
        lease.is_parking,
    ]


def _lease(row: list[Any]) -> Lease:
    token, ticket, holder, incarnation, profile, tier, charges, state, *rest = row
    grants = tuple(Charge(*charge) for charge in charges)
    *others, before, working_bytes, priority, is_parking = rest
    return Lease(
        token,
        ticket,
        Key(holder, incarnation),
        profile,
        tier,
        grants,
        State(state),
        *others,
        before=State(before),
        working_bytes=working_bytes,
        priority=priority,
        is_parking=is_parking,
    )
