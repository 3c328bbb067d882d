import asyncio

import pytest

from limner.progress.v1.progress_pb2 import Progress
from limner.worker.v1.worker_pb2 import Event, Result
from services.pipelines.mailbox import Mailbox


def step(number: int) -> Event:
    return Event(progress=Progress(step=number))


def result(index: int) -> Event:
    return Event(result=Result(image_index=index))


async def read(mailbox: Mailbox) -> list[Event]:
    return [event async for event in mailbox]


async def test_a_slow_reader_gets_every_result_but_only_the_newest_progress() -> None:
    mailbox = Mailbox()
    for event in (step(1), result(0), step(2), step(3), result(1)):
        mailbox.put(event)
    mailbox.close()
    assert await read(mailbox) == [result(0), step(3), result(1)]


async def test_a_reader_that_waits_is_woken() -> None:
    mailbox = Mailbox()
    reading = asyncio.create_task(read(mailbox))
    await asyncio.sleep(0)
    mailbox.put(step(1))
    await asyncio.sleep(0)
    mailbox.put(step(2))
    mailbox.close()
    assert await reading == [step(1), step(2)]


async def test_an_error_comes_after_what_was_pending() -> None:
    mailbox = Mailbox()
    mailbox.put(result(0))
    mailbox.close(RuntimeError("the worker died"))
    reader = aiter(mailbox)
    assert await anext(reader) == result(0)
    with pytest.raises(RuntimeError, match="the worker died"):
        await anext(reader)
