"""The service's decoding of a picture tile by tile, against decoding all of it at once."""

# pyright: standard
# Torch code.
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.table import Row
from benchmarks.tiling_worker import generate
from limner.tiling.v1 import tiling_pb2
from services.pipelines.frame import hasten
from services.pipelines.stock import read_catalogue
from services.shapes.pictures import render
from services.shapes.scenes import requests
from services.synthesis import compatibility
from services.synthesis.denoising import install
from services.synthesis.loading import load_pipeline
from services.tiling.base import Base
from services.tiling.canvas import Canvas
from services.tiling.pipeline import TiledPipeline
from services.tiling.reading import to_job

SIDE_PX = 384
_JOINT = tiling_pb2.Tiles(mode=tiling_pb2.MODE_JOINT)


@torch.inference_mode()
def measure(count: int) -> list[Row]:
    """Decodes the latents of `count` drawn scenes both ways."""
    catalogue = read_catalogue(None)
    job = to_job(
        tiling_pb2.Task(generate=generate("-", (SIDE_PX, SIDE_PX), 0, tiles=_JOINT).generate), catalogue
    )
    compatibility.mend()
    pipeline: Any = load_pipeline(job.brief.model.path, torch.float32, "cpu")
    hasten(pipeline.vae)
    install(pipeline, TiledPipeline)
    stage = job.plan().stages[0]
    base = Base(pipeline, job, stage, 0)
    apart: list[NDArray[np.float64]] = []
    for seed, scene in enumerate(requests(count, seed=7)):
        latents = _encode(pipeline, np.asarray(render(scene, SIDE_PX, SIDE_PX, seed)))
        whole = np.asarray(
            pipeline.vae_output_to_image(pipeline.vae.decode(latents, device="cpu", tiled=False))
        )
        with tempfile.TemporaryDirectory(prefix="tiling") as folder:
            canvas = Canvas.open(Path(folder), stage.size, stage.tiles, job.overlap_px, "decode")
            for index, tile in enumerate(stage.tiles):
                canvas.put(index, base.decode(latents, tile))
            tiled = canvas.assemble().read((0, 0, *stage.size))
        apart.append(np.abs(tiled.astype(np.float64) - whole))
    return compare(apart)


def compare(apart: list[NDArray[np.float64]]) -> list[Row]:
    """Returns the figures of differences in levels of 255."""
    mean = float(np.mean([one.mean() for one in apart]))
    worst = float(max(one.max() for one in apart))
    many = float(np.mean([(one.max(axis=-1) > 8).mean() for one in apart]))
    return [
        Row(f"tiled VAE decode − untiled, mean of {len(apart)} latents", mean, "≤ 1", mean <= 1, "of 255"),
        Row("  largest difference of a pixel", worst, "", True, "of 255"),
        Row("  pixels more than 8 apart", 100 * many, "", True, "%"),
    ]


def _encode(pipeline: Any, pixels: NDArray[np.uint8]) -> torch.Tensor:
    picture = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    return pipeline.vae.encode(picture, device="cpu", tiled=False)
