"""Finds coloured blobs in an image and names their form, colour and place; answers None rather than guess."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from services.shapes.pictures import contour
from services.shapes.scenes import COLOURS, KINDS, PLACES

# Colour distances are in CIE Lab units: 2 is just noticeable, the closest palette pair is 35 apart.
BLOB_DISTANCE = 20.0
# A colour is named when it is this close to the palette's and clearly closer than to the second best.
COLOUR_DISTANCE, COLOUR_RATIO = 30.0, 0.6
# A form is named when it covers its ideal this well (intersection over union) and the others clearly less.
FORM_OVERLAP, FORM_MARGIN = 0.8, 0.08
# A place is named within this distance of its centre, in fractions of the sides (neighbours are 0.3 apart).
PLACE_DISTANCE = 0.11
# Smaller blobs, in fractions of the shorter side squared, are specks; the smallest shape covers 0.015.
SPECK = 0.004


@dataclass(frozen=True, slots=True)
class Blob:
    """A connected area that is not background: its mask (4x), its box in px and its median colour in Lab."""

    mask: np.ndarray
    box: tuple[float, float, float, float]
    colour: np.ndarray


def lab(pixels: np.ndarray) -> np.ndarray:
    """Turns uint8 RGB (..., 3) into float32 CIE Lab of the same shape."""
    flat = np.ascontiguousarray(pixels.reshape(1, -1, 3)).astype(np.float32) / 255
    return cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).reshape(pixels.shape)


@cache
def palette() -> np.ndarray:
    """Returns the named colours in Lab (8, 3), in the order of COLOURS."""
    return lab(np.array(list(COLOURS.values()), np.uint8))


def nearest(image: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Returns the index of the closest colour (n, 3) for each pixel (h, w, 3)."""
    return ((colours**2).sum(1) - 2 * image @ colours.T).argmin(-1)


def name_colour(colour: np.ndarray) -> str | None:
    """Names a colour in Lab, or None where it lies between two names or far from all."""
    distances = np.linalg.norm(palette() - colour, axis=1)
    first, second = np.sort(distances)[:2]
    if first > COLOUR_DISTANCE or first > COLOUR_RATIO * second:
        return None
    return list(COLOURS)[int(distances.argmin())]


def find_ground(image: np.ndarray) -> np.ndarray | None:
    """Returns the background's colour of a Lab image (h, w, 3), or None where no colour covers half of it."""
    labels = nearest(image, palette())
    shares = np.bincount(labels.ravel(), minlength=len(palette())) / labels.size
    if shares.max() < 0.5:
        return None
    return np.median(image[labels == shares.argmax()], axis=0)


def find_blobs(image: np.ndarray, ground: np.ndarray) -> list[Blob]:
    """Returns every area that differs from the background, specks left out, in reading order."""
    differs = (np.linalg.norm(image - ground, axis=-1) > BLOB_DISTANCE).astype(np.uint8)
    differs = cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(differs, connectivity=4)
    least = SPECK * min(image.shape[:2]) ** 2
    masks = [labels == index for index in range(1, count) if stats[index, cv2.CC_STAT_AREA] >= least]
    parts = [part for mask in masks for part in split(image, mask, least)]
    return [measure(image, part, ground) for part in parts]


def split(image: np.ndarray, mask: np.ndarray, least: float) -> list[np.ndarray]:
    """Parts a blob whose core shows several palette colours, as shapes that touch do."""
    core = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not core.any():
        return [mask]
    labels = nearest(image, palette())
    counts = np.bincount(labels[core], minlength=len(palette()))
    colours = np.flatnonzero(counts >= max(0.2 * core.sum(), 1))
    if len(colours) < 2:
        return [mask]
    closest = nearest(image, palette()[colours])
    parts = [mask & (closest == index) for index in range(len(colours))]
    return [part for part in parts if part.sum() >= least]


def measure(image: np.ndarray, mask: np.ndarray, ground: np.ndarray) -> Blob:
    """Takes a blob's colour from its core, and its outline from where the colour is half background."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    colour = np.median(image[depth >= 0.6 * depth.max()], axis=0)
    axis = colour - ground
    share = (image - ground) @ axis / max(float(axis @ axis), 1e-6)
    share = np.where(cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0, share, 0).astype(
        np.float32
    )
    fine = cv2.resize(np.clip(share, 0, 1), None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR) > 0.5
    _, labels, stats, _ = cv2.connectedComponentsWithStats(fine.astype(np.uint8), connectivity=4)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()) if len(stats) > 1 else 0
    x, y, width, height = (int(v) for v in stats[largest, :4])
    crop = labels[y : y + height, x : x + width] == largest
    return Blob(crop, (x / 4, y / 4, width / 4, height / 4), colour)


def name_kind(blob: Blob) -> tuple[str | None, float]:
    """Names a blob's form, None where no ideal fits or two fit alike, with the overlap as confidence."""
    height, width = blob.mask.shape
    if not 0.7 <= width / height <= 1.4:
        return None, 0.0
    overlaps = {kind: overlap(blob.mask, kind) for kind in KINDS}
    (kind, best), (_, second) = sorted(overlaps.items(), key=lambda item: -item[1])[:2]
    sure = best >= FORM_OVERLAP and best - second >= FORM_MARGIN
    return (kind if sure else None), best


def overlap(mask: np.ndarray, kind: str) -> float:
    """Returns the intersection over union with the ideal of the same area and centroid."""
    outline = contour(kind, 0.0, 0.0, 1.0).astype(np.float32)
    ideal = cv2.moments(outline)
    rows, columns = np.nonzero(mask)
    middle = np.array([ideal["m10"], ideal["m01"]]) / ideal["m00"]
    points = (outline - middle) * np.sqrt(len(rows) / ideal["m00"]) + (columns.mean(), rows.mean())
    margin = max(mask.shape) // 2
    canvas = np.zeros((mask.shape[0] + 2 * margin, mask.shape[1] + 2 * margin), np.uint8)
    corners = np.asarray((points + margin) * 16, np.float64).round().astype(np.int32)
    drawn = cv2.fillPoly(canvas, [corners], 1, shift=4) > 0
    seen = np.pad(mask, margin)
    return float((drawn & seen).sum() / (drawn | seen).sum())


def centre(blob: Blob, width: int, height: int) -> tuple[float, float]:
    """Returns the middle of a blob's box, as fractions of a picture's sides in px."""
    x, y, across, down = blob.box
    return (x + across / 2) / width, (y + down / 2) / height


def name_place(centre: tuple[float, float]) -> str | None:
    """Names the place of a centre, or None between places."""
    distances = {name: float(np.linalg.norm(np.subtract(centre, place))) for name, place in PLACES.items()}
    closest = min(distances, key=distances.__getitem__)
    return closest if distances[closest] <= PLACE_DISTANCE else None
