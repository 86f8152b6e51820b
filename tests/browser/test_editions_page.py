"""The desk plans another text of a released policy, withdraws it, and brings it into force; the history says so."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.integration.control.office import ITEM, POLICY, found_office

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning import versions
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import CellEdit

from .served import Site
from .spend_page import SpendPage

pytestmark = pytest.mark.browser
Someone = Callable[..., SpendPage]


@pytest.fixture(scope="module")
def office(site: Site) -> Site:
    """A keeper of policies, and a budget released from the plan."""
    with site.container.database.writing() as uow:
        found_office(uow)
        grants = [{"action": a} for a in ("control.policy", "control.read", "model.read")]
        access.define_role(uow, system(), code="keeper", name="keeper", grants=grants)
        access.add_user(uow, system(), login="gao", name="高远", password=None)
        access.assign_roles(
            uow, system(), login="gao", assignments=[{"role": "keeper", "limits": {"model": ["office"], "org": ["G"]}}]
        )
        access.set_business_date(uow, system(), date(2026, 2, 10), reason="test")
        version = next(v for v in versions.all_of(uow, models.find(uow, "office").id) if v.role == "预算")
        edit = CellEdit(ref_of(ITEM), {"org": "N1", "科目": "差旅费"}, "2026-03", None, Decimal(1000))
        planning.append(uow, system(), version_id=version.id, edits=[edit], source="test", reason="")
    with site.container.database.writing() as uow:
        commands.release_budget(uow, system(), version_id=version.id, policy=POLICY)
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


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_planned_withdrawn_and_activated_now(someone: Someone, width: int, height: int) -> None:
    page = someone(width, height).open("gao", tab="desk").page
    page.click(".ant-segmented-item:has-text('规则试算')")
    text = page.locator("textarea[aria-label='方案草案']")
    text.wait_for()
    was = text.input_value()
    expect(page.get_by_test_id("editions").locator("li[data-status=active]")).to_have_count(1)
    expect(page.get_by_test_id("edition-plan")).to_have_count(0)
    now = "quarter" if "cumulative" in was else "cumulative"
    text.fill(was.replace("window: cumulative" if now == "quarter" else "window: quarter", f"window: {now}", 1))
    plan = page.get_by_test_id("edition-plan")
    expect(plan).to_contain_text("这份草案还没有试算")
    page.click("button:has-text('在历史上试算')")
    expect(plan).to_contain_text("会拦下 0 张单据")
    plan.locator("input[aria-label='改动的原因']").fill("按季管")
    plan.locator("input[type=date]").fill("2026-03-01")
    plan.locator("button:has-text('计划启用')").click()
    planned = page.get_by_test_id("editions").locator("li[data-status=planned]")
    expect(planned).to_contain_text("2026-03-01 起")
    expect(planned).to_contain_text(f"差旅 · window {'cumulative' if now == 'quarter' else 'quarter'} → {now}")
    planned.locator("button:has-text('撤回')").click()
    page.fill("textarea[aria-label='撤回的原因']", "再想想")
    page.click(".ant-modal button.ant-btn-primary")
    expect(planned).to_have_count(0)
    expect(page.get_by_test_id("editions").locator("li[data-status=withdrawn]").first).to_contain_text("高远 于")
    plan.locator("input[aria-label='改动的原因']").fill("按季管")
    plan.locator("button:has-text('现在启用')").click()
    page.click(".ant-popconfirm button.ant-btn-primary")
    active = page.get_by_test_id("editions").locator("li[data-status=active]")
    expect(active).to_contain_text("第 2 版" if now == "quarter" else "第 3 版")
    expect(active).to_contain_text("高远：按季管")
    expect(plan).to_have_count(0)
