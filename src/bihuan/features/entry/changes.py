"""What changed in a unit: since the last submission, or against the year before; and its figures beside both.

Numbers are those of the submitted states (manifests of kind ``submit``), read through the reader's scope: a row of which
the reader sees nothing is left out, one of which only a part is seen is marked 部分. Amounts are in the items' own units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.entry.commands import unit_of
from bihuan.features.entry.comparison import Comparison, Figure, Row
from bihuan.features.entry.cycle import Targets, from_json
from bihuan.features.entry.last_year import LastYear, find
from bihuan.features.entry.model import NoSuchUnit
from bihuan.features.planning import versions
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.estimate import year_of
from bihuan.features.planning.model import UnknownState
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.store.unit_of_work import Reader

Against = Literal["round", "last_year"]
ROWS_MAX = 2000


@dataclass(frozen=True, slots=True)
class Changes:
    """``submission``: which one is looked at; ``before``: the one it is compared with, None without any.

    ``last``: the year before. ``unchanged`` rows are not listed.
    """

    unit: RowMapping
    year: int
    submission: int
    before: int | None
    last: LastYear
    rows: Sequence[Row]
    unchanged: int
    figures: Sequence[Figure]


def changes(reader: Reader, actor: Principal, *, unit_id: int, against: Against) -> Changes:
    """Rows ranked by the size of their change, money first; figures at the unit."""
    unit = unit_of(reader, unit_id)
    if not actor.may("entry.read", model=unit["model"], org=unit["org"]):
        raise NoSuchUnit(unit=unit_id)
    version = versions.known(reader, unit["version_id"])
    now, before = states(reader, unit)
    year = year_of(version.code, now.model.calendar)
    targets = _targets(unit)
    apart = frozenset(map(ref_of, (targets.item, targets.reserve))) if targets else frozenset()
    last = find(reader, now, [r for r in now.model.items if r not in apart], year=year, org=unit["org"])
    comparison = Comparison(reader, actor, unit, version, now, before, year, last, apart)
    found = list(comparison.by_round() if against == "round" else comparison.by_year())
    moved = [r for r in found if r.delta != 0 or (r.before is None) != (r.after is None)]
    moved.sort(key=lambda r: (r.item.definition.unit != now.model.definition.currency, -abs(r.delta)))
    number = submission_of(unit)
    return Changes(
        unit=unit,
        year=year,
        submission=number,
        before=number - 1 if before is not None else None,
        last=comparison.last,
        rows=moved[:ROWS_MAX],
        unchanged=len(found) - len(moved),
        figures=sorted(comparison.figures(), key=lambda f: _rank(f, targets)),
    )


def _targets(unit: RowMapping) -> Targets | None:
    """What the unit's cycle hands down, when it belongs to one."""
    return None if unit["template"] is None else from_json(unit["template"]).targets


def _rank(figure: Figure, targets: Targets | None) -> tuple[bool, Decimal]:
    """The figure that is held against targets first, then the largest."""
    measured = targets is not None and figure.item.ref == ref_of(targets.measure)
    return not measured, -abs(figure.after or Decimal(0))


def submission_of(unit: RowMapping) -> int:
    """Which submission is looked at: the last one, or the one to come while the unit is in preparation."""
    return int(unit["submissions"]) + int(unit["status"] == "preparing")


def states(reader: Reader, unit: RowMapping) -> tuple[PlanState, PlanState | None]:
    """The unit as submitted (as it stands, while in preparation), and as the submission before it was."""
    number = submission_of(unit)
    after = None if unit["status"] == "preparing" else _submitted(reader, unit, number)
    return after or replica_of(reader).pin(reader, unit["version_id"]), _submitted(reader, unit, number - 1)


def submission_name(org: str, number: int) -> str:
    """The name of the state that a submission keeps."""
    return f"{org} 第{number}次提交"


def _submitted(reader: Reader, unit: RowMapping, number: int) -> PlanState | None:
    if number < 1:
        return None
    try:
        return replica_of(reader).named(reader, unit["version_id"], submission_name(unit["org"], number))
    except UnknownState:
        return None
