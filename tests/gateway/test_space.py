from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import obstore.store
import pytest

from gateway.depot import Depot
from gateway.images import ImageStore
from gateway.jobs.job import Job, Kind
from gateway.problems import ProblemError
from gateway.space import check_space, output_bytes
from tests.gateway.records import fresh

IMAGE = "ab" * 32


class Room(NamedTuple):
    total: int
    used: int
    free: int


def job(kind: Kind, **request: object) -> Job:
    return fresh(kind=kind, request={"prompt": "a red circle", **request})


@pytest.mark.parametrize(
    ("job", "pixel_bytes"),
    [
        (job(Kind.TEXT_TO_IMAGE, width=64, height=32, count=4), 4 * 64 * 32 * 3),
        (job(Kind.LAYERS, image=IMAGE, width=64, height=32, count=2, layers=3), 6 * 64 * 32 * 4),
        (job(Kind.TILED, width=8192, height=8192), 8192 * 8192 * 3),
        (job(Kind.TILED, image=IMAGE, scale=2.0), 2048 * 2048 * 3),
        (job(Kind.IMAGE_EDIT, images=[IMAGE]), 1024 * 1024 * 3),
    ],
)
def test_a_result_is_expected_to_take_its_pixels_uncompressed(job: Job, pixel_bytes: int) -> None:
    assert output_bytes(job) == pixel_bytes


@pytest.mark.parametrize("free_bytes", [0, 11_000])
async def test_all_jobs_of_a_batch_must_find_room_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int
) -> None:
    images = ImageStore.open(str(tmp_path))
    one = job(Kind.TEXT_TO_IMAGE, width=64, height=32)

    def tell(_path: Path) -> Room:
        return Room(10**9, 10**9 - free_bytes, free_bytes)

    monkeypatch.setattr(shutil, "disk_usage", tell)
    if free_bytes:
        await check_space([one], images)
    with pytest.raises(ProblemError) as refused:
        await check_space([one, one], images)
    assert (refused.value.problem.status, refused.value.problem.code) == (507, "INSUFFICIENT_STORAGE")


async def test_a_folder_tells_its_free_space_and_a_bucket_does_not(tmp_path: Path) -> None:
    free = await ImageStore.open(str(tmp_path)).free_bytes()
    assert free is not None
    assert abs(free - shutil.disk_usage(tmp_path).free) < 2**30
    await check_space(
        [job(Kind.TILED, width=8192, height=8192)] * 1000,
        ImageStore(Depot(obstore.store.MemoryStore())),
    )
