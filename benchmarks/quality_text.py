"""Text-to-image: the built-in model paints what it was asked for, through diffusers."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import QwenImagePipeline
from PIL import Image

from benchmarks.quality_scores import percent
from benchmarks.table import Row
from services.shapes.captions import caption
from services.shapes.checkpoint import CFG, NEGATIVE, STEPS, load_pipeline
from services.shapes.judge import Verdict, judge
from services.shapes.scenes import Scene, requests

BATCH = 20
OTHER_SIZES = ((160, 96), (96, 160), (160, 160), (192, 128))
ATTRIBUTES = ("background", "count", "kinds", "colours", "places")


@dataclass(frozen=True, slots=True)
class Brush:
    """A pipeline that paints several pictures at once."""

    pipeline: QwenImagePipeline

    def paint(self, prompts: Sequence[str], size: tuple[int, int], seed: int) -> list[Image.Image]:
        """Paints one image per prompt at `size` px (width, height); image i starts from noise `seed + i`."""
        return self.pipeline(
            list(prompts),
            negative_prompt=[NEGATIVE] * len(prompts),
            width=size[0],
            height=size[1],
            num_inference_steps=STEPS,
            true_cfg_scale=CFG,
            generator=[torch.Generator().manual_seed(seed + i) for i in range(len(prompts))],
        ).images


def measure(checkpoint: Path, count: int) -> list[Row]:
    """Paints scenes that training never saw, a fifth of them again in other sizes."""
    brush = Brush(load_pipeline(checkpoint))
    scenes = requests(count)
    verdicts = list(judge_all(brush, scenes, (128, 128)))
    others = [v for i, size in enumerate(OTHER_SIZES) for v in judge_all(brush, scenes[i::20], size)]
    return [*adherence(verdicts), other_sizes(others), speed(brush)]


def judge_all(brush: Brush, scenes: Sequence[Scene], size: tuple[int, int]) -> Iterator[Verdict]:
    """Paints and judges every scene, each worded in its own way."""
    rng = random.Random(1)
    prompts = [caption(scene, rng if rng.random() < 0.5 else None) for scene in scenes]
    for start in range(0, len(scenes), BATCH):
        images = brush.paint(prompts[start : start + BATCH], size, seed=start)
        yield from map(judge, images, scenes[start : start + BATCH])
        sys.stderr.write(f"\r{size[0]}x{size[1]}: {min(start + BATCH, len(scenes))} of {len(scenes)} ")
    sys.stderr.write("\n")


def adherence(verdicts: Sequence[Verdict]) -> list[Row]:
    """Returns the shares with everything right, with each attribute right, and that the judge cannot read."""
    right = percent(v.right for v in verdicts)
    rows = [Row("text-to-image, everything right", right, ">= 95", right >= 95, "%")]
    for name in ATTRIBUTES:
        share = percent(getattr(v, name) for v in verdicts)
        rows.append(Row(f"text-to-image, {name} right", share, "", True, "%"))
    return [*rows, Row("text-to-image, judge unsure", percent(v.unsure for v in verdicts), "", True, "%")]


def other_sizes(verdicts: Sequence[Verdict]) -> Row:
    """Returns the same for sizes other than 128x128, taken together."""
    name = "text-to-image, everything right at " + " ".join(f"{w}x{h}" for w, h in OTHER_SIZES)
    return Row(name, percent(v.right for v in verdicts), "", True, "%")


def speed(brush: Brush) -> Row:
    """Times one image at 128x128 after a warm-up: the median of five."""
    prompt, times = "a red circle on the left and a blue square on the right, white background", []
    for index in range(6):
        started = time.perf_counter()
        brush.paint([prompt], (128, 128), index)
        times.append(time.perf_counter() - started)
    median = statistics.median(times[1:])
    return Row("seconds per image, 128x128", median, "<= 3", median <= 3, "s")
