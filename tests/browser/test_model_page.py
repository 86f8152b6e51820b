"""The page of the model: items and what they are made of, dimensions as trees, revisions; on a desk and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest

from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling

from .plan_page import PlanPage
from .served import Site

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]


def open_model(one: PlanPage, **search: str) -> Any:
    one.page.context.add_cookies([{"name": COOKIE, "value": one.site.session("yusuan"), "url": one.site.url}])
    query = "&".join(f"{key}={value}" for key, value in {"model": "starter", **search}.items())
    one.page.goto(f"{one.site.url}/model?{query}")
    one.page.wait_for_selector(".model-page")
    return one.page


def test_an_item_leads_along_the_chain_of_formulas(someone: Someone) -> None:
    page = open_model(someone())
    page.fill(".model-find input", "毛利 -")
    page.wait_for_selector('tr[data-item="利润!利润"] code:text-is("利润 = 毛利 - 期间费用")')
    assert page.locator("tr[data-item]").count() == 1
    page.click('tr[data-item="利润!利润"] button')
    detail = "[data-testid=item-detail]"
    page.wait_for_selector(f"{detail} h2:text-is('利润')")
    page.click(f"{detail} button:text-is('毛利')")
    page.wait_for_selector(f"{detail} h2:text-is('毛利')")
    page.wait_for_selector(f"{detail} code:text-is('毛利 = 收入 - 成本')")
    page.go_back()  # the address keeps what one looks at
    page.wait_for_selector(f"{detail} h2:text-is('利润')")
    page.fill(".model-find input", "没有这样的东西")
    page.wait_for_selector("text=没有找到")


def test_a_dimension_is_a_tree_that_is_searched_and_folded(someone: Someone, site: Site) -> None:
    page = open_model(someone(), tab="dimensions", dim="科目")
    page.wait_for_selector('[data-testid=members] tr[data-member="费用合计"]')
    shown = page.locator("[data-testid=members] tbody tr").count()
    page.click('button[aria-label="折叠 费用合计"]')
    page.wait_for_function("n => document.querySelectorAll('[data-testid=members] tbody tr').length < n", arg=shown)
    page.fill(".model-find input", "社保")
    page.wait_for_selector('[data-testid=members] tr[data-member="社保"]')
    page.wait_for_selector('[data-testid=members] tr[data-member="费用合计"]')  # the way to it
    page.click(".ant-tabs-tab:has-text('修订')")
    page.wait_for_selector("[data-testid=revisions] li:has-text('现行')")


def test_a_phone_shows_an_item_by_itself_and_goes_back_to_the_list(someone: Someone) -> None:
    page = open_model(someone(390, 844))
    page.click('tr[data-item="利润!毛利"] button')
    page.wait_for_selector("[data-testid=item-detail] h2:text-is('毛利')")
    assert page.locator("tr[data-item]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("text=指标列表")
    page.wait_for_selector('tr[data-item="利润!毛利"]')


HINTED = {
    "model.yaml": "name: hinted\ntitle: 有提示的\ncalendar: {base: month, start: 2026-01, end: 2026-12}\n"
    "currency: 元\nunits: {元: '', 件: ''}\nversions: [实际, 预算]\n",
    "dimensions/org.csv": "code,name,parent,weight\nG,集团,,\nA,甲,G,\n",
    "cubes/1参数.yaml": "cube: 参数\ntitle: 参数\ndims: []\nitems:\n  税率: {unit: '%'}\n  闲置: {unit: 元}\n",
    "cubes/2销售.yaml": "cube: 销售\ntitle: 销售\ndims: [period, org]\nuses: [参数]\nitems:\n  收入: {unit: 元}\n"
    "  税: {unit: 元}\nformulas: |\n  税 = 收入 * 税率\n  税 = 收入 * 2\n",
}


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_hints_say_what_where_and_what_to_do(someone: Someone, site: Site, width: int, height: int) -> None:
    with site.container.database.writing() as uow:
        modelling.apply(uow, system("test"), HINTED)
    page = open_model(someone(width, height), tab="hints")
    page.wait_for_selector("text=没有提示")  # starter has none
    page = open_model(someone(width, height), tab="hints", model="hinted")
    page.wait_for_selector("[data-testid=hints] li")
    told = [line.get_attribute("data-hint") for line in page.locator("[data-testid=hints] li").all()]
    assert told == ["never_filled", "unused_parameter", "unreachable"]
    line = page.locator("li[data-hint=unreachable]").inner_text()
    assert "税 = 收入 * 2" in line
    assert "cubes/2销售.yaml:10" in line
    assert "删去，或移到前面" in line
    assert page.evaluate("document.documentElement.scrollWidth") <= width
