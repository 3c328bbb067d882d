"""The session as holders live it, against a real server on a unix socket."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from limner.arbiter.v1 import arbiter_pb2 as pb
from tests.arbiter.holder import MIB, charged_bytes, session

if TYPE_CHECKING:
    from tests.arbiter.holder import Stub


async def test_a_lease_goes_from_hello_to_release(stub: Stub) -> None:
    async with session(stub, "a") as holder:
        await holder.hello(pid=os.getpid())
        token = await holder.take("t", 600, 100)
        assert await charged_bytes(stub) == 600 * MIB
        await holder.begin(token)
        assert await charged_bytes(stub) == 700 * MIB
        await holder.end(token)
        await holder.release(token)
        assert await charged_bytes(stub) == 0


async def test_a_second_holder_waits_until_the_first_gives_back_what_is_recalled(
    stub: Stub,
) -> None:
    async with session(stub, "a") as first, session(stub, "b") as second:
        await first.hello(pid=os.getpid())
        await second.hello(pid=os.getpid())
        token = await first.take("t1", 600)
        await second.acquire("t2", 600)
        recall = await first.hear("recall")
        assert recall.token == token
        assert (await second.hear("position")).queue_position == 1
        await first.release(token)
        assert (await second.hear("offer")).ticket == "t2"


async def test_an_active_lease_is_asked_back_by_drain_and_keeps_computing(stub: Stub) -> None:
    async with session(stub, "a") as first, session(stub, "b") as second:
        await first.hello(pid=os.getpid())
        await second.hello(pid=os.getpid())
        token = await first.take("t1", 600)
        await first.begin(token)
        await second.acquire("t2", 600)
        assert (await first.hear("drain")).token == token
        await first.say(begin=pb.Begin(token=token, job="another"))
        assert (await first.hear("rejected")).reason == "STALE_TOKEN"
        await first.end(token)
        await first.release(token)
        await second.hear("offer")


async def test_a_ticket_without_bytes_passes_while_memory_is_full(stub: Stub) -> None:
    async with session(stub, "a") as first, session(stub, "b") as second, session(stub, "probe") as probe:
        await first.hello(pid=os.getpid())
        await second.hello(pid=os.getpid())
        token = await first.take("t1", 600)
        await first.begin(token)
        await second.acquire("t2", 600)
        await probe.hello()
        await probe.acquire("zero", 0)
        offer = await probe.hear("offer", within_s=1)
        await probe.say(confirm=pb.Confirm(token=offer.token))
        await probe.hear("confirm_accepted", within_s=1)
        await probe.release(offer.token)


async def test_a_probe_that_hangs_up_leaves_nothing(stub: Stub) -> None:
    async with session(stub, "probe") as probe:
        await probe.hello()
        await probe.acquire("zero", 0)
        offer = await probe.hear("offer")
        await probe.say(confirm=pb.Confirm(token=offer.token))
        await probe.hear("confirm_accepted")
    for _ in range(50):
        if not (await stub.Snapshot(pb.SnapshotRequest())).leases:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the probe's lease is still there")


async def test_only_one_lease_computes_at_a_time_and_the_next_begins_at_its_end(
    stub: Stub,
) -> None:
    async with session(stub, "a") as first, session(stub, "b") as second:
        await first.hello(pid=os.getpid())
        await second.hello(pid=os.getpid())
        one, two = await first.take("t1", 300, 50), await second.take("t2", 300, 50)
        await first.begin(one)
        await second.say(begin=pb.Begin(token=two, job="mine"))
        assert (await second.hear("begin_wait")).queue_position == 1
        await first.end(one)
        assert (await second.hear("begin_accepted")).job == "mine"
