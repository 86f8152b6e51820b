"""Total columns: a quarter or year of an item from its leaf periods, by the item's ``time`` property (language.md 1.9)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bihuan.engine.align import Rows
from bihuan.engine.compiled import CompiledItem, TotalKind
from bihuan.engine.finish import finish
from bihuan.engine.formula.bound import Grain
from bihuan.engine.formula.evaluate import Where, coarser, running_sum
from bihuan.engine.panel import Bytes, Floats, Panel
from bihuan.engine.threads import block_rows, run
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.state import FIRST_ERROR, State

if TYPE_CHECKING:
    from bihuan.engine.calculate import Calculation


def total_columns(calc: "Calculation", item: CompiledItem, grain: Grain) -> Panel:
    """All rows of an item, all columns of a coarser grain."""
    base = calc.panel(item.ref)
    rows, width = Rows(item.dims, base.sizes, base.codes), calc.width(grain)
    prepare_total(calc, item, grain)
    values, states = np.empty((len(rows), width)), np.empty((len(rows), width), np.uint8)

    def work(start: int, stop: int) -> None:
        where = Where(rows.part(start, stop), grain, 0, width)
        values[start:stop], states[start:stop] = total_cells(calc, item, where)

    run(work, len(rows), block_rows(width), calc.threads)
    return Panel(base.sizes, rows.codes, values, states)


def prepare_total(calc: "Calculation", item: CompiledItem, grain: Grain) -> None:
    """Calculates what the total columns read."""
    if item.time.kind == "formula":
        calc.prepare([node for rule in item.rules for node in (rule.expression, rule.region) if node], grain)
    elif item.time.kind == "expression" and item.time.expression is not None:
        calc.prepare([item.time.expression], grain)


def total_cells(calc: "Calculation", item: CompiledItem, where: Where) -> tuple[Floats, Bytes]:
    """An item's total columns at these rows, leaves or nodes."""
    shape = (len(where.rows), where.width)
    if item.time.kind == "expression":
        assert item.time.expression is not None
        return finish(calc.evaluator.evaluate(item.time.expression, where), item, shape)
    if item.time.kind == "formula" and not calc.is_input(item):
        return _by_formula(calc, item, where)
    return _folded(calc, item, where, "sum" if item.time.kind == "formula" else item.time.kind)


def _by_formula(calc: "Calculation", item: CompiledItem, where: Where) -> tuple[Floats, Bytes]:
    """The item's own rules on its operands' total columns; a row that no rule matches is blank."""
    shape = (len(where.rows), where.width)
    return calc.ruled(item, where, np.zeros(shape), np.zeros(shape, np.uint8), np.ones(shape, np.bool_))


def _folded(calc: "Calculation", item: CompiledItem, where: Where, kind: TotalKind) -> tuple[Floats, Bytes]:
    values, states, *_ = calc.fetch(item.ref, None, item.grain, where.rows, {}, trees={})
    return fold_time(
        calc.model.calendar,
        item.grain,
        where.grain,
        kind=kind,
        cells=(values, states),
        columns=range(where.start, where.stop),
    )


def fold_time(
    calendar: Calendar,
    item_grain: Grain,
    grain: Grain,
    *,
    kind: TotalKind,
    cells: tuple[Floats, Bytes],
    columns: Sequence[int],
) -> tuple[Floats, Bytes]:
    """Leaf columns folded into groups. A sum needs its whole group on the axis, an end value that end."""
    values, states = cells
    out_values, out_states = np.zeros((len(values), len(columns))), np.zeros((len(values), len(columns)), np.uint8)
    of = coarser(calendar, item_grain, grain, np.arange(values.shape[1]))
    for place, column in enumerate(columns):
        group = calendar.groups(grain)[column]
        members = np.flatnonzero(of == column)
        there = {"sum": group.whole, "last": group.has_last, "first": group.has_first, "none": False}.get(kind, True)
        if there and len(members):
            part = slice(members[0], members[-1] + 1)
            out_values[:, place], out_states[:, place] = _fold(kind, values[:, part], states[:, part])
    return out_values, out_states


def _fold(kind: TotalKind, values: Floats, states: Bytes) -> tuple[Floats, Bytes]:
    if kind in ("last", "first"):
        column = -1 if kind == "last" else 0
        return values[:, column], states[:, column]
    total, state = running_sum(values, states)
    if kind == "average":
        total = total / np.maximum(1, (states == State.VALUE).sum(axis=1))
    elif kind in ("min", "max"):
        there = np.where(states == State.VALUE, values, np.inf if kind == "min" else -np.inf)
        best = there.min(axis=1) if kind == "min" else there.max(axis=1)
        total = np.where(state == State.VALUE, best, 0.0)
    assert not total[state >= FIRST_ERROR].any()
    return total, state
