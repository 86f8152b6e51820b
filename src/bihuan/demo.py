"""The demonstration: people, the example models with their data, and the small company's loop set going.

Everything is done by the same commands that people use, as the people who may; loading it again changes nothing.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from bihuan.bootstrap import Container, load_roles, models_folder
from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.features.control import commands as control
from bihuan.features.control.model import Request, RequestLine
from bihuan.features.entry import commands as entry
from bihuan.features.integration import commands as integration
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.planning import queries as planning
from bihuan.features.planning.packages import load_data
from bihuan.features.process import commands as process
from bihuan.store.unit_of_work import UnitOfWork

DEMO_PASSWORD = "bihuan-demo"  # noqa: S105 - printed at the start of every demo
# login, name, role, limits of the assignment
DEMO_PEOPLE: tuple[tuple[str, str, str, Mapping[str, Sequence[str]]], ...] = (
    ("yusuan", "于算", "budget-admin", {}),
    ("bumen", "卜敏", "department-owner", {"model": ["starter"], "org": ["MOT"]}),
    ("shenpi", "沈批", "approver", {}),
    ("jingban", "景办", "requester", {"model": ["starter"], "org": ["HQ"]}),
    ("cfo", "蔡富", "cfo", {}),
    ("it", "艾迪", "it", {}),
    ("shenji", "申纪", "auditor", {}),
)
LOOP_MODEL, POLICY, FLOW = "starter", "费用控制", "预算审批"
UNITS = ("FIN", "HR", "MM", "MP", "PM", "PP")
RELEASED = ("FIN", "HR")  # the others are still in preparation
FIRST_REQUEST = RequestLine({"org": "FIN", "科目": "差旅"}, "2026-01", Decimal("1200.00"), "北京审计对接")


def load_demo(container: Container) -> None:
    """Roles, people and example models, where they are not there yet; then the loop, once."""
    actor = system("demo")
    with container.database.writing() as uow:
        load_roles(uow, actor)
        for login, name, role, limits in DEMO_PEOPLE:
            _person(uow, actor, login=login, name=name, role=role, limits=limits)
    for folder in sorted(p for p in models_folder().iterdir() if (p / "model.yaml").is_file()):
        with container.database.writing() as uow:
            _model(uow, actor, folder)
    with container.database.writing() as uow:
        if not uow.rows("entry.units", version_id=planning.version(uow, LOOP_MODEL, "预算").id):
            start_loop(uow, container, models_folder() / LOOP_MODEL)


def start_loop(uow: UnitOfWork, container: Container, folder: Path) -> None:
    """Policy and source in force; every department a plan unit; headquarters' approved, released and spending."""
    everything = system("demo")
    who = {login: principal_of(uow, login, container.trees) for login in ("yusuan", "shenpi", "jingban")}
    admin, approver, requester = (_known(who, login) for login in ("yusuan", "shenpi", "jingban"))
    for path in sorted((folder / "sources").glob("*.yaml")):
        mapping = path.with_suffix(".csv").read_text("utf-8")
        integration.define_source(uow, everything, definition=path.read_text("utf-8"), mapping=mapping, file=path.name)
    control.apply_policies(uow, everything, model=LOOP_MODEL)
    version = planning.version(uow, LOOP_MODEL, "预算")
    units = {org: entry.open_unit(uow, admin, version_id=version.id, org=org, model=LOOP_MODEL) for org in UNITS}
    for org in RELEASED:
        moved = entry.submit(uow, admin, unit_id=units[org], flow=FLOW, comment="按去年实际测算")
        process.act(uow, approver, task_id=next(iter(moved.tasks)), action="approve", comment="同意")
    control.release_budget(uow, admin, version_id=version.id, policy=POLICY, orgs=list(RELEASED))
    request = Request("demo-1", "YK-2026-0001", (FIRST_REQUEST,), title="差旅申请")
    control.reserve(uow, requester, policy=POLICY, request=request)


def _known(people: Mapping[str, Principal | None], login: str) -> Principal:
    found = people[login]
    assert found is not None, f"{login} is one of DEMO_PEOPLE"
    return found


def _person(uow: UnitOfWork, actor: Principal, *, login: str, name: str, role: str, limits: Mapping[str, Any]) -> None:
    if uow.row("access.user_by_login", login=login) is None:
        access.add_user(uow, actor, login=login, name=name, password=DEMO_PASSWORD)
        access.assign_roles(uow, actor, login=login, assignments=[{"role": role, "limits": limits}])


def _model(uow: UnitOfWork, actor: Principal, folder: Path) -> None:
    """Applies a shipped package and loads its data once; what users made of it since is theirs."""
    if uow.row("modelling.model", code=folder.name) is None:
        applied = modelling.apply(uow, actor, read_folder(folder), reason="示例", name=folder.name)
        load_data(uow, actor, model=applied.code, folder=folder)
