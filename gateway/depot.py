"""Where files lie: a folder, or a bucket of a service that speaks S3."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError as ObstoreError
from obstore.store import LocalStore, ObjectStore, S3Store

from gateway import durable

if TYPE_CHECKING:
    from obstore import BytesStream, ObjectMeta
    from obstore.store import ClientConfig

_PIECE_BYTES = 1024 * 1024  # of a file on its way out
_ABANDONED_S = 24 * 3600.0
_PARTS_AT_ONCE = 4  # of 5 MiB each
# A download may last as long as its reader likes; what must not last is silence.
_CLIENT: ClientConfig = {"connect_timeout": "5s", "read_timeout": "30s", "timeout": "1d"}
_RETRIES = 3
_RETRY_S = 15.0
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CAUSE_CHARACTERS = 300
FRESH_S = 1.0  # Room on a disk is asked for with a margin, and at every request.


class StorageFailed(OSError):
    """A folder or bucket cannot be read or written now; the message says why."""

    def __init__(self, message: str, *, is_full: bool = False) -> None:
        super().__init__(message)
        self.is_full = is_full


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on its way out, so that a large one is never in memory as a whole."""

    size_bytes: int
    chunks: AsyncIterator[bytes]


class Depot:
    """Files by key. A reader sees a whole file or none, and what was put survives a power cut.

    Every method raises StorageFailed when the folder or the bucket fails.
    """

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store, self._folder = store, folder
        self._measured: tuple[float, int] | None = None  # when (monotonic, s), and free bytes then

    @classmethod
    def open(cls, location: str) -> Depot:
        """Opens a folder, which is made when it is missing, or an s3:// URL; AWS_… says how to reach it."""
        with _failures():
            if "://" not in location:
                folder = Path(location).expanduser().absolute()
                store = LocalStore(folder, mkdir=True, automatic_cleanup=True)
                durable.sweep(folder, time.time() - _ABANDONED_S)
                return cls(store, folder)
            if not location.startswith("s3://"):
                raise StorageFailed(
                    f"{location.partition('://')[0]}:// is not known; name a folder or s3://…"
                )
            return cls(_open_bucket(location))

    async def probe(self) -> None:
        """Puts, lists and deletes a file, so that what is not allowed is known before it is needed."""
        key = f"probes/{uuid4().hex}"
        await self.put(key, b"limner")
        if key not in [meta["path"] async for meta in self.list_below("probes/")]:
            raise StorageFailed("what was just written there is not listed")
        await self.delete(key)
        if await self.get(key) is not None:
            raise StorageFailed("what was just deleted there can still be read")

    async def put(self, key: str, content: bytes | Path) -> None:
        """Replaces a file, in memory that does not grow with one that comes from a path."""
        with _failures():
            if self._folder is not None:
                await asyncio.to_thread(durable.write, self._folder, key, content)
                return
            try:
                await obstore.put_async(self._store, key, content, max_concurrency=_PARTS_AT_ONCE)
            except FileNotFoundError as error:
                raise StorageFailed(f"there is no such bucket: {_cause(error)}") from error

    async def get(self, key: str) -> bytes | None:
        """Returns a file."""
        with _failures():
            try:
                found = await obstore.get_async(self._store, key)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def measure(self, key: str) -> int | None:
        """Returns how many bytes a file has."""
        with _failures():
            try:
                return (await obstore.head_async(self._store, key))["size"]
            except FileNotFoundError:
                return None

    async def open_file(self, key: str) -> Kept | None:
        """Returns a file piece by piece."""
        with _failures():
            try:
                found = await obstore.get_async(self._store, key)
            except FileNotFoundError:
                return None
        return Kept(found.meta["size"], _pieces(found.stream(_PIECE_BYTES)))

    async def free_bytes(self) -> int | None:
        """Returns how much room was left a second ago at the most, None where nothing tells."""
        if self._folder is None:
            return None
        if self._measured is None or time.monotonic() - self._measured[0] > FRESH_S:
            with _failures():
                usage = await asyncio.to_thread(shutil.disk_usage, self._folder)
            self._measured = time.monotonic(), usage.free
        return self._measured[1]

    async def delete(self, key: str) -> None:
        """Deletes a file, if it is there."""
        with _failures():
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                return

    async def list_below(self, prefix: str) -> AsyncIterator[ObjectMeta]:
        """Yields what is there below `prefix`, in any order."""
        with _failures():
            async for page in obstore.list(self._store, prefix):  # pyright: ignore[reportUnknownMemberType] Arrow's types are not installed
                for meta in page:
                    yield meta


def _open_bucket(location: str) -> ObjectStore:
    is_plain = any(os.environ.get(name, "").startswith("http://") for name in _ENDPOINTS)
    return S3Store.from_url(
        location,
        client_options={**_CLIENT, "allow_http": is_plain},
        retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S)},
    )


async def _pieces(stream: BytesStream) -> AsyncIterator[bytes]:
    with _failures():
        async for piece in stream:
            yield bytes(piece)


@contextmanager
def _failures() -> Generator[None]:
    try:
        yield
    except StorageFailed:
        raise
    except (ObstoreError, OSError) as error:
        is_full = isinstance(error, OSError) and error.errno in _FULL
        raise StorageFailed(_cause(error), is_full=is_full) from error


def _cause(error: Exception) -> str:
    """Returns the first sentence of an error; obstore appends its internals, and S3 a document."""
    said = str(error).partition("\n\nDebug source")[0]
    reason = re.search(r"<Code>(\w{1,50})</Code>", said)
    said = said.partition(": <?xml")[0] + (f" ({reason[1]})" if reason else "")
    return " ".join(said.split())[:_CAUSE_CHARACTERS]
