"""The arbiter's mind: requests, deaths and the clock go in, effects come out. Pure; time is an argument."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from services.arbiter import requests as rq
from services.arbiter import responses as rs
from services.arbiter.answers import answer
from services.arbiter.book import Book, to_met
from services.arbiter.departures import Departures
from services.arbiter.effects import Effect
from services.arbiter.learning import refit
from services.arbiter.leases import EDGES, Key, State
from services.arbiter.ledger import Device
from services.arbiter.policy import Policy
from services.arbiter.records import Past, Record
from services.arbiter.relief import overdrawn
from services.arbiter.sizing import Sizing
from services.arbiter.turns import Turns
from services.arbiter.vigil import Limits, Vigil

BEAT_INTERVAL_S = 2.0
RECOVERY_S = 15.0  # How long a restarted arbiter waits for the workers that its ledger names.


class Core:
    """One host's arbiter, but for the world around it.

    Every method that changes something returns what is to be done, in order: a Store comes before the Send
    that relies on it.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        past: Past,
        now_s: float,
        policy: Policy,
        sizing: Sizing | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.book = Book(devices, past, sizing)
        self.turns = Turns(self.book, policy)
        self.departures = Departures(self.book)
        self.vigil = Vigil(self.book, limits or Limits())
        for worker in self.book.workers.unsettled():
            worker.beat_s = now_s
        self._recovered_s = now_s + RECOVERY_S
        self._is_recovering = bool(past.workers)

    def hello(self, key: Key, seq: int, hello: rq.Hello, is_provable: bool, now_s: float) -> list[Effect]:
        """Opens a session, or says more about the worker of an open one; raises ProtocolViolation."""
        book = self.book
        worker = book.workers.open(key, seq)
        worker.service, worker.pid, worker.start_time_ticks = hello.service, hello.pid, hello.start_time_ticks
        worker.lock_file, worker.is_provable, worker.beat_s = hello.lock_file, is_provable, now_s
        book.store(to_met(worker))
        book.withdraw_all(key)
        self.vigil.revive(key)
        self._reconcile(key, hello.held)
        adopted = tuple(
            rq.Held(lease.token, lease.state, lease.observed_bytes) for lease in book.ledger.held_by(key)
        )
        book.note("session_opened", holder=key.holder, incarnation=key.incarnation, adopted=len(adopted))
        book.send(key, rs.Welcome(book.last_token, adopted, BEAT_INTERVAL_S, book.ledger.grantable()))
        for lease in book.ledger.held_by(key):
            if lease.draining:
                self.turns.ask_back(lease, "it was asked back before")
        return self._settle(now_s)

    def receive(self, key: Key, seq: int, request: rq.Request, now_s: float) -> list[Effect]:
        """Applies one request; a repeated one changes nothing. Raises ProtocolViolation or StaleToken."""
        if not self.book.workers.admit(key, seq):
            return []
        self.book.workers.get(key).beat_s = now_s
        self.vigil.revive(key)
        answer(self.book, key, request, now_s)
        # A beat changes nothing that a decision depends on.
        if isinstance(request, rq.Beat):
            return self.book.take_effects()
        # A job that begins frees nothing, so nobody else's turn can come by it.
        return self._settle(now_s, is_changed=not isinstance(request, rq.Begin))

    def disconnect(self, key: Key, now_s: float) -> list[Effect]:
        """Notes that a session ended; leases stay, since a broken stream frees no byte."""
        worker = self.book.workers.by_key.get(key)
        if worker is None:
            return []
        worker.is_connected, worker.lost_s = False, now_s
        self.book.note("session_ended", holder=key.holder, incarnation=key.incarnation)
        self.book.withdraw_all(key)
        for lease in self.book.ledger.held_by(key):
            for begin in self.book.queue.begins_of(lease.token):
                del self.book.queue.begins[begin.token, begin.job]
        if not worker.is_provable:
            self.departures.bury(key, "released", now_s)
        return self._settle(now_s)

    def bury(self, key: Key, now_s: float) -> list[Effect]:
        """Takes the proof that a worker is dead."""
        if key in self.book.workers.by_key:
            self.book.note("holder_died", holder=key.holder, incarnation=key.incarnation)
            self.departures.bury(key, "fenced" if key in self.book.fenced_s else "died", now_s)
        return self._settle(now_s)

    def observe(self, devices: Sequence[Device], present: Collection[Key], now_s: float) -> list[Effect]:
        """Takes what the probes saw: the devices, and which workers still have bytes on a card."""
        known = self.book.ledger.devices
        for device in devices:
            is_draining = device.id in known and known[device.id].draining
            known[device.id] = replace(device, draining=is_draining)
        self.book.measures.looked(self.book.ledger)
        self.departures.reclaim([key for key in self.book.dead_s if key not in present], now_s)
        return self._settle(now_s)

    def expire(self, now_s: float) -> list[Effect]:
        """Does what is due by now; `next_due_s` says when to call."""
        self.departures.expire(now_s)
        for key, reason in self.vigil.look(now_s).items():
            self._fence(key, reason, now_s)
        self.turns.tell_positions(now_s)
        return self._settle(now_s)

    def next_due_s(self) -> float | None:
        """The next time at which something is due; None when nothing ever will be by itself."""
        due = [*self.departures.due_s(), *self.turns.due_s(), *self.vigil.due_s()]
        if self._is_recovering:
            due.append(self._recovered_s)
        return min(due, default=None)

    def drain(self, device: str, is_draining: bool, now_s: float) -> list[Effect]:
        """Stops or resumes grants on a device; what is on it is asked back. Raises KeyError."""
        devices = self.book.ledger.devices
        devices[device] = replace(devices[device], draining=is_draining)
        self.book.note("device_drained" if is_draining else "device_undrained", device=device)
        for lease in list(self.book.ledger.on(device)) if is_draining else ():
            self.turns.recall(lease, f"{device} is being drained by the operator")
        return self._settle(now_s)

    def fence(self, holder: str, reason: str, now_s: float) -> list[Effect]:
        """Takes everything from a holder by ending its worker. Raises KeyError for an unknown one."""
        self._fence(Key(holder, self.book.workers.current[holder]), reason, now_s)
        return self._settle(now_s)

    def records(self) -> list[Record]:
        """Everything that a successor must know, for compaction."""
        return self.book.records()

    def _fence(self, key: Key, reason: str, now_s: float) -> None:
        book = self.book
        book.withdraw_all(key)
        for lease in book.ledger.held_by(key):
            if State.FENCING in EDGES[lease.state]:
                book.charge(lease.moved(State.FENCING))
                book.send(key, rs.Fenced(lease.token, reason))
        if key not in book.fenced_s:
            book.fenced_s[key] = now_s
            book.note("holder_fenced", holder=key.holder, reason=reason)
            book.kill(key, by_force=False)

    def _reconcile(self, key: Key, held: Sequence[rq.Held]) -> None:
        """Lets a holder say that it computes no more; what it does not name stays charged."""
        book = self.book
        for claim in held:
            lease = book.ledger.leases.get(claim.token)
            if lease is None or lease.key != key:
                book.note("unknown_lease_claimed", holder=key.holder, token=claim.token)
                book.send(
                    key, rs.Fenced(claim.token, f"The ledger has no lease {claim.token} of {key.holder}.")
                )
            elif claim.state is State.RESIDENT and lease.state in {State.LOADING, State.ACTIVE}:
                book.charge(lease.moved(State.RESIDENT))

    def _settle(self, now_s: float, *, is_changed: bool = True) -> list[Effect]:
        if self._is_recovering:
            self._is_recovering = now_s < self._recovered_s and bool(self.book.workers.unsettled())
        if is_changed:
            refit(self.book, now_s)
        for lease in overdrawn(self.book.ledger) if is_changed else ():
            self.turns.recall(lease, "more is held than there is")
        self.turns.go_on(now_s, may_grant=not self._is_recovering, is_changed=is_changed)
        self.vigil.note_recalls(now_s)
        return self.book.take_effects()
