"""What is told while an image is being denoised: steps, time left, previews, checkpoints."""

# pyright: standard
# Torch code.
from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import torch
from google.protobuf.duration_pb2 import Duration

from limner.image.v1.image_pb2 import Image, Size
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Checkpoint, Progress
from services.pipelines.brief import Brief
from services.pipelines.pixels import encode_preview
from services.pipelines.steps import LatentColours, pack_latents
from services.pipelines.worker import Parked, Reporter

_PREVIEW_INTERVAL_S = 0.5  # At most two a second (studio-ui conventions, progress.proto).


class Watch:
    """Follows one run of a job from step to step.

    Run `index` makes the images from `index * images_per_run` on.
    """

    def __init__(
        self,
        brief: Brief,
        index: int,
        fingerprint: str,
        colours: LatentColours,
        report: Reporter,
        checkpoint_every_steps: int,
        images_per_run: int = 1,
    ) -> None:
        self._brief, self._index, self._fingerprint = brief, index, fingerprint
        self._colours, self._report = colours, report
        self._checkpoint_every_steps = checkpoint_every_steps
        self._images_per_run = images_per_run
        self._started_s = self.last_step_s = time.monotonic()
        self._first_step: int | None = None
        self._preview: Image | None = None
        self._previewed_s = self._started_s - _PREVIEW_INTERVAL_S

    def see_estimate(self, step: int, estimate: torch.Tensor) -> None:
        """Paints a preview when one is due; `estimate`: clean latents, packed (1, n, 64)."""
        if self._first_step is None:
            self._first_step = step - 1
        if time.monotonic() - self._previewed_s < _PREVIEW_INTERVAL_S:
            return
        self._previewed_s = time.monotonic()
        pixels = self._colours.paint(estimate, self._brief.width_px, self._brief.height_px)
        data, width, height = encode_preview(pixels)
        self._preview = Image(data=data, format="webp", size=Size(width=width, height=height))

    def see_step(
        self, step: int, latents: torch.Tensor, pack: Callable[[], Mapping[str, torch.Tensor]] = dict
    ) -> None:
        """Reports that `step` steps are done, with `latents` to go on from and what `pack` returns.

        Raises Cancelled or Parked.
        """
        self.last_step_s = time.monotonic()
        last = step == self._brief.steps
        self._report.progress(self._snapshot(step, last))
        if last:
            return
        parking = self._report.parking
        if parking or step % self._checkpoint_every_steps == 0:
            self._report.checkpoint(
                Checkpoint(
                    image_index=self._index * self._images_per_run,
                    step=step,
                    latents=pack_latents(latents, pack()),
                    fingerprint=self._fingerprint,
                )
            )
        if parking:
            raise Parked

    def _snapshot(self, step: int, last: bool) -> Progress:
        steps, runs = self._brief.steps, len(self._brief.seeds)
        done = step - (self._first_step or 0)
        left = steps - step + steps * (runs - self._index - 1)
        eta_s = (self.last_step_s - self._started_s) / done * left
        progress = Progress(
            stage=progress_pb2.STAGE_DECODING if last else progress_pb2.STAGE_DENOISING,
            step=step,
            total_steps=steps,
            image_index=self._index * self._images_per_run,
            image_count=runs * self._images_per_run,
            images_at_once=self._images_per_run,
            eta=Duration(seconds=int(eta_s), nanos=int(eta_s % 1 * 1e9)),
        )
        if self._preview is not None:
            # The latest preview goes with every snapshot, so that a late reader sees it too.
            progress.preview.CopyFrom(self._preview)
        return progress
