from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.visit import PICTURE_MS, Visit
from tests.studio import Studio

pytestmark = pytest.mark.e2e

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"


def test_a_picture_can_be_made_and_cancelled_by_keyboard_alone(visit: Visit) -> None:
    keys = visit.page.keyboard
    visit.prompt.focus()
    keys.type("a red circle on the left, white background")
    keys.press("Control+Enter")
    expect(visit.bar).to_be_visible()
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit: Visit, scheme: str) -> None:
    assert AXE.is_file(), f"{AXE} is missing; run `make page`"
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert _serious(visit.page) == []
    visit.ask("a red circle on the left, white background")
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    assert _serious(visit.page) == []
    visit.ask_much("a blue circle on the left, white background")
    visit.ask_much("a green circle on the left, white background")
    visit.width.fill("100")
    expect(visit.bar).to_be_visible(timeout=PICTURE_MS)
    assert _serious(visit.page) == []


@pytest.mark.parametrize("width", [360, 768, 1024, 1440])
def test_nothing_makes_the_page_scroll_sideways(browser: Browser, studio: Studio, width: int) -> None:
    context = browser.new_context(base_url=studio.url, viewport={"width": width, "height": 780})
    visit = Visit(context.new_page())
    visit.page.goto("/")
    visit.ask_much("a red circle " + "very" * 100)
    visit.width.fill("100")
    expect(visit.bar).to_be_visible(timeout=PICTURE_MS)
    hidden = visit.page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    visit.cancel_everything()
    context.close()
    assert hidden == 0


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


def _serious(page: Page) -> list[str]:
    """What axe calls serious or critical, with the elements concerned."""
    page.emulate_media(reduced_motion="reduce")  # half-faded colours are not what the eye ends up with
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run().then(({ violations }) => violations)")
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def _tab_to(page: Page, target: Locator) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(100):
        page.keyboard.press("Tab")
        if target.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail("a hundred tabs did not reach the element")
