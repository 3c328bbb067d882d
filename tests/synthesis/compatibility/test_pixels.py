# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from diffsynth.diffusion.base_pipeline import BasePipeline
from PIL import Image

from services.synthesis.compatibility import pixels

LEVELS = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2))


@pytest.fixture(autouse=True)
def stock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BasePipeline, "vae_output_to_image", pixels._truncate)


def there_and_back(pipeline: Any, picture: Image.Image) -> np.ndarray:
    return np.asarray(pipeline.vae_output_to_image(pipeline.preprocess_image(picture))).astype(int)


def test_cut_off_pixels_are_not_the_ones_that_went_in(pipeline: Any) -> None:
    # When this fails, DiffSynth has healed: pixels.py is no longer needed.
    assert (there_and_back(pipeline, LEVELS) != np.asarray(LEVELS)).any()


def test_rounded_pixels_are(pipeline: Any) -> None:
    pixels.mend_pixels()
    assert np.array_equal(there_and_back(pipeline, LEVELS), np.asarray(LEVELS))
