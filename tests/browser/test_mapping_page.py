"""A document by its own fields in the browser: the form asks for them, the check says where they lead, the desk tries them."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.integration.control.office import ITEM, POLICY, found_office
from tests.integration.control.test_field_mapping import TEXTS

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetCell

from .served import Site
from .spend_page import SpendPage

pytestmark = pytest.mark.browser
Someone = Callable[..., SpendPage]


@pytest.fixture(scope="module")
def office(site: Site) -> Site:
    with site.container.database.writing() as uow:
        found_office(uow, TEXTS)
        access.set_business_date(uow, system(), date(2026, 2, 10), reason="test")
        cells = [BudgetCell({"org": "N1", "科目": "差旅费", "item": ITEM}, "2026-02", Decimal(1000))]
        commands.book_budget(uow, "boss", queries.policy(uow, POLICY), cells).write()
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


def fill(one: SpendPage, within: str, **fields: str) -> None:
    for name, said in fields.items():
        one.page.fill(f"{within} .field:has(label:text-is('{name}')) input", said)


def flag(one: SpendPage, within: str, name: str, option: str) -> None:
    one.page.click(f"{within} .field:has(label:text-is('{name}')) .ant-select")
    one.page.click(f".ant-select-dropdown:visible .ant-select-item-option[title='{option}']")


def test_a_request_by_its_fields(someone: Someone) -> None:
    he = someone().open("he")
    page, form = he.page, ".spend-form"
    he.about("上海出差")
    fill(he, form, 公司="A", 中心="9", 费用="机票", 日期="2026-02-10", 含税="106", 税额="6")
    flag(he, form, "已分摊", "否")
    expect(page.locator("[data-testid=line-1] .note")).to_contain_text("对照表里没有“A9”")
    expect(page.get_by_test_id("submit")).to_be_disabled()
    fill(he, form, 中心="1")
    expect(page.get_by_test_id("placed")).to_contain_text("北方市场部 · 差旅费 · 2026-02 · 100.00")
    he.submit()
    page.click("text=看每条规则")
    expect(page.get_by_test_id("mapped-org")).to_contain_text("N1")


def test_the_desk_tries_a_mapping_and_holds_nothing(someone: Someone) -> None:
    shen = someone().open("shen", tab="desk")
    page, form = shen.page, ".mapping-fields"
    page.click(".ant-segmented-item:has-text('字段对应')")
    fill(shen, form, 公司="A", 中心="1", 费用="机票", 日期="2026-02-10", 含税="106")
    page.get_by_test_id("try-mapping").click()
    expect(page.get_by_test_id("mapping-result")).to_contain_text("无法判断：已分摊 是空白")
    flag(shen, form, "已分摊", "否")
    page.get_by_test_id("try-mapping").click()
    expect(page.get_by_test_id("mapped-org")).to_contain_text("✓ N1")
    expect(page.get_by_test_id("mapped-amount")).to_contain_text("✓ 106.00")
    fill(shen, form, 日期="")
    page.get_by_test_id("try-mapping").click()
    expect(page.get_by_test_id("mapping-result")).to_contain_text("对应不出")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_nothing_is_wider_than_the_screen(someone: Someone, width: int, height: int, tmp_path: Any) -> None:
    shen = someone(width, height).open("shen", tab="desk")
    page = shen.page
    page.click(".ant-segmented-item:has-text('字段对应')")
    fill(shen, ".mapping-fields", 公司="A", 中心="1", 日期="2026-02-10", 含税="106", 费用="机票")
    flag(shen, ".mapping-fields", "已分摊", "否")
    page.get_by_test_id("try-mapping").click()
    expect(page.get_by_test_id("mapped-org")).to_contain_text("✓ N1")
    page.screenshot(path=tmp_path / f"mapping-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
