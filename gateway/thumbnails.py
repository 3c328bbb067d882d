"""Smaller and differently packed files of kept images, made once and kept beside them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from gateway.depot import Kept
from gateway.errands import run_errand
from gateway.images import ImageStore

SMALLEST_PX, USUAL_PX, LARGEST_PX = 64, 256, 512
# Sizes in between are rounded down, so that nobody can fill the store with hundreds of them.
_SIZE_STEP_PX = 64
# The largest picture takes 0.4 GB while it is made smaller and 1 GB while it is packed anew.
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Rendition:
    """Which file of an image is wanted."""

    image_id: str
    format: str  # webp, png or jpeg
    side_px: int | None = None  # at most, of the longest side; None: as large as the image

    @property
    def name(self) -> str:
        """Its name among what is derived from the image."""
        return f"{self.side_px or 'full'}.{self.format}"


def round_size(side_px: int) -> int:
    """Returns the largest size that is made and not above `side_px`."""
    return side_px // _SIZE_STEP_PX * _SIZE_STEP_PX


class Thumbnails:
    """Makes a few at a time, and each only once however many ask for it at the same moment."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._making: dict[Rendition, asyncio.Task[None]] = {}

    async def open_file(self, wanted: Rendition) -> Kept | None:
        """Returns the file, None where no such image is kept. Raises Unreadable and StorageFailed."""
        kept = await self._images.open_derived(wanted.image_id, wanted.name)
        if kept is not None:
            return kept
        making = self._making.get(wanted)
        if making is None:
            making = self._making[wanted] = asyncio.create_task(self._make(wanted))
            making.add_done_callback(lambda task: self._forget(wanted, task))
        # One reader who leaves takes nothing from the others.
        await asyncio.shield(making)
        return await self._images.open_derived(wanted.image_id, wanted.name)

    async def pack(self, image_id: str, file_format: str, quality: int) -> bytes | None:
        """Returns a file of that quality, 0 to 100, None where no such image is kept. It is kept by nobody.

        Raises Unreadable and StorageFailed.
        """
        async with self._slots:
            kept = await self._images.open_file(image_id)
            if kept is None:
                return None
            return (await run_errand(kept.chunks, "render", file_format, "0", str(quality))).body

    async def close(self) -> None:
        """Gives up what is being made."""
        making = list(self._making.values())
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    async def _make(self, wanted: Rendition) -> None:
        async with self._slots:
            kept = await self._images.open_file(wanted.image_id)
            if kept is None:
                return
            errand = await run_errand(kept.chunks, "render", wanted.format, str(wanted.side_px or 0))
            await self._images.put_derived(wanted.image_id, wanted.name, errand.body)

    def _forget(self, wanted: Rendition, task: asyncio.Task[None]) -> None:
        del self._making[wanted]
        if not task.cancelled():
            task.exception()  # is known to those who waited, if any are left
