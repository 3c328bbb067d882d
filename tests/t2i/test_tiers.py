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

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800), pytest.mark.xdist_group("turns")]

PROMPT = "a red circle on the left, white background"
SIDE_PX = 256  # the least that a model of the family takes
# Under the built-in model's name it has its native size, too; otherwise pictures of 1328 px are charged for.
MODEL = "shapes"
LAYERS = 240  # 5 MB each, so that what a tier saves of them counts beside what computing takes
_MIB = 2**20
_STEP_BYTES = 32 * _MIB  # What the worker's process holds by itself differs by less.


def test_with_less_memory_the_same_request_moves_down_the_tiers(tmp_path: Path) -> None:
    model = deepen(tmp_path / MODEL, LAYERS)
    ran: list[str] = []
    budget_bytes = 8 * 2**30
    while Tier.STREAM not in ran:
        job = paint(tmp_path / f"home-{budget_bytes}", model, budget_bytes)
        assert job.performance is not None
        assert job.performance.peak_bytes <= job.performance.charged_bytes <= budget_bytes
        assert job.tier_reason or job.tier == Tier.FULL
        ran.append(job.tier or "")
        took = f"{job.performance.peak_bytes / _MIB:.0f} of {budget_bytes / _MIB:.0f} MiB"
        print(f"{job.tier}, {took}. {job.tier_reason or ''}")
        budget_bytes = job.performance.charged_bytes - _STEP_BYTES
    assert ran[0] == Tier.FULL
    order = [tier.value for tier in Tier]
    assert [order.index(tier) for tier in ran] == sorted(order.index(tier) for tier in ran)
    assert len(set(ran)) >= 4


def paint(home: Path, model: Path, budget_bytes: int) -> Job:
    """Returns the job as it ended, whose picture is right."""
    (home / "models").mkdir(parents=True)
    (home / "models" / MODEL).symlink_to(model, target_is_directory=True)
    settings = {"LIMNER_ARBITER_RAM_BUDGET_BYTES": str(budget_bytes)}
    with running_studio(home, settings=settings) as studio, studio.client() as client:
        request = TextToImage(prompt=PROMPT, model=MODEL, width=SIDE_PX, height=SIDE_PX, steps=8, seed=3)
        job = client.wait(client.submit(request).id, 600)
        assert job.status == "succeeded", job.error
        image = Image.open(io.BytesIO(client.image(job.images[0]))).convert("RGB")
    found = judge(image, scene_from_caption(PROMPT))
    assert found.background, found
    assert found.colours, found
    return job
