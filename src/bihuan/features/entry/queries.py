"""Plan units: where each stands, who has it, for how long."""

from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.entry.commands import unit_of
from bihuan.features.entry.model import KIND, STATUS_NAMES, NoSuchUnit
from bihuan.features.process import queries as process
from bihuan.store.unit_of_work import Reader


def units(reader: Reader, actor: Principal, *, version_id: int) -> list[dict[str, Any]]:
    """The units of a version that the reader may see."""
    rows = reader.rows("entry.units", version_id=version_id)
    return [_shown(reader, r) for r in rows if actor.may("entry.read", model=r["model"], org=r["org"])]


def unit(reader: Reader, actor: Principal, *, unit_id: int) -> dict[str, Any]:
    """One unit with its case; what one may not see is not there."""
    row = unit_of(reader, unit_id)
    if not actor.may("entry.read", model=row["model"], org=row["org"]):
        raise NoSuchUnit(unit=unit_id)
    instance = process.instance_of(reader, KIND, unit_id)
    return {**_shown(reader, row), "case": None if instance is None else process.case(reader, actor, instance)}


def _shown(reader: Reader, row: RowMapping) -> dict[str, Any]:
    hours = (reader.now() - row["held_since"]).total_seconds() / 3600
    return {**row, "status_name": STATUS_NAMES[row["status"]], "held_hours": round(hours, 1)}
