"""How many jobs a second are taken on, beside FastAPI and SQLite with nothing around them."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.gateway_calls import Caller, calling
from benchmarks.gateway_filling import WAITING, copy_filled, make_templates, read_row
from benchmarks.gateway_process import running_gateway, running_service, wait_for
from benchmarks.studio import free_port
from benchmarks.table import Row

CALLERS = 16
_MODES = ("threaded", "blocking")


async def measure(rounds: int, round_s: float) -> list[Row]:
    """Enqueues by turns into a gateway and into bare apps; what is enqueued is not started."""
    with tempfile.TemporaryDirectory(prefix="gateway") as name, running_service(Path(name)) as service:
        folder = Path(name)
        templates = await make_templates(folder / "gateway", service)
        row = read_row(folder / "gateway" / "jobs.db", templates[WAITING])
        for mode in _MODES:
            copy_filled(folder / "gateway", folder / mode, templates[WAITING], 0)
        with (
            running_gateway(folder / "gateway", service) as gateway,
            _running_bare(folder / "threaded", row, "threaded") as threaded,
            _running_bare(folder / "blocking", row, "blocking") as blocking,
        ):
            rates = [await _race((gateway.port, threaded, blocking), round_s) for _ in range(rounds + 1)][1:]
    return _compare(rates)


def _compare(rates: list[tuple[float, ...]]) -> list[Row]:
    ours, threaded, blocking = (statistics.median(column) for column in zip(*rates, strict=True))
    ratio = statistics.median(mine / bare for mine, bare, _ in rates)
    extreme = statistics.median(mine / bare for mine, _, bare in rates)
    return [
        Row("enqueue throughput ÷ bare FastAPI + SQLite, median round", ratio, "≥ 0.7", ratio >= 0.7, "×"),
        Row("  the gateway", ours, "", True, "jobs/s"),
        Row("  bare, inserting in FastAPI's threads", threaded, "", True, "jobs/s"),
        Row(
            "  bare, inserting on its event loop, which stands still meanwhile", blocking, "", True, "jobs/s"
        ),
        Row("  throughput ÷ that", extreme, "", True, "×"),
    ]


async def _race(ports: tuple[int, ...], round_s: float) -> tuple[float, ...]:
    return tuple([await _rate(port, round_s) for port in ports])


async def _rate(port: int, for_s: float) -> float:
    """Returns how many jobs a second a server accepts from callers that never wait."""
    seeds, deadline_s = count(), time.perf_counter() + for_s

    async def push(caller: Caller) -> int:
        sent = 0
        while time.perf_counter() < deadline_s:
            await caller.enqueue(next(seeds))
            sent += 1
        return sent

    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(calling(port)) for _ in range(CALLERS)]
        started_s = time.perf_counter()
        sent = await asyncio.gather(*(push(caller) for caller in callers))
        return sum(sent) / (time.perf_counter() - started_s)


@contextmanager
def _running_bare(home: Path, row: dict[str, Any], mode: str) -> Generator[int]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.gateway_bare", str(port), str(home / "jobs.db")]
    with subprocess.Popen([*command, json.dumps(row), mode], text=True) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
            yield port
        finally:
            process.terminate()
