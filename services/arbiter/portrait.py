"""The whole state as the contract's Snapshot, for pages and operators."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from limner.arbiter.v1 import arbiter_pb2 as pb
from services.arbiter.book import Book, PastRelease
from services.arbiter.demands import CPU, HOST_POOLS, PAGEABLE, PINNED
from services.arbiter.leases import Lease, State
from services.arbiter.ledger import Device, Ledger
from services.arbiter.tickets import Ticket
from services.arbiter.wire import to_charges, to_duration, to_state


def to_snapshot(book: Book, revision: int, now_s: float, wall_s: float) -> pb.SnapshotResponse:
    """Returns everything at one revision."""
    offset_s = wall_s - now_s
    ledger = book.ledger
    granted = [lease for lease in ledger.leases.values() if lease.state is not State.OFFERED]
    return pb.SnapshotResponse(
        revision=revision,
        epoch=book.epoch,
        devices=[
            _device(device, ledger) for device in ledger.devices.values() if device.id not in HOST_POOLS
        ],
        leases=[_lease(lease, book, offset_s) for lease in granted],
        tickets=[
            _ticket(ticket, place, now_s) for place, ticket in enumerate(book.queue.in_order(), start=1)
        ],
        last_releases=[_release(release, offset_s) for release in book.releases],
        host=_host(ledger),
    )


def _host(ledger: Ledger) -> pb.Host:
    ram = ledger.devices.get(CPU) or ledger.devices.get(PAGEABLE)
    pinned = ledger.devices.get(PINNED)
    return pb.Host(
        ram_bytes=ram.total_bytes if ram else 0,
        budget_bytes=ram.limit_bytes if ram else 0,
        pinned_budget_bytes=pinned.limit_bytes if pinned else 0,
    )


def _device(device: Device, ledger: Ledger) -> pb.Device:
    return pb.Device(
        id=device.id,
        name=device.name,
        total_bytes=device.total_bytes,
        capacity_bytes=device.capacity_bytes,
        foreign_bytes=device.foreign_bytes,
        charged_bytes=ledger.charged_bytes(device.id),
        observed_bytes=device.observed_bytes,
        draining=device.draining,
        health=device.health,
    )


def _lease(lease: Lease, book: Book, offset_s: float) -> pb.Lease:
    worker = book.workers.by_key.get(lease.key)
    return pb.Lease(
        token=lease.token,
        holder=lease.key.holder,
        service=worker.service if worker else "",
        profile=lease.profile,
        tier=lease.tier,
        state=to_state(lease.state),
        draining=lease.draining,
        charges=to_charges(lease.charges),
        observed_bytes=lease.observed_bytes,
        job=lease.job,
        granted_time=_timestamp(lease.granted_s + offset_s),
    )


def _ticket(ticket: Ticket, place: int, now_s: float) -> pb.Ticket:
    return pb.Ticket(
        ticket=ticket.id,
        holder=ticket.key.holder,
        profile=ticket.alternatives[0].profile,
        priority=ticket.priority,
        queue_position=place,
        waited=to_duration(now_s - ticket.enqueued_s),
        wait_bound=None if ticket.wait_bound_s is None else to_duration(ticket.wait_bound_s),
    )


def _release(release: PastRelease, offset_s: float) -> pb.LastRelease:
    return pb.LastRelease(
        token=release.token,
        holder=release.key.holder,
        profile=release.profile,
        charged_bytes=release.charged_bytes,
        verified_bytes=release.verified_bytes,
        cause=release.cause,
        release_time=_timestamp(release.released_s + offset_s),
    )


def _timestamp(wall_s: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromNanoseconds(round(wall_s * 1e9))
    return stamp
