from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import hidden_sideways_px, serious
from tests.e2e.visit import PICTURE_MS, Visit
from tests.studio import Studio

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def line(visit: Visit, studio: Studio) -> Iterator[list[str]]:
    """Three jobs that wait, in order, in a queue that is paused by the visitor."""
    visit.queue.get_by_role("button", name="Pause the queue").click()
    expect(visit.queue).to_contain_text("nothing more starts")
    prompts = [
        visit.ask(f"a {colour} star at the top, black background") for colour in ("red", "blue", "green")
    ]
    for prompt in prompts:
        expect(visit.card(prompt)).to_be_visible()
    yield prompts
    visit.cancel_everything()
    with studio.client() as client:
        client.resume()


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


def test_a_waiting_job_is_dragged_before_the_others_and_stays_there(visit: Visit, line: list[str]) -> None:
    first, second, third = line
    grip = visit.queue.get_by_role("button", name=f"Move: {third}").bounding_box()
    target = visit.card(first).bounding_box()
    assert grip is not None
    assert target is not None
    mouse = visit.page.mouse
    mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    mouse.down()
    mouse.move(grip["x"] + 10, grip["y"] - 20, steps=4)
    mouse.move(target["x"] + 20, target["y"] + 6, steps=12)
    mouse.up()
    visit.expect_line(third, first, second)
    visit.page.reload()
    visit.expect_line(third, first, second)


def test_waiting_jobs_are_moved_by_keys_and_that_is_heard(visit: Visit, line: list[str]) -> None:
    first, second, third = line
    keys = visit.page.keyboard
    visit.card(third).get_by_role("button", name=third, exact=True).focus()
    keys.press("Alt+ArrowUp")
    visit.expect_line(first, third, second)
    heard = visit.queue.get_by_role("status").filter(has_text=f"{third} is now number 2 of 3.")
    expect(heard).to_be_attached()
    keys.press("Alt+ArrowUp")
    visit.expect_line(third, first, second)
    keys.press("Alt+ArrowDown")
    visit.expect_line(first, third, second)

    visit.queue.get_by_role("button", name=f"Move: {second}").focus()
    keys.press("Space")
    keys.press("ArrowUp")
    expect(visit.page.get_by_text("Place 2 of 3.")).to_be_attached()
    keys.press("Space")
    visit.expect_line(first, second, third)


def test_a_waiting_job_is_edited_and_keeps_its_place(visit: Visit, line: list[str]) -> None:
    first, second, third = line
    visit.choose_on_card(second, "Edit and send again")
    expect(visit.prompt).to_have_value(second)
    expect(visit.page.get_by_text(f"Takes the place of: {second}")).to_be_visible()
    changed = visit.ask("a purple star at the top, black background")
    expect(visit.card(second)).to_have_count(0)
    visit.expect_line(first, changed, third)


def test_a_waiting_job_is_made_urgent_doubled_and_all_are_cancelled(visit: Visit, line: list[str]) -> None:
    first, second, third = line
    visit.choose_on_card(third, "Urgent", role="menuitemradio")
    visit.expect_line(third, first, second)
    visit.choose_on_card(first, "Duplicate with another seed")
    expect(visit.card(first)).to_have_count(2)
    visit.queue.get_by_role("button", name="Cancel all that wait").click()
    visit.page.get_by_role("button", name="Cancel them").click()
    expect(visit.queue.get_by_role("listitem")).to_have_count(0)
    expect(visit.queue).to_contain_text("Nothing is waiting.")


def test_a_paused_queue_is_resumed_and_then_paints(visit: Visit, line: list[str]) -> None:
    visit.queue.get_by_role("button", name="Resume the queue").click()
    expect(visit.card(line[0]).get_by_role("progressbar")).to_be_visible(timeout=PICTURE_MS)
    expect(visit.history.get_by_role("img", name=line[2])).to_be_visible(timeout=PICTURE_MS)


def test_a_batch_waits_and_is_cancelled_as_one(visit: Visit, line: list[str]) -> None:
    body = {"request": {"kind": "text-to-image", "prompt": "one of many"}, "seeds": [1, 2, 3]}
    sent = visit.page.request.post("/generate/batch", data=body)
    assert sent.status == 202
    expect(visit.card("one of many")).to_have_count(3)
    expect(visit.card("one of many").first).to_contain_text("Batch, 3 left")
    visit.choose_on_card("one of many", "Cancel the 3 left of this batch")
    expect(visit.card("one of many")).to_have_count(0)
    visit.expect_line(*line)


def test_the_menu_of_a_card_is_worked_by_keys(visit: Visit, line: list[str]) -> None:
    keys = visit.page.keyboard
    visit.queue.get_by_role("button", name=f"Actions: {line[1]}").focus()
    keys.press("Enter")
    first = visit.page.get_by_role("menuitem", name="Do it next")
    expect(first).to_be_focused()
    keys.press("ArrowDown")
    expect(first).not_to_be_focused()
    keys.press("ArrowUp")
    expect(first).to_be_focused()
    keys.press("Enter")
    visit.expect_line(line[1], line[0], line[2])


def test_axe_finds_nothing_serious_in_a_queue_and_its_menus(visit: Visit, line: list[str]) -> None:
    visit.open_card_menu(line[1])
    assert serious(visit.page) == []
    visit.page.set_viewport_size({"width": 360, "height": 780})
    assert hidden_sideways_px(visit.page) == 0
    visit.page.keyboard.press("Escape")
    visit.queue.get_by_role("button", name="Cancel all that wait").click()
    expect(visit.page.get_by_role("button", name=re.compile("Cancel them"))).to_be_visible()
    assert serious(visit.page) == []
