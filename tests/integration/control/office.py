"""An office whose policy, flow and document type are text: people who ask, who approve, who only look."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from fastapi.testclient import TestClient

from bihuan.bootstrap import build
from bihuan.features.access import commands as access
from bihuan.features.access import queries as access_queries
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetCell
from bihuan.features.modelling import commands as modelling
from bihuan.features.process.commands import put_flow
from bihuan.features.process.model import flow_of
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database, UnitOfWork
from bihuan.web.app import create_app

POLICY = "费用控制"
ITEM = "费用!金额"
PACKAGE = {
    "model.yaml": (
        "name: office\ntitle: 某公司\ncalendar: {base: month, start: 2026-01, end: 2026-12}\n"
        "currency: 元\nunits: {元: ''}\nversions: [实际, 预算]\n"
    ),
    "dimensions/org.csv": (
        "code,name,parent,weight\nG,集团,,\nN,北方事业部,G,\nS,南方事业部,G,\n"
        "N1,北方市场部,N,\nN2,北方销售部,N,\nS1,南方市场部,S,\n"
    ),
    "dimensions/科目.csv": (
        "code,name,parent,weight\n费用,费用,,\n差旅费,差旅费,费用,\n推广,市场推广费,费用,\n展会费,展会费,推广,\n"
        "广告费,广告费,推广,\n办公费,办公费,费用,\n会议费,会议费,费用,\n工资,工资,费用,\n"
    ),
    "cubes/10费用.yaml": (
        "cube: 费用\ntitle: 费用预算\ndims: [period, org, 科目]\nitems:\n  金额: {unit: 元, scale: 2}\n"
    ),
    "flows/用款审批.yaml": (
        "code: 用款审批\ntitle: 用款审批\nnodes:\n"
        "  - {code: 部门, title: 部门负责人, holders: [wang, li], due_days: 2}\n"
        "  - {code: 财务, title: 财务, holders: [cai]}\n"
    ),
    "policies/费用控制.yaml": """
policy: 费用控制
title: 费用控制方案
items: [费用!金额]
documents:
  - {code: 用款申请, title: 用款申请, flow: 用款审批, number: YK, where: {科目: [差旅费, 推广, 办公费, 会议费]}}
tax:
  rates: [6, 13]
  deductible: {科目: [办公费, 会议费]}
rules:
  - {code: 差旅, title: 差旅费严格累计, window: cumulative, where: {科目: [差旅费]}, by: {org: leaf, 科目: leaf}}
  - {code: 推广, title: 推广费按月, window: month, where: {科目: [推广]}, by: {org: leaf, 科目: leaf}}
  - code: 办公会议
    title: 办公费与会议费合并
    window: year
    where: {科目: [办公费, 会议费]}
    by: {org: 1, 科目: leaf}
    pools: {科目: {办公会议: [办公费, 会议费]}}
    strength: flexible
    tolerance: "10"
    disclose: yes
  - {code: 集团, title: 集团全年总额, window: year, by: {org: 0}}
""",
}
ROLES: Mapping[str, list[str]] = {
    "asker": ["control.request", "control.read", "model.read"],
    "approver": ["process.approve", "control.read", "model.read"],
    "looker": ["control.read", "model.read"],
    "nobody": ["model.read"],
}
# login, name, role, organisations
PEOPLE = (
    ("he", "何川", "asker", ["N1"]),
    ("liu", "刘洋", "asker", ["N1"]),
    ("qian", "钱多", "asker", ["N2"]),
    ("sun", "孙南", "asker", ["S1"]),
    ("li", "李自批", "both", ["N1"]),
    ("wang", "王主管", "approver", ["N", "S"]),
    ("cai", "林静", "approver", ["G"]),
    ("shen", "申纪", "looker", ["G"]),
    ("mo", "莫人", "nobody", ["G"]),
)
Call = Callable[..., Any]


@dataclass(frozen=True)
class Office:
    """``call("he", "GET", path, json=…)`` as the person; ``budget`` releases a cell."""

    client: TestClient
    database: Database
    policy: str = POLICY

    def call(self, login: str | None, method: str, path: str, **more: Any) -> Any:
        headers = dict(more.pop("headers", {}))
        if login:
            with self.database.writing() as uow:
                user = uow.row("access.user_by_login", login=login)
                assert user is not None
                secret = access.open_session(uow, user["id"]).secret
            headers |= {"cookie": f"{COOKIE}={secret}", "x-csrf-token": access_queries.csrf_token(secret)}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def budget(self, org: str, account: str, period: str, amount: str) -> None:
        with self.database.writing() as uow:
            cell = BudgetCell({"org": org, "科目": account, "item": ITEM}, period, Decimal(amount))
            commands.book_budget(uow, "boss", queries.policy(uow, self.policy), [cell]).write()

    def line(self, org: str, account: str, period: str, amount: str, **more: Any) -> dict[str, Any]:
        return {"coordinate": {"org": org, "科目": account, "item": ITEM}, "period": period, "amount": amount, **more}

    def check(self, login: str, *lines: dict[str, Any]) -> Any:
        body = {"policy": self.policy, "kind": "用款申请", "lines": list(lines)}
        return self.call(login, "POST", "/spend/check", json=body).json()

    def ask(self, login: str, *lines: dict[str, Any], **more: Any) -> Any:
        headers = more.pop("headers", {})
        body = {"policy": self.policy, "kind": "用款申请", "title": "测试", "lines": list(lines), **more}
        return self.call(login, "POST", "/spend/requests", json=body, headers=headers)

    def shown(self, login: str, document_id: int) -> Any:
        return self.call(login, "GET", f"/spend/requests/{document_id}").json()

    def decide(self, login: str, case: Any, action: str, comment: str = "") -> Any:
        """Decides the person's task in a case."""
        task = next(t for t, holder in case["tasks"].items() if holder == login)
        answer = self.call(login, "POST", f"/tasks/{task}/decision", json={"action": action, "comment": comment})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def available(self, rule: str, window: str, org: str) -> str:
        rows = self.call(
            "shen", "GET", "/control/buckets", params={"policy": self.policy, "rule": rule, "window": window}
        )
        return str(next(r["available"] for r in rows.json() if org in [m["code"] for m in r["members"]]))


def found_office(uow: UnitOfWork, package: Mapping[str, str] = PACKAGE) -> None:
    """Model, flows, policies and people."""
    root = system()
    modelling.apply(uow, root, dict(package), name="office")
    for name, text in package.items():
        if name.startswith("flows/"):
            put_flow(uow, root, flow_of(yaml.safe_load(text)))
    commands.apply_policies(uow, root, model="office")
    roles = {**ROLES, "both": ROLES["asker"] + ROLES["approver"]}
    for code, actions in roles.items():
        access.define_role(uow, root, code=code, name=code, grants=[{"action": a} for a in actions])
    for login, name, role, orgs in PEOPLE:
        access.add_user(uow, root, login=login, name=name, password=None)
        limits = {"model": ["office"], "org": orgs}
        access.assign_roles(uow, root, login=login, assignments=[{"role": role, "limits": limits}])


@contextmanager
def opened(database: Database, database_url: str, data: Path, package: Mapping[str, str] = PACKAGE) -> Iterator[Office]:
    """The office, its people and texts in force."""
    container = build(Settings(data=data, database_url=database_url))
    with container.database.writing() as uow:
        found_office(uow, package)
    with TestClient(create_app(container)) as client:
        yield Office(client, database)
    container.database.engine.dispose()
