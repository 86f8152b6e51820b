"""预计: what a year will come to, as of the business date: actuals to the last closed period, the plan after it.

It is no version but a sheet put together from two: the items' leaf cells are taken from the role 实际 up to the last period
that ended by the business date and from the year's plan after it; totals and ratios follow by the model's own rules.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel, panel_of
from bihuan.features.access.queries import business_date
from bihuan.features.planning import cells, versions
from bihuan.features.planning.editing import ORG, leaves_under
from bihuan.features.planning.model import UnknownVersion, Version
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader

ESTIMATE = "预计"  # named like a version role where one can be named
ACTUAL, PLAN = "实际", "预算"
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")


@dataclass(frozen=True, eq=False)
class Estimate:
    """``state`` holds the mixed sheet; ``closed`` leaf periods of the axis count as actual. ``plan`` None: no plan known."""

    state: PlanState
    actual: Version
    plan: Version | None
    closed: int

    def months(self, calendar: Calendar, year: int) -> tuple[int, int]:
        """How many of a year's leaf periods are actual, and how many are planned."""
        indices = [i for i, y in enumerate(calendar.years) if y == year]
        actual = sum(i < self.closed for i in indices)
        return actual, len(indices) - actual


def year_of(code: str, calendar: Calendar) -> int:
    """The fiscal year a version is about: the one its code names, else the last that is planned."""
    named = [int(y) for y in _YEAR.findall(code) if int(y) in calendar.years]
    return named[0] if named else calendar.years[calendar.plan_range[-1]]


def version_for(reader: Reader, model_id: int, role: str, year: int, calendar: Calendar) -> Version | None:
    """The version of a role that is about a year, else the one the role is bound to; None without any."""
    named = [
        v
        for v in versions.all_of(reader, model_id)
        if v.role == role and v.status != "closed" and v.base_version_id is None and str(year) in _YEAR.findall(v.code)
    ]
    if named:
        return next((v for v in named if v.bound), named[0])
    found = versions.of_roles(reader, model_id, [role]).get(role)
    if found is not None and role == PLAN and year != year_of(found.code, calendar):
        return None  # next year's plan says nothing about this year
    return found


def closed_periods(reader: Reader, calendar: Calendar) -> int:
    """How many leaf periods of the axis ended by the business date."""
    day = business_date(reader)
    return sum(calendar.last_day(i) <= day for i in range(calendar.size))


def estimate(reader: Reader, model_id: int, items: Iterable[ItemRef], *, year: int, org: str | None = None) -> Estimate:
    """The estimate for ``year`` of these items and all they read, for one organisation and what is below it (None = all)."""
    head = versions.of_roles(reader, model_id, [ACTUAL]).get(ACTUAL)
    if head is None:
        raise UnknownVersion(f"没有“{ACTUAL}”版本，算不出预计。", role=ACTUAL)
    replica = replica_of(reader)
    actual = replica.pin(reader, head.id)
    calendar = actual.model.calendar
    plan = version_for(reader, model_id, PLAN, year, calendar)
    after = replica.pin(reader, plan.id) if plan is not None else None
    closed = closed_periods(reader, calendar)
    refs = _with_operands(actual, items)
    rows = leaves_under(actual.model, org) if org is not None and ORG in actual.model.dimensions else None
    panels = {ref: _mixed(actual, after, ref, closed, rows) for ref in refs if _is_frozen(actual.model.items[ref])}
    base = after or actual
    return Estimate(replace(base, sheet=base.sheet.freeze(panels)), head, plan, closed)


def _with_operands(state: PlanState, items: Iterable[ItemRef]) -> list[ItemRef]:
    found, stack = dict.fromkeys(items), list(items)
    while stack:
        for ref in state.model.reads.get(stack.pop(), ()):
            if ref not in found:
                found[ref] = None
                stack.append(ref)
    return list(found)


def _is_frozen(item: CompiledItem) -> bool:
    """Ratios are left to their formulas: what they read is fixed."""
    return item.is_input or "formula" not in (item.time.kind, item.total.kind)


def _mixed(
    actual: PlanState, after: PlanState | None, ref: ItemRef, closed: int, orgs: NDArray[np.int32] | None
) -> Panel:
    item = actual.model.items[ref]
    axis = cells.axis(actual.model, item)
    upto = _closed_columns(actual.model.calendar, item, closed)
    first = _part(actual.sheet.leaves(ref), item, orgs)
    if after is None or ref not in after.model.items:
        second = Panel(first.sizes, first.codes[:0], first.values[:0], first.states[:0])
    else:
        panel = cells.moved(after.sheet.leaves(ref), cells.axis(after.model, after.model.items[ref]), axis)
        second = _part(panel, item, orgs)
    sizes = cells.sizes(actual.model, item)
    first, second = first.resized(sizes), second.resized(sizes)
    codes = np.union1d(first.codes, second.codes)
    values, states, _ = first.gather(codes)
    planned, marks, _ = second.gather(codes)
    values[:, upto:], states[:, upto:] = planned[:, upto:], marks[:, upto:]
    kept = (states != State.BLANK).any(axis=1)
    return Panel(sizes, codes[kept], values[kept], states[kept])


def _closed_columns(calendar: Calendar, item: CompiledItem, closed: int) -> int:
    """The item's columns that lie wholly in closed periods; a parameter is the plan's."""
    if item.grain in ("", "base"):
        return closed if item.grain else 0
    return sum(group.stop <= closed for group in calendar.groups(item.grain))


def _part(panel: Panel, item: CompiledItem, orgs: NDArray[np.int32] | None) -> Panel:
    if orgs is None or ORG not in item.dims:
        return panel.folded
    keys = panel.keys
    keep = np.isin(keys[:, item.dims.index(ORG)], orgs)
    return panel_of(keys[keep], panel.values[keep], panel.states[keep], sizes=panel.sizes)


def year_columns(calendar: Calendar, year: int) -> Sequence[str]:
    """Codes of a year's columns in order, each group after its last period; half years only repeat their quarters."""
    out: list[str] = []
    for index in [i for i, y in enumerate(calendar.years) if y == year]:
        out.append(calendar.codes[index])
        for grouping in calendar.groupings:
            group = calendar.groups(grouping)[calendar.group_of(grouping)[index]]
            if grouping != "half" and group.stop == index + 1 and group.code not in out:
                out.append(group.code)
    return out
