"""A small company behind a real application: forms, checks, a flow, people with scopes. Shared by tests of forms and comments."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from bihuan.bootstrap import Container, build
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access import commands as access
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.access.queries import csrf_token
from bihuan.features.entry import commands as entry
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning.model import CellEdit
from bihuan.features.process.commands import put_flow
from bihuan.features.process.model import Flow, Node
from bihuan.settings import Settings
from bihuan.web.app import create_app

AMOUNT = ItemRef("费用", "金额")
PACKAGE: dict[str, str] = {
    "model.yaml": (
        "name: office\ntitle: 小公司\ncalendar: {base: month, start: 2026-01, end: 2027-12, history: 12}\n"
        "currency: 元\nunits: {元: '', 人: '', 件: ''}\nversions: [实际, 预算]\n"
    ),
    "dimensions/org.csv": "code,name,parent,weight\nG,小公司,,\nA,甲部,G,\nA1,甲一,A,\nA2,甲二,A,\nB,乙部,G,\n",
    "dimensions/科目.csv": (
        "code,name,parent,weight\n费用,费用合计,,\n人工,人工成本,费用,\n工资,工资,人工,\n差旅费,差旅费,费用,\n"
        "国内,国内差旅,差旅费,\n海外,海外差旅,差旅费,\n会议,会议费,费用,\n"
    ),
    "dimensions/产品.csv": "code,name,parent,weight\n全部,全部产品,,\nP1,甲品,全部,\nP2,乙品,全部,\n",
    "cubes/05人力.yaml": (
        "cube: 人力\ntitle: 人力\ndims: [period, org]\nitems:\n  人数: {unit: 人, scale: 0, time: last}\n"
        "  人均: {unit: 元/人}\n"
    ),
    "cubes/10费用.yaml": (
        "cube: 费用\ntitle: 费用预算\ndims: [period, org, 科目]\nuses: [人力]\nitems:\n"
        "  金额: {unit: 元, scale: 2, favourable: less, override: yes}\nformulas: |\n  金额[科目: 工资] = 人数 * 人均\n"
    ),
    "cubes/20销售.yaml": (
        "cube: 销售\ntitle: 销售预算\ndims: [period, org, 产品]\nitems:\n  销量: {unit: 件, scale: 0}\n"
        "  单价: {unit: 元/件, time: 收入 / 销量, total: 收入 / 销量}\n  收入: {unit: 元, scale: 2, favourable: more}\n"
        "formulas: |\n  收入 = 销量 * 单价\n"
    ),
    "cubes/30目标.yaml": (
        "cube: 目标\ntitle: 目标\ndims: ['period:year', org, 科目]\nitems:\n  目标: {unit: 元, scale: 2}\n"
    ),
    "forms/10费用.yaml": (
        "form: 部门费用\ntitle: 部门费用预算\ncube: 费用\nitems: [金额]\nrows: {dim: 科目, root: 费用}\n"
        "compare:\n"
        "  - {code: 上年实际, title: '{年}实际', version: 实际, year: -2}\n"
        "  - {code: 本年预计, title: '{年}预计', version: 预计, year: -1}\n"
        "  - {code: 同比, title: 同比, change_from: 本年预计}\n"
        "fill: {from: 本年预计, factor: 1.05}\n"
    ),
    "forms/20销售.yaml": (
        "form: 销售\ntitle: 销售预算\ncube: 销售\nitems: [销量, 单价, 收入]\nrows: {dim: 产品}\n"
        "compare:\n  - {code: 本年预计, version: 预计, year: -1}\n"
    ),
    "checks/费用.yaml": """\
checks:
  - code: 不超目标
    title: 费用合计不超过目标
    kind: 强制
    cube: 费用
    per: year
    where: "目标!目标[科目: 费用] > 0"
    holds: |
      金额[科目: 费用] <= 目标!目标[科目: 费用]
    message: >-
      {金额[科目: 费用]} 元 ＞ 目标 {目标!目标[科目: 费用]} 元，超 {金额[科目: 费用] - 目标!目标[科目: 费用]} 元
  - code: 不为负
    kind: 强制
    cube: 费用
    per: period
    rows: {dim: 科目, take: leaves}
    holds: 金额 >= 0
    message: "{科目} {期间} 填了 {金额}"
  - code: 增幅
    title: 科目增幅不超过 20%
    kind: 核实
    cube: 费用
    per: year
    rows: {dim: 科目, root: 费用, take: children}
    where: "YEAR_AGO(金额[版本: 预计]) > 0"
    holds: "金额 <= YEAR_AGO(金额[版本: 预计]) * 1.2"
    message: "{科目} {金额 / YEAR_AGO(金额[版本: 预计]) - 1:+%}，请写理由"
  - code: 会议
    kind: 提示
    cube: 费用
    per: year
    holds: "金额[科目: 会议] < 1000"
    message: 会议费不少
""",
    "flows/审批.yaml": "code: 审批\ntitle: 审批\nnodes:\n  - {title: 财务, holders: [wang]}\n",
}
PEOPLE: Mapping[str, tuple[list[str], list[str]]] = {  # login -> (actions, organisations; none = all)
    "li": (["model.read", "plan.read", "plan.write", "process.*", "entry.read", "collaboration.*"], ["A"]),
    "zhou": (["model.read", "plan.read", "plan.write", "entry.read", "collaboration.*"], ["A"]),
    "bo": (["model.read", "plan.read", "plan.write", "process.submit", "entry.read", "collaboration.*"], ["B"]),
    "wang": (["model.read", "plan.read", "process.approve", "entry.read", "collaboration.*"], []),
    "sun": (["analysis.read"], []),
}
NAMES = {"li": "李明", "zhou": "周敏", "bo": "薄一", "wang": "王芳", "sun": "孙立"}
ACTUAL = {
    ("A1", "国内"): "100",
    ("A1", "海外"): "40",
    ("A2", "国内"): "10",
    ("B", "会议"): "7",
}  # each month to October 2026
BUDGET26 = {("A1", "国内"): "120", ("A2", "国内"): "12"}  # each month of 2026
PLAN27 = {("A1", "国内"): "110", ("A2", "会议"): "5"}  # each month of 2027


@dataclass
class Office:
    """The application with its people; ``call`` acts as one of them."""

    container: Container
    versions: dict[str, int]
    units: dict[str, int] = field(default_factory=dict)
    client: TestClient = field(init=False)
    _secrets: dict[str, str] = field(default_factory=dict)

    def call(self, login: str | None, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The response of a request by a person, or by nobody."""
        headers = {}
        if login is not None:
            secret = self._secrets.get(login) or self._secrets.setdefault(login, self.session(login))
            headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": csrf_token(secret)}
        return self.client.request(method, f"/api/v1{path}", json=body, params=query or None, headers=headers)

    def ok(self, login: str, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """As `call`, which must succeed; the answer's JSON."""
        answer = self.call(login, method, path, body, **query)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def session(self, login: str) -> str:
        """A fresh session's secret."""
        with self.container.database.writing() as uow:
            user = uow.row("access.user_by_login", login=login)
            assert user is not None
            return access.open_session(uow, user["id"]).secret

    def enter(self, version: str, cells: Mapping[tuple[str, str, str], str | None], item: ItemRef = AMOUNT) -> None:
        """Writes cells (org, second member, period), whoever may."""
        second = {"费用": "科目", "销售": "产品", "目标": "科目"}.get(item.cube, "")
        edits = [
            CellEdit(item, {"org": o, **({second: m} if second else {})}, p, None, None if v is None else Decimal(v))
            for (o, m, p), v in cells.items()
        ]
        with self.container.database.writing() as uow:
            planning.append(uow, system(), version_id=self.versions[version], edits=edits, source="test", reason="")


def furnish(container: Container, package: Mapping[str, str] = PACKAGE) -> "Office":
    """Actuals to October 2026, a 2026 budget, a 2027 budget in preparation; units A and B; people, their rights, a flow."""
    from bihuan.features.planning import queries

    root = system()
    with container.database.writing() as uow:
        modelling.apply(uow, root, package)
        model = models.find(uow, "office")
        access.set_business_date(uow, root, date(2026, 10, 31))
        for login, (actions, orgs) in PEOPLE.items():
            access.define_role(uow, root, code=login, name=login, grants=[{"action": a} for a in actions])
            access.add_user(uow, root, login=login, name=NAMES[login], password=None)
            limits = {"limits": {"org": orgs}} if orgs else {}
            access.assign_roles(uow, root, login=login, assignments=[{"role": login, **limits}])
        put_flow(uow, root, Flow("审批", "审批", (Node("a", "财务", ("wang",)),)))
        found = {"实际": queries.version(uow, "office", "实际").id}
        for code in ("2026预算", "2027预算"):
            made = planning.create_version(
                uow, root, model_id=model.id, code=code, name=code, role="预算", revision=model.revision
            )
            found[code] = made.id
    office = Office(container, found)
    for version, each, months in (
        ("实际", ACTUAL, [f"2026-{m:02d}" for m in range(1, 11)]),
        ("实际", dict.fromkeys(ACTUAL, "50"), [f"2025-{m:02d}" for m in range(1, 13)]),
        ("2026预算", BUDGET26, [f"2026-{m:02d}" for m in range(1, 13)]),
        ("2027预算", PLAN27, [f"2027-{m:02d}" for m in range(1, 13)]),
    ):
        office.enter(version, {(o, a, p): v for (o, a), v in each.items() for p in months})
    with container.database.writing() as uow:
        at = {"version_id": found["2027预算"], "model": "office"}
        office.units = {org: entry.open_unit(uow, root, org=org, **at) for org in "AB"}
    return office


@contextmanager
def opened(database_url: str, folder: Path, package: Mapping[str, str] = PACKAGE) -> Iterator["Office"]:
    """The office, asked without a socket."""
    container = build(Settings(data=folder, database_url=database_url))
    office = furnish(container, package)
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        office.client = client
        yield office
    container.database.engine.dispose()
