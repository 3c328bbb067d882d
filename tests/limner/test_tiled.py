"""Pictures larger than the model, from the command line through a whole studio."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from limner.client import Job
from limner.requests import Tiled
from services.shapes.captions import scene_from_caption
from services.shapes.judge import judge
from tests.edit.drawing import BEFORE, scene
from tests.studio import Studio, limner, running_studio, until


@pytest.fixture(scope="module")
def tiling_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio in which every tiled result is too large to be sent."""
    home = tmp_path_factory.mktemp("tiled") / "home"
    with running_studio(home, settings={"LIMNER_TILING_INLINE_LIMIT_BYTES": "1000"}) as running:
        yield running


def shows_the_scene(file: Path) -> bool:
    with Image.open(file) as image:
        small = image.convert("RGB").resize(
            (128, 128 * image.height // image.width), Image.Resampling.LANCZOS
        )
    return judge(small, scene_from_caption(BEFORE)).right


def begun(studio: Studio, tiles: int) -> Job:
    """Returns the newest job when that many of its tiles are done, or as soon as there is one that has."""

    def look() -> Job | None:
        newest = client.jobs(1)
        return next((j for j in newest if j.status == "running" and j.progress.tile >= tiles), None)

    with studio.client() as client:
        return until(look, f"{tiles} tiles", 60)


def test_a_picture_beyond_the_model_shows_its_prompt(tiling_studio: Studio, tmp_path: Path) -> None:
    output, tiling = tmp_path / "wide.png", tiling_studio.home.tiling
    before = set(tiling.rglob("*"))
    size = ("--width", "320", "--height", "256")
    answer = limner(tiling_studio, "tile", BEFORE, *size, "--seed", "2", "-o", str(output))
    assert (answer.returncode, answer.stdout) == (0, f"{output}  320×256  seed 2\n"), answer.stderr
    assert shows_the_scene(output)
    # Nothing is left behind, neither tiles nor results; a cancelled picture keeps its tiles for a day.
    assert set(tiling.rglob("*")) <= before | {tiling / "results"}


def test_an_enlarged_picture_is_the_same_scene(tiling_studio: Studio, tmp_path: Path) -> None:
    before, after = tmp_path / "before.png", tmp_path / "after.png"
    scene().save(before)
    answer = limner(tiling_studio, "upscale", str(before), "-o", str(after), "--json")
    job = Job.model_validate_json(answer.stdout)
    assert (job.images[0].width, job.images[0].height) == (256, 256)
    assert job.progress.tile == job.progress.tile_count > 1
    assert shows_the_scene(after)


def test_a_killed_service_costs_no_finished_tile(tiling_studio: Studio) -> None:
    with tiling_studio.client() as client:
        asked = client.submit(Tiled(prompt=BEFORE, width=256, height=256, seed=1))
        done = begun(tiling_studio, 3).progress.tile
        tiling_studio.kill("limner-tiling")
        seen: list[int] = []
        until(lambda: watch(client.job(asked.id), seen), "the end", 120)
        job = client.job(asked.id)
    assert job.status == "succeeded", job.error
    assert min(seen) >= done


def watch(job: Job, seen: list[int]) -> bool | None:
    """Notes how many tiles are done; True when the job has ended."""
    if job.progress.tile_count:
        seen.append(job.progress.tile)
    return job.finished or None


def test_an_interrupt_ends_the_work_within_a_tile(tiling_studio: Studio, tmp_path: Path) -> None:
    slow = ("--width", "512", "--height", "512", "--steps", "100", "--strength", "1")
    with subprocess.Popen(
        [sys.executable, "-m", "limner.cli", "tile", BEFORE, *slow, "-o", str(tmp_path / "x.png")],
        env=tiling_studio.environment(),
        stderr=subprocess.PIPE,
    ) as painting:
        job = begun(tiling_studio, 1)
        painting.send_signal(signal.SIGINT)
        assert painting.communicate(timeout=20) == (None, b"limner: Cancelled.\n")
    with tiling_studio.client() as client:
        ended = client.wait(job.id)
    assert (ended.status, ended.images) == ("cancelled", [])
    assert ended.progress.tile <= job.progress.tile + 1


def test_a_disk_that_keeps_no_tile_fails_the_job_and_says_so(tiling_studio: Studio, tmp_path: Path) -> None:
    folder, away, output = tiling_studio.home.tiling, tmp_path / "away", tmp_path / "x.png"
    folder.rename(away)
    folder.touch()
    try:
        answer = limner(tiling_studio, "tile", BEFORE, "--width", "256", "--height", "256", "-o", str(output))
    finally:
        folder.unlink()
        away.rename(folder)
    assert answer.returncode == 1
    assert "The unfinished picture cannot be kept in" in answer.stderr
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--width", "112", "--height", "256"), "less than a tile of 128"),
        (("--width", "8208", "--height", "256"), "at most 8192"),
        (("--width", "512", "--height", "256", "--overlap", "128"), "half of a tile"),
        (("--width", "4096", "--height", "128"), "at most 16:1"),
    ],
)
def test_bad_input_is_answered_with_the_field_and_the_fix(
    tiling_studio: Studio, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    answer = limner(tiling_studio, "tile", BEFORE, *arguments, "-o", str(tmp_path / "x.png"))
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1)
    assert says in answer.stderr
