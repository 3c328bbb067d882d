"""A browser that notes when frames are drawn and when things come into sight."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from benchmarks.gateway_calls import percentile
from tests.e2e.conftest import QUIET

LONG_FRAME_MS = 50.0
_VIEWPORT: ViewportSize = {"width": 1440, "height": 900}

# `frames`: when each frame was drawn. `seen`: when the form could first be filled in.
# `shown`: when each preview was first complete, as seconds since 1970.
_WATCH = """
  window.frames_ms = [];
  window.shown = {};
  const watch = (now_ms) => {
    window.frames_ms.push(now_ms);
    if (!window.seen_ms && document.querySelector("[data-key=prompt]")) window.seen_ms = now_ms;
    const preview = document.querySelector("main img[alt^='Preview of']");
    if (preview && preview.complete && preview.naturalWidth && !(preview.src in window.shown)) {
      window.shown[preview.src] = (performance.timeOrigin + performance.now()) / 1000;
    }
    requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);
"""


@dataclass(frozen=True, slots=True)
class Frames:
    """How long each frame of an action took."""

    lengths_ms: tuple[float, ...]

    @property
    def p99_ms(self) -> float:
        """What 99 of 100 frames did not exceed."""
        return percentile(list(self.lengths_ms), 99)

    @property
    def long_count(self) -> int:
        """How many were so long that people see it."""
        return sum(each > LONG_FRAME_MS for each in self.lengths_ms)


@contextmanager
def running_browser() -> Generator[Browser]:
    """Yields Chromium; raises RuntimeError where there is none."""
    executable = shutil.which("chromium")
    if executable is None:
        raise RuntimeError("chromium is not installed (apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, url: str) -> Generator[Page]:
    """Yields the page of a new visitor, which notes what it does."""
    context = browser.new_context(viewport=_VIEWPORT, locale="en-US")
    page = context.new_page()
    page.add_init_script(_WATCH)
    page.goto(url)
    yield page
    context.close()


def record(page: Page, act: Callable[[], None]) -> Frames:
    """Returns the frames that were drawn while something was done."""
    page.evaluate("window.frames_ms = []")
    act()
    times_ms: list[float] = page.evaluate("window.frames_ms")
    return Frames(tuple(later - earlier for earlier, later in pairwise(times_ms)))
