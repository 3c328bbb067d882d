"""A plane as libvips reads it bit by bit: as a TIFF of which only the pixels are on disk.

libvips would map a raw file whole, and its pages count as memory of the process that the arbiter watches.
"""

from __future__ import annotations

import os
import struct
from itertools import accumulate
from types import TracebackType
from typing import Self

import pyvips

from services.tiling.layout import Size
from services.tiling.plane import BAND_ROWS, Plane, bands

# BigTIFF, little-endian: its head, a directory of so many fields, and where the next directory is: nowhere.
_HEAD, _COUNT, _FIELD, _NEXT = struct.Struct("<2s3HQ"), struct.Struct("<Q"), struct.Struct("<2HQ8s"), bytes(8)
_SHORT, _LONG8 = 3, 16  # types of fields
_NO_COMPRESSION, _RGB = 1, 2


class TiffSource:
    """Reads a plane behind a header made up for it."""

    def __init__(self, plane: Plane) -> None:
        self._head = make_header(plane.size)
        self._file = plane.path.open("rb", buffering=0)
        self._bytes = len(self._head) + plane.path.stat().st_size
        self._place = 0
        self._source = pyvips.SourceCustom()
        self._source.on_read(self._read)
        self._source.on_seek(self._seek)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def load(self) -> pyvips.Image:
        """Returns the picture, to be read once from the top while this is open."""
        return pyvips.Image.tiffload_source(self._source, access="sequential")

    def _read(self, count: int) -> bytes:
        if self._place < len(self._head):
            data = self._head[self._place : self._place + count]
        else:
            self._file.seek(self._place - len(self._head))
            data = self._file.read(count)
        self._place += len(data)
        return data

    def _seek(self, offset: int, whence: int) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._bytes}[whence]
        self._place = base + offset
        return self._place


def make_header(size: Size) -> bytes:
    """Returns what turns the bytes of a plane behind it into a BigTIFF in strips."""
    width, height = size
    lengths = [(bottom - top) * width * 3 for top, bottom in bands(height)]
    lists_at = _HEAD.size + _COUNT.size + 9 * _FIELD.size + len(_NEXT)
    pixels_at = lists_at + 2 * 8 * len(lengths)
    starts = accumulate(lengths[:-1], initial=pixels_at)
    lists = bytearray()

    def field(tag: int, *values: int) -> bytes:
        """Returns a field, whose values go to the lists when they are more than one."""
        packed = struct.pack(f"<{len(values)}Q", *values)
        if len(values) > 1:
            packed = struct.pack("<Q", lists_at + len(lists))
            lists.extend(struct.pack(f"<{len(values)}Q", *values))
        return _FIELD.pack(tag, _LONG8, len(values), packed)

    fields = [
        field(256, width),
        field(257, height),
        _FIELD.pack(258, _SHORT, 3, struct.pack("<4H", 8, 8, 8, 0)),  # bits of each sample
        field(259, _NO_COMPRESSION),
        field(262, _RGB),
        field(273, *starts),
        field(277, 3),  # samples of each pixel
        field(278, BAND_ROWS),  # rows of each strip
        field(279, *lengths),
    ]
    head = _HEAD.pack(b"II", 43, 8, 0, _HEAD.size) + _COUNT.pack(len(fields))
    # A single value needs no list: its room stays empty.
    return (head + b"".join(fields) + _NEXT + lists).ljust(pixels_at, b"\0")
