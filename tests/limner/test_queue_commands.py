"""The commands for the queue and the history against a running studio."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from limner.client import Job
from limner.requests import TextToImage
from tests.studio import Studio, limner

PROMPT = "a purple ring at the top, white background"


def shown_ids(answer: subprocess.CompletedProcess[str]) -> list[str]:
    assert answer.returncode == 0, answer.stderr
    return [line.split()[0] for line in answer.stdout.splitlines() if "-7" in line.split()[0]]


@pytest.fixture
def waiting(studio: Studio) -> Iterator[list[Job]]:
    """Three jobs that wait in a paused queue."""
    with studio.client() as client:
        assert "paused" in limner(studio, "queue", "pause").stdout
        try:
            yield client.batch(TextToImage(prompt=PROMPT, steps=2), seeds=[1, 2, 3]).jobs
        finally:
            client.clear()
            client.resume()


def test_the_queue_is_shown_and_put_in_order(studio: Studio, waiting: list[Job]) -> None:
    first, second, third = (job.id for job in waiting)
    assert shown_ids(limner(studio, "queue")) == [first, second, third]
    assert shown_ids(limner(studio, "queue", "move", third, second)) == [third, second, first]
    assert json.loads(limner(studio, "queue", "--json").stdout)["total"] == 3


def test_the_queue_is_cleared_and_resumed(studio: Studio, waiting: list[Job]) -> None:
    assert limner(studio, "queue", "clear").stdout == "cancelled 3\n"
    assert limner(studio, "queue", "resume").stdout == "Nothing waits.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("move",), "`move` has no ID"),
        (("pause", "an-id"), "`pause` takes no ID"),
        (("stop",), "'stop'"),
    ],
)
def test_a_wrong_call_is_answered_with_the_fix(studio: Studio, arguments: tuple[str, ...], says: str) -> None:
    answer = limner(studio, "queue", *arguments)
    assert answer.returncode == 2
    assert says in answer.stderr


def test_a_job_is_retried_and_found_again(studio: Studio) -> None:
    with studio.client() as client:
        job = client.wait(client.submit(TextToImage(prompt=f"{PROMPT}, found", steps=2)).id)
        again = limner(studio, "retry", job.id).stdout.strip()
        assert client.wait(again).images == job.images
        assert shown_ids(limner(studio, "jobs", "--search", "FOUND ring")) == [again, job.id]
        assert shown_ids(limner(studio, "jobs", "--search", "found", "--limit", "1")) == [again]
        client.star(job.id)
        try:
            assert shown_ids(limner(studio, "jobs", "--search", "found", "--favourites")) == [job.id]
        finally:
            client.star(job.id, False)
    assert limner(studio, "jobs", "--search", "nothing of the kind").stdout == "No job is like that.\n"


def test_retrying_an_unknown_job_says_so(studio: Studio) -> None:
    answer = limner(studio, "retry", "00000000-0000-7000-8000-000000000000")
    assert answer.returncode == 2
    assert "There is no job" in answer.stderr
