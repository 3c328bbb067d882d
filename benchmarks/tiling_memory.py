"""What a larger picture costs: memory, and seconds per pixel."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.table import Row
from benchmarks.tiling_worker import Worker, generate, working

SMALL, LARGE = 512, 2048
PROMPT = "a red circle on the left and a blue square on the right, white background"
_MIB = 2**20
_SAMPLE_S = 0.02
# Pages of files leave memory when others need it, and leave the peak to chance: these do not.
_HELD = ("RssAnon:", "RssShmem:")


@dataclass(slots=True)
class Seen:
    """What is held now and then by a worker and all that it started."""

    samples: list[int] = field(default_factory=list[int])

    @property
    def peak_bytes(self) -> int:
        """The most that was seen."""
        return max(self.samples)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one picture took."""

    loaded_bytes: int  # held before it began
    peak_bytes: int
    told_bytes: int  # the peak that the worker tells the arbiter: VmHWM, pages of files included
    seconds: float


async def measure(threads: int, repeats: int = 2) -> list[Row]:
    """Makes the same picture small and large, each first of all in a fresh worker.

    The small one is repeated before and after the large one, so that a machine that gets busier or idler
    meanwhile slows both.
    """
    async with working(threads) as small:
        first = await _make(small, SMALL)
        before = [(await _make(small, SMALL)).seconds for _ in range(repeats)]
        async with working(threads) as large:
            # A worker's first picture warms it up; the small one's was not counted either.
            big = await _make(large, LARGE)
        after = [(await _make(small, SMALL)).seconds for _ in range(repeats)]
    return [*_compare_memory(first, big), *_compare_time(big.seconds, [*before, *after])]


def _compare_memory(small: Cost, large: Cost) -> list[Row]:
    ratio = large.peak_bytes / small.peak_bytes
    grown = (large.peak_bytes - large.loaded_bytes) / (small.peak_bytes - small.loaded_bytes)
    return [
        Row("peak memory at 2048² ÷ 512² (anonymous + shared, worker)", ratio, "≤ 1.15", ratio <= 1.15, "×"),
        Row("  peak at 512²", small.peak_bytes / _MIB, "", True, "MiB"),
        Row("  peak at 2048²", large.peak_bytes / _MIB, "", True, "MiB"),
        Row("  the same of what the job adds to the loaded model", grown, "", True, "×"),
        Row("  VmHWM as told to the arbiter", large.told_bytes / small.told_bytes, "", True, "×"),
    ]


def _compare_time(large_s: float, small_s: list[float]) -> list[Row]:
    per_px = large_s / LARGE**2, statistics.median(small_s) / SMALL**2
    ratio = per_px[0] / per_px[1]
    return [
        Row("seconds per pixel at 2048² ÷ 512²", ratio, "≤ 1.10", ratio <= 1.10, "×"),
        Row("  seconds at 2048²", large_s, "", True, "s"),
        Row("  seconds at 512², median", statistics.median(small_s), "", True, "s"),
        Row("  slowest ÷ fastest at 512², how steady the machine was", max(small_s) / min(small_s), "", True),
    ]


async def _make(worker: Worker, side_px: int) -> Cost:
    loaded_bytes = _held_bytes(worker.pid)
    async with _watching(worker.pid) as seen:
        started_s = time.perf_counter()
        _, told_bytes = await worker.run(generate(PROMPT, (side_px, side_px), 1))
        seconds = time.perf_counter() - started_s
    return Cost(loaded_bytes, seen.peak_bytes, told_bytes, seconds)


@asynccontextmanager
async def _watching(pid: int) -> AsyncGenerator[Seen]:
    """Gives what a process and its children hold from now on."""
    seen = Seen()

    async def look() -> None:
        while True:
            seen.samples.append(_held_bytes(pid))
            await asyncio.sleep(_SAMPLE_S)

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _held_bytes(pid: int) -> int:
    children = [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return sum(_field_bytes(each) for each in (pid, *children))


def _field_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_HELD))
