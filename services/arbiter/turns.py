"""Who goes next: offers for tickets, recalls of what is in their way, one job at a time on every device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from services.arbiter import responses as rs
from services.arbiter.book import OFFER_TTL_S, Book, Outstanding
from services.arbiter.demands import Alternative
from services.arbiter.leases import Lease, State
from services.arbiter.ledger import OverCommitted
from services.arbiter.policy import Grant, Policy, Vacate, View
from services.arbiter.tickets import Ticket, WaitingBegin

RECALL_DEADLINE_S = 5.0
POSITION_EVERY_S = 0.25  # A long queue moves often; its holders are told no more often than this.


class Turns:
    """Carries out what the policy decides, and lets jobs begin when their device is free."""

    def __init__(self, book: Book, policy: Policy) -> None:
        self._book, self._policy = book, policy
        self._told_tickets: dict[str, int] = {}
        self._told_begins: dict[tuple[int, str], int] = {}
        self._tell_s: float | None = None
        self._look_s: float | None = None

    def go_on(self, now_s: float, *, may_grant: bool, is_changed: bool) -> None:
        """Does everything that can be done now; asks the policy only when something has changed."""
        queue = self._book.queue
        if is_changed:
            view = View(self._book.ledger, queue, self._book.habits, self._book.workers.is_reachable, now_s)
            self._admit(view)
            self._look_s = None
            if queue.tickets and may_grant:
                self._grant(view)
        if queue.begins:
            self._begin(now_s)
        if queue.came or queue.left:
            self._welcome_tickets(now_s)

    def recall(self, lease: Lease, reason: str, *, is_parking: bool = False, wanted_bytes: int = 0) -> None:
        """Asks a lease back; from then on no job begins on it. Less than all of it may do."""
        is_known = lease.draining and (lease.is_parking or not is_parking)
        if is_known or lease.state not in {State.LOADING, State.RESIDENT, State.ACTIVE}:
            return
        book = self._book
        lease = replace(lease, draining=True, is_parking=is_parking)
        book.charge(lease)
        book.note("recall_sent", token=lease.token, holder=lease.key.holder, state=lease.state, reason=reason)
        waiting = book.queue.begins_of(lease.token)
        if waiting:
            book.inherited_s[lease.key] = min(begin.enqueued_s for begin in waiting)
        for begin in waiting:
            del book.queue.begins[begin.token, begin.job]
            message = (
                f"Lease {lease.token} is being recalled; release it and acquire again for {begin.job!r}."
            )
            book.reject(lease.key, lease.token, "STALE_TOKEN", message)
        self.ask_back(lease, reason, wanted_bytes)

    def ask_back(self, lease: Lease, reason: str, wanted_bytes: int = 0) -> None:
        """Tells the holder that a lease is wanted; again when it reconnects, since it may not have heard."""
        wanted = wanted_bytes or lease.total_bytes
        if lease.state is State.ACTIVE:
            self._book.send(lease.key, rs.Drain(lease.token, reason, lease.is_parking, wanted))
        else:
            self._book.send(lease.key, rs.Recall(lease.token, wanted, RECALL_DEADLINE_S, reason))

    def tell_positions(self, now_s: float) -> None:
        """Tells every waiting ticket whose place has changed."""
        if self._tell_s is None or now_s < self._tell_s:
            return
        self._tell_s = None
        for position, ticket in enumerate(self._book.queue.in_order(), start=1):
            if self._told_tickets.get(ticket.id) != position:
                self._tell(ticket, position)

    def due_s(self) -> Iterator[float]:
        """Yields the times at which holders are told their places, and the policy may decide anew."""
        if self._look_s is not None:
            yield self._look_s
        if self._tell_s is not None:
            yield self._tell_s

    def _admit(self, view: View) -> None:
        queue = self._book.queue
        for id in queue.came:
            ticket = queue.tickets.get(id)
            if ticket is not None and ticket.wait_bound_s is None:
                queue.replace(self._policy.admit(ticket, view))

    def _grant(self, view: View) -> None:
        book, now_s = self._book, view.now_s
        while isinstance(decision := self._policy.decide(view), Grant):
            self._offer(decision, now_s)
        if isinstance(decision, Vacate):
            for token in decision.tokens:
                reason = f"{decision.ticket.key.holder} waits for its memory"
                self.recall(
                    book.ledger.leases[token],
                    reason,
                    is_parking=token in decision.parked,
                    wanted_bytes=decision.lacking_bytes,
                )
        elif decision.until_s is not None:
            # A moment more, so that rounding cannot bring the same answer again.
            self._look_s = max(decision.until_s, now_s) + 0.001

    def _offer(self, grant: Grant, now_s: float) -> None:
        book, ticket, alternative = self._book, grant.ticket, grant.alternative
        lease = Lease(
            token=book.next_token(),
            ticket=ticket.id,
            key=ticket.key,
            profile=alternative.profile,
            tier=alternative.tier,
            charges=grant.charges,
            state=State.OFFERED,
            granted_s=now_s,
            load_s=alternative.load_s,
            working_bytes=grant.charges[0].working_bytes if grant.charges else 0,
        )
        book.ledger.grant(lease)
        book.queue.remove(ticket.id)
        book.offers[lease.token] = Outstanding(ticket, now_s + OFFER_TTL_S)
        book.note(
            "offer_made",
            token=lease.token,
            ticket=ticket.id,
            holder=ticket.key.holder,
            bytes=lease.total_bytes,
        )
        reason = self._explain(ticket, alternative)
        book.send(
            ticket.key,
            rs.Offer(ticket.id, lease.token, lease.tier, lease.charges, OFFER_TTL_S, lease.profile, reason),
        )

    def _explain(self, ticket: Ticket, alternative: Alternative) -> str:
        """Returns why a ticket gets this alternative and no better one; empty for the best."""
        best = ticket.alternatives[0]
        if ticket.lack or alternative is best or alternative.tier == best.tier:
            return ticket.lack
        held = {
            o.key.holder
            for o in self._book.ledger.leases.values()
            if not o.is_empty and o.ticket != ticket.id
        }
        who = ", ".join(sorted(held)) or "others"
        return f"{best.tier} would have waited for memory that {who} had"

    def _begin(self, now_s: float) -> None:
        book = self._book
        position = 0
        for waiting in sorted(book.queue.begins.values(), key=lambda begin: begin.since_s):
            if (waiting.token, waiting.job) not in book.queue.begins:
                # Its lease was asked back a moment ago, to make room for an earlier one.
                continue
            lease = book.ledger.leases[waiting.token]
            if not self._accept(lease, waiting, now_s):
                position += 1
                self._make_wait(lease, waiting, position)
        if len(self._told_begins) > len(book.queue.begins):
            self._told_begins = {k: told for k, told in self._told_begins.items() if k in book.queue.begins}

    def _accept(self, lease: Lease, waiting: WaitingBegin, now_s: float) -> bool:
        book = self._book
        if lease.state is not State.RESIDENT or not book.ledger.has_compute_slot(lease):
            return False
        active = replace(lease.moved(State.ACTIVE, job=waiting.job), idle_s=now_s, priority=waiting.priority)
        try:
            book.grow(active.with_working(waiting.working_bytes) if waiting.working_bytes else active)
        except OverCommitted:
            self._make_room(lease)
            return False
        del book.queue.begins[waiting.token, waiting.job]
        book.habits.used(lease.profile)
        book.note("job_began", token=lease.token, job=waiting.job, holder=lease.key.holder)
        book.send(lease.key, rs.BeginAccepted(lease.token, waiting.job))
        return True

    def _make_room(self, lease: Lease) -> None:
        """Asks back the idle neighbour that has been resident longest, one at a time."""
        neighbours = {other.token: other for id in lease.devices() for other in self._book.ledger.on(id)}
        del neighbours[lease.token]
        if any(other.draining for other in neighbours.values()):
            return
        idle = [other for other in neighbours.values() if other.state is State.RESIDENT]
        if idle:
            longest = min(idle, key=lambda other: other.resident_s)
            self.recall(longest, f"{lease.key.holder} needs its working memory")

    def _make_wait(self, lease: Lease, waiting: WaitingBegin, position: int) -> None:
        if self._told_begins.get((waiting.token, waiting.job)) != position:
            self._told_begins[waiting.token, waiting.job] = position
            reason = f"{self._holders_on(lease)} to finish"
            self._book.send(lease.key, rs.BeginWait(lease.token, waiting.job, position, reason))

    def _holders_on(self, lease: Lease) -> str:
        active = (o for id in lease.devices() for o in self._book.ledger.on(id) if o.state is State.ACTIVE)
        return ", ".join(sorted({other.key.holder for other in active})) or "memory"

    def _welcome_tickets(self, now_s: float) -> None:
        """Tells newcomers their place at once, and the others soon, when the queue has moved."""
        queue = self._book.queue
        for id in queue.left:
            self._told_tickets.pop(id, None)
        if queue.left and self._told_tickets and self._tell_s is None:
            self._tell_s = now_s + POSITION_EVERY_S
        for id in queue.came:
            if id in queue.tickets and id not in self._told_tickets:
                self._tell(queue.tickets[id], queue.position(id))
        queue.came.clear()
        queue.left.clear()

    def _tell(self, ticket: Ticket, position: int) -> None:
        self._told_tickets[ticket.id] = position
        self._book.send(
            ticket.key, rs.Position(ticket.id, position, self._waiting_for(ticket), None, ticket.wait_bound_s)
        )

    def _waiting_for(self, ticket: Ticket) -> str:
        others = {lease.key.holder for lease in self._book.ledger.leases.values() if not lease.is_empty}
        return f"memory held by {', '.join(sorted(others - {ticket.key.holder}))}" if others else "its turn"
