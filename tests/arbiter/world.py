"""The production core in an imagined world: holders that obey, memory that raises, a ledger file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.arbiter import requests as rq
from services.arbiter import responses as rs
from services.arbiter.batches import TimeLimitedBatches
from services.arbiter.core import Core
from services.arbiter.demands import HOST_POOLS, Alternative, Charge
from services.arbiter.effects import Effect, Kill, Note, Send, Store
from services.arbiter.leases import Key, State
from services.arbiter.ledger import Device
from services.arbiter.records import Opened, Past, decode, encode, replay


class OutOfPhysicalMemory(AssertionError):
    """Workers touched more bytes than the device has; the arbiter's one sin."""


@dataclass(slots=True)
class Held:
    """A lease as its holder believes it is."""

    token: int
    charges: tuple[Charge, ...]
    state: State = State.LOADING
    job: str = ""

    def is_on(self, device: str) -> bool:
        """Whether it uses a device."""
        return any(charge.device == device for charge in self.charges)

    def touched_on(self, device: str) -> int:
        """The physical bytes it uses."""
        extra = {State.LOADING: "load_extra_bytes", State.ACTIVE: "working_bytes"}.get(self.state)
        return sum(
            charge.resident_bytes + (getattr(charge, extra) if extra else 0)
            for charge in self.charges
            if charge.device == device
        )


@dataclass(slots=True)
class Worker:
    """One worker process and its front."""

    key: Key
    seq: int = 0
    token_floor: int = 0
    is_connected: bool = False
    offers: dict[int, rs.Offer] = field(default_factory=dict[int, rs.Offer])
    held: dict[int, Held] = field(default_factory=dict[int, Held])
    recalled: set[int] = field(default_factory=set[int])
    tickets: set[str] = field(default_factory=set[str])
    beginning: dict[int, str] = field(default_factory=dict[int, str])
    rejected: list[rs.Rejected] = field(default_factory=list[rs.Rejected])

    def next_seq(self) -> int:
        """Numbers the next request."""
        self.seq += 1
        return self.seq


class World:
    """Delivers every effect at once; checks physical memory after each."""

    def __init__(self, devices: Sequence[Device]) -> None:
        self.devices = tuple(devices)
        self.now_s = 0.0
        self.file = Past()
        self.workers: dict[Key, Worker] = {}
        self.killed: set[Key] = set()
        self.notes: list[Note] = []
        self._incarnations = 0
        self.restart()

    def restart(self) -> None:
        """Kills the arbiter and starts it again on what its file says; every session breaks."""
        self.core = Core(self.devices, self.file, self.now_s, TimeLimitedBatches())
        self.file = replay([Opened(self.core.book.epoch, "boot"), *self.core.records()])
        for worker in self.workers.values():
            worker.is_connected = False
            worker.offers.clear()
            worker.tickets.clear()
            worker.beginning.clear()

    def spawn(self, holder: str) -> Worker:
        """Starts a worker process."""
        self._incarnations += 1
        worker = Worker(Key(holder, str(self._incarnations)))
        self.workers[worker.key] = worker
        return worker

    def connect(self, worker: Worker) -> None:
        """Opens or reopens the worker's session."""
        worker.seq = 1
        worker.is_connected = True
        worker.offers.clear()
        worker.beginning.clear()
        held = tuple(rq.Held(h.token, h.state) for h in worker.held.values())
        self.deliver(
            self.core.hello(worker.key, 1, rq.Hello(pid=1, service="test", held=held), True, self.now_s)
        )

    def say(self, worker: Worker, request: rq.Request) -> None:
        """Sends one request."""
        self.deliver(self.core.receive(worker.key, worker.next_seq(), request, self.now_s))

    def acquire(self, worker: Worker, ticket: str, charges: Sequence[Charge], priority: int = 2) -> None:
        """Asks for memory."""
        worker.tickets.add(ticket)
        self.say(worker, rq.Acquire(ticket, (Alternative("full", "p", tuple(charges)),), priority))

    def confirm(self, worker: Worker, token: int) -> None:
        """Takes an offer."""
        self.say(worker, rq.Confirm(token))

    def loaded(self, worker: Worker, token: int) -> None:
        """Ends loading."""
        worker.held[token].state = State.RESIDENT
        self.say(worker, rq.Loaded(token, 0))

    def begin(self, worker: Worker, token: int, job: str) -> None:
        """Asks to compute."""
        worker.beginning[token] = job
        self.say(worker, rq.Begin(token, job))

    def end(self, worker: Worker, token: int) -> None:
        """Stops to compute."""
        held = worker.held[token]
        held.state = State.RESIDENT
        self.say(worker, rq.End(token, held.job))

    def release(self, worker: Worker, token: int) -> None:
        """Frees the memory, then says so."""
        del worker.held[token]
        worker.recalled.discard(token)
        worker.beginning.pop(token, None)
        self.say(worker, rq.Release(token))

    def disconnect(self, worker: Worker) -> None:
        """Breaks the session."""
        worker.is_connected = False
        worker.offers.clear()
        worker.beginning.clear()
        self.deliver(self.core.disconnect(worker.key, self.now_s))

    def die(self, worker: Worker) -> None:
        """Kills the worker: its memory is free, and the proof reaches the arbiter."""
        del self.workers[worker.key]
        self.deliver(self.core.bury(worker.key, self.now_s))

    def live(self, seconds: float) -> None:
        """Lets time pass as it really does: connected workers beat, and those that are killed die."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            for worker in [w for w in self.workers.values() if w.is_connected]:
                self.say(worker, rq.Beat(0))
            self.wait(min(2.0, end_s - self.now_s))
            for worker in [w for w in self.workers.values() if w.key in self.killed]:
                self.die(worker)

    def wait(self, seconds: float) -> None:
        """Lets time pass, doing what is due on the way."""
        end_s = self.now_s + seconds
        while (due_s := self.core.next_due_s()) is not None and due_s <= end_s:
            self.now_s = max(self.now_s, due_s)
            self.deliver(self.core.expire(self.now_s))
        self.now_s = end_s

    def deliver(self, effects: Sequence[Effect]) -> None:
        """Does what the core wants done."""
        for effect in effects:
            if isinstance(effect, Store):
                self.file.add(decode(encode(effect.record)))
            elif isinstance(effect, Send):
                self._hear(effect.key, effect.response)
            elif isinstance(effect, Kill):
                self.killed.add(effect.key)
            elif isinstance(effect, Note):
                self.notes.append(effect)
        self._check_memory()

    def _hear(self, key: Key, response: rs.Response) -> None:
        worker = self.workers.get(key)
        if worker is None or not worker.is_connected:
            return
        match response:
            case rs.Welcome():
                worker.token_floor = max(worker.token_floor, response.token_floor)
            case rs.Offer():
                assert response.token > worker.token_floor, "a token was given twice"
                worker.token_floor = response.token
                worker.tickets.discard(response.ticket)
                worker.offers[response.token] = response
            case rs.ConfirmAccepted():
                if offer := worker.offers.pop(response.token, None):
                    worker.held[offer.token] = Held(offer.token, offer.charges)
            case rs.BeginAccepted():
                assert response.token not in worker.recalled, "a job began on a lease that was asked back"
                worker.beginning.pop(response.token, None)
                worker.held[response.token].state = State.ACTIVE
                worker.held[response.token].job = response.job
            case rs.Recall() | rs.Drain():
                worker.recalled.add(response.token)
            case rs.Rejected():
                worker.rejected.append(response)
                worker.tickets.discard(response.ticket)
                worker.offers.pop(response.token, None)
                worker.beginning.pop(response.token, None)
            case _:
                pass

    def _check_memory(self) -> None:
        held = [h for worker in self.workers.values() for h in worker.held.values()]
        for device in self.devices:
            touched_bytes = sum(h.touched_on(device.id) for h in held)
            if touched_bytes > device.limit_bytes:
                raise OutOfPhysicalMemory(f"{touched_bytes} of {device.limit_bytes} bytes on {device.id}")
            computing = [
                h
                for h in held
                if h.state is State.ACTIVE and device.id in {charge.device for charge in h.charges}
            ]
            # Host memory computes nothing.
            if device.id not in HOST_POOLS and len(computing) > 1:
                raise AssertionError(f"{len(computing)} leases compute on {device.id}")
