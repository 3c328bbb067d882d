from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import pytest
from grpc import StatusCode

from gateway.jobs.activity import MINUTES, Ending, tally
from gateway.jobs.job import State
from tests.gateway.flow import finish
from tests.gateway.scripted import Context, Request, Response, ScriptedService, fail


async def break_down(request: Request, context: Context) -> AsyncIterator[Response]:
    await fail(context, StatusCode.INTERNAL, "WORKER_FAILED", "It broke.")
    yield Response()  # makes it a stream


NOW_S = 1_800_000_030.0  # half a minute after a full one


def test_endings_fall_into_their_minutes() -> None:
    endings = [
        Ending(State.SUCCEEDED, NOW_S, 1.0),
        Ending(State.SUCCEEDED, NOW_S - 30, 3.0),
        Ending(State.FAILED, NOW_S - 31, None),
        Ending(State.CANCELLED, NOW_S - 31, None),
    ]
    minutes = tally(endings, NOW_S)
    assert len(minutes) == MINUTES
    assert [minute.begins_at for minute in minutes[-2:]] == [NOW_S - 90, NOW_S - 30]
    assert [(minute.succeeded, minute.failed) for minute in minutes[-2:]] == [(0, 1), (2, 0)]
    assert (minutes[-1].wait_p50_s, minutes[-2].wait_p50_s) == (2.0, None)
    assert sum(minute.succeeded + minute.failed for minute in minutes[:-2]) == 0


def test_what_ended_before_the_hour_or_will_end_is_left_out() -> None:
    first_s = NOW_S - 30 - 59 * 60
    endings = [Ending(State.SUCCEEDED, at_s, 1.0) for at_s in (first_s - 0.1, first_s, NOW_S + 31)]
    assert [minute.succeeded for minute in tally(endings, NOW_S)] == [1] + [0] * 59


@pytest.mark.parametrize(("count", "median_s", "high_s"), [(1, 0.0, 0.0), (101, 50.0, 95.0)])
def test_waits_are_told_by_their_quantiles(count: int, median_s: float, high_s: float) -> None:
    endings = [Ending(State.SUCCEEDED, NOW_S, float(wait_s)) for wait_s in range(count)]
    last = tally(endings, NOW_S)[-1]
    assert (last.wait_p50_s, last.wait_p95_s) == (median_s, high_s)


async def test_the_last_hour_counts_everything_that_ended(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    began_s = time.time()
    await finish(client)
    service.usual = break_down
    await finish(client)
    minutes = (await client.get("/activity")).json()["minutes"]
    assert len(minutes) == MINUTES
    assert sum(minute["succeeded"] for minute in minutes) == 1
    assert sum(minute["failed"] for minute in minutes) == 1
    waits = [minute["wait_p95_s"] for minute in minutes if minute["wait_p95_s"] is not None]
    assert 0 <= max(waits) <= time.time() - began_s
