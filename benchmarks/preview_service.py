"""A text-to-image service that shows a preview twice a second, and says when each step ended: `… FOLDER`."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from PIL import Image as Pillow

from benchmarks.script import serve_until_killed
from limner.image.v1.image_pb2 import Image
from limner.progress.v1 import progress_pb2
from tests.gateway.scripted import Context, Request, Response, ScriptedService, progress, result

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


if __name__ == "__main__":
    asyncio.run(serve_until_killed(Path(sys.argv[1]), {"t2i.sock": ScriptedService(usual=paint)}))
