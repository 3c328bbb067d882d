"""The examples do what they say, against a running studio."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from limner.requests import TextToImage
from services.shapes.judge import judge, scene_from_caption
from tests.studio import Studio

EXAMPLES = Path(__file__).parents[2] / "examples"
PROMPT = "a red circle on the left, white background"


def run(studio: Studio, folder: Path, *command: str) -> str:
    """Runs an example to its end and returns what it prints."""
    answer = subprocess.run(
        command,
        cwd=folder,
        env=studio.environment() | {"LIMNER_URL": studio.url, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert answer.returncode == 0, (answer.stdout, answer.stderr)
    return answer.stdout


def test_a_picture_is_sent_changed_and_fetched_with_curl(studio: Studio, tmp_path: Path) -> None:
    with studio.client() as client:
        made = client.wait(client.submit(TextToImage(prompt=PROMPT, seed=1, steps=4)).id)
        (tmp_path / "in.png").write_bytes(client.image(made.images[0]))
        prompt = 'a red circle on the left and a "blue\\square" on the right, white background'
        run(studio, tmp_path, "sh", str(EXAMPLES / "drive.sh"), "in.png", prompt, "out.png")
        job = client.jobs(1)[0]
        assert (job.kind, job.request["prompt"]) == ("image-edit", prompt)
        assert (tmp_path / "out.png").read_bytes() == client.image(job.images[0])


def test_a_picture_is_painted_through_the_client_of_openai(studio: Studio, tmp_path: Path) -> None:
    said = run(studio, tmp_path, sys.executable, str(EXAMPLES / "openai_client.py"), PROMPT)
    assert said.splitlines()[-1] == "out.png"
    with Image.open(tmp_path / "out.png") as image:
        assert judge(image.convert("RGB"), scene_from_caption(PROMPT)).right


def test_a_picture_is_painted_without_the_gateway(studio: Studio, tmp_path: Path) -> None:
    example = str(EXAMPLES / "grpc_client.py")
    said = run(studio, tmp_path, sys.executable, example, studio.address("t2i"), PROMPT)
    assert said.splitlines()[-1].startswith("out.png, seed ")
    with Image.open(tmp_path / "out.png") as image:
        assert judge(image.convert("RGB"), scene_from_caption(PROMPT)).right
