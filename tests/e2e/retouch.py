from __future__ import annotations

import io
from typing import Any, cast

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.e2e.visit import PICTURE_MS, Visit
from tests.studio import until

Spot = tuple[float, float]  # fractions of a picture's width and height


class Retouch:
    """A visitor at work on the canvas, in the words of the page."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        modes = self.page.get_by_role("navigation", name="Mode")
        self.generate_mode = modes.get_by_role("button", name="Generate")
        self.edit_mode = modes.get_by_role("button", name="Edit")
        self.form = self.page.get_by_role("complementary", name="Settings").get_by_role("form")
        self.board = self.page.get_by_role("application")
        self.layers = self.page.get_by_role("list", name="Layers")
        self.run = self.form.locator("button[type=submit]")

    def begin(self, *pictures: Image.Image) -> None:
        """Enters the edit mode and uploads the pictures."""
        self.edit_mode.click()
        self.upload(*pictures)

    def guide(self, way: str, *pictures: Image.Image) -> None:
        """Chooses a way to a new picture that needs more than words, and uploads the pictures."""
        self.generate_mode.click()
        self.choose(way)
        if pictures:
            self.upload(*pictures)

    def upload(self, *pictures: Image.Image) -> None:
        """Chooses the pictures' files."""
        files = [{"name": "a.png", "mimeType": "image/png", "buffer": to_png(each)} for each in pictures]
        self.form.locator("input[type=file]").set_input_files(cast("Any", files))
        expect(self.form.get_by_role("button", name="Remove picture")).to_have_count(len(pictures))

    def way(self, name: str) -> Locator:
        """The radio button of one thing to do with a picture, or of another choice below."""
        return self.form.get_by_role("radio", name=name, exact=True).first

    def choose(self, name: str) -> None:
        """Chooses what to do; it must be on offer."""
        self.way(name).check()

    def look_at_canvas(self) -> None:
        """Turns from what was made to what one draws on."""
        self.page.get_by_role("group", name="View").get_by_role("button", name="Canvas").click()

    def take(self, tool: str) -> None:
        """Takes up a tool."""
        self.page.get_by_role("toolbar").get_by_role("radio", name=tool).check()

    def act(self, name: str) -> None:
        """Presses a button of the canvas, by keys."""
        self.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).press("Enter")

    def draw(self, *spots: Spot) -> None:
        """Draws over the picture from spot to spot with the tool at hand."""
        self.board.evaluate("(board) => board.scrollIntoView({ block: 'center', behavior: 'instant' })")
        paper = self.board.locator("> div").first.bounding_box()
        assert paper is not None
        places = [(paper["x"] + x * paper["width"], paper["y"] + y * paper["height"]) for x, y in spots]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=3)
        self.page.mouse.up()

    def field(self, name: str) -> Locator:
        """The input of this exact name."""
        return self.form.get_by_role("textbox", name=name, exact=True)

    def region(self, name: str) -> Locator:
        """The box of a region on the picture."""
        return self.board.get_by_role("button", name=name, exact=True)

    def ask(self, prompt: str) -> dict[str, Any]:
        """Sends the form with this prompt and returns the job when its result is on the stage."""
        self.visit.prompt.fill(prompt)
        self.visit.steps.fill("20")
        with self.page.expect_response(
            lambda answer: "/generate/" in answer.url and answer.request.method == "POST"
        ) as sent:
            self.run.click()
        assert sent.value.status == 202, sent.value.text()
        job = until(lambda: self._ended(sent.value.json()["id"]), "the job to end", PICTURE_MS / 1000)
        assert job["status"] == "succeeded", job
        expect(self.visit.download).to_have_attribute("href", job["images"][0]["url"])
        return job

    def _ended(self, job_id: str) -> dict[str, Any] | None:
        # Playwright's own wait, in which the page goes on living.
        self.page.wait_for_timeout(200)
        job = self.page.request.get(f"/jobs/{job_id}").json()
        return None if job["finished_at"] is None else job

    def shown(self, name: str) -> Locator:
        """The picture under this caption of the stage."""
        return self.visit.stage.get_by_role("figure", name=name).get_by_role("img")

    def load(self, image_id: str) -> Image.Image:
        """An image of the studio."""
        return Image.open(io.BytesIO(self.page.request.get(f"/images/{image_id}").body())).convert("RGB")


def to_png(image: Image.Image) -> bytes:
    """Writes a picture as a PNG file."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def distance_from(area: np.ndarray) -> np.ndarray:
    """How far each pixel is from the nearest one of the area, in pixels; 0 inside of it."""
    return cv2.distanceTransform((~area).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def pixels(image: Image.Image) -> np.ndarray:
    """The picture as numbers, row by row."""
    return np.asarray(image)
