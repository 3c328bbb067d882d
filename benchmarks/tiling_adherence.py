"""Whether each region of a wide scene shows what its own prompt says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from benchmarks.quality_scores import percent
from benchmarks.table import Row
from benchmarks.tiling_energy import compare_overlaps
from benchmarks.tiling_worker import generate, paint
from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Box, Mask
from limner.tiling.v1 import tiling_pb2
from services.shapes.captions import PHRASES, phrase
from services.shapes.judge import Verdict, judge
from services.shapes.scenes import Scene, draw_scene
from services.tiling.plan import plan_joint
from services.tiling.reading import usual_overlap

REGIONS, SIDE_PX = 4, 128


@dataclass(frozen=True, slots=True)
class Wide:
    """A picture as wide as four: what each quarter shall show, all on one background."""

    scenes: tuple[Scene, ...]

    def task(self, seed: int) -> tiling_pb2.Task:
        """Asks for it: the picture's prompt says the background, and each region its own shapes."""
        entities = [
            edit_pb2.Entity(prompt=say(scene), mask=_mask(index)) for index, scene in enumerate(self.scenes)
        ]
        prompt = f"{self.scenes[0].background} background"
        return generate(prompt, (REGIONS * SIDE_PX, SIDE_PX), seed, entities=entities)

    def judge(self, picture: Image.Image) -> list[Verdict]:
        """Judges each region as a picture of its own, its borders with the neighbours included."""
        parts = (
            picture.crop((index * SIDE_PX, 0, (index + 1) * SIDE_PX, SIDE_PX)) for index in range(REGIONS)
        )
        return [judge(part, scene) for part, scene in zip(parts, self.scenes, strict=True)]


async def measure(count: int) -> list[Row]:
    """Paints and judges `count` wide pictures that training never saw a part of."""
    wides = draw(count)
    pictures = await paint("adherence", [wide.task(seed) for seed, wide in enumerate(wides)])
    judged = [wide.judge(picture) for wide, picture in zip(wides, pictures, strict=True)]
    return [*compare(judged), *find_seams(pictures)]


def find_seams(pictures: Sequence[Image.Image]) -> list[Row]:
    """Returns whether tiles that were denoised together show on even ground, region by region."""
    size = REGIONS * SIDE_PX, SIDE_PX
    (stage,) = plan_joint(size, SIDE_PX, usual_overlap(SIDE_PX)).stages
    found = compare_overlaps([np.asarray(picture, np.float64) for picture in pictures], stage.tiles)
    return [
        Row("  seams on even ground: jump where tiles overlap", found.border**0.5, "", True, "of 255"),
        Row("  seams on even ground: jump elsewhere", found.elsewhere**0.5, "", True, "of 255"),
    ]


def compare(judged: Sequence[Sequence[Verdict]]) -> list[Row]:
    """Returns the figures of judged pictures."""
    every = [verdict for verdicts in judged for verdict in verdicts]
    obeyed = percent(verdict.right for verdict in every)
    name = f"adherence: regions of a 4×-wide scene that obey their prompt, {len(judged)} pictures"
    return [
        Row(name, obeyed, "≥ 90", obeyed >= 90, "%"),
        Row(
            "  pictures with all four right",
            percent(all(v.right for v in one) for one in judged),
            "",
            True,
            "%",
        ),
        Row("  backgrounds right", percent(v.background for v in every), "", True, "%"),
        Row("  count right", percent(v.count for v in every), "", True, "%"),
        Row("  colours right", percent(v.colours for v in every), "", True, "%"),
        Row("  places right", percent(v.places for v in every), "", True, "%"),
        Row("  kinds right", percent(v.kinds for v in every), "", True, "%"),
    ]


def draw(count: int) -> list[Wide]:
    """Returns `count` different pictures, the same ones each time."""
    rng = random.Random(9)
    return [_draw_one(rng) for _ in range(count)]


def say(scene: Scene) -> str:
    """Describes what is in a scene, but not its background."""
    return " and ".join(phrase(shape, PHRASES[shape.place][0]) for shape in scene.shapes)


def _draw_one(rng: random.Random) -> Wide:
    first = draw_scene(rng, unseen=True)
    scenes = [first]
    while len(scenes) < REGIONS:
        scene = draw_scene(rng, unseen=True)
        if scene.background == first.background and scene not in scenes:
            scenes.append(scene)
    return Wide(tuple(scenes))


def _mask(index: int) -> Mask:
    return Mask(box=Box(left=index * SIDE_PX, top=0, right=(index + 1) * SIDE_PX, bottom=SIDE_PX))
