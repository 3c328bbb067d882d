"""A holder that says odd things in mid-session harms at most itself: no byte is lost, others are served."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
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


# What gRPC's client says by itself when it writes in the moment in which it is hung up on.
_HUNG_UP = "Internal error from Core"
_TOKEN = 7  # Stands for the lease's own, which nobody knows before.


def _sayings() -> list[pb.SessionRequest]:
    token = _TOKEN
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
        pb.SessionRequest(confirm=pb.Confirm(token=token)),
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


def _is_kept(field: FieldDescriptor) -> bool:
    is_envelope = field.containing_type is pb.SessionRequest.DESCRIPTOR and field.containing_oneof is None
    return is_envelope or field.name in _KEPT


_odd = st.sampled_from(_sayings()).flatmap(lambda good: mutated(good, _is_kept))
_odd_sayings = st.lists(_odd, min_size=1, max_size=4)


@given(sayings=_odd_sayings)
@settings(_SEEDED, max_examples=60)
async def test_odd_requests_of_a_session_harm_nobody_else(
    stub: Stub, sleeper: StartSleeper, sayings: list[pb.SessionRequest]
) -> None:
    await _misbehave(stub, sleeper, sayings)


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(sayings=_odd_sayings)
@settings(_SEEDED, max_examples=2000)
async def test_thousands_of_odd_sessions_harm_nobody_else(
    stub: Stub, sleeper: StartSleeper, sayings: list[pb.SessionRequest]
) -> None:
    await _misbehave(stub, sleeper, sayings)


async def _misbehave(stub: Stub, sleeper: StartSleeper, sayings: list[pb.SessionRequest]) -> None:
    worker = await sleeper()
    try:
        async with session(stub, "odd", str(worker.pid)) as holder:
            token = await _take(holder, worker.pid)
            await holder.say(loaded=pb.Loaded(token=token, observed_bytes=100 * MIB))
            # Whoever is hung up on hears so below.
            with suppress(aio.AioRpcError, asyncio.InvalidStateError):
                for saying in sayings:
                    await holder.say(**_filled_in(saying, token))
            await _check_end(holder)
        assert await charged_bytes(stub) >= 0
    finally:
        worker.kill()
        await worker.wait()
    async with asyncio.timeout(10):
        while await charged_bytes(stub) > 0:
            await asyncio.sleep(0.005)
    await _serve_another(stub, sleeper)


def _filled_in(request: pb.SessionRequest, token: int) -> dict[str, Any]:
    """Returns what a request says, with the lease's own token."""
    kind = request.WhichOneof("message")
    if kind is None:
        return {}
    said = getattr(request, kind)
    for each in (said, *getattr(said, "held", ())):
        if getattr(each, "token", None) == _TOKEN:
            each.token = token
    return {kind: said}


async def _take(holder: Holder, pid: int) -> int:
    """Opens a session and goes all the way to a lease, of a profile that nobody has taught anything yet."""
    await holder.hello(pid=pid)
    wanted = pb.Alternative(
        tier="full", profile=f"profile {pid}", charges=[pb.Charge(resident_bytes=100 * MIB)]
    )
    await holder.say(acquire=pb.Acquire(ticket=f"ticket {pid}", alternatives=[wanted]))
    offer = await holder.hear("offer")
    await holder.say(confirm=pb.Confirm(token=offer.token))
    await holder.hear("confirm_accepted")
    return offer.token


async def _check_end(holder: Holder) -> None:
    """Hears all that is said until nothing more comes; an end of the session must have a reason."""
    try:
        await holder.silence(for_s=0.02)
    except aio.AioRpcError as error:
        failure = read_failure(error)
    else:
        return
    if failure.message == _HUNG_UP:
        return
    assert failure.reason in {"PROTOCOL_VIOLATION", "INVALID_FIELDS", "STALE_TOKEN"}, failure


async def _serve_another(stub: Stub, sleeper: StartSleeper) -> None:
    worker = await sleeper()
    async with session(stub, "good", str(worker.pid)) as holder:
        await holder.release(await _take(holder, worker.pid))
    worker.kill()
    await worker.wait()
