"""Protobuf to plain values and back; nothing else here knows the contract's types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.duration_pb2 import Duration

from limner.arbiter.v1 import arbiter_pb2 as pb
from services.arbiter import requests as rq
from services.arbiter import responses as rs
from services.arbiter.demands import HOST_POOLS, PAGEABLE, PINNED, Alternative, Charge
from services.arbiter.leases import State
from services.rpc.errors import ProtocolViolation

_STATES: dict[State, pb.LeaseState.ValueType] = {
    State.OFFERED: pb.LEASE_STATE_UNSPECIFIED,
    State.LOADING: pb.LEASE_STATE_LOADING,
    State.RESIDENT: pb.LEASE_STATE_RESIDENT,
    State.ACTIVE: pb.LEASE_STATE_ACTIVE,
    State.UNLOADING: pb.LEASE_STATE_UNLOADING,
    State.SUSPECT: pb.LEASE_STATE_SUSPECT,
    State.FENCING: pb.LEASE_STATE_FENCING,
    State.RECLAIMING: pb.LEASE_STATE_RECLAIMING,
    State.QUARANTINED: pb.LEASE_STATE_QUARANTINED,
}
_STATES_BY_NUMBER = {number: state for state, number in _STATES.items()}
_NORMAL = 2


def to_duration(seconds: float) -> Duration:
    """Returns `seconds` as the contract's type."""
    duration = Duration()
    duration.FromNanoseconds(round(seconds * 1e9))
    return duration


def to_state(state: State) -> pb.LeaseState.ValueType:
    """Returns the contract's name of a state."""
    return _STATES[state]


def to_charges(charges: tuple[Charge, ...]) -> list[pb.Charge]:
    """Returns the charges on devices; the host's pools are no devices to a holder."""
    return [
        pb.Charge(
            device=charge.device,
            resident_bytes=charge.resident_bytes,
            working_bytes=charge.working_bytes,
            load_extra_bytes=charge.load_extra_bytes,
            context_bytes=charge.context_bytes,
        )
        for charge in charges
        if charge.device not in HOST_POOLS
    ]


def read_alternative(alternative: pb.Alternative) -> Alternative:
    """Returns an alternative in plain values."""
    charges = [
        Charge(c.device, c.resident_bytes, c.working_bytes, c.load_extra_bytes, c.context_bytes)
        for c in alternative.charges
    ]
    if alternative.host.pageable_bytes:
        charges.append(Charge(PAGEABLE, alternative.host.pageable_bytes))
    if alternative.host.pinned_bytes:
        charges.append(Charge(PINNED, alternative.host.pinned_bytes))
    return Alternative(
        alternative.tier,
        alternative.profile,
        tuple(charges),
        _seconds(alternative.load) if alternative.HasField("load") else None,
        _seconds(alternative.run) if alternative.HasField("run") else None,
        alternative.quality_loss,
        alternative.slowdown or 1.0,
    )


def read_request(request: pb.SessionRequest, wall_to_now_s: float) -> rq.Request:
    """Returns what a request says; wall-clock time plus `wall_to_now_s` is the arbiter's own time."""
    kind = request.WhichOneof("message")
    if kind is None:
        raise ProtocolViolation(
            f"Request {request.seq} of {request.holder} says nothing this arbiter knows.",
            holder=request.holder,
        )
    if kind == "acquire":
        return _read_acquire(request.acquire, wall_to_now_s)
    return _READERS[kind](getattr(request, kind))


def _seconds(duration: Duration) -> float:
    return duration.seconds + duration.nanos / 1e9


def _read_acquire(acquire: pb.Acquire, wall_to_now_s: float) -> rq.Acquire:
    deadline_s = None
    if acquire.HasField("deadline"):
        deadline_s = acquire.deadline.seconds + acquire.deadline.nanos / 1e9 + wall_to_now_s
    alternatives = tuple(read_alternative(alternative) for alternative in acquire.alternatives)
    return rq.Acquire(acquire.ticket, alternatives, acquire.priority or _NORMAL, deadline_s, acquire.tenant)


def _read_hello(hello: pb.Hello) -> rq.Hello:
    held = tuple(
        rq.Held(h.token, _STATES_BY_NUMBER.get(h.state, State.OFFERED), h.observed_bytes) for h in hello.held
    )
    return rq.Hello(hello.pid, hello.start_time_ticks, hello.service, hello.lock_file, held)


def _read_recall_reply(reply: pb.RecallReply) -> rq.RecallReply:
    is_yielding = reply.answer == pb.RECALL_ANSWER_YIELDING
    return rq.RecallReply(reply.token, is_yielding, _seconds(reply.eta))


_READERS: dict[str, Callable[[Any], rq.Request]] = {
    "hello": _read_hello,
    "beat": lambda m: rq.Beat(m.observed_bytes, m.peak_bytes, m.step),
    "confirm": lambda m: rq.Confirm(m.token),
    "loaded": lambda m: rq.Loaded(m.token, m.observed_bytes),
    "begin": lambda m: rq.Begin(m.token, m.job, m.priority or _NORMAL, m.working_bytes),
    "end": lambda m: rq.End(m.token, m.job, m.peak_bytes),
    "resize": lambda m: rq.Resize(m.token, m.resident_bytes),
    "release": lambda m: rq.Release(m.token),
    "cancel": lambda m: rq.Cancel(m.ticket),
    "out_of_memory": lambda m: rq.OutOfMemory(m.token, m.peak_bytes, m.requested_bytes),
    "recall_reply": _read_recall_reply,
}


def to_response(response: rs.Response, epoch: int, seq: int, ack_seq: int) -> pb.SessionResponse:
    """Returns a response in its envelope."""
    name, write = _WRITERS[type(response)]
    return pb.SessionResponse(epoch=epoch, seq=seq, ack_seq=ack_seq, **{name: write(response)})  # pyright: ignore[reportArgumentType] one of the oneof's fields


def _write_welcome(welcome: rs.Welcome) -> pb.Welcome:
    adopted = [
        pb.HeldLease(token=held.token, state=to_state(held.state), observed_bytes=held.observed_bytes)
        for held in welcome.adopted
    ]
    return pb.Welcome(
        token_floor=welcome.token_floor,
        adopted=adopted,
        beat_interval=to_duration(welcome.beat_interval_s),
        devices=welcome.devices,
    )


def _write_offer(offer: rs.Offer) -> pb.Offer:
    return pb.Offer(
        ticket=offer.ticket,
        token=offer.token,
        tier=offer.tier,
        charges=to_charges(offer.charges),
        expires_after=to_duration(offer.expires_after_s),
        profile=offer.profile,
        reason=offer.reason,
    )


def _write_rejected(rejected: rs.Rejected) -> pb.Rejected:
    retry_after = None if rejected.retry_after_s is None else to_duration(rejected.retry_after_s)
    return pb.Rejected(
        ticket=rejected.ticket,
        token=rejected.token,
        reason=rejected.reason,
        message=rejected.message,
        retry_after=retry_after,
    )


def _write_begin_wait(wait: rs.BeginWait) -> pb.BeginWait:
    return pb.BeginWait(
        token=wait.token, job=wait.job, queue_position=wait.queue_position, reason=wait.reason
    )


def _write_recall(recall: rs.Recall) -> pb.Recall:
    return pb.Recall(
        token=recall.token,
        bytes=recall.bytes,
        deadline=to_duration(recall.deadline_s),
        keep_host_copy=recall.keep_host_copy,
        reason=recall.reason,
    )


def _write_position(position: rs.Position) -> pb.Position:
    return pb.Position(
        ticket=position.ticket,
        queue_position=position.queue_position,
        wait=None if position.wait_s is None else to_duration(position.wait_s),
        wait_bound=None if position.wait_bound_s is None else to_duration(position.wait_bound_s),
        waiting_for=position.waiting_for,
    )


_WRITERS: dict[type[Any], tuple[str, Callable[[Any], Any]]] = {
    rs.Welcome: ("welcome", _write_welcome),
    rs.Offer: ("offer", _write_offer),
    rs.ConfirmAccepted: ("confirm_accepted", lambda r: pb.ConfirmAccepted(token=r.token)),
    rs.Rejected: ("rejected", _write_rejected),
    rs.BeginAccepted: ("begin_accepted", lambda r: pb.BeginAccepted(token=r.token, job=r.job)),
    rs.BeginWait: ("begin_wait", _write_begin_wait),
    rs.Recall: ("recall", _write_recall),
    rs.Drain: ("drain", lambda r: pb.Drain(token=r.token, at_step=r.at_step, reason=r.reason, bytes=r.bytes)),
    rs.Fenced: ("fenced", lambda r: pb.Fenced(token=r.token, reason=r.reason)),
    rs.Position: ("position", _write_position),
    rs.ReleaseAccepted: ("release_accepted", lambda r: pb.ReleaseAccepted(token=r.token)),
    rs.ResizeAccepted: (
        "resize_accepted",
        lambda r: pb.ResizeAccepted(token=r.token, resident_bytes=r.resident_bytes),
    ),
}
