"""An interactive ticket and a background job that is running."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.arbiter import requests as rq
from services.arbiter import responses as rs
from services.arbiter.batches import TimeLimitedBatches
from services.arbiter.core import Core
from services.arbiter.demands import Alternative, Charge
from services.arbiter.effects import Effect, Send
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.records import Past, decode, encode
from services.arbiter.vigil import Limits

BACKGROUND, NORMAL, INTERACTIVE = 1, 2, 3
LOAD_S, RUN_S = 5.0, 100.0


class Card:
    """One card that holds one model; `batch` has run one job on it and runs another."""

    def __init__(self, running_priority: int) -> None:
        # These holders never beat: what is tested is whose turn it is.
        patient = Limits(idle_s=1e6, busy_s=1e6, give_back_s=1e6)
        self.core = Core([Device("card", "", 100, 100)], Past(), 0.0, TimeLimitedBatches(), limits=patient)
        self.batch, self.user = Key("batch", "1"), Key("user", "1")
        self.seqs = {self.batch: 0, self.user: 0}
        self.heard: list[rs.Response] = []
        for key in (self.batch, self.user):
            self._do(self.core.hello(key, self._next(key), rq.Hello(pid=1), True, 0.0))
        self.say(self.batch, _acquire("t1", BACKGROUND), 0.0)
        self.token = self.offer().token
        self.say(self.batch, rq.Confirm(self.token), 0.0)
        self.say(self.batch, rq.Loaded(self.token, 0), LOAD_S)
        self.say(self.batch, rq.Begin(self.token, "first", running_priority), LOAD_S)
        self.say(self.batch, rq.End(self.token, "first", 0), LOAD_S + RUN_S)
        self.begun_s = LOAD_S + RUN_S
        self.say(self.batch, rq.Begin(self.token, "second", running_priority), self.begun_s)

    def say(self, key: Key, request: rq.Request, now_s: float) -> None:
        self._do(self.core.receive(key, self._next(key), request, now_s))

    def wait_until(self, now_s: float) -> None:
        self._do(self.core.expire(now_s))

    def offer(self) -> rs.Offer:
        return [response for response in self.heard if isinstance(response, rs.Offer)][-1]

    def drains(self) -> list[rs.Drain]:
        return [response for response in self.heard if isinstance(response, rs.Drain)]

    def _next(self, key: Key) -> int:
        self.seqs[key] += 1
        return self.seqs[key]

    def _do(self, effects: list[Effect]) -> None:
        self.heard += [effect.response for effect in effects if isinstance(effect, Send)]


def _acquire(ticket: str, priority: int) -> rq.Acquire:
    way = Alternative("full", ticket, (Charge("card", 80, 10),), load_s=LOAD_S, run_s=RUN_S)
    return rq.Acquire(ticket, (way,), priority)


def test_an_interactive_ticket_takes_the_card_from_a_background_job_at_its_next_step() -> None:
    card = Card(BACKGROUND)
    card.say(card.user, _acquire("t2", INTERACTIVE), card.begun_s + 20)
    assert [(drain.token, drain.at_step) for drain in card.drains()] == [(card.token, True)]
    card.say(card.batch, rq.End(card.token, "second", 0), card.begun_s + 21)
    card.say(card.batch, rq.Release(card.token), card.begun_s + 22)
    assert card.offer().ticket == "t2"


@pytest.mark.parametrize(
    ("running", "asking"), [(NORMAL, INTERACTIVE), (BACKGROUND, NORMAL), (INTERACTIVE, INTERACTIVE)]
)
def test_no_other_job_is_interrupted(running: int, asking: int) -> None:
    card = Card(running)
    card.say(card.user, _acquire("t2", asking), card.begun_s + 20)
    assert not [drain for drain in card.drains() if drain.at_step]


def test_a_job_that_is_nearly_done_is_left_to_finish() -> None:
    card = Card(BACKGROUND)
    card.say(card.user, _acquire("t2", INTERACTIVE), card.begun_s + RUN_S - 4 * LOAD_S + 1)
    assert not [drain for drain in card.drains() if drain.at_step]


def test_a_job_gets_on_between_two_interruptions() -> None:
    card = Card(BACKGROUND)
    card.say(card.user, _acquire("t2", INTERACTIVE), card.begun_s + 1)
    assert not [drain for drain in card.drains() if drain.at_step]
    card.wait_until(card.begun_s + LOAD_S + 0.01)
    assert card.drains()[-1].at_step


def test_a_job_that_was_to_be_the_last_one_is_interrupted_all_the_same() -> None:
    card = Card(BACKGROUND)
    card.say(card.user, _acquire("t2", NORMAL), card.begun_s + 20)
    card.say(card.user, _acquire("t3", INTERACTIVE), card.begun_s + 30)
    assert [drain.at_step for drain in card.drains()] == [False, True]


def test_an_interrupted_job_does_not_pass_for_a_short_one() -> None:
    card = Card(BACKGROUND)
    before_s = card.core.book.habits.run_s("t1")
    card.say(card.user, _acquire("t2", INTERACTIVE), card.begun_s + 20)
    card.say(card.batch, rq.End(card.token, "second", 0), card.begun_s + 21)
    assert card.core.book.habits.run_s("t1") == before_s == RUN_S


def test_a_restarted_arbiter_repeats_what_it_asked() -> None:
    card = Card(BACKGROUND)
    card.say(card.user, _acquire("t2", INTERACTIVE), card.begun_s + 20)
    lease = card.core.book.ledger.leases[card.token]
    assert (lease.is_parking, lease.priority) == (True, BACKGROUND)
    records = card.core.records()
    assert [decode(encode(record)) for record in records] == records
    held = (rq.Held(card.token, lease.state),)
    card.core.disconnect(card.batch, card.begun_s + 20.5)
    effects = card.core.hello(card.batch, 1, rq.Hello(pid=1, held=held), True, card.begun_s + 20.6)
    again = [e.response for e in effects if isinstance(e, Send) and isinstance(e.response, rs.Drain)]
    assert again == [replace(again[0], token=card.token, at_step=True)]
