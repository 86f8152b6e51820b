"""A small group in its budgeting season: two divisions with two departments each, last year's figures, people by place."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.features.access.scope import Hierarchies
from bihuan.features.control import commands as control
from bihuan.features.entry import cycles
from bihuan.features.entry.target_rules import TargetEdit
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.model import CellEdit, UnknownVersion
from bihuan.features.planning.replica import open_replica
from bihuan.features.process.commands import put_flow
from bihuan.features.process.model import Flow, Node
from bihuan.store.unit_of_work import Database

AMOUNT = ItemRef("费用", "金额")
CYCLE = """\
cycle: 2027年度预算
title: 2027 年度预算
fiscal_year: 2027
version: {code: 2027预算, role: 预算}
units: {level: 2}
rounds:
  - {code: 一上, due: 2026-11-15}
  - {code: 二上, due: 45}
forms: [部门费用]
flow: 一级
targets:
  item: 目标!目标
  reserve: 目标!预留
  measure: 费用!金额
  by: 科目
  keys: [差旅费, 培训费]
compare:
  - {title: 上年实际, version: 实际, year: -1}
policies: [费用2027]
"""
PACKAGE: Mapping[str, str] = {
    "model.yaml": (
        "name: group\ntitle: 集团\ncalendar: {base: month, start: 2027-01, end: 2027-12, history: 12}\n"
        "currency: 元\nunits: {元: ''}\nversions: [实际, 预算]\n"
    ),
    "dimensions/org.csv": (
        "code,name,parent,weight,类型\nG,集团,,,\nA,甲事业部,G,,\nA1,甲一部,A,,前台\nA2,甲二部,A,,后台\n"
        "B,乙事业部,G,,\nB1,乙一部,B,,前台\nB2,乙二部,B,,后台\n"
    ),
    "dimensions/科目.csv": (
        "code,name,parent,weight\n费用合计,费用合计,,\n差旅费,差旅费,费用合计,\n国内,国内差旅,差旅费,\n国外,国外差旅,差旅费,\n"
        "培训费,培训费,费用合计,\n"
    ),
    "cubes/10费用.yaml": (
        "cube: 费用\ntitle: 费用\ndims: [period, org, 科目]\nitems:\n  金额: {unit: 元, scale: 2, favourable: less}\n"
    ),
    "cubes/20目标.yaml": (
        "cube: 目标\ntitle: 目标\ndims: [period, org, 科目]\nitems:\n  目标: {unit: 元, scale: 2}\n  预留: {unit: 元, scale: 2}\n"
    ),
    "cycles/2027.yaml": CYCLE,
    "policies/费用2027.yaml": (
        "policy: 费用2027\nitems: [费用!金额]\nrules:\n  - {code: 全年, window: year, by: {org: leaf, 科目: leaf}}\n"
    ),
}
# login -> (actions, the organisation the assignment is limited to)
PEOPLE: Mapping[str, tuple[list[str], str]] = {
    "guan": (["model.read", "plan.*", "entry.*", "control.*", "setting.*", "process.submit"], ""),
    "jia": (["model.read", "plan.read", "entry.read", "entry.target", "process.submit"], "A"),
    "yi": (["model.read", "plan.read", "entry.read", "entry.target"], "B"),
    "jia1": (["model.read", "plan.read", "plan.write", "entry.read", "entry.target", "process.submit"], "A1"),
    "shen": (["process.approve", "process.read"], ""),
    "wai": (["analysis.read"], ""),
}
LAST_YEAR = {("A1", "国内"): "60", ("A1", "国外"): "20", ("A2", "国内"): "20", ("B1", "培训费"): "5"}


@dataclass
class Season:
    """``cycle`` is open on ``version``."""

    database: Database
    trees: Hierarchies
    cycle: int = 0
    version: int = 0

    def person(self, login: str) -> Principal:
        """With the model's trees, as at a real edge."""
        with self.database.reading() as reader:
            found = principal_of(reader, login, lambda _model: self.trees)
            assert found is not None
            return found

    def unit(self, org: str) -> int:
        """The plan unit of an organisation."""
        with self.database.reading() as reader:
            rows = reader.rows("entry.units", version_id=self.version)
            return int(next(r["id"] for r in rows if r["org"] == org))


def build(database: Database, folder: Path) -> Season:
    """The group with its people and last year's actuals; the cycle not yet open."""
    open_replica(database.engine, models=models.compiled, folder=folder)
    return furnish(database)


def furnish(database: Database) -> Season:
    """`build` where a replica is open already."""
    root = system()
    with database.writing() as uow:
        modelling.apply(uow, root, PACKAGE)
        model = models.find(uow, "group")
        try:
            actual = plans.version(
                uow, "group", "实际"
            ).id  # made by the listener that bootstrap binds, where it is bound
        except UnknownVersion:
            actual = planning.create_version(
                uow, root, model_id=model.id, code="实际", name="实际", role="实际", revision=model.revision
            ).id
        for login, (actions, org) in PEOPLE.items():
            access.define_role(uow, root, code=login, name=login, grants=[{"action": a} for a in actions])
            access.add_user(uow, root, login=login, name=login.upper(), password=None)
            limits = {"org": [org]} if org else {}
            access.assign_roles(uow, root, login=login, assignments=[{"role": login, "limits": limits}])
        put_flow(uow, root, Flow("一级", "一级审批", (Node("a", "审批", ("shen",)),)))
        control.apply_policies(uow, root, model="group")
    with database.writing() as uow:
        edits = [
            CellEdit(AMOUNT, {"org": org, "科目": key}, "2026-03", None, Decimal(amount))
            for (org, key), amount in LAST_YEAR.items()
        ]
        planning.append(uow, root, version_id=actual, edits=edits, source="test", reason="")
    with database.reading() as reader:
        return Season(database, models.load(reader, "group").trees)


def opened(season: Season) -> Season:
    """Opens the cycle as the administrator."""
    with season.database.writing() as uow:
        season.cycle = cycles.open_cycle(uow, season.person("guan"), model="group", template="2027年度预算")
        season.version = plans.version(uow, "group", "2027预算").id
    return season


def edit(org: str, key: str, before: str | None, after: str | None, part: str = "target") -> TargetEdit:
    """A target edit from texts."""

    def amount(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return TargetEdit(org, key, "reserve" if part == "reserve" else "target", amount(before), amount(after))
