"""Makes a smaller or differently packed file of a kept picture; only `gateway.sandbox` does it."""

from __future__ import annotations

import io

from PIL import Image

from gateway.decoding import Unreadable, to_8_bits
from gateway.texts import find_texts, pack_exif

# WebP's careful methods take half a minute for the largest picture and save a few percent.
_FAST_ABOVE_PIXELS = 4_000_000
_USUAL_QUALITY, _SMALL_QUALITY = 92, 80


def render(data: bytes, file_format: str, side_px: int | None, quality: int | None = None) -> bytes:
    """Returns a png, jpeg or webp whose longest side is at most `side_px`; in full it keeps its texts.

    `quality` is that of jpeg and webp, 0 to 100. Raises Unreadable.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            exif = pack_exif(find_texts(image)) if side_px is None else b""
            picture = _shrink(image, side_px)
    except (OSError, SyntaxError, ValueError) as error:
        raise Unreadable(f"The kept picture is damaged ({error}); upload or make it again.") from error
    usual = _USUAL_QUALITY if side_px is None else _SMALL_QUALITY
    return _pack(picture, file_format, exif, usual if quality is None else quality)


def _shrink(image: Image.Image, side_px: int | None) -> Image.Image:
    if side_px is None:
        return to_8_bits(image)
    # First reduced by whole numbers, so that no second large picture is made.
    if image.mode in {"RGB", "RGBA", "L"}:
        image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
        return to_8_bits(image)
    picture = to_8_bits(image)
    picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return picture


def _pack(picture: Image.Image, file_format: str, exif: bytes, quality: int) -> bytes:
    file = io.BytesIO()
    match file_format:
        case "webp":
            method = 4 if picture.width * picture.height <= _FAST_ABOVE_PIXELS else 0
            try:
                picture.save(file, "WEBP", quality=quality, method=method, exif=exif)
            except ValueError as error:
                raise Unreadable(f"WebP cannot hold this picture ({error}); ask for png or jpeg.") from error
        case "jpeg":
            _onto_white(picture).save(file, "JPEG", quality=quality, exif=exif)
        case _:
            picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _onto_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture)
    return paper
