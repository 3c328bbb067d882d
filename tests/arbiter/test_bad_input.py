"""A holder that lies, repeats, reorders or over-claims: a typed answer, an exact ledger, others unharmed."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.duration_pb2 import Duration

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.failure import read_failure
from services.arbiter.admission import TENANT_LIMIT
from tests.arbiter.conftest import CAPACITY_MIB, StartSleeper
from tests.arbiter.holder import MIB, Holder, charged_bytes, session

if TYPE_CHECKING:
    from tests.arbiter.holder import Stub


async def _reason(holder: Holder) -> str:
    return read_failure(await holder.error()).reason


async def test_an_impossible_demand_is_refused_at_once_with_the_numbers(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        await holder.acquire("t", CAPACITY_MIB - 10, 20)
        rejected = await holder.hear("rejected", within_s=1)
        assert rejected.reason == "NEVER_FITS"
        assert f"Needs {(CAPACITY_MIB + 10) * MIB / 1e9:.2f} GB" in rejected.message
        assert f"has {CAPACITY_MIB * MIB / 1e9:.2f} GB to give" in rejected.message


async def test_another_holders_token_is_stale_and_its_lease_is_unharmed(stub: Stub) -> None:
    async with session(stub, "a") as owner, session(stub, "thief") as thief:
        await owner.hello(pid=os.getpid())
        await thief.hello(pid=os.getpid())
        token = await owner.take("t", 600)
        thefts: list[dict[str, Any]] = [
            {"release": pb.Release(token=token)},
            {"begin": pb.Begin(token=token, job="x")},
            {"end": pb.End(token=token, job="x")},
            {"confirm": pb.Confirm(token=token)},
            {"resize": pb.Resize(token=token, resident_bytes=0)},
        ]
        for theft in thefts:
            await thief.say(**theft)
            assert (await thief.hear("rejected")).reason == "STALE_TOKEN"
        assert await charged_bytes(stub) == 600 * MIB
        await owner.begin(token)


async def test_a_repeated_request_is_applied_once(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        await holder.acquire("t", 100)
        await holder.acquire("t", 100)
        await holder.say(seq=2, cancel=pb.Cancel(ticket="t"))
        holder.seq -= 1
        offer = await holder.hear("offer")
        for _ in range(2):
            await holder.say(confirm=pb.Confirm(token=offer.token))
            assert (await holder.hear("confirm_accepted")).token == offer.token
        for _ in range(2):
            await holder.release(offer.token)
        assert "offer" not in await holder.silence()
        assert await charged_bytes(stub) == 0


async def test_a_missing_request_ends_the_session(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        await holder.say(seq=5, beat=pb.Beat())
        assert await _reason(holder) == "PROTOCOL_VIOLATION"


@pytest.mark.parametrize(
    "first",
    [
        {"beat": pb.Beat()},
        {"release": pb.Release(token=1)},
        {},
        {"hello": pb.Hello(pid=2**22 + 1)},
        {"hello": pb.Hello(pid=1, start_time_ticks=1)},
    ],
    ids=["beat", "release", "nothing", "no such process", "a reused pid"],
)
async def test_a_session_that_does_not_begin_well_ends(stub: Stub, first: dict[str, Any]) -> None:
    async with session(stub, "a") as holder:
        await holder.say(**first)
        assert await _reason(holder) == "PROTOCOL_VIOLATION"


async def test_a_name_too_long_for_the_ledger_ends_the_session(stub: Stub) -> None:
    for name, service in (("a" * 129, "t2i"), ("a", "s" * 129)):
        async with session(stub, name) as holder:
            await holder.say(hello=pb.Hello(pid=os.getpid(), service=service))
            assert await _reason(holder) == "PROTOCOL_VIOLATION"


async def test_a_session_speaks_for_one_worker_only(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        holder.name = "b"
        await holder.say(beat=pb.Beat())
        assert await _reason(holder) == "PROTOCOL_VIOLATION"


async def test_a_stale_incarnation_is_told_so(stub: Stub) -> None:
    async with session(stub, "a", "old") as old, session(stub, "a", "new") as new:
        await old.hello(pid=os.getpid())
        await new.hello(pid=os.getpid())
        await old.say(beat=pb.Beat())
        assert await _reason(old) == "STALE_TOKEN"


@pytest.mark.parametrize(
    "alternative",
    [
        pb.Alternative(charges=[pb.Charge(resident_bytes=-1)]),
        pb.Alternative(charges=[pb.Charge(working_bytes=-(2**63))]),
        pb.Alternative(charges=[pb.Charge(context_bytes=2**63 - 1)]),
        pb.Alternative(load=Duration(seconds=2**62)),
        pb.Alternative(run=Duration(seconds=-1)),
        pb.Alternative(profile="p" * 257),
        pb.Alternative(tier="t" * 129),
    ],
    ids=["negative", "very negative", "huge", "endless", "before it began", "a long profile", "a long tier"],
)
async def test_senseless_figures_are_refused_by_name(stub: Stub, alternative: pb.Alternative) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        await holder.say(acquire=pb.Acquire(ticket="t", alternatives=[alternative]))
        rejected = await holder.hear("rejected")
        assert (rejected.reason, rejected.ticket) == ("INVALID_FIELDS", "t")


async def test_a_holder_whose_death_cannot_be_proved_gets_no_byte(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(lock_file="../../etc/passwd")
        await holder.acquire("t", 1)
        assert (await holder.hear("rejected")).reason == "PROTOCOL_VIOLATION"


async def test_an_unknown_device_never_fits(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        alternative = pb.Alternative(charges=[pb.Charge(device="GPU-elsewhere", resident_bytes=1)])
        await holder.say(acquire=pb.Acquire(ticket="t", alternatives=[alternative]))
        assert (await holder.hear("rejected")).reason == "NEVER_FITS"


async def test_growing_beyond_the_device_is_refused_and_shrinking_works(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        token = await holder.take("t", 500)
        await holder.say(resize=pb.Resize(token=token, resident_bytes=2 * CAPACITY_MIB * MIB))
        assert (await holder.hear("rejected")).reason == "VRAM_EXHAUSTED"
        assert await charged_bytes(stub) == 500 * MIB
        await holder.say(resize=pb.Resize(token=token, resident_bytes=100 * MIB))
        await holder.hear("resize_accepted")
        assert await charged_bytes(stub) == 100 * MIB


async def test_a_begin_before_loaded_is_refused(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        await holder.acquire("t", 100)
        offer = await holder.hear("offer")
        await holder.say(begin=pb.Begin(token=offer.token, job="x"))
        assert (await holder.hear("rejected")).reason == "PROTOCOL_VIOLATION"


async def test_an_offer_to_a_holder_that_hangs_up_goes_to_the_next(stub: Stub) -> None:
    async with session(stub, "b") as patient:
        await patient.hello(pid=os.getpid())
        async with session(stub, "a") as fickle:
            await fickle.hello(pid=os.getpid())
            await fickle.acquire("t1", 600)
            await fickle.hear("offer")
            await patient.acquire("t2", 600)
            await patient.hear("position")
        assert (await patient.hear("offer")).ticket == "t2"


async def test_a_flood_of_requests_delays_nobody_else(stub: Stub) -> None:
    async with session(stub, "flood") as flood, session(stub, "b") as other:
        await flood.hello(pid=os.getpid())
        await other.hello(pid=os.getpid())

        async def pour() -> None:
            for number in range(2000):
                await flood.acquire(f"t{number}", CAPACITY_MIB + 1)

        pouring = asyncio.create_task(pour())
        token = await other.take("mine", 100)
        await other.begin(token)
        pouring.cancel()


async def test_one_tenant_cannot_fill_the_queue(stub: Stub) -> None:
    async with session(stub, "a") as first, session(stub, "b") as other:
        await first.hello(pid=os.getpid())
        await other.hello(pid=os.getpid())
        token = await first.take("t", 900)
        await first.begin(token)
        for number in range(TENANT_LIMIT + 1):
            await other.acquire(f"greedy{number}", 900, tenant="greedy")
        rejected = await other.hear("rejected")
        assert (rejected.ticket, rejected.reason) == (f"greedy{TENANT_LIMIT}", "VRAM_EXHAUSTED")
        assert rejected.HasField("retry_after")
        await other.acquire("modest", 900, tenant="modest")
        assert (await other.hear("position")).ticket == "modest"


async def test_quotes_tell_what_would_happen(stub: Stub) -> None:
    def ask(resident: int) -> pb.Alternative:
        return pb.Alternative(charges=[pb.Charge(resident_bytes=resident * MIB)])

    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        await holder.take("t", 600)
        answer = await stub.Quote(pb.QuoteRequest(alternatives=[ask(300), ask(600), ask(2000)]))
        assert [quote.fit for quote in answer.quotes] == [pb.FIT_NOW, pb.FIT_AFTER_RECALL, pb.FIT_NEVER]


async def test_a_fenced_worker_is_killed_and_its_bytes_come_back(stub: Stub, sleeper: StartSleeper) -> None:
    worker = await sleeper()
    async with session(stub, "a") as holder:
        await holder.hello(pid=worker.pid)
        token = await holder.take("t", 600)
        await stub.Administer(pb.AdministerRequest(fence_holder="a"))
        assert (await holder.hear("fenced")).token == token
        await worker.wait()
        await asyncio.sleep(0.05)
        assert await charged_bytes(stub) == 0


async def test_a_drained_device_grants_nothing_until_it_is_undrained(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        await stub.Administer(pb.AdministerRequest(drain_device="cpu:0"))
        await holder.acquire("t", 100)
        assert await holder.silence() == ["position"]
    async with session(stub, "b") as holder:
        await holder.hello(pid=os.getpid())
        await holder.acquire("t2", 100)
        await stub.Administer(pb.AdministerRequest(undrain_device="cpu:0"))
        await holder.hear("offer")


async def test_a_watcher_resumes_where_it_was_or_is_told_to_start_over(stub: Stub) -> None:
    before = (await stub.Snapshot(pb.SnapshotRequest())).revision
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        await holder.take("t", 100)
        seen = await _watch(stub, before, 3)
        assert [event.event for event in seen] == ["session_opened", "offer_made", "lease_granted"]
        assert (await _watch(stub, 1, 1))[0].reset


async def _watch(stub: Stub, after: int, count: int) -> list[pb.WatchResponse]:
    events: list[pb.WatchResponse] = []
    call = stub.Watch(pb.WatchRequest(after_revision=after))
    async for event in call:
        events.append(event)
        if len(events) == count:
            break
    call.cancel()
    return events
