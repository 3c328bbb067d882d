"""Measures several replicas and several gateways: `make bench-cluster`."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import psutil

from benchmarks.cluster_nodes import measure_added_latency, measure_loss
from benchmarks.gateway_calls import PROMPT, Caller, calling
from benchmarks.gateway_process import running_gateway, running_script, running_service
from benchmarks.table import Row, report
from tests.gateway.postgres import fresh_database, running_postgres

_MOST_REPLICAS = 4
_JOB_S = 0.5
_JOBS_EACH = 40
_CEILING_JOBS = 600
_LEAST_SHARE = 0.95
_POLL_S = 0.1


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory(prefix="cluster") as name:
        rows = [*measure_replicas(Path(name) / "replicas"), *measure_ceiling(Path(name) / "ceiling")]
    rows += [*measure_added_latency(), *measure_loss()]
    report("cluster", rows)


def measure_replicas(folder: Path) -> list[Row]:
    """Returns which share of N times one replica's throughput N reach, with jobs of known length."""
    folder.mkdir()
    with steady_services(folder) as sockets:
        rates = [asyncio.run(_rate(folder / str(n), sockets[:n])) for n in range(1, _MOST_REPLICAS + 1)]
    rows = [Row(f"one replica, jobs of {_JOB_S:g} s", rates[0], "", True, "jobs/s")]
    for count, rate in enumerate(rates[1:], 2):
        share = rate / (count * rates[0])
        rows.append(Row(f"{count} replicas ÷ {count} × one", share, "≥ 0.95", share >= _LEAST_SHARE, "×"))
    return rows


async def _rate(home: Path, sockets: Sequence[Path]) -> float:
    given = {"LIMNER_GATEWAY_T2I": ",".join(f"unix:{socket}" for socket in sockets)}
    with running_gateway(home, sockets[0], settings=given) as gateway:
        async with calling(gateway.port) as caller:
            return await finish_all([caller], _JOBS_EACH * len(sockets))


def measure_ceiling(folder: Path) -> list[Row]:
    """Returns how many jobs a second go all the way through one gateway and two, the work costing nothing."""
    folder.mkdir()
    with running_postgres() as server:
        rates: list[float] = []
        busy: list[float] = []
        for count in (1, 2):
            with fresh_database(server) as database:
                rate, busy_percent = asyncio.run(_ceiling(folder / str(count), count, database))
                rates.append(rate)
                busy.append(busy_percent)
    gain = rates[1] / rates[0]
    return [
        Row("one gateway, instant services, PostgreSQL", rates[0], "", True, "jobs/s"),
        Row("cores busy meanwhile, of all there are", busy[0], "", True, "%"),
        Row("two gateways on one database ÷ one", gain, "≥ 1.7 where cores allow", gain >= 1.7, "×"),
    ]


async def _ceiling(folder: Path, count: int, database: str) -> tuple[float, float]:
    given = {"LIMNER_GATEWAY_DATABASE": database, "LIMNER_GATEWAY_IMAGES": str(folder / "images")}
    async with AsyncExitStack() as stack:
        callers: list[Caller] = []
        for number in range(count):
            services = folder / f"services-{number}"
            services.mkdir(parents=True)
            socket = stack.enter_context(running_service(services))
            gateway = stack.enter_context(running_gateway(folder / f"home-{number}", socket, settings=given))
            callers.append(await stack.enter_async_context(calling(gateway.port)))
        await finish_all(callers, 40)  # so that everything is imported and known
        psutil.cpu_percent()
        return await finish_all(callers, _CEILING_JOBS), psutil.cpu_percent()


async def finish_all(callers: Sequence[Caller], count: int) -> float:
    """Returns at which rate so many jobs end, which are sent in equal shares and started together."""
    first = callers[0]
    await first.pause(True)
    before = await _ended(first)
    for place, caller in enumerate(callers):
        share = len(range(place, count, len(callers)))
        body = {"request": {"kind": "text-to-image", "prompt": PROMPT}, "seeds": list(range(share))}
        await caller.expect(202, "POST", "/generate/batch", body)
    started_s = time.perf_counter()
    await first.pause(False)
    while await _ended(first) < before + count:  # noqa: ASYNC110, it is another process that ends them
        await asyncio.sleep(_POLL_S)
    return count / (time.perf_counter() - started_s)


async def _ended(caller: Caller) -> int:
    told = (await caller.expect(200, "GET", "/activity")).json()
    return sum(minute["succeeded"] for minute in told["minutes"])


@contextmanager
def steady_services(folder: Path) -> Generator[list[Path]]:
    """Yields the sockets of services, which are in a process of their own."""
    with running_script("benchmarks.steady_service", folder, _MOST_REPLICAS, _JOB_S):
        yield [folder / f"t2i-{number}" for number in range(_MOST_REPLICAS)]


if __name__ == "__main__":
    main()
