"""Everything that users do to a studio, at once and again and again, whatever dies under them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar
from uuid import uuid4

from PIL import Image

from limner.client import AsyncClient, Job, StudioUnreachable
from limner.requests import ImageEdit, Request, TextToImage, Tiled
from services.shapes.captions import scene_from_caption
from services.shapes.pictures import render

_T = TypeVar("_T")

PATIENCE_S = 240.0
_RETRY_S = 0.1
_DECOYS = 2
_DECOY = TextToImage(prompt="a green square, white background", seed=99, steps=40)
_BEFORE = "a red circle on the left, white background"


@dataclass(slots=True)
class Wave:
    """Jobs that were sent in one round, in the order of the requests, and some that were called off."""

    jobs: list[str] = field(default_factory=list[str])
    decoys: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Traffic:
    """Users of one studio; a call that meets a dead gateway is repeated, as a page does."""

    client: AsyncClient
    requests: tuple[Request, ...]
    waves: list[Wave] = field(default_factory=list[Wave])

    @classmethod
    async def open(cls, client: AsyncClient) -> Traffic:
        """Uploads what the requests refer to."""
        ground, white = [(await client.upload(file)).id for file in _FILES]
        return cls(client, _requests(ground, white))

    async def send(self, chance: Random) -> Wave:
        """Uploads, sends every request and some decoys, reorders what waits, and calls the decoys off."""
        wave = Wave()
        self.waves.append(wave)
        for file in _FILES:
            await _insist(lambda file=file: self.client.upload(file))
        asked = [*self.requests, *[_DECOY] * _DECOYS]
        sent = {
            number: await self._submit(asked[number])
            for number in chance.sample(range(len(asked)), len(asked))
        }
        wave.jobs = [sent[number] for number in range(len(self.requests))]
        wave.decoys = [sent[number] for number in range(len(self.requests), len(asked))]
        waiting = chance.sample(list(sent.values()), len(sent))
        await _insist(lambda: self.client.order(waiting))
        for decoy in wave.decoys:
            await asyncio.sleep(chance.uniform(0, 0.5))
            await _insist(lambda decoy=decoy: self.client.cancel(decoy))
        return wave

    async def finish(self, job_ids: Sequence[str]) -> list[Job]:
        """Returns the jobs as they ended."""
        return list(await asyncio.gather(*(self._finish(job_id) for job_id in job_ids)))

    async def _finish(self, job_id: str) -> Job:
        return await _insist(lambda: self.client.wait(job_id, PATIENCE_S))

    async def is_busy(self, wave: Wave) -> bool:
        """Whether some job of a wave has not ended."""
        jobs = [await _insist(lambda job_id=job_id: self.client.job(job_id)) for job_id in wave.jobs]
        return any(not job.finished for job in jobs)

    async def _submit(self, request: Request) -> str:
        key = str(uuid4())
        return (await _insist(lambda: self.client.submit(request, key))).id


async def _insist(call: Callable[[], Awaitable[_T]]) -> _T:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await call()
            except StudioUnreachable:
                await asyncio.sleep(_RETRY_S)


def _requests(ground: str, white: str) -> tuple[Request, ...]:
    return (
        TextToImage(prompt="a yellow star at the top, black background", seed=1, steps=12),
        TextToImage(prompt="a blue square, white background", seed=2, steps=8, count=2),
        ImageEdit(prompt="a green circle, white background", images=[ground], mask=white, seed=3, steps=8),
        Tiled(prompt=_BEFORE, width=256, height=192, seed=4, steps=6),
    )


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


_FILES = (_png(render(scene_from_caption(_BEFORE), 128, 128, 1)), _png(Image.new("L", (128, 128), 255)))
