from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, TimeoutError, expect

_REST_MS = 2_000
AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical in dark and in light, with the elements concerned."""
    assert AXE.is_file(), f"{AXE} is missing; run `make page`"
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    return [*_serious_in(page, "dark"), *_serious_in(page, "light")]


def hidden_sideways_px(page: Page) -> int:
    """How far the page can be scrolled sideways, once what slides has come to rest."""
    hidden = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    with suppress(TimeoutError):
        page.wait_for_function(f"() => {hidden} === 0", timeout=_REST_MS)
    return page.evaluate(f"() => {hidden}")


def _serious_in(page: Page, scheme: Literal["dark", "light"]) -> list[str]:
    # Half-faded colours are not what the eye ends up with.
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
    found = page.evaluate("() => axe.run().then(({ violations }) => violations)")
    return [
        f"{one['id']} ({scheme}): {node['html']} {node['failureSummary']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
