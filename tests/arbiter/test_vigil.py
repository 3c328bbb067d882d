"""Silence makes a lease suspect, long silence has its worker killed, a word restores everything."""

from __future__ import annotations

from services.arbiter import requests as rq
from services.arbiter.demands import Charge
from services.arbiter.leases import State
from services.arbiter.ledger import Device
from tests.arbiter.world import Worker, World

CARD = Device("card", "", 100, 100, frees_at_death=False)


def holding(world: World, size: int = 80, *, computing: bool = False) -> tuple[Worker, int]:
    worker = world.spawn("a")
    world.connect(worker)
    world.acquire(worker, "t", [Charge("card", size, 10)])
    token = next(iter(worker.offers))
    world.confirm(worker, token)
    world.loaded(worker, token)
    if computing:
        world.begin(worker, token, "job")
    return worker, token


def state(world: World, token: int) -> State:
    return world.core.book.ledger.leases[token].state


def test_a_silent_idle_lease_is_suspect_after_ten_seconds_and_trusted_after_a_word() -> None:
    world = World([CARD])
    worker, token = holding(world)
    world.wait(9)
    assert state(world, token) is State.RESIDENT
    world.wait(2)
    assert state(world, token) is State.SUSPECT
    assert world.core.book.ledger.charged_bytes("card") == 90
    world.say(worker, rq.Beat(80))
    assert state(world, token) is State.RESIDENT
    assert world.core.book.ledger.charged_bytes("card") == 80


def test_a_computing_worker_may_be_silent_longer_and_goes_on_where_it_was() -> None:
    world = World([CARD])
    worker, token = holding(world, computing=True)
    world.wait(59)
    assert state(world, token) is State.ACTIVE
    world.wait(2)
    assert state(world, token) is State.SUSPECT
    world.say(worker, rq.Beat(90))
    lease = world.core.book.ledger.leases[token]
    assert (lease.state, lease.job) == (State.ACTIVE, "job")
    world.end(worker, token)
    assert state(world, token) is State.RESIDENT


def test_long_silence_has_the_worker_killed_but_frees_nothing_before_it_is_dead() -> None:
    world = World([CARD])
    worker, token = holding(world)
    world.wait(21)
    assert worker.key in world.killed
    assert state(world, token) is State.FENCING
    world.wait(60)
    assert world.core.book.ledger.charged_bytes("card") >= 80
    world.die(worker)
    assert state(world, token) is State.RECLAIMING


def test_a_dead_workers_bytes_on_a_card_come_back_when_the_driver_shows_them_back() -> None:
    world = World([CARD])
    worker, token = holding(world)
    world.die(worker)
    world.deliver(world.core.observe([CARD], {worker.key}, world.now_s))
    assert state(world, token) is State.RECLAIMING
    world.deliver(world.core.observe([CARD], set(), world.now_s))
    assert world.core.book.ledger.charged_bytes("card") == 0


def test_bytes_that_never_come_back_are_quarantined_until_they_do() -> None:
    world = World([CARD])
    worker, token = holding(world)
    world.die(worker)
    world.wait(31)
    assert state(world, token) is State.QUARANTINED
    late = world.spawn("b")
    world.connect(late)
    world.acquire(late, "t2", [Charge("card", 50)])
    assert not late.offers
    world.deliver(world.core.observe([CARD], set(), world.now_s))
    assert late.offers


def test_a_holder_that_keeps_what_was_recalled_is_fenced_although_it_speaks() -> None:
    world = World([CARD])
    stubborn, _ = holding(world)
    waiting = world.spawn("b")
    world.connect(waiting)
    world.acquire(waiting, "t2", [Charge("card", 80)])
    for _ in range(100):
        world.wait(2)
        world.say(stubborn, rq.Beat(80))
        if stubborn.key in world.killed:
            break
    assert stubborn.key in world.killed


def test_a_worker_that_stays_silent_after_a_restart_is_fenced() -> None:
    world = World([CARD])
    worker, token = holding(world)
    world.restart()
    world.wait(25)
    assert state(world, token) is State.FENCING
    assert worker.key in world.killed
