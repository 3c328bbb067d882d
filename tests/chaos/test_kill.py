"""Processes die in mid-job by kill -9; the picture must come out as if nothing had happened."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from limner.client import Client, Job
from limner.requests import TextToImage
from tests.studio import STOP_S, Studio, running_studio, until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

# Long enough to be hit in the middle, on any machine.
LONG = TextToImage(prompt="a red circle on the left, white background", seed=7, steps=100)
FINISH_S = 150.0


@pytest.fixture(scope="module")
def wounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio that must live through all of this module."""
    with running_studio(tmp_path_factory.mktemp("wounded")) as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(wounded: Studio) -> bytes:
    """The pixels of LONG when nobody interferes."""
    with wounded.client() as client:
        return pixels(client, client.wait(client.submit(LONG).id))


def pixels(client: Client, job: Job) -> bytes:
    assert job.status == "succeeded", job.error
    (image,) = job.images
    return Image.open(io.BytesIO(client.image(image))).convert("RGB").tobytes()


def in_the_middle(client: Client, job: Job, step: int = 12) -> Job:
    """Returns the job once `step` of its 100 steps are done."""

    def look() -> Job | None:
        now = client.job(job.id)
        assert not now.finished, now.error
        return now if now.progress.stage == "denoising" and now.progress.step >= step else None

    return until(look, f"step {step}", FINISH_S)


def times_finished(studio: Studio, job: Job) -> int:
    """How often the history says that the job succeeded."""
    events = (
        httpx.get(f"{studio.url}/jobs/{job.id}/events", trust_env=False).raise_for_status().json()["events"]
    )
    return sum(event["job"]["status"] == "succeeded" for event in events)


@pytest.mark.parametrize("title", ["limner-t2i-worker", "limner-t2i", "limner-arbiter", "limner-gateway"])
def test_a_job_outlives_any_process(wounded: Studio, undisturbed: bytes, title: str) -> None:
    with wounded.client() as client:
        job = in_the_middle(client, client.submit(LONG))
        killed = wounded.kill(title)
        finished = client.wait(job.id, FINISH_S)
        assert pixels(client, finished) == undisturbed
    assert wounded.pid_of(title) != killed
    assert times_finished(wounded, job) == 1


def test_a_job_outlives_a_worker_that_dies_twice(wounded: Studio, undisturbed: bytes) -> None:
    with wounded.client() as client:
        job = in_the_middle(client, client.submit(LONG))
        wounded.kill("limner-t2i-worker")
        in_the_middle(client, job, step=26)
        wounded.kill("limner-t2i-worker")
        assert pixels(client, client.wait(job.id, FINISH_S)) == undisturbed


def test_every_accepted_job_outlives_all_processes_at_once(tmp_path: Path, undisturbed: bytes) -> None:
    home = tmp_path / "home"
    with running_studio(home) as studio, studio.client() as client:
        jobs = [client.submit(LONG) for _ in range(2)]
        in_the_middle(client, jobs[0])
        studio.kill_all()
    with running_studio(home, studio.port) as again, again.client() as client:
        for job in jobs:
            assert pixels(client, client.wait(job.id, FINISH_S)) == undisturbed
            assert times_finished(again, job) == 1


def test_nothing_is_left_when_the_supervisor_dies(fresh_studio: Studio) -> None:
    everyone = fresh_studio.members()
    fresh_studio.kill("limner-supervisor")
    assert psutil.wait_procs(everyone, timeout=STOP_S)[1] == []


def test_a_new_studio_takes_over_from_a_killed_one_at_once(fresh_studio: Studio) -> None:
    everyone = fresh_studio.members()
    fresh_studio.kill("limner")
    with running_studio(fresh_studio.home.root, fresh_studio.port):
        assert psutil.wait_procs(everyone, timeout=0)[1] == []
