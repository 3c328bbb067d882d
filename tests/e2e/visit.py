from __future__ import annotations

from typing import Literal
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

# A worker may have to load its model first, on a busy machine.
PICTURE_MS = 100_000


class Visit:
    """A visitor's hands and eyes, in the words of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.prompt = page.get_by_role("textbox", name="Prompt")
        self.width = page.get_by_role("textbox", name="Width")
        self.steps = page.get_by_role("textbox", name="Steps")
        self.images = page.get_by_role("textbox", name="Images")
        self.seed = page.get_by_role("textbox", name="Seed")
        self.generate = page.get_by_role("form", name="Generate").get_by_role("button", name="Generate")
        self.stage = page.get_by_role("region", name="Picture")
        self.bar = self.stage.get_by_role("progressbar")
        self.queue = page.get_by_role("complementary", name="Queue")
        self.history = page.get_by_role("region", name="History")
        self.download = self.stage.get_by_role("link", name="Download")
        self.upscale = self.stage.get_by_role("button", name="Upscale", exact=True)

    def ask(self, prompt: str, *, steps: int = 4, images: int = 1) -> str:
        """Fills in the form and sends it; returns the prompt, made unlike all others."""
        unique = f"{prompt}, {uuid4().hex[:8]}"
        self.prompt.fill(unique)
        self.steps.fill(str(steps))
        self.images.fill(str(images))
        self.generate.click()
        return unique

    def ask_much(self, prompt: str) -> str:
        """Starts a run that outlasts any test."""
        unique = self.ask(prompt, steps=100, images=16)
        expect(self.card(unique)).to_be_visible()
        return unique

    def card(self, prompt: str) -> Locator:
        """The card of a job in the queue."""
        return self.queue.get_by_role("listitem").filter(has_text=prompt)

    def open_card_menu(self, prompt: str) -> None:
        """Opens the menu of the first job of that prompt that waits."""
        self.queue.get_by_role("button", name=f"Actions: {prompt}").first.click()
        expect(self.page.get_by_role("menu")).to_be_visible()

    def choose_on_card(
        self, prompt: str, name: str, role: Literal["menuitem", "menuitemradio"] = "menuitem"
    ) -> None:
        """Does with a job that waits what its menu offers."""
        self.open_card_menu(prompt)
        self.page.get_by_role(role, name=name).click()

    def choose_on_tile(self, prompt: str, name: str) -> None:
        """Does with a picture of the history what its menu offers."""
        self.history.get_by_role("button", name=prompt, exact=True).first.click(button="right")
        self.page.get_by_role("menuitem", name=name, exact=True).click()

    def expect_line(self, *prompts: str) -> None:
        """Waits until exactly these jobs wait, in this order."""
        cards = self.queue.get_by_role("list", name="Waiting jobs").get_by_role("listitem")
        expect(cards).to_contain_text(list(prompts))

    def cancel(self, prompt: str) -> None:
        """Cancels a job in the queue."""
        self.queue.get_by_role("button", name=f"Cancel: {prompt}").click()

    def cancel_everything(self) -> None:
        """Leaves an empty queue behind."""
        self.page.evaluate(
            """async () => {
              const unfinished = "/jobs?status=queued&status=running&limit=200";
              const { jobs } = await (await fetch(unfinished)).json();
              await Promise.all(jobs.map(({ id }) => fetch(`/jobs/${id}`, { method: "DELETE" })));
            }"""
        )

    def drawn_size(self) -> tuple[int, int]:
        """Width and height in pixels of the picture on the stage, once its file has been decoded."""
        picture = self.stage.get_by_role("img").first
        width, height = picture.evaluate(
            "async (image) => { await image.decode(); return [image.naturalWidth, image.naturalHeight]; }"
        )
        return width, height
