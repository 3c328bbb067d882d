"""Measures the page in a browser: load, previews, a long history, a long queue: `make bench-frontend`."""

from __future__ import annotations

import gzip
import re
import statistics
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page

from benchmarks.frontend_browser import Frames, opened, record, running_browser
from benchmarks.gateway_calls import PROMPT, percentile
from benchmarks.gateway_filling import fill
from benchmarks.gateway_process import running_gateway, running_script, running_service
from benchmarks.preview_service import STEPS
from benchmarks.table import Row, report

_DIST = Path("frontend/dist")
_MOST_FIRST_LOAD_BYTES = 250_000
_VISITS = 9
_PICTURES, _HISTORY, _WAITING = 48, 10_000, 200
_TALL = "data:text/html,<body style='margin:0'><div style='height:200000px'></div>"
_MOST_READY_S, _MOST_PREVIEW_S = 1.0, 0.2
_PATIENCE_MS = 60_000


def main() -> None:
    """Prints the figures beside the budgets of the design."""
    with tempfile.TemporaryDirectory() as folder, running_browser() as browser:
        home = Path(folder)
        rows = [*measure_bundle(), *measure_previews(browser, home / "previews")]
        rows += measure_long_lists(browser, home / "lists")
    report("frontend", rows)


def measure_bundle() -> list[Row]:
    """Returns what a first visitor fetches before anything is seen, compressed; fonts come after it."""
    names = re.findall(r'assets/[^"]+\.(?:js|css)', (_DIST / "index.html").read_text())
    size_bytes = sum(len(gzip.compress((_DIST / name).read_bytes(), 9)) for name in names)
    is_small = size_bytes <= _MOST_FIRST_LOAD_BYTES
    return [Row("first load, gzip", size_bytes / 1000, "≤ 250", is_small, "kB")]


def measure_previews(browser: Browser, home: Path) -> list[Row]:
    """Returns how long after the end of its step a preview is in sight."""
    home.mkdir()
    socket = home / "t2i.sock"
    with (
        running_script("benchmarks.preview_service", home) as ends,
        running_gateway(home / "gateway", socket) as gateway,
    ):
        with opened(browser, gateway.url) as page:
            page.get_by_role("textbox", name="Prompt").fill("a red circle")
            page.get_by_role("form", name="Generate").get_by_role("button", name="Generate").click()
            page.get_by_role("region", name="Picture").get_by_role("link", name="Download").wait_for(
                timeout=_PATIENCE_MS
            )
            shown_s: list[float] = sorted(page.evaluate("Object.values(window.shown)"))
        ended_s = [float(ends.readline()) for _ in range(STEPS)]
    late_s = [each - max(end for end in ended_s if end <= each) for each in shown_s]
    p95_s = percentile(late_s, 95)
    return [
        Row(f"previews seen, of {STEPS} steps", len(late_s), "", ok=True),
        Row("preview in sight after its step, p50", statistics.median(late_s) * 1000, "", ok=True, unit="ms"),
        Row(
            "preview in sight after its step, p95", p95_s * 1000, "≤ 200", p95_s <= _MOST_PREVIEW_S, "ms"
        ),
    ]  # fmt: skip


def measure_long_lists(browser: Browser, home: Path) -> list[Row]:
    """Returns how a studio with a long history and a long queue loads, scrolls and is put in order."""
    home.mkdir()
    with running_service(home, 256) as socket:
        ended, waiting = _make_jobs(home / "gateway", socket)
        fill(home / "gateway", ended, _HISTORY - len(ended))
        fill(home / "gateway", [waiting], _WAITING - 1)
        with running_gateway(home / "gateway", socket) as gateway:
            ready_s = [measure_load(browser, gateway.url) for _ in range(_VISITS)]
            with opened(browser, _TALL) as page:
                empty = record(page, lambda: scroll(page))
            with opened(browser, gateway.url) as page:
                page.get_by_role("region", name="History").get_by_role("img").first.wait_for()
                scrolled = record(page, lambda: scroll(page))
            with opened(browser, gateway.url) as page:
                wait_for_cards(page)
                reordered = record(page, lambda: reorder(page))
                keyed = record(page, lambda: reorder_by_keys(page))
    median_s = statistics.median(ready_s)
    return [
        Row("form ready after", median_s * 1000, "≤ 1000", median_s <= _MOST_READY_S, "ms"),
        *_rows("empty page, scrolled", empty, is_ours=False),
        *_rows(f"history of {_HISTORY:,}, scrolled", scrolled),
        *_rows(f"queue of {_WAITING}, a card dragged", reordered),
        *_rows(f"queue of {_WAITING}, a card moved by keys", keyed),
    ]


def measure_load(browser: Browser, url: str) -> float:
    """Returns when a new visitor can fill in the form."""
    with opened(browser, url) as page:
        page.wait_for_function("window.seen_ms")
        return page.evaluate("window.seen_ms") / 1000


def scroll(page: Page) -> None:
    """Turns the wheel for some seconds, over the middle of the page."""
    page.mouse.move(700, 700)
    for _ in range(120):
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(16)


def wait_for_cards(page: Page) -> None:
    """Returns when every card that waits is drawn."""
    cards = page.get_by_role("list", name="Waiting jobs").get_by_role("listitem")
    cards.nth(_WAITING - 1).wait_for()


def reorder(page: Page) -> None:
    """Drags the first card that waits past the others, to the end of what is in sight and back."""
    cards = page.get_by_role("list", name="Waiting jobs").get_by_role("listitem")
    grip = cards.first.get_by_role("button", name="Move")
    place = grip.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 5, place["y"] + 5)
    page.mouse.down()
    for step in [*range(60), *range(60, 0, -1)]:
        page.mouse.move(place["x"] + 5, place["y"] + 5 + 9 * step)
        page.wait_for_timeout(16)
    page.mouse.up()


def reorder_by_keys(page: Page) -> None:
    """Moves the first card that waits down, place by place."""
    cards = page.get_by_role("list", name="Waiting jobs").get_by_role("listitem")
    cards.first.locator("[aria-keyshortcuts]").focus()
    for _ in range(20):
        page.keyboard.press("Alt+ArrowDown")
        page.wait_for_timeout(100)


def _make_jobs(home: Path, socket: Path) -> tuple[list[str], str]:
    with (
        running_gateway(home, socket) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False) as client,
    ):
        for seed in range(_PICTURES):
            _paint(client, seed, wait_s=60)
        ended = client.get("/jobs", params={"limit": _PICTURES}).raise_for_status().json()["jobs"]
        client.patch("/queue", json={"paused": True}).raise_for_status()
        return [job["id"] for job in ended], _paint(client, _PICTURES)


def _paint(client: httpx.Client, seed: int, wait_s: int = 0) -> str:
    answer = client.post(
        "/generate/text-to-image", json={"prompt": PROMPT, "seed": seed}, headers={"Prefer": f"wait={wait_s}"}
    )
    return answer.raise_for_status().json()["id"]


def _rows(name: str, frames: Frames, *, is_ours: bool = True) -> list[Row]:
    """Returns the figures of one recording; a page that is not ours shows what the machine can do."""
    is_smooth = frames.long_count == 0 or not is_ours
    return [
        Row(f"{name}: frame, p99", frames.p99_ms, "", ok=True, unit="ms"),
        Row(f"{name}: frames over 50 ms", frames.long_count, "0" if is_ours else "", is_smooth),
    ]


if __name__ == "__main__":
    main()
