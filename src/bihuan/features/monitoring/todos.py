"""Cases that wait for a person, as open work of the 工作台; bound in `bootstrap`."""

from collections.abc import Sequence

from bihuan.features.access.model import Principal
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring import queries
from bihuan.features.monitoring.model import Case
from bihuan.features.process.todo import Todo
from bihuan.store.unit_of_work import Reader

NOTES = {
    "open": "请说明原因",
    "explained": "请决定怎么办",
    "decided": "请批准决定",
    "approved": "请执行决定",
    "executed": "待核实",
}


def case_todos(reader: Reader, actor: Principal) -> Sequence[Todo]:
    """Cases of which it is the person's turn."""
    if not actor.holds("monitoring.read"):
        return []
    return [_todo(reader, c) for c in queries.cases(reader, actor, mine=True) if c.state != "closed"]


def _title(reader: Reader, case: Case) -> str:
    """Where and by how much; what an alert says is short enough as it is."""
    if case.kind == "alert":
        return case.title
    dimensions = modelling.compiled(reader, case.model).dimensions
    found = [dimensions[d].find(code) for d, code in case.place.members.items() if d in dimensions]
    where = " · ".join(m.name for m in found if m is not None)
    return f"{where} {'超出限额' if case.kind == 'forced' else '偏差'} {abs(case.amount):,.2f}"


def _todo(reader: Reader, case: Case) -> Todo:
    return Todo(
        key=f"case:{case.id}",
        kind="close",
        stage="adjust",
        title=_title(reader, case),
        source="系统预警" if case.kind == "alert" else "执行控制" if case.kind == "forced" else "差异分析",
        since=case.held_since or case.opened_at,
        link=f"/adjust?tab=cases&case={case.id}",
        note=NOTES.get(case.state, ""),
        due=case.due_at,
        subject_kind="deviation",
        subject_id=case.id,
    )
