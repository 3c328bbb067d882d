"""Measured peaks through the whole core: what is learnt from whom, and what follows for others."""

from __future__ import annotations

import pytest

from limner.arbiter.v1 import arbiter_pb2 as pb
from services.arbiter import requests as rq
from services.arbiter.demands import Alternative, Charge
from services.arbiter.learning import corrected
from services.arbiter.leases import Lease
from services.arbiter.ledger import Device
from services.arbiter.quotes import quote
from services.arbiter.sizing import Track
from tests.arbiter.holder import MIB
from tests.arbiter.world import Worker, World

LIMIT_MIB = 10_000
CPU = Device("cpu:0", "host memory", LIMIT_MIB * MIB, LIMIT_MIB * MIB)
CARD = Device("GPU-1", "card", LIMIT_MIB * MIB, LIMIT_MIB * MIB, frees_at_death=False)


def charge(resident: int, working: int = 0, load_extra: int = 0, context: int = 400) -> Charge:
    """A demand in MiB."""
    return Charge("", resident * MIB, working * MIB, load_extra * MIB, context * MIB)


def demanded(world: World, asked: Charge) -> Charge:
    """What a demand of the profile would be charged now."""
    (alternative,) = corrected((Alternative("full", "p", (asked,)),), world.core.book, world.now_s)
    return alternative.charges[0]


def join(world: World, name: str) -> Worker:
    """A connected worker."""
    worker = world.spawn(name)
    world.connect(worker)
    return worker


def load(world: World, worker: Worker, asked: Charge, said_mib: int) -> int:
    """Goes to a resident lease of which the holder says that it holds so much."""
    world.acquire(worker, f"t-{worker.key.holder}-{world.now_s}", [asked])
    token = next(iter(worker.offers))
    world.confirm(worker, token)
    world.say(worker, rq.Loaded(token, said_mib * MIB))
    return token


def run(world: World, worker: Worker, token: int, peak_mib: int) -> None:
    """Does one job with such a peak."""
    world.begin(worker, token, "job")
    world.say(worker, rq.End(token, "job", peak_mib * MIB))


def look(world: World, device: Device, used_mib: int) -> None:
    """Has the device looked at."""
    seen = Device(
        device.id,
        device.name,
        device.total_bytes,
        device.limit_bytes,
        observed_bytes=used_mib * MIB,
        frees_at_death=device.frees_at_death,
    )
    world.deliver(world.core.observe([seen], (), world.now_s))


def lease(world: World, token: int) -> Lease:
    """A lease as the ledger has it."""
    return world.core.book.ledger.leases[token]


def resting_samples(world: World, device: str) -> list[int]:
    """What was learnt about rest, in MiB."""
    usage = world.core.book.measures.sizing.usages.get(("p", device))
    return [sample // MIB for sample in (usage.resting if usage else Track()).samples]


def test_the_next_grant_of_a_profile_is_what_was_measured_and_not_what_was_guessed() -> None:
    world = World([CPU])
    first, second = join(world, "a"), join(world, "b")
    token = load(world, first, charge(3000, 2000), said_mib=1400)
    run(world, first, token, peak_mib=1900)
    world.release(first, token)
    (granted,) = lease(world, load(world, second, charge(3000, 2000), said_mib=1400)).charges
    resting, peak = Track().add(1000 * MIB).charge_bytes, Track().add(1500 * MIB).charge_bytes
    assert (granted.resident_bytes, granted.resident_bytes + granted.working_bytes) == (resting, peak)
    assert granted.context_bytes == 400 * MIB


def test_a_quote_says_what_was_measured() -> None:
    world = World([CPU])
    worker = join(world, "a")
    asked = Alternative("full", "p", (charge(9000, 2000),))
    assert quote(asked, world.core.book).fit == pb.FIT_NEVER
    world.core.book.measures.sizing.rested(("p", "cpu:0"), 1000 * MIB)
    world.core.book.measures.sizing.peaked(("p", "cpu:0"), 1500 * MIB)
    (now_asked,) = corrected((asked,), world.core.book, world.now_s)
    assert quote(now_asked, world.core.book).fit == pb.FIT_NOW
    assert load(world, worker, charge(9000, 2000), said_mib=1400) in world.core.book.ledger.leases


def test_a_waiting_ticket_gets_what_is_learnt_meanwhile() -> None:
    world = World([CPU])
    first, second = join(world, "a"), join(world, "b")
    token = load(world, first, charge(6000, 2000), said_mib=6000)
    world.begin(first, token, "job")
    world.acquire(second, "waiting", [charge(6000, 2000)])
    assert not second.offers
    world.core.book.measures.sizing.rested(("p", "cpu:0"), 500 * MIB)
    world.core.book.measures.sizing.peaked(("p", "cpu:0"), 900 * MIB)
    look(world, CPU, 0)
    (ticket,) = world.core.book.queue.tickets.values()
    assert ticket.alternatives[0].peak_bytes < 7000 * MIB


def test_a_figure_that_may_belong_to_two_leases_teaches_nothing() -> None:
    world = World([CPU])
    worker = join(world, "a")
    load(world, worker, charge(1000), said_mib=1200)
    before = resting_samples(world, "cpu:0")
    world.now_s = 1.0
    load(world, worker, charge(1000), said_mib=2200)
    assert resting_samples(world, "cpu:0") == before == [800]


def test_a_job_that_asked_for_its_own_working_bytes_does_not_teach_its_profile() -> None:
    world = World([CPU])
    worker = join(world, "a")
    token = load(world, worker, charge(1000, 500), said_mib=1400)
    world.say(worker, rq.Begin(token, "large", working_bytes=3000 * MIB))
    world.say(worker, rq.End(token, "large", 4000 * MIB))
    assert not world.core.book.measures.sizing.usages["p", "cpu:0"].peak.samples


def test_nothing_measured_teaches_nothing() -> None:
    world = World([CPU])
    worker = join(world, "a")
    token = load(world, worker, charge(1000, 500), said_mib=0)
    run(world, worker, token, peak_mib=0)
    assert world.core.book.measures.sizing.usages == {}


# --- more than granted --------------------------------------------------------------------------------------


def test_two_beats_beyond_the_grant_raise_the_charge_to_what_is_held_and_recall_an_idle_neighbour() -> None:
    world = World([CPU])
    first, second = join(world, "a"), join(world, "b")
    token = load(world, first, charge(3000, 1000, context=0), said_mib=0)
    neighbour = load(world, second, charge(5000, 500, context=0), said_mib=0)
    world.say(first, rq.Beat(7000 * MIB))
    assert lease(world, token).charges[0].resident_bytes == 3000 * MIB
    world.say(first, rq.Beat(7000 * MIB))
    assert lease(world, token).charges[0].resident_bytes == 7000 * MIB
    look(world, CPU, 0)
    assert lease(world, token).draining or lease(world, neighbour).draining


def test_memory_kept_for_the_next_job_is_not_needed_twice() -> None:
    world = World([CPU])
    worker = join(world, "a")
    token = load(world, worker, charge(5000, 4000, context=0), said_mib=0)
    for _ in range(2):
        world.say(worker, rq.Beat(8000 * MIB))
    (raised,) = lease(world, token).charges
    assert (raised.resident_bytes, raised.working_bytes) == (8000 * MIB, 1000 * MIB)
    world.begin(worker, token, "next")
    assert lease(world, token).job == "next"


@pytest.mark.parametrize("claimed_mib", [2 * LIMIT_MIB, 1 << 40])
def test_a_worker_that_claims_more_than_the_device_can_still_begin(claimed_mib: int) -> None:
    world = World([CPU])
    worker = join(world, "a")
    token = load(world, worker, charge(5000, 1000), said_mib=0)
    for _ in range(2):
        world.say(worker, rq.Beat(claimed_mib * MIB))
    look(world, CPU, 0)
    world.begin(worker, token, "job")
    assert lease(world, token).total_bytes <= LIMIT_MIB * MIB


def test_one_beat_beyond_the_grant_is_forgiven() -> None:
    world = World([CPU])
    worker = join(world, "a")
    token = load(world, worker, charge(3000, 1000), said_mib=0)
    for observed_mib in (7000, 3000, 7000, 3000):
        world.say(worker, rq.Beat(observed_mib * MIB))
    assert lease(world, token).charges[0].resident_bytes == 3000 * MIB


# --- running out --------------------------------------------------------------------------------------------


def test_who_runs_out_gets_more_the_next_time_then_the_device_alone_then_nothing() -> None:
    world = World([CPU])
    worker = join(world, "a")
    totals: list[int] = []
    for round_number in range(3):
        world.now_s = float(round_number)
        token = load(world, worker, charge(4000, 2000, context=0), said_mib=0)
        totals.append(lease(world, token).charges[0].peak_bytes // MIB)
        world.begin(worker, token, "job")
        world.say(worker, rq.OutOfMemory(token, 6000 * MIB, 1000 * MIB))
        world.say(worker, rq.End(token, "job", 0))
        world.release(worker, token)
    assert totals == [6000, 7500, 9375]
    token = load(world, worker, charge(4000, 2000, context=0), said_mib=0)
    assert lease(world, token).charges[0].peak_bytes == LIMIT_MIB * MIB
    world.begin(worker, token, "job")
    world.say(worker, rq.OutOfMemory(token, 9000 * MIB, 1000 * MIB))
    world.release(worker, token)
    world.acquire(worker, "hopeless", [charge(4000, 2000, context=0)])
    assert worker.rejected[-1].reason == "NEVER_FITS"


def test_a_waiting_ticket_that_can_no_longer_be_served_is_refused_with_the_numbers() -> None:
    world = World([CPU])
    first, second = join(world, "a"), join(world, "b")
    token = load(world, first, charge(8000, 2000, context=0), said_mib=0)
    world.begin(first, token, "job")
    world.acquire(second, "waiting", [charge(8000, 2000, context=0)])
    world.say(first, rq.OutOfMemory(token, LIMIT_MIB * MIB, 1000 * MIB))
    assert second.rejected[-1].reason == "NEVER_FITS"
    assert f"has {LIMIT_MIB * MIB / 1e9:.2f} GB to give" in second.rejected[-1].message


# --- on a card, by its witness ------------------------------------------------------------------------------


def test_a_word_that_the_witness_of_a_card_confirms_is_believed() -> None:
    world = World([CARD])
    worker = join(world, "a")
    look(world, CARD, 100)
    token = load(world, worker, charge(7000, 2000), said_mib=6000)
    assert resting_samples(world, "GPU-1") == []
    look(world, CARD, 3000)  # It may have begun before the load ended.
    assert resting_samples(world, "GPU-1") == []
    look(world, CARD, 6500)
    assert resting_samples(world, "GPU-1") == [6000]
    run(world, worker, token, peak_mib=7000)
    assert demanded(world, charge(7000, 2000)).peak_bytes < charge(7000, 2000).peak_bytes


def test_a_word_that_the_witness_of_a_card_contradicts_is_not_believed() -> None:
    world = World([CARD])
    worker = join(world, "a")
    look(world, CARD, 100)
    token = load(world, worker, charge(7000, 2000), said_mib=1000)
    look(world, CARD, 7500)
    look(world, CARD, 7500)
    assert resting_samples(world, "GPU-1") == [7000]
    run(world, worker, token, peak_mib=1500)
    assert not world.core.book.measures.sizing.usages["p", "GPU-1"].peak.samples


def test_before_and_after_mean_nothing_when_another_moved_meanwhile() -> None:
    world = World([CARD])
    worker, other = join(world, "a"), join(world, "b")
    warm = load(world, other, charge(1000, 500), said_mib=0)
    look(world, CARD, 1400)
    load(world, worker, charge(3000, 500), said_mib=1000)
    world.begin(other, warm, "job")
    look(world, CARD, 5000)
    look(world, CARD, 5000)
    assert resting_samples(world, "GPU-1") == []


def test_a_worker_on_the_host_that_says_too_little_is_corrected_by_the_witness() -> None:
    world = World([CPU])
    worker = join(world, "a")
    look(world, CPU, 400)
    load(world, worker, charge(3000, 500), said_mib=500)
    look(world, CPU, 3000)
    look(world, CPU, 3000)
    assert resting_samples(world, "cpu:0") == [100, 2600]


# --- foreign memory and blindness ---------------------------------------------------------------------------


def test_foreign_memory_beyond_what_is_free_asks_idle_models_back_and_leaves_running_ones() -> None:
    world = World([CPU])
    first, second = join(world, "a"), join(world, "b")
    running = load(world, first, charge(3000, 500, context=0), said_mib=0)
    idle = load(world, second, charge(3000, 500, context=0), said_mib=0)
    world.begin(first, running, "job")
    grabbed = Device(CPU.id, CPU.name, CPU.total_bytes, CPU.limit_bytes, foreign_bytes=6000 * MIB)
    world.deliver(world.core.observe([grabbed], (), world.now_s))
    assert lease(world, idle).draining
    assert not lease(world, running).draining


def test_a_device_that_is_not_looked_at_grants_less_but_takes_nothing_back() -> None:
    world = World([CARD])
    first, second = join(world, "a"), join(world, "b")
    token = load(world, first, charge(9000, context=0), said_mib=0)
    stale = Device(
        CARD.id,
        CARD.name,
        CARD.total_bytes,
        CARD.limit_bytes,
        margin_bytes=2000 * MIB,
        is_stale=True,
        health="stale",
        frees_at_death=False,
    )
    world.deliver(world.core.observe([stale], (), world.now_s))
    assert not lease(world, token).draining
    world.acquire(second, "t", [charge(9500, context=0)])
    assert not second.rejected, "it would fit a device that is looked at"
