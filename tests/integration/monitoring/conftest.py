"""A firm of two divisions with a released budget, alerts as text, heads who agree; and the few verbs the tests speak."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bihuan.bootstrap import Container, build
from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.features.access.roles import ROLES
from bihuan.features.control import commands as control
from bihuan.features.control import queries as control_queries
from bihuan.features.control.model import BudgetCell, Request, RequestLine, VoucherLine
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.monitoring import board_queries
from bihuan.features.monitoring.board import Board
from bihuan.features.planning import commands as planning
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import CellEdit
from bihuan.features.process import commands as process
from bihuan.features.process.model import Flow, Node
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database, UnitOfWork

ITEM, POLICY, FLOW = "费用!金额", "费用控制", "调剂"
ORGS = ("甲一", "甲二", "乙一")
ACCOUNTS = ("差旅", "会议", "广告")
ALERT = """\
alert: 超预算
title: "{org} {科目} 到 {period} 多花 {不利差异}"
item: 费用!金额
at: {org: leaf, 科目: leaf}
span: to_date
when: 不利差异 >= 1000 AND 不利差异率 >= 5%
severity: error
case: {due_days: 10, flow: 调剂}
"""
PACKAGE = {
    "model.yaml": (
        "name: firm\ntitle: 事务所\ncalendar: {base: month, start: 2026-01, end: 2026-12}\n"
        "currency: 元\nunits: {元: ''}\nversions: [实际, 预算]\n"
    ),
    "dimensions/org.csv": "code,name,parent,weight\nG,集团,,\n甲,甲事业部,G,\n甲一,甲一部,甲,\n甲二,甲二部,甲,\n"
    "乙,乙事业部,G,\n乙一,乙一部,乙,\n",
    "dimensions/科目.csv": "code,name,parent,weight\n费用,费用,,\n差旅,差旅费,费用,\n行政,行政费,费用,\n会议,会议费,行政,\n"
    "广告,广告费,行政,\n",
    "cubes/10费用.yaml": (
        "cube: 费用\ntitle: 费用预算\ndims: [period, org, 科目]\nitems:\n"
        "  金额: {name: 费用, unit: 元, scale: 2, favourable: less}\nformulas: |\n"
    ),
    "policies/费用.yaml": (
        f"policy: {POLICY}\nitems: [{ITEM}]\nrules:\n"
        "  - {code: 科目全年, window: year, by: {org: leaf, 科目: leaf}}\n"
        "  - {code: 事业部全年, window: year, by: {org: 1, 科目: 0}}\n"
    ),
    "alerts/超预算.yaml": ALERT,
}
MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 13))
# login -> role, limits
PEOPLE: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "admin": ("budget-admin", {}),
    "jia1": ("department-owner", {"model": ["firm"], "org": ["甲一"]}),
    "jia2": ("department-owner", {"model": ["firm"], "org": ["甲二"]}),
    "jiahead": ("head", {"model": ["firm"], "org": ["甲"]}),
    "yihead": ("head", {"model": ["firm"], "org": ["乙"]}),
    "finance": ("approver", {}),
    "cfo": ("cfo", {}),
}
HEAD = ("process.approve", "process.read", "monitoring.read", "plan.read", "control.read", "model.read")


@dataclass
class Firm:
    """The firm in a database of its own; each verb is a transaction."""

    container: Container
    version: int

    @property
    def database(self) -> Database:
        return self.container.database

    def person(self, login: str) -> Principal:
        if login == "system":
            return system()
        with self.database.reading() as reader:
            found = principal_of(reader, login, self.container.trees)
        assert found is not None, login
        return found

    def spend(  # noqa: PLR0917 - as the columns of a voucher
        self, key: str, org: str, account: str, period: str, amount: str, request: str | None = None
    ) -> None:
        line = VoucherLine(key, key, place(org, account), period, Decimal(amount), request)
        with self.database.writing() as uow:
            control.execute(uow, system(), policy=POLICY, lines=[line])

    def request(self, number: str, org: str, account: str, period: str, amount: str, *, item: bool = True) -> int:
        """Without ``item``: the line does not say which item it is for; the policy controls only one."""
        where = {d: m for d, m in place(org, account).items() if item or d != "item"}
        asked = Request(number, number, (RequestLine(where, period, Decimal(amount)),))
        with self.database.writing() as uow:
            return control.reserve(uow, system(), policy=POLICY, request=asked).document_id

    def board(self, login: str = "system", **asked: Any) -> Board:
        with self.database.reading() as reader:
            return board_queries.board(reader, self.person(login), model="firm", **asked)

    def today(self, day: date) -> None:
        with self.database.writing() as uow:
            access.set_business_date(uow, system(), day)


def place(org: str, account: str) -> dict[str, str]:
    return {"org": org, "科目": account, "item": ITEM}


def cell(org: str, account: str, period: str, amount: str) -> BudgetCell:
    return BudgetCell(place(org, account), period, Decimal(amount))


@pytest.fixture(scope="module")
def firm(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """12,000 a month for every department and account, released; the business stands at the end of March."""
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    with container.database.writing() as uow:
        _people(uow)
        modelling.apply(uow, system(), PACKAGE)
        nodes = (Node("源", "调出方同意", role="head"), Node("财务", "财务审批", role="approver"))
        process.put_flow(uow, system(), Flow(FLOW, "预算调剂", nodes))
        control.apply_policies(uow, system(), model="firm")
        version = next(v for v in models_versions(uow) if v.role == "预算")
        edits = [
            CellEdit(ref_of(ITEM), {"org": o, "科目": a}, m, None, Decimal("12000"))
            for o in ORGS
            for a in ACCOUNTS
            for m in MONTHS
        ]
        planning.append(uow, system(), version_id=version.id, edits=edits, source="test", reason="")
    with container.database.writing() as uow:
        control.release_budget(uow, system(), version_id=version.id, policy=POLICY)
    made = Firm(container, version.id)
    made.today(date(2026, 3, 31))
    yield made
    container.database.engine.dispose()


def models_versions(uow: UnitOfWork) -> Any:
    from bihuan.features.planning.versions import all_of

    return all_of(uow, models.find(uow, "firm").id)


def _people(uow: UnitOfWork) -> None:
    for role in ROLES:
        access.define_role(uow, system(), code=role.code, name=role.name, grants=role.grants)
    access.define_role(uow, system(), code="head", name="负责人", grants=[{"action": a} for a in HEAD])
    for login, (role_code, limits) in PEOPLE.items():
        access.add_user(uow, system(), login=login, name=f"{login} 姓名", password=None)
        access.assign_roles(uow, system(), login=login, assignments=[{"role": role_code, "limits": limits}])


def available(firm: Firm, org: str, account: str) -> Decimal:
    """What the account's own row still has for the year."""
    with firm.database.reading() as reader:
        policy = control_queries.policy(reader, POLICY)
        rows = control_queries.balances(reader, policy, rule="科目全年", limit=1000)
    return next(b.available for b in rows if org in b.key and account in b.key)
