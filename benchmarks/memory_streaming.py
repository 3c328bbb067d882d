"""How little of a model need lie in memory, and whether a budget is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.memory_worker import working
from benchmarks.table import Row

# Of the weights; above the floor and below the whole.
_BUDGETS = (0.15, 0.4, 0.7)


async def measure(folder: Path, model: Path, weights_bytes: int) -> AsyncIterator[Row]:
    """Yields the peak of the streaming tier, and peaks under budgets, all against the weights.

    What a job holds beyond the weights is measured with all of them resident.
    """
    async with working("t2i", folder) as worker:
        await worker.load(model, "full")
        picture, peak_bytes = await worker.paint(model)
        job_bytes = peak_bytes - weights_bytes
    yield Row("full: what a job adds ÷ weights", job_bytes / weights_bytes, "", True)
    async with working("t2i", folder) as worker:
        await worker.load(model, "stream")
        streamed, peak_bytes = await worker.paint(model)
    share = peak_bytes / weights_bytes
    yield Row("stream: peak above an idle worker ÷ weights", share, "<= 0.25", share <= 0.25)
    yield Row("stream: same picture as full", float(streamed == picture), "1", streamed == picture)
    for budget in _BUDGETS:
        budget_bytes = int(budget * weights_bytes)
        async with working("t2i", folder) as worker:
            await worker.load(model, "offload", budget_bytes)
            _, peak_bytes = await worker.paint(model)
        kept = (peak_bytes - job_bytes) / budget_bytes
        yield Row(f"offload in {budget:.0%} of the weights: peak ÷ budget", kept, "<= 1.05", kept <= 1.05)
