"""ControlNets: a hole that is filled as asked, and edges that are kept to, with the edit service's masks."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from itertools import islice

import numpy as np
from PIL import Image

from benchmarks.quality_easel import SIZE, Easel
from benchmarks.quality_scores import judge_each, percent
from benchmarks.table import Row
from services.edit.composition import paste
from services.shapes.areas import Area, draw_area
from services.shapes.captions import caption
from services.shapes.edges import edge_f1
from services.shapes.edit_draws import edit_requests
from services.shapes.edits import Add, Recolour, Reform, Remove
from services.shapes.flow import TOKEN_PX
from services.shapes.judge import Verdict, judge
from services.shapes.pictures import render
from services.shapes.scenes import Scene, requests
from services.shapes.train_controls import CONTEXT_PREFIX
from services.synthesis.preprocessing import CANNY, preprocess
from services.synthesis.stencil import spread

INPAINT_CFG, CANNY_CFG = 4.0, 4.0


def measure_inpaint(easel: Easel, count: int) -> list[Row]:
    """Fills holes around a place with another shape, or with none."""
    rng = random.Random(1)
    drawn = edit_requests(2 * count, kinds=(Recolour, Reform, Add, Remove))
    fills = ((scene, edit) for scene, edit in drawn if edit.apply(scene).shapes)
    asked = [
        (scene, edit.apply(scene), draw_area((edit.change[0] or edit.change[1]).place, SIZE, rng))
        for scene, edit in islice(fills, count)
    ]

    def fill(index: int, request: tuple[Scene, Scene, Area]) -> tuple[bool, bool]:
        scene, wanted, area = request
        before, coverage = render(scene, *SIZE, seed=index), area.draw()
        mask = Image.fromarray(spread(coverage, SIZE, TOKEN_PX)).convert("RGB")
        held = easel.control("inpaint", before, inpaint_mask=mask)
        painted = easel.paint(
            caption(wanted), index, INPAINT_CFG,
            input_image=before, inpaint_mask=mask, blockwise_controlnet_inputs=held,
        )  # fmt: skip
        after = paste(painted, before, coverage)
        outside = coverage == 0
        kept = (np.asarray(after)[outside] == np.asarray(before)[outside]).all()
        return judge(after, wanted).right, bool(kept)

    verdicts = list(judge_each("inpaint", asked, fill))
    right, kept = (percent(flags) for flags in zip(*verdicts, strict=True))
    return [
        Row("inpaint, the hole obeys the prompt", right, ">= 95", right >= 95, "%"),
        Row("inpaint, outside bit-identical", kept, "100", kept == 100, "%"),
    ]


def measure_canny(easel: Easel, count: int) -> list[Row]:
    """Paints captions over the edges of pictures that training never saw, held to them by a ControlNet."""

    def paint(edges: Image.Image, said: str, seed: int) -> Image.Image:
        held = easel.control("canny", edges)
        return easel.paint(said, seed, CANNY_CFG, blockwise_controlnet_inputs=held)

    return _measure_edges("canny", count, paint)


def measure_context(easel: Easel, count: int) -> list[Row]:
    """Does the same with the edges in context."""

    def paint(edges: Image.Image, said: str, seed: int) -> Image.Image:
        return easel.paint(CONTEXT_PREFIX + said, seed, CANNY_CFG, context_image=edges)

    return _measure_edges("context", count, paint)


def _measure_edges(name: str, count: int, paint: Callable[[Image.Image, str, int], Image.Image]) -> list[Row]:
    def draw(index: int, scene: Scene) -> tuple[float, float, Verdict]:
        edges = preprocess(CANNY, render(scene, *SIZE, seed=index), {})
        after = paint(edges, caption(scene), index)
        shown = preprocess(CANNY, after, {})
        return edge_f1(edges, shown), edge_f1(edges, shown, tolerance_px=1), judge(after, scene)

    found = list(judge_each(name, requests(count), draw))
    f1, strict_f1 = (statistics.mean(each) for each in list(zip(*found, strict=True))[:2])
    colours = percent(v.colours and v.background for *_, v in found)
    right = percent(v.right for *_, v in found)
    return [
        Row(f"{name}, edge F1 within 1.5 px", f1, ">= 0.90", f1 >= 0.90),
        Row(f"{name}, edge F1 within 1 px", strict_f1, "", True),
        Row(f"{name}, colours from the prompt", colours, ">= 95", colours >= 95, "%"),
        Row(f"{name}, everything right", right, "", True, "%"),
    ]
