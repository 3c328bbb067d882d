# pyright: standard
# Torch code.
from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from diffsynth.diffusion.base_pipeline import BasePipeline
from diffsynth.models.qwen_image_dit import ApproximateGELU
from diffsynth.pipelines import qwen_image
from services.synthesis import compatibility

def parts():
    return (ApproximateGELU.forward, qwen_image.rearrange, BasePipeline.vae_output_to_image)

stock = parts()
compatibility.mend()
mended = parts()
compatibility.mend()
assert all(was != now for was, now in zip(stock, mended))
assert parts() == mended
"""


def test_mending_mends_everything_and_again_does_no_harm() -> None:
    # In a process of its own, as it changes DiffSynth for good.
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=100)
