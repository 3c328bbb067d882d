"""Layers from the command line, through a whole studio; the weights are untrained: only shapes are judged."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.studio import Studio, limner, running_studio


@pytest.fixture(scope="module")
def layered_studio(tmp_path_factory: pytest.TempPathFactory, layered: Path) -> Iterator[Studio]:
    """A studio that has the layered model beside the built-in one."""
    home = tmp_path_factory.mktemp("layered") / "home"
    home.mkdir()
    (home / "models").symlink_to(layered.parent)
    with running_studio(home) as running:
        yield running


def separate(studio: Studio, *arguments: str) -> subprocess.CompletedProcess[str]:
    return limner(studio, "layers", *arguments, "--prompt", "a poster", "--steps", "2")


def test_a_picture_is_taken_apart_into_numbered_files(layered_studio: Studio, tmp_path: Path) -> None:
    picture, output = tmp_path / "poster.png", tmp_path / "out.png"
    Image.new("RGBA", (256, 320), "#ff000080").save(picture)
    answer = separate(layered_studio, str(picture), "--count", "3", "--seed", "7", "-o", str(output))
    assert answer.returncode == 0, answer.stderr
    files = [tmp_path / f"out-{number}.png" for number in (1, 2, 3)]
    assert answer.stdout == "".join(f"{file}  256×320  seed 7\n" for file in files)
    for file in files:
        with Image.open(file) as layer:
            assert (layer.mode, layer.size) == ("RGBA", (256, 320))
            assert "Model: tiny-layered" in layer.info["parameters"]
    with layered_studio.client() as client:
        (job,) = client.jobs(1)
    assert (job.kind, job.progress.image_count, len({image.id for image in job.images})) == ("layers", 3, 3)


def test_the_built_in_model_refuses(layered_studio: Studio, tmp_path: Path) -> None:
    picture = tmp_path / "poster.png"
    Image.new("RGB", (256, 256), "red").save(picture)
    answer = separate(layered_studio, str(picture), "--model", "shapes", "-o", str(tmp_path / "out.png"))
    assert answer.returncode == 2
    assert "image asks for layers, which shapes cannot do; it can do" in answer.stderr
    assert not (tmp_path / "out-1.png").exists()
