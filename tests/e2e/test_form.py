from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.visit import Visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_the_button_lists_every_reason_why_it_cannot_start(visit: Visit) -> None:
    visit.width.fill("100")
    visit.steps.fill("1")
    expect(visit.generate).to_be_disabled()
    expect(visit.generate).to_have_accessible_description(
        "Describe the picture first. "
        "Width is 100; it must be a multiple of 16 (try 96). "
        "Steps is 1; choose 2 to 100."
    )
    visit.generate.click(force=True)
    expect(visit.queue).to_contain_text("Nothing is waiting.")


def test_a_bad_size_is_told_at_its_field(visit: Visit) -> None:
    visit.prompt.fill("a red circle on the left, white background")
    visit.width.fill("100")
    expect(visit.width).to_have_attribute("aria-invalid", "true")
    expect(visit.width).to_have_accessible_description("Width is 100; it must be a multiple of 16 (try 96).")
    visit.page.get_by_role("radio", name="4:3").check()
    expect(visit.width).to_have_value("144 px")
    expect(visit.generate).to_be_enabled()


def test_what_only_the_studio_can_refuse_is_told_at_its_field_too(
    visit: Visit, console_errors: list[str]
) -> None:
    visit.prompt.fill("a red\u0001circle")
    visit.generate.click()
    expect(visit.prompt).to_have_accessible_description(
        "prompt contains the control character U+0001; remove it."
    )
    visit.prompt.fill("a red circle")
    expect(visit.prompt).to_have_accessible_description("")
    assert [("422" in error) for error in console_errors] == [True]
    console_errors.clear()


def test_an_example_fills_the_prompt(visit: Visit) -> None:
    example = visit.page.get_by_role("group", name="Examples").get_by_role("button").first
    words = example.inner_text()
    example.click()
    expect(visit.prompt).to_have_value(words)


def test_a_seed_can_be_drawn_locked_and_let_go(visit: Visit) -> None:
    expect(visit.seed).to_have_value("")
    visit.page.get_by_role("button", name="Draw a seed").click()
    expect(visit.seed).not_to_have_value("")
    visit.page.get_by_role("button", name="Lock the seed").click()
    expect(visit.seed).to_have_value("")
