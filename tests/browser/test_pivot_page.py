"""The pivot page: any slice laid out by pointer and by key, explained, kept as a workbook, found again by its address."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest

from bihuan.features.access.http import COOKIE

from .plan_page import TRAVEL, PlanPage

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]


def open_pivot(one: PlanPage, **search: str) -> Any:
    one.page.context.add_cookies([{"name": COOKIE, "value": one.site.session("yusuan"), "url": one.site.url}])
    asked = {"model": "starter", "table": "费用", "org": "MM", **search}
    one.page.goto(f"{one.site.url}/prepare/pivot?{urlencode(asked)}")
    one.page.wait_for_selector("[data-testid=pivot-page]")
    return one.page


def rows(one: PlanPage) -> list[str]:
    return list(one.page.evaluate("() => window.bihuanGrid.rows()"))


def test_a_dimension_is_put_on_rows_and_the_address_keeps_it(someone: Someone) -> None:
    one = someone()
    page = open_pivot(one)
    one.ready()
    assert "金额|差旅" in rows(one)
    page.locator('[data-dim=org] button[aria-label$="放到行上"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-testid=pivot-rows]:has-text("组织")')
    page.wait_for_function("() => window.bihuanGrid?.rows().some(row => row === '金额|MM')")
    assert "rows=org" in page.url
    page.drag_and_drop('[data-dim="科目"] > span', "[data-testid=pivot-rows] > span")
    page.wait_for_function("() => window.bihuanGrid?.rows().some(row => row === '金额|差旅')")
    page.reload()
    one.ready()
    assert "金额|差旅" in rows(one)


def test_periods_are_chosen_and_rows_folded(someone: Someone) -> None:
    one = someone()
    page = open_pivot(one, grain="quarter", level="1")
    one.ready()
    page.wait_for_function("() => window.bihuanGrid.rows().length === 1")
    columns = page.evaluate("() => window.bihuanGrid.columns()")
    assert columns == ["2026Q1", "2026Q2", "2026Q3", "2026Q4"]


def test_a_number_is_explained_and_never_typed_over(someone: Someone) -> None:
    one = someone()
    page = open_pivot(one)
    one.ready()
    was = one.cell(TRAVEL, "2026-01").inner_text()
    one.click(TRAVEL, "2026-01")
    page.keyboard.type("5")
    one.expect_message("只看不填")
    one.expect(TRAVEL, "2026-01", was)
    one.keys("Alt+e")
    page.wait_for_selector(f'[data-testid=explain-value]:has-text("{was}")')


def test_the_workbook_is_what_is_shown(someone: Someone, tmp_path: Path) -> None:
    one = someone()
    page = open_pivot(one, grain="year", unit="wan", level="1")
    one.ready()
    page.wait_for_function("() => window.bihuanGrid.rows().length === 1")
    shown = float(one.cell("金额|费用合计", "2026").get_attribute("data-amount") or "")
    with page.expect_download() as waiting:
        page.click("[data-testid=pivot-export]")
    waiting.value.save_as(tmp_path / "p.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "p.xlsx").active
    assert sheet is not None
    lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert lines[1][0].endswith("单位：万元")
    assert len(lines) == 4
    assert lines[3][1] == pytest.approx(shown / 10_000)


def test_a_phone_lists_one_column_and_is_no_wider_than_itself(someone: Someone) -> None:
    page = open_pivot(someone(390, 844))
    page.wait_for_selector("[data-testid=phone-list] li")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_broken_answer_is_said_and_tried_again(someone: Someone) -> None:
    one = someone()
    one.page.route("**/api/v1/plan/query", lambda route: route.abort())
    page = open_pivot(one)
    page.wait_for_selector("[data-testid=failed]")
    page.unroute("**/api/v1/plan/query")
    page.click("[data-testid=failed] button")
    one.ready()
