"""What is told while a large picture comes about: tiles, steps, time left, the growing picture."""

from __future__ import annotations

import time

from google.protobuf.duration_pb2 import Duration

from limner.image.v1.image_pb2 import Image, Size
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Progress
from services.pipelines.pixels import encode_thumbnail
from services.pipelines.worker import Reporter
from services.tiling.canvas import Canvas
from services.tiling.plane import Plane

_PREVIEW_INTERVAL_S = 1.0
_PREVIEW_SIDE_PX = 512


class Tally:
    """Counts the tiles of one picture; `total` includes those of all sizes on the way."""

    def __init__(self, report: Reporter, image_index: int, image_count: int, total: int) -> None:
        self._report, self._index, self._count, self._total = report, image_index, image_count, total
        self._done = self._done_before = 0
        self._started_s = time.monotonic()
        self._previewed_s = self._started_s - _PREVIEW_INTERVAL_S
        self._preview: Image | None = None

    def skip(self, tiles: int) -> None:
        """Counts tiles that another worker has finished."""
        self._done += tiles
        self._done_before += tiles

    def finish(self, tiles: int = 1) -> None:
        """Counts tiles."""
        self._done += tiles

    def tell(
        self,
        step: int,
        total_steps: int,
        stage: progress_pb2.Stage.ValueType = progress_pb2.STAGE_DENOISING,
        tiles: int = 1,
    ) -> None:
        """Reports steps of the tiles in work; raises Cancelled."""
        progress = Progress(
            stage=stage,
            step=step,
            total_steps=total_steps,
            image_index=self._index,
            image_count=self._count,
            tile=self._done,
            tile_count=self._total,
        )
        if (left_s := self._left_s(tiles * step / max(1, total_steps))) is not None:
            progress.eta.CopyFrom(Duration(seconds=int(left_s), nanos=int(left_s % 1 * 1e9)))
        if self._preview is not None:
            progress.preview.CopyFrom(self._preview)
        self._report.progress(progress)

    def show(self, canvas: Canvas, base: Plane) -> None:
        """Paints a preview of what is finished over `base`, when one is due."""
        if time.monotonic() - self._previewed_s < _PREVIEW_INTERVAL_S:
            return
        self._previewed_s = time.monotonic()
        data, width, height = encode_thumbnail(canvas.thumbnail(_PREVIEW_SIDE_PX, base))
        self._preview = Image(data=data, format="webp", size=Size(width=width, height=height))

    def _left_s(self, begun: float) -> float | None:
        """Returns the time left, from the tiles that this worker has done; None before the first."""
        done = self._done - self._done_before + begun
        if done < 1:
            return None
        return (time.monotonic() - self._started_s) / done * (self._total - self._done - begun)
