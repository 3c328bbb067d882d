"""Which pages of mapped tensors lie in memory."""

# pyright: standard
# Torch code.
from __future__ import annotations

import ctypes
import mmap
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

# madvise(2); Python has no name for the last one, which Linux knows since 5.14.
_WILLNEED, _DONTNEED, _POPULATE_READ = mmap.MADV_WILLNEED, mmap.MADV_DONTNEED, 22
_PAGE_BYTES = mmap.PAGESIZE
_MAPS = Path("/proc/self/maps")

Range = tuple[int, int]  # first address, and the one behind the last


def find_mapped_files() -> tuple[Range, ...]:
    """Returns where files are mapped into this process, in ascending order."""
    found: list[Range] = []
    for line in _MAPS.read_text().splitlines():
        addresses, _, _, _, inode, *_ = line.split(maxsplit=5)
        if inode != "0":
            begin, end = (int(each, 16) for each in addresses.split("-"))
            found.append((begin, end))
    return tuple(found)


def ranges_of(tensors: Iterable[torch.Tensor], among: Sequence[Range]) -> tuple[Range, ...]:
    """Returns the pages in which `tensors` lie, neighbours as one, of those that lie in mapped files.

    `among` is what `find_mapped_files` returned. To take other memory from a process is to lose it.
    """
    begins = [begin for begin, _ in among]
    found: list[Range] = []
    for begin, end in sorted((each.data_ptr(), each.data_ptr() + each.nbytes) for each in tensors):
        index = bisect_right(begins, begin) - 1
        if index < 0 or end > among[index][1]:
            continue
        begin, end = begin // _PAGE_BYTES * _PAGE_BYTES, -(-end // _PAGE_BYTES) * _PAGE_BYTES
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return tuple(found)


def bring(ranges: Sequence[Range]) -> None:
    """Returns when the pages are in memory; other threads go on meanwhile."""
    for begin, end in ranges:
        _madvise()(begin, end - begin, _WILLNEED)
    for begin, end in ranges:
        if _madvise()(begin, end - begin, _POPULATE_READ) != 0:
            # An older kernel: a byte of each page is as good.
            held = np.ctypeslib.as_array((ctypes.c_ubyte * (end - begin)).from_address(begin))
            held[::_PAGE_BYTES].max()


def release(ranges: Iterable[Range]) -> None:
    """Takes the pages from this process; what the kernel keeps of the file serves whoever maps it next.

    Nobody may have written to them: that would be forgotten.
    """
    for begin, end in ranges:
        _madvise()(begin, end - begin, _DONTNEED)


@cache
def _madvise() -> Any:
    function = ctypes.CDLL(None, use_errno=True).madvise
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return function


def trim_heap() -> None:
    """Gives the system back what was freed; glibc keeps it where small and large pieces lie mixed."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
