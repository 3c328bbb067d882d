"""Puts what was painted back into the picture it belongs to."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from services.synthesis.geometry import Margins
from services.synthesis.stencil import Coverage


def paste(painted: Image.Image, original: Image.Image, coverage: Coverage) -> Image.Image:
    """Returns `original` with `painted` where it is covered; bit-identical to it where nothing is."""
    if painted.size != original.size:
        painted = painted.resize(original.size, Image.Resampling.LANCZOS)
    weight = coverage[..., None].astype(np.float32) / 255
    before = np.asarray(original.convert("RGB"))
    mixed = np.rint(before * (1 - weight) + np.asarray(painted.convert("RGB")) * weight)
    return Image.fromarray(np.where(weight > 0, mixed, before).astype(np.uint8), "RGB")


def widen(original: Image.Image, margins: Margins) -> tuple[Image.Image, Coverage]:
    """Returns the picture with its border drawn out into the margins, and a mask that covers only these."""
    sides = (margins.top, margins.bottom, margins.left, margins.right)
    wide = cv2.copyMakeBorder(np.asarray(original.convert("RGB")), *sides, cv2.BORDER_REPLICATE)
    coverage = np.full(wide.shape[:2], 255, np.uint8)
    coverage[margins.top : margins.top + original.height, margins.left : margins.left + original.width] = 0
    return Image.fromarray(wide.astype(np.uint8), "RGB"), coverage
