"""How the images of a job reach a client of OpenAI's API."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from gateway import schemas
from gateway.course import follow
from gateway.decoding import Unreadable
from gateway.depot import StorageFailed
from gateway.dialect import translate
from gateway.jobs.job import Job, State
from gateway.openai_answers import (
    CompletedImage,
    ImageEvent,
    PaintedImage,
    PaintedImages,
    PartialImage,
    Verb,
    show_size,
)
from gateway.openai_images import ImageOptions, is_due
from gateway.problems import ProblemError
from gateway.studio import Studio
from gateway.thumbnails import Rendition

_STATUS = {"INVALID_FIELDS": 422, "MODEL_NOT_FOUND": 404}


@dataclass(slots=True)
class _Previews:
    """Which previews of the image that is being made were sent."""

    wanted: int
    image_index: int = 0
    sent: int = 0

    def take(self, preview: schemas.PreviewEvent, total_steps: int) -> bool:
        if preview.image_index != self.image_index:
            self.image_index, self.sent = preview.image_index, 0
        is_one = is_due(preview.step, total_steps, self.sent, self.wanted)
        self.sent += is_one
        return is_one


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was asked for besides the images themselves."""

    studio: Studio
    options: ImageOptions
    verb: Verb
    base_url: str  # of the gateway, as the client calls it

    async def send_whole(self, job: Job) -> PaintedImages:
        """Waits until the job has ended and returns its images. Raises ProblemError."""
        last: schemas.Job | None = None
        async with aclosing(follow(job, self.studio)) as turns:
            async for turn in turns:
                last = turn if isinstance(turn, schemas.Job) else last
        ended = _check(job.id, last)
        first = ended.images[0]
        return PaintedImages(
            created=_seconds(ended.finished_at),
            data=[await self._show(image) for image in ended.images],
            output_format=self.options.format,
            size=f"{first.width}x{first.height}",
        )

    async def send_events(self, job: Job) -> AsyncGenerator[bytes]:
        """Yields server-sent events: previews, each image as soon as it is made, or an error."""
        try:
            async with aclosing(self._tell(job)) as events:
                async for event in events:
                    yield event
        except ProblemError as error:
            _, failure = translate(error.problem.model_dump())
            data = failure.model_dump_json()
            yield format_sse_event(event="error", data_str=data)

    async def _tell(self, job: Job) -> AsyncGenerator[bytes]:
        previews, told = _Previews(self.options.partial_images or 0), 0
        last: schemas.Job | None = None
        async with aclosing(follow(job, self.studio)) as turns:
            async for turn in turns:
                match turn:
                    case schemas.Job():
                        last = turn
                        for image in turn.images[told:]:
                            yield _to_message(await self._complete(image))
                        told = max(told, len(turn.images))
                    case schemas.PreviewEvent() if last is not None:
                        if previews.take(turn, last.progress.total_steps):
                            yield _to_message(self._show_preview(turn, previews.sent - 1, last))
                    case _:
                        yield KEEPALIVE_COMMENT
        _check(job.id, last)

    async def _show(self, image: schemas.JobImage) -> PaintedImage:
        if self.options.response_format != "url":
            return PaintedImage(b64_json=await self._encode(image), seed=image.seed)
        query = "" if self.options.format == "png" else f"?format={self.options.format}"
        return PaintedImage(url=f"{self.base_url}images/{image.id}{query}", seed=image.seed)

    async def _complete(self, image: schemas.JobImage) -> CompletedImage:
        return CompletedImage(
            type=f"{self.verb}.completed",
            b64_json=await self._encode(image),
            created_at=_seconds(None),
            size=f"{image.width}x{image.height}",
            output_format=self.options.format,
            seed=image.seed,
        )

    def _show_preview(self, preview: schemas.PreviewEvent, index: int, job: schemas.Job) -> PartialImage:
        return PartialImage(
            type=f"{self.verb}.partial_image",
            b64_json=preview.data_url.partition(",")[2],
            created_at=_seconds(None),
            size=show_size(job.request),
            partial_image_index=index,
        )

    async def _encode(self, image: schemas.JobImage) -> str:
        try:
            data = await self._load(image.id)
        except Unreadable as error:
            raise ProblemError(422, "UNREADABLE_IMAGE", str(error)) from error
        except StorageFailed as error:
            text = f"The image store cannot be used now ({error}); see GET {image.url} later."
            raise ProblemError(503, "STORAGE_UNAVAILABLE", text, headers=_FINAL) from error
        if data is None:
            raise ProblemError(404, "IMAGE_NOT_FOUND", f"The image {image.id} was deleted meanwhile.")
        return base64.b64encode(data).decode()

    async def _load(self, image_id: str) -> bytes | None:
        if self.options.format == "png":
            return await self.studio.books.images.get(image_id)
        thumbnails, quality = self.studio.thumbnails, self.options.output_compression
        if quality is not None:
            return await thumbnails.pack(image_id, self.options.format, quality)
        kept = await thumbnails.open_file(Rendition(image_id, self.options.format))
        return b"".join([chunk async for chunk in kept.chunks]) if kept is not None else None


# The job is made already; a repetition would be another one.
_FINAL = {"X-Should-Retry": "false"}


def _check(job_id: str, job: schemas.Job | None) -> schemas.Job:
    """Returns the job if it has succeeded. Raises ProblemError."""
    headers = _FINAL | {"X-Request-Id": job_id}
    if job is None or not job.status.is_final:
        text = f"The studio is stopping; the job goes on when it is back: see GET /jobs/{job_id}."
        raise ProblemError(503, "STUDIO_STOPPING", text, headers=headers)
    if job.error is not None:
        status = _STATUS.get(job.error.code, 500)
        raise ProblemError(status, job.error.code, job.error.message, headers=headers)
    if job.status is not State.SUCCEEDED:
        raise ProblemError(409, "JOB_CANCELLED", "The job was cancelled.", headers=headers)
    return job


def _to_message(event: ImageEvent) -> bytes:
    return format_sse_event(event=event.type, data_str=event.model_dump_json())


def _seconds(moment: datetime | None) -> int:
    return int((moment or datetime.now(UTC)).timestamp())
