"""Text-to-image: what spared steps and the three qualities cost and give, through diffusers."""

# pyright: standard
# Torch code: diffusers and DiffSynth are typed in part only, so strictness would report their gaps, not ours.
from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, cast

import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from PIL.Image import Image

from benchmarks.speed_ways import Way, compare
from benchmarks.table import Row
from limner.models.entry import Mode
from limner.models.recipe import pick
from services.pipelines.catalogue import BUILT_IN
from services.pipelines.forecast import Forecast
from services.pipelines.recipes import recipes_of
from services.pipelines.stock import read_catalogue
from services.shapes.captions import caption
from services.shapes.checkpoint import CFG, NEGATIVE, load_pipeline
from services.shapes.judge import judge
from services.shapes.scenes import Scene, requests
from services.t2i.sparing import spare_steps

STEPS = 40
Asked = tuple[Scene, str]


class Brush:
    """The built-in painter, one picture at a time."""

    def __init__(self) -> None:
        self.pipeline: QwenImagePipeline = load_pipeline()
        self.forecast: Forecast = spare_steps(self.pipeline.transformer)

    def paint(self, prompt: str, seed: int, way: Way) -> Image:
        """Paints one picture as the worker does."""
        self.forecast.begin(way.cache, way.steps)

        def see_step(*_: object) -> dict[str, Any]:
            self.forecast.advance()
            return {}

        with torch.inference_mode():
            painted: Any = self.pipeline(
                prompt,
                negative_prompt=NEGATIVE,
                width=128,
                height=128,
                num_inference_steps=way.steps,
                true_cfg_scale=CFG,
                generator=torch.Generator().manual_seed(seed),
                # Annotated too narrowly in diffusers 0.42: it gets four arguments and its answer is used.
                callback_on_step_end=cast("Any", see_step),
            )
        return painted.images[0]


def ask(count: int) -> list[Asked]:
    """Returns scenes that training never saw, each worded in its own way."""
    rng = random.Random(1)
    return [(scene, caption(scene, rng if rng.random() < 0.5 else None)) for scene in requests(count)]


def measure(count: int) -> list[Row]:
    """Paints each request in all ways by turns."""
    brush = Brush()
    recipes = recipes_of(read_catalogue(None).find(BUILT_IN))
    named = {recipe.mode: Way(recipe.steps, recipe.cache) for recipe in recipes}
    whole, spared = Way(STEPS), Way(STEPS, pick(recipes, Mode.NORMAL).cache)
    brush.paint("a red circle", 0, named[Mode.DRAFT])
    ways = list(dict.fromkeys((whole, spared, *named.values())))

    def paint(index: int, asked: Asked, way: Way) -> bool:
        return judge(brush.paint(asked[1], index, way), asked[0]).right

    found = compare("text-to-image", ask(count), ways, paint)
    faster = found[whole].ratio(found[spared])
    lost = found[whole].percent - found[spared].percent
    rows = [
        Row(f"picture of {STEPS} steps, all computed ÷ some spared", faster, "≥ 1.7", faster >= 1.7),
        Row("  adherence lost by that", lost, "≤ 1", lost <= 1, "points"),
        Row("  right with all computed", found[whole].percent, "", True, "%"),
        Row("  right with some spared", found[spared].percent, "", True, "%"),
    ]
    for mode, way in named.items():
        rows += tell(BUILT_IN, mode, found[way].ratio(found[named[Mode.NORMAL]]), found[way].percent)
    return rows


def tell(model: str, mode: Mode, seconds: float, right: float) -> Sequence[Row]:
    """Returns what a quality of a model costs and gives."""
    return (
        Row(f"{model}, {mode.value}: seconds ÷ normal's", seconds, "", True),
        Row(f"{model}, {mode.value}: right", right, "", True, "%"),
    )
