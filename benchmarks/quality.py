"""Measures how often the built-in model paints what it was asked for: `make bench-quality`."""

from __future__ import annotations

import argparse
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

from benchmarks.table import Row, report
from services.shapes.captions import caption
from services.shapes.checkpoint import CFG, CHECKPOINT, NEGATIVE, STEPS, load_pipeline
from services.shapes.judge import Verdict, judge
from services.shapes.scenes import Scene, requests

BATCH = 20
OTHER_SIZES = ((160, 96), (96, 160), (160, 160), (192, 128))
ATTRIBUTES = ("background", "count", "kinds", "colours", "places")


@dataclass(frozen=True, slots=True)
class Brush:
    """A pipeline with the settings under test."""

    pipeline: QwenImagePipeline
    steps: int
    cfg: float

    def paint(self, prompts: Sequence[str], size: tuple[int, int], seed: int) -> list[Image.Image]:
        """Paints one image per prompt at `size` px (width, height); image i starts from noise `seed + i`."""
        return self.pipeline(
            list(prompts),
            negative_prompt=[NEGATIVE] * len(prompts),
            width=size[0],
            height=size[1],
            num_inference_steps=self.steps,
            true_cfg_scale=self.cfg,
            generator=[torch.Generator().manual_seed(seed + i) for i in range(len(prompts))],
        ).images


def main() -> None:
    """Judges the checkpoint on requests that training never saw."""
    options = parse()
    torch.set_num_threads(options.threads)
    brush = Brush(load_pipeline(options.checkpoint), options.steps, options.cfg)
    scenes = requests(options.count)
    verdicts = list(judge_all(brush, scenes, (128, 128)))
    others = [v for i, size in enumerate(OTHER_SIZES) for v in judge_all(brush, scenes[i::20], size)]
    report("quality", [*adherence(verdicts), other_sizes(others), speed(brush)])


def parse() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.quality", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=500, help="unseen requests; a fifth again in other sizes"
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--cfg", type=float, default=CFG)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


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


def percent(flags: Iterator[bool]) -> float:
    """Returns the share of true flags in percent."""
    return 100 * statistics.mean(flags)


def speed(brush: Brush) -> Row:
    """Times one image at 128x128 after a warm-up: the median of five."""
    prompt, times = "a red circle on the left and a blue square on the right, white background", []
    for index in range(6):
        started = time.perf_counter()
        brush.paint([prompt], (128, 128), index)
        times.append(time.perf_counter() - started)
    median = statistics.median(times[1:])
    return Row("seconds per image, 128x128", median, "<= 3", median <= 3, "s")


if __name__ == "__main__":
    main()
