"""Pictures for tests of editing."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from limner.image.v1 import image_pb2
from services.shapes.captions import scene_from_caption
from services.shapes.pictures import render

BEFORE = "a red circle on the left and a blue square on the right, white background"


def scene(caption: str = BEFORE, size: tuple[int, int] = (128, 128), seed: int = 3) -> Image.Image:
    return render(scene_from_caption(caption), *size, seed)


def message(image: Image.Image, file_format: str = "PNG", **options: Any) -> image_pb2.Image:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return image_pb2.Image(data=file.getvalue(), format=file_format.lower())


def box(
    left: int, top: int, right: int, bottom: int, feather_px: int = 0, grow_px: int = 0
) -> image_pb2.Mask:
    rectangle = image_pb2.Box(left=left, top=top, right=right, bottom=bottom)
    return image_pb2.Mask(box=rectangle, feather_px=feather_px, grow_px=grow_px)


def mask(size: tuple[int, int], white: tuple[int, int, int, int] | None) -> Image.Image:
    image = Image.new("L", size)
    if white is not None:
        image.paste(255, white)
    return image


def picture(image: image_pb2.Image) -> Image.Image:
    return Image.open(io.BytesIO(image.data)).convert("RGB")


def pixels(image: Image.Image) -> NDArray[np.int_]:
    return np.asarray(image.convert("RGB")).astype(int)
