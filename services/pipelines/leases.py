"""The holder's side of the arbiter's session: one per worker, spoken by its front."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

import structlog
from grpc import aio

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceStub
from services.pipelines.process import Identity
from services.rpc import errors

log = structlog.get_logger(__name__)

# Between attempts to reach an arbiter that is being restarted, doubled up to the longest.
_RETRY_S, _LONGEST_RETRY_S = 0.05, 1.0
_GROWTH_S = 5.0  # An arbiter that does not answer in time has not granted.
_EVERYTHING_BYTES = 1 << 62
_BEAT_S = 2.0  # Between beats, unless the arbiter wishes otherwise.

_Call = aio.StreamStreamCall[pb.SessionRequest, pb.SessionResponse]

Tell = Callable[[int, str], None]  # queue position, what is in the way
OnRecall = Callable[[int, bool, int], None]  # token, at the next step, bytes that are wanted


@dataclass(frozen=True, slots=True)
class Demand:
    """What a pipeline needs in one tier."""

    tier: str
    profile: str
    resident_bytes: int
    working_bytes: int
    load_extra_bytes: int
    context_bytes: int
    budget_bytes: int = 0  # that the worker is told; 0: as much as the tier wants
    resident_min_bytes: int = 0  # with which it runs, too, slower; 0: it needs all of them
    resident_max_bytes: int = 0  # with which it runs faster; 0: nothing is gained by more
    quality_loss: float = 0.0  # against the best tier; 1 is what nobody would take
    slowdown: float = 1.0  # of a job, against the best tier


@dataclass(slots=True)
class Lease:
    """A confirmed charge."""

    token: int
    tier: str
    profile: str  # of the demand that it was granted for
    device: str
    asked_bytes: int = 0  # for a job at work, by that demand
    granted_bytes: int = 0  # the same, as the arbiter knows better
    resting_bytes: int = 0  # for the weights, and on the host for the process: a card's meter leaves it out
    state: pb.LeaseState.ValueType = pb.LEASE_STATE_LOADING
    budget_bytes: int = 0  # that the worker was told; 0: as much as the tier wants
    weights_bytes: int = 0  # that the weights may hold
    resident_bytes: int = 0  # charged for them
    resident_min_bytes: int = 0  # as of its demand
    resident_max_bytes: int = 0
    reason: str = ""  # why it is no better tier

    def can_spare(self, count_bytes: int) -> bool:
        """Tells whether so many bytes can be given back by a worker that goes on."""
        return 0 < self.resident_min_bytes <= self.weights_bytes - count_bytes


@dataclass(slots=True)
class _Ticket:
    demands: tuple[Demand, ...]
    on_card: tuple[Demand, ...]
    priority: int
    tell: Tell
    granted: asyncio.Future[Lease]


@dataclass(slots=True)
class _Begin:
    job: str
    priority: int
    working_bytes: int
    tell: Tell
    accepted: asyncio.Future[None]


@dataclass(slots=True)
class _Growth:
    resident_bytes: int
    granted: asyncio.Future[bool]


@dataclass(slots=True)
class _State:
    """Everything that a new connection must say again."""

    token_floor: int = 0
    devices: tuple[str, ...] = ()  # that there are; none before the first welcome
    leases: dict[int, Lease] = field(default_factory=dict[int, Lease])
    tickets: dict[str, _Ticket] = field(default_factory=dict[str, _Ticket])
    confirming: dict[int, tuple[str, Lease]] = field(default_factory=dict[int, tuple[str, Lease]])
    beginning: dict[int, _Begin] = field(default_factory=dict[int, _Begin])
    releasing: set[int] = field(default_factory=set[int])
    growing: dict[int, _Growth] = field(default_factory=dict[int, "_Growth"])


class Session:
    """Keeps one worker's leases with the arbiter, through reconnections and restarts of the arbiter.

    `on_recall(token, at_step, bytes)` is called when memory is asked back, `at_step` when a running job shall
    not be finished first; ending the worker is the answer, or a `resize` by so many bytes.
    """

    def __init__(
        self,
        channel: aio.Channel,
        holder: str,
        service: str,
        identity: Identity,
        boot_id: str,
        observe: Callable[[], int],
        on_recall: OnRecall,
    ) -> None:
        self._stub = ArbiterServiceStub(channel)
        self._holder, self._service, self._identity, self._boot_id = holder, service, identity, boot_id
        self._observe, self._on_recall = observe, on_recall
        self._state = _State()
        self._loss: errors.WorkerLost | None = None
        self._outbox: asyncio.Queue[pb.SessionRequest] = asyncio.Queue()
        self._seq = 0
        self._ack_seq = 0
        # In a context of its own: it outlives the job for which the worker was started.
        self._speaking = asyncio.create_task(self._speak(), name="lease session", context=Context())

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices on which leases may be; none before the arbiter has answered."""
        return self._state.devices

    async def acquire(
        self, demands: tuple[Demand, ...], priority: int, tell: Tell, on_card: tuple[Demand, ...] = ()
    ) -> Lease:
        """Returns a confirmed lease: from here on memory may be touched.

        `on_card` are the demands where there are cards, if those are others.

        Raises NeverFits, or whatever else the arbiter refuses with, and what `lose` was given. Cancelling
        withdraws the ticket.
        """
        self._raise_loss()
        ticket = uuid.uuid4().hex
        future: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()
        waiting = _Ticket(demands, on_card or demands, priority, tell, future)
        self._state.tickets[ticket] = waiting
        if self._state.devices:
            # Else it is said as soon as the arbiter has named its devices.
            self._send(acquire=self._to_acquire(ticket, waiting))
        try:
            return await waiting.granted
        except asyncio.CancelledError:
            self._withdraw(ticket)
            raise

    def loaded(self, lease: Lease, observed_bytes: int) -> None:
        """Tells that the weights are resident."""
        lease.state = pb.LEASE_STATE_RESIDENT
        self._send(loaded=pb.Loaded(token=lease.token, observed_bytes=observed_bytes))

    async def begin(self, lease: Lease, job: str, priority: int, working_bytes: int, tell: Tell) -> None:
        """Returns when the job may compute; 0 `working_bytes` are those that the lease was acquired with.

        Raises StaleToken when the lease is being recalled, NeverFits when the job cannot fit the device, and
        what `lose` was given.
        """
        self._raise_loss()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = _Begin(job, priority, working_bytes, tell, future)
        self._state.beginning[lease.token] = waiting
        self._send(begin=_to_begin(lease.token, waiting))
        try:
            await waiting.accepted
        except asyncio.CancelledError:
            # An End without a Begin is harmless, and takes back one that was accepted meanwhile.
            self.end(lease, job, 0)
            raise
        finally:
            self._state.beginning.pop(lease.token, None)
        lease.state = pb.LEASE_STATE_ACTIVE

    def end(self, lease: Lease, job: str, peak_bytes: int) -> None:
        """Gives the working bytes back."""
        lease.state = pb.LEASE_STATE_RESIDENT
        self._send(end=pb.End(token=lease.token, job=job, peak_bytes=peak_bytes))

    def shrink(self, lease: Lease, count_bytes: int) -> None:
        """Tells that the weights hold so much less from now on."""
        lease.resting_bytes -= count_bytes
        lease.resident_bytes = max(0, lease.resident_bytes - count_bytes)
        self._send(resize=pb.Resize(token=lease.token, resident_bytes=lease.resident_bytes))

    async def grow(self, lease: Lease, count_bytes: int) -> bool:
        """Asks for so many bytes more for the weights; tells whether they were free."""
        self._raise_loss()
        resident_bytes = lease.resident_bytes + count_bytes
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._state.growing[lease.token] = _Growth(resident_bytes, future)
        self._send(resize=pb.Resize(token=lease.token, resident_bytes=resident_bytes))
        try:
            async with asyncio.timeout(_GROWTH_S):
                is_granted = await future
        except TimeoutError:
            # Whether or not it was heard: it asks for no more than what it has.
            self._send(resize=pb.Resize(token=lease.token, resident_bytes=lease.resident_bytes))
            return False
        finally:
            self._state.growing.pop(lease.token, None)
        if is_granted:
            lease.resting_bytes += count_bytes
            lease.resident_bytes = resident_bytes
        return is_granted

    def ran_out(self, lease: Lease, peak_bytes: int, requested_bytes: int) -> None:
        """Tells that the grant was too small, so that the next one is larger; 0 stands for unknown."""
        report = pb.OutOfMemory(token=lease.token, peak_bytes=peak_bytes, requested_bytes=requested_bytes)
        self._send(out_of_memory=report)

    def lose(self, loss: errors.WorkerLost) -> None:
        """Tells whoever waits, now or later, that the worker is dead: the arbiter answers no dead one."""
        self._loss = loss
        for waiting in self._state.tickets.values():
            _refuse(waiting.granted, loss)
        for begin in self._state.beginning.values():
            _refuse(begin.accepted, loss)
        self._speaking.cancel()

    async def close(self) -> None:
        """Hangs up. What the worker held is free by its death, which the arbiter sees for itself."""
        self._speaking.cancel()
        with suppress(asyncio.CancelledError):
            await self._speaking

    def _raise_loss(self) -> None:
        if self._loss is not None:
            raise self._loss

    def _withdraw(self, ticket: str) -> None:
        self._state.tickets.pop(ticket, None)
        self._send(cancel=pb.Cancel(ticket=ticket))
        for token, (waiting, lease) in list(self._state.confirming.items()):
            if waiting == ticket:
                # Confirmed in the meantime, perhaps: only a release takes that back.
                del self._state.confirming[token]
                self._state.releasing.add(lease.token)
                self._send(release=pb.Release(token=lease.token))

    async def _speak(self) -> None:
        """Connects again and again; what is pending is said anew to every arbiter that answers."""
        pause_s = _RETRY_S
        while True:
            self._outbox = asyncio.Queue()
            self._seq = self._ack_seq = 0
            self._hello()
            call = self._stub.Session()
            # Its own writer, ended with its call: grpc lets a request iterator outlive a call that fails.
            writing = asyncio.create_task(_write(call, self._outbox), name="lease session's writer")
            beating: asyncio.Task[None] | None = None
            try:
                async for response in call:
                    self._ack_seq = response.seq
                    if response.HasField("welcome"):
                        pause_s = _RETRY_S
                        beating = asyncio.create_task(
                            self._beat(response.welcome), name="lease session's beat"
                        )
                    self._hear(response)
            except aio.AioRpcError as error:
                if pause_s == _RETRY_S:
                    log.warning("arbiter unreachable", code=error.code().name, detail=error.details())
                self._tell_unreachable()
            finally:
                writing.cancel()
                if beating is not None:
                    beating.cancel()
                call.cancel()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_RETRY_S)

    async def _beat(self, welcome: pb.Welcome) -> None:
        interval_s = welcome.beat_interval.ToTimedelta().total_seconds() or _BEAT_S
        while True:
            await asyncio.sleep(interval_s)
            self._send(beat=pb.Beat(observed_bytes=self._observe()))

    def _hello(self) -> None:
        held = [pb.HeldLease(token=lease.token, state=lease.state) for lease in self._state.leases.values()]
        self._send(
            hello=pb.Hello(
                pid=self._identity.pid,
                start_time_ticks=self._identity.start_time_ticks,
                boot_id=self._boot_id,
                service=self._service,
                held=held,
                lock_file=self._identity.lock_file,
            )
        )

    def _send(self, **message: object) -> None:
        self._seq += 1
        self._outbox.put_nowait(
            pb.SessionRequest(
                holder=self._holder,
                incarnation=self._identity.incarnation,
                seq=self._seq,
                ack_seq=self._ack_seq,
                **message,  # pyright: ignore[reportArgumentType] one of the oneof's fields
            )
        )

    def _hear(self, response: pb.SessionResponse) -> None:
        kind = response.WhichOneof("message")
        if kind is not None:
            getattr(self, f"_hear_{kind}")(getattr(response, kind))

    def _hear_welcome(self, welcome: pb.Welcome) -> None:
        state = self._state
        state.token_floor = max(state.token_floor, welcome.token_floor)
        state.devices = tuple(welcome.devices)
        adopted = {held.token for held in welcome.adopted}
        for token, (ticket, lease) in list(state.confirming.items()):
            del state.confirming[token]
            if token in adopted and ticket in state.tickets:
                self._grant(ticket, lease)
        for ticket, waiting in state.tickets.items():
            self._send(acquire=self._to_acquire(ticket, waiting))
        for token, begin in state.beginning.items():
            self._send(begin=_to_begin(token, begin))
        for token in state.releasing:
            self._send(release=pb.Release(token=token))

    def _hear_offer(self, offer: pb.Offer) -> None:
        state = self._state
        if offer.ticket not in state.tickets or offer.token <= state.token_floor:
            return
        state.token_floor = offer.token
        demands = self._demands_of(state.tickets[offer.ticket])
        demand = next((demand for demand in demands if demand.profile == offer.profile), None)
        lease = _to_lease(offer, demand)
        state.confirming[offer.token] = (offer.ticket, lease)
        self._send(confirm=pb.Confirm(token=offer.token))

    def _hear_confirm_accepted(self, accepted: pb.ConfirmAccepted) -> None:
        if pending := self._state.confirming.pop(accepted.token, None):
            self._grant(*pending)

    def _grant(self, ticket: str, lease: Lease) -> None:
        waiting = self._state.tickets.pop(ticket)
        self._state.leases[lease.token] = lease
        if not waiting.granted.done():
            waiting.granted.set_result(lease)

    def _hear_rejected(self, rejected: pb.Rejected) -> None:
        error = _to_error(rejected)
        if waiting := self._state.tickets.pop(rejected.ticket, None):
            _refuse(waiting.granted, error)
        elif pending := self._state.confirming.pop(rejected.token, None):
            # The offer expired before the Confirm arrived: ask again.
            ticket, _ = pending
            self._send(acquire=self._to_acquire(ticket, self._state.tickets[ticket]))
        elif begin := self._state.beginning.get(rejected.token):
            _refuse(begin.accepted, error)
        elif growing := self._state.growing.pop(rejected.token, None):
            if not growing.granted.done():
                growing.granted.set_result(False)
        elif rejected.token in self._state.releasing:
            # What the arbiter no longer knows is free.
            self._state.releasing.discard(rejected.token)
        else:
            log.warning(
                "arbiter refused", token=rejected.token, reason=rejected.reason, message=rejected.message
            )

    def _hear_begin_accepted(self, accepted: pb.BeginAccepted) -> None:
        begin = self._state.beginning.get(accepted.token)
        if begin is not None and begin.job == accepted.job and not begin.accepted.done():
            begin.accepted.set_result(None)

    def _hear_begin_wait(self, wait: pb.BeginWait) -> None:
        if begin := self._state.beginning.get(wait.token):
            begin.tell(wait.queue_position, wait.reason)

    def _hear_position(self, position: pb.Position) -> None:
        if waiting := self._state.tickets.get(position.ticket):
            waiting.tell(position.queue_position, position.waiting_for)

    def _hear_resize_accepted(self, accepted: pb.ResizeAccepted) -> None:
        growing = self._state.growing.get(accepted.token)
        if growing and growing.resident_bytes == accepted.resident_bytes and not growing.granted.done():
            growing.granted.set_result(True)

    def _hear_recall(self, recall: pb.Recall) -> None:
        self._recalled(recall.token, recall.bytes, at_step=False)

    def _hear_drain(self, drain: pb.Drain) -> None:
        self._recalled(drain.token, drain.bytes, at_step=drain.at_step)

    def _recalled(self, token: int, wanted_bytes: int, *, at_step: bool) -> None:
        lease = self._state.leases.get(token)
        if lease is None:
            return
        # Who yields is taken at its word, and gives back everything.
        busy = lease.state == pb.LEASE_STATE_ACTIVE or lease.can_spare(wanted_bytes)
        answer = pb.RECALL_ANSWER_BUSY if busy else pb.RECALL_ANSWER_YIELDING
        self._send(recall_reply=pb.RecallReply(token=token, answer=answer))
        self._on_recall(token, at_step, wanted_bytes)

    def _hear_fenced(self, fenced: pb.Fenced) -> None:
        log.warning("lease fenced", token=fenced.token, reason=fenced.reason)
        self._on_recall(fenced.token, True, _EVERYTHING_BYTES)

    def _hear_release_accepted(self, accepted: pb.ReleaseAccepted) -> None:
        self._state.releasing.discard(accepted.token)

    def _demands_of(self, waiting: _Ticket) -> tuple[Demand, ...]:
        return waiting.demands if is_host(self._state.devices) else waiting.on_card

    def _to_acquire(self, ticket: str, waiting: _Ticket) -> pb.Acquire:
        alternatives = [to_alternative(demand) for demand in self._demands_of(waiting)]
        return pb.Acquire(ticket=ticket, priority=waiting.priority, alternatives=alternatives)

    def _tell_unreachable(self) -> None:
        for waiting in (*self._state.tickets.values(), *self._state.beginning.values()):
            waiting.tell(0, "the memory arbiter, which is not answering")


def _refuse(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


async def _write(call: _Call, outbox: asyncio.Queue[pb.SessionRequest]) -> None:
    # The reader of the call learns how it ended.
    with suppress(aio.AioRpcError, asyncio.InvalidStateError):
        while True:
            await call.write(await outbox.get())


def is_host(devices: Collection[str]) -> bool:
    """Tells whether leases are on the host itself, where weights are computed with in full precision."""
    return any(device.startswith("cpu") for device in devices)


def to_alternative(demand: Demand) -> pb.Alternative:
    """Returns `demand` as the arbiter reads it; the device is its choice."""
    charge = pb.Charge(
        resident_bytes=demand.resident_bytes,
        working_bytes=demand.working_bytes,
        load_extra_bytes=demand.load_extra_bytes,
        context_bytes=demand.context_bytes,
    )
    return pb.Alternative(
        tier=demand.tier,
        profile=demand.profile,
        charges=[charge],
        quality_loss=demand.quality_loss,
        slowdown=demand.slowdown,
    )


def _to_lease(offer: pb.Offer, demand: Demand | None) -> Lease:
    charge = offer.charges[0] if offer.charges else pb.Charge()
    profile, asked_bytes = (demand.profile, demand.working_bytes) if demand else ("", 0)
    resting_bytes = charge.resident_bytes + (charge.context_bytes if charge.device.startswith("cpu") else 0)
    lease = Lease(
        offer.token, offer.tier, profile, charge.device, asked_bytes, charge.working_bytes, resting_bytes
    )
    lease.reason, lease.resident_bytes = offer.reason, charge.resident_bytes
    if demand is not None:
        lease.budget_bytes, lease.weights_bytes = demand.budget_bytes, demand.resident_bytes
        lease.resident_min_bytes, lease.resident_max_bytes = (
            demand.resident_min_bytes,
            demand.resident_max_bytes,
        )
    return lease


def _to_begin(token: int, begin: _Begin) -> pb.Begin:
    return pb.Begin(token=token, job=begin.job, priority=begin.priority, working_bytes=begin.working_bytes)


def _to_error(rejected: pb.Rejected) -> errors.LimnerError:
    retry_after_s = None
    if rejected.HasField("retry_after"):
        retry_after_s = rejected.retry_after.ToTimedelta().total_seconds()
    for kind in (errors.NeverFits, errors.StaleToken, errors.ProtocolViolation):
        if kind.reason == rejected.reason:
            return kind(rejected.message)
    return errors.ArbiterUnavailable(rejected.message, retry_after_s=retry_after_s)
