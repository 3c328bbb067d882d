"""What a safetensors file says of itself, read without its tensors.

The format: a length of 8 bytes, that many bytes of JSON, then the tensors' bytes without gaps
(https://github.com/huggingface/safetensors). Nothing a file says is believed before it was checked.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypeGuard, cast

_LENGTH_BYTES = 8
# As the reference implementation limits it.
_MAX_HEADER_BYTES = 100_000_000
_MAX_DIMENSIONS = 32
_MAX_SIDE = 2**63
_METADATA = "__metadata__"
_BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "I64": 64,
    "U64": 64,
    "F64": 64,
    "C64": 64,
}
_GGUF = b"GGUF"


class HeaderBroken(Exception):
    """The file cannot be used; the message completes a sentence that begins with the file's name."""


class HeaderForeign(HeaderBroken):
    """The file is of another format."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor, without its numbers."""

    dtype: str  # as the format names it: BF16, F8_E4M3
    shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """All tensors of one file, or of one part of a model."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]

    @property
    def parameters(self) -> int:
        """How many numbers there are in all."""
        return sum(tensor.parameters for tensor in self.tensors.values())

    @property
    def dtype(self) -> str:
        """The dtype of most numbers; empty without any."""
        counts: dict[str, int] = {}
        for tensor in self.tensors.values():
            counts[tensor.dtype] = counts.get(tensor.dtype, 0) + tensor.parameters
        return max(counts, key=counts.__getitem__, default="")


def read_header(path: Path) -> Header:
    """Returns the checked header of a file. Raises HeaderBroken, or OSError."""
    file_bytes = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(_LENGTH_BYTES)
        if start.startswith(_GGUF):
            raise HeaderForeign("is a GGUF file")
        if len(start) < _LENGTH_BYTES:
            raise HeaderBroken(f"has {file_bytes} bytes, too few for a header")
        (header_bytes,) = struct.unpack("<Q", start)
        data_bytes = file_bytes - _LENGTH_BYTES - header_bytes
        if header_bytes > _MAX_HEADER_BYTES:
            raise HeaderBroken(f"claims a header of {header_bytes} bytes, more than any has")
        if data_bytes < 0:
            raise HeaderBroken(
                f"is cut off: its header alone would have {header_bytes} bytes and there are "
                f"{file_bytes - _LENGTH_BYTES}"
            )
        return parse_header(stream.read(header_bytes), data_bytes)


def parse_header(text: bytes, data_bytes: int) -> Header:
    """Returns the header in `text`, which `data_bytes` bytes of tensors follow. Raises HeaderBroken."""
    try:
        found = json.loads(text, object_pairs_hook=_reject_repeated)
    except (ValueError, RecursionError) as error:
        raise HeaderBroken(f"has a header that is no JSON ({str(error)[:100]})") from error
    if not isinstance(found, dict):
        raise HeaderBroken("has a header that lists no tensors")
    entries = cast("dict[str, Any]", found)
    metadata = _read_metadata(entries.pop(_METADATA, {}))
    tensors: dict[str, Tensor] = {}
    spans: list[tuple[int, int, str]] = []
    for name, entry in entries.items():
        tensors[name], start, end = _read_tensor(name, entry)
        spans.append((start, end, name))
    _check_spans(sorted(spans), data_bytes)
    return Header(tensors, metadata)


def _reject_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _read_metadata(entry: object) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise HeaderBroken("has metadata of another kind than text")
    metadata = cast("dict[str, object]", entry)
    if not all(isinstance(value, str) for value in metadata.values()):
        raise HeaderBroken("has metadata of another kind than text")
    return cast("dict[str, str]", metadata)


def _read_tensor(name: str, entry: object) -> tuple[Tensor, int, int]:
    found = cast("dict[str, object]", entry) if isinstance(entry, dict) else {}
    dtype, shape, span = found.get("dtype"), _counts(found.get("shape")), _counts(found.get("data_offsets"))
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise HeaderBroken(f"has a tensor {name[:100]!r} of the unknown dtype {str(dtype)[:20]!r}")
    if shape is None or len(shape) > _MAX_DIMENSIONS:
        raise HeaderBroken(f"has a tensor {name[:100]!r} of an impossible shape")
    if span is None or len(span) != 2 or span[0] > span[1]:
        raise HeaderBroken(f"has a tensor {name[:100]!r} at an impossible place")
    tensor = Tensor(dtype, shape)
    size_bytes = span[1] - span[0]
    if size_bytes * 8 != tensor.parameters * _BITS[dtype]:
        raise HeaderBroken(
            f"has a tensor {name[:100]!r} whose {size_bytes} bytes do not fit its shape and dtype"
        )
    return tensor, span[0], span[1]


def _counts(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list):
        return None
    counts = [each for each in cast("list[object]", value) if _is_count(each)]
    return tuple(counts) if len(counts) == len(cast("list[object]", value)) else None


def _is_count(value: object) -> TypeGuard[int]:
    # A bool is an int in Python, and none in the format.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_SIDE


def _check_spans(spans: list[tuple[int, int, str]], data_bytes: int) -> None:
    """Makes sure that tensors lie one behind the other and fill the file."""
    at = 0
    for start, end, name in spans:
        if start < at:
            raise HeaderBroken(f"has a tensor {name[:100]!r} that overlaps another")
        if start > at:
            raise HeaderBroken(f"has a gap of {start - at} bytes before its tensor {name[:100]!r}")
        at = end
    if at > data_bytes:
        raise HeaderBroken(
            f"is cut off: its header promises {at} bytes of tensors and there are {data_bytes}"
        )
    if at < data_bytes:
        raise HeaderBroken(f"has {data_bytes - at} bytes more than its header tells of")
