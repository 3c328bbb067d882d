"""Instruction edits: the change made, and everything else kept."""

from __future__ import annotations

import random

from benchmarks.quality_easel import SIZE, Easel
from benchmarks.quality_scores import judge_each, percent
from benchmarks.table import Row
from services.shapes.comparison import EditVerdict, judge_edit
from services.shapes.edit_course import Pair, show
from services.shapes.edit_draws import edit_requests
from services.shapes.instructions import instruction

CFG = 2.0


def measure(easel: Easel, count: int) -> list[Row]:
    """Edits pictures that training never saw, each instruction worded in its own way."""
    rng = random.Random(1)
    asked = [
        (Pair(scene, edit, seed), instruction(scene, edit, rng if rng.random() < 0.5 else None))
        for seed, (scene, edit) in enumerate(edit_requests(count))
    ]

    def edit(index: int, request: tuple[Pair, str]) -> EditVerdict:
        pair, said = request
        pictures = show(pair)
        after = easel.paint(said, index, CFG, edit_image=pictures, edit_image_auto_resize=False)
        return judge_edit(pictures[0], after, pair.scene, pair.edit)

    verdicts = list(judge_each(f"edit {SIZE[0]}x{SIZE[1]}", asked, edit))
    right = percent(v.right for v in verdicts)
    kinds = sorted({type(pair.edit).__name__ for pair, _ in asked})
    return [
        Row("instruction edit, change made and all else kept", right, ">= 92", right >= 92, "%"),
        Row("instruction edit, change made", percent(v.changed for v in verdicts), "", True, "%"),
        Row("instruction edit, all else kept", percent(v.kept for v in verdicts), "", True, "%"),
        *[
            Row(
                f"instruction edit, right: {kind.lower()}",
                percent(
                    v.right
                    for v, (pair, _) in zip(verdicts, asked, strict=True)
                    if type(pair.edit).__name__ == kind
                ),
                "",
                True,
                "%",
            )
            for kind in kinds
        ],
    ]
