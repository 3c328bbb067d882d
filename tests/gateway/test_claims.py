from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.jobs.claims import Claims, after_restart
from gateway.jobs.database import open_database
from gateway.jobs.insistence import insist
from gateway.jobs.job import Job, Progress, Stage, State
from gateway.jobs.past import JobEvents
from gateway.jobs.presence import DEAD_AFTER_S
from gateway.jobs.store import JobStore
from gateway.jobs.tables import gateways
from gateway.jobs.transactions import Transactions
from tests.gateway.severing import Severing, severed
from tests.gateway.test_job_store import job

Way = tuple[Severing, Transactions]


@pytest.fixture
def engine(postgres: str) -> Iterator[sa.Engine]:
    engine = open_database(postgres)
    yield engine
    engine.dispose()


@pytest.fixture
def transactions(engine: sa.Engine) -> Iterator[Transactions]:
    transactions = Transactions(engine, lambda _job, _seq: None)
    yield transactions
    transactions.close()


@pytest.fixture
def store(transactions: Transactions) -> JobStore:
    return JobStore(transactions)


@pytest.fixture
def me(transactions: Transactions) -> Claims:
    return Claims(transactions, "me")


@pytest.fixture
def other(transactions: Transactions) -> Claims:
    return Claims(transactions, "other")


@pytest.fixture
async def way(postgres: str, sockets: Path) -> AsyncIterator[Way]:
    """A way to the database that can be cut, and transactions that go it."""
    async with severed(postgres, sockets) as (severing, url):
        # In a thread: the way is laid by this one.
        cut_off = Transactions(await asyncio.to_thread(open_database, url), lambda _job, _seq: None)
        yield severing, cut_off
        cut_off.close()


async def see(transactions: Transactions, gateway_id: str, seconds_ago: float) -> None:
    """Has a gateway have given its last sign of life so long ago."""
    now = sa.cast(sa.extract("epoch", sa.func.now()), sa.Double)
    statement = gateways.insert().values(id=gateway_id, seen_at=now - seconds_ago)
    await transactions.write(lambda connection: connection.execute(statement))


async def get(store: JobStore, job_id: str) -> Job:
    found = await store.get(job_id)
    assert found is not None
    return found


async def test_a_job_is_given_out_by_one_gateway_only(store: JobStore, me: Claims, other: Claims) -> None:
    waiting = job()
    await store.add([waiting])
    mine = replace(waiting, holder="me")
    assert await me.take(waiting.id, None) == mine
    assert await other.take(waiting.id, None) is None
    assert await me.take(waiting.id, None) == mine
    await me.release(mine)
    assert await other.take(waiting.id, None) == replace(waiting, holder="other")


async def test_only_a_waiting_job_is_claimed(store: JobStore, me: Claims) -> None:
    await store.add([running := job(State.RUNNING)])
    assert await me.take(running.id, None) is None
    assert await me.take("unknown", None) is None


async def test_releasing_what_another_has_taken_changes_nothing(
    store: JobStore, me: Claims, other: Claims
) -> None:
    await store.add([waiting := job()])
    theirs = await other.take(waiting.id, None)
    await me.release(replace(waiting, holder="me"))
    assert await get(store, waiting.id) == theirs


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.CANCELLING])
async def test_what_a_living_gateway_has_stays_with_it(
    store: JobStore, me: Claims, transactions: Transactions, state: State
) -> None:
    await see(transactions, "other", DEAD_AFTER_S / 2)
    await store.add([theirs := job(state, holder="other")])
    await me.recover()
    assert await get(store, theirs.id) == theirs


@pytest.mark.parametrize("holder", ["other", "unknown", None])
async def test_what_a_dead_gateway_had_is_taken_over(
    store: JobStore, me: Claims, transactions: Transactions, holder: str | None
) -> None:
    await see(transactions, "other", DEAD_AFTER_S + 1)
    ran, cancelling = job(State.RUNNING, holder=holder), job(State.CANCELLING, holder=holder)
    waiting = job(holder=holder)
    await store.add([ran, cancelling, waiting])
    await me.recover()
    found = [await get(store, each.id) for each in (ran, cancelling, waiting)]
    expected = [State.QUEUED, State.CANCELLED, State.QUEUED]
    assert [each.state for each in found] == expected
    assert (found[0].attempt, found[0].holder) == (2, None)
    assert (found[2].attempt, found[2].holder) == (1 if holder is None else 2, None)


async def test_a_gateway_that_was_thought_dead_has_nothing_more_to_say(
    store: JobStore, me: Claims, other: Claims
) -> None:
    await store.add([waiting := job()])
    theirs = await other.take(waiting.id, None)
    assert theirs is not None
    await me.recover()
    assert await me.take(waiting.id, None) is not None
    assert not await store.record(theirs, replace(theirs, state=State.RUNNING))


def test_a_job_that_had_not_begun_keeps_what_it_says_after_a_restart() -> None:
    progress = Progress(Stage.WAITING, waiting_for="memory")
    again = after_restart(job(progress=progress, holder="other"), 5.0)
    assert (again.progress, again.attempt, again.holder) == (progress, 2, None)


async def test_a_job_whose_acceptance_was_not_answered_is_accepted_once(
    way: Way, transactions: Transactions
) -> None:
    severing, cut_off = way
    severing.is_armed = True
    await JobStore(cut_off).add([sent := job(idempotency_key="key")])
    assert not severing.is_armed
    assert len(await JobEvents(transactions).of_job(sent.id)) == 1


async def test_a_change_whose_answer_was_lost_is_made_once(
    way: Way, store: JobStore, transactions: Transactions
) -> None:
    severing, cut_off = way
    await store.add([queued := job()])
    running: Any = replace(queued, state=State.RUNNING, started_at=2.1)
    severing.is_armed = True
    far = JobStore(cut_off)
    assert await insist(lambda is_repeated: far.record(queued, running, is_repeated=is_repeated))
    assert not severing.is_armed
    assert await get(store, queued.id) == running
    assert len(await JobEvents(transactions).of_job(queued.id)) == 2


async def test_a_claim_whose_answer_was_lost_is_kept(way: Way, store: JobStore) -> None:
    severing, cut_off = way
    await store.add([waiting := job()])
    severing.is_armed = True
    claims = Claims(cut_off, "me")
    assert await insist(lambda _: claims.take(waiting.id, None)) == replace(waiting, holder="me")
    assert not severing.is_armed
