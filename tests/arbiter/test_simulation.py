"""Seeded runs of the production core: any order of events, many of them, the same for the same seed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

import pytest

from services.arbiter import requests as rq
from services.arbiter.demands import ANY_DEVICE, Charge
from services.arbiter.leases import DOUBTFUL, State
from tests.arbiter.test_state_machine import DEVICES
from tests.arbiter.world import Worker, World

HOLDERS = tuple("abcdef")


class Run:
    """One seed: a random schedule of everything that holders, time and crashes can do."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = World(DEVICES)
        self.tickets = 0
        self.happened: dict[str, int] = {}
        self.actions: dict[str, tuple[int, Callable[[Worker], bool]]] = {
            "acquire": (20, self.acquire),
            "confirm": (30, self.confirm),
            "load": (30, self.load),
            "begin": (20, self.begin),
            "end": (25, self.end),
            "obey": (20, self.obey),
            "release": (3, self.release),
            "cancel": (3, self.cancel),
            "repeat": (5, self.repeat),
            "lie": (5, self.lie),
            "disconnect": (2, self.disconnect),
            "die": (2, self.die),
            "restart": (1, self.restart),
            "wait": (10, self.wait),
        }

    def go(self, steps: int) -> str:
        """Takes that many steps and returns the hash of every decision."""
        names = list(self.actions)
        weights = [self.actions[name][0] for name in names]
        for name in self.rng.choices(names, weights, k=steps):
            if self.actions[name][1](self.worker()):
                self.happened[name] = self.happened.get(name, 0) + 1
            self.check()
        log = "\n".join(f"{note.event} {sorted(note.fields.items())}" for note in self.world.notes)
        return hashlib.sha256(log.encode()).hexdigest()

    def worker(self) -> Worker:
        """Returns a connected worker of some holder, started or reconnected where needed."""
        name = self.rng.choice(HOLDERS)
        known = [worker for key, worker in self.world.workers.items() if key.holder == name]
        worker = known[-1] if known else self.world.spawn(name)
        if not worker.is_connected:
            self.world.connect(worker)
        return worker

    def acquire(self, worker: Worker) -> bool:
        self.tickets += 1
        place = self.rng.choice([ANY_DEVICE, ANY_DEVICE, "gpu-0", "gpu-1"])
        charge = Charge(place, self.rng.randint(0, 70), self.rng.randint(0, 30), self.rng.randint(0, 20))
        pinned = [Charge("host:pinned", self.rng.randint(1, 40))] * (self.rng.random() < 0.2)
        self.world.acquire(worker, f"t{self.tickets}", [charge, *pinned], self.rng.randint(1, 3))
        return True

    def confirm(self, worker: Worker) -> bool:
        for token in list(worker.offers):
            self.world.confirm(worker, token)
            return True
        return False

    def load(self, worker: Worker) -> bool:
        return self.first(worker, State.LOADING, self.world.loaded)

    def begin(self, worker: Worker) -> bool:
        return self.first(worker, State.RESIDENT, lambda w, token: self.world.begin(w, token, "job"))

    def end(self, worker: Worker) -> bool:
        return self.first(worker, State.ACTIVE, self.world.end)

    def release(self, worker: Worker) -> bool:
        return self.first(worker, State.RESIDENT, self.world.release)

    def first(self, worker: Worker, state: State, act: Callable[[Worker, int], None]) -> bool:
        token = next((token for token, held in worker.held.items() if held.state is state), None)
        if token is None:
            return False
        act(worker, token)
        return True

    def obey(self, worker: Worker) -> bool:
        tokens = list(worker.recalled)
        for token in tokens:
            if worker.held[token].state is State.ACTIVE:
                self.world.end(worker, token)
            self.world.release(worker, token)
        return bool(tokens)

    def cancel(self, worker: Worker) -> bool:
        if not worker.tickets:
            return False
        ticket = min(worker.tickets)
        worker.tickets.discard(ticket)
        self.world.say(worker, rq.Cancel(ticket))
        return True

    def repeat(self, worker: Worker) -> bool:
        """Says again, under its old number, what was said last; nothing may come of it."""
        before = dict(self.world.core.book.ledger.leases)
        for token in list(worker.held):
            self.world.deliver(
                self.world.core.receive(worker.key, worker.seq, rq.Release(token), self.world.now_s)
            )
        assert self.world.core.book.ledger.leases == before
        return bool(worker.held)

    def lie(self, worker: Worker) -> bool:
        """Speaks of somebody else's lease; nothing may come of it."""
        others = [token for w in self.world.workers.values() if w is not worker for token in w.held]
        before = dict(self.world.core.book.ledger.leases)
        for token in others[:1]:
            self.world.say(worker, self.rng.choice([rq.Release, rq.Confirm, rq.Loaded])(token))
            self.world.say(worker, rq.Begin(token, "theirs"))
        assert self.world.core.book.ledger.leases.keys() == before.keys()
        return bool(others)

    def disconnect(self, worker: Worker) -> bool:
        self.world.disconnect(worker)
        return True

    def die(self, worker: Worker) -> bool:
        self.world.die(worker)
        return True

    def restart(self, worker: Worker) -> bool:
        self.world.restart()
        return True

    def wait(self, worker: Worker) -> bool:
        self.world.live(self.rng.choice([0.1, 1.0, 5.0, 15.0]))
        for other in self.world.workers.values():
            offers = self.world.core.book.offers
            other.offers = {token: offer for token, offer in other.offers.items() if token in offers}
        return True

    def check(self) -> None:
        """S1, S4 and S6; S2, S3 and S5 are checked by the world at every effect."""
        ledger = self.world.core.book.ledger
        charged = {token: lease for token, lease in ledger.leases.items() if lease.state is not State.OFFERED}
        assert charged.keys() == {token for w in self.world.workers.values() for token in w.held}
        assert self.world.file.leases == charged
        for device in DEVICES:
            if not any(lease.state in DOUBTFUL for lease in ledger.on(device.id)):
                assert ledger.charged_bytes(device.id) <= device.limit_bytes

    def drain(self) -> None:
        """L2: once everybody behaves, every ticket is served or refused and nothing is left."""
        for _ in range(2000):
            if not self.world.core.book.queue.tickets and not self.world.core.book.ledger.leases:
                return
            for worker in list(self.world.workers.values()):
                if not worker.is_connected:
                    self.world.connect(worker)
                while self.confirm(worker) or self.load(worker) or self.end(worker) or self.release(worker):
                    pass
            self.wait(self.worker())
        raise AssertionError(f"{len(self.world.core.book.queue.tickets)} tickets are never served")


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_over_committed_lost_or_left_waiting(seed: int) -> None:
    run = Run(seed)
    run.go(10_000)
    run.drain()
    assert set(run.happened) == set(run.actions), "every kind of event must have happened"


def test_the_same_seed_gives_the_same_decisions() -> None:
    assert Run(7).go(1500) == Run(7).go(1500)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_million_steps_keep_every_invariant() -> None:
    for seed in range(1000, 1100):
        run = Run(seed)
        run.go(10_000)
        run.drain()
