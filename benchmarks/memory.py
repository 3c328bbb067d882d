"""`make bench-memory`: weights that are shared, streamed and switched, with the built-in model made large."""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks import memory_prediction
from benchmarks.memory_sharing import measure_sharing, measure_switching
from benchmarks.memory_streaming import measure
from benchmarks.scaled import deepen, widen
from benchmarks.table import Row, report


def main() -> None:
    """Measures real workers over models of a gigabyte; other work beside changes the seconds only."""
    parser = argparse.ArgumentParser(prog="benchmarks.memory", description=__doc__)
    parser.add_argument("--layers", type=int, default=206, help="of the deep model, 5 MB each")
    parser.add_argument("--only", choices=("prediction", "streaming", "sharing", "switching"))
    options = parser.parse_args()
    # A thread each: how many products are summed at once is no question of memory.
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory(prefix="memory") as folder:
        rows = asyncio.run(_collect(Path(folder), options.layers, options.only))
    report("memory", rows)


async def _collect(folder: Path, layers: int, only: str | None) -> list[Row]:
    return [row async for row in _measure(folder, layers, only)]


async def _measure(folder: Path, layers: int, only: str | None) -> AsyncIterator[Row]:
    models = folder / "models"
    if only in {None, "prediction"}:
        for row in await memory_prediction.measure():
            yield row
    if only in {None, "streaming", "sharing"}:
        deep = deepen(models / "deep", layers)
        weights_bytes = _weights_bytes(deep)
        if only != "sharing":
            async for row in measure(folder, deep, weights_bytes):
                yield row
        if only != "streaming":
            async for row in measure_sharing(folder, deep, weights_bytes):
                yield row
    if only in {None, "switching"}:
        wide = [widen(models / name) for name in ("first", "second")]
        async for row in measure_switching(folder, wide, _weights_bytes(wide[0])):
            yield row


def _weights_bytes(model: Path) -> int:
    return sum(path.stat().st_size for path in model.rglob("*.safetensors"))


if __name__ == "__main__":
    main()
