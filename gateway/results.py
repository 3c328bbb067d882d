from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

from gateway.images import ImageStore
from gateway.jobs.holdings import Holding, Holdings
from gateway.jobs.job import Job
from limner.image.v1 import image_pb2

_REFERENCE = re.compile(r"sha256:([0-9a-f]{64})")


class ResultMissing(Exception):
    """A result was left where it cannot be found; the message says where it should be and what to do."""


class Results:
    """Takes finished pictures into the image store: sent inline, or left in a folder as too large for that.

    A reference is a digest and never a path; what is taken has that digest.
    """

    def __init__(self, folder: Path, images: ImageStore, holdings: Holdings) -> None:
        self._folder, self._images, self._holdings = folder, images, holdings

    async def keep(self, image: image_pb2.Image, job: Job) -> str:
        """Returns the id under which a picture is kept now, and held by `job`; again does no harm.

        Raises ResultMissing.
        """
        if image.WhichOneof("source") != "uri":
            image_id = await self._images.identify(image.data)
            await self._holdings.hold(Holding(image_id, job.owner, job.id, len(image.data)))
            return await self._images.put(image.data, image_id)
        image_id = _read(image.uri)
        try:
            digest, size_bytes = await asyncio.to_thread(_look_at, self._folder / image_id)
            await self._holdings.hold(Holding(image_id, job.owner, job.id, size_bytes))
        except FileNotFoundError:
            await self._holdings.hold(Holding(image_id, job.owner, job.id))
            # The service repeats its results to a gateway that comes back, which may have taken this one.
            if await self._images.measure(image_id) is not None:
                return image_id
            text = (
                f"The finished image is not in {self._folder}; LIMNER_GATEWAY_RESULTS must name the folder "
                "in which the service leaves large results. Then send the job again."
            )
            raise ResultMissing(text) from None
        if digest != image_id:
            raise ResultMissing(f"The finished image {image_id} is damaged on disk; send the job again.")
        await self._images.put_file(image_id, self._folder / image_id)
        return image_id

    async def clear(self, image: image_pb2.Image) -> None:
        """Deletes what was left of a picture that is kept and that a job holds."""
        if image.WhichOneof("source") == "uri":
            await asyncio.to_thread((self._folder / _read(image.uri)).unlink, missing_ok=True)


def _read(uri: str) -> str:
    found = _REFERENCE.fullmatch(uri)
    if found is None:
        raise ResultMissing(f"The service refers to its result as {uri[:100]!r}, which is no digest.")
    return found[1]


def _look_at(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
