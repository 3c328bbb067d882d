from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, cast

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.e2e.visit import PICTURE_MS, Visit
from tests.studio import until

Spot = tuple[float, float]  # fractions of a picture's width and height


class Retouch:
    """A visitor at work in the edit mode, in the words of the page."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        modes = self.page.get_by_role("navigation", name="Mode")
        self.edit_mode = modes.get_by_role("button", name="Edit")
        self.form = self.page.get_by_role("form", name="Edit")
        self.mask = self.form.get_by_role("img", name="The picture and its mask")
        self.board = self.form.get_by_role("group", name="Regions of the picture")
        self.run = self.form.locator("button[type=submit]")

    def begin(self, *pictures: Image.Image) -> None:
        """Enters the edit mode and uploads the pictures."""
        self.edit_mode.click()
        files = [{"name": "a.png", "mimeType": "image/png", "buffer": to_png(each)} for each in pictures]
        self.form.locator("input[type=file]").set_input_files(cast("Any", files))
        expect(self.form.get_by_role("button", name="Remove picture")).to_have_count(len(pictures))

    def way(self, name: str) -> Locator:
        """The radio button of one thing to do with a picture, or of another choice below."""
        return self.form.get_by_role("radio", name=name, exact=True).first

    def choose(self, name: str) -> None:
        """Chooses what to do; it must be on offer."""
        self.way(name).check()

    def paint(self, spots: Sequence[Spot]) -> None:
        """Draws the brush over the mask from spot to spot."""
        # Into the middle: the run button covers what is at the bottom.
        self.mask.evaluate("(mask) => mask.scrollIntoView({ block: 'center', behavior: 'instant' })")
        box = self.mask.bounding_box()
        assert box is not None
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in spots]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place)
        self.page.mouse.up()

    def field(self, name: str) -> Locator:
        """The input of this exact name."""
        return self.form.get_by_role("textbox", name=name, exact=True)

    def region(self, name: str) -> Locator:
        """The box of a region on the picture."""
        return self.board.get_by_role("button", name=name, exact=True)

    def draw(self, start: Spot, end: Spot) -> None:
        """Draws a box over the picture from corner to corner."""
        self.board.evaluate("(board) => board.scrollIntoView({ block: 'center', behavior: 'instant' })")
        box = self.board.bounding_box()
        assert box is not None
        (left, top), (right, bottom) = (
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)
        )
        self.page.mouse.move(left, top)
        self.page.mouse.down()
        self.page.mouse.move(right, bottom, steps=3)
        self.page.mouse.up()

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
