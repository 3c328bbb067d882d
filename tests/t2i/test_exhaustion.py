"""Memory that runs out in mid-job: a second try with more, then the truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from grpc import aio

from limner.arbiter.v1.arbiter_pb2 import SnapshotRequest
from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceStub
from limner.channel import connect
from limner.failure import read_failure
from limner.image.v1.image_pb2 import Size
from limner.progress.v1.progress_pb2 import STAGE_DENOISING
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest
from services.pipelines.exhaustion import is_exhaustion, requested_bytes
from tests.fronts import starting
from tests.t2i.conftest import Front
from tests.t2i.hungry import FAMINES

pytestmark = pytest.mark.xdist_group("t2i-front")


@pytest.fixture
async def hungry(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Front, Path]]:
    """A service of its own, and the folder that says how often it runs out of memory."""
    famines = tmp_path_factory.mktemp("famines")
    settings = {"LIMNER_T2I_WORKER_MODULE": "tests.t2i.hungry", FAMINES: str(famines)}
    with starting(tmp_path_factory.mktemp("hungry"), "t2i", settings) as (address, pid):
        async with connect(address) as channel:
            front = Front(channel, pid)
            await front.wait_until_idle()
            yield front, famines


async def test_a_job_that_runs_out_of_memory_once_is_tried_again_and_painted(
    hungry: tuple[Front, Path],
) -> None:
    front, famines = hungry
    (famines / "1").touch()
    responses = await front.collect(seeds=[3], steps=4)
    assert responses[-1].result.image.data
    assert not list(famines.iterdir())


async def test_a_job_that_runs_out_of_memory_twice_is_painted_in_the_next_tier_and_says_why(
    hungry: tuple[Front, Path],
) -> None:
    front, famines = hungry
    for name in ("1", "2"):
        (famines / name).touch()
    result = (await front.collect(seeds=[3], steps=4))[-1].result
    assert result.image.data
    assert result.provenance.tier == "fp8"
    assert result.provenance.tier_reason == "full ran out of memory twice"


async def test_a_job_that_names_its_tier_says_so_when_memory_runs_out_twice(
    hungry: tuple[Front, Path],
) -> None:
    front, famines = hungry
    for name in ("1", "2"):
        (famines / name).touch()
    with pytest.raises(aio.AioRpcError) as caught:
        await front.collect(seeds=[3], steps=4, tier="nf4")
    failure = read_failure(caught.value)
    assert failure.reason == "OUT_OF_MEMORY"
    assert "nf4 ran out of memory twice" in failure.message
    assert "smaller size" in failure.message


async def test_a_larger_picture_is_charged_for_its_own_size(front: Front, arbiter_address: str) -> None:
    usual_bytes = await working_bytes(front, arbiter_address, Size(width=128, height=128))
    assert await working_bytes(front, arbiter_address, Size(width=256, height=256)) > usual_bytes


async def working_bytes(front: Front, arbiter_address: str, size: Size) -> int:
    """Returns what a job of `size` is charged for while it computes."""
    request = GenerateImagesRequest(prompt="a red circle", seeds=[1], steps=2, size=size)
    charged: list[int] = []
    async with connect(arbiter_address) as channel:
        async for response in front.images.GenerateImages(request):
            if response.progress.stage == STAGE_DENOISING and not charged:
                snapshot = await ArbiterServiceStub(channel).Snapshot(SnapshotRequest())
                charged = [lease.charges[0].working_bytes for lease in snapshot.leases if lease.job]
    return charged[0]


@pytest.mark.parametrize(
    ("message", "bytes_"),
    [
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes. Error code 12", 4096),
        ("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of", 20 * 2**20),
        ("shape mismatch", 0),
    ],
)
def test_the_bytes_that_could_not_be_had_are_read_from_the_error(message: str, bytes_: int) -> None:
    assert requested_bytes(RuntimeError(message)) == bytes_


def test_only_exhaustion_passes_for_exhaustion() -> None:
    assert is_exhaustion(MemoryError())
    assert is_exhaustion(RuntimeError("DefaultCPUAllocator: can't allocate memory"))
    assert not is_exhaustion(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_exhaustion(ValueError("can't allocate memory"))
