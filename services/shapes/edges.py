"""Edges as a control image shows them, and how well one control image keeps to another."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

# The edit service's own thresholds.
LOW, HIGH = 100, 200
TOLERANCE_PX = 1.5


def draw_edges(pixels: NDArray[np.uint8], *, grey: bool = False) -> NDArray[Any]:
    """Draws the Canny edges of RGB pixels (h, w, 3) as white lines on black, of the same shape.

    As `grey`, colours of the same brightness have none: red beside purple, green beside blue.
    """
    seen = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if grey else pixels
    return cv2.Canny(seen, LOW, HIGH)[..., None].repeat(3, axis=-1)


def edge_f1(wanted: Image.Image, shown: Image.Image, tolerance_px: float = TOLERANCE_PX) -> float:
    """Returns how well the white lines of `shown` are those of `wanted`, 0..1: F1 within a tolerance."""
    asked, found = (np.asarray(image.convert("L")) > 127 for image in (wanted, shown))
    if not asked.any() or not found.any():
        return float(asked.any() == found.any())
    recall = (distance_px(found)[asked] <= tolerance_px).mean()
    precision = (distance_px(asked)[found] <= tolerance_px).mean()
    return float(2 * recall * precision / max(recall + precision, 1e-9))


def distance_px(edges: NDArray[np.bool_]) -> NDArray[Any]:
    """Returns each pixel's distance (h, w) to the nearest edge."""
    return cv2.distanceTransform((~edges).astype(np.uint8), cv2.DIST_L2, 5)
