"""What arbiters say, as REST shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from gateway import readiness, schemas
from gateway.machines import MachineBook
from limner.arbiter.v1 import arbiter_pb2


def show_gpu(books: Sequence[MachineBook]) -> schemas.Gpu:
    """Returns devices, leases and tickets in the public shape; the first book is the gateway's own."""
    own, *others = books
    return schemas.Gpu(
        **_show_book(own),
        others=[schemas.MachineGpu(**_show_book(book)) for book in others if book.snapshot is not None],
        silent=[book.machine for book in others if book.snapshot is None],
    )


def _show_book(book: MachineBook) -> dict[str, Any]:
    snapshot = book.snapshot or arbiter_pb2.SnapshotResponse()
    host = snapshot.host
    return {
        "machine": book.machine,
        "revision": snapshot.revision,
        "epoch": snapshot.epoch,
        "host": schemas.GpuHost(
            ram_bytes=host.ram_bytes,
            budget_bytes=host.budget_bytes,
            pinned_budget_bytes=host.pinned_budget_bytes,
        ),
        "devices": [_show_device(device) for device in snapshot.devices],
        "leases": [_show_lease(lease) for lease in snapshot.leases],
        "tickets": [_show_ticket(ticket) for ticket in snapshot.tickets],
        "last_releases": [
            _show_release(release)
            for release in snapshot.last_releases
            if release.profile != readiness.PROFILE  # of no bytes, and one for each check of /readyz
        ],
        "swaps_last_hour": snapshot.loads_last_hour,
    }


def _show_device(device: arbiter_pb2.Device) -> schemas.GpuDevice:
    return schemas.GpuDevice(
        id=device.id,
        name=device.name,
        total_bytes=device.total_bytes,
        capacity_bytes=device.capacity_bytes,
        foreign_bytes=device.foreign_bytes,
        charged_bytes=device.charged_bytes,
        observed_bytes=device.observed_bytes,
        draining=device.draining,
        health=device.health,
    )


def _show_lease(lease: arbiter_pb2.Lease) -> schemas.GpuLease:
    return schemas.GpuLease(
        token=lease.token,
        holder=lease.holder,
        service=lease.service,
        profile=lease.profile,
        tier=lease.tier,
        state=arbiter_pb2.LeaseState.Name(lease.state).removeprefix("LEASE_STATE_").lower(),
        draining=lease.draining,
        charges=[_show_charge(charge) for charge in lease.charges],
        observed_bytes=lease.observed_bytes,
        job=lease.job or None,
        granted_at=_moment(lease.granted_time) if lease.HasField("granted_time") else None,
    )


def _show_charge(charge: arbiter_pb2.Charge) -> schemas.GpuCharge:
    return schemas.GpuCharge(
        device=charge.device,
        resident_bytes=charge.resident_bytes,
        working_bytes=charge.working_bytes,
        load_extra_bytes=charge.load_extra_bytes,
        context_bytes=charge.context_bytes,
    )


def _show_ticket(ticket: arbiter_pb2.Ticket) -> schemas.GpuTicket:
    bound = ticket.wait_bound.ToTimedelta().total_seconds() if ticket.HasField("wait_bound") else None
    return schemas.GpuTicket(
        ticket=ticket.ticket,
        holder=ticket.holder,
        profile=ticket.profile,
        priority=ticket.priority,
        queue_position=ticket.queue_position,
        waited_s=ticket.waited.ToTimedelta().total_seconds(),
        wait_bound_s=bound,
        waiting_for=ticket.waiting_for or None,
    )


def _show_release(release: arbiter_pb2.LastRelease) -> schemas.GpuRelease:
    return schemas.GpuRelease(
        token=release.token,
        holder=release.holder,
        profile=release.profile,
        charged_bytes=release.charged_bytes,
        verified_bytes=release.verified_bytes,
        cause=release.cause,
        released_at=_moment(release.release_time) if release.HasField("release_time") else None,
    )


def _moment(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(UTC)
