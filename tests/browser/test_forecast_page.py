"""再预测: run, see how the year ends, change a month, refresh with the change kept, put the baseline back, take the run back."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.forecast.conftest import TEXTS, amounts, enter

from bihuan.bootstrap import models_folder
from bihuan.features.access import commands as access
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder

from .plan_page import PlanPage
from .served import Site

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]
REAL = amounts(11)


@pytest.fixture(scope="module")
def company(site: Site) -> Site:
    """The starter company with its forecasts as text, and actuals from 2025-01 to 2026-10."""
    with site.container.database.writing() as uow:
        files = {**read_folder(models_folder() / "starter"), **TEXTS}
        modelling.apply(uow, system(), files, name="starter", from_revision=1)
    with site.container.database.writing() as uow:
        enter(uow, "实际", {k: v for k, v in REAL.items() if k[2] <= "2026-10"})
        access.set_business_date(uow, system(), date(2026, 10, 31))
    return site


def come(one: PlanPage, login: str = "yusuan", **search: str) -> Any:
    """Comes in to the page; the forecast of all expenses."""
    one.page.context.add_cookies([{"name": COOKIE, "value": one.site.session(login), "url": one.site.url}])
    chosen = {"model": "starter", "forecast": "费用预测", **search}
    one.page.goto(f"{one.site.url}/forecast?" + "&".join(f"{k}={v}" for k, v in chosen.items()))
    one.page.wait_for_selector(".forecast-head")
    return one.page


def figure(text: str) -> Decimal:
    return Decimal(text.replace(",", "").strip() or "0")


def row(page: Any, node: str) -> list[str]:
    """The cells of a row: twelve months, the year, the budget, the difference, the rate."""
    page.wait_for_selector(f"[data-testid=row-{node}]")
    return [cell.inner_text() for cell in page.locator(f"[data-testid=row-{node}] td").all()]


def test_a_forecast_is_run_changed_refreshed_and_taken_back(company: Site, someone: Someone) -> None:
    page = come(someone(), org="MM")
    page.wait_for_selector("text=还没有运行过")
    page.click("[data-testid=run]")
    page.wait_for_selector("text=预测已更新：实际到 2026-10")
    travel = row(page, "差旅")
    expected = [f"{REAL['MM', '差旅', f'2026-{m:02d}']:,.0f}" for m in range(1, 11)]
    assert travel[:10] == expected
    assert all(figure(v) > 0 for v in travel[10:12])
    assert abs(figure(travel[12]) - sum(figure(v) for v in travel[:12])) <= 6  # whole yuan are shown
    assert re.search(r"所选方法误差率 [\d.]+%，去年同期 [\d.]+%，低 [\d.]+%", page.inner_text("[data-testid=backtest]"))

    # a person changes November
    page.click("[data-testid=row-差旅] .row-name")
    page.click("[data-testid=row-差旅] td:nth-child(12) .type-over")
    page.fill("[data-testid=over-input]", "12.5万")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=row-差旅] td[data-edited=true]:has-text('125,000')")
    page.wait_for_selector("[data-testid=edits]:has-text('2026-11 由 于算 改为 125,000')")
    assert row(page, "差旅")[11] == travel[11]

    # actuals move, and the forecast is refreshed: the change stays, the baseline beside it is new
    with company.container.database.writing() as uow:
        enter(uow, "实际", {("MM", "差旅", "2026-10"): REAL["MM", "差旅", "2026-10"] * 2})
    page.reload()
    page.wait_for_selector("text=实际数在上次运算后有变化")
    page.click("[data-testid=run]")
    page.wait_for_selector("text=保留人工修改 1 处")
    page.wait_for_selector(f"[data-testid=row-差旅]:has-text('{REAL['MM', '差旅', '2026-10'] * 2:,.0f}')")
    again = row(page, "差旅")
    assert again[10] == "125,000"
    assert again[11] != travel[11]

    # the baseline is put back, then the run is taken back
    page.click("[data-testid=edits] button:has-text('恢复基线')")
    page.wait_for_selector("text=已恢复基线 1 处")
    page.wait_for_selector("text=没有人工修改")
    assert row(page, "差旅")[10] not in ("125,000", travel[10])


def test_the_chart_has_a_table_and_a_sentence_and_works_by_keyboard(company: Site, someone: Someone) -> None:
    page = come(someone(), org="MM")
    page.wait_for_selector("[data-testid=row-差旅]")
    page.focus("[data-testid=row-差旅] .row-name")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('差旅费 2026 年各月')")
    assert "node=%E5%B7%AE%E6%97%85" in page.url
    sentence = page.inner_text("[data-testid=sentence]")
    assert sentence.startswith("到 2026-10 实际 ")
    assert "比预算" in sentence
    page.click("button:has-text('看数字')")
    twin = page.locator(".twin tbody tr").first.locator("td").all_inner_texts()
    assert twin == row(page, "差旅")[:12]


def test_on_a_phone_one_sees_year_and_difference_and_nothing_is_cut_off(company: Site, someone: Someone) -> None:
    page = come(someone(390, 844), org="MM", unit="wan")
    page.wait_for_selector("[data-testid=outlook] li")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("[data-testid=outlook] button:has-text('业务招待费')")
    page.wait_for_selector("h2:has-text('业务招待费')")
