from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.visit import Visit
from tests.studio import Studio

QUIET = (
    "--no-sandbox",  # the tests may run as root, where Chromium's sandbox does not start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# Browser, model and whatever else the machine does share its cores.
PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is not installed: the page was NOT tested (apt-get install chromium)")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def console_errors() -> list[str]:
    """What the browser complained of; a test that provokes a complaint checks it and clears the list."""
    return []


@pytest.fixture
def page(browser: Browser, studio: Studio, console_errors: list[str]) -> Iterator[Page]:
    """An open studio page of a new visitor; fails the test if the browser's console saw an error."""
    context = browser.new_context(base_url=studio.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    page.on(
        "console", lambda message: console_errors.append(message.text) if message.type == "error" else None
    )
    page.goto("/")
    yield page
    context.close()
    assert not console_errors, console_errors


@pytest.fixture
def visit(page: Page) -> Iterator[Visit]:
    """What a visitor can do; cancels whatever the visit left running."""
    visit = Visit(page)
    page.get_by_role("radio", name="All settings").check()
    expect(visit.steps).to_be_visible()
    yield visit
    visit.cancel_everything()
