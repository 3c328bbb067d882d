"""Pictures as they come in: looked at by the front, decoded by the worker that can be killed for it."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps

from limner.failure import Violation
from limner.image.v1 import image_pb2
from services.rpc.errors import InvalidFields

_FORMATS = ("PNG", "JPEG", "WEBP")
BYTES_LIMIT = 64 * 2**20
PIXELS_LIMIT = 64 * 1000 * 1000
_TURNED = range(5, 9)  # Values of EXIF's orientation that exchange width and height.


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture and its size in px as it is meant to be seen."""

    field: str  # of the request that brought it
    data: bytes
    width_px: int
    height_px: int

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.width_px, self.height_px


def look_at(image: image_pb2.Image, field: str) -> Picture | Violation:
    """Reads the header of a picture, or says what is wrong with it."""
    if image.WhichOneof("source") == "uri":
        text = f"{field}.uri is {image.uri[:100]!r}; this service reads no store, send the file as data."
        return Violation(f"{field}.uri", text)
    if not image.data:
        return Violation(field, f"{field} is empty; send a PNG, JPEG or WebP file as data.")
    if len(image.data) > BYTES_LIMIT:
        return Violation(field, f"{field} has {len(image.data)} bytes; at most {BYTES_LIMIT} are taken.")
    try:
        with Image.open(io.BytesIO(image.data), formats=_FORMATS) as found:
            return _measure(found, image.data, field)
    except Image.DecompressionBombError as error:
        return Violation(field, f"{field} is too large ({error}); make it smaller.")
    except MemoryError:
        raise
    except Exception:  # Pillow raises whatever broken bytes make its readers raise.
        return Violation(field, f"{field} is no picture that can be read; send a PNG, JPEG or WebP file.")


def decode(picture: Picture) -> Image.Image:
    """Returns the pixels, upright, RGB or RGBA; raises InvalidFields for a damaged file."""
    try:
        with Image.open(io.BytesIO(picture.data), formats=_FORMATS) as found:
            found.load()
            image = ImageOps.exif_transpose(found)
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises whatever broken bytes make its readers raise.
        text = f"{picture.field} is damaged ({error}); export it again."
        raise InvalidFields([Violation(picture.field, text)]) from error
    if image.mode.startswith("I"):
        # Sixteen bits a pixel, whatever the mode is called; converting clips.
        image = image.point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def flatten(image: Image.Image) -> Image.Image:
    """Returns the picture in RGB, on white where it was transparent."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _measure(found: Image.Image, data: bytes, field: str) -> Picture | Violation:
    width, height = found.size
    if width * height > PIXELS_LIMIT:
        text = f"at most {PIXELS_LIMIT // 1_000_000} megapixels are taken."
        return Violation(field, f"{field} has {width} × {height} pixels; {text}")
    if (frames := getattr(found, "n_frames", 1)) > 1:
        return Violation(field, f"{field} is animated ({frames} frames); send one frame of it.")
    if found.getexif().get(ExifTags.Base.Orientation) in _TURNED:
        width, height = height, width
    return Picture(field, data, width, height)
