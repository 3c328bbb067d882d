from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import ExitStack
from typing import Any, Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from limner.answers import ControlImage, Event, InspectedImage, Job, JobBatch, JobImage, Queue, UploadedImage
from limner.asynchronous import AsyncClient
from limner.requests import Request
from limner.wire import PATIENCE_S

_T = TypeVar("_T")


class Client:
    """AsyncClient for code that does not await; to be used in `with`, or closed."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._exit = ExitStack()
        self._portal: BlockingPortal = self._exit.enter_context(start_blocking_portal())
        self._client = AsyncClient(url, token)
        self._exit.callback(self._portal.call, self._client.__aexit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._exit.close()

    def submit(self, request: Request, idempotency_key: str | None = None) -> Job:
        """Returns the accepted job; a repeat with the same key returns the job of the first call.

        With a key, a connection that is lost is no loss: the request is sent again.
        """
        return self._portal.call(self._client.submit, request, idempotency_key)

    def batch(
        self,
        request: Request,
        prompts: Sequence[str] = (),
        seeds: Sequence[int] = (),
        idempotency_key: str | None = None,
    ) -> JobBatch:
        """Returns a job of every prompt with every seed, all accepted or none; else like `submit`."""
        return self._portal.call(self._client.batch, request, prompts, seeds, idempotency_key)

    def job(self, job_id: str) -> Job:
        """Returns the job as it is now."""
        return self._portal.call(self._client.job, job_id)

    def jobs(self, limit: int = 20) -> list[Job]:
        """Returns the `limit` newest jobs, the newest first."""
        return self._portal.call(self._client.jobs, limit)

    def search(
        self,
        words: str = "",
        *,
        statuses: Sequence[str] = (),
        kinds: Sequence[str] = (),
        favourite: bool = False,
        batch: str | None = None,
    ) -> Generator[Job]:
        """Yields every job that is all this, the newest first; `words` are what the prompt has."""
        return self._drain(
            self._client.search(words, statuses=statuses, kinds=kinds, favourite=favourite, batch=batch)
        )

    def cancel(self, job_id: str) -> Job:
        """Asks the job to stop and returns it as it is then."""
        return self._portal.call(self._client.cancel, job_id)

    def retry(self, job_id: str) -> Job:
        """Sends the request of a job again and returns the new job, which has the same seed."""
        return self._portal.call(self._client.retry, job_id)

    def prioritise(self, job_id: str, priority: str) -> Job:
        """Gives a job that waits another priority: background, normal or interactive."""
        return self._portal.call(self._client.prioritise, job_id, priority)

    def star(self, job_id: str, favourite: bool = True) -> Job:
        """Has a job kept when old ones go, or no longer."""
        return self._portal.call(self._client.star, job_id, favourite)

    def delete_job(self, job_id: str) -> None:
        """Deletes an ended job for ever, with the pictures that nothing else refers to."""
        self._portal.call(self._client.delete_job, job_id)

    def queue(self, limit: int = 100) -> Queue:
        """Returns the first `limit` jobs that wait, in the order in which they will start."""
        return self._portal.call(self._client.queue, limit)

    def pause(self) -> Queue:
        """Keeps waiting jobs from starting; what runs goes on."""
        return self._portal.call(self._client.pause)

    def resume(self) -> Queue:
        """Lets waiting jobs start again."""
        return self._portal.call(self._client.resume)

    def order(self, job_ids: Sequence[str]) -> Queue:
        """Puts these waiting jobs first, in this order; the others follow as they were."""
        return self._portal.call(self._client.order, job_ids)

    def clear(self) -> int:
        """Cancels every job that waits and returns how many they were; what runs goes on."""
        return self._portal.call(self._client.clear)

    def events(self, after_seq: int | None = None, patience_s: float = PATIENCE_S) -> Generator[Event]:
        """Yields everything that happens, like AsyncClient.events; close it when done."""
        return self._drain(self._client.events(after_seq, patience_s))

    def wait(self, job_id: str, patience_s: float = PATIENCE_S) -> Job:
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

    def _drain(self, items: AsyncGenerator[_T]) -> Generator[_T]:
        try:
            while True:
                try:
                    item = self._portal.call(items.__anext__)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self._portal.call(items.aclose)
