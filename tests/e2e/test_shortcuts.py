"""The list of keys, and the keys that work wherever the focus is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import serious
from tests.e2e.visit import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_the_list_of_keys_opens_by_a_key_is_searched_and_closes(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("?")
    window = page.get_by_role("dialog", name="Keys")
    expect(window.get_by_text("Send the form")).to_be_visible()
    expect(window.get_by_role("searchbox", name="Search the keys")).to_be_focused()
    assert serious(page) == []
    page.keyboard.type("lasso")
    expect(window.get_by_text("Lasso", exact=True)).to_be_visible()
    expect(window.get_by_text("Send the form")).to_have_count(0)
    page.keyboard.type(" of gold")
    expect(window.get_by_text("No key does that.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    page.get_by_role("button", name="Keys").click()
    expect(window).to_be_visible()


def test_keys_lead_to_the_prompt_the_history_and_the_other_mode(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("p")
    expect(visit.prompt).to_be_focused()
    page.keyboard.type("green grapes? / page 3")
    expect(visit.prompt).to_have_value("green grapes? / page 3")
    page.get_by_role("button", name="Generate").first.focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search in prompts")).to_be_focused()
    page.get_by_role("button", name="Generate").first.focus()
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Edit").first).to_have_attribute("aria-current", "page")
    page.keyboard.press("g")
    expect(page.get_by_role("button", name="Generate").first).to_have_attribute("aria-current", "page")


def test_who_dictates_can_switch_single_keys_off(page: Page) -> None:
    prompt = page.get_by_role("textbox", name="Prompt")
    expect(prompt).to_be_visible()
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Single characters are shortcuts everywhere").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("p")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(prompt).not_to_be_focused()
