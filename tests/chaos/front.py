"""A front that has jobs without end: `python -m tests.chaos.front NAME MODEL ARBITER HOLDERS_DIR TALLY`."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

from limner.channel import connect
from limner.logs import set_up_logs
from limner.worker.v1.worker_pb2 import Run
from services.pipelines.leases import Demand, Session
from services.pipelines.need import Need
from services.pipelines.process import WorkerProcess
from services.pipelines.residence import Residence
from services.rpc.errors import StaleToken, WorkerLost
from tests.chaos.pool import LOAD_EXTRA_MIB, WORKING_MIB

_COUNT = struct.Struct("<Q")
_MIB = 2**20


class Tally:
    """How many jobs are finished; the file outlives the front, and its successor counts on."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def read(self) -> int:
        data = os.pread(self._fd, _COUNT.size, 0)
        return _COUNT.unpack(data)[0] if data else 0

    def add(self) -> None:
        os.pwrite(self._fd, _COUNT.pack(self.read() + 1), 0)

    def close(self) -> None:
        os.close(self._fd)


async def main(name: str, model: str, arbiter: str, holders_dir: Path, tally: Tally) -> None:
    """Finishes one job after another until SIGTERM."""
    task = asyncio.current_task()
    assert task is not None, "run by asyncio.run"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    demand = Demand(
        "full", f"{name}:{model}", int(model) * _MIB, WORKING_MIB * _MIB, LOAD_EXTRA_MIB * _MIB, 0
    )
    need = Need(model, (demand,), priority=2)
    async with connect(arbiter) as channel:
        residence = Residence(
            partial(WorkerProcess.start, "tests.chaos.hog", name, holders_dir),
            lambda worker, on_recall: Session(
                channel, name, "chaos", worker.identity, _boot_id(), worker.observed_bytes, on_recall
            ),
        )
        await residence.open()
        try:
            for number in count():
                await _finish(residence, need, f"{name}.{os.getpid()}.{number}")
                tally.add()
        finally:
            await residence.close()


async def _finish(residence: Residence, need: Need, job: str) -> None:
    """Tries until it is done, as a replica does."""
    async with residence.occupied():
        while True:
            try:
                lease = await residence.prepare(need, _ignore, lambda: None)
                events = [event async for event in residence.compute(lease, Run(job=job), need, _ignore)]
            except StaleToken:
                await residence.discard("lease is stale")
            except WorkerLost:
                continue
            else:
                assert events[-1].ended.ok, events[-1]
                return


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _ignore(_position: int, _reason: str) -> None:
    """Nobody watches these jobs wait."""


if __name__ == "__main__":
    set_up_logs()
    _name, _model, _arbiter, _holders_dir, _tally = sys.argv[1:]
    with suppress(asyncio.CancelledError):
        asyncio.run(main(_name, _model, _arbiter, Path(_holders_dir), Tally(Path(_tally))))
