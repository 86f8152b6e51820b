"""A line under a rate standard in the browser: its fields appear, the answer is in numbers, the document shows the quantity."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.control.office import ITEM, PACKAGE, POLICY, found_office

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetCell

from .served import Site
from .spend_page import SpendPage

pytestmark = pytest.mark.browser
Someone = Callable[..., SpendPage]
MORE = """
  - code: 费率
    title: 会议费不超过收入的 5 %
    window: year
    where: {科目: [会议费]}
    by: {org: leaf, 科目: leaf}
    linked: {item: 费用!金额, percent: 5}
issue: {by: half}
standards:
  - code: 住宿
    title: 住宿标准
    unit: 晚
    where: {科目: [差旅费]}
    ask: {城市: [一线, 二线]}
    rates: [{price: 500, where: {城市: [一线]}}, {price: 350}]
    strength: flexible
    tolerance: "10"
"""
TEXTS = {**PACKAGE, "policies/费用控制.yaml": PACKAGE["policies/费用控制.yaml"] + MORE.removeprefix("\n")}


@pytest.fixture(scope="module")
def office(site: Site) -> Site:
    """10,000 in each half of the year, of which the first may be spent."""
    with site.container.database.writing() as uow:
        found_office(uow, TEXTS)
        access.set_business_date(uow, system(), date(2026, 3, 10), reason="test")
        policy = queries.policy(uow, POLICY)
        cells = [
            BudgetCell({"org": "N1", "科目": account, "item": ITEM}, f"2026-{month:02d}", Decimal(10_000))
            for account in ("差旅费", "会议费", "展会费")
            for month in (3, 9)
        ]
        commands.book_budget(uow, "boss", policy, cells).write()
    return site


@pytest.fixture
def someone(browser: Any, office: Site) -> Iterator[Someone]:
    """``someone()``: a fresh browser; ends with no error on any console."""
    pages: list[SpendPage] = []

    def come(width: int = 1440, height: int = 900) -> SpendPage:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce"
        )
        pages.append(SpendPage(context.new_page(), office))
        return pages[-1]

    yield come
    errors = [error for page in pages for error in page.errors]
    for page in pages:
        page.page.context.close()
    assert errors == []


def fill(one: SpendPage, about: str, account: str, amount: str) -> None:
    one.about(about)
    one.pick("科目", account)
    one.choose("用款期间", "2026-03")
    one.amount(amount)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_the_form_asks_for_what_the_standard_needs_and_says_how_far_beyond_a_line_is(
    someone: Someone, size: tuple[int, int]
) -> None:
    one = someone(*size).open("he")
    fill(one, "上海出差", "展会费", "1700")
    assert one.page.locator("label:text-is('数量（晚）')").count() == 0
    fill(one, "上海出差", "差旅费", "1700")
    one.expect_verdict("refuse", "没有填数量（晚）")
    one.page.fill("[data-testid=line-1] input[id$=-quantity]", "3")
    one.choose("城市", "一线")
    one.expect_verdict("refuse", "3 晚 × 标准 500.00 = 1,500.00；本行 1,700.00（每晚 566.67），超出 200.00")
    assert one.page.is_disabled("[data-testid=submit]")
    one.amount("1600")
    one.expect_verdict("warn", "超出 100.00")
    one.submit()
    one.page.wait_for_selector("text=/× 3 · 一线/")


def test_a_refusal_says_when_more_may_be_spent_and_why_a_limit_that_follows_revenue_is_closed(someone: Someone) -> None:
    one = someone().open("he")
    fill(one, "展位", "展会费", "10001")
    one.expect_verdict("refuse")
    assert one.page.locator("[data-testid=check-note]").count() == 0  # the month has all it was released
    fill(one, "讲课", "会议费", "100")
    one.expect_verdict("refuse")
    one.expect_text("check-note", "按收入的限额：实际 费用!金额 在 2026-01 至 2026-12 没有数，限额为 0。")


def test_the_balance_says_what_is_still_to_come(someone: Someone) -> None:
    one = someone().open("shen", tab="balances", rule="集团", period="2026-03")
    one.page.click("[data-testid=balances] button:has-text('集团')")
    one.page.wait_for_selector("[data-testid=balance-panel] :text('30,000.00 未到下达时间，2026-07 起可用')")
