from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.depot import Depot, Kept

if TYPE_CHECKING:
    from obstore import ObjectMeta

# Hashing releases the interpreter lock; above this a thread costs less than the pause of the event loop.
_INLINE_HASH_BYTES = 512 * 1024
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")
_BLOBS = "blobs/sha256/"
_DERIVED = "thumbnails/"
_CHECKPOINTS = "checkpoints/"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What is known of a kept file without reading it."""

    id: str  # of the image, or of the job that a checkpoint is of
    size_bytes: int
    modified_at: float  # s since the epoch; putting the same file again renews it


class ImageStore:
    """Files under the hash of their content, what is derived from them, and checkpoints of unfinished jobs.

    Puts are atomic: a reader sees a whole file or none. An id that is not a hash never reaches the store.
    Every method raises StorageFailed when the folder or the bucket fails.
    """

    def __init__(self, depot: Depot) -> None:
        self._depot = depot

    @classmethod
    def open(cls, location: str) -> ImageStore:
        """Opens a folder, which is made when it is missing, or an s3:// URL."""
        return cls(Depot.open(location))

    async def probe(self) -> None:
        """Tries everything that the store is needed for."""
        await self._depot.probe()

    async def identify(self, data: bytes) -> str:
        """Returns the id that `data` has when it is kept."""
        if len(data) > _INLINE_HASH_BYTES:
            return await asyncio.to_thread(_digest, data)
        return _digest(data)

    async def put(self, data: bytes, image_id: str | None = None) -> str:
        """Keeps `data` and returns its id, which whoever knows it may pass; the same data is kept once.

        Somebody should hold the id before (`jobs.holdings`): what nobody holds is deleted.
        """
        if image_id is None:
            image_id = await self.identify(data)
        # Replaced by itself where it is there already: so it counts as new, and a damaged file is mended.
        await self._depot.put(_key(image_id), data)
        return image_id

    async def put_file(self, image_id: str, path: Path) -> None:
        """Keeps a file whose hash is `image_id`, in memory that does not grow with it."""
        await self._depot.put(_key(image_id), path)

    async def get(self, image_id: str) -> bytes | None:
        """Returns the file of that id."""
        return await self._depot.get(_key(image_id)) if _is_id(image_id) else None

    async def measure(self, image_id: str) -> int | None:
        """Returns how many bytes the file of that id has, None where none is kept."""
        return await self._depot.measure(_key(image_id)) if _is_id(image_id) else None

    async def open_file(self, image_id: str) -> Kept | None:
        """Returns the file of that id piece by piece."""
        return await self._depot.open_file(_key(image_id)) if _is_id(image_id) else None

    async def free_bytes(self) -> int | None:
        """Returns how much room was left a second ago at the most, None where nothing tells."""
        return await self._depot.free_bytes()

    async def list_kept(self) -> AsyncIterator[KeptFile]:
        """Yields every kept file, in any order."""
        async for meta in self._depot.list_below(_BLOBS):
            image_id = meta["path"].rpartition("/")[2]
            if _is_id(image_id):
                yield _to_kept(image_id, meta)

    async def list_derived(self) -> AsyncIterator[KeptFile]:
        """Yields every file that was made from an image, with that one's id."""
        async for meta in self._depot.list_below(_DERIVED):
            image_id = meta["path"].split("/")[-2]
            if _is_id(image_id):
                yield _to_kept(image_id, meta)

    async def list_checkpoints(self) -> AsyncIterator[KeptFile]:
        """Yields every checkpoint, with the id of its job."""
        async for meta in self._depot.list_below(_CHECKPOINTS):
            yield _to_kept(meta["path"].rpartition("/")[2], meta)

    async def delete(self, image_id: str) -> None:
        """Deletes a file and all that was derived from it."""
        if not _is_id(image_id):
            return
        await self._depot.delete(_key(image_id))
        for key in [meta["path"] async for meta in self._depot.list_below(f"{_DERIVED}{image_id}/")]:
            await self._depot.delete(key)

    async def put_derived(self, image_id: str, name: str, data: bytes) -> None:
        """Keeps what was made from an image and could be made again."""
        await self._depot.put(f"{_DERIVED}{image_id}/{name}", data)
        if await self.measure(image_id) is None:  # deleted while this was made
            await self.delete(image_id)

    async def open_derived(self, image_id: str, name: str) -> Kept | None:
        """Returns what was made from an image."""
        return await self._depot.open_file(f"{_DERIVED}{image_id}/{name}") if _is_id(image_id) else None

    async def put_checkpoint(self, job_id: str, data: bytes) -> None:
        """Replaces the checkpoint of a job."""
        await self._depot.put(f"{_CHECKPOINTS}{job_id}", data)

    async def get_checkpoint(self, job_id: str) -> bytes | None:
        """Returns the checkpoint of a job, if it left one."""
        return await self._depot.get(f"{_CHECKPOINTS}{job_id}")

    async def drop_checkpoint(self, job_id: str) -> None:
        """Forgets the checkpoint of a job."""
        await self._depot.delete(f"{_CHECKPOINTS}{job_id}")


def _to_kept(key: str, meta: ObjectMeta) -> KeptFile:
    return KeptFile(key, meta["size"], meta["last_modified"].timestamp())


def _is_id(text: str) -> bool:
    return _IMAGE_ID.fullmatch(text) is not None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _key(image_id: str) -> str:
    return f"{_BLOBS}{image_id[:2]}/{image_id[2:4]}/{image_id}"
