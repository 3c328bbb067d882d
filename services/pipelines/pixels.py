"""Pictures to files: PNG masters that say how they were made, and small previews."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

# Level 1 is within a few percent of the size of level 6 on pictures, at a third of the time.
_PNG_LEVEL = 1
_PREVIEW_SIDE_PX = 512
_LATENT_PX = 8  # One latent covers 8×8 pixels.


def encode_png(image: Image.Image, text: Mapping[str, str]) -> bytes:
    """Returns a PNG with `text` as its text chunks."""
    info = PngInfo()
    for key, value in text.items():
        info.add_itxt(key, value)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_PNG_LEVEL, pnginfo=info)
    return buffer.getvalue()


def encode_preview(pixels: NDArray[np.float32]) -> tuple[bytes, int, int]:
    """Returns a WebP of `pixels` (h, w, 3 in [0, 1], one per latent), its width and its height."""
    small = Image.fromarray((pixels.clip(0, 1) * 255).round().astype(np.uint8), "RGB")
    width, height = small.width * _LATENT_PX, small.height * _LATENT_PX
    shrink = min(1.0, _PREVIEW_SIDE_PX / max(width, height))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return _encode_webp(small.resize(size, Image.Resampling.BICUBIC)), *size


def encode_thumbnail(pixels: NDArray[np.uint8]) -> tuple[bytes, int, int]:
    """Returns a WebP of `pixels` (h, w, 3), its width and its height."""
    picture = Image.fromarray(pixels, "RGB")
    return _encode_webp(picture), picture.width, picture.height


def _encode_webp(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    # method=0: a preview lives for half a second; encoding it takes one millisecond instead of ten.
    picture.save(buffer, "WEBP", quality=75, method=0)
    return buffer.getvalue()


def describe_parameters(prompt: str, negative_prompt: str, settings: Mapping[str, object]) -> str:
    """Returns the `parameters` text in the syntax of the AUTOMATIC1111 web UI, which other tools read."""
    lines = [prompt]
    if negative_prompt.strip():
        lines.append(f"Negative prompt: {negative_prompt}")
    lines.append(", ".join(f"{key}: {value}" for key, value in settings.items()))
    return "\n".join(lines)


def digest(data: bytes) -> str:
    """Returns the sha256 of an encoded file in hex."""
    return hashlib.sha256(data).hexdigest()
