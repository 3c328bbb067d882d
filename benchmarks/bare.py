"""The built-in model through diffusers alone: paints as many pictures as each line of standard input says."""

# pyright: standard
# Torch code.
from __future__ import annotations

import sys
from typing import Any

import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline

from benchmarks.overhead import PROMPT
from services.pipelines.frame import hasten
from services.pipelines.stock import read_catalogue


def main() -> None:
    """Answers every line when its pictures are painted."""
    model = read_catalogue(None).find("")
    pipeline: Any = QwenImagePipeline.from_pretrained(
        model.path, torch_dtype=torch.float32, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    hasten(pipeline.vae)
    for line in sys.stdin:
        for seed in range(int(line)):
            pipeline(
                PROMPT,
                negative_prompt=" ",
                width=128,
                height=128,
                num_inference_steps=20,
                true_cfg_scale=4.0,
                generator=torch.Generator("cpu").manual_seed(seed),
            )
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
