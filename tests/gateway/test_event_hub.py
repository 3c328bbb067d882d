from __future__ import annotations

from gateway import schemas
from gateway.events import READER_LIMIT, EventHub, Reader, Signal


def signal(key: str, step: int = 0, seq: int | None = None) -> Signal:
    event = schemas.PreviewEvent(job_id=key, image_index=0, step=step, data_url="data:")
    return Signal(key, event, seq)


async def read(reader: Reader) -> list[Signal]:
    reader.close()
    return [each async for each in reader]


async def test_a_reader_gets_what_is_published_while_it_listens() -> None:
    hub = EventHub()
    hub.publish("", signal("before"))
    with hub.subscribe("") as reader:
        hub.publish("", signal("a"))
        hub.publish("", signal("b"))
    hub.publish("", signal("after"))
    assert [each.key for each in await read(reader)] == ["a", "b"]


async def test_a_slow_reader_gets_only_the_latest_snapshot_of_each_job() -> None:
    hub = EventHub()
    with hub.subscribe("") as reader:
        for step in range(1000):
            hub.publish("", signal("a", step))
            hub.publish("", signal("b", step))
    assert [(each.key, each.event) for each in await read(reader)] == [
        ("a", signal("a", 999).event),
        ("b", signal("b", 999).event),
    ]


async def test_a_reader_that_is_too_far_behind_starts_afresh() -> None:
    hub = EventHub()
    with hub.subscribe("") as reader:
        for number in range(READER_LIMIT + 2):
            hub.publish("", signal(str(number)))
    got = await read(reader)
    assert [each.event.type for each in got] == ["reset", "preview"]


async def test_seqs_never_go_back_when_snapshots_are_replaced() -> None:
    hub = EventHub()
    with hub.subscribe("") as reader:
        for seq, key in enumerate("abcab", start=1):
            hub.publish("", signal(key, seq=seq))
    assert [each.seq for each in await read(reader)] == [3, 4, 5]


async def test_closing_ends_readers_that_come_later_too() -> None:
    hub = EventHub()
    hub.close()
    with hub.subscribe("") as reader:
        assert [each async for each in reader] == []


async def test_an_event_is_written_once_for_all_readers() -> None:
    shared = signal("a")
    assert shared.message is shared.message


async def test_nobody_reads_what_is_another_owners() -> None:
    hub = EventHub()
    with hub.subscribe("ada") as hers, hub.subscribe("bob") as his:
        assert sorted(hub.listeners) == ["ada", "bob"]
        hub.publish("ada", signal("a"))
        hub.reset()
        assert [each.key for each in await read(hers)] == ["a", "reset"]
        assert [each.key for each in await read(his)] == ["reset"]
    assert not hub.is_heard_by("ada")
