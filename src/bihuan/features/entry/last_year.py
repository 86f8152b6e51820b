"""What the year before is compared by: its estimate, that is actuals of the closed periods and the plan for the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, scoped
from bihuan.features.planning.estimate import Estimate, estimate
from bihuan.features.planning.model import UnknownVersion
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.period import PeriodKey
from bihuan.store.unit_of_work import Reader

Amounts = list[list[Decimal | None]]


@dataclass(frozen=True, eq=False)
class LastYear:
    """``known`` None: nothing is known of that year."""

    year: int
    known: Estimate | None

    @property
    def is_estimate(self) -> bool:
        """Whether some of the year is the plan's, because it has not ended by the business date."""
        if self.known is None or self.known.plan is None:
            return False
        return self.known.months(self.known.state.model.calendar, self.year)[1] > 0

    @property
    def codes(self) -> list[str]:
        """The versions the figures come from: to see them takes the right to see both."""
        assert self.known is not None, "asked only where there is one"
        return [v.code for v in (self.known.actual, self.known.plan if self.is_estimate else None) if v is not None]

    def read(self, actor: Principal, item: CompiledItem, nodes: NDArray[np.int32]) -> Amounts:
        """[node, period of the year]: amounts the actor may see; None = blank, hidden or unknown."""
        assert self.known is not None, "asked only where there is one"
        state, keys = self.known.state, keys_of(self.known.state.model.calendar, item, self.year)
        there = state.model.items.get(item.ref)
        if there is None or there.dims != item.dims or not len(nodes):
            return [[None] * len(keys) for _ in nodes]
        periods = [key for key, _ in keys]
        reads = [scoped.read(state, code, actor, there, nodes=nodes, periods=periods) for code in self.codes]
        narrow = reads[0]
        for other in reads[1:]:
            worse = other.classes > narrow.classes
            values, states = (
                np.where(worse, getattr(other, part), getattr(narrow, part)) for part in ("values", "states")
            )
            narrow = scoped.Read(values, states, np.maximum(other.classes, narrow.classes))
        return [
            [cells.shown(there, float(v), int(s)) for v, s in zip(vs, ss, strict=True)]
            for vs, ss in zip(narrow.values, narrow.states, strict=True)
        ]


def keys_of(calendar: Calendar, item: CompiledItem, year: int) -> list[tuple[PeriodKey, str]]:
    """The columns of a year in which an item is kept, with their codes."""
    codes, years = calendar.grain_codes(item.grain), calendar.grain_years(item.grain)
    return [(PeriodKey(item.grain, i), codes[i]) for i, y in enumerate(years) if y == year]


def find(reader: Reader, state: PlanState, items: Iterable[ItemRef], *, year: int, org: str) -> LastYear:
    """The year before ``year`` at an organisation."""
    before = year - 1
    if before not in state.model.calendar.years:
        return LastYear(before, None)
    try:
        return LastYear(before, estimate(reader, state.model_id, items, year=before, org=org))
    except UnknownVersion:
        return LastYear(before, None)
