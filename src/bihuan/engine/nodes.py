"""Cells at nodes: an item read at parents of hierarchies, by its ``total`` property; corner cells as language.md 1.9 says.

In a corner cell (parent x total column), where either axis says formula or expression, that is computed from operands at
the same corner; otherwise the other dimensions are totalled first, then time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bihuan.engine.align import Rows
from bihuan.engine.compiled import CompiledItem, Component
from bihuan.engine.finish import finish
from bihuan.engine.formula.bound import Grain, Node
from bihuan.engine.formula.evaluate import Where
from bihuan.engine.formula.kernels import natural
from bihuan.engine.iterate import settle
from bihuan.engine.panel import Bytes, Codes, Flags, Floats, Panel, find, strides_of
from bihuan.engine.rollup import Axis, Kind, Reduced, layers_of, roll_up
from bihuan.engine.time_columns import total_cells
from bihuan.kernel.state import FIRST_ERROR, State

if TYPE_CHECKING:
    from bihuan.engine.calculate import Calculation


@dataclass(frozen=True)
class View:
    """Which tree of each dimension is read ("" where none is named), and as of which day; None = as of each period."""

    trees: Mapping[str, str] = field(default_factory=dict)
    at: date | None = None

    def key(self) -> tuple[object, ...]:
        """For memos."""
        return (tuple(sorted(self.trees.items())), self.at)


@dataclass(frozen=True, eq=False)
class Rolled:
    """A roll-up that was calculated: the asked nodes by dimension, their totals, and the panel they are totals of."""

    nodes: tuple[tuple[int, ...], ...]
    spans: tuple[tuple[int, int, Reduced], ...]  # columns [start, stop) with one state of the trees
    panel: Panel
    view: View


def cells_at_nodes(calc: "Calculation", item: CompiledItem, grain: Grain, rows: Rows) -> tuple[Floats, Bytes]:
    """An item's cells, all columns of the grain, at rows whose members may be parents."""
    shape = (len(rows), calc.width(grain))
    leaf = leaf_rows(calc, item, rows)
    if leaf.all():
        values, states, _ = calc.panel(item.ref, grain).gather(rows.codes)
        return values, states
    values, states = np.zeros(shape), np.zeros(shape, np.uint8)
    if leaf.any():
        values[leaf], states[leaf], _ = calc.panel(item.ref, grain).gather(rows.codes[leaf])
    rest = Rows(rows.dims, rows.sizes, rows.codes[~leaf], nodes=True)
    values[~leaf], states[~leaf] = _at_parents(calc, item, grain, rest)
    return values, states


def leaf_rows(calc: "Calculation", item: CompiledItem, rows: Rows) -> Flags:
    """Which rows stand on leaf members only."""
    leaf = np.ones(len(rows), np.bool_)
    for dim in item.dims:
        leaf &= calc.spaces.leaf_flags(dim)[rows.columns[dim]]
    return leaf


def _at_parents(calc: "Calculation", item: CompiledItem, grain: Grain, rows: Rows) -> tuple[Floats, Bytes]:
    where = Where(rows, grain, 0, calc.width(grain))
    shape = (len(rows), where.width)
    coarse = grain != item.grain
    blank = np.zeros(shape), np.zeros(shape, np.uint8)
    if item.total.kind == "none" or (coarse and item.time.kind == "none"):
        return blank
    if coarse and item.time.kind == "expression":
        return total_cells(calc, item, where)
    if _by_rules(calc, item, coarse=coarse):
        loop = calc.loops.get((item.ref, item.grain))
        if loop is not None:
            return _loop_at_nodes(calc, loop, item, where)
        return calc.ruled(item, where, *blank, np.ones(shape, np.bool_))
    if item.total.kind == "expression":
        assert item.total.expression is not None
        return finish(calc.evaluator.evaluate(item.total.expression, where), item, shape)
    return total_cells(calc, item, where) if coarse else _rolled_up(calc, item, rows)


def _by_rules(calc: "Calculation", item: CompiledItem, *, coarse: bool) -> bool:
    """Whether the item's own rules give its cells at parents; where both axes have a say, time speaks first."""
    if calc.is_input(item):
        return False
    return (coarse and item.time.kind == "formula") or item.total.kind == "formula"


def _loop_at_nodes(calc: "Calculation", loop: Component, item: CompiledItem, where: Where) -> tuple[Floats, Bytes]:
    """A loop through time whose totals are formulas too is solved at the nodes as it is at the leaves, column by column."""
    codes = np.unique(where.rows.codes)
    items = [calc.model.items[n.item] for n in loop.nodes]
    solved = [i for i in items if i.dims == item.dims and _by_rules(calc, i, coarse=where.grain != i.grain)]
    shape = (len(codes), where.width)
    busy = {
        (i.ref, where.grain): Panel(where.rows.sizes, codes, np.zeros(shape), np.zeros(shape, np.uint8)) for i in solved
    }
    inner = replace(calc, nodes={**calc.nodes, **busy})
    rows = Rows(item.dims, where.rows.sizes, codes, nodes=True)

    def sweep() -> None:
        for column in range(where.width) if loop.direction != "backward" else reversed(range(where.width)):
            for one in solved:
                panel = busy[one.ref, where.grain]
                blank = np.zeros((len(codes), 1)), np.zeros((len(codes), 1), np.uint8)
                at = Where(rows, where.grain, column, column + 1)
                found = inner.ruled(one, at, *blank, np.ones((len(codes), 1), np.bool_))
                panel.base_values[:, column : column + 1], panel.base_states[:, column : column + 1] = found

    if loop.iteration is None:
        sweep()
    else:
        settle(list(busy.values()), sweep, loop.iteration)
    values, states, _ = busy[item.ref, where.grain].gather(where.rows.codes)
    return values, states


# --- sums, averages, extremes, weighted means ------------------------------------------------------------------------


def _rolled_up(calc: "Calculation", item: CompiledItem, rows: Rows) -> tuple[Floats, Bytes]:
    if item.total.kind == "weighted":
        return _weighted(calc, item, rows)
    rolled = roll(calc, item, rows)
    kind = item.total.kind
    return read_rolled(rolled, rows, average=kind == "average", whole=item.scale is not None and kind == "sum")


def roll(calc: "Calculation", item: CompiledItem, rows: Rows) -> Rolled:
    """The totals these rows ask for; kept, so that the next change only adds its difference."""
    asked = tuple(tuple(np.unique(rows.columns[dim]).tolist()) for dim in item.dims)
    panel = calc.panel(item.ref)
    key = (item.ref, calc.view.key(), asked)
    known = calc.memo.totals.get(key)
    if known is not None and known.panel is panel:
        return known
    kinds: dict[str, Kind] = {"min": "min", "max": "max"}
    rolled = Rolled(asked, tuple(_spans(calc, item, asked, panel, kinds.get(item.total.kind, "sum"))), panel, calc.view)
    if not calc.working:
        calc.memo.totals[key] = rolled
    return rolled


def _spans(
    calc: "Calculation",
    item: CompiledItem,
    asked: tuple[tuple[int, ...], ...],
    panel: Panel,
    kind: Kind,
    *,
    weights: Floats | None = None,
) -> list[tuple[int, int, Reduced]]:
    out = []
    whole = panel.folded
    for start, stop, day in spans_of(calc, item):
        part = whole if (start, stop) == (0, whole.axis) else columns_of(whole, start, stop)
        axes = axes_of(calc, item, asked, day)
        part_weights = None if weights is None else weights[:, start:stop]
        out.append((start, stop, roll_up(part, axes, kind, calc.threads, part_weights)))
    return out


def columns_of(panel: Panel, start: int, stop: int) -> Panel:
    """Some columns of a folded panel, sharing its arrays."""
    return Panel(panel.sizes, panel.base_codes, panel.base_values[:, start:stop], panel.base_states[:, start:stop])


def axes_of(
    calc: "Calculation", item: CompiledItem, asked: tuple[tuple[int, ...], ...], day: date | None
) -> list[Axis]:
    """H for every dimension of the item, on one day."""
    axes = []
    weighed = item.total.kind not in ("average", "min", "max")
    for dim, nodes in zip(item.dims, asked, strict=True):
        dimension, tree = calc.model.dimensions[dim], calc.view.trees.get(dim, "")
        key = (dim, tree, day, nodes, weighed)
        if key not in calc.memo.axes:
            layers = layers_of(dimension, tree, day, nodes, calc.spaces.size[dim], dated=day is not None)
            if not weighed:
                layers = [replace(layer, weight=None) for layer in layers]
            calc.memo.axes[key] = Axis(layers, len(nodes))
        axes.append(calc.memo.axes[key])
    return axes


def spans_of(calc: "Calculation", item: CompiledItem) -> list[tuple[int, int, date | None]]:
    """Column spans in which the trees stay the same, with a day in each; None where no tree ever changes."""
    width = calc.width(item.grain)
    trees = [calc.model.dimensions[d].trees.get(calc.view.trees.get(d, "")) for d in item.dims]
    boundaries = sorted({day for tree in trees if tree is not None for day in tree.boundaries})
    if not boundaries:
        return [(0, width, None)]
    if calc.view.at is not None or not item.grain:
        return [(0, width, calc.view.at)]
    days = [_last_day(calc, item.grain, t) for t in range(width)]
    state = [sum(boundary <= day for boundary in boundaries) for day in days]
    cuts = [0, *(t for t in range(1, width) if state[t] != state[t - 1]), width]
    return [(a, b, days[a]) for a, b in pairwise(cuts)]


def _last_day(calc: "Calculation", grain: Grain, column: int) -> date:
    calendar = calc.model.calendar
    return calendar.last_day(column if grain == "base" else calendar.groups(grain)[column].stop - 1)


def read_rolled(rolled: Rolled, rows: Rows, *, average: bool, whole: bool) -> tuple[Floats, Bytes]:
    """The asked rows out of a roll-up; a combination in which nothing stands is blank."""
    width = rolled.panel.axis
    values, states = np.zeros((len(rows), width)), np.zeros((len(rows), width), np.uint8)
    positions = _positions(rolled, rows)
    for start, stop, reduced in rolled.spans:
        found_values, found_states = reduced.cells(average=average, whole=whole)
        at, hit = find(reduced.codes, positions)
        if len(reduced.codes):
            values[:, start:stop] = np.where(hit[:, None], found_values[at], 0.0)
            states[:, start:stop] = np.where(hit[:, None], found_states[at], State.BLANK)
    return values, states


def _positions(rolled: Rolled, rows: Rows) -> Codes:
    out = np.zeros(len(rows), np.int64)
    strides = strides_of([len(nodes) for nodes in rolled.nodes])
    for dim, nodes, stride in zip(rows.dims, rolled.nodes, strides, strict=True):
        out += np.searchsorted(np.array(nodes), rows.columns[dim]) * stride
    return out


def _weighted(calc: "Calculation", item: CompiledItem, rows: Rows) -> tuple[Floats, Bytes]:
    """Σ value × weight / Σ weight over the leaves where both are values."""
    assert item.total.expression is not None
    asked = tuple(tuple(np.unique(rows.columns[dim]).tolist()) for dim in item.dims)
    panel = calc.panel(item.ref).folded
    weights, marks = _weights(calc, item, item.total.expression, panel)
    there = (marks == State.VALUE) & (panel.base_states == State.VALUE)
    failed = np.where(panel.base_states >= FIRST_ERROR, panel.base_states, np.where(marks >= FIRST_ERROR, marks, 0))
    states = np.where(failed > 0, failed, there).astype(np.uint8)
    above = Panel(panel.sizes, panel.base_codes, np.where(there, panel.base_values, 0.0), states)
    below = Panel(panel.sizes, panel.base_codes, there.astype(np.float64), there.astype(np.uint8))
    tops = Rolled(asked, tuple(_spans(calc, item, asked, above, "sum", weights=weights)), above, calc.view)
    bottoms = Rolled(asked, tuple(_spans(calc, item, asked, below, "sum", weights=weights)), below, calc.view)
    values, marks = read_rolled(tops, rows, average=False, whole=False)
    total, _ = read_rolled(bottoms, rows, average=False, whole=False)
    marks = np.where((marks == State.VALUE) & (total == 0.0), State.DIV_BY_ZERO, marks).astype(np.uint8)
    out = np.zeros_like(values)
    np.divide(values, total, out=out, where=marks == State.VALUE)
    return out, marks


def _weights(calc: "Calculation", item: CompiledItem, node: Node, panel: Panel) -> tuple[Floats, Bytes]:
    calc.prepare([node], item.grain)
    shape = (len(panel.base_codes), panel.axis)
    where = Where(Rows(item.dims, panel.sizes, panel.base_codes), item.grain, 0, panel.axis)
    cells = calc.evaluator.evaluate(node, where)
    return np.broadcast_to(natural(cells), shape), np.broadcast_to(cells.states, shape)
