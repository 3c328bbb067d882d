"""Files that are no pictures, or not the ones that were asked for."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image


def encode(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    """Returns an image as a file."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


@cache
def odd_pictures() -> tuple[bytes, ...]:
    """Returns them all."""
    good = encode(Image.linear_gradient("L").resize((64, 64)))
    jpeg = encode(Image.new("RGB", (64, 64), "red"), "JPEG")
    webp = encode(Image.new("RGBA", (64, 64), "red"), "WEBP")
    return (
        b"",
        b"\0",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        *(file[:kept] for file in (good, jpeg, webp) for kept in (8, 20, 40, len(file) // 2, len(file) - 4)),
        *(file[:cut] + b"\xff" + file[cut + 1 :] for file in (good, jpeg, webp) for cut in (0, 12, 25, 60)),
        encode(Image.new("P", (8, 8)), "GIF"),
        encode(Image.new("RGB", (8, 8)), "TIFF"),
        encode(Image.new("1", (1, 1))),
        encode(Image.new("I;16", (64, 64), 7)),
        encode(Image.new("CMYK", (64, 64)), "JPEG"),
        encode(Image.new("P", (64, 64)), transparency=b"\0\x80"),
        encode(Image.new("RGB", (3, 64), "white")),
        encode(Image.new("L", (65, 64), 255)),
        encode(Image.new("L", (64, 64), 0)),
        encode(Image.new("RGB", (64, 64)), save_all=True, append_images=[Image.new("RGB", (64, 64), "red")]),
        encode(Image.new("RGB", (64, 64)), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"),
        encode(Image.new("RGB", (64, 64)), "JPEG", exif=b"Exif\0\0nonsense"),
        *ill_turned_pictures(),
        encode(Image.new("RGB", (64, 64)), icc_profile=b"nonsense"),
        *(_claim(side) for side in (0, 1, 64, 9_000, 60_000, 2**31 - 1, 2**32 - 1)),
        _with_chunk(good, b"zTXt", b"key\0\0" + zlib.compress(bytes(80 * 2**20))),
        _with_chunk(good, b"iCCP", b"key\0\0" + zlib.compress(bytes(80 * 2**20))),
        _with_chunk(good, b"iTXt", b"key\0\x01"),
        _with_chunk(good, b"tRNS", b""),
        _with_chunk(good, b"acTL", b"\0\0"),
        _with_chunk(good, b"pHYs", b"\0"),
        _with_chunk(good, b"eXIf", b"MM\0*\0\0\0\x08\xff\xff"),
        good + bytes(2**20),
    )


def ill_turned_pictures() -> tuple[bytes, ...]:
    """Returns files that are to be turned upright, and whose EXIF holds a directory that is none."""
    turned = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    directories = (struct.pack(">HHII", 0xA005, 1, 1, 1), struct.pack(">HHII", 0x8825, 3, 2, 1))
    head = b"Exif\0\0MM\0*\0\0\0\x08\0\x02"
    picture = Image.new("RGB", (64, 64))
    return tuple(encode(picture, "JPEG", exif=head + turned + each + bytes(4)) for each in directories)


def _claim(side: int) -> bytes:
    """A file that claims to be a square of that size and holds next to nothing."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1024))
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    end_of_header = 8 + 25
    return png[:end_of_header] + _chunk(kind, data) + png[end_of_header:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
