from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from limner.cli.failure import CommandFailed
from limner.cli.generate import check_files, output_files
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


def test_one_picture_keeps_its_name_and_several_are_numbered() -> None:
    assert output_files(Path("a/out.png"), 1) == [Path("a/out.png")]
    assert output_files(Path("a/out.png"), 2) == [Path("a/out-1.png"), Path("a/out-2.png")]
    assert output_files(Path("out.png"), 10)[0] == Path("out-01.png")


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "out.png"
    file.write_text("mine")
    with pytest.raises(CommandFailed, match="--force"):
        check_files([file], force=False)
    check_files([file], force=True)


def test_a_name_that_promises_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"out\.png"):
        check_files([tmp_path / "out.jpg"], force=False)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="There is no folder"):
        check_files([tmp_path / "no" / "out.png"], force=False)


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
        ("cancelling", Progress(stage="denoising"), "cancelling"),
    ],
)
def test_the_bar_says_what_the_job_does_or_waits_for(status: str, progress: Progress, words: str) -> None:
    assert describe(job(status, progress)) == words
