from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, from_url

if TYPE_CHECKING:
    from obstore import BytesStream

# Hashing releases the interpreter lock; above this a thread costs less than the pause of the event loop.
_INLINE_HASH_BYTES = 512 * 1024
_PIECE_BYTES = 1024 * 1024  # of a file on its way out
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on its way out of the store, so that a large one is never in memory as a whole."""

    size_bytes: int
    chunks: AsyncIterator[bytes]


class ImageStore:
    """Files kept under the hash of their content, and the latest checkpoint of each unfinished job.

    Puts are atomic: a reader sees a whole file or none. An id that is not a hash never reaches the store.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, location: str) -> ImageStore:
        """Opens a folder, which is made when it is missing, or an s3:// URL."""
        if "://" in location:
            return cls(from_url(location))
        return cls(LocalStore(Path(location).expanduser(), mkdir=True))

    async def put(self, data: bytes) -> str:
        """Keeps `data` and returns its id; the same data is kept once."""
        if len(data) > _INLINE_HASH_BYTES:
            image_id = await asyncio.to_thread(_digest, data)
        else:
            image_id = _digest(data)
        with contextlib.suppress(AlreadyExistsError):
            await obstore.put_async(self._store, _key(image_id), data, mode="create")
        return image_id

    async def get(self, image_id: str) -> bytes | None:
        """Returns the file of that id."""
        if _IMAGE_ID.fullmatch(image_id) is None:
            return None
        return await self._get(_key(image_id))

    async def put_file(self, image_id: str, path: Path) -> None:
        """Keeps a file whose hash is `image_id`, in memory that does not grow with it."""
        await obstore.put_async(self._store, _key(image_id), path, max_concurrency=2)

    async def measure(self, image_id: str) -> int | None:
        """Returns how many bytes the file of that id has, None where none is kept."""
        if _IMAGE_ID.fullmatch(image_id) is None:
            return None
        try:
            return (await obstore.head_async(self._store, _key(image_id)))["size"]
        except FileNotFoundError:
            return None

    async def open_file(self, image_id: str) -> Kept | None:
        """Returns the file of that id piece by piece."""
        if _IMAGE_ID.fullmatch(image_id) is None:
            return None
        try:
            found = await obstore.get_async(self._store, _key(image_id))
        except FileNotFoundError:
            return None
        return Kept(found.meta["size"], _pieces(found.stream(_PIECE_BYTES)))

    async def put_checkpoint(self, job_id: str, data: bytes) -> None:
        """Replaces the checkpoint of a job."""
        await obstore.put_async(self._store, f"checkpoints/{job_id}", data)

    async def get_checkpoint(self, job_id: str) -> bytes | None:
        """Returns the checkpoint of a job, if it left one."""
        return await self._get(f"checkpoints/{job_id}")

    async def drop_checkpoint(self, job_id: str) -> None:
        """Forgets the checkpoint of a job."""
        with contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self._store, f"checkpoints/{job_id}")

    async def _get(self, key: str) -> bytes | None:
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError:
            return None
        return bytes(await found.bytes_async())


async def _pieces(stream: BytesStream) -> AsyncIterator[bytes]:
    async for piece in stream:
        yield bytes(piece)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _key(image_id: str) -> str:
    return f"blobs/sha256/{image_id[:2]}/{image_id[2:4]}/{image_id}"
