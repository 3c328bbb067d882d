"""A background job that an interactive one interrupts comes to the very same picture."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.channel import connect
from limner.image.v1.image_pb2 import Size
from limner.progress.v1 import progress_pb2
from limner.t2i.v1.t2i_pb2 import (
    PRIORITY_BACKGROUND,
    PRIORITY_INTERACTIVE,
    GenerateImagesRequest,
    GenerateImagesResponse,
)
from tests.arbiter.holder import MIB, session, to_stub
from tests.fronts import starting
from tests.t2i.conftest import Front

pytestmark = [pytest.mark.xdist_group("t2i-front"), pytest.mark.timeout(300)]

# The built-in model is charged for 970 with its worker, for a picture as large as the request's.
BUDGET_MIB = 1100
# As large and with as many steps as can be: it must not be over before anybody can want its memory.
REQUEST = GenerateImagesRequest(
    prompt="a red circle",
    seeds=[4],
    steps=100,
    size=Size(width=256, height=256),
    priority=PRIORITY_BACKGROUND,
)


@pytest.fixture
async def crowded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Front, str]]:
    """A service and the address of its arbiter, whose budget fits one model."""
    folder = tmp_path_factory.mktemp("crowded")
    settings = {"LIMNER_ARBITER_RAM_BUDGET_BYTES": str(BUDGET_MIB * MIB)}
    with starting(folder, "t2i", settings) as (address, pid):
        async with connect(address) as channel:
            front = Front(channel, pid)
            await front.wait_until_idle()
            yield front, f"unix:{folder}/arbiter.sock"


async def test_a_background_job_is_parked_for_an_interactive_one_and_ends_in_the_same_pixels(
    crowded: tuple[Front, str],
) -> None:
    front, arbiter = crowded
    undisturbed = [response async for response in front.images.GenerateImages(REQUEST)]
    worker = front.worker().pid
    async with connect(arbiter) as channel, session(to_stub(channel), "user") as user:
        await user.hello(pid=os.getpid())
        disturbed: list[GenerateImagesResponse] = []
        steps: list[int] = []
        is_asked = False
        async for response in front.images.GenerateImages(REQUEST):
            disturbed.append(response)
            if response.progress.stage == progress_pb2.STAGE_DENOISING:
                steps.append(response.progress.step)
                if response.progress.step >= 10 and not is_asked:
                    is_asked = True
                    await user.acquire("now", 600, priority=PRIORITY_INTERACTIVE)
            elif response.progress.stage == progress_pb2.STAGE_WAITING and is_asked:
                offer = await user.hear("offer")
                await user.say(confirm=pb.Confirm(token=offer.token))
                await user.hear("confirm_accepted")
                await user.release(offer.token)
    assert disturbed[-1].result.image.data == undisturbed[-1].result.image.data
    assert front.worker().pid != worker
    # It went on from its checkpoint: no step was computed twice.
    assert steps == sorted(set(steps))
