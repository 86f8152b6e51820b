"""Plan units that wait for whoever fills them, as open work of the 工作台; bound in `bootstrap`."""

from collections.abc import Sequence

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.access.queries import names_of
from bihuan.features.entry.model import KIND
from bihuan.features.process.todo import Todo
from bihuan.store.unit_of_work import Reader


def unit_todos(reader: Reader, actor: Principal) -> Sequence[Todo]:
    """Units in preparation that the person may fill and submit.

    Who administers the cycle may submit anything but is not waited for: such units are not the administrator's work.
    """
    if not actor.holds("process.submit"):
        return []
    found = [u for u in reader.rows("entry.units_preparing") if _waits_for(actor, u)]
    names = names_of(reader, {u["returned_by"] or u["opened_by"] for u in found})
    return [_todo(u, names[u["returned_by"] or u["opened_by"]]) for u in found]


def _waits_for(actor: Principal, unit: RowMapping) -> bool:
    at = {"model": unit["model"], "org": unit["org"]}
    return actor.may("process.submit", **at) and not actor.may("entry.admin", **at)


def _todo(unit: RowMapping, source: str) -> Todo:
    returned = unit["returned_by"] is not None
    return Todo(
        key=f"unit:{unit['id']}",
        kind="returned" if returned else "fill",
        stage="prepare",
        title=f"{unit['org_name'] or unit['org']} {unit['version_name']}",
        source=source,
        since=unit["held_since"],
        link=f"/prepare?model={unit['model']}&version={unit['version']}&org={unit['org']}",
        note=unit["returned_why"] or unit["round"] or "",
        due=unit["due_at"],
        subject_kind=KIND,
        subject_id=unit["id"],
    )
