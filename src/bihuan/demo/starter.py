"""The small company of the tutorial: its loop is set going once, headquarters' budget approved, released and being spent."""

from decimal import Decimal
from pathlib import Path

from bihuan.bootstrap import Container, models_folder
from bihuan.demo.people import known
from bihuan.features.access.model import system
from bihuan.features.control import commands as control
from bihuan.features.control.model import Request, RequestLine
from bihuan.features.entry import commands as entry
from bihuan.features.integration import commands as integration
from bihuan.features.planning import queries as planning
from bihuan.features.process import commands as process
from bihuan.store.unit_of_work import UnitOfWork

MODEL, POLICY, FLOW = "starter", "费用控制", "预算审批"
UNITS = ("FIN", "HR", "MM", "MP", "PM", "PP")
RELEASED = ("FIN", "HR")  # the others are still in preparation
FIRST_REQUEST = RequestLine({"org": "FIN", "科目": "差旅"}, "2026-01", Decimal("1200.00"), "北京审计对接")


def load_starter(container: Container) -> None:
    """Sets the loop going unless it is; the model and the people are there."""
    with container.database.writing() as uow:
        if not uow.rows("entry.units", version_id=planning.version(uow, MODEL, "预算").id):
            _start(uow, container, models_folder() / MODEL)


def _start(uow: UnitOfWork, container: Container, folder: Path) -> None:
    everything = system("demo")
    admin, approver, requester = (known(uow, container, login) for login in ("yusuan", "shenpi", "jingban"))
    for path in sorted((folder / "sources").glob("*.yaml")):
        mapping = path.with_suffix(".csv").read_text("utf-8")
        integration.define_source(uow, everything, definition=path.read_text("utf-8"), mapping=mapping, file=path.name)
    control.apply_policies(uow, everything, model=MODEL)
    version = planning.version(uow, MODEL, "预算")
    units = {org: entry.open_unit(uow, admin, version_id=version.id, org=org, model=MODEL) for org in UNITS}
    for org in RELEASED:
        moved = entry.submit(uow, admin, unit_id=units[org], flow=FLOW, comment="按去年实际测算")
        process.act(uow, approver, task_id=next(iter(moved.tasks)), action="approve", comment="同意")
    control.release_budget(uow, admin, version_id=version.id, policy=POLICY, orgs=list(RELEASED))
    request = Request("demo-1", "YK-2026-0001", (FIRST_REQUEST,), title="差旅申请")
    control.reserve(uow, requester, policy=POLICY, request=request)
