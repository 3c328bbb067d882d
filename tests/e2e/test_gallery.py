from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.accessibility import hidden_sideways_px, serious
from tests.e2e.visit import PICTURE_MS, Visit
from tests.studio import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

Json = dict[str, Any]


@pytest.fixture
def pictures(visit: Visit) -> list[Json]:
    """Two finished jobs of one batch that nobody else's history is mistaken for, newest first."""
    sign = uuid4().hex[:8]
    prompts = [
        f"a red circle on the left, white background, {sign}",
        f"a blue star, black background, {sign}",
    ]
    request = {"kind": "text-to-image", "prompt": "x", "steps": 4, "width": 128, "height": 96, "seed": 11}
    api = visit.page.request
    batch = api.post("/generate/batch", data={"request": request, "prompts": prompts}).json()
    for prompt in prompts:
        expect(visit.history.get_by_role("img", name=prompt)).to_be_visible(timeout=PICTURE_MS)
    ids = [job["id"] for job in batch["jobs"]]
    return [api.get(f"/jobs/{job_id}").json() for job_id in reversed(ids)]


def test_the_history_is_searched_starred_and_filtered(visit: Visit, pictures: list[Json]) -> None:
    star, circle = (_tile(visit, job) for job in pictures)
    search = visit.history.get_by_role("searchbox", name="Search in prompts")
    search.fill(f"RED {_sign(pictures[1])}")
    expect(star).to_have_count(0)
    expect(circle).to_be_visible()
    visit.page.reload()
    expect(search).to_have_value(re.compile("RED"))
    expect(star).to_have_count(0)

    search.fill(_sign(pictures[0]))
    expect(star).to_be_visible()
    visit.history.get_by_role("button", name=f"Star: {_prompt(pictures[0])}").click()
    visit.history.get_by_role("button", name="Only starred ones").click()
    expect(circle).to_have_count(0)
    expect(star).to_be_visible()
    visit.history.get_by_role("button", name="Only starred ones").click()

    visit.history.get_by_role("button", name="Filters").click()
    visit.page.get_by_label("Made by").select_option("Edit")
    expect(visit.history).to_contain_text("Nothing found.")
    visit.page.get_by_label("Made by").select_option("Generate")
    visit.page.get_by_label("Model").select_option(str(pictures[0]["request"]["model"]))
    expect(star).to_be_visible()
    visit.page.get_by_label("From", exact=True).fill("2100-01-01")
    expect(visit.history).to_contain_text("Nothing found.")
    visit.page.get_by_role("dialog").get_by_role("button", name="Show everything").click()
    expect(circle).to_be_visible()


def test_a_deleted_picture_comes_back_when_that_is_regretted(visit: Visit, pictures: list[Json]) -> None:
    tile = _tile(visit, pictures[0])
    visit.choose_on_tile(_prompt(pictures[0]), "Delete")
    expect(tile).to_have_count(0)
    visit.page.get_by_role("button", name="Undo").click()
    expect(tile).to_be_visible()

    visit.choose_on_tile(_prompt(pictures[0]), "Delete")
    visit.page.get_by_role("alert").get_by_role("button", name="Undo").wait_for()
    visit.page.get_by_role("alert").filter(has_text="Deleted").get_by_role("button").last.click()
    expect(tile).to_have_count(0)
    gone = f"/jobs/{pictures[0]['id']}"
    # Not from the page, whose console would complain.
    until(lambda: visit.page.request.get(gone).status == 404 or None, "the job to be gone", 20)


def test_a_picture_gives_its_prompt_its_seed_or_everything(visit: Visit, pictures: list[Json]) -> None:
    prompt = _prompt(pictures[0])
    visit.choose_on_tile(prompt, "Prompt")
    expect(visit.prompt).to_have_value(prompt)
    expect(visit.seed).to_have_value("")
    visit.choose_on_tile(prompt, "Seed")
    expect(visit.seed).to_have_value("11")
    visit.prompt.fill("")
    visit.choose_on_tile(prompt, "All settings")
    expect(visit.prompt).to_have_value(prompt)
    expect(visit.width).to_have_value("128 px")
    expect(visit.steps).to_have_value("4")


def test_a_picture_is_edited_and_varied_from_the_history(visit: Visit, pictures: list[Json]) -> None:
    prompt = _prompt(pictures[0])
    visit.choose_on_tile(prompt, "Four variations")
    expect(visit.history.get_by_role("img", name=prompt)).to_have_count(5, timeout=PICTURE_MS)
    visit.choose_on_tile(prompt, "Repaint a part of it")
    settings = visit.page.get_by_role("complementary", name="Settings")
    expect(settings.get_by_role("radio", name="Inpaint")).to_be_checked()
    expect(settings.get_by_role("img", name="128 × 96 pixels")).to_be_visible()


def test_the_batch_of_a_picture_is_shown_alone(visit: Visit, pictures: list[Json]) -> None:
    visit.choose_on_tile(_prompt(pictures[0]), "Show its batch")
    tiles = visit.history.get_by_role("listitem")
    expect(tiles).to_have_count(2)
    visit.history.get_by_role("button", name="Show more than this batch").click()
    expect(visit.history.get_by_text("One batch")).to_have_count(0)


def test_two_pictures_are_compared_by_a_line_that_keys_move(visit: Visit, pictures: list[Json]) -> None:
    _tile(visit, pictures[0]).click()
    visit.choose_on_tile(_prompt(pictures[1]), "Compare with the one shown")
    expect(visit.stage.get_by_role("img", name="Compared")).to_be_visible()
    visit.stage.get_by_role("radio", name="Slider").check()
    handle = visit.stage.get_by_role("slider")
    expect(handle).to_have_attribute("aria-valuenow", "50")
    handle.focus()
    visit.page.keyboard.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", "55")
    assert serious(visit.page) == []
    visit.stage.get_by_role("radio", name="Side by side").check()
    visit.stage.get_by_role("button", name="End comparing").click()
    expect(visit.stage.get_by_role("img", name="Compared")).to_have_count(0)


def test_a_dropped_picture_of_the_studio_fills_the_form(visit: Visit, pictures: list[Json]) -> None:
    image = visit.page.request.get(pictures[0]["images"][0]["url"]).body()
    _drag(visit.page, image)
    zone = visit.page.get_by_text("Restore its settings")
    expect(zone).to_be_visible()
    _drop(zone, image)
    expect(visit.prompt).to_have_value(_prompt(pictures[0]))
    expect(visit.seed).to_have_value("11")
    expect(visit.width).to_have_value("128 px")
    expect(zone).to_have_count(0)
    expect(visit.page.get_by_role("alert")).to_contain_text("Settings restored")


def test_a_strange_picture_says_that_it_tells_nothing(
    visit: Visit, tmp_path: Path, console_errors: list[str]
) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    with visit.page.expect_file_chooser() as choosing:
        visit.history.get_by_role("button", name="Restore from a picture").click()
    choosing.value.set_files(tmp_path / "red.png")
    expect(visit.page.get_by_role("alert")).to_contain_text("Nothing to restore")
    visit.page.get_by_role("button", name="Edit it instead").click()
    settings = visit.page.get_by_role("complementary", name="Settings")
    expect(settings.get_by_role("img", name="64 × 64 pixels")).to_be_visible()
    assert all("422" in error for error in console_errors)
    console_errors.clear()


def test_the_history_is_walked_by_arrow_keys(visit: Visit, pictures: list[Json]) -> None:
    tiles = [_tile(visit, job) for job in pictures]
    tiles[0].focus()
    visit.page.keyboard.press("ArrowRight")
    expect(tiles[1]).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.stage).to_contain_text(_prompt(pictures[1]))
    visit.page.keyboard.press("Tab")
    expect(visit.history.get_by_role("button", name=f"Star: {_prompt(pictures[1])}")).to_be_focused()


def test_of_ten_thousand_pictures_only_those_in_sight_are_drawn(visit: Visit, pictures: list[Json]) -> None:
    visit.page.route(re.compile(r"/jobs\?"), lambda route: _many(route, pictures[0], 10_000))
    visit.page.reload()
    tiles = visit.history.get_by_role("listitem")
    expect(visit.history.get_by_role("img").first).to_be_visible()
    deepest = 0
    for _ in range(400):
        visit.page.evaluate("() => window.scrollTo(0, document.documentElement.scrollHeight)")
        assert tiles.count() < 200
        deepest = int(tiles.last.get_attribute("aria-posinset") or 0)
        if deepest == 10_000:
            break
        visit.page.wait_for_timeout(20)
    assert deepest == 10_000
    tiles.last.get_by_role("button").first.focus()
    visit.page.keyboard.press("Home")
    expect(tiles.first).to_have_attribute("aria-posinset", "1")


def test_axe_finds_nothing_serious_in_the_history_and_its_menus(visit: Visit, pictures: list[Json]) -> None:
    _tile(visit, pictures[0]).click(button="right")
    expect(visit.page.get_by_role("menu")).to_be_visible()
    assert serious(visit.page) == []
    visit.page.keyboard.press("Escape")
    visit.history.get_by_role("button", name="Filters").click()
    expect(visit.page.get_by_label("Made by")).to_be_visible()
    assert serious(visit.page) == []
    visit.page.set_viewport_size({"width": 360, "height": 780})
    assert hidden_sideways_px(visit.page) == 0


def _prompt(job: Json) -> str:
    return str(job["request"]["prompt"])


def _sign(job: Json) -> str:
    return _prompt(job).rpartition(" ")[2]


def _tile(visit: Visit, job: Json) -> Locator:
    return visit.history.get_by_role("button", name=_prompt(job), exact=True)


_FILES = """(bytes) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], "painted.png", { type: "image/png" }));
  return transfer;
}"""


def _drag(page: Page, file: bytes) -> None:
    transfer = page.evaluate_handle(_FILES, list(file))
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})


def _drop(zone: Locator, file: bytes) -> None:
    transfer = zone.page.evaluate_handle(_FILES, list(file))
    zone.dispatch_event("drop", {"dataTransfer": transfer})


def _many(route: Route, job: Json, count: int) -> None:
    """Answers as a studio whose history holds the same job many times."""
    if "status=succeeded" not in route.request.url:
        route.fulfill(json={"jobs": [], "next_cursor": None})
        return
    cursor = re.search(r"cursor=([0-9a-f-]+)", route.request.url)
    limit = int((re.search(r"limit=(\d+)", route.request.url) or ["", "50"])[1])
    first = int(cursor[1][-12:]) if cursor else count + 1
    numbers = range(first - 1, max(0, first - 1 - limit), -1)
    jobs = [{**job, "id": f"00000000-0000-7000-8000-{number:012d}"} for number in numbers]
    route.fulfill(json={"jobs": jobs, "next_cursor": jobs[-1]["id"] if numbers[-1] > 1 else None})
