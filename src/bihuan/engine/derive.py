"""Aggregates and shares: expressions whose cells stand on other rows than those that are reading.

They are calculated once for all their rows and kept like a hidden item; inside a loop through time they are calculated
anew for each period.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bihuan.engine.align import Rows, codes_in, spread
from bihuan.engine.allocate import allocated
from bihuan.engine.formula.bound import Aggregate, Grain, ItemRef, Node, Read, Share
from bihuan.engine.formula.evaluate import Where, running_sum
from bihuan.engine.formula.financial import along_time
from bihuan.engine.formula.kernels import Cells, make, truth
from bihuan.engine.panel import Bytes, Codes, Floats, Ints, Panel
from bihuan.engine.rollup import Block, Kind, reduce_rows
from bihuan.engine.row_rules import departments, under, walk
from bihuan.kernel.state import FIRST_ERROR, State

if TYPE_CHECKING:
    from bihuan.engine.calculate import Calculation

FLOWS = ("NPV", "IRR", "XNPV", "XIRR")
_KIND: dict[str, Kind] = {"MIN": "min", "MAX": "max"}


@dataclass(frozen=True, eq=False)
class Derived:
    """Cells over ``dims``; one column when they do not vary over time."""

    dims: tuple[str, ...]
    panel: Panel
    exponent: int
    reads: frozenset[ItemRef]

    def cells(self, rows: Rows, start: int, stop: int) -> Cells:
        """At these rows, columns [start, stop)."""
        codes = codes_in(rows, self.dims, self.panel.sizes, {}) if self.dims else np.zeros(1, np.int64)
        values, states, _ = self.panel.gather(codes)
        if values.shape[1] > 1:
            values, states = values[:, start:stop], states[:, start:stop]
        return Cells(values, states, self.exponent, self.panel.clean)


def derive(calc: "Calculation", node: Aggregate | Share, grain: Grain, start: int, stop: int) -> Derived:
    """The node's cells on all its rows, columns [start, stop) of the grain."""
    if isinstance(node, Share):
        return (_allocation if node.method else _share)(calc, node, grain, start, stop)
    sizes = calc.spaces.sizes(node.dims)
    calc.prepare([n for n in (node.operand, node.where, node.rate) if n is not None], grain)
    rows = inner_rows(calc, node)
    exponent = _exponent(calc, node.operand)
    over_period = "period" in node.over
    plan = calc.model.calendar.grain_plan(grain)
    span = (plan.start, plan.stop) if over_period else (start, stop)
    width = 1 if over_period or not node.timed else stop - start

    if node.function in FLOWS:
        values, states, exponent = _flows(calc, node, Where(rows, grain, *span), exponent)
        codes = calc.rules.group_codes(node, rows) if node.dims else np.zeros(len(rows), np.int64)
        order = np.argsort(codes, kind="stable")
        return Derived(node.dims, Panel(sizes, codes[order], values[order], states[order]), exponent, _reads(node))

    def work(first: int, last: int) -> Block:
        part = rows.part(first, last)
        codes = calc.rules.group_codes(node, part) if node.dims else np.zeros(last - first, np.int64)
        values, states = _operand(calc, node, Where(part, grain, *span), exponent)
        if over_period:
            count = values.shape[1]
            return np.repeat(codes, count), values.reshape(-1, 1), states.reshape(-1, 1), None
        return codes, values[:, :width], states[:, :width], None

    reduced = reduce_rows(work, len(rows), width, _KIND.get(node.function, "sum"), calc.threads)
    if node.function == "COUNT":
        exponent = 0
        values, states = reduced.counts.astype(np.float64), reduced.cells()[1]
        values = np.where(states == State.VALUE, values, 0.0)
    else:
        values, states = reduced.cells(average=node.function == "AVERAGE")
    return Derived(node.dims, Panel(sizes, reduced.codes, values, states), exponent, _reads(node))


def inner_rows(calc: "Calculation", node: Aggregate | Share) -> Rows:
    """The rows the operand is computed in; one row when it has no dimensions."""
    inner = calc.rules.inner(node)
    if inner is None:
        return Rows((), (), np.zeros(1, np.int64))
    return Rows(inner.dims, calc.spaces.sizes(inner.dims), inner.codes)


def operand_cells(calc: "Calculation", node: Aggregate, where: Where) -> tuple[Floats, Bytes]:
    """The cells that are aggregated, as plain numbers; blank where the condition does not hold."""
    return _operand(calc, node, where, 0)


def _operand(calc: "Calculation", node: Aggregate, where: Where, exponent: int) -> tuple[Floats, Bytes]:
    shape = (len(where.rows), where.width)
    values, states = _at_exponent(calc.evaluator.evaluate(node.operand, where), exponent, shape)
    if node.where is not None:
        condition = calc.evaluator.evaluate(node.where, where)
        keep = np.broadcast_to(truth(condition) & (condition.states < FIRST_ERROR), shape)
        failed = np.broadcast_to(condition.states, shape)
        states = np.where(keep, states, np.where(failed >= FIRST_ERROR, failed, State.BLANK)).astype(np.uint8)
        values = np.where(keep, values, 0.0)
    return values, states


def _flows(calc: "Calculation", node: Aggregate, where: Where, exponent: int) -> tuple[Floats, Bytes, int]:
    """NPV, IRR, XNPV or XIRR of each row [rows, 1], and the exponent of the answer."""
    flows, states = _operand(calc, node, where, exponent)
    years = _years(calc, where) if node.function.startswith("X") else None
    if node.rate is None:
        return (*along_time(flows, states, rate=None, years=years), 0)
    cells = calc.evaluator.evaluate(node.rate, where)
    values, marks = _at_exponent(cells, 0, (len(where.rows), where.width))
    return (*along_time(flows, states, rate=(values[:, 0], marks[:, 0]), years=years), exponent)


def _years(calc: "Calculation", where: Where) -> Floats:
    """Years of 365 days from the last day of the first column to the last day of each."""
    days = [calc.evaluator.last_day(where.grain, t).toordinal() for t in range(where.start, where.stop)]
    return (np.array(days, np.float64) - days[0]) / 365.0


def _reads(node: Node) -> frozenset[ItemRef]:
    return frozenset(n.item for n in walk(node) if isinstance(n, Read) and n.version is None)


def _exponent(calc: "Calculation", node: Node) -> int:
    """One exponent for all blocks: the finest scale read."""
    return max((calc.model.items[n.item].scale or 0 for n in walk(node) if isinstance(n, Read)), default=0)


def _at_exponent(cells: Cells, exponent: int, shape: tuple[int, int]) -> tuple[Floats, Bytes]:
    by = exponent - cells.exponent
    values = cells.values if by == 0 else cells.values * 10.0**by if by > 0 else cells.values / 10.0**-by
    return np.broadcast_to(values, shape), np.broadcast_to(cells.states, shape)


# --- at nodes -------------------------------------------------------------------------------------------------------


def derive_at_nodes(calc: "Calculation", node: Aggregate | Share, where: Where) -> Cells:
    """At rows whose members may be parents: the operand's totals there are what is aggregated (a corner cell)."""
    if isinstance(node, Share):
        assert not node.method, "refused where totals are formulas"
        return _share_at_nodes(calc, node, where)
    inner = inner_rows(calc, node)
    groups, rows = under_asked(calc, inner, where.rows, node)
    grain, start, stop = where.grain, where.start, where.stop
    if "period" in node.over:
        grain = grain or "base"
        plan = calc.model.calendar.grain_plan(grain)
        start, stop = plan.start, plan.stop
    exponent = _exponent(calc, node.operand)
    if node.function in FLOWS:  # along time alone: to each asked row belongs one inner row
        values, states, exponent = _flows(calc, node, Where(rows, grain, start, stop), exponent)
        of_asked, marked = np.zeros((len(where.rows), 1)), np.zeros((len(where.rows), 1), np.uint8)
        of_asked[groups], marked[groups] = values, states
        return make(of_asked, marked, exponent)
    values, states = _operand(calc, node, Where(rows, grain, start, stop), exponent)
    if "period" in node.over:
        groups, values, states = np.repeat(groups, stop - start), values.reshape(-1, 1), states.reshape(-1, 1)
    width = values.shape[1]
    reduced = reduce_rows(
        lambda a, b: (groups[a:b], values[a:b], states[a:b], None), len(values), width, _KIND.get(node.function, "sum")
    )
    found, marks = reduced.cells(average=node.function == "AVERAGE")
    if node.function == "COUNT":
        found, exponent = np.where(marks == State.VALUE, reduced.counts, 0).astype(np.float64), 0
    out_values, out_states = np.zeros((len(where.rows), width)), np.zeros((len(where.rows), width), np.uint8)
    out_values[reduced.codes], out_states[reduced.codes] = found, marks
    return make(out_values, out_states, exponent)


def under_asked(calc: "Calculation", inner: Rows, asked: Rows, node: Aggregate) -> tuple[Codes, Rows]:
    """For each asked row the inner rows to add up, asked members in place of the leaves below them."""
    by = None
    if node.by is not None:
        by = calc.model.dimensions[node.by[0]].references[node.by[1]]
    kept = [dim for dim in inner.dims if dim in node.dims and dim != by]
    groups, codes = [], []
    targets = Rows(node.dims, calc.spaces.sizes(node.dims), np.maximum(calc.rules.group_codes(node, inner), 0))
    for row in range(len(asked)):
        there = np.ones(len(inner), np.bool_) if by is None else calc.rules.group_codes(node, inner) >= 0
        fixed: dict[str, Ints | int] = {}
        for dim in (*kept, *((by,) if by is not None else ())):
            member = int(asked.columns[dim][row])
            column = (targets if dim == by else inner).columns[dim]
            there &= np.isin(column, list(leaves_now(calc, dim, member)))
            if dim != by:
                fixed[dim] = member
        part = Rows(inner.dims, inner.sizes, inner.codes[there])
        found = np.unique(codes_in(part, inner.dims, inner.sizes, fixed))
        groups.append(np.full(len(found), row))
        codes.append(found)
    every = Rows(inner.dims, inner.sizes, np.concatenate(codes), nodes=True)
    return np.concatenate(groups), every


def leaves_now(calc: "Calculation", dim: str, member: int) -> set[int]:
    """Leaves below a member in the tree in view."""
    return under(calc.model.dimensions[dim], member, calc.view.trees.get(dim, ""))


def _share_at_nodes(calc: "Calculation", node: Share, where: Where) -> Cells:
    """At a total: pool x driver / sum of drivers, of the operands' totals; nothing is left to hand out."""
    pool, driver = (calc.evaluator.evaluate(n, where) for n in (node.pool, node.driver))
    leaves = calc.spaces.leaves(node.over)
    codes = [codes_in(where.rows, node.dims, where.rows.sizes, {node.over: int(leaf)}) for leaf in leaves]
    rows = Rows(node.dims, where.rows.sizes, np.concatenate(codes), nodes=True)
    each = calc.evaluator.evaluate(node.driver, Where(rows, where.grain, where.start, where.stop))
    shape = (len(leaves), len(where.rows), where.width)
    values, states = _at_exponent(each, 0, (len(rows), where.width))
    total, marks = running_sum(
        values.reshape(shape).transpose(1, 2, 0).reshape(-1, len(leaves)),
        states.reshape(shape).transpose(1, 2, 0).reshape(-1, len(leaves)),
    )
    total, marks = total.reshape(shape[1:]), marks.reshape(shape[1:])
    pooled, pool_states = _at_exponent(pool, pool.exponent, shape[1:])
    given, driver_states = _at_exponent(driver, 0, shape[1:])
    state = np.where((pool_states == State.VALUE) & (driver_states == State.VALUE), State.VALUE, State.BLANK)
    state = np.where((pool_states == State.VALUE) & (total == 0.0), np.where(pooled != 0.0, State.NO_DRIVER, 0), state)
    for part in (marks, driver_states, pool_states):
        state = np.where(part >= FIRST_ERROR, part, state)
    out = np.zeros(shape[1:])
    np.divide(pooled * given, total, out=out, where=state == State.VALUE)
    return make(out, state.astype(np.uint8), pool.exponent)


# --- shares ---------------------------------------------------------------------------------------------------------


def _share(calc: "Calculation", node: Share, grain: Grain, start: int, stop: int) -> Derived:
    sizes = calc.spaces.sizes(node.dims)
    calc.prepare([node.pool, node.driver], grain)
    inner = calc.rules.inner(node)
    assert inner is not None, "a share varies over the dimension it shares to"
    rows = Rows(node.dims, sizes, inner.codes)
    where = Where(rows, grain, start, stop)
    width = stop - start if node.timed else 1
    shape = (len(rows), stop - start)
    pool = calc.evaluator.evaluate(node.pool, where)
    amounts, pool_states = _at_exponent(pool, pool.exponent, shape)
    weights, driver_states = _at_exponent(calc.evaluator.evaluate(node.driver, where), 0, shape)
    kept = tuple(d for d in node.dims if d != node.over)
    groups = codes_in(rows, kept, calc.spaces.sizes(kept), {}) if kept else np.zeros(len(rows), np.int64)
    whole = any(isinstance(n, Read) and calc.model.items[n.item].scale is not None for n in walk(node.pool))
    columns = [
        share_column(groups, amounts[:, t], pool_states[:, t], weights[:, t], driver_states[:, t], whole=whole)
        for t in range(width)
    ]
    values = np.stack([c[0] for c in columns], axis=1) if columns else np.zeros((len(rows), 0))
    states = np.stack([c[1] for c in columns], axis=1) if columns else np.zeros((len(rows), 0), np.uint8)
    cells = make(values, states, pool.exponent)
    return Derived(node.dims, Panel(sizes, rows.codes, cells.values, cells.states), pool.exponent, _reads(node))


def _allocation(calc: "Calculation", node: Share, grain: Grain, start: int, stop: int) -> Derived:
    """ALLOCATE on all its rows: a table of who serves whom for each combination of the other dimensions and each period."""
    assert node.method, "a share has none"
    sizes = calc.spaces.sizes(node.dims)
    calc.prepare([node.pool, node.driver], grain)
    found = calc.rules.of(node)
    assert found is not None, "an allocation varies over its departments"
    rows = Rows(node.dims, sizes, found.codes)
    both = tuple(d for d in calc.model.dimensions if d in {*node.dims, node.to})
    used = Rows(both, calc.spaces.sizes(both), spread(calc.spaces, calc.rules.of(node.driver), both).codes)
    width = stop - start if node.timed else 1
    shape = (len(rows), stop - start)
    pool = calc.evaluator.evaluate(node.pool, Where(rows, grain, start, stop))
    amounts, states = _at_exponent(pool, pool.exponent, shape)
    weights, marks = _at_exponent(
        calc.evaluator.evaluate(node.driver, Where(used, grain, start, stop)), 0, (len(used), stop - start)
    )
    kept = tuple(d for d in node.dims if d != node.over)
    group, of_used = (
        codes_in(part, kept, calc.spaces.sizes(kept), {}) if kept else np.zeros(len(part), np.int64)
        for part in (rows, used)
    )
    giver, taker = used.columns[node.over], departments(calc.spaces, node)[used.columns[node.to]]
    whole = any(isinstance(n, Read) and calc.model.items[n.item].scale is not None for n in walk(node.pool))
    order = {m.id: n for n, m in enumerate(calc.model.dimensions[node.over].members)}
    values, out = np.zeros((len(rows), width)), np.zeros((len(rows), width), np.uint8)
    for code in np.unique(group):
        mine = np.flatnonzero(group == code)
        members = rows.columns[node.over][mine]
        mine = mine[np.argsort([order[int(m)] for m in members], kind="stable")]  # step by step in the members' order
        at = {int(m): n for n, m in enumerate(rows.columns[node.over][mine])}
        here = (int(k) for k in np.flatnonzero(of_used == code))
        served = [
            (k, at[int(giver[k])], at[int(taker[k])]) for k in here if int(giver[k]) in at and int(taker[k]) in at
        ]
        for t in range(width):
            values[mine, t], out[mine, t] = allocated(
                node.method, amounts[mine, t], states[mine, t], served, weights[:, t], marks[:, t], whole=whole
            )
    cells = make(values, out, pool.exponent)
    return Derived(node.dims, Panel(sizes, rows.codes, cells.values, cells.states), pool.exponent, _reads(node))


def share_column(
    groups: Codes, pool: Floats, pool_states: Bytes, driver: Floats, driver_states: Bytes, *, whole: bool
) -> tuple[Floats, Bytes]:
    """One period: pool × driver / sum of drivers in the group. ``whole``: whole units that add up to the pool exactly.

    The units left over by rounding towards zero go to the largest remainders, the first row first among equals.
    """
    _, group = np.unique(groups, return_inverse=True)
    count = int(group.max()) + 1 if len(group) else 0
    total = np.bincount(group, weights=np.where(driver_states == State.VALUE, driver, 0.0), minlength=count)[group]
    states = np.where(driver_states == State.VALUE, State.VALUE, State.BLANK).astype(np.uint8)
    states = np.where((total == 0.0) & (pool != 0.0), State.NO_DRIVER, states).astype(np.uint8)
    states = np.where((total == 0.0) & (pool == 0.0), State.BLANK, states).astype(np.uint8)
    failing = np.where(driver_states >= FIRST_ERROR, driver_states, 0)
    worst = np.zeros(count, np.uint8)
    np.maximum.at(worst, group, failing.astype(np.uint8))
    states = np.where(worst[group] > 0, worst[group], states).astype(np.uint8)
    states = np.where(pool_states != State.VALUE, pool_states, states).astype(np.uint8)
    good = states == State.VALUE
    exact = np.zeros(len(pool))
    np.divide(pool * driver, total, out=exact, where=good)
    if not whole:
        return exact, states
    parts = np.trunc(exact)
    left = np.where(good, pool, 0.0) - np.bincount(group, weights=parts, minlength=count)[group]
    order = np.lexsort((np.arange(len(pool)), -np.abs(exact - parts), ~good, group))
    rank = np.empty(len(pool), np.int64)
    first = np.searchsorted(group[order], np.arange(count))
    rank[order] = np.arange(len(pool)) - first[group[order]]
    return np.where(good, parts + np.sign(left) * (rank < np.abs(left)), 0.0), states
