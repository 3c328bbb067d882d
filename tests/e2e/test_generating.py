from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.visit import PICTURE_MS, Visit

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PAINTING = re.compile(r"Image \d+ of 16, step \d+ of 100")


def test_a_prompt_becomes_a_picture_that_can_be_watched_and_downloaded(visit: Visit) -> None:
    prompt = visit.ask("a red circle on the left, white background", steps=60)
    expect(visit.stage).to_contain_text(prompt)
    expect(visit.page).to_have_title("(1) Limner")
    expect(visit.stage.get_by_role("img", name=f"Preview of: {prompt}")).to_be_visible(timeout=PICTURE_MS)
    expect(visit.bar).to_have_attribute("aria-valuetext", re.compile(r"Step \d+ of 60"))
    percent = visit.bar.get_attribute("aria-valuenow") or ""
    expect(visit.bar).not_to_have_attribute("aria-valuenow", percent)

    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    expect(visit.page).to_have_title("Limner")
    assert visit.drawn_size() == (128, 128)
    with visit.page.expect_download() as downloading:
        visit.download.click()
    download = downloading.value
    seed = visit.stage.get_by_role("definition").first.inner_text()
    assert download.suggested_filename == f"limner-{seed}.png"
    picture = Image.open(io.BytesIO(download.path().read_bytes()))
    assert (picture.format, picture.size) == ("PNG", (128, 128))


def test_the_same_seed_paints_the_same_picture(visit: Visit) -> None:
    prompt = visit.ask("a blue square in the centre, yellow background")
    pictures = visit.history.get_by_role("img", name=prompt)
    expect(pictures).to_have_count(1, timeout=PICTURE_MS)
    first = pictures.get_attribute("src")
    assert first is not None
    # Until then the stage may show what an earlier visit left.
    expect(visit.download).to_have_attribute("href", first.partition("/thumbnail")[0])
    visit.stage.get_by_role("button", name="Reuse settings").click()
    expect(visit.seed).not_to_have_value("")
    visit.generate.click()
    expect(pictures).to_have_count(2, timeout=PICTURE_MS)
    # Images are named after their content, so the same address is the same picture.
    assert [picture.get_attribute("src") for picture in pictures.all()] == [first, first]


def test_several_images_of_one_run_can_be_looked_at_one_by_one(visit: Visit) -> None:
    visit.ask("a green star at the top, black background", images=2)
    strip = visit.stage.get_by_role("group", name="Images of this run").get_by_role("button")
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    expect(strip).to_have_count(2)
    first = visit.download.get_attribute("href")
    strip.nth(1).click()
    expect(visit.download).not_to_have_attribute("href", first or "")
    visit.page.reload()
    expect(visit.download).not_to_have_attribute("href", first or "")


def test_a_reload_in_mid_run_keeps_everything(visit: Visit) -> None:
    running = visit.ask_much("a purple triangle on the right, white background")
    waiting = visit.ask_much("an orange circle at the bottom, blue background")
    expect(visit.bar).to_have_attribute("aria-valuetext", PAINTING, timeout=PICTURE_MS)

    visit.page.reload()

    expect(visit.stage).to_contain_text(running)
    expect(visit.card(running).get_by_role("progressbar")).to_be_visible()
    expect(visit.card(waiting)).to_contain_text("Next in line")
    expect(visit.prompt).to_have_value(waiting)
    expect(visit.steps).to_have_value("100")
    expect(visit.stage.get_by_role("img", name=f"Preview of: {running}")).to_be_visible(timeout=PICTURE_MS)


def test_the_history_shows_what_was_painted_before(visit: Visit) -> None:
    prompt = visit.ask("a yellow star on the left, black background")
    expect(visit.download).to_be_visible(timeout=PICTURE_MS)
    visit.page.reload()
    visit.history.get_by_role("button", name=prompt, exact=True).click()
    expect(visit.stage).to_contain_text(prompt)
    expect(visit.page).to_have_url(re.compile(r"[?&]job="))
