"""Measures the autoencoder on single pictures and what a sweep of seeds saves: `make bench-vae`."""

# pyright: standard
# Torch code.
from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any

import torch
from diffsynth.models.qwen_image_vae import QwenImageVAE

from benchmarks.table import Row, report
from services.pipelines.frame import hasten
from services.shapes.checkpoint import CFG, CHECKPOINT, NEGATIVE, load_vae
from services.shapes.pictures import render
from services.shapes.scenes import requests
from services.shapes.tokens import build_processor
from services.synthesis.loading import load_pipeline
from services.synthesis.prompts import remember_prompts

SIDES_PX = (128, 256, 512)
SEEDS = 3

Work = Callable[[Any, torch.Tensor], torch.Tensor]


@torch.no_grad()
def main() -> None:
    """Times stock against hastened in turns, in both libraries, and a sweep with and without its memory."""
    parser = argparse.ArgumentParser(prog="benchmarks.vae", description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = [row for side in SIDES_PX for row in compare_libraries(side, options.repeats)]
    report("vae", [*rows, *sweep(options.repeats)])


def compare_libraries(side_px: int, repeats: int) -> Iterator[Row]:
    """Yields the rows of one size."""
    diffusers = load_vae()
    diffsynth = QwenImageVAE(base_dim=12, num_res_blocks=1).eval()
    diffsynth.load_state_dict(diffusers.state_dict())
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 3, 1, side_px, side_px, generator=generator) * 2 - 1
    latents = torch.randn(1, 16, 1, side_px // 8, side_px // 8, generator=generator)
    works: list[tuple[str, Any, Work, torch.Tensor]] = [
        ("diffusers encode", diffusers, lambda vae, x: vae.encode(x).latent_dist.mode(), picture),
        ("diffusers decode", diffusers, lambda vae, x: vae.decode(x).sample, latents),
        ("DiffSynth encode", diffsynth, lambda vae, x: vae.encode(x[:, :, 0]), picture),
        ("DiffSynth decode", diffsynth, lambda vae, x: vae.decode(x[:, :, 0]), latents),
    ]
    for name, stock, work, inputs in works:
        yield from compare(f"{name}, {side_px} px", stock, lambda vae, w=work, x=inputs: w(vae, x), repeats)


def compare(name: str, stock: Any, work: Callable[[Any], torch.Tensor], repeats: int) -> Iterator[Row]:
    """Yields how many times faster the hastened autoencoder is, and how far its numbers are from stock."""
    fast = hasten(copy.deepcopy(stock))
    before, after = medians([lambda: work(stock), lambda: work(fast)], repeats)
    apart = float((work(fast) - work(stock)).abs().max())
    yield Row(f"{name}: hastened", after * 1000, "", True, "ms")
    yield Row(f"{name}: stock / hastened", before / after, ">= 2", before >= 2 * after, "x")
    yield Row(f"{name}: max difference", apart, "<= 1e-4", apart <= 1e-4)


def sweep(repeats: int) -> Iterator[Row]:
    """Yields what remembering the prompt saves per image of a sweep, without and with a picture."""
    stock, remembering = load_editor(), load_editor()
    memory = remember_prompts(remembering)
    picture = render(requests(1)[0], 128, 128)
    for name, shown in (("prompt", None), ("prompt with a picture", [picture])):

        def paint(pipeline: Any, shown: Any = shown) -> None:
            memory.forget()
            for seed in range(SEEDS):
                pipeline(
                    "make the circle green", negative_prompt=NEGATIVE, cfg_scale=CFG, edit_image=shown,
                    edit_image_auto_resize=False, width=128, height=128, seed=seed, num_inference_steps=2,
                    progress_bar_cmd=list,
                )  # fmt: skip

        before, after = medians([lambda p=paint: p(stock), lambda p=paint: p(remembering)], repeats)
        saved_ms = (before - after) / SEEDS * 1000
        yield Row(
            f"{name} remembered over {SEEDS} seeds: saved per image", saved_ms, "> 0", saved_ms > 0, "ms"
        )


def load_editor() -> Any:
    """Returns the built-in model in DiffSynth, able to see pictures."""
    with redirect_stdout(sys.stderr):  # DiffSynth prints what it loads.
        pipeline: Any = load_pipeline(CHECKPOINT, torch.float32, "cpu")
    pipeline.processor = build_processor(pipeline.tokenizer)
    hasten(pipeline.vae)
    return pipeline


def medians(works: list[Callable[[], object]], repeats: int) -> list[float]:
    """Returns the median seconds of each work, all taking turns, after a warm-up."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats + 1):
        for work, taken in zip(works, times, strict=True):
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken[1:]) for taken in times]


if __name__ == "__main__":
    main()
