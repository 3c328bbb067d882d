"""Text-to-image services whose jobs take the same time each, one after the other: `… FOLDER COUNT JOB_S`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.script import serve_until_killed
from limner.progress.v1 import progress_pb2
from tests.gateway.scripted import Context, Request, Response, ScriptedService, progress, result


class Steady:
    """Sleeps for as long as a job takes, so that cores do not decide; what is sent meanwhile waits."""

    def __init__(self, job_s: float) -> None:
        self._job_s = job_s
        self._turn = asyncio.Lock()

    async def paint(self, request: Request, context: Context) -> AsyncIterator[Response]:
        """Streams what a service tells of a job."""
        async with self._turn:
            yield progress(progress_pb2.STAGE_DENOISING)
            await asyncio.sleep(self._job_s)
            yield result(request)


async def serve(folder: Path, count: int, job_s: float) -> None:
    """Serves until it is killed, at `folder`/t2i-0 and so on."""
    services = {f"t2i-{number}": ScriptedService(usual=Steady(job_s).paint) for number in range(count)}
    await serve_until_killed(folder, services)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
