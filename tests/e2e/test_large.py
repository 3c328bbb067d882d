from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Route, expect

from services.shapes.judge import judge, scene_from_caption
from tests.e2e.accessibility import hidden_sideways_px, serious
from tests.e2e.visit import PICTURE_MS, Visit
from tests.studio import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SCENE = "a red circle on the left, white background"
TILES_MS = 3 * PICTURE_MS


def test_a_picture_larger_than_the_model_is_painted_tile_by_tile(visit: Visit) -> None:
    _ask_size(visit, 512, 256)
    said = visit.page.get_by_text(
        re.compile(r"Painted in \d+ tiles, larger than the model.s own 128\s×\s128")
    )
    tiles = re.findall(r"in (\d+) tiles", said.inner_text())[0]
    visit.prompt.fill(SCENE)
    visit.steps.fill("20")
    visit.images.fill("2")
    job = _send(visit, visit.generate)
    assert job["kind"] == "tiled"
    # What the form foretells is what the service does.
    at_work = re.compile(rf"Image \d of 2, tile \d+ of {tiles}, step \d+ of \d+")
    expect(visit.bar).to_have_attribute("aria-valuetext", at_work, timeout=PICTURE_MS)
    expect(visit.stage.get_by_role("img", name=f"Preview of: {SCENE}")).to_be_visible(timeout=PICTURE_MS)
    expect(visit.card(SCENE)).to_contain_text(f"of {tiles}")

    job = _ended(visit, job["id"])
    expect(visit.stage).to_contain_text("Size512 × 256")
    assert visit.drawn_size() == (512, 256)
    painted = [_load(visit, image["id"]) for image in job["images"]]
    wanted = scene_from_caption(SCENE)
    assert wanted is not None
    assert any(judge(image, wanted).right for image in painted), "none of two pictures shows the scene"

    with visit.page.expect_download() as downloading:
        visit.download.click()
    assert Image.open(io.BytesIO(downloading.value.path().read_bytes())).size == (512, 256)
    visit.width.fill("128")
    visit.prompt.fill("something else")
    visit.stage.get_by_role("button", name="Reuse settings").click()
    expect(visit.width).to_have_value("512 px")
    expect(visit.page.get_by_role("textbox", name="Height")).to_have_value("256 px")
    expect(visit.prompt).to_have_value(SCENE)
    expect(visit.seed).to_have_value(str(job["images"][0]["seed"]))


def test_a_result_is_enlarged_beside_its_original(visit: Visit) -> None:
    prompt = visit.ask("a green star in the centre, black background")
    expect(visit.stage).to_contain_text(prompt)
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    original = visit.download.get_attribute("href") or ""
    visit.upscale.click()
    form = visit.page.get_by_role("form", name="Edit")
    expect(form.get_by_role("radio", name="2×")).to_be_checked()
    expect(form).to_contain_text(re.compile(r"128\s×\s128 becomes 256\s×\s256, painted in 9 tiles"))
    expect(visit.prompt).to_have_value(prompt)
    # It needs no words, and is called by what was done.
    visit.prompt.fill("")
    job = _send(visit, form.get_by_role("button", name="Upscale", exact=False).last)
    assert (job["kind"], job["request"]["image"]) == ("tiled", original.removeprefix("/images/"))

    job = _ended(visit, job["id"])
    expect(visit.stage).to_contain_text("Upscaled to 256 × 256")
    figures = visit.stage.get_by_role("figure")
    expect(figures.filter(has_text="Original").get_by_role("img")).to_have_attribute("src", original)
    result = _load(visit, job["images"][0]["id"])
    before = _load(visit, original.removeprefix("/images/"))
    assert result.size == (256, 256)
    assert _distance(before, result.resize(before.size, Image.Resampling.BOX)) < 12

    form.get_by_role("button", name="Remove picture").click()
    visit.stage.get_by_role("button", name="Reuse settings").click()
    expect(form.locator(f"img[src='{original}']")).to_be_visible()
    expect(form.get_by_role("radio", name="2×")).to_be_checked()
    expect(visit.seed).to_have_value(str(job["images"][0]["seed"]))


def test_a_size_that_no_tiles_reach_is_told_at_its_field(visit: Visit) -> None:
    visit.prompt.fill(SCENE)
    _ask_size(visit, 9008, 2048)
    expect(visit.width).to_have_accessible_description(
        "Width is 9008; painted in tiles of 128, it can be 128 to 8192."
    )
    _ask_size(visit, 8192, 256)
    expect(visit.width).to_have_accessible_description(
        "8192 × 256 is too long and thin; at most 16 to 1 fits."
    )
    _ask_size(visit, 512, 64)
    expect(visit.page.get_by_role("textbox", name="Height")).to_have_accessible_description(
        "Height is 64; painted in tiles of 128, it can be 128 to 8192."
    )
    expect(visit.generate).to_be_disabled()
    visit.page.get_by_role("radio", name="16×").check()
    expect(visit.width).to_have_value("2048 px")
    expect(visit.generate).to_be_enabled()


def test_without_the_tiling_service_the_reason_stands_at_the_choice(visit: Visit) -> None:
    def without(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["capabilities"] = [each for each in told["capabilities"] if each["name"] != "tiling"]
        route.fulfill(response=answer, json=told)

    visit.page.route("**/capabilities", without)
    visit.page.reload()
    expect(visit.page.get_by_text("Larger sizes are off: the tiling service is not running.")).to_be_visible()
    expect(visit.page.get_by_role("radio", name="4×")).to_be_disabled()
    visit.ask("a red star on the left, white background")
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    visit.upscale.click()
    form = visit.page.get_by_role("form", name="Edit")
    expect(form).to_contain_text("Upscale is off: the tiling service is not running.")
    # Whatever the studio at hand has, the page is held to what it was told.
    visit.page.unroute("**/capabilities")


def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(visit: Visit) -> None:
    painted = visit.ask("a red circle on the left, white background")
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    _ask_size(visit, 2048, 2048)
    visit.ask("a blue circle on the left, white background")
    expect(visit.bar).to_have_attribute("aria-valuetext", re.compile("Tile"), timeout=PICTURE_MS)
    _check_looks(visit)
    visit.history.get_by_role("button", name=painted, exact=True).click()
    visit.upscale.click()
    expect(visit.page.get_by_role("form", name="Edit").get_by_role("radio", name="8×")).to_be_visible()
    _check_looks(visit)


def _check_looks(visit: Visit) -> None:
    assert serious(visit.page) == []
    for width in (360, 1024, 1440):
        visit.page.set_viewport_size({"width": width, "height": 780})
        assert hidden_sideways_px(visit.page) == 0, f"at a width of {width} px"


def _ask_size(visit: Visit, width: int, height: int) -> None:
    visit.width.fill(str(width))
    visit.page.get_by_role("textbox", name="Height").fill(str(height))


def _send(visit: Visit, button: Locator) -> dict[str, Any]:
    """Presses the button and returns the job that the studio has made of it."""
    with visit.page.expect_response("**/generate/tiled") as sent:
        button.click()
    assert sent.value.status == 202, sent.value.text()
    return sent.value.json()


def _ended(visit: Visit, job_id: str) -> dict[str, Any]:
    """Waits for a job to end well, and for its result to be on the stage."""

    def look() -> dict[str, Any] | None:
        visit.page.wait_for_timeout(200)  # playwright's own wait, in which the page goes on living
        job = visit.page.request.get(f"/jobs/{job_id}").json()
        return None if job["finished_at"] is None else job

    job = until(look, "the tiled job to end", TILES_MS / 1000)
    assert job["status"] == "succeeded", job
    expect(visit.download).to_have_attribute("href", job["images"][0]["url"])
    return job


def _load(visit: Visit, image_id: str) -> Image.Image:
    return Image.open(io.BytesIO(visit.page.request.get(f"/images/{image_id}").body())).convert("RGB")


def _distance(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures of one size, in [0, 255]."""
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (one.width * one.height * 3)
