"""Whether the borders of tiles can be seen in finished pictures.

The energy at a line is the mean square, over channels, of the difference of neighbouring pixels. A subject's
own edges have thousands of times the energy of a seam, so that it would decide where they happen to lie.
Therefore each scene is enlarged twice, the second time cut out of the same drawing 48 px further: what lies
on a tile's border in one picture lies inside a tile in the other, with the same phase in the grids of tokens
(16 px) and latents (8 px). The energy at the borders of each is divided by that of the same content in the
other. All borders of the service's own cover count, where tiles begin and where they end, two lines to both
sides of each included: otherwise an edge that was merely painted a pixel further would count as a seam, or as
the lack of one.

On even ground, more than `_CLEAR_PX` from the drawing's own edges, a seam shows first. There the lines
themselves are compared, and their energy is told as a jump in levels of 255 too, as the ratio alone does not
say whether it can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from benchmarks.table import Row
from benchmarks.tiling_energy import Floats, Sums, borders
from benchmarks.tiling_worker import paint, upscale
from limner.tiling.v1 import tiling_pb2
from services.shapes.pictures import render
from services.shapes.scenes import Scene, requests
from services.tiling.plan import plan_enlarged
from services.tiling.reading import usual_overlap
from tests.edit.drawing import message

TILE_PX = 128
SOURCE_PX, SCALE = 160, 2  # nine tiles of 128 px that overlap by 32, the least that the service allows itself
SHIFT_PX = 48  # in the result: from every border to the inside of one tile alone
_CLEAR_PX = 12
_REACH_PX = 2
_EDGE = 12  # of 255, from pixel to pixel


async def measure(count: int) -> list[Row]:
    """Enlarges `count` pictures, in pairs."""
    scenes = requests(count // 2, seed=5)
    drawings = [draw(scene, index) for index, scene in enumerate(scenes)]
    tasks = [
        task
        for index, drawing in enumerate(drawings)
        for task in (_ask(drawing, 0, index), _ask(drawing, 1, index))
    ]
    made = [np.asarray(image, np.float64) for image in await paint("seams", tasks)]
    return compare(made, drawings)


def draw(scene: Scene, seed: int) -> Image.Image:
    """Paints a scene large enough for both cuts."""
    side = SOURCE_PX + SHIFT_PX // SCALE
    return render(scene, side, side, seed)


def compare(made: Sequence[Floats], drawings: Sequence[Image.Image]) -> list[Row]:
    """Returns the figures of pictures in pairs."""
    everywhere, on_ground = Sums(_edges(), _REACH_PX, SHIFT_PX), Sums(_edges(), 0, SHIFT_PX)
    for index, drawing in enumerate(drawings):
        pair = made[2 * index], made[2 * index + 1]
        clear = _find_ground(drawing)
        for turned in (False, True):
            one, other, ground = (np.swapaxes(p, 0, 1) if turned else p for p in (*pair, clear))
            everywhere.add(one, other, np.ones_like(ground))
            on_ground.add(one, other, ground)
    all_px, ground_px = everywhere.energies(), on_ground.energies()
    name = f"seams: gradient energy across tile borders ÷ elsewhere, {len(made)} enlarged pictures"
    return [
        Row(name, all_px.ratio, "≤ 1.05", all_px.ratio <= 1.05, "×"),
        Row("  on even ground alone", ground_px.ratio, "", True, "×"),
        Row("  jump across borders on even ground", ground_px.border**0.5, "", True, "of 255"),
        Row("  jump elsewhere on even ground", ground_px.elsewhere**0.5, "", True, "of 255"),
    ]


def _edges() -> list[int]:
    """Returns the columns, or rows, at which tiles of a picture begin or end."""
    size = SOURCE_PX * SCALE, SOURCE_PX * SCALE
    plan = plan_enlarged((SOURCE_PX, SOURCE_PX), size, TILE_PX, usual_overlap(TILE_PX))
    return borders(plan.hops[-1].tiles, size[0])


def _find_ground(drawing: Image.Image) -> Floats:
    """Returns 1 where the first cut of an enlarged drawing has no edge near by, else 0."""
    side = SOURCE_PX * SCALE
    large = drawing.resize((drawing.width * SCALE, drawing.height * SCALE), Image.Resampling.LANCZOS)
    pixels = np.asarray(large.convert("RGB"))
    kernel = np.ones((2 * _CLEAR_PX + 1, 2 * _CLEAR_PX + 1), np.uint8)
    apart = cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(axis=-1) > _EDGE
    near = cv2.dilate(apart.astype(np.uint8), kernel)
    return (1.0 - near)[:side, :side]


def _ask(drawing: Image.Image, cut: int, seed: int) -> tiling_pb2.Task:
    start = cut * SHIFT_PX // SCALE
    source = drawing.crop((start, start, start + SOURCE_PX, start + SOURCE_PX))
    return upscale(message(source), seed, scale=SCALE)
