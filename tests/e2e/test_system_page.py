from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessibility import hidden_sideways_px, serious
from tests.e2e.visit import PICTURE_MS, Visit
from tests.studio import Studio, running_studio

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio that fetches nothing, whatever is pressed."""
    home = tmp_path_factory.mktemp("offline") / "home"
    with running_studio(home, settings={"LIMNER_OFFLINE": "1"}) as studio:
        yield studio


def open_system(page: Page) -> None:
    page.get_by_role("banner").get_by_role("link", name="System").click()
    expect(page.get_by_role("heading", name="System")).to_be_visible()


def test_who_holds_the_memory_and_what_was_done_is_told(visit: Visit) -> None:
    visit.ask("a red circle on the left, white background")
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    open_system(visit.page)
    memory = visit.page.get_by_role("region", name="Memory")
    expect(memory).to_contain_text("shapes for Text to image")
    expect(memory).to_contain_text("loaded and idle")
    expect(memory).to_contain_text("free for models")
    services = visit.page.get_by_role("region", name="Services")
    expect(services.get_by_role("listitem").filter(has_text="Text to image")).to_contain_text("well")
    hour = visit.page.get_by_role("region", name="The last hour")
    expect(
        hour.get_by_role("img", name=re.compile(r"^Finished jobs per minute: \d+ finished"))
    ).to_be_visible()


def test_the_studio_stays_as_it_was_behind_the_page_about_the_machine(visit: Visit) -> None:
    visit.prompt.fill("a green star at the top")
    open_system(visit.page)
    expect(visit.prompt).not_to_be_visible()
    visit.page.reload()
    expect(visit.page.get_by_role("heading", name="System")).to_be_visible()
    visit.page.go_back()
    expect(visit.prompt).to_be_visible()
    open_system(visit.page)
    visit.page.get_by_role("navigation", name="Mode").get_by_role("button", name="Generate").click()
    expect(visit.prompt).to_be_visible()


def test_models_are_told_with_licence_size_and_tier_and_can_be_sorted_out(page: Page) -> None:
    open_system(page)
    models = page.get_by_role("region", name="Models")
    known = models.get_by_role("listitem").filter(has=page.get_by_text("Qwen-Image 2512", exact=True))
    expect(known).to_contain_text("Apache-2.0")
    expect(known).to_contain_text("GB")
    built_in = models.get_by_role("listitem").filter(has_text="built in")
    expect(built_in.first).to_contain_text("runs as full")
    models.get_by_text("Here", exact=True).click()
    expect(known).to_have_count(0)
    expect(built_in.first).to_be_visible()


def test_a_download_wants_the_licence_accepted_and_says_why_it_does_not_begin(
    browser: Browser, offline: Studio
) -> None:
    context = browser.new_context(base_url=offline.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto("/#system")
    models = page.get_by_role("region", name="Models")
    card = models.get_by_role("listitem").filter(has_text="not for commercial use").first
    download = card.get_by_role("button", name="Download")
    expect(download).to_be_disabled()
    card.get_by_role("checkbox", name="I have read the licence").check()
    download.click()
    expect(card.get_by_role("alert")).to_contain_text("LIMNER_OFFLINE is set")
    context.close()


def test_the_page_about_the_machine_is_for_everyone(visit: Visit) -> None:
    visit.ask("a blue circle on the left, white background")
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    open_system(visit.page)
    expect(visit.page.get_by_role("region", name="Models").get_by_role("listitem").first).to_be_visible()
    assert serious(visit.page) == []
    visit.page.set_viewport_size({"width": 360, "height": 740})
    assert hidden_sideways_px(visit.page) == 0
    assert serious(visit.page) == []
