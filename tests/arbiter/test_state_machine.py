"""Any order of requests, deaths, broken sessions and restarts, against a reference of who may hold what."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.arbiter import requests as rq
from services.arbiter.demands import ANY_DEVICE, Charge
from services.arbiter.leases import DOUBTFUL, State
from services.arbiter.ledger import Device
from tests.arbiter.world import Held, Worker, World

DEVICES = [Device("gpu-0", "", 100, 100), Device("gpu-1", "", 60, 60), Device("host:pinned", "", 50, 50)]
sizes = st.integers(0, 70)
places = st.sampled_from([ANY_DEVICE, ANY_DEVICE, "gpu-0", "gpu-1"])
charges = st.builds(Charge, places, sizes, st.integers(0, 40), st.integers(0, 20), st.just(0))
demands = st.lists(charges, min_size=1, max_size=2)
picks = st.integers(0, 1 << 16)


class Holders(RuleBasedStateMachine):
    """Three holders and one arbiter."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(DEVICES)
        self.tickets = 0
        for name in ("a", "b", "c"):
            self.world.connect(self.world.spawn(name))

    def workers(self) -> list[Worker]:
        return [worker for worker in self.world.workers.values() if worker.is_connected]

    def held(self, *states: State) -> list[tuple[Worker, Held]]:
        return [(w, h) for w in self.workers() for h in w.held.values() if h.state in states]

    @precondition(lambda self: self.workers())
    @rule(pick=picks, demand=demands, priority=st.integers(1, 3))
    def acquire(self, pick: int, demand: list[Charge], priority: int) -> None:
        worker = self.workers()[pick % len(self.workers())]
        self.tickets += 1
        self.world.acquire(worker, f"t{self.tickets}", demand, priority)

    @precondition(lambda self: any(worker.offers for worker in self.workers()))
    @rule(pick=picks)
    def confirm(self, pick: int) -> None:
        offers = [(worker, token) for worker in self.workers() for token in worker.offers]
        worker, token = offers[pick % len(offers)]
        self.world.confirm(worker, token)
        assert token in worker.held

    @precondition(lambda self: self.held(State.LOADING))
    @rule(pick=picks)
    def load(self, pick: int) -> None:
        loading = self.held(State.LOADING)
        worker, held = loading[pick % len(loading)]
        self.world.loaded(worker, held.token)

    @precondition(lambda self: self.held(State.RESIDENT))
    @rule(pick=picks)
    def begin(self, pick: int) -> None:
        resident = self.held(State.RESIDENT)
        worker, held = resident[pick % len(resident)]
        was_recalled = held.token in worker.recalled
        self.world.begin(worker, held.token, "job")
        assert not (was_recalled and held.state is State.ACTIVE), "a job began on a lease that was recalled"

    @precondition(lambda self: self.held(State.ACTIVE))
    @rule(pick=picks)
    def end(self, pick: int) -> None:
        active = self.held(State.ACTIVE)
        worker, held = active[pick % len(active)]
        self.world.end(worker, held.token)

    @precondition(lambda self: self.held(State.LOADING, State.RESIDENT))
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        idle = self.held(State.LOADING, State.RESIDENT)
        worker, held = idle[pick % len(idle)]
        self.world.release(worker, held.token)

    @precondition(lambda self: self.workers())
    @rule(pick=picks)
    def obey_recalls(self, pick: int) -> None:
        worker = self.workers()[pick % len(self.workers())]
        for token in list(worker.recalled):
            if worker.held[token].state is State.ACTIVE:
                self.world.end(worker, token)
            self.world.release(worker, token)

    @precondition(lambda self: any(worker.tickets for worker in self.workers()))
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        waiting = [(worker, ticket) for worker in self.workers() for ticket in sorted(worker.tickets)]
        worker, ticket = waiting[pick % len(waiting)]
        self.world.say(worker, rq.Cancel(ticket))
        worker.tickets.discard(ticket)
        assert ticket not in self.world.core.book.queue.tickets

    @precondition(lambda self: self.workers())
    @rule(
        pick=picks, token=st.integers(0, 1 << 33), kind=st.sampled_from([rq.Release, rq.Confirm, rq.Loaded])
    )
    def lie(self, pick: int, token: int, kind: type[rq.Release]) -> None:
        worker = self.workers()[pick % len(self.workers())]
        tokens = [t for w in self.world.workers.values() if w is not worker for t in w.held] or [token]
        # What time alone brings comes first: the arbiter looks a millisecond after something is due.
        self.world.wait(0.002)
        before = dict(self.world.core.book.ledger.leases)
        self.world.say(worker, kind(tokens[pick % len(tokens)]))
        assert self.world.core.book.ledger.leases == before

    @precondition(lambda self: self.workers())
    @rule(pick=picks)
    def disconnect(self, pick: int) -> None:
        self.world.disconnect(self.workers()[pick % len(self.workers())])

    @precondition(lambda self: any(not w.is_connected for w in self.world.workers.values()))
    @rule(pick=picks)
    def reconnect(self, pick: int) -> None:
        away = [worker for worker in self.world.workers.values() if not worker.is_connected]
        self.world.connect(away[pick % len(away)])

    @rule(pick=picks)
    def die(self, pick: int) -> None:
        workers = list(self.world.workers.values())
        worker = workers[pick % len(workers)]
        self.world.die(worker)
        self.world.connect(self.world.spawn(worker.key.holder))

    @rule()
    def restart_arbiter(self) -> None:
        self.world.restart()

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0, 20.0]))
    def wait(self, seconds: float) -> None:
        self.world.live(seconds)
        for name in {"a", "b", "c"} - {key.holder for key in self.world.workers}:
            self.world.connect(self.world.spawn(name))
        for worker in self.world.workers.values():
            worker.offers = {t: o for t, o in worker.offers.items() if t in self.world.core.book.offers}

    @invariant()
    def keeps_the_charge_law(self) -> None:
        ledger = self.world.core.book.ledger
        for device in DEVICES:
            exact = sum(lease.bytes_on(device.id) for lease in ledger.leases.values())
            assert ledger.charged_bytes(device.id) == exact
            # A suspect may hold more than it was granted; then nothing is granted beside it.
            if not any(lease.state in DOUBTFUL for lease in ledger.on(device.id)):
                assert exact <= device.limit_bytes

    @invariant()
    def charges_exactly_what_holders_hold(self) -> None:
        ledger = self.world.core.book.ledger
        charged = {token for token, lease in ledger.leases.items() if lease.state is not State.OFFERED}
        assert charged == {token for worker in self.world.workers.values() for token in worker.held}

    @invariant()
    def remembers_every_charge_in_its_file(self) -> None:
        leases = self.world.core.book.ledger.leases
        charged = {t: lease for t, lease in leases.items() if lease.state is not State.OFFERED}
        assert self.world.file.leases == charged


Holders.TestCase.settings = settings(max_examples=500, stateful_step_count=50, deadline=None)
# Half a minute of computing, which a busy machine may stretch.
TestHolders = pytest.mark.timeout(600)(Holders.TestCase)
