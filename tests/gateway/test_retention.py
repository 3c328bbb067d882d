"""What goes by itself: the plan, and the housekeeping that follows it."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.depot import StorageFailed
from gateway.images import ImageStore
from gateway.jobs.archive import Search
from gateway.jobs.holdings import Holding
from gateway.jobs.job import State
from gateway.retention import Candidate, Policy, Share, plan
from tests.gateway.records import Records, fresh, opened_records

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
NOW = 100 * DAY_S


@pytest.fixture
def records(tmp_path: Path, database: str) -> Iterator[Records]:
    with opened_records(tmp_path, database) as records:
        yield records


def candidate(number: int, ended_at: float, **sizes_bytes: int) -> Candidate:
    images = {image_id: Share(size, 1) for image_id, size in sizes_bytes.items()}
    return Candidate(str(number), ended_at, ended_at, images)


def test_without_limits_nothing_goes() -> None:
    assert plan(Policy(), [candidate(1, 0, a=10**12)], 10**12, NOW) == []


def test_what_ended_longer_ago_than_is_kept_goes() -> None:
    jobs = [candidate(1, NOW - 3 * DAY_S), candidate(2, NOW - DAY_S), candidate(3, NOW - 2.1 * DAY_S)]
    assert plan(Policy(jobs_s=2 * DAY_S), jobs, 0, NOW) == ["1", "3"]


def test_as_many_of_the_oldest_go_as_it_takes() -> None:
    jobs = [candidate(1, 0, a=40), candidate(2, 1), candidate(3, 2, b=30), candidate(4, 3, c=30)]
    policy = Policy(images_bytes=50)
    assert plan(policy, jobs, 100, NOW) == ["1", "3"]
    assert plan(policy, jobs, 90, NOW) == ["1"]
    assert plan(policy, jobs, 50, NOW) == []


def test_what_goes_for_its_age_makes_room_first() -> None:
    jobs = [candidate(1, NOW, a=50), candidate(2, 0, b=50)]
    assert plan(Policy(jobs_s=DAY_S, images_bytes=50), jobs, 100, NOW) == ["2"]


def test_a_shared_image_takes_its_bytes_until_all_who_hold_it_are_gone() -> None:
    shared = {"a": Share(60, 2)}
    jobs = [Candidate("1", 0, 0, shared), Candidate("2", 1, 1, shared), candidate(3, 2, b=40)]
    assert plan(Policy(images_bytes=50), jobs, 100, NOW) == ["1", "2"]


@given(
    sizes=st.lists(st.lists(st.integers(1, 9), max_size=3), max_size=12),
    limit=st.integers(0, 60),
    others=st.integers(0, 30),
)
def test_the_limit_is_kept_and_no_younger_job_goes_in_place_of_an_older_one(
    sizes: list[list[int]], limit: int, others: int
) -> None:
    jobs = [
        candidate(number, number, **{f"{number}.{at}": size for at, size in enumerate(each)})
        for number, each in enumerate(sizes)
    ]
    total = others + sum(map(sum, sizes))
    going = plan(Policy(images_bytes=limit), jobs, total, NOW)
    with_images = [job.id for job in jobs if job.images]
    assert going == with_images[: len(going)]
    left = [total - sum(sum(sizes[int(each)]) for each in going[:count]) for count in range(len(going) + 1)]
    assert left[-1] <= limit or going == with_images
    assert all(size > limit for size in left[:-1])


async def test_old_jobs_go_and_stars_and_those_that_wait_stay(records: Records) -> None:
    old = await records.make(b"old", created_at=NOW - 3 * DAY_S)
    starred = await records.make(b"starred", created_at=NOW - 3 * DAY_S)
    await records.archive.star(starred.id, True)
    waiting = [fresh(state, NOW - 3 * DAY_S) for state in (State.QUEUED, State.RUNNING, State.CANCELLING)]
    await records.store.add(waiting)
    young = await records.make(b"young", created_at=NOW - DAY_S)
    await records.housekeeping(Policy(jobs_s=2 * DAY_S)).tidy(NOW)
    assert await records.store.get(old.id) is None
    left = {starred.id, young.id, *(job.id for job in waiting)}
    assert set(await records.store.get_all([old.id, *left])) == left
    assert await records.kept() == {starred.images[0].id, young.images[0].id}


async def test_images_are_kept_below_their_limit_however_many_jobs_there_are(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.housekeeping._AT_ONCE", 7)
    made = [await records.make(bytes([number]) * 100) for number in range(30)]
    await records.archive.star(made[3].id, True)
    upload = await records.upload(b"u" * 100)
    await records.housekeeping(Policy(images_bytes=1000, uploads_s=1e9)).tidy(NOW)
    left = {made[3].images[0].id, upload, *(job.images[0].id for job in made[-8:])}
    assert await records.kept() == left
    assert await records.inventory.total_bytes() == 1000


async def test_an_upload_goes_when_no_job_refers_to_it_any_more(records: Records) -> None:
    unused, used = await records.upload(b"unused"), await records.upload(b"used")
    job = await records.make(inputs=(used,))
    house = records.housekeeping(Policy(uploads_s=DAY_S))
    await house.tidy(time.time() + DAY_S - 60)
    assert await records.kept() == {unused, used}
    await house.tidy(time.time() + DAY_S + 60)
    assert await records.kept() == {used}
    await records.history.forget("", [job.id])
    await house.tidy(time.time() + DAY_S + 60)
    assert await records.kept() == set()


async def test_events_of_ended_jobs_go_and_those_of_others_stay(records: Records) -> None:
    running = fresh()
    await records.store.add([running])
    done = await records.make(b"picture")
    seen = await records.events.last_seq()
    await records.store.record(running, replace(running, state=State.RUNNING))
    house = records.housekeeping(Policy(events_s=DAY_S, uploads_s=1e9))
    await house.tidy(time.time() + DAY_S - 60)
    assert len(await records.events.of_job(done.id)) == 2
    await house.tidy(time.time() + DAY_S + 60)
    assert await records.events.of_job(done.id) == []
    assert [past.job.state for past in await records.events.of_job(running.id)] == [
        State.QUEUED,
        State.RUNNING,
    ]
    assert await records.store.get(done.id) == done
    # The oldest event that is left is older than those that are gone.
    assert await records.events.since(1, 10) is None
    missed = await records.events.since(seen, 10)
    assert missed is not None
    assert [past.job.state for past in missed] == [State.RUNNING]


async def test_many_old_events_go_and_young_ones_stay(records: Records) -> None:
    job = await records.make(b"picture")
    copy = (
        "INSERT INTO job_events (job_id, attempt, state, snapshot, created_at) "
        "SELECT job_id, attempt, state, snapshot, created_at FROM job_events"
    )
    for _ in range(9):
        await records.transactions.write(lambda connection: connection.exec_driver_sql(copy).close())
    await records.transactions.write(
        lambda connection: connection.exec_driver_sql(
            "UPDATE job_events SET created_at = 1 WHERE seq <= 1000"
        ).close()
    )
    await records.housekeeping(Policy()).tidy(time.time())
    assert [past.seq for past in await records.events.of_job(job.id)] == list(range(1001, 1025))


def age(folder: Path, seconds: float) -> None:
    """Makes every file seem older."""
    for file in (folder / "images").rglob("*"):
        if file.is_file():
            os.utime(file, (time.time() - seconds, time.time() - seconds))


async def test_what_a_crash_has_left_is_collected_and_nothing_else(records: Records, tmp_path: Path) -> None:
    held = await records.make(b"held")
    orphan = await records.images.put(b"orphan")
    for image_id in (held.images[0].id, orphan, "ab" * 32):
        await records.images.put_derived(image_id, "64.webp", b"small")
    (tmp_path / "images" / "thumbnails" / ("cd" * 32)).mkdir(parents=True)
    (tmp_path / "images" / "thumbnails" / ("cd" * 32) / "64.webp").write_bytes(b"of nothing")
    running = fresh(State.RUNNING)
    await records.store.add([running])
    for job_id in (held.id, running.id, "gone"):
        await records.images.put_checkpoint(job_id, b"latents")
    house = records.housekeeping(Policy())
    await house.collect(time.time())
    assert orphan in await records.kept()
    age(tmp_path, 2 * HOUR_S)
    await house.collect(time.time())
    assert await records.kept() == {held.images[0].id}
    assert {file.id async for file in records.images.list_derived()} == {held.images[0].id}
    assert {file.id async for file in records.images.list_checkpoints()} == {running.id}


async def test_what_is_held_is_no_orphan_before_it_is_put(records: Records, tmp_path: Path) -> None:
    """A put that takes long, or comes again, is not collected between holding and committing."""
    image_id = await records.images.put(b"result")
    age(tmp_path, 2 * HOUR_S)
    await records.holdings.hold(Holding(image_id, "", "a job that is about to end", 6))
    await records.housekeeping(Policy()).collect(time.time())
    assert await records.kept() == {image_id}


async def test_the_store_is_listed_once_a_day(records: Records, tmp_path: Path) -> None:
    house = records.housekeeping(Policy())
    now = time.time()
    await house.tidy(now)
    orphan = await records.images.put(b"orphan")
    age(tmp_path, 2 * HOUR_S)
    await records.housekeeping(Policy()).tidy(now + 23 * HOUR_S)  # also over a restart
    assert await records.kept() == {orphan}
    await house.tidy(now + 25 * HOUR_S)
    assert await records.kept() == set()


async def test_sizes_that_older_versions_did_not_note_are_filled_in(records: Records) -> None:
    await records.make(b"12345")
    await records.transactions.write(
        lambda connection: connection.exec_driver_sql("UPDATE image_refs SET size_bytes = 0").close()
    )
    await records.housekeeping(Policy()).tidy(time.time())
    assert await records.inventory.total_bytes() == 5


async def test_a_store_that_is_down_puts_deleting_off_and_loses_nothing(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, left = await records.make(b"gone"), await records.make(b"left")

    async def fail(_store: ImageStore, _image_id: str) -> None:
        raise StorageFailed("the bucket is down")

    with monkeypatch.context() as broken:
        broken.setattr(ImageStore, "delete", fail)
        assert await records.history.forget("", [gone.id]) == 1
    assert await records.store.get(gone.id) is None
    assert len(await records.kept()) == 2
    age(tmp_path, 2 * HOUR_S)
    await records.housekeeping(Policy()).collect(time.time())
    assert await records.kept() == {left.images[0].id}


@pytest.mark.chaos
async def test_whenever_it_is_killed_no_job_is_without_its_image(tmp_path: Path) -> None:
    draw = random.Random(7)
    for _ in range(3):
        await churn_until_killed(tmp_path, draw)
        with opened_records(tmp_path) as records:
            jobs = await records.archive.page(Search(""), 1000)
            made = {image.id for job in jobs for image in job.images}
            assert made <= await records.kept()
            age(tmp_path, 2 * HOUR_S)
            house = records.housekeeping(Policy(uploads_s=HOUR_S))
            await house.collect(time.time())
            assert made <= await records.kept()
            for job in jobs:
                if not job.state.is_final:
                    await records.store.record(job, replace(job, state=State.FAILED))
            await records.history.forget("", [job.id for job in jobs])
            # As if it were later: what was sent and held by those that were killed is old now.
            await house.tidy(time.time() + 2 * HOUR_S)
            await house.collect(time.time() + 2 * HOUR_S)
            assert await records.kept() == set()


async def churn_until_killed(folder: Path, draw: random.Random) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.gateway.churn", str(folder), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(draw.randrange(5, 25)):
        assert await process.stdout.readline()
    await asyncio.sleep(draw.random() / 50)  # somewhere between two of its steps
    process.kill()
    await process.communicate()


async def test_others_write_while_much_is_let_go(records: Records) -> None:
    for number in range(50):
        await records.make(f"picture {number}".encode())
    longest_s = 0.0
    tidying = asyncio.create_task(records.housekeeping(Policy(jobs_s=DAY_S)).tidy(NOW))
    while not tidying.done():
        began = time.perf_counter()
        await records.store.add([fresh(created_at=NOW)])
        longest_s = max(longest_s, time.perf_counter() - began)
    await tidying
    assert longest_s < 1.0  # 0.03 on a quiet machine
    assert await records.kept() == set()
