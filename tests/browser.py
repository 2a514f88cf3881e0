"""A browser for the tests of pages, as fixtures.

Needs Chromium (Debian: ``apt-get install chromium``). Without it the tests that ask for it are skipped, except where
``CI`` is set: there they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
WITHOUT: Final = "no Chromium: install it (apt-get install chromium), or name it in CHROMIUM"
"""Why tests of pages are skipped."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, apart from all else that is skipped, that no page was looked at in a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(isinstance(one.longrepr, tuple) and WITHOUT in one.longrepr[2] for one in skipped)
    if count:
        terminalreporter.section("PAGES NOT TESTED", yellow=True, bold=True)
        terminalreporter.line(f"{count} tests of pages in a browser were not run: {WITHOUT}")


def found() -> str | None:
    """Return the path of Chromium; None where there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started(path: str | None = None) -> Iterator[Browser]:
    """Start Chromium, and end it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path or found(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, started once for a module."""
    path = found()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: CI must install it (apt-get install chromium)")
        pytest.skip(WITHOUT)
    with started(path) as one:
        yield one


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window of its own, in light colours."""
    made = browser.new_context(color_scheme="light", viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()
