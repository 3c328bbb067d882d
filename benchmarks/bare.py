"""The built-in model through diffusers alone: paints the pictures that each line of standard input names."""

# pyright: standard
# Torch code.
from __future__ import annotations

import sys
from typing import Any

import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline

from benchmarks.overhead import PAINTING
from services.pipelines.frame import hasten
from services.pipelines.stock import read_catalogue


def main() -> None:
    """Answers every line, the numbers of the first picture and of the next line's, when all are painted."""
    model = read_catalogue(None).find("")
    pipeline: Any = QwenImagePipeline.from_pretrained(
        model.path, torch_dtype=torch.float32, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    hasten(pipeline.vae)
    for line in sys.stdin:
        for number in range(*map(int, line.split())):
            pipeline(
                PAINTING.words(number),
                negative_prompt=" ",
                width=128,
                height=128,
                num_inference_steps=20,
                true_cfg_scale=4.0,
                generator=torch.Generator("cpu").manual_seed(number),
            )
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
