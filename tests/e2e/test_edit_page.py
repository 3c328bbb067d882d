from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from services.shapes.judge import judge
from services.shapes.pictures import render
from services.shapes.scenes import Scene, Shape
from tests.e2e.accessibility import hidden_sideways_px, serious
from tests.e2e.retouch import Retouch, distance_from, pixels, to_png
from tests.e2e.visit import PICTURE_MS, Visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SIDE_PX = 128
SQUARE = Shape("square", "blue", "right")
BEFORE = Scene("white", (Shape("circle", "red", "left"), SQUARE))
AFTER = Scene("white", (Shape("circle", "green", "left"), SQUARE))
DESCRIPTION = "a green circle on the left and a blue square on the right, white background"
REGIONS = Scene("white", (Shape("star", "red", "left"), Shape("circle", "blue", "right")))
SOFT_PX, GROWN_PX = 6, 4
# A brush of a sixth of the picture covers the left third on this way.
OVER_THE_CIRCLE = [(x, 0.3 + step * 0.08) for step in range(6) for x in (0.08, 0.36)]


@pytest.fixture
def retouch(visit: Visit) -> Retouch:
    """A visitor who is about to edit."""
    return Retouch(visit)


@pytest.fixture
def before() -> Image.Image:
    """The picture to be edited."""
    return render(BEFORE, SIDE_PX, SIDE_PX)


def test_an_instruction_changes_an_uploaded_picture_beside_the_original(
    retouch: Retouch, before: Image.Image
) -> None:
    retouch.begin(before)
    retouch.choose("Instruct")
    job = retouch.ask("make the circle green")
    original, result = retouch.shown("Original"), retouch.shown("Result")
    left, right = original.bounding_box(), result.bounding_box()
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]
    # What the model makes of instructions is proven with the service: here, that its answer arrives.
    assert retouch.load(job["images"][0]["id"]).size == before.size

    retouch.page.set_viewport_size({"width": 360, "height": 780})
    above, below = original.bounding_box(), result.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] < below["y"]


def test_outside_of_the_painted_mask_every_pixel_is_kept(retouch: Retouch, before: Image.Image) -> None:
    retouch.begin(before)
    retouch.choose("Inpaint")
    expect(retouch.run).to_have_accessible_description(
        "Paint over what shall change first. Describe the finished picture first."
    )
    retouch.draw(*OVER_THE_CIRCLE)
    job = retouch.ask(DESCRIPTION)

    mask = pixels(retouch.load(job["request"]["mask"]))[..., 0]
    assert mask.shape == (SIDE_PX, SIDE_PX)
    assert set(np.unique(mask)) == {0, 255}
    after = pixels(retouch.load(job["images"][0]["id"]))
    kept = mask == 0
    assert np.array_equal(after[kept], pixels(before)[kept])
    assert not np.array_equal(after[~kept], pixels(before)[~kept])


def test_a_grown_mask_with_a_soft_edge_changes_what_it_reaches_and_no_more(
    retouch: Retouch, before: Image.Image
) -> None:
    retouch.begin(before)
    retouch.choose("Inpaint")
    retouch.draw(*OVER_THE_CIRCLE)
    retouch.field("Soft edge").fill("300")
    expect(retouch.form).to_contain_text("Soft edge is 300; choose 0 to 256.")
    retouch.field("Soft edge").fill(str(SOFT_PX))
    retouch.field("Grow").fill(str(GROWN_PX))
    job = retouch.ask(DESCRIPTION)
    assert (job["request"]["mask_feather_px"], job["request"]["mask_grow_px"]) == (SOFT_PX, GROWN_PX)

    mask = pixels(retouch.load(job["request"]["mask"]))[..., 0]
    after = pixels(retouch.load(job["images"][0]["id"]))
    changed = (after != pixels(before)).any(axis=-1)
    away_px = distance_from(mask == 255)
    assert changed[(away_px > 0) & (away_px <= GROWN_PX)].any(), "the mask did not grow"
    # Both reach as far as they say along the axes, and diagonally no further than the corner of a square.
    assert not changed[away_px > 1.5 * (SOFT_PX + GROWN_PX)].any()
    retouch.field("Soft edge").fill("0")
    retouch.visit.stage.get_by_role("button", name="Reuse settings").click()
    expect(retouch.field("Soft edge")).to_have_value(str(SOFT_PX))
    expect(retouch.field("Grow")).to_have_value(str(GROWN_PX))


def test_a_mask_can_be_erased_inverted_undone_and_used_again(retouch: Retouch, before: Image.Image) -> None:
    retouch.begin(before)
    retouch.choose("Inpaint")
    painted = retouch.board

    def expect_percent(percent: int) -> None:
        words = f"The picture and its mask; {percent} % is painted"
        expect(painted).to_have_accessible_name(words)

    retouch.take("Box")
    retouch.draw((0, 0), (0.5, 1))
    expect_percent(50)
    retouch.act("Invert")
    retouch.take("Lasso")
    retouch.draw((0, 0), (0.5, 0), (0.5, 1), (0, 1))
    expect_percent(100)
    retouch.take("Eraser")
    retouch.draw(*OVER_THE_CIRCLE)
    expect(painted).not_to_have_accessible_name(re.compile("100 %"))
    retouch.act("Undo")
    expect_percent(100)
    painted.press("Control+z")
    expect_percent(50)
    painted.press("Control+Shift+Z")
    expect_percent(100)
    retouch.act("Clear")
    expect_percent(0)

    painted.press("b")
    retouch.draw(*OVER_THE_CIRCLE)
    words = painted.get_attribute("aria-label") or ""
    retouch.page.reload()
    expect(painted).to_have_accessible_name(words)
    retouch.act("Undo")  # as before the reload
    expect_percent(0)
    retouch.act("Redo")
    job = retouch.ask(DESCRIPTION)
    retouch.look_at_canvas()
    retouch.act("Clear")
    expect_percent(0)
    # The words of a picture that is on the stage are used again from there.
    retouch.page.get_by_role("group", name="View").get_by_role("button", name="Result").click()
    retouch.visit.stage.get_by_role("button", name="Reuse settings").click()
    expect(painted).to_have_accessible_name(words)
    expect(retouch.visit.seed).to_have_value(str(job["images"][0]["seed"]))


def test_a_mask_is_painted_by_keys_alone(retouch: Retouch, before: Image.Image) -> None:
    retouch.begin(before)
    retouch.choose("Inpaint")
    board = retouch.board
    board.focus()
    board.press("r")
    board.press("Enter")
    for key in ("ArrowRight", "ArrowDown"):
        for _ in range(8):
            board.press(key)
    board.press("Enter")
    expect(board).to_have_accessible_name(re.compile("; 4 % is painted"))
    board.press("Escape")
    board.press("i")
    expect(board).to_have_accessible_name(re.compile("; 96 % is painted"))
    board.press("Tab")
    expect(board).not_to_be_focused()


def test_the_canvas_zooms_at_the_pointer_and_is_pushed_by_space(
    retouch: Retouch, before: Image.Image
) -> None:
    retouch.begin(before)
    retouch.choose("Inpaint")
    paper = retouch.board.locator("> div").first
    whole = paper.bounding_box()
    assert whole is not None
    retouch.board.hover()
    retouch.page.mouse.wheel(0, -400)
    retouch.page.wait_for_function(
        "(width) => document.querySelector('[role=application] > div').getBoundingClientRect().width > width",
        arg=whole["width"] * 1.5,
    )
    zoomed = paper.bounding_box()
    assert zoomed is not None
    retouch.page.keyboard.down("Space")
    retouch.page.mouse.down()
    retouch.page.mouse.move(whole["x"] + 20, whole["y"] + 20, steps=2)
    retouch.page.mouse.up()
    retouch.page.keyboard.up("Space")
    pushed = paper.bounding_box()
    assert pushed is not None
    assert pushed["x"] < zoomed["x"]
    expect(retouch.board).to_have_accessible_name(re.compile("; 0 % is painted"))
    retouch.act("Show all")
    fitted = paper.bounding_box()
    assert fitted is not None
    assert (fitted["x"], fitted["width"]) == (whole["x"], whole["width"])


def test_a_picture_is_extended_and_kept_where_it_was(retouch: Retouch, before: Image.Image) -> None:
    retouch.begin(before)
    retouch.choose("Extend")
    sides = retouch.form.get_by_role("textbox", name="Pixels to add")
    sides.nth(1).fill("20")
    expect(retouch.run).to_have_accessible_description(
        "A side grows by 20; use multiples of 16 up to 4096. Describe the finished picture first."
    )
    sides.nth(1).fill("64")
    expect(retouch.form).to_contain_text("Becomes 192 × 128")
    job = retouch.ask("a red circle on the left and a blue square in the centre, white background")
    after = retouch.load(job["images"][0]["id"])
    assert after.size == (192, SIDE_PX)
    assert np.array_equal(pixels(after)[:, :SIDE_PX], pixels(before))


def test_edges_of_a_photo_hold_a_new_picture(retouch: Retouch, before: Image.Image) -> None:
    retouch.guide("Control", before)
    edges = retouch.form.get_by_role("img", name="The edges found in the picture")
    expect(edges).to_be_visible(timeout=PICTURE_MS)
    retouch.visit.images.fill("4")
    job = retouch.ask(DESCRIPTION)
    control = retouch.shown("Control image")
    expect(control).to_have_attribute("src", edges.get_attribute("src") or "")
    painted = [retouch.load(image["id"]) for image in job["images"]]
    assert any(judge(image, AFTER).right for image in painted), "none of four pictures keeps to the edges"


def test_two_regions_show_what_each_of_them_says(retouch: Retouch) -> None:
    retouch.guide("Entities")
    expect(retouch.run).to_have_accessible_description(re.compile("Draw where something shall be first."))
    retouch.draw((0.02, 0.25), (0.42, 0.75))
    retouch.field("What Region 1 shows").fill("a red star")
    # The second by keys and numbers alone.
    retouch.form.get_by_role("button", name="Add a region").press("Enter")
    retouch.field("What Region 2 shows").fill("a blue circle")
    for edge, typed_px in (("right", 128), ("left", 72), ("top", 40), ("bottom", 96)):
        retouch.field(f"Region 2: {edge}").fill(str(typed_px))
    retouch.region("Region 2").press("ArrowUp")
    expect(retouch.field("Region 2: top")).to_have_value("32 px")

    retouch.visit.images.fill("4")
    job = retouch.ask("white background")
    first, second = job["request"]["entities"]
    assert [first["prompt"], second["prompt"]] == ["a red star", "a blue circle"]
    assert first["box"]["left"] < first["box"]["right"] < 64
    assert second["box"] == {"left": 72, "top": 32, "right": 128, "bottom": 88}
    painted = [judge(retouch.load(image["id"]), REGIONS) for image in job["images"]]
    assert any(
        verdict.background and verdict.count and verdict.colours and verdict.places for verdict in painted
    ), "none of four pictures has both colours where they belong"

    retouch.form.get_by_role("button", name="Remove Region 1").press("Enter")
    retouch.visit.stage.get_by_role("button", name="Reuse settings").click()
    expect(retouch.field("What Region 1 shows")).to_have_value("a red star")
    expect(retouch.region("Region 2")).to_be_visible()


def test_a_region_inside_a_mask_leaves_the_rest_of_its_start_picture(
    retouch: Retouch, before: Image.Image
) -> None:
    retouch.guide("Entities", before)
    # Painted, not boxed: both end up on the one canvas.
    retouch.take("Lasso")
    retouch.draw((0.02, 0.2), (0.4, 0.2), (0.4, 0.8), (0.02, 0.8))
    retouch.field("What Region 1 shows").fill("a green circle")
    retouch.choose("Picture 1, inside a mask")
    retouch.layers.get_by_role("button", name="Draw on Mask").click()
    retouch.take("Brush")
    retouch.draw(*OVER_THE_CIRCLE)
    job = retouch.ask(DESCRIPTION)
    asked = job["request"]
    assert (asked["controls"], len(asked["entities"]), asked["strength"]) == ([], 1, 1)
    kept = pixels(retouch.load(asked["mask"]))[..., 0] == 0
    after = pixels(retouch.load(job["images"][0]["id"]))
    assert np.array_equal(after[kept], pixels(before)[kept])
    assert not np.array_equal(after[~kept], pixels(before)[~kept])
    expect(retouch.shown("Original")).to_have_attribute("src", f"/images/{asked['init_image']}")


def test_a_finished_picture_can_be_edited(retouch: Retouch) -> None:
    visit = retouch.visit
    prompt = visit.ask("a red circle on the left, white background", steps=20)
    expect(visit.stage).to_contain_text(prompt)
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    picture = visit.download.get_attribute("href") or ""
    visit.stage.get_by_role("button", name="Edit this").click()
    expect(retouch.form.locator(f"img[src='{picture}']")).to_be_visible()
    retouch.choose("Restyle")
    retouch.ask("a blue circle on the left, white background")
    expect(retouch.shown("Original")).to_have_attribute("src", picture)


def test_a_picture_can_be_dropped_or_pasted_and_survives_a_reload(
    retouch: Retouch, before: Image.Image, console_errors: list[str]
) -> None:
    retouch.edit_mode.click()
    expect(retouch.run).to_be_visible()
    script = """([kind, data]) => {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], "picture"));
      const event = kind === "drop"
        ? new DragEvent(kind, { dataTransfer: transfer })
        : new ClipboardEvent(kind, { clipboardData: transfer });
      window.dispatchEvent(event);
    }"""
    remove = retouch.form.get_by_role("button", name="Remove picture")
    for count, kind in enumerate(("drop", "paste"), start=1):
        picture = before.rotate(90 * count)
        retouch.page.evaluate(script, [kind, base64.b64encode(to_png(picture)).decode()])
        expect(remove).to_have_count(count)
    retouch.page.reload()
    expect(remove).to_have_count(2)

    retouch.page.evaluate(script, ["drop", base64.b64encode(b"no picture").decode()])
    expect(retouch.form).to_contain_text("not a picture that can be read")
    assert ["422" in error for error in console_errors] == [True]
    console_errors.clear()


def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    retouch: Retouch, before: Image.Image
) -> None:
    retouch.begin(before)
    for way in ("Instruct", "Inpaint", "Extend", "Combine", "Restyle"):
        retouch.choose(way)
        _check_looks(retouch, way)
    for way in ("Control", "Entities"):
        retouch.guide(way)
        retouch.draw((0.1, 0.1), (0.5, 0.5))
        retouch.choose("Picture 1, inside a mask")
        _check_looks(retouch, way)


def _check_looks(retouch: Retouch, way: str) -> None:
    assert serious(retouch.page) == []
    for width in (360, 1024, 1440):
        retouch.page.set_viewport_size({"width": width, "height": 780})
        assert hidden_sideways_px(retouch.page) == 0, f"{way} at {width} px"


def test_what_is_not_offered_says_why(retouch: Retouch) -> None:
    def without(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        for capability in told["capabilities"]:
            for feature in capability["features"]:
                if feature["name"] == "outpaint":
                    feature.update(enabled=False, reason="it was removed")
        route.fulfill(response=answer, json=told)

    retouch.page.route("**/capabilities", without)
    retouch.page.reload()
    retouch.edit_mode.click()
    expect(retouch.way("Extend")).to_be_disabled()
    expect(retouch.form).to_contain_text("Extend is off: it was removed.")


def test_editing_is_in_sight_with_the_reason_while_no_service_offers_it(retouch: Retouch) -> None:
    def without(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["capabilities"] = [each for each in told["capabilities"] if each["name"] != "edit"]
        route.fulfill(response=answer, json=told)

    retouch.page.route("**/capabilities", without)
    retouch.page.reload()
    expect(retouch.edit_mode).to_be_disabled()
    retouch.edit_mode.hover()
    expect(retouch.page.get_by_role("tooltip")).to_contain_text("edit service is not running")
