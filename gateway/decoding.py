"""Reads a stranger's file as a picture, with one answer for each way in which it may be none.

This costs what the file likes, so only `gateway.sandbox` does it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP")
PIXELS_LIMIT = 64 * 1000 * 1000


class Unreadable(Exception):
    """The file is not a picture that can be used; the message says why and what to do."""


class TooManyPixels(Unreadable):
    """The picture is larger than PIXELS_LIMIT."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: 8-bit sRGB, upright, with alpha only where it has any, and no metadata."""

    png: bytes
    width: int
    height: int
    format: str  # of the file: png, jpeg or webp


def decode(data: bytes) -> Picture:
    """Reads a file. Raises Unreadable."""
    image = _open(data)
    file_format = str(image.format).lower()
    try:
        image.load()
        image = ImageOps.exif_transpose(_to_srgb(to_8_bits(image)))
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises whatever broken bytes make its readers raise.
        raise Unreadable(f"The picture is damaged ({error}); export it again.") from error
    file = io.BytesIO()
    # Fast rather than small: the largest picture would take a minute otherwise.
    Image.frombytes(image.mode, image.size, image.tobytes()).save(file, "PNG", compress_level=1)
    return Picture(file.getvalue(), *image.size, file_format)


def _open(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise TooManyPixels(f"The picture is too large ({error}); make it smaller.") from error
    except MemoryError:
        raise
    except Exception as error:
        raise Unreadable(
            "The file is not a picture that can be read; upload a PNG, JPEG or WebP file."
        ) from error
    width, height = image.size
    if width * height > PIXELS_LIMIT:
        limit = f"at most {PIXELS_LIMIT // 1_000_000} megapixels are taken; make it smaller."
        raise TooManyPixels(f"The picture has {width} × {height} pixels; {limit}")
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise Unreadable(f"The picture is animated ({frames} frames); upload one frame of it.")
    return image


def to_8_bits(image: Image.Image) -> Image.Image:
    """Returns the picture in 8 bits a channel: RGB, RGBA or CMYK."""
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits a pixel, whatever the mode is called.
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode == "CMYK" else image.convert("RGB")


def _to_srgb(image: Image.Image) -> Image.Image:
    """Converts colours by the embedded profile; a profile that makes no sense is passed over."""
    profile = image.info.get("icc_profile")
    wanted = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            screen = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] untyped in Pillow
            converted = ImageCms.profileToProfile(image, source, screen, outputMode=wanted)
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert(wanted)
