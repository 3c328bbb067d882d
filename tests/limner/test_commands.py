"""The commands against a running studio."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest
from PIL import Image

from limner.client import AsyncClient, Job, RequestRejected
from limner.requests import TextToImage
from services.shapes.judge import judge, scene_from_caption
from tests.studio import Studio, limner, until

PROMPT = "a red circle on the left, white background"
LONG = ("--steps", "100", "--width", "256", "--height", "256")


def test_a_generated_picture_shows_what_was_asked(studio: Studio, tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    answer = limner(studio, "generate", PROMPT, "-o", str(output), "--seed", "1")
    assert (answer.returncode, answer.stdout) == (0, f"{output}  128×128  seed 1\n"), answer.stderr
    with Image.open(output) as image:
        verdict = judge(image.convert("RGB"), scene_from_caption(PROMPT))
    assert verdict.right, verdict


def test_several_pictures_get_numbered_files_and_counted_seeds(studio: Studio, tmp_path: Path) -> None:
    answer = limner(
        studio, "generate", PROMPT, "-o", str(tmp_path / "out.png"), "--count", "2", "--seed", "5", "--json"
    )
    job = Job.model_validate_json(answer.stdout)
    assert [image.seed for image in job.images] == [5, 6]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out-1.png", "out-2.png"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("",), "prompt"),
        (("x" * 2001,), "2000"),
        ((PROMPT, "--width", "130"), "multiple of 16"),
        ((PROMPT, "--steps", "1"), "steps"),
        ((PROMPT, "--quality", "ultra"), "quality is ultra: Input should be 'draft', 'normal' or 'best'"),
        ((PROMPT, "--model", "nosuch"), "nosuch"),
    ],
)
def test_bad_input_is_answered_with_the_field_and_the_fix(
    studio: Studio, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    output = tmp_path / "x.png"
    answer = limner(studio, "generate", *arguments, "-o", str(output))
    assert answer.returncode == 2
    assert says in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not output.exists()


def test_an_interrupt_cancels_the_job(studio: Studio, tmp_path: Path) -> None:
    with (
        studio.client() as client,
        subprocess.Popen(
            [sys.executable, "-m", "limner.cli", "generate", PROMPT, "-o", str(tmp_path / "x.png"), *LONG],
            env=studio.environment(),
            stderr=subprocess.PIPE,
        ) as generating,
    ):
        job = until(
            lambda: next((job for job in client.jobs(1) if job.status == "running"), None), "a job", 30
        )
        generating.send_signal(signal.SIGINT)
        assert generating.communicate(timeout=20) == (None, b"limner: Cancelled.\n")
        assert generating.returncode == 130
        assert client.wait(job.id).status == "cancelled"


def test_an_interrupt_before_the_answer_cancels_the_job_too(studio: Studio, tmp_path: Path) -> None:
    gateway = psutil.Process(studio.pid_of("limner-gateway"))
    with (
        studio.client() as client,
        subprocess.Popen(
            [sys.executable, "-m", "limner.cli", "generate", PROMPT, "-o", str(tmp_path / "x.png"), *LONG],
            env=studio.environment(),
            stderr=subprocess.PIPE,
        ) as generating,
    ):
        before = {job.id for job in client.jobs()}
        gateway.suspend()
        try:
            until(lambda: holds_unread_bytes_of(generating.pid) or None, "the request to be sent", 30)
            generating.send_signal(signal.SIGINT)
        finally:
            gateway.resume()
        assert generating.communicate(timeout=20) == (None, b"limner: Cancelled.\n")
        (job,) = [job for job in client.jobs() if job.id not in before]
        assert client.wait(job.id).status == "cancelled"


def holds_unread_bytes_of(client_pid: int) -> bool:
    """Whether the kernel holds bytes from that process for a server of this host (proc(5), net/tcp)."""
    sent_from = {
        f"{pair.laddr.port:04X}" for pair in psutil.Process(client_pid).net_connections("tcp4") if pair.laddr
    }
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(
        remote[-4:] in sent_from and not queues.endswith(":00000000") for _, _, remote, _, queues, *_ in rows
    )


def test_the_table_of_jobs_shows_the_newest_first(studio: Studio) -> None:
    with studio.client() as client:
        job = client.wait(client.submit(TextToImage(prompt="a green star at the top", steps=2)).id)
    assert json.loads(limner(studio, "jobs", "--json").stdout)[0]["id"] == job.id
    shown = limner(studio, "jobs").stdout.splitlines()
    assert job.id in shown[1]
    assert "succeeded" in shown[1]


def test_cancelling_an_unknown_job_says_so(studio: Studio) -> None:
    answer = limner(studio, "cancel", "00000000-0000-7000-8000-000000000000")
    assert answer.returncode == 2
    assert "There is no job" in answer.stderr


def test_an_uploaded_picture_is_kept_under_its_id(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "red.png"
    Image.new("RGB", (24, 16), "red").save(file)
    (uploaded,) = json.loads(limner(studio, "upload", str(file), "--json").stdout)
    assert (uploaded["width"], uploaded["height"], uploaded["format"]) == (24, 16, "png")
    assert limner(studio, "upload", str(file)).stdout == f"{uploaded['id']}  24×16  {file}\n"


def test_a_file_that_is_no_picture_or_not_there_is_refused(studio: Studio, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a picture")
    refused = limner(studio, "upload", str(text))
    assert (refused.returncode, "PNG, JPEG or WebP" in refused.stderr) == (2, True)
    missing = limner(studio, "upload", str(tmp_path / "missing.png"))
    assert (missing.returncode, "No such file" in missing.stderr) == (2, True)


def test_the_memory_of_the_warm_model_is_shown(studio: Studio) -> None:
    with studio.client() as client:
        client.wait(client.submit(TextToImage(prompt=PROMPT, steps=2)).id)
    shown = limner(studio, "gpu").stdout
    assert "cpu:0" in shown
    assert "t2i" in shown


async def test_a_watched_job_is_seen_to_move_and_to_finish(studio: Studio) -> None:
    async with AsyncClient(studio.url) as client:
        job = await client.submit(TextToImage(prompt=PROMPT, seed=3))
        async with aclosing(client.watch(job.id)) as jobs:
            seen = [job async for job in jobs]
        assert seen[-1].status == "succeeded"
        steps = [job.progress.step for job in seen]
        assert steps == sorted(steps)
        assert len(set(steps)) > 3
        png = await client.image(seen[-1].images[0])
    assert Image.open(io.BytesIO(png)).size == (128, 128)


async def test_the_same_key_gives_the_same_job(studio: Studio) -> None:
    request = TextToImage(prompt=PROMPT, steps=2)
    async with AsyncClient(studio.url) as client:
        first, second = await asyncio.gather(*(client.submit(request, "the-same-key") for _ in range(2)))
        assert first.id == second.id
        await client.wait(first.id)


async def test_a_refusal_carries_status_and_sentence(studio: Studio) -> None:
    async with AsyncClient(studio.url) as client:
        with pytest.raises(RequestRejected, match="multiple of 16") as caught:
            await client.submit(TextToImage(prompt=PROMPT, width=100))
    assert caught.value.status == 422
