"""The arithmetic of learnt charges, as properties; and what they do to a demand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.arbiter.demands import Alternative, Charge
from services.arbiter.ledger import Device
from services.arbiter.sizing import KEPT_PROFILES, Sizing, Track, after_running_out
from tests.arbiter.holder import MIB

PLACE = ("shapes:1:full", "cpu:0")
WEEK_S = 7 * 24 * 3600
LIMIT_BYTES = 10_000 * MIB
DEVICES = {"cpu:0": Device("cpu:0", "host memory", LIMIT_BYTES, LIMIT_BYTES)}
amounts = st.integers(min_value=1, max_value=1 << 50)


def demand(resident: int = 1000, working: int = 500, load_extra: int = 50, context: int = 400) -> Alternative:
    """A demand in MiB."""
    charge = Charge("", resident * MIB, working * MIB, load_extra * MIB, context * MIB)
    return Alternative("full", PLACE[0], (charge,))


def sized(sizing: Sizing, asked: Alternative, now_s: float = 0.0) -> Charge:
    """The charge of a demand after correction."""
    (charge,) = sizing.sized(asked, DEVICES, now_s).charges
    return charge


def with_margin(measured_bytes: int) -> int:
    """5 % and 128 MiB more, rounded up."""
    return measured_bytes + -(-measured_bytes // 20) + 128 * MIB


# --- one learnt quantity ------------------------------------------------------------------------------------


@given(st.lists(amounts, min_size=1, max_size=300))
def test_a_charge_is_never_below_any_of_the_last_16_measurements(measured: list[int]) -> None:
    track = Track()
    for amount in measured:
        track = track.add(amount)
        assert track.charge_bytes >= amount
    assert track.charge_bytes >= with_margin(max(measured[-16:]))
    assert len(track.samples) <= 64


@given(st.lists(amounts, min_size=1, max_size=40), amounts, st.integers(min_value=1, max_value=900))
def test_a_charge_shrinks_by_two_percent_per_200_runs_at_most(
    before: list[int], lower: int, runs: int
) -> None:
    track = Track()
    for amount in before:
        track = track.add(amount)
    least_bytes, clean_runs = track.charge_bytes, track.clean_runs
    lower = min(lower, *before)
    for run in range(1, runs + 1):
        track = track.add(lower)
        if (clean_runs + run) % 200 == 0:
            least_bytes -= least_bytes * 2 // 100
        assert track.charge_bytes >= least_bytes


@given(st.lists(amounts, min_size=1, max_size=300))
def test_a_charge_never_exceeds_the_largest_measurement_and_its_margin(measured: list[int]) -> None:
    track = Track()
    for amount in measured:
        track = track.add(amount)
    assert track.charge_bytes <= with_margin(max(measured))


def test_one_old_outlier_in_64_is_forgiven_after_200_clean_runs() -> None:
    track = Track().add(1000 * MIB)
    for _ in range(199):
        track = track.add(500 * MIB)
    assert track.charge_bytes == with_margin(1000 * MIB)
    track = track.add(500 * MIB)
    assert track.charge_bytes == with_margin(1000 * MIB) - with_margin(1000 * MIB) * 2 // 100


def test_a_higher_measurement_counts_at_once() -> None:
    track = Track().add(500 * MIB).add(800 * MIB)
    assert track.charge_bytes == with_margin(800 * MIB)


# --- what is asked for, corrected ---------------------------------------------------------------------------


def test_what_nobody_has_measured_keeps_its_prior() -> None:
    assert Sizing().sized(demand(), DEVICES, 0.0) == demand()


def test_learnt_charges_take_the_place_of_priors_for_any_device_and_for_a_named_one() -> None:
    sizing = Sizing()
    sizing.rested(PLACE, 700 * MIB)
    sizing.peaked(PLACE, 900 * MIB)
    charge = sized(sizing, demand())
    assert charge.resident_bytes == with_margin(700 * MIB)
    assert charge.resident_bytes + charge.working_bytes == with_margin(900 * MIB)
    assert (charge.load_extra_bytes, charge.context_bytes) == (50 * MIB, 400 * MIB)
    named = Alternative("full", PLACE[0], (demand().charges[0].on("cpu:0"),))
    assert sized(sizing, named) == charge.on("cpu:0")


def test_other_profiles_and_other_devices_learn_nothing_from_it() -> None:
    sizing = Sizing()
    sizing.peaked(("shapes:2:full", "cpu:0"), 100 * MIB)
    sizing.peaked((PLACE[0], "GPU-1"), 100 * MIB)
    assert sizing.sized(demand(), DEVICES, 0.0) == demand()


def test_a_gang_and_an_empty_demand_stay_as_they_are() -> None:
    sizing = Sizing()
    sizing.peaked(PLACE, 100 * MIB)
    gang = Alternative("full", PLACE[0], demand().charges * 2)
    empty = Alternative("full", PLACE[0], (Charge(""),))
    assert sizing.sized(gang, DEVICES, 0.0) == gang
    assert sizing.sized(empty, DEVICES, 0.0) == empty


@given(amounts, amounts, amounts, amounts, amounts)
def test_a_margin_never_makes_impossible_what_fitted(
    resident: int, working: int, context: int, resting: int, peak: int
) -> None:
    asked = Charge("", resident, working, 0, context)
    if asked.peak_bytes > LIMIT_BYTES:
        return
    sizing = Sizing()
    sizing.rested(PLACE, resting)
    assert sized(sizing, Alternative("full", PLACE[0], (asked,))).peak_bytes <= LIMIT_BYTES
    sizing.peaked(PLACE, peak)
    charge = sized(sizing, Alternative("full", PLACE[0], (asked,)))
    assert charge.peak_bytes <= LIMIT_BYTES
    assert min(charge.working_bytes, charge.load_extra_bytes) >= 0
    assert charge.resident_bytes + charge.working_bytes >= min(peak, LIMIT_BYTES - context)


def test_profiles_that_a_holder_invents_do_not_fill_memory() -> None:
    sizing = Sizing()
    sizing.peaked(PLACE, MIB)
    for number in range(KEPT_PROFILES):
        sizing.peaked((f"invented-{number}", "cpu:0"), MIB)
    assert len(sizing.usages) == KEPT_PROFILES
    assert PLACE not in sizing.usages
    sizing.peaked(("x" * 1000, "cpu:0"), MIB)
    sizing.peaked(("", "cpu:0"), MIB)
    assert len(sizing.usages) == KEPT_PROFILES


# --- running out --------------------------------------------------------------------------------------------


@given(amounts, amounts, amounts, amounts)
def test_running_out_grows_a_charge_by_a_quarter_or_to_what_was_wanted(
    charged: int, peak: int, requested: int, limit: int
) -> None:
    grown = after_running_out(charged, peak, requested, limit)
    wanted = max(charged * 125 // 100, peak + -(-requested * 105 // 100))
    assert grown == (limit if charged < limit < wanted else wanted)
    assert grown > charged or charged < 4


def test_whoever_ran_out_with_the_device_to_itself_does_not_fit_it_any_more() -> None:
    first = after_running_out(LIMIT_BYTES * 9 // 10, LIMIT_BYTES, MIB, LIMIT_BYTES)
    assert first == LIMIT_BYTES
    assert after_running_out(first, LIMIT_BYTES, MIB, LIMIT_BYTES) > LIMIT_BYTES


def test_what_running_out_taught_is_forgotten_after_a_week() -> None:
    sizing = Sizing()
    sizing.rested(PLACE, 700 * MIB)
    sizing.peaked(PLACE, 900 * MIB)
    before = sized(sizing, demand())
    sizing.ran_out(PLACE, 3000 * MIB, 0.0, while_loading=False)
    grown = sized(sizing, demand(), WEEK_S - 1)
    assert grown.resident_bytes + grown.working_bytes == 3000 * MIB
    assert sized(sizing, demand(), WEEK_S) == before


def test_running_out_while_loading_asks_for_more_only_while_loading() -> None:
    sizing = Sizing()
    sizing.ran_out(PLACE, 3000 * MIB, 0.0, while_loading=True)
    charge = sized(sizing, demand())
    assert charge.resident_bytes + charge.load_extra_bytes == 3000 * MIB
    assert (charge.resident_bytes, charge.working_bytes) == (1000 * MIB, 500 * MIB)


def test_runs_before_an_out_of_memory_do_not_count_as_clean() -> None:
    sizing = Sizing()
    sizing.peaked(PLACE, 900 * MIB)
    for _ in range(150):
        sizing.peaked(PLACE, 100 * MIB)
    sizing.ran_out(PLACE, MIB, 0.0, while_loading=False)
    for _ in range(150):
        sizing.peaked(PLACE, 100 * MIB)
    assert sizing.usages[PLACE].peak.charge_bytes == with_margin(900 * MIB)
