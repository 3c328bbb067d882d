from __future__ import annotations

from pathlib import Path

from services.pipelines.ladder import Ladder
from services.pipelines.leases import Demand
from services.pipelines.need import Need
from services.pipelines.setbacks import Setback, Setbacks

TIERS: tuple[str, ...] = ("full", "fp8", "stream")
DAY_S = 24 * 3600.0


def need(*tiers: str) -> Need:
    return Need("m", tuple(Demand(tier, f"m:{tier}", 1, 1, 1, 0) for tier in tiers), 2, kind="m:r:64")


def test_a_tier_is_given_up_when_memory_ran_out_in_it_twice() -> None:
    ladder = Ladder(need(*TIERS), {})
    assert not ladder.fall("full", "full ran out")
    assert ladder.need.tiers == TIERS
    assert ladder.fall("full", "full ran out")
    assert ladder.need.tiers == ("fp8", "stream")
    assert ladder.reason == "full ran out"


def test_a_job_that_runs_out_of_memory_everywhere_ends_after_two_tries_in_each_tier() -> None:
    ladder, tries = Ladder(need(*TIERS), {}), 0
    while ladder.need.demands:
        tries += 1
        ladder.fall(ladder.need.tiers[0], f"{ladder.need.tiers[0]} ran out")
    assert tries == 2 * len(TIERS)
    assert ladder.summary == "full ran out; fp8 ran out; stream ran out"


def test_what_is_known_to_fail_is_not_tried_but_the_last_tier_always_is() -> None:
    known = {tier: "it ran out" for tier in TIERS}
    assert Ladder(need(*TIERS), known).need.tiers == ("stream",)
    assert Ladder(need("full"), known).need.tiers == ("full",)


def test_setbacks_outlive_their_process_for_a_week(tmp_path: Path) -> None:
    path = tmp_path / "setbacks" / "t2i.json"
    Setbacks(path).note(Setback("m:r:64", "full", "cpu:0", "it ran out", 0.0))
    again = Setbacks(path)
    assert again.known("m:r:64", ["cpu:0"], 6 * DAY_S) == {"full": "it ran out"}
    assert again.known("m:r:64", ["cpu:0"], 8 * DAY_S) == {}
    assert again.known("m:r:128", ["cpu:0"], 0.0) == {}


def test_a_tier_that_failed_on_one_card_is_still_a_choice_for_another(tmp_path: Path) -> None:
    setbacks = Setbacks(tmp_path / "t2i.json")
    setbacks.note(Setback("m:r:64", "full", "card a", "it ran out", 0.0))
    assert setbacks.known("m:r:64", ["card a", "card b"], 1.0) == {}
    setbacks.note(Setback("m:r:64", "full", "card b", "it ran out", 0.0))
    assert setbacks.known("m:r:64", ["card a", "card b"], 1.0) == {"full": "it ran out"}


def test_a_torn_file_of_setbacks_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "t2i.json"
    path.write_text("[{")
    setbacks = Setbacks(path)
    assert setbacks.known("m", [], 0.0) == {}
    setbacks.note(Setback("m", "full", "cpu:0", "it ran out", 0.0))
    assert Setbacks(path).known("m", ["cpu:0"], 1.0)
