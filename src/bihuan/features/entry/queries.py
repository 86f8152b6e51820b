"""Plan units: where each stands, who has it, for how long."""

from collections.abc import Mapping
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.entry.commands import unit_of
from bihuan.features.entry.model import KIND, STATUS_NAMES, NoSuchUnit
from bihuan.features.entry.unit_states import shown
from bihuan.features.process import queries as process
from bihuan.store.unit_of_work import Reader


def units(reader: Reader, actor: Principal, *, version_id: int) -> list[dict[str, Any]]:
    """The units of a version that the reader may see."""
    rows = reader.rows("entry.units", version_id=version_id)
    seen = [dict(r) for r in rows if actor.may("entry.read", model=r["model"], org=r["org"])]
    return [_shown(reader, r, more) for r, more in zip(seen, shown(reader, seen), strict=True)]


def unit(reader: Reader, actor: Principal, *, unit_id: int) -> dict[str, Any]:
    """One unit with its case; what one may not see is not there."""
    row = unit_of(reader, unit_id)
    if not actor.may("entry.read", model=row["model"], org=row["org"]):
        raise NoSuchUnit(unit=unit_id)
    instance = process.instance_of(reader, KIND, unit_id)
    (more,) = shown(reader, [dict(row)])
    return {
        **_shown(reader, dict(row), more),
        "case": None if instance is None else process.case(reader, actor, instance),
    }


def _shown(reader: Reader, row: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    hours = (reader.now() - row["held_since"]).total_seconds() / 3600
    return {**row, **more, "status_name": STATUS_NAMES[row["status"]], "held_hours": round(hours, 1)}
