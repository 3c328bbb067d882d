"""What a picture of 1024² costs the gateway on its way in and out: pauses of its event loop, and memory."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.gateway_calls import Caller, calling, percentile
from benchmarks.gateway_process import Gateway, running_gateway, running_service
from benchmarks.gateway_service import PICTURES
from benchmarks.table import Row

SIDE_PX = 1024
_LATE_S = 0.010
_ONE_COPY = 1.1  # the file, and the pieces on their way

Work = Callable[[], Awaitable[int]]  # returns the size of a file in bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What the probe has seen during some work."""

    late_s: list[float]
    peak_bytes: int  # allocated by Python beyond what there was before


async def measure(pictures: int) -> list[Row]:
    """Sends pictures through, way by way: once for the pauses, once more for the memory."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway")))
        service = stack.enter_context(running_service(folder, SIDE_PX))
        gateway = stack.enter_context(
            running_gateway(folder / "gateway", service, "benchmarks.gateway_probe")
        )
        caller = await stack.enter_async_context(calling(gateway.port))
        nothing, out, into, webp = await _works(caller)
        return [
            *await _time(gateway, "nothing but GET /healthz", nothing, 10 * pictures),
            *await _time(gateway, "PNG to a client", out, pictures),
            *await _time(gateway, "PNG from a service", into, pictures),
            *await _time(gateway, "PNG sent as WebP", webp, min(pictures, PICTURES)),
            await _weigh(gateway, "PNG to a client", out, pictures, is_bound=True),
            await _weigh(gateway, "PNG from a service", into, pictures, is_bound=False),
        ]


async def _works(caller: Caller) -> tuple[Work, Work, Work, Work]:
    seeds = count(1)
    first = await caller.paint(0)

    async def fetch(path: str) -> int:
        return len((await caller.expect(200, "GET", path)).body)

    async def encode() -> int:
        # Every time another picture: what has been encoded is kept.
        return await fetch(f"/images/{await caller.paint(next(seeds))}?format=webp")

    size_bytes = await fetch(f"/images/{first}")

    async def take_in() -> int:
        await caller.paint(next(seeds))
        return size_bytes

    return (lambda: fetch("/healthz")), (lambda: fetch(f"/images/{first}")), take_in, encode


async def _time(gateway: Gateway, name: str, work: Work, times: int) -> list[Row]:
    await work()  # what is imported on the way is not counted
    _ask(gateway, "time")
    for _ in range(times):
        await work()
    late_s = _ask(gateway, "time").late_s
    p99_s = percentile(late_s, 99)
    return [
        Row(
            f"event loop late, p99, {name}", p99_s * 1000, f"≤ {_LATE_S * 1000:g} ms", p99_s <= _LATE_S, "ms"
        ),
        Row("  at most", max(late_s) * 1000, "", True, "ms"),
    ]


async def _weigh(gateway: Gateway, name: str, work: Work, times: int, *, is_bound: bool) -> Row:
    _ask(gateway, "memory")
    await work()
    _ask(gateway, "memory")
    sizes_bytes = [await work() for _ in range(times)]
    size_bytes = max(sizes_bytes)
    ratio = _ask(gateway, "time").peak_bytes / size_bytes
    title = f"most that Python allocates ÷ file of {size_bytes / 2**20:.1f} MiB, {name}"
    return Row(title, ratio, f"≤ {_ONE_COPY}" if is_bound else "", not is_bound or ratio <= _ONE_COPY, "×")


def _ask(gateway: Gateway, what: str) -> Told:
    """Has the probe tell what it has seen, and begin again."""
    assert gateway.process.stdin is not None
    assert gateway.process.stdout is not None
    gateway.process.stdin.write(f"{what}\n")
    gateway.process.stdin.flush()
    return Told(**json.loads(gateway.process.stdout.readline()))
