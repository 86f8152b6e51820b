"""Between codes and arrays: edits of people, change sets of the log, edits and panels of the engine.

A change set names items as ``cube!item`` and periods by code, because both outlive positions; the engine wants item
references and axis positions. Values are the engine's: scaled integers where the item has a scale, 0.0 when not VALUE.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel, panel_of
from bihuan.engine.sheet import Edits
from bihuan.kernel.scaled import from_scaled, to_scaled
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells, PanelArrays

NO_PERIOD = ("",)  # the axis of a parameter: one column without a code


def code_of(ref: ItemRef) -> str:
    """``cube!item``, as blocks, locks and grants name it."""
    return f"{ref.cube}!{ref.item}"


def ref_of(code: str) -> ItemRef:
    """The reverse of `code_of`; the item's own code may hold a "!"."""
    cube, _, item = code.partition("!")
    return ItemRef(cube, item)


def axis(model: CompiledModel, item: CompiledItem) -> tuple[str, ...]:
    """Period codes of the columns an item's values are kept in."""
    return model.calendar.grain_codes(item.grain) if item.grain else NO_PERIOD


def plan_columns(model: CompiledModel, item: CompiledItem) -> range:
    """The columns a formula fills."""
    return model.calendar.grain_plan(item.grain) if item.grain else range(1)


def fiscal_years(model: CompiledModel, item: CompiledItem) -> dict[int, slice]:
    """Each fiscal year's columns; 0 for a parameter."""
    if not item.grain:
        return {0: slice(0, 1)}
    years = model.calendar.grain_years(item.grain)
    return {year: slice(years.index(year), len(years) - years[::-1].index(year)) for year in sorted(set(years))}


def sizes(model: CompiledModel, item: CompiledItem) -> tuple[int, ...]:
    """One more than the largest member id, per dimension of the item."""
    return tuple(max((m.id for m in model.dimensions[d].members), default=0) + 1 for d in item.dims)


def stored(item: CompiledItem, amount: Decimal | None) -> tuple[float, int]:
    """(value, state) as kept; raises `BadAmount` when it is too large."""
    if amount is None:
        return 0.0, State.BLANK
    value = to_scaled(amount, item.scale) if item.scale is not None else float(amount)
    return value + 0.0, State.VALUE  # + 0.0: no negative zero


def shown(item: CompiledItem, value: float, state: int) -> Decimal | None:
    """The amount in the item's unit; None when the state is not VALUE. Plain numbers by their shortest exact digits."""
    if state != State.VALUE:
        return None
    if float(value).is_integer():
        return from_scaled(value, item.scale or 0)
    # a plain number, or the mean of scaled ones
    return Decimal(repr(float(value))).scaleb(-(item.scale or 0))


def text(amount: Decimal | None) -> str | None:
    """A decimal string without exponent; blank is None."""
    return None if amount is None else format(amount, "f")


def shown_text(item: CompiledItem, value: float, state: int) -> str | None:
    """``text(shown(…))`` without a Decimal between: a slice has thousands of cells."""
    if state != State.VALUE:
        return None
    scale = item.scale or 0
    if not value.is_integer():
        return text(shown(item, value, state))
    digits = str(abs(int(value)))
    if scale > 0:
        digits = digits.zfill(scale + 1)
        digits = f"{digits[:-scale]}.{digits[-scale:]}"
    return f"-{digits}" if value < 0 else digits


def edits_of(model: CompiledModel, cells: ChangedCells) -> Edits:
    """The ``after`` of a change set for the engine; of one cell changed twice the last; what the model lacks is left out."""
    refs = tuple(ref_of(code) for code in cells.items)
    column = np.full((len(refs), max(1, len(cells.periods))), -1, np.int32)
    for i, ref in enumerate(refs):
        if (item := model.items.get(ref)) is not None:
            places = {code: j for j, code in enumerate(axis(model, item))}
            column[i, : len(cells.periods)] = [places.get(code, -1) for code in cells.periods]
    period = column[cells.item, cells.period] if len(cells) else np.zeros(0, np.int32)
    keep = last_of_each(cells.item, cells.members, period) if len(cells) else np.zeros(0, np.intp)
    keep = keep[period[keep] >= 0]
    return Edits(refs, cells.item[keep], cells.members[keep], period[keep], cells.after[keep], cells.after_state[keep])


def last_of_each(item: NDArray[np.int32], members: NDArray[np.int32], period: NDArray[np.int32]) -> NDArray[np.intp]:
    """Positions of the last of every cell, ascending."""
    columns = [item, period, *members.T]
    key = np.zeros(len(item), np.int64)
    bound = 1
    for column in columns:
        size = int(column.max(initial=0)) + 2  # members are padded with -1
        if (
            bound > 2**62 // size
        ):  # too wide for one number: only the order of equal keys matters, so number those so far
            _, key = np.unique(key, return_inverse=True)
            bound = len(item)
        key, bound = key * size + column + 1, bound * size
    _, first = np.unique(key[::-1], return_index=True)
    return np.sort(len(item) - 1 - first)


def panel_from(model: CompiledModel, item: CompiledItem, arrays: PanelArrays) -> Panel:
    """The engine's panel over stored arrays, sharing them when their rows are sorted."""
    return panel_of(arrays.members, arrays.values, arrays.states, sizes=sizes(model, item))


def panel_of_changes(model: CompiledModel, item: CompiledItem, changes: ChangedCells) -> Panel:
    """The panel that holds exactly the ``after`` of these cells, all of one item."""
    columns = axis(model, item)
    place = {code: j for j, code in enumerate(columns)}
    keys, row = np.unique(changes.members[:, : len(item.dims)], axis=0, return_inverse=True)
    values, states = np.zeros((len(keys), len(columns))), np.zeros((len(keys), len(columns)), np.uint8)
    column = np.array([place.get(code, -1) for code in changes.periods], np.int32)[changes.period]
    on = column >= 0
    values[row.reshape(-1)[on], column[on]] = changes.after[on]
    states[row.reshape(-1)[on], column[on]] = changes.after_state[on]
    return panel_of(keys, values, states, sizes=sizes(model, item))


def arrays_of(panel: Panel) -> PanelArrays:
    """A panel's rows without those that are wholly blank."""
    kept = panel.states.any(axis=1)
    if kept.all():
        return PanelArrays(panel.keys, panel.values, panel.states)
    return PanelArrays(panel.keys[kept], panel.values[kept], panel.states[kept])


def moved(panel: Panel, before: Sequence[str], after: Sequence[str]) -> Panel:
    """The panel on another axis; periods that fell off are dropped, new ones are blank."""
    if tuple(before) == tuple(after):
        return panel
    place = {code: j for j, code in enumerate(before)}
    source = [place[code] for code in after if code in place]
    target = [j for j, code in enumerate(after) if code in place]
    values, states = np.zeros((len(panel), len(after))), np.zeros((len(panel), len(after)), np.uint8)
    values[:, target], states[:, target] = panel.values[:, source], panel.states[:, source]
    return panel_of(panel.keys, values, states, sizes=panel.sizes)


def changes_of(
    items: Mapping[ItemRef, tuple[Panel, Sequence[str]]],
) -> ChangedCells:
    """Every cell of these panels as a change set whose before equals its after (what a release froze)."""
    codes = tuple(code_of(ref) for ref in items)
    periods = tuple(dict.fromkeys(code for _, columns in items.values() for code in columns))
    width = max((len(panel.sizes) for panel, _ in items.values()), default=0)
    item, members, period, values, states = [], [], [], [], []
    for i, (panel, columns) in enumerate(items.values()):
        row, column = np.nonzero(panel.states)
        item.append(np.full(len(row), i, np.int32))
        keys = panel.keys[row]
        members.append(np.pad(keys, ((0, 0), (0, width - keys.shape[1])), constant_values=-1))
        period.append(np.array([periods.index(c) for c in columns], np.int32)[column])
        values.append(panel.values[row, column])
        states.append(panel.states[row, column])
    value, state = np.concatenate([*values, np.zeros(0)]), np.concatenate([*states, np.zeros(0, np.uint8)])
    return ChangedCells(
        codes,
        periods,
        np.concatenate([*item, np.zeros(0, np.int32)]),
        np.concatenate([*members, np.zeros((0, width), np.int32)]),
        np.concatenate([*period, np.zeros(0, np.int32)]),
        value,
        state,
        value,
        state,
    )
