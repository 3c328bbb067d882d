"""Two services under a budget that fits one: they take turns, and nobody is forgotten."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from limner.client import Client
from limner.requests import TextToImage
from tests.studio import Studio, running_studio

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("turns")]

# One lease of the built-in model takes about 600 MiB with its worker's context.
BUDGET_BYTES = 1000 * 2**20
POLL_S = 0.2


def settings(batch_s: float) -> dict[str, str]:
    return {
        "LIMNER_T2I_REPLICAS": "2",
        "LIMNER_ARBITER_RAM_BUDGET_BYTES": str(BUDGET_BYTES),
        "LIMNER_ARBITER_BATCH_S": str(batch_s),
    }


@pytest.mark.timeout(300)
def test_two_services_that_fit_one_at_a_time_finish_every_job(tmp_path: Path) -> None:
    with running_studio(tmp_path / "home", settings=settings(batch_s=3)) as studio:
        take_turns(studio, 12)
        assert set(loads(studio)) == {"t2i", "t2i-2"}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_hundred_jobs_need_few_loads_and_leave_nobody_waiting_beyond_their_bound(tmp_path: Path) -> None:
    with running_studio(tmp_path / "home", settings=settings(batch_s=30)) as studio:
        take_turns(studio, 200)
        assert set(loads(studio)) == {"t2i", "t2i-2"}
        assert sum(loads(studio).values()) < 200 / 4


def take_turns(studio: Studio, jobs: int) -> None:
    """Runs small jobs; no look at the book may show more than the budget or a wait beyond its bound."""
    with studio.client() as client, watching(client) as books:
        submitted = [
            client.submit(TextToImage(prompt="a red circle", width=64, height=64, steps=4, seed=seed))
            for seed in range(jobs)
        ]
        finished = [client.wait(job.id, 600.0) for job in submitted]
    assert [job.status for job in finished] == ["succeeded"] * jobs
    assert max(charged_bytes(book) for book in books) <= BUDGET_BYTES
    assert max(len(book["leases"]) for book in books) == 1
    assert [ticket for book in books for ticket in book["tickets"] if is_forgotten(ticket)] == []


@contextmanager
def watching(client: Client) -> Generator[list[dict[str, Any]]]:
    """Looks at the arbiter's book again and again."""
    books: list[dict[str, Any]] = [client.gpu()]
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            books.append(client.gpu())
            time.sleep(POLL_S)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield books
    finally:
        done.set()
        thread.join()


def charged_bytes(book: dict[str, Any]) -> int:
    return sum(device["charged_bytes"] for device in book["devices"])


def is_forgotten(ticket: dict[str, Any]) -> bool:
    return ticket["wait_bound_s"] is not None and ticket["waited_s"] > ticket["wait_bound_s"]


def loads(studio: Studio) -> Counter[str]:
    """How often each service has loaded the model, by the arbiter's log."""
    lines = (studio.home.logs / "limner-arbiter.log").read_text().splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    return Counter(event["holder"] for event in events if event["event"] == "lease_resident")
