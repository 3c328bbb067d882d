"""The client against a running studio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing, contextmanager

import pytest

from limner.client import (
    AsyncClient,
    Client,
    Event,
    Job,
    JobEvent,
    PreviewEvent,
    RequestRejected,
    ResetEvent,
    StudioUnreachable,
)
from limner.requests import TextToImage
from tests.limner.flaky import flaky_way
from tests.studio import Studio, free_port

PROMPT = "a yellow star on the right, black background"


@contextmanager
def paused(client: Client) -> Generator[None]:
    """Holds the queue, and leaves it empty and open."""
    client.pause()
    try:
        yield
    finally:
        client.clear()
        client.resume()


def ids_of(jobs: list[Job]) -> list[str]:
    return [job.id for job in jobs]


async def until_end_of(job: Job, events: AsyncGenerator[Event]) -> list[Event]:
    told: list[Event] = []
    async for event in events:
        told.append(event)
        if isinstance(event, JobEvent) and event.job.id == job.id and event.job.finished:
            break
    return told


def test_a_batch_waits_in_a_paused_queue_and_is_put_in_order(studio: Studio) -> None:
    with studio.client() as client, paused(client):
        batch = client.batch(TextToImage(prompt=PROMPT, steps=2), seeds=[1, 2, 3])
        assert {job.batch for job in batch.jobs} == {batch.id}
        first, second, third = ids_of(batch.jobs)
        assert ids_of(client.order([third, first]).waiting) == [third, first, second]
        client.prioritise(second, "interactive")
        queue = client.queue()
        assert queue.paused
        assert queue.held_up_by
        assert queue.total == 3
        assert next(job.priority for job in queue.waiting if job.id == second) == "interactive"
        assert client.clear() == 3
        assert client.queue().waiting == []
    with studio.client() as client:
        assert not client.queue().paused


def test_every_prompt_meets_every_seed(studio: Studio) -> None:
    with studio.client() as client, paused(client):
        prompts = [PROMPT, "a blue square at the bottom, white background"]
        batch = client.batch(TextToImage(prompt="replaced"), prompts, [5, 6], "key of a batch")
        assert [(job.request["prompt"], job.request["seed"]) for job in batch.jobs] == [
            (prompt, seed) for prompt in prompts for seed in (5, 6)
        ]
        again = client.batch(TextToImage(prompt="replaced"), prompts, [5, 6], "key of a batch")
        assert again.id == batch.id


def test_history_is_searched_beyond_one_page(studio: Studio) -> None:
    with studio.client() as client, paused(client):
        batch = client.batch(TextToImage(prompt="a red ring", steps=2), seeds=list(range(103)))
        client.batch(TextToImage(prompt="a red square", steps=2), seeds=[1])
        starred = client.star(batch.jobs[50].id)
        assert starred.favourite
        with closing(client.search("ring", batch=batch.id)) as found:
            assert ids_of(list(found)) == ids_of(batch.jobs)[::-1]
        with closing(client.search("ring red", statuses=["queued"], favourite=True)) as found:
            assert ids_of(list(found)) == [starred.id]
        assert not client.star(starred.id, False).favourite


def test_a_job_is_done_again_with_its_seed_and_deleted_when_it_has_ended(studio: Studio) -> None:
    with studio.client() as client:
        job = client.wait(client.submit(TextToImage(prompt=PROMPT, steps=2)).id)
        again = client.wait(client.retry(job.id).id)
        assert again.id != job.id
        assert again.images == job.images
        client.delete_job(again.id)
        client.delete_job(again.id)
        with pytest.raises(RequestRejected) as caught:
            client.job(again.id)
        assert (caught.value.status, caught.value.code) == (404, "JOB_NOT_FOUND")
        assert client.image(job.images[0]), "another job still holds the picture"


def test_events_are_read_without_awaiting(studio: Studio) -> None:
    with studio.client() as client, closing(client.events()) as events:
        assert isinstance(next(events), ResetEvent)
        job = client.submit(TextToImage(prompt=PROMPT, steps=12))
        told: list[Event] = []
        for event in events:
            told.append(event)
            if isinstance(event, JobEvent) and event.job.id == job.id and event.job.finished:
                break
    previews = [event for event in told if isinstance(event, PreviewEvent)]
    assert all(preview.image.startswith(b"RIFF") for preview in previews)
    assert [event.job.status for event in told if isinstance(event, JobEvent)][-1] == "succeeded"


async def test_events_go_on_where_a_lost_connection_broke_off(studio: Studio) -> None:
    async with (
        flaky_way(studio.url) as way,
        AsyncClient(studio.url) as client,
        AsyncClient(way.url) as listener,
        aclosing(listener.events()) as events,
    ):
        assert isinstance(await anext(events), ResetEvent)
        before = await client.wait((await client.submit(TextToImage(prompt=PROMPT, steps=2))).id)
        await until_end_of(before, events)
        way.cut()
        missed = await client.wait((await client.submit(TextToImage(prompt=PROMPT, steps=2))).id)
        told = await until_end_of(missed, events)
    assert not [event for event in told if isinstance(event, ResetEvent)]
    assert way.count == 2


async def test_events_begin_after_the_one_that_is_named(studio: Studio) -> None:
    async with AsyncClient(studio.url) as client:
        async with aclosing(client.events()) as events:
            assert isinstance(await anext(events), ResetEvent)
            told = await until_end_of(await client.submit(TextToImage(prompt=PROMPT, steps=2)), events)
        assert isinstance(told[-1], JobEvent)
        later = await client.wait((await client.submit(TextToImage(prompt=PROMPT, steps=2))).id)
        async with aclosing(client.events(told[-1].seq)) as events:
            first = await anext(events)
    assert isinstance(first, JobEvent)
    assert first.job == later


async def test_a_request_with_a_key_survives_a_lost_answer(studio: Studio) -> None:
    async with flaky_way(studio.url) as way, AsyncClient(way.url) as client:
        way.lose_answers(2)
        job = await client.submit(TextToImage(prompt=PROMPT, steps=2), "key of a lost answer")
        assert way.count == 3
        async with aclosing(client.search(PROMPT, statuses=["queued", "running", "succeeded"])) as found:
            same = [each async for each in found if each.created_at >= job.created_at]
        assert ids_of(same) == [job.id]
        assert (await client.wait(job.id)).status == "succeeded"


async def test_a_request_without_a_key_is_never_repeated(studio: Studio) -> None:
    async with flaky_way(studio.url) as way, AsyncClient(way.url) as client:
        way.lose_answers(1)
        with pytest.raises(StudioUnreachable):
            await client.submit(TextToImage(prompt=PROMPT, steps=2))
        assert way.count == 1


async def test_an_absent_studio_is_told_at_once(studio: Studio) -> None:
    async with AsyncClient(f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(StudioUnreachable, match="No studio answers"):
            await client.submit(TextToImage(prompt=PROMPT), "any key")
