"""Tries one way of running a model and reads what it took from the job's record."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from limner.answers import Job, Performance, UploadedImage
from limner.cli.trials import Trial
from limner.client import RequestRejected, StudioUnreachable
from limner.models.profiles import Row, bucket_of
from limner.requests import ImageEdit, Layers, Request, TextToImage

_PROMPT = "a red circle on the left and a blue square on the right, white background"
_INSTRUCTION = "make the circle green"
_SEED = 1
_FIRST_STEPS = 2  # Enough to load, to warm up, and to see how slow a step is.
_STEPS = 6
_PATIENCE_S = 30.0  # For the second, careful run; what is slower has been measured by the first one.


class Studio(Protocol):
    """What of AsyncClient is needed."""

    async def submit(self, request: Request) -> Job:
        """Returns the accepted job."""
        ...

    async def wait(self, job_id: str) -> Job:
        """Returns the finished job."""
        ...

    async def cancel(self, job_id: str) -> Job:
        """Asks the job to stop."""
        ...

    async def upload(self, data: bytes) -> UploadedImage:
        """Keeps a picture for jobs."""
        ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a trial took, or why it did not run."""

    trial: Trial
    tier: str = ""  # in which it ran
    load_s: float | None = None  # None when the model was in memory already
    step_s: float | None = None
    decode_s: float | None = None  # of one picture
    peak_bytes: int = 0
    charged_bytes: int = 0
    problem: str = ""  # empty when it ran

    def to_row(self, now_s: float) -> Row | None:
        """Returns it as it is noted down; None when there is nothing to be noted."""
        if self.step_s is None:
            return None
        return Row(
            model=self.trial.model,
            revision=self.trial.revision,
            tier=self.tier,
            bucket_px=bucket_of(self.trial.width_px * self.trial.height_px),
            step_s=self.step_s,
            load_s=self.load_s,
            decode_s=self.decode_s,
            peak_bytes=self.peak_bytes,
            measured_at=now_s,
        )


async def measure(client: Studio, trial: Trial, before: Measurement | None = None) -> Measurement:
    """Returns what the trial took; a tier is asked for by name where there is a choice.

    After a trial `before` of the same model and tier it is warm, and runs once. Cancelling cancels its job.
    Raises StudioUnreachable.
    """
    is_warm = before is not None and (before.trial.model, before.tier) == (trial.model, trial.tier)
    steps = _STEPS if is_warm and before is not None and _is_quick(before.step_s) else _FIRST_STEPS
    try:
        first = await _run(client, trial, steps)
        if first.performance is None or _problem_of(first):
            return Measurement(trial, problem=_problem_of(first) or "the studio measures nothing; update it")
        load = cost = first.performance
        if not is_warm and _is_quick(cost.step_s):
            second = await _run(client, trial, _STEPS)
            cost = second.performance if second.performance and not _problem_of(second) else cost
    except RequestRejected as refused:
        return Measurement(trial, problem=str(refused))
    return _to_measurement(trial, load, cost)


def _is_quick(step_s: float | None) -> bool:
    return step_s is not None and _STEPS * step_s < _PATIENCE_S


def _to_measurement(trial: Trial, load: Performance, cost: Performance) -> Measurement:
    return Measurement(
        trial,
        tier=cost.tier,
        load_s=load.loading_s if load.read_bytes else None,
        step_s=cost.step_s,
        decode_s=cost.decoding_s,
        peak_bytes=max(load.peak_bytes, cost.peak_bytes),
        charged_bytes=max(load.charged_bytes, cost.charged_bytes),
        problem="" if cost.tier == trial.tier else f"it ran in tier {cost.tier}",
    )


async def _run(client: Studio, trial: Trial, steps: int) -> Job:
    job = await client.submit(await _request(client, trial, steps))
    try:
        return await client.wait(job.id)
    except BaseException:
        with suppress(StudioUnreachable, RequestRejected):
            await client.cancel(job.id)
        raise


async def _request(client: Studio, trial: Trial, steps: int) -> Request:
    plain = TextToImage(
        prompt=_PROMPT,
        model=trial.model,
        width=trial.width_px,
        height=trial.height_px,
        steps=steps,
        seed=_SEED,
        tier=trial.tier if trial.has_choice else None,
    )
    if trial.kind == "text-to-image":
        return plain
    picture = (await client.upload(_picture(trial.width_px, trial.height_px))).id
    if trial.kind == "layers":
        return Layers.model_validate({**plain.model_dump(), "image": picture})
    return ImageEdit.model_validate({**plain.model_dump(), "prompt": _INSTRUCTION, "images": [picture]})


def _picture(width_px: int, height_px: int) -> bytes:
    """Returns a grey PNG (ISO/IEC 15948); a client brings no library for pictures."""
    rows = (b"\0" + b"\x80" * width_px) * height_px

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _problem_of(job: Job) -> str:
    if job.error is not None:
        return job.error.message
    return "" if job.status == "succeeded" else f"the job was {job.status}"
