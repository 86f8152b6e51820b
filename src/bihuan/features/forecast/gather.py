"""From the actual version to series: which cells, up to which period, and what blank means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel
from bihuan.features.forecast.festival import effects, spans_of
from bihuan.features.forecast.model import Definition, NothingToForecast, Up
from bihuan.features.forecast.series import Flags, Floats, Series, began
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.state import State


@dataclass(frozen=True, slots=True)
class Span:
    """Axis indices: [first, switchover] show actuals, (switchover, last] are forecast; ``year`` is the fiscal year forecast."""

    first: int
    switchover: int
    last: int
    year: int

    @property
    def ahead(self) -> range:
        """The forecast columns."""
        return range(self.switchover + 1, self.last + 1)


@dataclass(frozen=True, eq=False)
class Gathered:
    """An item's series. ``keys`` int32[n, dims] leaf ids; ``values`` float64[n, switchover + 1] as kept, nan = blank, from
    the first axis period; ``series`` the same as the methods take them."""

    item: CompiledItem
    keys: NDArray[np.int32]
    values: Floats
    series: Series


def span_of(calendar: Calendar, definition: Definition, actual: PlanState, today: date) -> Span:
    """The last closed period for which actuals are there, and the horizon after it."""
    closed = [i for i in range(calendar.size) if calendar.last_day(i) <= today]
    # a period counts as loaded when every item has it: one of two sources must not switch the other to blanks
    loaded = [found for ref in definition.items if (found := _last_loaded(actual, ref)) >= 0]
    last = min(closed[-1] if closed else -1, min(loaded, default=-1))
    if last < 0:
        raise NothingToForecast("还没有已关账期间的实际数", business_date=today.isoformat())
    if last + 1 >= calendar.size:
        raise NothingToForecast("日历里没有更后的期间", period=calendar.codes[last])
    year = calendar.years[last + 1]
    if definition.horizon:
        stop = min(last + definition.horizon, calendar.size - 1)
    else:
        stop = max(i for i in range(calendar.size) if calendar.years[i] == year)
    first = min(i for i in range(calendar.size) if calendar.years[i] == year)
    return Span(min(first, last + 1), last, stop, year)


def _last_loaded(actual: PlanState, ref: ItemRef) -> int:
    """The last column in which an item holds an amount, entered or computed; -1 without any."""
    panel = actual.sheet.leaves(ref)
    held = np.flatnonzero(((panel.states == State.VALUE) & (panel.values != 0)).any(axis=0))
    return int(held[-1]) if len(held) else -1


def gather(definition: Definition, actual: PlanState, ref: ItemRef, span: Span) -> Gathered:
    """The series of one item that hold anything up to the switchover."""
    model = actual.model
    item = model.items[ref]
    panel = actual.sheet.leaves(ref)
    chosen = chosen_rows(model, definition, item, panel)
    stop = span.switchover + 1
    here = panel.states[:, :stop] == State.VALUE
    rows = chosen & here.any(axis=1)
    values = np.where(here[rows], panel.values[rows, :stop], np.nan)
    keys = panel.keys[rows]
    calendar = model.calendar
    per_year = min(calendar.per_year(y) for y in set(calendar.years))
    season = np.array([min(n, per_year) - 1 for n in calendar.numbers[: span.last + 1]], np.int64)
    moving = effects(spans_of(calendar)[: span.last + 1]) if definition.festival else np.zeros((span.last + 1, 0))
    series = Series(
        quietened(values) if definition.quiet else values,
        season,
        per_year,
        moving,
        pools_of(model, item, keys, definition.pool),
    )
    return Gathered(item, keys, values, series)


def chosen_rows(model: CompiledModel, definition: Definition, item: CompiledItem, panel: Panel) -> Flags:
    """Which rows the definition's ``where`` means."""
    out = np.ones(len(panel), np.bool_)
    for dim, members in definition.where.items():
        if dim in item.dims:
            out &= np.isin(panel.keys[:, item.dims.index(dim)], sorted(leaves_of(model, dim, members)))
    return out


def leaves_of(model: CompiledModel, dim: str, members: Sequence[str]) -> set[int]:
    """Ids of the leaves under some members in the main tree."""
    dimension = model.dimensions[dim]
    tree = dimension.trees.get("")
    ids = [dimension.by_code[m].id for m in members]
    return {leaf for i in ids for leaf in (tree.leaves_under(i) if tree else {i: 1.0})}


def quietened(values: Floats) -> Floats:
    """Blank periods after a series' beginning as zero, where any series of the item holds a value: nothing happened."""
    blank = np.asarray(np.isnan(values))
    loaded = ~np.asarray(blank.all(axis=0))
    after = np.arange(values.shape[1])[None, :] >= began(values)[:, None]
    return np.where(blank & after & loaded[None, :], 0.0, values)


def pools_of(
    model: CompiledModel, item: CompiledItem, keys: NDArray[np.int32], pool: Mapping[str, Up]
) -> NDArray[np.int64]:
    """int[n]: siblings have one number. A leaf without parent is its own."""
    columns = []
    for dim, up in pool.items():
        if dim in item.dims:
            column = keys[:, item.dims.index(dim)]
            tree = model.dimensions[dim].trees.get("")
            if up == "parent" and tree is not None:
                edges = tree.parent_of()
                column = np.array([edges[int(m)].parent if int(m) in edges else int(m) for m in column], np.int32)
            columns.append(column)
    if not columns or not len(keys):
        return np.zeros(len(keys), np.int64)
    return np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
