"""Whether a ticket takes a slower or poorer tier now, or waits for a better one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.arbiter.choice import choose
from services.arbiter.demands import Alternative, Charge
from services.arbiter.habits import Habits
from services.arbiter.leases import Key, Lease, State
from services.arbiter.ledger import Device, Ledger
from services.arbiter.policy import View
from services.arbiter.tickets import Queue, Ticket

GIB = 2**30
CARD = "card"
MINE, THEIRS = Key("t2i", "1"), Key("edit", "1")
NOW_S, RUN_S = 1000.0, 10.0


def alternative(tier: str, gib: float, *, loss: float = 0.0, slowdown: float = 1.0) -> Alternative:
    charge = Charge("", resident_bytes=int(gib * GIB))
    return Alternative(tier, f"m:{tier}", (charge,), 2.0, None, loss, slowdown)


FULL = alternative("full", 12)
FP8 = alternative("fp8", 6, loss=0.02, slowdown=1.05)
OFFLOAD = alternative("offload", 4, slowdown=4)
STREAM = alternative("stream", 2, loss=0.01, slowdown=12)


def ticket(*alternatives: Alternative) -> Ticket:
    return Ticket("t", MINE, alternatives, 2, NOW_S)


def view(held_gib: float = 0.0, state: State = State.RESIDENT, run_s: float = RUN_S) -> View:
    """A card of 16 GiB, of which a neighbour holds some; jobs of its profile take `run_s`."""
    ledger = Ledger([Device(CARD, CARD, 16 * GIB, 16 * GIB)])
    if held_gib:
        charges = (Charge(CARD, resident_bytes=int(held_gib * GIB)),)
        ledger.put(Lease(1, "o", THEIRS, "other", "full", charges, state, NOW_S - 1, idle_s=NOW_S))
    habits = Habits()
    habits.ran("other", run_s)
    return View(ledger, Queue(), habits, lambda _: True, NOW_S)


def chosen(view: View, *alternatives: Alternative) -> str:
    return choose(ticket(*alternatives), view, RUN_S).tier


def test_on_a_free_card_the_best_tier_is_taken() -> None:
    assert chosen(view(), FULL, FP8, OFFLOAD, STREAM) == "full"


def test_of_tiers_that_fit_now_none_is_passed_over_for_one_behind_it() -> None:
    crowded = view(8, State.QUARANTINED)
    assert chosen(crowded, FULL, FP8, OFFLOAD, STREAM) == "fp8"


def test_an_idle_neighbour_is_asked_to_leave_rather_than_a_poorer_tier_taken() -> None:
    assert chosen(view(8), FULL, FP8, OFFLOAD, STREAM) == "full"


def test_a_long_job_is_not_waited_for_when_a_tier_nearly_as_good_fits_beside_it() -> None:
    assert chosen(view(8, State.ACTIVE, run_s=120), FULL, FP8, OFFLOAD, STREAM) == "fp8"


def test_a_short_job_is_waited_for_since_little_is_saved_by_less_than_a_load_and_a_half() -> None:
    assert chosen(view(8, State.ACTIVE, run_s=10), FULL, FP8, OFFLOAD, STREAM) == "full"


def test_streaming_for_minutes_is_no_way_around_a_wait_of_half_a_minute() -> None:
    assert chosen(view(13, State.ACTIVE, run_s=30), FULL, STREAM) == "full"


def test_what_others_hold_for_good_is_not_waited_for() -> None:
    assert chosen(view(13, State.QUARANTINED), FULL, FP8, OFFLOAD, STREAM) == "stream"


def test_who_has_waited_for_long_takes_what_there_is() -> None:
    impatient = replace(ticket(FULL, STREAM), patience_s=NOW_S)
    assert choose(impatient, view(13, State.ACTIVE, run_s=30), RUN_S).tier == "stream"


@pytest.mark.parametrize("held_gib", [0, 8, 13])
def test_a_ticket_with_one_alternative_has_no_choice(held_gib: float) -> None:
    assert chosen(view(held_gib), FULL) == "full"
