"""Random faults at random instants while four fronts share a device that is too small for all of them."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from random import Random

import pytest

from tests.chaos.arena import FRONTS, Arena, running_arena, until
from tests.chaos.audit import audit
from tests.chaos.faults import FAULTS
from tests.chaos.record import Record, Round

pytestmark = [pytest.mark.chaos]

REQUESTS_PER_S = 100  # Must flow before each fault, else a round proves nothing.
EMPTY_S = 2.0
# The large models take turns, and a turn takes a worker's start: how long is measured before every fault.
# Both figures are recorded; only that all jobs flow again is asserted, because machines are noisy.
LIVENESS_S = 30.0
_RUN_UP_S = (0.2, 0.6)
_VOID_PER_ROUND = 10


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A short folder: the path of a unix socket has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="arena") as folder:
        yield Path(folder)


@pytest.mark.timeout(300)
async def test_twenty_faults_are_overcome_and_the_ledger_stays_exact(run_dir: Path) -> None:
    await play(run_dir, rounds=20, seed=1)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_three_hundred_faults_are_overcome_and_the_ledger_stays_exact(run_dir: Path) -> None:
    await play(run_dir, rounds=300, seed=2)


async def play(run_dir: Path, rounds: int, seed: int) -> None:
    """Plays so many rounds; every fault comes about as often as every other, in random order."""
    chance, record = Random(seed), Record()
    cycles = (chance.sample(FAULTS, len(FAULTS)) for _ in range(rounds))
    async with running_arena(run_dir) as arena:
        for fault in islice(chain.from_iterable(cycles), rounds):
            turn_s = await arena.flowing(LIVENESS_S)
            requests_per_s = await run_up(arena, chance, record)
            await fault(arena, chance)
            recovery_s = await arena.flowing(LIVENESS_S)
            record.rounds.append(Round(fault.__name__, requests_per_s, turn_s, recovery_s))
            await audit(arena)
        await assert_nothing_is_left(arena)
    record.write(f"chaos-{rounds}")


async def run_up(arena: Arena, chance: Random, record: Record) -> float:
    """Waits for a random while and returns the requests per second in it, which are enough."""
    for _ in range(_VOID_PER_ROUND):
        requests_per_s = await arena.requests_per_s(chance.uniform(*_RUN_UP_S))
        if requests_per_s >= REQUESTS_PER_S:
            return requests_per_s
        record.void += 1
    raise AssertionError(f"{_VOID_PER_ROUND} times less than {REQUESTS_PER_S} requests per second flowed")


async def assert_nothing_is_left(arena: Arena) -> None:
    """Ends all fronts; nothing may stay charged, held or in the queue."""
    for name in FRONTS:
        assert await arena.end(name, signal.SIGTERM) == 0
    await until(lambda: arena.pool.claims() == [], "the device to be empty", EMPTY_S)
    snapshot = await arena.snapshot()
    assert (await arena.charged_bytes(), list(snapshot.leases), list(snapshot.tickets)) == (0, [], [])
