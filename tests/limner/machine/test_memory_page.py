from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.memory_computed import write_page
from limner.machine.known import imagine
from limner.machine.machine import describe_card
from limner.models.catalogue import find_entry
from limner.models.entry import Tier
from limner.models.outlook import Candidate, foresee
from limner.models.weighing import sizes_of

PAGE = Path(__file__).parents[3] / "docs" / "memory.md"


def test_the_page_about_memory_says_what_the_planner_says() -> None:
    assert PAGE.read_text() == write_page(), "run `python -m benchmarks.memory_computed > docs/memory.md`"


@pytest.mark.parametrize(("card", "tier"), [("RTX 4080", Tier.NF4), ("4GB", Tier.STREAM)])
def test_a_card_of_16_gb_and_one_of_4_gb_run_qwen_image(card: str, tier: Tier) -> None:
    entry = find_entry("Qwen-Image")
    assert entry is not None
    candidate = Candidate(entry.name, entry.title, False, 1328, 1328, sizes_of(entry), entry.tiers)
    found = foresee(candidate, describe_card(imagine(card), 32 * 2**30))
    assert found.tier is tier
    for better in found.plans[: [plan.tier for plan in found.plans].index(tier)]:
        assert better.reason in found.sentence
