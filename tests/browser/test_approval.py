"""A department's budget goes through approval in the browser: returned with a reason, revised, approved by two people.

The amounts are random; what the pages must say is computed here from them.
"""

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.access.queries import principal_of
from bihuan.features.entry import commands as entry
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.model import CellEdit
from bihuan.features.process import commands as process
from bihuan.features.process.flow import Flow, Node

from .plan_page import PlanPage
from .served import PASSWORD, Site, served

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]
AMOUNT = ItemRef("费用", "金额")
PEOPLE = {
    "zhoumin": ("周敏", "department-owner", {"org": ["MM"]}),
    "chenguodong": ("陈国栋", "division-head", {"org": ["MOT"]}),
    "hejing": ("何静", "division-head", {"org": ["HQ"]}),
    "finance": ("郑会", "approver", {}),
}
FLOW = Flow(
    "二级",
    "部门预算审批",
    (
        Node("事业部", "事业部审批", role="division-head", due_days=2),
        Node("财务", "财务审批", ("finance",), due_days=2),
    ),
)


@pytest.fixture(scope="module")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(database_url, Path(tmp_path_factory.mktemp("data"))) as running:
        with running.container.database.writing() as uow:
            for login, (name, role, limits) in PEOPLE.items():
                access.add_user(uow, system(), login=login, name=name, password=PASSWORD)
                access.assign_roles(uow, system(), login=login, assignments=[{"role": role, "limits": limits}])
            process.put_flow(uow, system(), FLOW, model="starter")
            version = plans.version(uow, "starter", "预算")
            entry.open_unit(uow, system(), version_id=version.id, org="MM", model="starter")
        yield running


class Desk(PlanPage):
    """One person at the pages of approval."""

    def at(self, login: str, path: str = "/approve", **search: Any) -> "Desk":
        self.open(login, wait=False)
        query = "&".join(f"{k}={v}" for k, v in {"unit": "yuan", **search}.items())
        self.page.goto(f"{self.site.url}{path}?{query}")
        self.page.wait_for_selector("[data-testid=rail]", state="attached")
        return self

    def sees(self, selector: str, *texts: str) -> None:
        for text in texts:
            self.page.wait_for_selector(f'{selector}:has-text("{text}")', timeout=15000)

    def told(self, text: str) -> None:
        self.page.wait_for_selector(f'.ant-message-notice:has-text("{text}")', timeout=15000)


@pytest.fixture
def desk(browser: Any, site: Site) -> Iterator[Callable[..., Desk]]:
    """``desk()``: a fresh browser of one person; ends with no error on any console."""
    desks: list[Desk] = []

    def come(width: int = 1440, height: int = 900) -> Desk:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce"
        )
        desks.append(Desk(context.new_page(), site))
        return desks[-1]

    yield come
    errors = [error for one in desks for error in one.errors]
    for one in desks:
        one.page.context.close()
    assert errors == []


def unit_id(site: Site) -> int:
    with site.container.database.reading() as reader:
        version = plans.version(reader, "starter", "预算")
        return int(next(u["id"] for u in reader.rows("entry.units", version_id=version.id) if u["org"] == "MM"))


def submit(site: Site, comment: str) -> None:
    with site.container.database.writing() as uow:
        owner = principal_of(uow, "zhoumin", site.container.trees)
        assert owner is not None
        entry.submit(uow, owner, unit_id=unit_id(site), flow="二级", comment=comment)


def change(site: Site, account: str, period: str, by: int, why: str) -> tuple[int, int]:
    """The owner changes a cell by so much; what stood there and what stands there now."""
    with site.container.database.writing() as uow:
        owner = principal_of(uow, "zhoumin", site.container.trees)
        assert owner is not None
        version = plans.version(uow, "starter", "预算")
        place = {"org": "MM", "科目": account}
        was = plans.read_cells(uow, owner, version_id=version.id, item=AMOUNT, rows=[place], periods=[period]).values[
            0
        ][0]
        assert was is not None
        edit = CellEdit(AMOUNT, place, period, was, was + by)
        planning.save(uow, owner, version_id=version.id, edits=[edit], base_seq=version.seq, reason=why)
    return int(was), int(was) + by


def total(site: Site) -> int:
    with site.container.database.reading() as reader:
        version = plans.version(reader, "starter", "预算")
        rows = [{"org": "MM", "科目": "费用合计"}]
        found = plans.read_cells(
            reader, system(), version_id=version.id, item=AMOUNT, rows=rows, periods=["2026"]
        ).values
        assert found[0][0] is not None
        return int(found[0][0].quantize(Decimal(1)))


def test_returned_with_a_reason_revised_and_approved_by_two_people(site: Site, desk: Callable[..., Desk]) -> None:
    dice = random.Random()
    less, more = -dice.randrange(500, 1500), dice.randrange(100, 400)
    reason = f"广告费请压缩 {abs(less)} 元"
    # the owner finds the unit to fill, and submits it
    owner = desk().at("zhoumin", "/")
    owner.sees("[data-testid=todos]", "电机市场部", "填报")
    submit(site, "按去年实际测算")
    owner.sees("[data-testid=started]", "审批中", "陈国栋 · 事业部审批")  # live, without a reload
    # the head of another division has nothing to do with it
    other = desk().at("hejing")
    other.sees("[data-testid=approve]", "没有等你审批的事。")
    # its own head returns it, which takes a reason
    head = desk().at("chenguodong")
    head.sees(".approve-case h1", "电机市场部")
    head.sees("[data-testid=review]", "第一次提交")
    head.page.click("[data-testid=decision] >> text=退回")
    head.page.click("[data-testid=confirm]")
    head.sees(".ant-modal", "要写原因。")
    head.page.fill("#reason", reason)
    head.page.click("[data-testid=confirm]")
    head.told("已退回")
    # the owner is told why, revises, submits again
    owner.sees("[data-testid=todos]", "退回", reason)
    owner.page.click("[data-testid=bell]")
    owner.sees("[data-testid=notices]", f"陈国栋 退回了：{reason}")
    before = total(site)
    was, now = change(site, "广告", "2026-09", less, "展位减小")
    change(site, "差旅", "2026-03", more, "")
    submit(site, "已压缩")
    # the head sees exactly what changed, the largest first, and agrees
    head.sees("[data-testid=case-list]", "电机市场部")
    head.page.click("[data-testid=case-list] button")
    rows = head.page.locator("[data-testid=changes] tbody tr")
    head.sees("[data-testid=changes]", "展位减小")
    assert rows.count() == 3
    first = rows.nth(0).inner_text()
    assert all(word in first for word in ("广告宣传费", "9月", f"{was:,}", f"{now:,}", f"▼ {abs(less):,}"))
    assert f"▲ {more:,}" in rows.nth(1).inner_text()
    head.sees("[data-testid=figure-now]", f"{before + less + more:,}")
    head.sees("[data-testid=flow]", "退回 1 次", "陈国栋（你）")
    head.page.fill("[data-testid=decision] input", "同意，按此执行")
    head.page.click("[data-testid=decision] .agree")
    head.told("已同意")
    # finance decides on a phone
    finance = desk(390, 844).at("finance")
    finance.page.click("[data-testid=case-list] button")
    finance.sees("[data-testid=changes]", "广告宣传费", "→")
    finance.sees(".steps", "事业部审批", "财务审批")
    boxes = [finance.page.locator(f"[data-testid=decision] button >> nth={i}").bounding_box() for i in (0, 1)]
    assert all(box and box["height"] >= 44 and box["y"] + box["height"] <= 844 for box in boxes)
    finance.page.click("[data-testid=decision] .agree")
    finance.told("已同意")
    # the owner sees it approved, and who had it how long
    owner.page.goto(f"{site.url}/approve?list=started")
    owner.page.click("[data-testid=case-list] button")
    owner.sees(".page-head [data-testid=status]", "已批准")
    owner.sees("[data-testid=held]", "陈国栋 事业部审批", "郑会 财务审批", "周敏 修改")
    assert owner.page.locator("[data-testid=trail] li").count() == 5


def test_the_administrator_opens_it_again_reminds_and_gives_the_task_to_another(
    site: Site, desk: Callable[..., Desk]
) -> None:
    admin = desk().at("yusuan", "/approve", list="all")
    admin.sees("[data-testid=approve]", "现在没有在办的审批。")
    with site.container.database.reading() as reader:
        case = reader.value("process.instance_of", kind="plan_unit", id=unit_id(site))
    admin.page.goto(f"{site.url}/approve?list=all&case={case}")
    admin.page.click("[data-testid=reopen]")
    admin.page.fill("#reopen-reason", "漏了年会")
    admin.page.click(".ant-modal button >> text=重新打开")
    admin.sees(".page-head [data-testid=status]", "已重新打开")
    submit(site, "补上年会")
    admin.sees("[data-testid=case-list]", "给 陈国栋")
    admin.page.click("[data-testid=case-list] button")
    admin.page.click("[data-testid=decision] >> text=催办")
    admin.told("催过了，陈国栋 会看到")
    admin.page.click("[data-testid=decision] >> text=转办")
    admin.page.click("#pass-to")
    admin.page.click(".ant-select-item >> text=郑会")
    admin.page.fill("#reason", "陈国栋休假")
    admin.page.click("[data-testid=confirm]")
    admin.told("已转给 郑会")
    admin.sees("[data-testid=flow]", "郑会")


def test_two_who_decide_at_once_one_wins_and_the_other_is_told_by_whom(site: Site, desk: Callable[..., Desk]) -> None:
    with site.container.database.reading() as reader:
        case = reader.value("process.instance_of", kind="plan_unit", id=unit_id(site))
        task = reader.rows("process.tasks_open", instance_id=case)[0]["id"]
    finance = desk().at("finance", "/approve", case=case)
    finance.page.wait_for_selector("[data-testid=decision] .agree")
    finance.page.route("**/api/v1/events", lambda route: route.abort())
    with site.container.database.writing() as uow:  # on another screen of the same person
        who = principal_of(uow, "finance", site.container.trees)
        assert who is not None
        process.act(uow, who, task_id=task, action="return", comment="请补充")
    if finance.page.locator("[data-testid=decision] .agree").count():
        finance.page.dispatch_event("[data-testid=decision] .agree", "click")  # whatever is drawn over it just then
        finance.told("处理：退回")
