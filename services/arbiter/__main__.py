"""Composition root of the arbiter: `python -m services.arbiter`."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

import setproctitle
import structlog
from grpc import aio

from limner.arbiter.v1.arbiter_pb2 import DESCRIPTOR
from limner.arbiter.v1.arbiter_pb2_grpc import add_ArbiterServiceServicer_to_server
from limner.endpoint import Insecure
from limner.logs import set_up_logs
from limner.machine.host import find_usable_ram
from limner.models.device import host_budget_bytes
from services.arbiter.batches import Tempo, TimeLimitedBatches
from services.arbiter.child import Silent
from services.arbiter.core import Core
from services.arbiter.discovery import looking
from services.arbiter.engine import Engine
from services.arbiter.journal import Journal, JournalInUse
from services.arbiter.probes import Probe
from services.arbiter.profiles import Profiles
from services.arbiter.servicer import Arbiter
from services.arbiter.settings import Settings
from services.rpc.server import serve

log = structlog.get_logger(__name__)

_PROBE_EVERY_S = 1.0


async def main(settings: Settings) -> None:
    """Runs the arbiter until SIGTERM; raises JournalInUse when another one runs in the same folder."""
    holders_dir = settings.run_dir / "holders"
    holders_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    budget_bytes = settings.ram_budget_bytes
    if budget_bytes is None:
        budget_bytes = host_budget_bytes(find_usable_ram())
    profiles = Profiles((settings.state_dir or settings.run_dir) / "profiles", time.time() - time.monotonic())
    with (
        Journal(settings.run_dir / "ledger", _boot_id()) as journal,
        looking(settings.probe, settings.cards, budget_bytes) as probe,
    ):
        sample = await asyncio.to_thread(probe.sample, {})
        policy = TimeLimitedBatches(Tempo(batch_floor_s=settings.batch_s))
        core = Core(sample.devices, journal.past, time.monotonic(), policy, profiles.load())
        engine = Engine(core, journal, holders_dir, _halt)
        engine.start()
        probing = asyncio.create_task(_look(probe, engine, profiles))
        try:
            await _serve(settings, engine)
        finally:
            probing.cancel()
            engine.stop()
            profiles.keep(core.book.measures.sizing)


async def _serve(settings: Settings, engine: Engine) -> None:
    def register(server: aio.Server) -> None:
        add_ArbiterServiceServicer_to_server(Arbiter(engine), server)

    name = DESCRIPTOR.services_by_name["ArbiterService"].full_name
    # Sessions last as long as their workers: waiting for them would only delay the successor.
    await serve(settings.listen, [register], [name], guard=settings.guard, grace_s=0.2, does_jobs=False)


async def _look(probe: Probe, engine: Engine, profiles: Profiles) -> None:
    while True:
        await asyncio.sleep(_PROBE_EVERY_S)
        engine.observe(await asyncio.to_thread(probe.sample, engine.pids()))
        await asyncio.to_thread(profiles.keep, engine.core.book.measures.sizing)


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _halt(reason: str) -> NoReturn:
    log.critical("halted", reason=reason)
    # No clean-up: whatever it did could depend on the record that was not written.
    os._exit(70)


if __name__ == "__main__":
    setproctitle.setproctitle("limner-arbiter")
    set_up_logs()
    try:
        asyncio.run(main(Settings()))
    except (JournalInUse, Silent, Insecure, OSError) as error:
        sys.exit(f"limner-arbiter cannot start: {error}")
