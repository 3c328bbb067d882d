"""Compares the device with the ledger, and the ledger with its law, at one instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import psutil

from limner.arbiter.v1 import arbiter_pb2 as pb
from tests.arbiter.holder import MIB
from tests.chaos.arena import Arena, until


async def audit(arena: Arena) -> None:
    """Asserts that nobody holds more than it is charged for, and that no more is charged than there is."""
    async with _still(arena):
        before = arena.pool.claims()
        snapshot = await arena.snapshot()
        after = arena.pool.claims()
    held: Counter[str] = Counter()
    for claim in before:
        # Whoever has not lived and kept still all the while proves nothing.
        if claim in after:
            held[claim.holder] += claim.mib * MIB
    charged = _charged_bytes(snapshot)
    assert {holder: bytes for holder, bytes in held.items() if bytes > charged[holder]} == {}, (held, charged)
    assert [device.id for device in snapshot.devices if device.charged_bytes > device.capacity_bytes] == []
    assert arena.pool.violations() == []


@asynccontextmanager
async def _still(arena: Arena) -> AsyncGenerator[None]:
    """Keeps every worker that holds memory from moving."""
    workers: list[psutil.Process] = []
    try:
        for claim in arena.pool.claims():
            with suppress(psutil.NoSuchProcess):
                worker = psutil.Process(claim.pid)
                workers.append(worker)
                worker.suspend()
        await until(lambda: all(_rests(worker) for worker in workers), "the workers to rest", within_s=5)
        yield
    finally:
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.resume()


def _rests(process: psutil.Process) -> bool:
    try:
        return process.status() in {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return True


def _charged_bytes(snapshot: pb.SnapshotResponse) -> Counter[str]:
    charged: Counter[str] = Counter()
    for lease in snapshot.leases:
        for charge in lease.charges:
            extra_bytes = {
                pb.LEASE_STATE_LOADING: charge.load_extra_bytes,
                pb.LEASE_STATE_ACTIVE: charge.working_bytes,
            }
            charged[lease.holder] += charge.resident_bytes + extra_bytes.get(lease.state, 0)
    return charged
