"""Edges as a control image shows them, and how well a picture keeps to them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Of the colour gradient, as the service's own preprocessor: grey would hide red beside purple.
LOW, HIGH = 100, 200
TOLERANCE_PX = 2


def draw_edges(pixels: NDArray[np.uint8]) -> NDArray[Any]:
    """Draws the Canny edges of RGB pixels (h, w, 3) as white lines on black, of the same shape."""
    return cv2.Canny(pixels, LOW, HIGH)[..., None].repeat(3, axis=-1)


def edge_f1(wanted: Image.Image, shown: Image.Image, tolerance_px: int = TOLERANCE_PX) -> float:
    """Returns how well the edges of `shown` are those drawn in `wanted`, 0..1: F1 within a tolerance."""
    drawn = np.asarray(wanted.convert("L")) > 127
    seen = draw_edges(np.asarray(shown.convert("RGB")))[..., 0] > 0
    if not drawn.any() or not seen.any():
        return float(drawn.any() == seen.any())
    recall = (distance_px(seen)[drawn] <= tolerance_px).mean()
    precision = (distance_px(drawn)[seen] <= tolerance_px).mean()
    return float(2 * recall * precision / max(recall + precision, 1e-9))


def distance_px(edges: NDArray[np.bool_]) -> NDArray[Any]:
    """Returns each pixel's distance (h, w) to the nearest edge."""
    return cv2.distanceTransform((~edges).astype(np.uint8), cv2.DIST_L2, 5)
