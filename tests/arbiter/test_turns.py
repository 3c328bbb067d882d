"""Jobs that wait for their turn on leases that are already resident."""

from __future__ import annotations

from services.arbiter import requests as rq
from services.arbiter import responses as rs
from services.arbiter.batches import TimeLimitedBatches
from services.arbiter.core import Core
from services.arbiter.demands import Alternative, Charge
from services.arbiter.effects import Effect, Send
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.records import Past
from services.arbiter.vigil import Limits

PATIENT = Limits(idle_s=1e6, busy_s=1e6, give_back_s=1e6)


class Stage:
    """One card of 100 bytes, and holders that keep 25 each and compute with 5."""

    def __init__(self, *names: str) -> None:
        self._core = Core([Device("card", "", 100, 100)], Past(), 0.0, TimeLimitedBatches(), limits=PATIENT)
        self._seqs: dict[str, int] = {}
        self.heard: list[tuple[str, rs.Response]] = []
        self.tokens: dict[str, int] = {}
        for name in names:
            self._seqs[name] = 1
            self._do(self._core.hello(Key(name, "1"), 1, rq.Hello(pid=1), True, 0.0))
            way = Alternative("full", name, (Charge("card", 25, 5),), load_s=1.0, run_s=1.0)
            self.say(name, rq.Acquire(name, (way,)), 0.0)
            self.tokens[name] = self._core.book.last_token
            self.say(name, rq.Confirm(self.tokens[name]), 0.0)
            self.say(name, rq.Loaded(self.tokens[name], 0), 0.0)

    def say(self, name: str, request: rq.Request, now_s: float) -> None:
        self._seqs[name] += 1
        self._do(self._core.receive(Key(name, "1"), self._seqs[name], request, now_s))

    def begun(self) -> list[str]:
        return [name for name, response in self.heard if isinstance(response, rs.BeginAccepted)]

    def rejected(self) -> list[tuple[str, str]]:
        return [(name, r.reason) for name, r in self.heard if isinstance(r, rs.Rejected)]

    def _do(self, effects: list[Effect]) -> None:
        self.heard += [(e.key.holder, e.response) for e in effects if isinstance(e, Send)]


def test_a_job_whose_lease_is_asked_back_for_an_earlier_job_does_not_begin() -> None:
    stage = Stage("victim", "running", "large")
    stage.say("running", rq.Begin(stage.tokens["running"], "1"), 1.0)
    stage.say("large", rq.Begin(stage.tokens["large"], "2", working_bytes=40), 2.0)
    stage.say("victim", rq.Begin(stage.tokens["victim"], "3"), 3.0)
    # Now the large job needs more than is free, so that whoever is resident longest has to leave.
    stage.say("running", rq.End(stage.tokens["running"], "1", 0), 4.0)
    assert stage.begun() == ["running"]
    assert stage.rejected() == [("victim", "STALE_TOKEN")]
    stage.say("victim", rq.Release(stage.tokens["victim"]), 5.0)
    assert stage.begun() == ["running", "large"]
