from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessibility import hidden_sideways_px, serious
from tests.e2e.visit import PICTURE_MS, Visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_picture_can_be_made_and_cancelled_by_keyboard_alone(visit: Visit) -> None:
    keys = visit.page.keyboard
    typed = f"a red circle on the left, white background, {uuid4().hex[:8]}"
    visit.prompt.focus()
    keys.type(typed)
    keys.press("Control+Enter")
    expect(visit.stage).to_contain_text(typed)
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)

    prompt = visit.ask_much("a blue star on the right, black background")
    cancel = visit.queue.get_by_role("button", name=f"Cancel: {prompt}")
    _tab_to(visit.page, cancel)
    keys.press("Enter")
    expect(visit.card(prompt)).to_have_count(0, timeout=PICTURE_MS)


def test_a_listener_hears_when_a_picture_is_finished(visit: Visit) -> None:
    prompt = visit.ask("a green square on the right, white background")
    finished = visit.page.get_by_role("status").filter(has_text=f"Finished: {prompt}")
    expect(finished).to_be_attached(timeout=PICTURE_MS)


def test_axe_finds_nothing_serious(visit: Visit) -> None:
    assert serious(visit.page) == []
    visit.ask("a red circle on the left, white background")
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    assert serious(visit.page) == []
    visit.ask_much("a blue circle on the left, white background")
    visit.ask_much("a green circle on the left, white background")
    visit.width.fill("100")
    expect(visit.bar).to_be_visible(timeout=PICTURE_MS)
    assert serious(visit.page) == []


def test_nothing_makes_the_page_scroll_sideways(visit: Visit) -> None:
    visit.ask_much("a red circle " + "very" * 100)
    visit.width.fill("100")
    expect(visit.bar).to_be_visible(timeout=PICTURE_MS)
    for width in (360, 768, 1024, 1440):
        visit.page.set_viewport_size({"width": width, "height": 780})
        hidden = hidden_sideways_px(visit.page)
        assert hidden == 0, f"{hidden} px are hidden at a width of {width} px"


def test_dark_and_light_follow_the_system_until_switched(visit: Visit) -> None:
    root = visit.page.locator("html")
    visit.page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    visit.page.get_by_role("button", name="Use light colours").click()
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    visit.page.reload()
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")


def test_a_lost_connection_is_told_quietly_and_heals(visit: Visit, console_errors: list[str]) -> None:
    lost = visit.page.get_by_text("Connection lost")
    visit.page.route("**/events", lambda route: route.fulfill(status=503))
    visit.page.reload()
    expect(lost).to_be_visible()
    visit.page.unroute("**/events")
    expect(lost).to_be_hidden()
    prompt = visit.ask("a red star in the centre, white background")
    expect(visit.stage).to_contain_text(prompt)
    assert all("503" in error for error in console_errors)
    console_errors.clear()


def _tab_to(page: Page, target: Locator) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(100):
        page.keyboard.press("Tab")
        if target.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail("a hundred tabs did not reach the element")
