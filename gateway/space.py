"""Refuses work whose result would find no room."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.images import ImageStore
from gateway.jobs.job import Job
from gateway.jobs.kinds import TRADES
from gateway.problems import disk_full
from gateway.requests import LayersRequest, TiledRequest

_MARGIN = 1.1
_USUAL_SIDE_PX = 1024  # where the size is not known before the service has seen the pictures


async def check_space(jobs: Sequence[Job], images: ImageStore) -> None:
    """Raises ProblemError unless the images of these jobs fit into the store, with a margin."""
    free_bytes = await images.free_bytes()
    needed_bytes = round(_MARGIN * sum(output_bytes(job) for job in jobs))
    if free_bytes is not None and free_bytes < needed_bytes:
        needed, free = (f"{size_bytes / 2**20:.1f} MiB" for size_bytes in (needed_bytes, free_bytes))
        raise disk_full(
            f"The images may take {needed}, and the disk of the image store has {free} left; free some space "
            "or delete old jobs, then send the request again."
        )


def output_bytes(job: Job) -> int:
    """Returns what the images of a job take at the most: PNG makes no picture larger than its pixels."""
    # It has been checked, when it was taken on or before; twice would cost a tenth of taking it on.
    request = TRADES[job.kind].body.model_construct(None, **job.request)
    scale = request.scale or 1.0 if isinstance(request, TiledRequest) else 1.0
    width_px, height_px = (side or round(scale * _USUAL_SIDE_PX) for side in (request.width, request.height))
    channels = 4 if isinstance(request, LayersRequest) else 3
    return request.image_count * width_px * height_px * channels
