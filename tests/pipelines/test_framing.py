import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from limner.worker.v1.worker_pb2 import Cancel, Command, Ended, Event, Result
from services.pipelines.framing import AsyncEnd, BlockingEnd, Closed


@pytest.fixture
async def ends() -> AsyncIterator[tuple[AsyncEnd, BlockingEnd]]:
    ours, theirs = socket.socketpair()
    front, worker = await AsyncEnd.open(ours), BlockingEnd(theirs)
    yield front, worker
    front.close()
    worker.close()


async def test_messages_of_any_size_arrive_whole_and_in_order(ends: tuple[AsyncEnd, BlockingEnd]) -> None:
    front, worker = ends
    sizes = [0, 1, 70_000, 3_000_000]
    sending = asyncio.to_thread(
        lambda: [worker.send(Event(result=Result(image_index=size, result=b"x" * size))) for size in sizes]
    )
    task = asyncio.create_task(sending)
    received = [await front.receive(Event) for _ in sizes]
    await task
    assert [(event.result.image_index, len(event.result.result)) for event in received] == [
        (size, size) for size in sizes
    ]


async def test_a_receive_that_is_cancelled_between_length_and_message_loses_nothing() -> None:
    ours, theirs = socket.socketpair()
    front = await AsyncEnd.open(ours)
    data = Event(ended=Ended(job="a", ok=True)).SerializeToString()
    theirs.sendall(len(data).to_bytes(4, "big"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(front.receive(Event), 0.05)
    theirs.sendall(data)
    assert (await front.receive(Event)).ended.job == "a"
    theirs.close()
    front.close()


async def test_the_worker_notices_that_its_front_is_gone(ends: tuple[AsyncEnd, BlockingEnd]) -> None:
    front, worker = ends
    front.close()
    with pytest.raises(Closed):
        await asyncio.to_thread(worker.receive, Command)


async def test_the_front_notices_that_its_worker_is_gone(ends: tuple[AsyncEnd, BlockingEnd]) -> None:
    front, worker = ends
    front.send(Command(cancel=Cancel(job="a")))
    assert (await asyncio.to_thread(worker.receive, Command)).cancel.job == "a"
    worker.close()
    with pytest.raises(Closed):
        await front.receive(Event)
