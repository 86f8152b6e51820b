"""One browser for the session; a fresh context (its own cookies) for each test."""

import os
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A running Chromium, driven by Playwright."""
    if os.environ.get("BIHUAN_NO_BROWSER") == "1":
        pytest.skip("BIHUAN_NO_BROWSER=1: browser tests were left out")
    from playwright.sync_api import sync_playwright

    from .chromium import NoBrowser, find

    try:
        found = find()
    except NoBrowser as error:
        pytest.fail(f"没有浏览器：{error}；set BIHUAN_NO_BROWSER=1 to leave the browser tests out")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=found.executable, args=list(found.args), env=found.env, headless=True
        )
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page in Chinese, desktop size."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    yield context.new_page()
    context.close()
