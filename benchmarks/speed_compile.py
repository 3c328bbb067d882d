"""Blocks that torch compiles, on this processor: what the first picture costs and what the others spare."""

# pyright: standard
# Torch code: diffusers is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import statistics
import time

from benchmarks.speed_text import STEPS, Brush, ask
from benchmarks.speed_ways import Way
from benchmarks.table import Row
from services.shapes.judge import judge
from services.t2i.compiling import compile_blocks


def measure(count: int) -> list[Row]:
    """Paints each request by turns with compiled blocks and without."""
    plain, compiled, way = Brush(), Brush(), Way(STEPS)
    if not compile_blocks(compiled.pipeline.transformer):
        return []
    plain.paint("a red circle", 0, way)
    started_s = time.perf_counter()
    compiled.paint("a red circle", 0, way)
    first_s = time.perf_counter() - started_s
    ratios: list[float] = []
    right: list[bool] = []
    for seed, (scene, prompt) in enumerate(ask(count)):
        seconds: list[float] = []
        for brush in (plain, compiled):
            started_s = time.process_time()
            picture = brush.paint(prompt, seed, way)
            seconds.append(time.process_time() - started_s)
        ratios.append(seconds[0] / seconds[1])
        right.append(judge(picture, scene).right)
    return [
        Row("picture as it is ÷ with compiled blocks", statistics.median(ratios), "", True),
        Row("  the first picture, compiling", first_s, "", True, "s"),
        Row("  right with compiled blocks", 100 * statistics.mean(right), "", True, "%"),
    ]
