"""The same request with less and less memory: it moves down the tiers, says so, and is painted right."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.scaled import deepen
from limner.client import Job
from limner.models.entry import Tier
from limner.requests import TextToImage
from services.shapes.captions import scene_from_caption
from services.shapes.judge import judge
from tests.studio import running_studio

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200), pytest.mark.xdist_group("turns")]

PROMPT = "a red circle on the left, white background"
SIDE_PX = 256  # the least that a model of the family takes
LAYERS = 240  # 5 MB each, so that what a tier saves of them counts beside what computing takes
# A lease is for pictures of the native size at least, which the folder's name tells: the built-in model's is
# small, so that weights decide, an unknown one's 1328 px, where streaming gains by its small tiles.
SMALL, LARGE = "shapes", "unknown"
RESIDENT_TIERS = {Tier.FULL, Tier.FP8}
_MIB = 2**20
_STEP_BYTES = 24 * _MIB  # What the worker's process holds by itself differs by less.


@pytest.mark.parametrize(
    ("name", "tiers"),
    [(SMALL, {*RESIDENT_TIERS, Tier.NF4, Tier.OFFLOAD}), (LARGE, {*RESIDENT_TIERS, Tier.STREAM})],
)
def test_with_less_memory_the_same_request_moves_down_the_tiers(
    tmp_path: Path, name: str, tiers: set[Tier]
) -> None:
    model = deepen(tmp_path / name, LAYERS)
    ran: list[str] = []
    budget_bytes = 8 * 2**30
    while (job := paint(tmp_path / f"home-{budget_bytes}", model, budget_bytes)).error is None:
        assert job.performance is not None
        assert job.performance.peak_bytes <= job.performance.charged_bytes <= budget_bytes
        assert job.tier_reason or job.tier == Tier.FULL
        ran.append(job.tier or "")
        took = f"{job.performance.peak_bytes / _MIB:.0f} of {budget_bytes / _MIB:.0f} MiB"
        print(f"{job.tier}, {took}. {job.tier_reason or ''}")
        budget_bytes = job.performance.charged_bytes - _STEP_BYTES
    assert (job.error.code, ran[0]) == ("NEVER_FITS", Tier.FULL)
    print(job.error.message)
    order = [tier.value for tier in Tier]
    assert [order.index(tier) for tier in ran] == sorted(order.index(tier) for tier in ran)
    assert set(ran) >= tiers


def paint(home: Path, model: Path, budget_bytes: int) -> Job:
    """Returns the job as it ended; its picture is right if it has one."""
    (home / "models").mkdir(parents=True)
    (home / "models" / model.name).symlink_to(model, target_is_directory=True)
    settings = {"LIMNER_ARBITER_RAM_BUDGET_BYTES": str(budget_bytes)}
    with running_studio(home, settings=settings) as studio, studio.client() as client:
        request = TextToImage(prompt=PROMPT, model=model.name, width=SIDE_PX, height=SIDE_PX, steps=8, seed=3)
        job = client.wait(client.submit(request).id, 600)
        if job.error is not None:
            return job
        image = Image.open(io.BytesIO(client.image(job.images[0]))).convert("RGB")
    found = judge(image, scene_from_caption(PROMPT))
    assert found.background, found
    assert found.colours, found
    return job
