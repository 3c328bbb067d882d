"""The step caches that diffusers has, beside the one used: seconds, and how far pictures change."""

# pyright: standard
# Torch code: diffusers and DiffSynth are typed in part only, so strictness would report their gaps, not ours.
from __future__ import annotations

import statistics
import time

import numpy as np
import torch
from diffusers.hooks.first_block_cache import FirstBlockCacheConfig
from diffusers.hooks.mag_cache import MagCacheConfig
from diffusers.hooks.taylorseer_cache import TaylorSeerCacheConfig
from PIL.Image import Image

from benchmarks.speed_text import STEPS, Brush, ask
from benchmarks.speed_ways import Way
from benchmarks.table import Row
from limner.models.recipe import StepCache
from services.shapes.judge import judge

# By MagCacheConfig(calibrate=True) on four pictures of the built-in model, first and last step apart.
_MAG_RATIO = 0.965


def measure(count: int) -> list[Row]:
    """Paints a few requests with each, in 40 steps."""
    brush, asked, whole = Brush(), ask(count), Way(STEPS)
    caches = {
        "the one used": StepCache(3),
        "FirstBlockCache, threshold 0.1": FirstBlockCacheConfig(0.1),
        "TaylorSeer on attention, interval 3": _taylor(3, lite=False),
        "TaylorSeer lite, interval 3": _taylor(3, lite=True),
        "MagCache, threshold 0.12": MagCacheConfig(
            0.12, num_inference_steps=STEPS, mag_ratios=[1.0, *[_MAG_RATIO] * (STEPS - 1)]
        ),
    }
    rows: list[Row] = []
    plain = [_paint(brush, prompt, seed, whole) for seed, (_, prompt) in enumerate(asked)]
    for name, cache in caches.items():
        if isinstance(cache, StepCache):
            found = [_paint(brush, p, seed, Way(STEPS, cache)) for seed, (_, p) in enumerate(asked)]
        else:
            brush.pipeline.transformer.enable_cache(cache)
            found = [_paint(brush, prompt, seed, whole) for seed, (_, prompt) in enumerate(asked)]
            brush.pipeline.transformer.disable_cache()
        faster = statistics.median(a[0] / b[0] for a, b in zip(plain, found, strict=True))
        change = statistics.mean(_difference(a[1], b[1]) for a, b in zip(plain, found, strict=True))
        right = statistics.mean(judge(b[1], scene).right for b, (scene, _) in zip(found, asked, strict=True))
        rows += [
            Row(f"{STEPS} steps, all computed ÷ {name}", faster, "", True),
            Row("  mean change of a pixel, of 255", change, "", True),
            Row("  right", 100 * right, "", True, "%"),
        ]
    return rows


def _taylor(interval: int, *, lite: bool) -> TaylorSeerCacheConfig:
    return TaylorSeerCacheConfig(
        cache_interval=interval,
        disable_cache_before_step=6,
        disable_cache_after_step=STEPS - 1,
        taylor_factors_dtype=torch.float32,
        use_lite_mode=lite,
    )


def _paint(brush: Brush, prompt: str, seed: int, way: Way) -> tuple[float, Image]:
    started_s = time.process_time()
    picture = brush.paint(prompt, seed, way)
    return time.process_time() - started_s, picture


def _difference(one: Image, other: Image) -> float:
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).mean())
