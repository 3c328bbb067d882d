from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from limner.cli.failure import CommandFailed
from limner.cli.painting import output_files
from limner.cli.stepbar import describe
from limner.client import Job, Progress


def job(status: str, progress: Progress) -> Job:
    now = datetime.now(UTC)
    return Job(
        id="1",
        kind="text-to-image",
        status=status,
        progress=progress,
        request={},
        images=[],
        error=None,
        created_at=now,
        started_at=None,
        finished_at=None,
    )


def test_one_picture_keeps_its_name_and_several_are_numbered(tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    assert output_files(output, 1, force=False) == [output]
    assert output_files(output, 2, force=False) == [tmp_path / "out-1.png", tmp_path / "out-2.png"]
    assert output_files(output, 10, force=False)[0] == tmp_path / "out-01.png"


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "out.png"
    file.write_text("mine")
    with pytest.raises(CommandFailed, match="--force"):
        output_files(file, 1, force=False)
    assert output_files(file, 1, force=True) == [file]


def test_a_name_that_promises_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"out\.png"):
        output_files(tmp_path / "out.jpg", 1, force=False)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="There is no folder"):
        output_files(tmp_path / "no" / "out.png", 1, force=False)


@pytest.mark.parametrize(
    ("status", "progress", "words"),
    [
        ("queued", Progress(stage="waiting", queue_position=2), "queued, number 2"),
        ("queued", Progress(stage="waiting", waiting_for="t2i is down"), "waiting: t2i is down"),
        ("running", Progress(stage="loading"), "loading"),
        ("running", Progress(stage="denoising", step=3, total_steps=20), "denoising, step 3 of 20"),
        (
            "running",
            Progress(stage="denoising", step=3, total_steps=20, image_index=1, image_count=2, eta_s=4.4),
            "denoising, step 3 of 20, picture 2 of 2, 4 s left",
        ),
        (
            "running",
            Progress(stage="denoising", step=3, total_steps=20, image_count=4, images_at_once=4),
            "denoising, step 3 of 20",
        ),
        (
            "running",
            Progress(stage="denoising", image_index=4, image_count=8, images_at_once=4, total_steps=20),
            "denoising, step 0 of 20, picture 2 of 2",
        ),
        (
            "running",
            Progress(stage="denoising", step=3, total_steps=6, tile=4, tile_count=9),
            "denoising, tile 5 of 9, step 3 of 6",
        ),
        ("running", Progress(stage="saving", tile=9, tile_count=9), "saving, tile 9 of 9"),
        ("cancelling", Progress(stage="denoising"), "cancelling"),
    ],
)
def test_the_bar_says_what_the_job_does_or_waits_for(status: str, progress: Progress, words: str) -> None:
    assert describe(job(status, progress)) == words
