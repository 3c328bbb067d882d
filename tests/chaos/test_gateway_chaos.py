"""Random processes die by kill -9 at random moments of mixed work: no job is lost, none is done twice."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from limner.client import AsyncClient, Client, Job
from limner.requests import TextToImage
from tests.chaos.toll import Death, Toll
from tests.chaos.traffic import PATIENCE_S, Traffic, Wave
from tests.chaos.victims import FAULTS, strike
from tests.studio import Studio, running_studio, until

pytestmark = [pytest.mark.chaos]

_VOID_PER_ROUND = 5
_LOG_LINES = 60
_FINAL = frozenset({"succeeded", "failed", "cancelled"})


@pytest.mark.timeout(900)
async def test_ten_deaths_under_mixed_work_lose_no_job_and_change_no_pixel(tmp_path: Path) -> None:
    await play(tmp_path, rounds=10, seed=1)


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_a_hundred_deaths_under_mixed_work_lose_no_job_and_change_no_pixel(tmp_path: Path) -> None:
    await play(tmp_path, rounds=100, seed=2)


@pytest.mark.timeout(300)
def test_a_killed_gateway_loses_none_of_twenty_jobs_over_a_restart(tmp_path: Path) -> None:
    requests = [
        TextToImage(prompt="a red circle, white background", width=64, height=64, steps=8, seed=seed)
        for seed in range(20)
    ]
    with running_studio(tmp_path / "home") as studio, studio.client() as client:
        ids = [client.submit(request).id for request in requests]
        until(lambda: _ended(client, ids) >= 5 or None, "five jobs to end", PATIENCE_S)
        studio.kill("limner-gateway")
    with running_studio(tmp_path / "home", studio.port) as again, again.client() as client:
        jobs = [client.wait(job_id, PATIENCE_S) for job_id in ids]
        assert [job.status for job in jobs] == ["succeeded"] * 20
        assert len({image.id for job in jobs for image in job.images}) == 20
        assert sorted(job.id for job in client.search()) == sorted(ids)
        assert count_endings(again.url, ids) == [1] * 20


async def play(folder: Path, rounds: int, seed: int) -> None:
    """Plays so many rounds; every fault comes about as often as every other, in random order."""
    chance, toll = Random(seed), Toll()
    cycles = (chance.sample(FAULTS, len(FAULTS)) for _ in range(rounds))
    with running_studio(folder / "home") as studio:
        async with AsyncClient(studio.url) as client:
            traffic = await Traffic.open(client)
            expected = await rehearse(traffic, chance, toll)
            window_s = toll.undisturbed_s
            for fault in islice(chain.from_iterable(cycles), rounds):
                window_s = await _round(studio, traffic, fault, chance, toll, expected, window_s)
            await assert_nothing_else_was_done(traffic, expected)
    print(f"\n{toll.table()}{[death.victims for death in toll.deaths]}")
    toll.write(f"gateway-chaos-{rounds}")


async def rehearse(traffic: Traffic, chance: Random, toll: Toll) -> list[list[str]]:
    """Returns the images of every request when nobody dies; the second time nothing is loaded any more."""
    made: list[list[list[str]]] = []
    for _ in range(2):
        started_s = time.monotonic()
        wave = await traffic.send(chance)
        made.append([_images(job) for job in await traffic.finish(wave.jobs)])
        toll.undisturbed_s = time.monotonic() - started_s
    assert made[0] == made[1]
    assert all(images for images in made[0])
    return made[0]


async def _round(
    studio: Studio,
    traffic: Traffic,
    fault: str,
    chance: Random,
    toll: Toll,
    expected: list[list[str]],
    window_s: float,
) -> float:
    """Plays one round, in which somebody dies within `window_s`; returns how long that may be next time."""
    for _ in range(_VOID_PER_ROUND):
        sending = asyncio.create_task(traffic.send(chance))
        strike_s = chance.uniform(0, window_s)
        await asyncio.sleep(strike_s)
        is_over = sending.done() and not await traffic.is_busy(sending.result())
        victims = await asyncio.to_thread(strike, studio, fault, chance)
        struck_s = time.monotonic()
        wave = await sending
        jobs = await traffic.finish(wave.jobs)
        finish_s = time.monotonic() - struck_s
        try:
            await _check(traffic, wave, jobs, expected)
        except AssertionError as error:
            error.add_note(f"after the death of {victims}\n{_logs(studio, [*wave.jobs, *wave.decoys])}")
            raise
        if not is_over:
            toll.deaths.append(Death(fault, tuple(victims), finish_s))
            return window_s
        toll.void += 1
        # The rehearsal met a busier machine.
        window_s = strike_s
    raise AssertionError(f"{_VOID_PER_ROUND} times everything was over before anybody died")


async def _check(traffic: Traffic, wave: Wave, jobs: list[Job], expected: list[list[str]]) -> None:
    assert [job.error for job in jobs] == [None] * len(jobs)
    assert [_images(job) for job in jobs] == expected
    decoys = await traffic.finish(wave.decoys)
    assert {job.status for job in decoys} <= {"cancelled", "succeeded"}, decoys
    ids = [*wave.jobs, *wave.decoys]
    endings = await asyncio.to_thread(count_endings, traffic.client.url, ids)
    assert dict(zip(ids, endings, strict=True)) == dict.fromkeys(ids, 1)


async def assert_nothing_else_was_done(traffic: Traffic, expected: list[list[str]]) -> None:
    """A request that was sent twice over a lost connection made one job; every file is whole."""
    known = {job_id for wave in traffic.waves for job_id in [*wave.jobs, *wave.decoys]}
    seen = {job.id: job async for job in traffic.client.search()}
    assert set(seen) == known
    last = [seen[job_id] for job_id in traffic.waves[-1].jobs]
    for image in chain.from_iterable(job.images for job in last):
        assert hashlib.sha256(await traffic.client.image(image)).hexdigest() == image.id
    assert [_images(job) for job in last] == expected


def count_endings(url: str, job_ids: Sequence[str]) -> list[int]:
    """Returns how often each job has ended, by its history."""
    with httpx.Client(base_url=url, trust_env=False) as client:
        return [
            _endings(client.get(f"/jobs/{job_id}/events").raise_for_status().json()) for job_id in job_ids
        ]


def _endings(history: dict[str, Any]) -> int:
    return sum(event["job"]["status"] in _FINAL for event in history["events"])


def _ended(client: Client, job_ids: Sequence[str]) -> int:
    return sum(client.job(job_id).finished for job_id in job_ids)


def _images(job: Job) -> list[str]:
    return [image.id for image in job.images]


def _logs(studio: Studio, job_ids: Sequence[str]) -> str:
    """Returns the last lines of every log that name one of the jobs."""
    return "".join(_tail(path, job_ids) for path in sorted(studio.home.logs.glob("limner-*.log")))


def _tail(path: Path, job_ids: Sequence[str]) -> str:
    lines = path.read_text(errors="replace").splitlines()
    told = [line for line in lines if any(job_id in line for job_id in job_ids)]
    return "\n".join([f"{path.name}:", *told[-_LOG_LINES:], ""])
