"""One browser per module; a fresh context (its own cookies) for each test.

Not per session: Playwright keeps an event loop running in this thread, and other modules' tests start their own.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .plan_page import PlanPage
from .served import Site, served


@pytest.fixture(scope="module")
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
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application, served, on the module's database."""
    with served(database_url, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def someone(browser: Any, site: Site) -> Iterator[Callable[..., PlanPage]]:
    """``someone()``: a fresh browser of one person; ends with no error on any console."""
    pages: list[PlanPage] = []

    def come(width: int = 1440, height: int = 900) -> PlanPage:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        pages.append(PlanPage(context.new_page(), site))
        return pages[-1]

    yield come
    errors = [error for page in pages for error in page.errors]
    for page in pages:
        page.page.context.close()
    assert errors == []
