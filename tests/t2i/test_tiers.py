"""The same request with less and less memory: it moves down the tiers, says so, and is painted right."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from benchmarks.scaled import deepen
from limner.client import Job
from limner.models.entry import Tier
from limner.requests import TextToImage
from services.shapes.captions import scene_from_caption
from services.shapes.judge import judge
from tests.studio import Studio, running_studio

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200), pytest.mark.xdist_group("turns")]

PROMPT = "a red circle on the left, white background"
SIDE_PX = 256  # the least that a model of the family takes
LAYERS = 240  # 5 MB each, so that what a tier saves of them counts beside what computing takes
_MIB = 2**20


def test_with_less_memory_the_same_request_moves_down_the_tiers(tmp_path: Path) -> None:
    model = deepen(tmp_path / "deep", LAYERS)
    ran: list[str] = []
    budget_bytes = 8 * 2**30
    while budget_bytes:
        job, tiers = paint(tmp_path / f"home-{budget_bytes}", model, budget_bytes)
        assert job.performance is not None
        assert job.performance.peak_bytes <= job.performance.charged_bytes <= budget_bytes
        assert job.tier_reason or job.tier == Tier.FULL
        ran.append(job.tier or "")
        took = f"{job.performance.peak_bytes / _MIB:.0f} of {budget_bytes / _MIB:.0f} MiB"
        print(f"{job.tier}, {took}. {job.tier_reason or ''}")
        budget_bytes = next_budget_bytes(tiers, job.tier or "")
    assert ran[0] == Tier.FULL
    assert ran[-1] == Tier.STREAM
    order = [tier.value for tier in Tier]
    assert [order.index(tier) for tier in ran] == sorted(order.index(tier) for tier in ran)
    assert len(set(ran)) >= 4


def paint(home: Path, model: Path, budget_bytes: int) -> tuple[Job, list[dict[str, Any]]]:
    """Returns the job as it ended, whose picture is right, and what was foretold of every tier."""
    (home / "models").mkdir(parents=True)
    (home / "models" / model.name).symlink_to(model, target_is_directory=True)
    settings = {"LIMNER_ARBITER_RAM_BUDGET_BYTES": str(budget_bytes)}
    with running_studio(home, settings=settings) as studio, studio.client() as client:
        request = TextToImage(prompt=PROMPT, model=model.name, width=SIDE_PX, height=SIDE_PX, steps=8, seed=3)
        # The worker has then said what its process holds, and nothing is learnt yet of the model asked for.
        client.wait(client.submit(TextToImage(prompt=PROMPT, steps=2)).id, 60)
        tiers = foretell(studio, model)
        job = client.wait(client.submit(request).id, 600)
        assert job.status == "succeeded", job.error
        image = Image.open(io.BytesIO(client.image(job.images[0]))).convert("RGB")
    found = judge(image, scene_from_caption(PROMPT))
    assert found.background, found
    assert found.colours, found
    return job, tiers


def foretell(studio: Studio, model: Path) -> list[dict[str, Any]]:
    body = {
        "kind": "text-to-image",
        "prompt": PROMPT,
        "model": model.name,
        "width": SIDE_PX,
        "height": SIDE_PX,
    }
    answer = httpx.post(f"{studio.url}/estimate", json=body, timeout=60, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()["tiers"]


def next_budget_bytes(tiers: list[dict[str, Any]], ran: str) -> int:
    """Returns a little less than what the tier took; 0 after the last."""
    peak_bytes = next(tier["peak_device_bytes"] for tier in tiers if tier["tier"] == ran)
    return peak_bytes - 16 * _MIB if ran != Tier.STREAM else 0
