"""Planes to files that others can open, streamed through libvips."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pyvips
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from services.tiling.files import publish
from services.tiling.plane import Plane
from services.tiling.tiff import TiffSource

# The longest side that each format can tell; for JPEG as far as libjpeg goes.
_LONGEST_SIDE_PX = {"png": 2**31 - 1, "jpeg": 65500, "webp": 16383}

# libvips' zlib-ng at level 1 leaves files half as large again; beyond 2 nothing is gained.
_PNG = {"compression": 2, "filter": "all"}
_PNG_HEAD_BYTES = 33  # the signature and IHDR, after which text may follow

_EXIF, _USER_COMMENT, _UTF_16 = 0x8769, 0x9286, b"UNICODE\0"
_COMMENT = "parameters"
_PX_PER_MM = 72 / 25.4


def encode(plane: Plane, path: Path, format: str, metadata: Mapping[str, str]) -> None:
    """Writes `plane` as png, jpeg or webp; `path` is seen when the file is whole.

    A png carries `metadata` as iTXt chunks; the others only its `parameters`, as the Exif comment in which
    other tools look for it. Memory does not grow with the area, but libwebp's does. Raises OSError when the
    disk is full, ValueError for a format that cannot be or cannot hold so large a picture.
    """
    _check(plane, format)
    with TiffSource(plane) as source, publish(path) as file:
        image = source.load().copy(xres=_PX_PER_MM, yres=_PX_PER_MM)
        if format == "png":
            sink = _Sink(file, _text_chunks(metadata))
            sink.take(partial(image.pngsave_target, keep="none", **_PNG))
        else:
            save = image.jpegsave_target if format == "jpeg" else image.webpsave_target
            exif = _exif(metadata.get(_COMMENT, ""))
            # Blobs are bytes; pyvips' stubs forgot them.
            image.set_type(pyvips.GValue.blob_type, "exif-data", exif)  # pyright: ignore[reportArgumentType]
            _Sink(file).take(partial(save, keep="exif", Q=92))


class _Sink:
    """Hands what libvips writes to a file, whose errors it keeps."""

    def __init__(self, file: BinaryIO, chunks: bytes = b"") -> None:
        """Puts `chunks` behind the head of a PNG."""
        self._file, self._chunks = file, chunks
        self._count = 0
        self._error: OSError | None = None

    def take(self, save: Callable[[Any], None]) -> None:
        """Runs `save` on a target that leads here; raises OSError."""
        target = pyvips.TargetCustom()
        target.on_write(self._write)
        try:
            save(target)
        except pyvips.Error as error:
            # libvips knows only that a write failed.
            raise (self._error or error) from None

    def _write(self, data: bytes | bytearray | memoryview) -> int:
        missing = max(0, _PNG_HEAD_BYTES - self._count) if self._chunks else 0
        self._count += len(data)
        try:
            self._file.write(data[:missing])
            if 0 < missing <= len(data):
                self._file.write(self._chunks)
            self._file.write(data[missing:])
        except OSError as error:
            self._error = error
            return -1
        return len(data)


def _check(plane: Plane, format: str) -> None:
    if format not in _LONGEST_SIDE_PX:
        raise ValueError(f"format is {format!r}; it must be one of {', '.join(_LONGEST_SIDE_PX)}.")
    longest_px = _LONGEST_SIDE_PX[format]
    if max(plane.size) > longest_px:
        raise ValueError(
            f"format is {format}, which holds at most {longest_px} pixels a side; the picture is "
            f"{plane.size[0]}×{plane.size[1]}. Use png."
        )


def _text_chunks(metadata: Mapping[str, str]) -> bytes:
    # Not by libvips, which writes zTXt, whose readers take UTF-8 for Latin-1, and cuts keys at a space.
    info = PngInfo()
    for key, value in metadata.items():
        info.add_itxt(key, value)
    return b"".join(_chunk(kind, data) for kind, data, *_ in info.chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _exif(comment: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(_EXIF)[_USER_COMMENT] = _UTF_16 + comment.encode("utf-16-be")
    return exif.tobytes()
