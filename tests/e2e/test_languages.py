"""The page in Chinese."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.accessibility import hidden_sideways_px, serious
from tests.e2e.visit import PICTURE_MS, Visit
from tests.studio import Studio

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LATIN = re.compile(r"[A-Za-z]{3,}")


def test_a_change_of_language_loses_nothing_and_is_remembered(visit: Visit) -> None:
    page = visit.page
    visit.prompt.fill("a red circle on the left, white background")
    page.get_by_role("button", name="使用中文").click()
    prompt = page.get_by_role("textbox", name="提示词", exact=True)
    expect(prompt).to_have_value("a red circle on the left, white background")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("form", name="生成").get_by_role("button", name="生成").click()
    stage = page.get_by_role("region", name="图片")
    expect(stage.get_by_role("link", name="下载")).to_be_visible(timeout=PICTURE_MS)
    assert serious(page) == []
    page.reload()
    expect(page.get_by_role("heading", name="队列")).to_be_visible()
    page.get_by_role("button", name="Use English").click()
    expect(visit.prompt).to_have_value("a red circle on the left, white background")


@pytest.mark.parametrize("width_px", [1440, 360])
def test_a_chinese_browser_is_answered_in_chinese(browser: Browser, studio: Studio, width_px: int) -> None:
    context = browser.new_context(
        base_url=studio.url, locale="zh-CN", viewport={"width": width_px, "height": 900}
    )
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("textbox", name="提示词", exact=True)).to_be_visible()
    for name in ("编辑", "生成"):
        page.get_by_role("navigation", name="模式").get_by_role("button", name=name).click()
        legends = page.locator("legend:visible, h2:visible, label:visible").all_inner_texts()
        assert legends
        said = [each for each in legends if LATIN.search(each) and not each.startswith(("Canny", "shapes"))]
        assert said == []
        assert hidden_sideways_px(page) == 0
    context.close()
