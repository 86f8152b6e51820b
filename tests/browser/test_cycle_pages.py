"""The season as its people walk it: a cycle opened, targets handed down by keyboard, distributed, looked at, released.

Amounts are random in every run; what must stand on the page is computed here from them.
"""

import random
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.integration.entry.season import Season, furnish, opened

from bihuan.features.access import commands as access
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.entry import commands as entry
from bihuan.features.process import commands as process

from .plan_page import PlanPage
from .served import Site

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]
TRAVEL = "差旅费"


@pytest.fixture(scope="module")
def season(site: Site) -> Season:
    """A small group beside the example models; its cycle is not open yet."""
    made = furnish(site.container.database)
    with site.container.database.writing() as uow:
        access.set_business_date(uow, system(), date(2026, 10, 31))
    return made


def go(one: PlanPage, login: str, path: str, **more: str) -> Any:
    """Comes in and waits for the page's head."""
    one.page.context.add_cookies([{"name": COOKIE, "value": one.site.session(login), "url": one.site.url}])
    one.page.goto(f"{one.site.url}{path}?{urlencode({'model': 'group', **more})}")
    one.page.wait_for_selector(".page-head h1")
    return one.page


def field(page: Any, org: str, part: str = "target") -> Any:
    return page.locator(f'input[data-cell="{org}|{TRAVEL}|{part}"]')


def fill(page: Any, org: str, amount: int, part: str = "target") -> None:
    field(page, org, part).click()
    page.keyboard.type(str(amount))
    page.keyboard.press("Enter")


def save(page: Any) -> None:
    page.click("[data-testid=save-targets]")


def saved(page: Any) -> None:
    page.wait_for_selector("[data-testid=edit-state]:has-text('都存好了')")


def shown(page: Any, line: str, column: str, text: str) -> None:
    cell = f'tr[data-line="{line}"] td[data-column="{column}"]'
    page.wait_for_function(
        "([cell, text]) => { const at = document.querySelector(cell); const input = at?.querySelector('input');"
        " return (input ? input.value : at?.textContent) === text; }",
        arg=[cell, text],
        timeout=8000,
    )


def open_line(page: Any, name: str) -> None:
    page.click(f'button.toggle[aria-label*="{name}"][aria-expanded="false"]')


def test_the_walk_of_targets(someone: Someone, season: Season) -> None:
    received = random.randrange(100_000, 900_000)
    kept = random.randrange(1_000, 9_000)
    # the administrator opens the cycle
    admin = someone()
    page = go(admin, "guan", "/admin")
    page.click("[data-testid=templates] button:has-text('开启')")
    page.wait_for_selector(".ant-modal:has-text('4 个预算单元')")
    page.click("[data-testid=confirm]")
    page.wait_for_selector("[data-testid=units] tr[data-unit=B2]")
    # and hands down to a division
    page.click("[data-testid=cycles] a:has-text('看目标')")
    open_line(page, "甲事业部")
    fill(page, "A", received)
    page.wait_for_selector("[data-testid=edit-state]:has-text('1 处未保存')")
    save(page)
    saved(page)
    shown(page, f"A|{TRAVEL}", "room", f"{received:,}")
    # its head keeps some back; what he gives beyond that is refused in numbers
    head = someone()
    page = go(head, "jia", "/target")
    fill(page, "A", kept, "reserve")
    open_line(page, "甲一部")
    fill(page, "A1", received - kept + 1)
    shown(page, f"A|{TRAVEL}", "room", "超 1")
    save(page)
    page.wait_for_selector("[data-testid=refused]:has-text('超出 1 元')")
    fill(page, "A1", received - kept)
    save(page)
    saved(page)
    shown(page, f"A|{TRAVEL}", "room", "0")
    page.click("[role=toolbar] button:has-text('撤销')")
    shown(page, f"A1|{TRAVEL}", "target", "")
    shown(page, f"A|{TRAVEL}", "reserve", "")
    # distributed after last year, 80 : 20, to the yuan
    fill(page, "A", kept, "reserve")
    save(page)
    saved(page)
    page.click("button:has-text('按比例分解')")
    page.click(".ant-modal .ant-btn-primary:has-text('按比例分解')")
    give = received - kept
    first = give * 80 // 100 + (1 if give * 80 % 100 >= 50 else 0)
    shown(page, f"A1|{TRAVEL}", "target", f"{first:,}")
    shown(page, f"A|{TRAVEL}", "room", "0")


def test_a_pasted_table_is_checked_then_imported_and_a_conflict_lets_one_choose(
    someone: Someone, season: Season
) -> None:
    amount = random.randrange(10, 90)
    one, two = someone(), someone()
    page, other = go(one, "guan", "/target", unit="wan"), go(two, "guan", "/target")
    page.click("button:has-text('导入')")
    page.fill("[data-testid=import-dialog] textarea", f"组织\t培训费\n乙事业部\t{amount}\n丙\t1\n")
    page.click(".ant-modal-footer .ant-btn-primary")
    page.wait_for_selector("[data-testid=import-dialog]:has-text('第 3 行')")
    page.fill("[data-testid=import-dialog] textarea", f"组织\t培训费\n乙事业部\t{amount}\n")
    page.click(".ant-modal-footer .ant-btn-primary")
    page.click(".ant-modal-footer .ant-btn-primary:has-text('导入 1 个目标')")
    open_line(page, "乙事业部")
    shown(page, "B|培训费", "target", f"{amount}.00")
    # two administrators type into the same target: the second one sees both values
    open_line(other, "乙事业部")
    field(other, "B").click()
    other.keyboard.type("500")
    other.keyboard.press("Enter")
    fill(page, "B", 3)
    save(page)
    saved(page)
    other.wait_for_selector("text=别人刚改了目标")
    save(other)
    other.wait_for_selector("[data-testid=refused]:has-text('现在是 30,000，你填的是 500')")
    other.click("[data-testid=refused] button:has-text('用我填的')")
    other.wait_for_selector("[data-testid=refused]", state="detached")
    save(other)
    saved(other)
    shown(page, f"B|{TRAVEL}", "target", "0.05")


def test_the_summary_counts_and_an_approved_subtree_is_released_at_once(someone: Someone, season: Season) -> None:
    made = season if season.cycle else _found(season)
    for org, who in (("A1", "jia1"), ("A2", "jia")):
        with made.database.writing() as uow:
            moved = entry.submit(uow, made.person(who), unit_id=made.unit(org), flow="一级")
        with made.database.writing() as uow:
            process.act(uow, made.person("shen"), task_id=next(iter(moved.tasks)), action="approve")
    one = someone()
    page = go(one, "guan", "/target/summary")
    page.wait_for_selector("[data-testid=coverage]:has-text('2 / 4 个单元已提交')")
    page.click('tr[data-line="A"] button:has-text("下达 2 个")')
    page.click("[data-testid=release]")
    page.wait_for_selector("tr[data-unit=A2]:has-text('已下达')")
    assert page.locator("tr[data-unit=B1]").inner_text().split()[1] == "未开始"


def test_a_department_sees_its_own_target_only_and_a_stranger_is_told_so(someone: Someone, season: Season) -> None:
    one = someone()
    page = go(one, "jia1", "/target")
    page.wait_for_selector('tr[data-line="A1"]')
    assert page.locator("input.amount-input").count() == 0
    assert "乙" not in page.inner_text("table.line-table")
    page.wait_for_selector("[data-testid=edit-state]:has-text('目标由上级组织下达')")
    two = someone()
    page = go(two, "wai", "/target")
    page.wait_for_selector("[data-testid=failed], [data-testid=empty]")


def test_on_a_phone_targets_and_summary_are_read_line_by_line(someone: Someone, season: Season) -> None:
    one = someone()
    one.page.set_viewport_size({"width": 390, "height": 844})
    page = go(one, "jia", "/target")
    page.wait_for_selector("[data-testid=target-list] li")
    assert re.search(r"甲事业部", page.inner_text("[data-testid=target-list]"))
    page.click(".head-tabs a:has-text('汇总')")
    page.wait_for_selector("[data-testid=summary-list] li")
    assert page.evaluate("document.documentElement.scrollWidth <= 390")


def _found(season: Season) -> Season:
    """The cycle that the first test opened, or a fresh one when this test runs alone."""
    with season.database.reading() as reader:
        row = next((r for r in reader.rows("entry.cycles", model="group")), None)
    if row is None:
        return opened(season)
    season.cycle, season.version = row["id"], row["version_id"]
    return season
