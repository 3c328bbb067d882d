"""A text-to-image service whose pictures are ready before they are asked for: `… FOLDER SIDE_PX`."""

from __future__ import annotations

import asyncio
import hashlib
import io
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from benchmarks.script import serve_until_killed
from limner.image.v1.image_pb2 import Image, Size
from limner.progress.v1 import progress_pb2
from limner.t2i.v1.t2i_pb2 import Result
from tests.gateway.scripted import Context, Request, Response, ScriptedService, progress

PICTURES = 16
# As grainy as a photograph: a PNG of this noise has about 1.5 bytes a pixel.
_GRAIN = 12


@dataclass(frozen=True, slots=True)
class Album:
    """Pictures made in advance; a seed always gets the same one."""

    images: tuple[Image, ...]

    async def paint(self, request: Request, context: Context) -> AsyncIterator[Response]:
        """Streams what a service tells of a job that takes no time."""
        yield progress(progress_pb2.STAGE_DENOISING)
        for index, seed in enumerate(request.seeds):
            image = self.images[seed % len(self.images)]
            yield Response(result=Result(image_index=index, image=image, seed=seed))


def make_album(side_px: int, count: int = PICTURES) -> Album:
    """Returns `count` pictures of that size."""
    return Album(tuple(_make_image(number, side_px) for number in range(count)))


def _make_image(number: int, side_px: int) -> Image:
    noise = np.random.default_rng(number).integers(0, _GRAIN, (side_px, side_px, 3), np.uint8)
    file = io.BytesIO()
    Pillow.fromarray(noise).save(file, "PNG", compress_level=1)
    data = file.getvalue()
    size = Size(width=side_px, height=side_px)
    return Image(data=data, format="png", size=size, sha256=hashlib.sha256(data).hexdigest())


async def serve(folder: Path, side_px: int) -> None:
    """Serves until it is killed."""
    await serve_until_killed(folder, {"t2i.sock": ScriptedService(usual=make_album(side_px).paint)})


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
