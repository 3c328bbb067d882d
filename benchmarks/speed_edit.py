"""Instruction edits: what the three qualities cost and give, through DiffSynth."""

# pyright: standard
# Torch code: diffusers and DiffSynth are typed in part only, so strictness would report their gaps, not ours.
from __future__ import annotations

import random
from typing import Any

import torch

from benchmarks.quality_easel import SIZE, set_up
from benchmarks.quality_edit import CFG
from benchmarks.speed_text import tell
from benchmarks.speed_ways import Way, compare
from benchmarks.table import Row
from limner.models.entry import Mode
from services.pipelines.catalogue import BUILT_IN_EDITOR
from services.pipelines.recipes import recipes_of
from services.pipelines.stock import read_catalogue
from services.shapes.checkpoint import EDIT_CHECKPOINT, NEGATIVE
from services.shapes.comparison import judge_edit
from services.shapes.edit_course import Pair, show
from services.shapes.edit_draws import edit_requests
from services.shapes.instructions import instruction

Asked = tuple[Pair, str]


def measure(count: int) -> list[Row]:
    """Makes each edit at all qualities by turns, and at the normal one without sparing a step."""
    # Typed as a torch module, which knows nothing of the seam that loading adds.
    pipeline: Any = set_up(EDIT_CHECKPOINT).pipeline
    recipes = recipes_of(read_catalogue(None).find(BUILT_IN_EDITOR))
    named = {recipe.mode: Way(recipe.steps, recipe.cache) for recipe in recipes}
    whole = Way(named[Mode.NORMAL].steps)
    rng = random.Random(1)
    asked = [
        (Pair(scene, edit, seed), instruction(scene, edit, rng if rng.random() < 0.5 else None))
        for seed, (scene, edit) in enumerate(edit_requests(count))
    ]

    def paint(index: int, request: Asked, way: Way) -> bool:
        pair, said = request
        pictures = show(pair)
        pipeline.seam.begin()
        pipeline.seam.forecast.begin(way.cache, way.steps)
        with torch.inference_mode():
            after = pipeline(
                said,
                negative_prompt=NEGATIVE,
                cfg_scale=CFG,
                width=SIZE[0],
                height=SIZE[1],
                seed=index,
                num_inference_steps=way.steps,
                edit_image=pictures,
                edit_image_auto_resize=False,
            )
        return judge_edit(pictures[0], after, pair.scene, pair.edit).right

    paint(0, asked[0], named[Mode.DRAFT])
    found = compare("edit", asked, list(dict.fromkeys((whole, *named.values()))), paint)
    normal = found[named[Mode.NORMAL]]
    faster, lost = found[whole].ratio(normal), found[whole].percent - normal.percent
    rows = [
        Row(f"edit of {whole.steps} steps, all computed ÷ some spared", faster, "", True),
        Row("  right lost by that", lost, "≤ 1", lost <= 1, "points"),
    ]
    for mode, way in named.items():
        rows += tell(BUILT_IN_EDITOR, mode, found[way].ratio(normal), found[way].percent)
    return rows
