"""Painting and editing under a budget that fits one of them: pictures are right, and few loads needed."""

from __future__ import annotations

import io
import json
import math
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from limner.client import Client, Job
from limner.requests import ImageEdit, TextToImage
from services.shapes.captions import caption, scene_from_caption
from services.shapes.judge import judge
from services.shapes.pictures import render
from services.shapes.scenes import Scene, requests
from tests.studio import Studio, running_studio

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("turns")]

# Either pipeline takes 600 MiB and more, with its worker's context.
BUDGET_BYTES = 1100 * 2**20
GROUND = "a red circle on the left, white background"


@pytest.mark.timeout(300)
def test_painting_and_editing_take_turns(tmp_path: Path) -> None:
    finish_mixed(tmp_path, jobs=8, batch_s=5)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_forty_mixed_jobs_are_right_and_need_no_more_loads_than_there_are_batches(tmp_path: Path) -> None:
    finish_mixed(tmp_path, jobs=40, batch_s=20)


def finish_mixed(folder: Path, jobs: int, batch_s: float) -> None:
    settings = {
        "LIMNER_ARBITER_RAM_BUDGET_BYTES": str(BUDGET_BYTES),
        "LIMNER_ARBITER_BATCH_S": str(batch_s),
    }
    with running_studio(folder / "home", settings=settings) as studio, studio.client() as client:
        started_s = time.monotonic()
        wanted = list(submit(client, jobs))
        finished = [(client.wait(job.id, 900.0), scene) for job, scene in wanted]
        took_s = time.monotonic() - started_s
        wrong = [scene for job, scene in finished if not judge(picture(client, job), scene).right]
        found = loads(studio)
    assert len(wrong) <= jobs // 10, wrong  # the model's own share of misses, measured in RESULTS.md
    assert set(found) == {"t2i", "edit"}
    # A pipeline keeps the card for a batch at least, so that there are at most as many loads as batches.
    assert sum(found.values()) <= math.ceil(took_s / batch_s) + 2
    print(f"{jobs} jobs in {took_s:.0f} s, loads {dict(found)}")


def submit(client: Client, jobs: int) -> list[tuple[Job, Scene]]:
    """Sends painting and editing in turns, which without batches would be the worst order."""
    scenes = requests(jobs)
    ground = client.upload(png(render(scene_from_caption(GROUND), 128, 128, 1)))
    white = client.upload(png(Image.new("L", (128, 128), 255)))
    sent: list[tuple[Job, Scene]] = []
    for number, scene in enumerate(scenes):
        text = caption(scene)
        if number % 2:
            request = ImageEdit(prompt=text, images=[ground.id], mask=white.id, seed=number)
        else:
            request = TextToImage(prompt=text, seed=number)
        sent.append((client.submit(request), scene))
    return sent


def picture(client: Client, job: Job) -> Image.Image:
    assert job.status == "succeeded", job.error
    return Image.open(io.BytesIO(client.image(job.images[0]))).convert("RGB")


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def loads(studio: Studio) -> Counter[str]:
    """How often each service has loaded the model, by the arbiter's log."""
    lines = (studio.home.logs / "limner-arbiter.log").read_text().splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    return Counter(event["holder"] for event in events if event["event"] == "lease_resident")
