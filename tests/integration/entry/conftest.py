"""A small shop: a model with a control policy, a budget version with numbers, people, flows."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.features.control import commands as control
from bihuan.features.control.subjects import DOCUMENT, TRANSFER, DocumentSubject, TransferSubject
from bihuan.features.entry import commands as entry
from bihuan.features.entry.model import KIND
from bihuan.features.entry.subject import PlanUnitSubject
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning.model import CellEdit
from bihuan.features.planning.replica import open_replica
from bihuan.features.process import model as process
from bihuan.features.process.commands import put_flow
from bihuan.features.process.model import Flow, Node
from bihuan.store.unit_of_work import Database

AMOUNT = ItemRef("费用", "金额")
PACKAGE = {
    "model.yaml": (
        "name: shop\ntitle: 小店\ncalendar: {base: month, start: 2026-01, end: 2026-12}\n"
        "currency: 元\nunits: {元: ''}\nversions: [实际, 预算]\n"
    ),
    "dimensions/org.csv": "code,name,parent,weight\nG,小店,,\nA,甲店,G,\nB,乙店,G,\n",
    "dimensions/科目.csv": "code,name,parent,weight\n费用,费用,,\n差旅,差旅,费用,\n会议,会议,费用,\n",
    "cubes/10费用.yaml": (
        "cube: 费用\ntitle: 费用预算\ndims: [period, org, 科目]\nitems:\n"
        "  金额: {unit: 元, scale: 2}\n  累计: {unit: 元, scale: 2, time: last}\nformulas: |\n  累计 = YTD(金额)\n"
    ),
    "policies/费用.yaml": (
        "policy: 费用控制\nitems: [费用!金额]\nrules:\n"
        "  - {code: 门店科目累计, window: cumulative, by: {org: leaf, 科目: leaf}}\n"
        "  - {code: 全店全年, window: year, by: {org: 0}}\n"
    ),
}
PEOPLE = {
    "li": ["plan.write", "process.submit", "control.read", "control.request", "control.transfer"],
    "wang": ["process.approve"],
    "boss": ["control.*", "entry.*", "process.flow"],
    "sun": ["analysis.read"],
}
BUDGET = {("A", "差旅"): "100", ("A", "会议"): "50", ("B", "差旅"): "80"}  # each month


@dataclass
class Shop:
    """``version`` holds `BUDGET` in every month."""

    database: Database
    version: int
    units: dict[str, int]

    def person(self, login: str) -> Principal:
        with self.database.reading() as reader:
            found = principal_of(reader, login)
            assert found is not None
            return found


@pytest.fixture(scope="module")
def bound() -> Iterator[None]:
    """The subjects as `bootstrap` binds them."""
    kept = dict(process._subjects)
    process.register(KIND, PlanUnitSubject())
    process.register(DOCUMENT, DocumentSubject())
    process.register(TRANSFER, TransferSubject())
    yield
    process._subjects.clear()
    process._subjects.update(kept)


@pytest.fixture(scope="module")
def shop(database: Database, bound: None, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    open_replica(database.engine, models=models.compiled, folder=Path(tmp_path_factory.mktemp("blocks")))
    root = system()
    with database.writing() as uow:
        modelling.apply(uow, root, PACKAGE)
        model = models.find(uow, "shop")
        version = planning.create_version(
            uow, root, model_id=model.id, code="B2026", name="2026 预算", role="预算", revision=model.revision
        )
        for login, actions in PEOPLE.items():
            access.define_role(uow, root, code=login, name=login, grants=[{"action": a} for a in actions])
            access.add_user(uow, root, login=login, name=login, password=None)
            access.assign_roles(uow, root, login=login, assignments=[{"role": login}])
        put_flow(uow, root, Flow("一级", "一级审批", (Node("a", "审批", ("wang",)),)))
        control.apply_policies(uow, root, model="shop")
    with database.writing() as uow:
        planning.append(uow, root, version_id=version.id, edits=list(edits()), source="test", reason="")
        units = {org: entry.open_unit(uow, root, version_id=version.id, org=org, model="shop") for org in "AB"}
    return Shop(database, version.id, units)


def edits() -> Iterator[CellEdit]:
    for (org, account), amount in BUDGET.items():
        for month in range(1, 13):
            yield CellEdit(AMOUNT, {"org": org, "科目": account}, f"2026-{month:02d}", None, Decimal(amount))
