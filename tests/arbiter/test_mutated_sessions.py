"""A holder that says odd things in mid-session harms at most itself: no byte is lost, others are served."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import aio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.failure import read_failure
from tests.arbiter.conftest import StartSleeper
from tests.arbiter.holder import MIB, Holder, charged_bytes, session
from tests.rpc.mutations import mutated

if TYPE_CHECKING:
    from tests.arbiter.holder import Stub

_SEEDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Whoever names a process as its worker may have it ended: tests name none but their own.
_KEPT = {"pid", "start_time_ticks"}


def _sayings(token: int) -> list[Message]:
    second = Duration(seconds=1)
    charge = pb.Charge(device="cpu:0", resident_bytes=MIB, working_bytes=MIB)
    alternative = pb.Alternative(tier="full", profile="odd", charges=[charge], load=second, run=second)
    return [
        pb.SessionRequest(beat=pb.Beat(observed_bytes=200 * MIB, peak_bytes=300 * MIB, step=1)),
        pb.SessionRequest(
            acquire=pb.Acquire(
                ticket="u", alternatives=[alternative], deadline=Timestamp(seconds=2**33), tenant="x"
            )
        ),
        pb.SessionRequest(confirm=pb.Confirm(token=token + 1)),
        pb.SessionRequest(loaded=pb.Loaded(token=token, observed_bytes=100 * MIB)),
        pb.SessionRequest(begin=pb.Begin(token=token, job="j", priority=1, working_bytes=MIB)),
        pb.SessionRequest(end=pb.End(token=token, job="j", peak_bytes=150 * MIB)),
        pb.SessionRequest(resize=pb.Resize(token=token, resident_bytes=50 * MIB)),
        pb.SessionRequest(release=pb.Release(token=token)),
        pb.SessionRequest(cancel=pb.Cancel(ticket="u")),
        pb.SessionRequest(
            out_of_memory=pb.OutOfMemory(token=token, peak_bytes=200 * MIB, requested_bytes=MIB)
        ),
        pb.SessionRequest(recall_reply=pb.RecallReply(token=token, answer=pb.RECALL_ANSWER_BUSY, eta=second)),
        pb.SessionRequest(
            hello=pb.Hello(
                boot_id="b", service="t2i", held=[pb.HeldLease(token=token, state=pb.LEASE_STATE_ACTIVE)]
            )
        ),
    ]


@given(st.data())
@settings(_SEEDED, max_examples=60)
async def test_odd_requests_of_a_session_harm_nobody_else(
    stub: Stub, sleeper: StartSleeper, data: st.DataObject
) -> None:
    await _misbehave(stub, sleeper, data)


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(st.data())
@settings(_SEEDED, max_examples=5000)
async def test_thousands_of_odd_sessions_harm_nobody_else(
    stub: Stub, sleeper: StartSleeper, data: st.DataObject
) -> None:
    await _misbehave(stub, sleeper, data)


async def _misbehave(stub: Stub, sleeper: StartSleeper, data: st.DataObject) -> None:
    worker = await sleeper()
    try:
        async with session(stub, "odd", str(worker.pid)) as holder:
            await holder.hello(pid=worker.pid)
            token = await holder.take("t", 100)
            for _ in range(data.draw(st.integers(1, 4))):
                good = data.draw(st.sampled_from(_sayings(token)))
                odd = data.draw(mutated(good, lambda field: _is_envelope(field) or field.name in _KEPT))
                if not await _say(holder, odd):
                    break
            await _check_end(holder)
        assert await charged_bytes(stub) >= 0
    finally:
        worker.kill()
        await worker.wait()
    async with asyncio.timeout(10):
        while await charged_bytes(stub) > 0:
            await asyncio.sleep(0.005)
    await _serve_another(stub, sleeper)


async def _say(holder: Holder, request: Message) -> bool:
    """Says one thing; False when the session has ended."""
    kind = request.WhichOneof("message")
    try:
        await holder.say(**({} if kind is None else {kind: getattr(request, kind)}))
    except (aio.AioRpcError, asyncio.InvalidStateError):
        return False
    return True


async def _check_end(holder: Holder) -> None:
    """Hears all that is said until nothing more comes; an end of the session must have a reason."""
    try:
        await holder.silence(for_s=0.02)
    except aio.AioRpcError as error:
        failure = read_failure(error)
    else:
        return
    assert failure.reason in {"PROTOCOL_VIOLATION", "INVALID_FIELDS", "STALE_TOKEN"}, failure


async def _serve_another(stub: Stub, sleeper: StartSleeper) -> None:
    worker = await sleeper()
    async with session(stub, "good", str(worker.pid)) as holder:
        await holder.hello(pid=worker.pid)
        charge = pb.Charge(resident_bytes=100 * MIB)
        wanted = pb.Alternative(tier="full", profile=f"good {worker.pid}", charges=[charge])
        await holder.say(acquire=pb.Acquire(ticket=f"good {worker.pid}", alternatives=[wanted]))
        offer = await holder.hear("offer")
        await holder.say(confirm=pb.Confirm(token=offer.token))
        await holder.hear("confirm_accepted")
        await holder.release(offer.token)
    worker.kill()
    await worker.wait()


def _is_envelope(field: FieldDescriptor) -> bool:
    return field.containing_type is pb.SessionRequest.DESCRIPTOR and field.containing_oneof is None
