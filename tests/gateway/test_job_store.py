from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import JsonValue
from uuid_utils import uuid7

from gateway.jobs.archive import Archive, Search
from gateway.jobs.claims import Claims
from gateway.jobs.database import open_database
from gateway.jobs.intake import KeyTaken
from gateway.jobs.job import Fault, Job, Kind, Picture, Progress, Stage, State
from gateway.jobs.past import JobEvents
from gateway.jobs.store import JobStore
from gateway.jobs.tables import job_events
from gateway.jobs.transactions import Transactions

Published = list[tuple[int, State]]


@pytest.fixture
def published() -> Published:
    return []


@pytest.fixture
async def transactions(database: str, published: Published) -> AsyncIterator[Transactions]:
    engine = open_database(database)
    transactions = Transactions(engine, lambda job, seq: published.append((seq, job.state)))
    yield transactions
    transactions.close()


@pytest.fixture
def store(transactions: Transactions) -> JobStore:
    return JobStore(transactions)


@pytest.fixture
def archive(transactions: Transactions) -> Archive:
    return Archive(transactions)


@pytest.fixture
def events(transactions: Transactions) -> JobEvents:
    return JobEvents(transactions)


def job(state: State = State.QUEUED, **more: object) -> Job:
    request: dict[str, JsonValue] = {"prompt": "a red circle", "count": 1}
    fresh = Job(str(uuid7()), Kind.TEXT_TO_IMAGE, "t2i", state, request, created_at=1.5)
    return replace(fresh, **more)


async def test_a_job_comes_back_as_it_was_kept(store: JobStore) -> None:
    kept = job(
        State.FAILED,
        model="shapes",
        rank=1.5,
        losses=2,
        progress=Progress(Stage.DENOISING, 3, 20, queue_position=1, eta_s=2.5, waiting_for="memory"),
        images=(Picture(0, "ab" * 32, 16, 16, 7),),
        fault=Fault("WORKER_LOST", "It died."),
        started_at=2.5,
        finished_at=3.5,
        idempotency_key="key",
        request_hash="hash",
    )
    await store.add([kept])
    assert await store.get(kept.id) == kept


async def test_an_unknown_job_is_none(store: JobStore) -> None:
    assert await store.get("nothing") is None


async def test_a_change_needs_the_state_that_it_was_made_from(store: JobStore) -> None:
    queued = job()
    await store.add([queued])
    running = replace(queued, state=State.RUNNING, started_at=2.0)
    assert await store.record(queued, running)
    assert not await store.record(queued, replace(queued, state=State.CANCELLED))
    assert await store.get(queued.id) == running


async def test_a_late_attempt_cannot_finish_the_job_again(store: JobStore) -> None:
    first = job(State.RUNNING)
    await store.add([first])
    second = replace(first, attempt=2)
    assert await store.record(first, second)
    assert not await store.record(first, replace(first, state=State.SUCCEEDED))
    assert await store.record(second, replace(second, state=State.SUCCEEDED))
    assert not await store.record(second, replace(second, state=State.SUCCEEDED))


async def test_what_is_already_so_is_not_told_again(store: JobStore, published: Published) -> None:
    kept = job(State.RUNNING, progress=Progress(Stage.LOADING))
    await store.add([kept])
    told = list(published)
    assert await store.record(kept, replace(kept, progress=Progress(Stage.LOADING)))
    assert not await store.record(replace(kept, attempt=2), replace(kept, attempt=2))
    assert published == told


async def test_every_change_is_published_once_in_order(store: JobStore, published: Published) -> None:
    queued = job()
    await store.add([queued])
    running = replace(queued, state=State.RUNNING)
    await store.record(queued, running)
    await store.record(queued, running)
    await store.record(running, replace(running, state=State.SUCCEEDED))
    assert published == [(1, State.QUEUED), (2, State.RUNNING), (3, State.SUCCEEDED)]


async def test_history_shows_each_event_as_it_was(store: JobStore, events: JobEvents) -> None:
    queued = job()
    await store.add([queued])
    running = replace(queued, state=State.RUNNING, progress=Progress(Stage.LOADING), started_at=2.0)
    await store.record(queued, running)
    assert [past.job for past in await events.of_job(queued.id)] == [queued, running]


async def test_a_used_key_names_the_job_that_it_made(store: JobStore) -> None:
    first = job(idempotency_key="key")
    await store.add([first])
    with pytest.raises(KeyTaken) as caught:
        await store.add([job(idempotency_key="key")])
    assert caught.value.job == first


async def test_jobs_without_a_key_do_not_collide(store: JobStore, archive: Archive) -> None:
    await store.add([job()])
    await store.add([job()])
    assert len(await archive.page(Search(""), 10)) == 2


async def test_pages_are_newest_first_and_do_not_overlap(store: JobStore, archive: Archive) -> None:
    jobs = [job() for _ in range(5)]
    for each in jobs:
        await store.add([each])
    first = await archive.page(Search(""), 3)
    second = await archive.page(Search("", before_id=first[-1].id), 3)
    assert [each.id for each in first + second] == [each.id for each in reversed(jobs)]


async def test_pages_can_hold_some_states_only(store: JobStore, archive: Archive) -> None:
    done, queued = job(State.SUCCEEDED), job()
    await store.add([done])
    await store.add([queued])
    assert await archive.page(Search("", states=(State.SUCCEEDED, State.FAILED)), 10) == [done]


async def test_recovery_requeues_what_ran_and_ends_what_was_being_cancelled(
    store: JobStore, transactions: Transactions
) -> None:
    ran, cancelling, done = job(State.RUNNING), job(State.CANCELLING), job(State.SUCCEEDED)
    for each in (ran, cancelling, done):
        await store.add([each])
    await Claims(transactions, None).recover()
    again = await store.get(ran.id)
    assert again is not None
    assert (again.state, again.attempt) == (State.QUEUED, 2)
    ended = await store.get(cancelling.id)
    assert ended is not None
    assert ended.state is State.CANCELLED
    assert ended.finished_at is not None
    assert await store.get(done.id) == done
    assert [each.id for each in await store.line()] == [ran.id]


async def test_events_since_a_seq_are_those_after_it(store: JobStore, events: JobEvents) -> None:
    first, second = job(), job()
    await store.add([first])
    await store.add([second])
    missed = await events.since(1, limit=10)
    assert missed is not None
    assert [past.job.id for past in missed] == [second.id]
    assert await events.last_seq() == 2


@pytest.mark.parametrize("seq", [0, 99])
async def test_events_are_not_given_with_a_gap(
    store: JobStore, events: JobEvents, transactions: Transactions, seq: int
) -> None:
    await store.add([job()])
    await store.add([job()])
    first = job_events.delete().where(job_events.c.seq == 1)
    await transactions.write(lambda connection: connection.execute(first))
    assert await events.since(seq, limit=10) is None


async def test_too_many_events_are_not_given_at_all(store: JobStore, events: JobEvents) -> None:
    await store.add([job()])
    await store.add([job()])
    assert await events.since(0, limit=1) is None
