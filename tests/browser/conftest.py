"""A real Chromium for the tests that need one."""

import asyncio
import os
import socket
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser as AsyncBrowser
from playwright.async_api import async_playwright
from playwright.async_api import expect as async_expect
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import find_chromium

PATIENCE = 90_000
"""Milliseconds after which a page that shows nothing has failed; not a speed that is asked for."""
expect.set_options(timeout=PATIENCE)
async_expect.set_options(timeout=PATIENCE)

FLAGS = [
    "--no-sandbox",  # as root, Chromium does not start with it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def path() -> str:
    """Where Chromium is; what needs it is skipped without one, except in CI, where that fails."""
    path = find_chromium()
    if path is None:
        lack = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        lack("needs Chromium")
    return path


@pytest.fixture(scope="module")
def browser(path: str) -> Iterator[Browser]:
    """A headless Chromium.

    It ends with its module: while it lives, Playwright's loop runs in this thread, and the next
    module's `asyncio.run` could not.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with nothing remembered from the one before."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """A loop for the tests of a module whose servers and browser are in one."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def async_browser(runner: asyncio.Runner, path: str) -> Iterator[AsyncBrowser]:
    """A headless Chromium in the loop of `runner`."""
    playwright = runner.run(async_playwright().start())
    chromium = runner.run(playwright.chromium.launch(executable_path=path, args=FLAGS))
    yield chromium
    runner.run(chromium.close())
    runner.run(playwright.stop())


@pytest.fixture
def free_port() -> int:
    """A TCP port that is free just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]
