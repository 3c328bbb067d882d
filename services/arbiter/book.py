"""The arbiter's state, and the small changes that everything else is made of; each notes what must follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.arbiter import responses as rs
from services.arbiter.effects import Effect, Forget, Kill, Note, Send, Store
from services.arbiter.habits import Habits
from services.arbiter.holders import Worker, Workers
from services.arbiter.leases import Key, Lease, State
from services.arbiter.ledger import Device, Ledger
from services.arbiter.measures import Measures
from services.arbiter.records import Charged, Freed, Gone, Met, Past, Record
from services.arbiter.sizing import Sizing
from services.arbiter.tickets import Queue, Ticket

OFFER_TTL_S = 5.0
RELEASES_KEPT = 32
# Tokens of a later start are larger without each one given out having to be remembered.
_TOKENS_PER_EPOCH = 1 << 32


@dataclass(frozen=True, slots=True)
class PastRelease:
    """Bytes that left the ledger."""

    token: int
    key: Key
    profile: str
    charged_bytes: int
    verified_bytes: int
    cause: str  # released, died or fenced
    released_s: float


@dataclass(frozen=True, slots=True)
class Outstanding:
    """An offer that nobody has confirmed yet."""

    ticket: Ticket
    due_s: float


class Book:
    """Ledger, queue and workers, with the effects of every change in order."""

    def __init__(self, devices: Sequence[Device], past: Past, sizing: Sizing | None = None) -> None:
        self.epoch = past.epoch + 1
        self.ledger = Ledger(devices)
        self.queue = Queue()
        self.habits = Habits()
        self.measures = Measures(sizing or Sizing())
        self.workers = Workers()
        self.offers: dict[int, Outstanding] = {}
        self.releases: list[PastRelease] = []
        self.fenced_s: dict[Key, float] = {}  # When SIGTERM was sent.
        self.recalled_s: dict[int, float] = {}  # When a lease was asked back.
        self.dead_s: dict[Key, float] = {}  # Since when a driver owes a dead worker's bytes.
        # Since when the jobs of a recalled lease have been waiting; their next ticket keeps that age.
        self.inherited_s: dict[Key, float] = {}
        self.last_token = self.epoch * _TOKENS_PER_EPOCH
        self._effects: list[Effect] = []
        for met in past.workers.values():
            self.workers.restore(_worker(met))
        for lease in past.leases.values():
            self.ledger.put(lease)

    def take_effects(self) -> list[Effect]:
        """Returns what is to be done since the last time."""
        effects, self._effects = self._effects, []
        return effects

    def records(self) -> list[Record]:
        """Everything that a successor must know."""
        met: list[Record] = [to_met(worker) for worker in self.workers.by_key.values()]
        return met + [
            Charged(lease) for lease in self.ledger.leases.values() if lease.state is not State.OFFERED
        ]

    # --- telling --------------------------------------------------------------------------------------------

    def store(self, record: Record) -> None:
        """Makes `record` durable before whatever follows."""
        self._effects.append(Store(record))

    def send(self, key: Key, response: rs.Response) -> None:
        """Tells a holder."""
        self._effects.append(Send(key, response))

    def note(self, event: str, **fields: object) -> None:
        """Tells people and programs that watch."""
        self._effects.append(Note(event, {name: str(value) for name, value in fields.items()}))

    def kill(self, key: Key, *, by_force: bool) -> None:
        """Ends a worker."""
        self._effects.append(Kill(key, by_force))

    def reject(self, key: Key, token: int, reason: str, message: str) -> None:
        """Refuses a request about a lease."""
        self.note("request_refused", holder=key.holder, token=token, reason=reason, message=message)
        self.send(key, rs.Rejected(reason, message, token=token))

    def refuse(
        self, key: Key, ticket: str, reason: str, message: str, retry_after_s: float | None = None
    ) -> None:
        """Refuses a ticket."""
        self.note("ticket_refused", holder=key.holder, ticket=ticket, reason=reason, message=message)
        self.send(key, rs.Rejected(reason, message, ticket=ticket, retry_after_s=retry_after_s))

    # --- leases ---------------------------------------------------------------------------------------------

    def owned(self, key: Key, token: int) -> Lease | None:
        """Returns the holder's own lease; anything else is refused as STALE_TOKEN."""
        lease = self.ledger.leases.get(token)
        if lease is not None and lease.key == key:
            return lease
        self.reject(
            key, token, "STALE_TOKEN", f"{key.holder} has no lease {token}; it was freed or is another's."
        )
        return None

    def charge(self, lease: Lease) -> None:
        """Enters a lease whose bytes did not grow, and makes that durable."""
        self.ledger.put(lease)
        self.store(Charged(lease))

    def grow(self, lease: Lease) -> None:
        """Enters a lease that holds more than before, and makes that durable; raises OverCommitted."""
        self.ledger.grant(lease)
        self.store(Charged(lease))

    def free(self, lease: Lease, cause: str, now_s: float) -> None:
        """Takes a lease out of the ledger."""
        charged_bytes = lease.total_bytes
        self.ledger.drop(lease.token)
        self.recalled_s.pop(lease.token, None)
        for begin in self.queue.begins_of(lease.token):
            del self.queue.begins[begin.token, begin.job]
        if lease.state is State.OFFERED:
            self.offers.pop(lease.token, None)
            return
        self.store(Freed(lease.token))
        verified_bytes = min(charged_bytes, lease.observed_bytes) if cause != "released" else charged_bytes
        self.releases.insert(
            0, PastRelease(lease.token, lease.key, lease.profile, charged_bytes, verified_bytes, cause, now_s)
        )
        del self.releases[RELEASES_KEPT:]
        self.note("lease_freed", token=lease.token, holder=lease.key.holder, cause=cause, bytes=charged_bytes)

    def next_token(self) -> int:
        """Returns a token larger than every one before."""
        self.last_token += 1
        return self.last_token

    # --- offers and tickets ---------------------------------------------------------------------------------

    def withdraw(self, token: int, *, requeue: bool) -> Ticket:
        """Takes an offer back, which nobody may have acted on."""
        ticket = self.offers.pop(token).ticket
        self.ledger.drop(token)
        if requeue:
            self.queue.add(ticket)
        return ticket

    def withdraw_all(self, key: Key) -> None:
        """Takes back every offer that a holder may not have heard; its tickets keep their places."""
        for token in [token for token, offer in self.offers.items() if offer.ticket.key == key]:
            self.withdraw(token, requeue=True)

    def forget_worker(self, key: Key) -> None:
        """Drops a worker that is gone and holds nothing."""
        self.fenced_s.pop(key, None)
        self.dead_s.pop(key, None)
        self.inherited_s.pop(key, None)
        self.workers.forget(key)
        self.store(Gone(key))
        self._effects.append(Forget(key))


def to_met(worker: Worker) -> Met:
    """Returns the record of a worker."""
    return Met(worker.key, worker.service, worker.pid, worker.start_time_ticks, worker.lock_file)


def _worker(met: Met) -> Worker:
    return Worker(
        met.key,
        met.service,
        met.pid,
        met.start_time_ticks,
        met.lock_file,
        is_provable=True,
        is_settled=False,
    )
