"""Why a cell is what it is: the formula in words with its operands' values, the origin of an error, or ranked children."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bihuan.engine.align import Rows, codes_in, spread
from bihuan.engine.calculate import Calculation
from bihuan.engine.compiled import CompiledItem
from bihuan.engine.derive import inner_rows, operand_cells, under_asked
from bihuan.engine.explain_words import in_words
from bihuan.engine.formula.bound import Aggregate, ItemRef, Node, Read, Rule, Share, Shift
from bihuan.engine.formula.evaluate import Where, item_columns
from bihuan.engine.formula.kernels import Cells, natural, truth
from bihuan.engine.nodes import cells_at_nodes
from bihuan.engine.panel import pack
from bihuan.engine.row_rules import children, departments
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import FIRST_ERROR, State

SHOWN = 12  # cells of an aggregate
How = Literal["input", "formula", "children", "periods"]


@dataclass(frozen=True, slots=True)
class Operand:
    """One thing that went in: an item's cell, a child of a total, or a period of a total column.

    ``text`` is how the formula wrote it, or "". ``value`` is a plain number (not scaled); ``weight`` is an edge's.
    """

    item: ItemRef
    members: tuple[int, ...]
    period: PeriodKey | None
    value: float
    state: int
    text: str = ""
    weight: float = 1.0
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """``text`` is the rule as written. ``origin`` is the operand an error came from, left to right; None where it arose."""

    item: ItemRef
    members: tuple[int, ...]
    period: PeriodKey | None
    value: float
    state: int
    how: How
    text: str
    line: int
    operands: tuple[Operand, ...]
    origin: Operand | None
    words: str = ""  # what the operands alone do not tell
    behind: tuple[Operand, ...] = ()  # all cells the words speak of


def explain(calc: Calculation, item: CompiledItem, members: Sequence[int], period: PeriodKey | None) -> Explanation:
    """The explanation of one cell, leaf or total."""
    key = tuple(int(m) for m in members)
    value, state = _cell(calc, item, key, period)
    coarse = period is not None and bool(item.grain) and period.grain != item.grain
    parents = [d for d, m in zip(item.dims, key, strict=True) if not calc.model.dimensions[d].is_leaf(m)]
    rule = _rule(calc, item, key, period)
    operands: tuple[Operand, ...]
    how: How = "input"
    words = ""
    behind: tuple[Operand, ...] = ()
    if _is_formula(calc, item, coarse=coarse, parents=bool(parents)) and rule is not None:
        where, said = _where(calc, item, key, period), rule.text
        how, operands = "formula", tuple(_operands(calc, rule.expression, said, where))
        words, behind = in_words(
            calc, item, rule.expression, where, state=state, listed=lambda node, at: _operands(calc, node, said, at)
        )
    elif parents:
        how, operands = "children", _children(calc, item, key, period, parents[0])
    elif coarse and period is not None:
        how, operands = "periods", _periods(calc, item, key, period)
    else:
        operands = ()
    origin = next((o for o in operands if o.state >= FIRST_ERROR), None) if state >= FIRST_ERROR else None
    text, line = (rule.text, rule.line) if how == "formula" and rule is not None else ("", 0)
    return Explanation(item.ref, key, period, value, state, how, text, line, operands, origin, words, behind)


def _is_formula(calc: Calculation, item: CompiledItem, *, coarse: bool, parents: bool) -> bool:
    if calc.is_input(item):
        return False
    if coarse and item.time.kind == "formula":
        return True
    if parents:
        return item.total.kind == "formula"
    return not coarse


def _where(calc: Calculation, item: CompiledItem, key: tuple[int, ...], period: PeriodKey | None) -> Where:
    sizes = calc.spaces.sizes(item.dims)
    rows = Rows(item.dims, sizes, pack(np.array([key], np.int32).reshape(1, len(key)), sizes), nodes=True)
    return Where(rows, period.grain, period.index, period.index + 1) if period else Where(rows, "", 0, 1)


def _cell(calc: Calculation, item: CompiledItem, key: tuple[int, ...], period: PeriodKey | None) -> tuple[float, int]:
    """A plain number and its state."""
    where = _where(calc, item, key, period)
    grain, column = item.grain, np.zeros(1, np.intp)
    if item.grain and period is not None:
        grain, column = item_columns(calc.model.calendar, item.grain, period.grain, np.array([period.index]))
    values, states = cells_at_nodes(calc, item, grain, where.rows)
    at = int(column[0])
    return float(values[0, at]) / 10.0 ** (item.scale or 0), int(states[0, at])


def _rule(calc: Calculation, item: CompiledItem, key: tuple[int, ...], period: PeriodKey | None) -> Rule | None:
    """The first rule whose region holds there; None where the cell is entered."""
    if calc.is_input(item):
        return None
    own = period is not None and period.grain == item.grain and item.fill != "all"
    if own and period is not None and period.index not in calc.model.calendar.grain_plan(item.grain):
        return None
    where = _where(calc, item, key, period)
    for rule in item.rules:
        if rule.region is None or truth(calc.evaluator.evaluate(rule.region, where)).any():
            return rule
    return None


def _operands(calc: Calculation, node: Node, text: str, where: Where) -> list[Operand]:
    """What the expression reads at one row and column, left to right: each read once, with its value where the formula reads it.

    Of an aggregate those cells that weigh most, `SHOWN` at most.
    """
    found: list[Operand] = []
    match node:
        case Shift() if where.grain:
            moved = where.start + node.offset
            if 0 <= moved < calc.model.calendar.grain_size(where.grain) and not node.years:
                found += _operands(calc, node.operand, text, where.columns(moved, moved + 1))
            if node.default is not None:
                found += _operands(calc, node.default, text, where)
            return found
        case Aggregate():
            parts = [_operands(calc, node.operand, text, part) for part in _weightiest(calc, node, where)]
        case Share(method="direct" | "step" | "reciprocal"):
            parts = [_operands(calc, node.pool, text, where)]
            for giver, served in _givers(calc, node, where):
                parts += [_operands(calc, node.pool, text, giver), _operands(calc, node.driver, text, served)]
        case Read():
            found += _operand(calc, node, calc.evaluator.evaluate(node, where), where, text)
            parts = [_operands(calc, child, text, where) for child in children(node)]
        case _:
            parts = [_operands(calc, child, text, where) for child in children(node)]
    for part in parts:
        found += [o for o in part if o not in found]
    return found


def _weightiest(calc: Calculation, node: Aggregate, where: Where) -> list[Where]:
    """The cells of an aggregate's operand that are there, the largest first: one row and one column each."""
    inner = inner_rows(calc, node)
    asked = Rows(
        node.dims,
        calc.spaces.sizes(node.dims),
        codes_in(where.rows, node.dims, calc.spaces.sizes(node.dims), {}),
        nodes=True,
    )
    rows = under_asked(calc, inner, asked, node)[1] if inner.dims else inner
    grain, start, stop = where.grain, where.start, where.stop
    if "period" in node.over:
        grain = grain or "base"
        plan = calc.model.calendar.grain_plan(grain)
        start, stop = plan.start, plan.stop
    values, states = operand_cells(calc, node, Where(rows, grain, start, stop))
    size = np.where(states >= FIRST_ERROR, np.inf, np.abs(values)) * (states != State.BLANK)
    order = np.argsort(-size, axis=None, kind="stable")[:SHOWN]
    return [
        Where(rows.part(int(row), int(row) + 1), grain, start + int(column), start + int(column) + 1)
        for row, column in zip(*np.unravel_index(order, size.shape), strict=True)
        if states[row, column] != State.BLANK
    ]


def _givers(calc: Calculation, node: Share, where: Where) -> list[tuple[Where, Where]]:
    """Who serves the asked department of an allocation: the giver's own row, and that of what it serves."""
    both = tuple(d for d in calc.model.dimensions if d in {*node.dims, node.to})
    used = Rows(both, calc.spaces.sizes(both), spread(calc.spaces, calc.rules.of(node.driver), both).codes)
    mine = {dim: int(where.rows.columns[dim][0]) for dim in node.dims}
    there = departments(calc.spaces, node)[used.columns[node.to]] == mine[node.over]
    for dim in set(node.dims) - {node.over}:
        there &= used.columns[dim] == mine[dim]
    found = []
    for at in np.flatnonzero(there)[:SHOWN]:
        served = used.part(int(at), int(at) + 1)
        code = codes_in(served, node.dims, calc.spaces.sizes(node.dims), {})
        giver = Rows(node.dims, calc.spaces.sizes(node.dims), code, nodes=True)
        found.append((replace(where, rows=giver), replace(where, rows=replace(served, nodes=True))))
    return found


def _operand(calc: Calculation, node: Read, cells: Cells, where: Where, text: str) -> list[Operand]:
    """The cell that is read; none where what was looked up is not there."""
    fixed = calc.evaluator.fixed(node, calc.model.items[node.item], where)
    pins = {dim: int(np.broadcast_to(found, (1,))[0]) for dim, found in fixed.items()}
    if any(member < 0 for member in pins.values()):
        return []
    dims = calc.model.items[node.item].dims
    members = tuple(pins[d] if d in pins else int(where.rows.columns[d][0]) for d in dims)
    period = PeriodKey(where.grain, where.start) if where.grain else None
    value = float(np.broadcast_to(natural(cells), (1, 1))[0, 0]) if cells.values.dtype.kind != "U" else 0.0
    written = text[node.span.start : node.span.end] if node.span.end <= len(text) else ""
    state = int(np.broadcast_to(cells.states, (1, 1))[0, 0])
    return [Operand(node.item, members, period, value, state, written, version=node.version)]


def _children(
    calc: Calculation, item: CompiledItem, key: tuple[int, ...], period: PeriodKey | None, dim: str
) -> tuple[Operand, ...]:
    """The members right below in one dimension, errors first, then the largest contribution first."""
    tree = calc.model.dimensions[dim].trees.get(calc.view.trees.get(dim, ""))
    place = item.dims.index(dim)
    out = []
    for edge in tree.children(calc.view.at).get(key[place], ()) if tree is not None else ():
        members = (*key[:place], edge.child, *key[place + 1 :])
        value, state = _cell(calc, item, members, period)
        out.append(Operand(item.ref, members, period, value, state, weight=edge.weight))
    return tuple(sorted(out, key=lambda o: (o.state < FIRST_ERROR, o.state != State.VALUE, -abs(o.value * o.weight))))


def _periods(calc: Calculation, item: CompiledItem, key: tuple[int, ...], period: PeriodKey) -> tuple[Operand, ...]:
    """The item's own periods inside a total column, in order."""
    group = calc.model.calendar.groups(period.grain)[period.index]
    if item.grain == "base":
        columns = list(range(group.start, group.stop))
    else:
        of = calc.model.calendar.group_of(item.grain)
        columns = sorted({of[t] for t in range(group.start, group.stop)})
    first = PeriodKey(item.grain, 0)
    out = []
    for column in columns:
        at = replace(first, index=column)
        value, state = _cell(calc, item, key, at)
        out.append(Operand(item.ref, key, at, value, state))
    return tuple(out)
