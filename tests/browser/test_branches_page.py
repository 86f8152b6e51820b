"""The page of versions and branches: made, compared, merged with a conflict decided, undone, closed; refused to a stranger."""

from collections.abc import Callable
from typing import Any

import pytest

from bihuan.features.access.http import COOKIE

from .plan_page import EXPENSES, TRAVEL, PlanPage
from .served import Site

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]
COLUMN = "2026-01"


def open_versions(one: PlanPage, login: str = "yusuan", **search: str) -> Any:
    one.page.context.add_cookies([{"name": COOKIE, "value": one.site.session(login), "url": one.site.url}])
    query = "&".join(
        f"{key}={value}" for key, value in {"model": "starter", "org": "MM", "table": "费用", **search}.items()
    )
    one.page.goto(f"{one.site.url}/prepare/versions?{query}")
    one.page.wait_for_selector(".branches")
    return one.page


def make(page: Any, code: str) -> None:
    """By keyboard alone, from the button on."""
    page.locator('tr[data-version="预算"] button:text-is("建分支")').focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#branch-code:focus")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_selector(f'tr[data-version="{code}"]:has-text("于算")')


def fill(one: PlanPage, version: str, amount: str) -> None:
    one.open("yusuan", **EXPENSES, version=version)
    one.type(TRAVEL, COLUMN, amount)
    one.save()


def test_a_conflict_is_decided_merged_and_taken_back(someone: Someone) -> None:
    one = someone()
    page = open_versions(one)
    make(page, "加差旅")
    fill(one, "加差旅", "7007")
    fill(one, "预算", "8008")

    page = open_versions(one)
    for name in ("预算", "加差旅"):
        page.locator(f'tr[data-version="{name}"] input[type=checkbox]').check()
    page.click("[data-testid=compare]")
    row = '[data-testid=compared] tr:has-text("差旅"):has-text("2026-01")'
    page.wait_for_selector(row)
    cells = page.locator(row).first.locator("td").all_inner_texts()
    assert cells[1:] == [COLUMN, "8,008", "7,007", "−1,001", "−12.5%"]  # 1001 / 8008
    page.locator(f"{row} button").first.click()
    page.wait_for_selector('[data-testid=who-changed]:has-text("于算")')

    page.click("text=返回列表")
    page.click('tr[data-version="加差旅"] button:text-is("合并")')
    page.wait_for_selector("[data-testid=open-cells] li")
    assert page.locator("[data-testid=merge]").is_disabled()  # not before the conflict is decided
    page.locator("[data-testid=open-cells] input[type=radio]").nth(1).check()
    page.click("[data-testid=merge]")
    page.wait_for_selector("text=改了 1 格")
    one.open("yusuan", **EXPENSES, version="预算").expect(TRAVEL, COLUMN, "7,007")


def test_a_merge_is_undone_and_a_branch_closed_and_reopened(someone: Someone) -> None:
    one = someone()
    page = open_versions(one)
    make(page, "试一下")
    fill(one, "试一下", "6006")
    page = open_versions(one)
    page.click('tr[data-version="试一下"] button:text-is("合并")')
    page.wait_for_selector('[data-testid=changed-cells] li:has-text("6,006")')
    page.click("[data-testid=merge]")
    page.click("[data-testid=undo-merge]")
    page.wait_for_selector('[data-testid=changed-cells] li:has-text("6,006")')  # to be merged again
    page.click("text=返回列表")
    page.click('tr[data-version="试一下"] button:text-is("关闭")')
    page.click(".ant-modal-footer .ant-btn-primary")
    page.click('tr[data-version="试一下"] button:text-is("重新打开")')
    page.wait_for_selector('tr[data-version="试一下"] button:text-is("合并")')


def test_on_a_phone_nothing_is_wider_than_the_screen(someone: Someone) -> None:
    page = open_versions(someone(390, 844))
    page.wait_for_selector('tr[data-version="预算"]')
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_who_may_not_read_plans_is_told_so(someone: Someone, site: Site) -> None:
    from bihuan.features.access import commands as access
    from bihuan.features.access.model import system

    with site.container.database.writing() as uow:
        access.add_user(uow, system("test"), login="stranger", name="生人", password="correct horse 42")
    page = open_versions(someone(), "stranger")
    page.wait_for_selector("text=你看不到版本")
    assert page.locator("[data-testid=versions]").count() == 0
