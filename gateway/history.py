from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from gateway.depot import StorageFailed
from gateway.events import RESET, EventHub
from gateway.images import ImageStore
from gateway.jobs.archive import Archive, Forgotten
from gateway.jobs.holdings import Holdings

log = structlog.get_logger(__name__)

_JOBS_AT_ONCE = 100  # in one transaction, for which everybody else who writes waits


class NotEnded(Exception):
    """Jobs are to be forgotten that still wait or run."""

    def __init__(self, job_ids: Sequence[str]) -> None:
        super().__init__(f"The jobs {', '.join(job_ids)} have not ended.")
        self.job_ids = tuple(job_ids)


@dataclass(frozen=True, slots=True)
class History:
    """Forgets jobs, and the images that nobody else needs.

    A job goes before its images do: what is cut short leaves images that nobody holds, which
    `housekeeping` finds, and never a job without its images.
    """

    archive: Archive
    holdings: Holdings
    images: ImageStore
    hub: EventHub

    async def forget(self, owner: str, job_ids: Sequence[str]) -> int:
        """Forgets an owner's jobs and returns how many there were, or raises NotEnded and forgets none."""
        unended = await self.archive.unended(job_ids, owner)
        if unended:
            raise NotEnded(unended)
        parts = [await self.archive.forget(some, owner) for some in _portions(job_ids)]
        return await self._clear_away(parts, [owner])

    async def let_go(self, job_ids: Sequence[str]) -> int:
        """Forgets jobs of any owner that have ended and are not starred, and returns how many those were."""
        parts = [await self.archive.forget(some, spares_favourites=True) for some in _portions(job_ids)]
        return await self._clear_away(parts, self.hub.listeners)

    async def drop_images(self, image_ids: Iterable[str]) -> int:
        """Deletes those of the images that nobody holds, and returns how many. Raises StorageFailed."""
        dropped = 0
        for image_id in image_ids:
            # A store that is down is noticed here, where nobody who writes has to wait for it.
            await self.images.measure(image_id)
            dropped += await self.holdings.drop(image_id, self._delete)
        return dropped

    def _delete(self, image_id: str) -> None:
        # On the thread that writes, which must not wait for the loop: the loop may be waiting for it.
        asyncio.run(self.images.delete(image_id))

    async def _clear_away(self, parts: Sequence[Forgotten], owners: Sequence[str]) -> int:
        job_ids = [job_id for part in parts for job_id in part.job_ids]
        if not job_ids:
            return 0
        for owner in owners:
            self.hub.publish(owner, RESET)
        try:
            for job_id in job_ids:
                await self.images.drop_checkpoint(job_id)
            dropped = await self.drop_images(image_id for part in parts for image_id in part.image_ids)
            log.info("jobs forgotten", jobs=len(job_ids), images=dropped)
        except StorageFailed as error:
            log.warning("images of forgotten jobs are deleted later", error=str(error))
        return len(job_ids)


def _portions(job_ids: Sequence[str]) -> list[Sequence[str]]:
    return [job_ids[at : at + _JOBS_AT_ONCE] for at in range(0, len(job_ids), _JOBS_AT_ONCE)]
