"""A studio's REST interface in Python: `AsyncClient`, and `Client` for code that does not await."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import ExitStack, aclosing
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from pydantic import BaseModel, ConfigDict

from limner.requests import Request

_FINAL = frozenset({"succeeded", "failed", "cancelled"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# The gateway sends a ping every 15 s; silence for three of them means that it is gone.
_SILENCE_S = 45.0
_RETRY_S = 0.3
_INSPECTED_BYTES = 50 * 1024 * 1024  # The studio takes no more; a PNG tells before its pixels.
_PNG = b"\x89PNG\r\n\x1a\n"
_UPLOAD_S = 120.0  # The largest picture takes a while to be read, and others may come first.


class StudioUnreachable(Exception):
    """Nothing answers at the studio's address."""

    def __init__(self, url: str) -> None:
        super().__init__(f"No studio answers at {url}; start one with `limner run` or set LIMNER_URL.")


class RequestRejected(Exception):
    """The studio refused a request; the message says what was wrong and what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class Progress(_Shape):
    """How far a job is."""

    stage: str
    step: int = 0
    total_steps: int = 0
    queue_position: int | None = None
    eta_s: float | None = None
    waiting_for: str | None = None
    image_index: int = 0
    image_count: int = 1
    images_at_once: int = 1  # that the steps make together, from image_index on
    tile: int = 0  # tiles done of the picture; steps count within the next one
    tile_count: int = 0  # 0: not tiled


class JobImage(_Shape):
    """One finished picture."""

    id: str
    url: str
    width: int
    height: int
    seed: int


class UploadedImage(_Shape):
    """A picture that jobs may refer to by its id."""

    id: str
    url: str
    width: int
    height: int
    format: str  # of the uploaded file: png, jpeg or webp


class InspectedImage(_Shape):
    """How a picture was made, as its file says."""

    kind: str
    request: dict[str, Any]  # the body that makes it again
    seed: int | None  # of this very picture
    width: int
    height: int
    format: str
    missing_images: list[str]  # ids that the request refers to and that the studio does not keep
    dropped_fields: list[str]  # what the studio cannot use


class ControlImage(_Shape):
    """A control image that jobs may refer to by its id."""

    id: str
    url: str
    width: int
    height: int
    kind: str


class JobError(_Shape):
    """Why a job failed."""

    code: str
    message: str


class Job(_Shape):
    """One accepted request and what became of it."""

    id: str
    kind: str
    status: str  # queued, running, cancelling, succeeded, failed or cancelled
    progress: Progress
    request: dict[str, Any]
    images: list[JobImage]
    error: JobError | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in _FINAL


class AsyncClient:
    """Talks to the studio at `url`; to be used in `async with`.

    Every method raises StudioUnreachable when nothing answers and RequestRejected when the studio refuses.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        # A proxy of the environment cannot reach this machine's own addresses.
        local = urlsplit(url).hostname in _LOOPBACK
        self._http = httpx.AsyncClient(base_url=url, trust_env=not local, timeout=httpx.Timeout(30.0))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def submit(self, request: Request, idempotency_key: str | None = None) -> Job:
        """Returns the accepted job; a repeat with the same key returns the job of the first call."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else None
        body = request.model_dump(exclude_none=True)
        path = f"/generate/{request.kind}"
        return Job.model_validate(await self._json("POST", path, json=body, headers=headers))

    async def job(self, job_id: str) -> Job:
        """Returns the job as it is now."""
        return Job.model_validate(await self._json("GET", f"/jobs/{job_id}"))

    async def jobs(self, limit: int = 20) -> list[Job]:
        """Returns the `limit` newest jobs, the newest first."""
        page = await self._json("GET", "/jobs", params={"limit": limit})
        return [Job.model_validate(job) for job in page["jobs"]]

    async def cancel(self, job_id: str) -> Job:
        """Asks the job to stop and returns it as it is then."""
        return Job.model_validate(await self._json("DELETE", f"/jobs/{job_id}"))

    async def watch(self, job_id: str, patience_s: float = 60.0) -> AsyncGenerator[Job]:
        """Yields the job now and after every change, the last time when it has finished.

        Lost connections are opened again; StudioUnreachable is raised after `patience_s` without one.
        """
        heard_at = time.monotonic()
        while True:
            try:
                async with aclosing(self._watch_once(job_id)) as jobs:
                    async for job in jobs:
                        heard_at = time.monotonic()
                        yield job
                        if job.finished:
                            return
            except (httpx.TransportError, StudioUnreachable) as error:
                if time.monotonic() - heard_at > patience_s:
                    raise StudioUnreachable(self.url) from error
            await asyncio.sleep(_RETRY_S)

    async def wait(self, job_id: str, patience_s: float = 60.0) -> Job:
        """Returns the finished job."""
        async with aclosing(self.watch(job_id, patience_s)) as jobs:
            return [job async for job in jobs][-1]

    async def image(self, image: JobImage) -> bytes:
        """Returns the PNG file of a finished picture."""
        return (await self._send("GET", image.url)).content

    async def upload(self, data: bytes) -> UploadedImage:
        """Keeps a PNG, JPEG or WebP file for jobs to refer to; the same picture gets the same id."""
        headers = {"Content-Type": "application/octet-stream"}
        return UploadedImage.model_validate(
            await self._json("POST", "/images", content=data, headers=headers, timeout=_UPLOAD_S)
        )

    async def thumbnail(self, image_id: str, size: int = 256) -> bytes:
        """Returns a WebP of a kept picture whose longest side is at most `size`, from 64 to 512."""
        path = f"/images/{image_id}/thumbnail"
        return (await self._send("GET", path, params={"size": size}, timeout=_UPLOAD_S)).content

    async def inspect(self, data: bytes) -> InspectedImage:
        """Returns how the picture in a PNG, JPEG or WebP file was made; the file is not kept."""
        if len(data) > _INSPECTED_BYTES and data.startswith(_PNG):
            data = data[:_INSPECTED_BYTES]
        headers = {"Content-Type": "application/octet-stream"}
        return InspectedImage.model_validate(
            await self._json("POST", "/images/inspect", content=data, headers=headers, timeout=_UPLOAD_S)
        )

    async def preprocess(self, image_id: str, kind: str, **parameters: float) -> ControlImage:
        """Makes a control image, e.g. the canny edges, of a kept picture, and keeps it."""
        body = {"image": image_id, "kind": kind, "parameters": parameters}
        return ControlImage.model_validate(await self._json("POST", "/preprocess", json=body))

    async def capabilities(self) -> dict[str, Any]:
        """Returns which models and features are on now (GET /capabilities)."""
        return await self._json("GET", "/capabilities")

    async def gpu(self) -> dict[str, Any]:
        """Returns devices, leases and who waits for memory (GET /gpu)."""
        return await self._json("GET", "/gpu")

    async def _watch_once(self, job_id: str) -> AsyncGenerator[Job]:
        timeout = httpx.Timeout(10.0, read=_SILENCE_S)
        async with self._http.stream("GET", "/events", timeout=timeout) as response:
            if not response.is_success:
                await response.aread()
                raise _rejection(response)
            # The stream is open before the job is read, so that no change falls between the two.
            yield await self.job(job_id)
            async for data in _event_data(response.aiter_lines()):
                event = json.loads(data)
                if event.get("type") == "job" and event["job"]["id"] == job_id:
                    yield Job.model_validate(event["job"])

    async def _json(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return (await self._send(method, path, **arguments)).json()

    async def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = await self._http.request(method, path, **arguments)
        except httpx.TransportError as error:
            raise StudioUnreachable(self.url) from error
        if not response.is_success:
            raise _rejection(response)
        return response


class Client:
    """AsyncClient for code that does not await; to be used in `with`, or closed."""

    def __init__(self, url: str) -> None:
        self._exit = ExitStack()
        self._portal: BlockingPortal = self._exit.enter_context(start_blocking_portal())
        self._client = AsyncClient(url)
        self._exit.callback(self._portal.call, self._client.__aexit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._exit.close()

    def submit(self, request: Request, idempotency_key: str | None = None) -> Job:
        """Returns the accepted job; a repeat with the same key returns the job of the first call."""
        return self._portal.call(self._client.submit, request, idempotency_key)

    def job(self, job_id: str) -> Job:
        """Returns the job as it is now."""
        return self._portal.call(self._client.job, job_id)

    def jobs(self, limit: int = 20) -> list[Job]:
        """Returns the `limit` newest jobs, the newest first."""
        return self._portal.call(self._client.jobs, limit)

    def cancel(self, job_id: str) -> Job:
        """Asks the job to stop and returns it as it is then."""
        return self._portal.call(self._client.cancel, job_id)

    def wait(self, job_id: str, patience_s: float = 60.0) -> Job:
        """Returns the finished job."""
        return self._portal.call(self._client.wait, job_id, patience_s)

    def image(self, image: JobImage) -> bytes:
        """Returns the PNG file of a finished picture."""
        return self._portal.call(self._client.image, image)

    def upload(self, data: bytes) -> UploadedImage:
        """Keeps a PNG, JPEG or WebP file for jobs to refer to; the same picture gets the same id."""
        return self._portal.call(self._client.upload, data)

    def thumbnail(self, image_id: str, size: int = 256) -> bytes:
        """Returns a WebP of a kept picture whose longest side is at most `size`, from 64 to 512."""
        return self._portal.call(self._client.thumbnail, image_id, size)

    def inspect(self, data: bytes) -> InspectedImage:
        """Returns how the picture in a PNG, JPEG or WebP file was made; the file is not kept."""
        return self._portal.call(self._client.inspect, data)

    def preprocess(self, image_id: str, kind: str, **parameters: float) -> ControlImage:
        """Makes a control image, e.g. the canny edges, of a kept picture, and keeps it."""
        return self._portal.call(lambda: self._client.preprocess(image_id, kind, **parameters))

    def capabilities(self) -> dict[str, Any]:
        """Returns which models and features are on now (GET /capabilities)."""
        return self._portal.call(self._client.capabilities)

    def gpu(self) -> dict[str, Any]:
        """Returns devices, leases and who waits for memory (GET /gpu)."""
        return self._portal.call(self._client.gpu)


async def _event_data(lines: AsyncIterable[str]) -> AsyncIterator[str]:
    """Yields the data of each server-sent event (https://html.spec.whatwg.org/#event-stream-interpretation)."""
    data: list[str] = []
    async for line in lines:
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data.clear()


def _rejection(response: httpx.Response) -> RequestRejected:
    """Reads application/problem+json; anything else is reported by its status alone."""
    try:
        problem: dict[str, Any] = response.json()
        sentences = [error["message"] for error in problem.get("errors") or ()]
        message = " ".join(sentences) or problem["detail"]
        return RequestRejected(response.status_code, problem.get("code", ""), message)
    except (ValueError, KeyError, TypeError):
        return RequestRejected(
            response.status_code,
            "",
            f"{response.url} answered {response.status_code} {response.reason_phrase}.",
        )
