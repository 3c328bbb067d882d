"""Entities: each region obeys its own prompt."""

from __future__ import annotations

import random

from PIL import Image

from benchmarks.quality_easel import SIZE, Easel
from benchmarks.quality_scores import judge_each, percent
from benchmarks.table import Row
from services.shapes.areas import LATENT_PX, draw_area
from services.shapes.captions import article
from services.shapes.judge import Verdict, judge
from services.shapes.scenes import Scene, requests
from services.synthesis.stencil import spread

CFG = 4.0


def measure(easel: Easel, count: int) -> list[Row]:
    """Asks for each shape in an area of its own; the global prompt says no more than the background."""
    rng = random.Random(1)

    def paint(index: int, scene: Scene) -> Verdict:
        prompts = [f"{article(shape.colour)} {shape.colour} {shape.kind}" for shape in scene.shapes]
        areas = [draw_area(shape.place, SIZE, rng).draw() for shape in scene.shapes]
        masks = [Image.fromarray(spread(area, SIZE, LATENT_PX)).convert("RGB") for area in areas]
        image = easel.paint(
            f"{scene.background} background", index, CFG,
            eligen_entity_prompts=prompts, eligen_entity_masks=masks,
        )  # fmt: skip
        return judge(image, scene)

    verdicts = list(judge_each("entities", requests(count), paint))
    obeyed = percent(v.count and v.kinds and v.colours and v.places for v in verdicts)
    return [
        Row("entities, each region obeys its own prompt", obeyed, ">= 92", obeyed >= 92, "%"),
        Row("entities, background right too", percent(v.right for v in verdicts), "", True, "%"),
        Row("entities, colours right", percent(v.colours for v in verdicts), "", True, "%"),
        Row("entities, places right", percent(v.places for v in verdicts), "", True, "%"),
    ]
