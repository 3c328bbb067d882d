"""One checkpoint, two libraries: how far their pixels lie apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from benchmarks.quality_easel import SIZE, Easel
from benchmarks.quality_scores import judge_each
from benchmarks.table import Row
from services.shapes.captions import caption
from services.shapes.checkpoint import STEPS, load_pipeline
from services.shapes.scenes import Scene, requests


def measure(easel: Easel, checkpoint: Path, count: int) -> list[Row]:
    """Paints the same captions from the same noise with diffusers and DiffSynth, without guidance."""
    stock = load_pipeline(checkpoint)

    def compare(index: int, scene: Scene) -> int:
        theirs = stock(
            caption(scene), width=SIZE[0], height=SIZE[1], num_inference_steps=STEPS, true_cfg_scale=1.0,
            generator=torch.Generator().manual_seed(index),
        ).images[0]  # fmt: skip
        ours = easel.paint(caption(scene), index, cfg=1.0)
        return int(np.abs(np.asarray(ours).astype(int) - np.asarray(theirs).astype(int)).max())

    largest = max(judge_each("libraries", requests(count), compare))
    return [Row("diffusers and DiffSynth, largest difference of 255", largest, "<= 2", largest <= 2)]
