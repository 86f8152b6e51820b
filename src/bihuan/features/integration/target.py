"""The model as loads see it: where lines may go, derived from the compiled model and the status of its periods."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from bihuan.engine.compiled import CompiledModel
from bihuan.features.integration.mapping import TargetItem, TargetModel
from bihuan.kernel.calendar import Calendar

_EPOCH = date(1970, 1, 1)


def target_model(model: CompiledModel, statuses: Mapping[str, str]) -> TargetModel:
    """Items of base grain with cells that may be entered, by code and by name; the dimensions; the axis.

    ``statuses``: period -> closed, not_open. Whether one cell is a formula's is asked when the totals enter the plan.
    """
    items: dict[str, TargetItem] = {}
    for ref, item in model.items.items():
        enterable = not item.always_formula or item.definition.override
        if enterable and item.grain == "base" and item.type == "number":
            target = TargetItem(ref.cube, ref.item, item.dims)
            items.setdefault(f"{ref.cube}!{item.definition.name}", target)
            items[f"{ref.cube}!{ref.item}"] = target
    calendar = model.calendar
    ends = np.array([(calendar.last_day(i) - _EPOCH).days for i in range(calendar.size)], np.int32)
    return TargetModel(
        items=items,
        dimensions=model.dimensions,
        periods=calendar.codes,
        period_starts=np.concatenate([[_first_day(calendar)], ends[:-1] + 1]).astype(np.int32),
        period_ends=ends,
        closed=frozenset(p for p, status in statuses.items() if status == "closed"),
        not_open=frozenset(p for p, status in statuses.items() if status == "not_open"),
    )


def _first_day(calendar: Calendar) -> int:
    """The day after the last one of the period before the axis."""
    year, number = calendar.years[0], calendar.numbers[0]
    before = (year, number - 1) if number > 1 else (year - 1, calendar.per_year(year - 1))
    probe = Calendar(calendar.base, before, 0, 1, 0, calendar.fiscal_start, calendar.long_years)
    return (probe.last_day(0) - _EPOCH).days + 1
