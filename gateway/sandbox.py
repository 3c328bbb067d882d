"""Does one errand with a file in a process that may cost only so much.

`python -m gateway.sandbox ERRAND [ARGUMENTS]`: standard input is the file; standard output is a line of JSON
and, where the errand makes one, a file.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict

from PIL import Image

from gateway import decoding, rendering, texts

# The largest picture takes 256 MB, and thrice that while it is turned, converted or packed.
_MEMORY_BYTES = 2 * 1024**3
_CPU_S = 40

_Answer = tuple[dict[str, object], bytes]


def _read(data: bytes) -> _Answer:
    picture = decoding.decode(data)
    return {"width": picture.width, "height": picture.height, "format": picture.format}, picture.png


def _inspect(data: bytes) -> _Answer:
    return asdict(texts.read_texts(data)), b""


def _render(data: bytes, file_format: str, side_px: str, quality: str = "") -> _Answer:
    chosen = int(quality) if quality else None
    return {}, rendering.render(data, file_format, int(side_px) or None, chosen)


_ERRANDS: Mapping[str, Callable[..., _Answer]] = {"read": _read, "inspect": _inspect, "render": _render}


def main(errand: str, *arguments: str) -> None:
    """Answers for the file on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    # Ours is the limit that counts, and it has a better message.
    Image.MAX_IMAGE_PIXELS = None
    try:
        head, body = _ERRANDS[errand](sys.stdin.buffer.read(), *arguments)
    except decoding.Unreadable as error:
        head = {"refusal": str(error), "is_too_large": isinstance(error, decoding.TooManyPixels)}
        body = b""
    except MemoryError:
        head, body = {"refusal": "The picture takes too much memory to be read; make it smaller."}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


if __name__ == "__main__":
    main(*sys.argv[1:])
