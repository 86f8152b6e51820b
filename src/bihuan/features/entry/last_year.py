"""What the year before is compared by: actuals of the periods that have ended, the year's budget for the rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.planning import cells, scoped, versions
from bihuan.features.planning.model import Version
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader

ACTUAL, BUDGET = "实际", "预算"
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
Amounts = list[list[Decimal | None]]


@dataclass(frozen=True, eq=False)
class LastYear:
    """``actual`` for columns that end by the business date (``closed`` leaf periods of the axis), ``plan`` for the rest."""

    year: int
    actual: tuple[PlanState, Version] | None
    plan: tuple[PlanState, Version] | None
    closed: int

    @property
    def known(self) -> bool:
        """Whether there is anything to compare with."""
        return self.actual is not None or self.plan is not None

    @property
    def is_estimate(self) -> bool:
        """Whether some of the year is the plan's, because it has not ended by the business date."""
        if self.plan is None:
            return False
        years = self.plan[0].model.calendar.years
        return any(i >= self.closed for i, y in enumerate(years) if y == self.year)

    def read(self, actor: Principal, item: CompiledItem, nodes: NDArray[np.int32]) -> Amounts:
        """[node, period of the year]: amounts the actor may see; None = blank, hidden or unknown."""
        out: Amounts = [[] for _ in range(len(nodes))]
        for key, code in keys_of(self._calendar(), item, self.year):
            source = self.actual if self._is_closed(item, key) else self.plan
            column = [None] * len(nodes) if source is None else _column(source, actor, item, nodes, code)
            for row, value in zip(out, column, strict=True):
                row.append(value)
        return out

    def _calendar(self) -> Calendar:
        state = self.actual or self.plan
        assert state is not None, "asked only where there is one"
        return state[0].model.calendar

    def _is_closed(self, item: CompiledItem, key: PeriodKey) -> bool:
        if item.grain == "base":
            return key.index < self.closed
        return self._calendar().groups(item.grain)[key.index].stop <= self.closed


def _column(
    source: tuple[PlanState, Version], actor: Principal, item: CompiledItem, nodes: NDArray[np.int32], code: str
) -> list[Decimal | None]:
    state, version = source
    there, key = state.model.items.get(item.ref), state.model.calendar.find(code)
    if there is None or there.dims != item.dims or key is None:
        return [None] * len(nodes)
    read = scoped.read(state, version.code, actor, there, nodes=nodes, periods=[key])
    return [cells.shown(there, float(v), int(s)) for v, s in zip(read.values[:, 0], read.states[:, 0], strict=True)]


def keys_of(calendar: Calendar, item: CompiledItem, year: int) -> list[tuple[PeriodKey, str]]:
    """The columns of a year in which an item is kept, with their codes."""
    codes, years = calendar.grain_codes(item.grain), calendar.grain_years(item.grain)
    return [(PeriodKey(item.grain, i), codes[i]) for i, y in enumerate(years) if y == year]


def year_of(version: Version, state: PlanState) -> int:
    """The fiscal year a version is about: the one its code names, else the last that is planned and holds anything."""
    calendar = state.model.calendar
    named = [int(y) for y in _YEAR.findall(version.code) if int(y) in calendar.years]
    if named:
        return named[0]
    held = [_last_year_held(panel.states, calendar) for r, panel in state.sheet.inputs.items() if _is_monthly(state, r)]
    return max(held, default=0) or calendar.years[calendar.plan_range[-1]]


def _is_monthly(state: PlanState, ref: object) -> bool:
    return any(r == ref and item.grain == "base" for r, item in state.model.items.items())


def _last_year_held(states: NDArray[np.uint8], calendar: Calendar) -> int:
    columns = np.flatnonzero((states == State.VALUE).any(axis=0))
    return calendar.years[int(columns[-1])] if len(columns) else 0


def find(reader: Reader, state: PlanState, version: Version, year: int) -> LastYear:
    """The base for the year before ``year``: the bound actuals, and the budget version that is about that year."""
    replica, before = replica_of(reader), year - 1
    calendar = state.model.calendar
    if before not in calendar.years:
        return LastYear(before, None, None, 0)
    actual = versions.of_roles(reader, version.model_id, [ACTUAL]).get(ACTUAL)
    plan = _plan_for(versions.all_of(reader, version.model_id), version, before)
    day = business_date(reader)
    return LastYear(
        before,
        None if actual is None else (replica.pin(reader, actual.id), actual),
        None if plan is None else (replica.pin(reader, plan.id), plan),
        sum(calendar.last_day(i) <= day for i in range(calendar.size)),
    )


def _plan_for(known: Sequence[Version], version: Version, year: int) -> Version | None:
    about = [v for v in known if v.role == BUDGET and v.id != version.id and str(year) in _YEAR.findall(v.code)]
    whole = [v for v in about if v.base_version_id is None and v.status != "closed"]
    return next((v for v in whole if v.status == "released"), whole[0] if whole else None)
