"""The built-in model through DiffSynth alone: edits the pictures that each line of standard input names."""

# pyright: standard
# Torch code.
from __future__ import annotations

import io
import sys

import torch
from PIL import Image

from benchmarks.overhead import EDITING, source_png
from services.pipelines.catalogue import EDIT
from services.pipelines.frame import hasten
from services.pipelines.stock import read_catalogue
from services.synthesis import compatibility
from services.synthesis.loading import load_pipeline


def main() -> None:
    """Answers every line, the numbers of the first picture and of the next line's, when all are edited."""
    model = read_catalogue(None).find("", EDIT)
    compatibility.mend()
    pipeline = load_pipeline(model.path, torch.float32, "cpu")
    hasten(pipeline.vae)
    compatibility.attach_image_positions(pipeline)
    source = Image.open(io.BytesIO(source_png())).convert("RGB")
    for line in sys.stdin:
        for number in range(*map(int, line.split())):
            pipeline(
                EDITING.words(number),
                negative_prompt=" ",
                edit_image=[source],
                edit_image_auto_resize=False,
                width=128,
                height=128,
                num_inference_steps=model.limits.default_steps,
                cfg_scale=model.limits.default_edit_guidance_scale,
                seed=number,
                progress_bar_cmd=list,  # pyright: ignore[reportArgumentType] annotated as tqdm's class
            )
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
