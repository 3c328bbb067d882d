"""A model that comes while the studio runs is offered and paints."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from limner.client import Client
from limner.models.shelf import Shelf
from limner.requests import TextToImage
from services.shapes.captions import scene_from_caption
from services.shapes.checkpoint import CHECKPOINT
from services.shapes.judge import judge
from tests.hub import running_hub
from tests.limner.models.pulling import REPOSITORY, fetch
from tests.studio import running_studio, until

PROMPT = "a red circle on the left, white background"


@pytest.mark.timeout(300)
def test_a_model_that_is_downloaded_while_the_studio_runs_paints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no-token"))
    files = {
        path.relative_to(CHECKPOINT).as_posix(): path.read_bytes()
        for path in CHECKPOINT.rglob("*")
        if path.is_file()
    }
    with running_studio(tmp_path / "home") as studio, running_hub() as hub, studio.client() as client:
        hub.commit(REPOSITORY, files)
        assert "lantern" not in offered(client)
        fetch(hub, Shelf(studio.home.models))
        until(lambda: "lantern" in offered(client) or None, "the model to be offered", 30)
        request = TextToImage(prompt=PROMPT, model="lantern", width=256, height=256, steps=20, seed=3)
        job = client.wait(client.submit(request).id, 240)
        assert job.status == "succeeded", job.error
        image = Image.open(io.BytesIO(client.image(job.images[0]))).convert("RGB")
    found = judge(image, scene_from_caption(PROMPT))
    assert found.colours, found


def offered(client: Client) -> set[str]:
    """Returns the models that text-to-image can be asked for."""
    found = client.capabilities()["capabilities"]
    return {model["name"] for each in found if each["name"] == "t2i" for model in each["models"]}
