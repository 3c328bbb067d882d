"""What may happen to the arena; each fault returns when it is over, not when it is overcome."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

import psutil

from tests.chaos.arena import FRONTS, START_S, Arena, until

Fault = Callable[[Arena, Random], Awaitable[None]]

# A silent holder is suspect after 10 s (services/arbiter/vigil): shorter stops must cost nobody its lease.
_LONGEST_STOP_S = 1.0
_HALTED = 70  # The arbiter's exit code when it cannot write its ledger.
_TORN_WITHIN_BYTES = 300  # A swap's records, so that the disk is full in the middle of any of them.


async def kill_worker(arena: Arena, chance: Random) -> None:
    victim = await _worker(arena, chance)
    with suppress(psutil.NoSuchProcess):
        victim.kill()


async def kill_front(arena: Arena, chance: Random) -> None:
    """Lasts until the successor has started a worker: what comes before is the interpreter's time."""
    name = chance.choice(list(FRONTS))
    await arena.end(name, signal.SIGKILL)
    holders_dir = arena.run_dir / "holders"
    before = set(holders_dir.glob(f"{name}.*"))
    await arena.start_front(name)
    await until(lambda: not before.issuperset(holders_dir.glob(f"{name}.*")), f"{name}'s worker", START_S)


async def kill_arbiter(arena: Arena, chance: Random) -> None:
    await arena.end("arbiter", signal.SIGKILL)
    await arena.start_arbiter()


async def stop_worker(arena: Arena, chance: Random) -> None:
    await _stop(await _worker(arena, chance), chance)


async def stop_front(arena: Arena, chance: Random) -> None:
    await _stop(psutil.Process(arena.processes[chance.choice(list(FRONTS))].pid), chance)


async def stop_arbiter(arena: Arena, chance: Random) -> None:
    await _stop(psutil.Process(arena.processes["arbiter"].pid), chance)


async def reset_one_connection(arena: Arena, chance: Random) -> None:
    arena.proxy.reset_one(chance)


async def reset_all_connections(arena: Arena, chance: Random) -> None:
    arena.proxy.reset_all()


async def fill_disk(arena: Arena, chance: Random) -> None:
    """Lasts until an arbiter that has space again listens; the one without must halt."""
    process = arena.processes["arbiter"]
    written_bytes = _written_bytes(arena)
    limit_bytes = written_bytes + chance.randrange(_TORN_WITHIN_BYTES)
    psutil.Process(process.pid).rlimit(psutil.RLIMIT_FSIZE, (limit_bytes, psutil.RLIM_INFINITY))
    async with asyncio.timeout(START_S):
        assert await process.wait() == _HALTED
    await arena.start_arbiter()


FAULTS: tuple[Fault, ...] = (
    kill_worker,
    kill_front,
    kill_arbiter,
    stop_worker,
    stop_front,
    stop_arbiter,
    reset_one_connection,
    reset_all_connections,
    fill_disk,
)


async def _worker(arena: Arena, chance: Random) -> psutil.Process:
    """Returns a worker that holds memory."""
    while True:
        with suppress(psutil.NoSuchProcess, IndexError):
            return psutil.Process(chance.choice(arena.pool.claims()).pid)
        await asyncio.sleep(0)


async def _stop(process: psutil.Process, chance: Random) -> None:
    with suppress(psutil.NoSuchProcess):
        process.suspend()
        await asyncio.sleep(chance.uniform(0.05, _LONGEST_STOP_S))
        process.resume()


def _written_bytes(arena: Arena) -> int:
    # Space is claimed ahead with zeros, which no record ends in.
    return len((arena.run_dir / "ledger").read_bytes().rstrip(b"\0"))
