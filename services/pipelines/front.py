"""What the front of every replica consists of: a lease session, the worker it keeps, and the jobs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceStub
from limner.channel import connect
from services.pipelines.leases import Session
from services.pipelines.process import WorkerProcess
from services.pipelines.replica import Replica
from services.pipelines.residence import Residence
from services.pipelines.setbacks import Setbacks
from services.pipelines.settings import ReplicaSettings

if TYPE_CHECKING:
    from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceAsyncStub


@dataclass(frozen=True, slots=True)
class Front:
    """The parts that the servicers speak for."""

    replica: Replica
    residence: Residence
    arbiter: ArbiterServiceAsyncStub


@asynccontextmanager
async def open_front(
    settings: ReplicaSettings, capability: str, boot_id: str, *, starts_worker: bool
) -> AsyncGenerator[Front]:
    """Yields a replica and ends its worker, which is started now or, to spare memory, with the first job."""
    async with connect(settings.arbiter, settings.trust) as channel:
        residence = Residence(
            start_worker=partial(
                WorkerProcess.start, settings.worker_module, settings.holder, settings.holders_dir
            ),
            open_session=lambda worker, on_recall: Session(
                channel,
                settings.holder,
                capability,
                worker.identity,
                boot_id,
                worker.observed_bytes,
                on_recall,
            ),
        )
        if starts_worker:
            await residence.open()
        try:
            yield Front(Replica(residence, _read_setbacks(settings)), residence, ArbiterServiceStub(channel))
        finally:
            await residence.close()


def _read_setbacks(settings: ReplicaSettings) -> Setbacks:
    folder = settings.cache_dir
    return Setbacks(folder / "setbacks" / f"{settings.holder}.json" if folder is not None else None)
