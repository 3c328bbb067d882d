"""What a file says of how it was made: PNG text, or else EXIF. Only `gateway.sandbox` reads it."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from gateway.decoding import FORMATS, PIXELS_LIMIT, Unreadable

TEXT_LIMIT_CHARACTERS = 256 * 1024
_NAMES = ("limner", "parameters")
# As other tools do: the A1111 text is the comment. The record is the description, whose letters are ASCII.
_DESCRIPTION, _EXIF, _COMMENT = 0x010E, 0x8769, 0x9286
_UNICODE = b"UNICODE\0"
_EXIF_LIMIT_BYTES = 65_000  # one segment of a JPEG
_BROKEN = (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, struct.error)


@dataclass(frozen=True, slots=True)
class Texts:
    """A picture and what it says of how it was made; what is too long to be true is left out."""

    width: int
    height: int
    format: str  # png, jpeg or webp
    limner: str | None
    parameters: str | None


def read_texts(data: bytes) -> Texts:
    """Reads the texts of a file, which may end in the midst of its pixels. Raises Unreadable."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except _BROKEN as error:
        text = "The file is not a picture that can be read; send a PNG, JPEG or WebP file."
        raise Unreadable(text) from error
    found = find_texts(image)
    if not found:
        found = _behind_pixels(image)
    return Texts(
        *image.size, str(image.format).lower(), limner=found.get("limner"), parameters=found.get("parameters")
    )


def find_texts(image: Image.Image) -> dict[str, str]:
    """Returns the texts before the pixels, by name."""
    found = {name: image.info.get(name) for name in _NAMES}
    if not any(found.values()):
        found = _read_exif(image)
    return {
        name: str(text)
        for name, text in found.items()
        if isinstance(text, str) and 0 < len(text) <= TEXT_LIMIT_CHARACTERS
    }


def pack_exif(texts: Mapping[str, str]) -> bytes:
    """Returns the texts as EXIF, or nothing where they are too long for it."""
    if not texts:
        return b""
    exif = Image.Exif()
    if "limner" in texts:
        exif[_DESCRIPTION] = _to_ascii(texts["limner"])
    if "parameters" in texts:
        exif.get_ifd(_EXIF)[_COMMENT] = _UNICODE + texts["parameters"].encode("utf-16-be", "replace")
    packed = exif.tobytes()
    return packed if len(packed) <= _EXIF_LIMIT_BYTES else b""


def _to_ascii(json_text: str) -> str:
    """Returns the same JSON with every other letter escaped."""
    return "".join(letter if letter < "\x7f" else _escape(letter) for letter in json_text)


def _escape(letter: str) -> str:
    units = letter.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _behind_pixels(image: Image.Image) -> dict[str, str]:
    """Some tools write them last, behind what must then be decoded."""
    if image.format != "PNG" or image.width * image.height > PIXELS_LIMIT:
        return {}
    try:
        image.load()
    except _BROKEN:
        return {}
    return find_texts(image)


def _read_exif(image: Image.Image) -> dict[str, str]:
    try:
        exif = image.getexif()
        description, comment = exif.get(_DESCRIPTION), exif.get_ifd(_EXIF).get(_COMMENT)
    except _BROKEN:
        return {}
    found: dict[str, str] = {}
    if isinstance(description, str) and description.lstrip().startswith("{"):
        found["limner"] = description
    if isinstance(comment, bytes) and comment.startswith(_UNICODE):
        found["parameters"] = _decode(comment.removeprefix(_UNICODE))
    return found


def _decode(text: bytes) -> str:
    """Writers disagree on the order of bytes; most letters of a prompt have an empty upper one."""
    order = "utf-16-le" if text[1::2].count(0) > text[::2].count(0) else "utf-16-be"
    return text.decode(order, "replace")
