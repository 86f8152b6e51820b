"""A deviation from its alert to the executed transfer, in the browser, by the people whose turn it is; the amount is random."""

import random
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bihuan.bootstrap import models_folder
from bihuan.features.access import commands as access
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.control import commands as control
from bihuan.features.control.model import VoucherLine
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.monitoring import alerting, board_queries
from bihuan.features.planning import queries as planning
from bihuan.features.process import commands as process
from bihuan.features.process.flow import Flow, Node

from .plan_page import PlanPage
from .served import Site, served

POLICY, FLOW, ITEM = "费用控制", "费用调剂", "费用!金额"
PEOPLE = {
    "bumen": ("周敏", "department-owner", {"model": ["starter"], "org": ["MM"]}),
    "shiye": ("陈国栋", "division-head", {"model": ["starter"], "org": ["MOT"]}),
    "caiwu": ("林静", "approver", {}),
}


@pytest.fixture(scope="module")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The starter company with its budget released; its alert of overruns as text, for small amounts."""
    with served(database_url, Path(tmp_path_factory.mktemp("data"))) as running:
        files = dict(read_folder(models_folder() / "starter"))
        alerts = files["alerts/费用预警.yaml"]
        files["alerts/费用预警.yaml"] = alerts.replace("不利差异 >= 1000 AND 不利差异率 >= 5%", "不利差异 >= 100")
        with running.container.database.writing() as uow:
            row = uow.row("modelling.model", code="starter")
            assert row is not None
            modelling.apply(uow, system(), files, from_revision=row["revision"], name="starter")
            for login, (name, role, limits) in PEOPLE.items():
                access.add_user(uow, system(), login=login, name=name, password=None)
                access.assign_roles(uow, system(), login=login, assignments=[{"role": role, "limits": limits}])
            nodes = (Node("调出方", "调出方同意", role="division-head"), Node("财务", "财务审批", role="approver"))
            process.put_flow(uow, system(), Flow(FLOW, FLOW, nodes), model="starter")
            access.set_business_date(uow, system(), date(2026, 3, 31))
            control.apply_policies(uow, system(), model="starter")
        with running.container.database.writing() as uow:
            version = planning.version(uow, "starter", "预算")
            control.release_budget(uow, system(), version_id=version.id, policy=POLICY)
        yield running


def overspend(site: Site, beyond: Decimal) -> int:
    """MM spends on travel so much more than its budget to March; answers the case the alert opens."""
    place = {"org": "MM", "科目": "差旅"}
    with site.container.database.writing() as uow:
        board = board_queries.board(uow, system(), model="starter", members=place, period="2026-03", span="to_date")
        assert board.total is not None
        assert board.total.terms.budget is not None
        amount = board.total.terms.budget + beyond
        line = VoucherLine("记-99", "记-99", {**place, "item": ITEM}, "2026-03", amount)
        control.execute(uow, system(), policy=POLICY, lines=[line])
    with site.container.database.writing() as uow:
        (case,) = alerting.evaluate(uow, system(), model="starter").cases
    return case


def come(one: PlanPage, login: str, path: str) -> Any:
    one.page.context.add_cookies([{"name": COOKIE, "value": one.site.session(login), "url": one.site.url}])
    one.page.goto(f"{one.site.url}{path}")
    return one.page


def choose(page: Any, testid: str, name: str) -> None:
    """Picks a member in a tree by typing its name."""
    page.click(f"[data-testid={testid}]")
    page.keyboard.type(name)
    page.click(f'.ant-select-tree-title:text-is("{name}")')


def state(page: Any, word: str) -> None:
    page.wait_for_selector(f'[data-testid=case-state]:has-text("{word}")', timeout=15000)


def test_from_the_alert_to_the_executed_transfer(site: Site, someone: Callable[..., PlanPage]) -> None:
    beyond = Decimal(random.SystemRandom().randrange(200_00, 900_00)) / 100
    case = overspend(site, beyond)

    page = come(someone(), "bumen", "/monitor?model=starter")
    page.click(f'[data-testid=alerts] button:has-text("累计超预算 {beyond:,.2f}")')
    state(page, "待说明")
    page.fill("[data-testid=explain-text]", "展会提前，机票涨价")
    page.click("[data-testid=do-explain]")
    state(page, "待决策")
    page.click("[data-testid=decision-transfer]")
    choose(page, "from-org", "电机市场部")
    choose(page, "from-科目", "办公费")
    page.wait_for_selector("[data-testid=effects]")
    page.click("[data-testid=do-decide]")
    state(page, "待同意")
    page.wait_for_selector('[data-testid=transfer]:has-text("等 shiye")')

    for login, word in (("shiye", "待同意"), ("caiwu", "待核实")):
        page = come(someone(390, 844), login, f"/adjust?model=starter&case={case}")  # on a phone
        state(page, "待同意")
        page.click("[data-testid=agree-transfer]")
        if login == "shiye":
            page.wait_for_selector('[data-testid=transfer]:has-text("等 caiwu")')
        state(page, word)

    moved = Decimal(int(beyond) + (beyond != int(beyond)))  # the form proposes whole yuan
    with site.container.database.reading() as reader:
        board = board_queries.board(
            reader, system(), model="starter", members={"org": "MM", "科目": "差旅"}, period="2026-03", span="month"
        )
    assert board.total is not None
    assert board.total.terms.adjusted == moved


def test_the_board_unfolds_both_ways_and_leads_to_documents(site: Site, someone: Callable[..., PlanPage]) -> None:
    page = come(someone(), "caiwu", "/monitor?model=starter")
    page.wait_for_selector("[data-testid=board-row]")
    page.click('button[aria-label="展开 水泵事业部"]')
    page.click('button[aria-label="展开 水泵市场部"]')
    page.click('[data-testid=board-row]:has-text("差旅费") >> nth=-1 >> .name')
    page.wait_for_selector('[data-testid=drill]:has-text("水泵市场部 · 差旅费")')
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=drill]", state="detached")
    page.click('.page-tabs [role=tab]:has-text("科目")')
    page.wait_for_selector("[data-testid=board-row] >> nth=0 >> text=费用合计")
