"""Whether readers that hardly read cost the others anything, and the gateway memory."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.gateway_calls import PROMPT, calling, percentile
from benchmarks.gateway_process import Gateway, running_gateway, running_service
from benchmarks.table import Row

_MIB = 2**20
# Until its buffers are full, some 200 kB of events, a slow reader is sent as much as a fast one.
_FILLING_JOBS = 40
_LONG_PROMPT = "a red circle " * 150
_FLAT = 1.05


@dataclass(frozen=True, slots=True)
class Plan:
    """How many readers, and how much they get to read."""

    fast: int
    slow: int
    jobs: int  # of each phase
    jobs_per_s: float
    phases: int  # of each kind, in turns


@dataclass(slots=True)
class Seen:
    """What the phases gave."""

    alone_s: list[list[float]] = field(default_factory=list[list[float]])
    beside_slow_s: list[list[float]] = field(default_factory=list[list[float]])
    resident_bytes: list[int] = field(default_factory=list[int])


async def measure(plan: Plan) -> list[Row]:
    """Times events with and without slow readers, phase by phase in turns."""
    with tempfile.TemporaryDirectory(prefix="gateway") as name, running_service(Path(name)) as service:
        folder = Path(name)
        with (
            running_gateway(folder / "gateway", service) as gateway,
            _reading(gateway.port, plan.fast, "fast") as fast,
        ):
            seen = await _play(plan, gateway, fast)
    return [*_compare(plan, seen), *_report_memory(seen)]


async def _play(plan: Plan, gateway: Gateway, fast: subprocess.Popen[str]) -> Seen:
    seen, seeds = Seen(), count()
    await _phase(plan, plan.jobs, gateway, fast, seeds)
    for _ in range(plan.phases):
        seen.alone_s.append(await _phase(plan, plan.jobs, gateway, fast, seeds))
        with _reading(gateway.port, plan.slow, "slow"):
            await _phase(plan, _FILLING_JOBS, gateway, fast, seeds, _LONG_PROMPT)
            seen.resident_bytes.append(gateway.resident_bytes)
            seen.beside_slow_s.append(await _phase(plan, plan.jobs, gateway, fast, seeds))
            seen.resident_bytes.append(gateway.resident_bytes)
    return seen


async def _phase(
    plan: Plan,
    jobs: int,
    gateway: Gateway,
    fast: subprocess.Popen[str],
    seeds: count[int],
    prompt: str = PROMPT,
) -> list[float]:
    """Sends jobs and returns how late the fast readers heard of the end of each."""
    async with calling(gateway.port) as caller:
        for _ in range(jobs):
            await caller.enqueue(next(seeds), prompt)
            await asyncio.sleep(1 / plan.jobs_per_s)
    assert fast.stdin is not None
    assert fast.stdout is not None
    fast.stdin.write(f"{jobs * plan.fast}\n")
    fast.stdin.flush()
    latencies_s: list[float] = json.loads(await asyncio.to_thread(fast.stdout.readline))
    if len(latencies_s) != jobs * plan.fast:
        raise RuntimeError(f"{plan.fast} readers heard of {jobs} ends {len(latencies_s)} times.")
    return latencies_s


@contextmanager
def _reading(port: int, readers: int, speed: str) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.gateway_readers", str(port), str(readers), speed]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"The {speed} readers did not start.")
            yield process
        finally:
            process.kill()


def _compare(plan: Plan, seen: Seen) -> list[Row]:
    name = f"{plan.fast} readers beside {plan.slow} that take 1 byte/s"
    rows: list[Row] = []
    for percent, target in ((99, 1.1), (50, 0.0)):
        alone_s = [percentile(phase, percent) for phase in seen.alone_s]
        beside_s = [percentile(phase, percent) for phase in seen.beside_slow_s]
        ratio = statistics.median(b / a for a, b in zip(alone_s, beside_s, strict=True))
        goal = f"≤ {target}" if target else ""
        rows.append(
            Row(
                f"event to arrival, p{percent}, {name} ÷ alone", ratio, goal, not goal or ratio <= target, "×"
            )
        )
        rows.append(Row("  alone", statistics.median(alone_s) * 1000, "", True, "ms"))
    return rows


def _report_memory(seen: Seen) -> list[Row]:
    first, last = seen.resident_bytes[0], seen.resident_bytes[-1]
    return [
        Row(
            "  memory of the gateway, last phase ÷ first",
            last / first,
            f"≤ {_FLAT}",
            last <= _FLAT * first,
            "×",
        ),
        Row("  memory in the last phase", last / _MIB, "", True, "MiB"),
    ]
