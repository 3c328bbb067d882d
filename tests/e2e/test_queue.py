from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.visit import PICTURE_MS, Visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_running_job_is_cancelled_in_the_queue(visit: Visit) -> None:
    prompt = visit.ask_much("a red square at the top, white background")
    expect(visit.card(prompt)).to_contain_text("of 100", timeout=PICTURE_MS)
    visit.cancel(prompt)
    expect(visit.card(prompt)).to_have_count(0, timeout=PICTURE_MS)
    expect(visit.page).to_have_title("Limner")


def test_waiting_jobs_say_their_place_and_move_up(visit: Visit) -> None:
    first = visit.ask_much("a red circle on the left, white background")
    expect(visit.card(first).get_by_role("progressbar")).to_be_visible(timeout=PICTURE_MS)
    second = visit.ask_much("a blue circle on the left, white background")
    third = visit.ask_much("a green circle on the left, white background")
    expect(visit.card(second)).to_contain_text("Next in line")
    expect(visit.card(third)).to_contain_text("2nd in line")
    expect(visit.page).to_have_title("(3) Limner")
    visit.cancel(second)
    expect(visit.card(second)).to_have_count(0)
    expect(visit.card(third)).to_contain_text("Next in line")


def test_a_second_tab_sees_the_same_queue(visit: Visit) -> None:
    prompt = visit.ask_much("a purple star at the bottom, yellow background")
    other = Visit(visit.page.context.new_page())
    other.page.goto("/")
    expect(other.card(prompt)).to_be_visible()
    other.cancel(prompt)
    expect(visit.card(prompt)).to_have_count(0, timeout=PICTURE_MS)
