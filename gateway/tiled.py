"""What tiled pictures may be asked for with: combinations of fields, tiles, targets. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gateway.refusals import check_multiple, problem
from gateway.requests import Entity, TiledRequest
from gateway.schemas import FieldProblem, Model

LONGEST_PX = 8192
RATIO_MAX = 16
LEAST_OVERLAP_PX = 16


def check_form(request: TiledRequest) -> list[FieldProblem]:
    """Refuses fields that exclude or require each other, whatever the model."""
    found = list(_check_painted(request) if request.image is None else _check_enlarged(request))
    if request.is_joint and request.strength is not None:
        text = "strength is given, and mode joint refines nothing; leave it out or set mode to refine."
        found.append(problem("strength", request.strength, text))
    if request.width is not None and request.height is not None:
        found += _check_ratio(request.width, request.height)
    return found


def check_tiles(request: TiledRequest, model: Model) -> list[FieldProblem]:
    """Refuses tiles that the model cannot paint or that are too large for the target or the overlap."""
    bounds = model.min_side_px, model.max_tile_px or model.max_side_px, model.size_multiple_px
    if found := check_multiple("tile_size", request.tile_size, bounds, model.name):
        return found
    tile_px = request.tile_size or min(model.width, model.height)
    if request.overlap is not None and request.overlap > tile_px // 2:
        fix = f"use {LEAST_OVERLAP_PX} to {tile_px // 2}, half of a tile of {tile_px}."
        found.append(problem("overlap", request.overlap, f"overlap is {request.overlap}; {fix}"))
    if request.image is None:
        found += _check_target_holds(request, tile_px, model.min_side_px)
    return found


def check_target(request: TiledRequest, width: int, height: int) -> list[FieldProblem]:
    """Refuses to enlarge a picture of that size to less than it is, beyond the longest side, or a strip."""
    if request.width is not None and request.height is not None:
        if request.width >= width and request.height >= height:
            return []
        field, value = ("width", request.width) if request.width < width else ("height", request.height)
        return [problem(field, value, f"{field} is {value}; use at least the picture's {width} × {height}.")]
    longest, scale = max(width, height), request.scale or 1
    if longest * scale > LONGEST_PX:
        most = math.floor(100 * LONGEST_PX / longest) / 100
        fix = f"use at most {most:g}." if most > 1 else "it cannot grow."
        text = f"scale {scale:g} of {width} × {height} px goes beyond {LONGEST_PX} px; {fix}"
        return [problem("scale", scale, text)]
    return _check_ratio(width, height, "image")


def _check_painted(request: TiledRequest) -> Iterator[FieldProblem]:
    for name, side in (("width", request.width), ("height", request.height)):
        if side is None:
            text = f"{name} is missing; say how large the picture shall be, up to {LONGEST_PX}."
            yield problem(name, None, text)
    for name, value in (("scale", request.scale), ("control_scale", request.control_scale)):
        if value is not None:
            text = f"{name} is given without image; name the picture to enlarge, or leave {name} out."
            yield problem(name, value, text)
    if request.width is not None and request.height is not None:
        yield from _check_boxes(request.entities, request.width, request.height)


def _check_boxes(entities: Sequence[Entity], width: int, height: int) -> Iterator[FieldProblem]:
    for index, box in ((i, each.box) for i, each in enumerate(entities) if each.box is not None):
        if box.right > width or box.bottom > height:
            name = f"entities.{index}.box"
            value = f"{box.left}, {box.top}, {box.right}, {box.bottom}"
            text = f"{name} is {value}, beyond the picture's {width} × {height} px; move it inside."
            yield problem(name, value, text)


def _check_enlarged(request: TiledRequest) -> Iterator[FieldProblem]:
    has_size = request.width is not None or request.height is not None
    if request.scale is not None and has_size:
        yield problem("scale", request.scale, "scale and width with height exclude each other; send one.")
    if request.scale is None and not has_size:
        text = "scale is missing; say how far to enlarge the image, or give width and height."
        yield problem("scale", None, text)
    if request.mode == "joint":
        text = "mode is joint, which paints from noise; leave it out to enlarge an image."
        yield problem("mode", request.mode, text)
    if request.entities:
        text = "entities are given with image, and regions are only painted; leave one of them out."
        yield problem("entities", len(request.entities), text)


def _check_target_holds(request: TiledRequest, tile_px: int, min_side_px: int) -> list[FieldProblem]:
    # What is below the model's least side has been refused already.
    small = [
        (name, side)
        for name, side in (("width", request.width), ("height", request.height))
        if side is not None and min_side_px <= side < tile_px
    ]
    fix = f"less than a tile of {tile_px}; use at least that or a smaller tile_size."
    return [problem(name, side, f"{name} is {side}, {fix}") for name, side in small]


def _check_ratio(width: int, height: int, field: str = "") -> list[FieldProblem]:
    if max(width, height) <= RATIO_MAX * min(width, height):
        return []
    field = field or ("width" if width > height else "height")
    text = f"{width} × {height} px is too long a strip; at most {RATIO_MAX}:1 can be made, change {field}."
    return [problem(field, f"{width} × {height}", text)]
