"""What a second and third service on the same model add, and what a switch costs."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from benchmarks.memory_worker import MODULES, Worker, working
from benchmarks.table import Row

_SWITCHES = 3
_CHUNK_BYTES = 64 * 2**20


async def measure_sharing(folder: Path, model: Path, weights_bytes: int) -> AsyncIterator[Row]:
    """Yields what all workers together hold more, once one more of them has loaded the model."""
    async with AsyncExitStack() as stack:
        workers: dict[str, Worker] = {}
        for service in MODULES:
            workers[service] = await stack.enter_async_context(working(service, folder))
        before_bytes = sum(worker.held_bytes for worker in workers.values())
        for number, (service, worker) in enumerate(workers.items(), 1):
            await worker.load(model, "full")
            held_bytes = sum(worker.held_bytes for worker in workers.values())
            share, before_bytes = (held_bytes - before_bytes) / weights_bytes, held_bytes
            if number == 1:
                yield Row(f"first service ({service}): memory ÷ weights", share, "", True)
            else:
                name = f"service {number} ({service}): memory added ÷ weights"
                yield Row(name, share, "<= 0.1", share <= 0.1)


async def measure_switching(folder: Path, models: list[Path], weights_bytes: int) -> AsyncIterator[Row]:
    """Yields how long another pipeline takes to load, its worker being ready, against a copy of its bytes."""
    loading_s: list[float] = []
    copying_s: list[float] = []
    for number in range(_SWITCHES):
        model = models[number % len(models)]
        async with working("t2i", folder) as worker:
            loading_s.append(await worker.load(model, "full"))
        copying_s.append(_copy(model))
    ratio = median(loading_s) / median(copying_s)
    yield Row("switch between pipelines, weights in page cache", median(loading_s), "", True, "s")
    yield Row(f"copying the same {weights_bytes / 1e9:.1f} GB", median(copying_s), "", True, "s")
    yield Row("switch ÷ copy", ratio, "<= 1.5", ratio <= 1.5)


def _copy(model: Path) -> float:
    """Copies a model's files from the page cache into memory, and returns the seconds."""
    started_s = time.perf_counter()
    for path in model.rglob("*.safetensors"):
        held = bytearray(path.stat().st_size)
        handle = os.open(path, os.O_RDONLY)
        try:
            for begin in range(0, len(held), _CHUNK_BYTES):
                os.preadv(handle, [memoryview(held)[begin : begin + _CHUNK_BYTES]], begin)
        finally:
            os.close(handle)
    return time.perf_counter() - started_s
