"""A text-to-image service that shows a preview twice a second, and says when each step ended: `… FOLDER`."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from PIL import Image as Pillow

from limner.image.v1.image_pb2 import Image
from limner.progress.v1 import progress_pb2
from tests.gateway.scripted import (
    Context,
    Request,
    Response,
    ScriptedArbiter,
    ScriptedService,
    progress,
    result,
    serve_arbiter,
    serve_images,
)

STEPS = 24
_SIDE_PX = 256
_STEP_S = 0.5


async def paint(request: Request, context: Context) -> AsyncIterator[Response]:
    """Streams steps of even length, each with another preview."""
    for step in range(1, STEPS + 1):
        await asyncio.sleep(_STEP_S)
        image = Image(data=_draw(step), format="webp")
        sys.stdout.write(f"{time.time()}\n")
        sys.stdout.flush()
        yield progress(progress_pb2.STAGE_DENOISING, step, preview=image)
    yield result(request)


def _draw(step: int) -> bytes:
    file = io.BytesIO()
    Pillow.radial_gradient("L").rotate(15 * step).resize((_SIDE_PX, _SIDE_PX)).convert("RGB").save(
        file, "WEBP"
    )
    return file.getvalue()


async def serve(folder: Path) -> None:
    """Serves until it is killed."""
    async with (
        serve_arbiter(folder / "arbiter.sock", ScriptedArbiter()),
        serve_images(folder / "t2i.sock", ScriptedService(usual=paint)),
    ):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
