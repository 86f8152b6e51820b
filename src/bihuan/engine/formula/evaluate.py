"""A bound expression on a block of rows and a span of columns.

The evaluator knows no storage: cells of items come from a `Source` (the sheet), which may hand out the folded arrays of a
whole item, the rows of a small change, or the half-filled arrays of a recursion through time. Blank, error and laziness
rules live in `kernels`; here is only who reads which rows and columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.align import Rows, Spaces
from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula import financial, kernels, words
from bihuan.engine.formula.bound import (
    Above,
    Aggregate,
    Binary,
    Call,
    Constant,
    Current,
    Grain,
    ItemRef,
    Node,
    PinLookup,
    PinMember,
    PinPeriod,
    Property,
    Read,
    Share,
    Shift,
    Unary,
    Window,
    Within,
)
from bihuan.engine.formula.kernels import Cells
from bihuan.engine.formula.spans import Span
from bihuan.engine.panel import Floats, Ints
from bihuan.engine.states import Bytes
from bihuan.engine.texts import TEXTUAL, texts_of
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.state import FIRST_ERROR, State

Columns = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Where:
    """The cells asked for: rows, and columns [start, stop) of a grain ("" = one column without period)."""

    rows: Rows
    grain: Grain
    start: int
    stop: int

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.stop - self.start

    def columns(self, start: int, stop: int) -> "Where":
        """The same rows, other columns."""
        return Where(self.rows, self.grain, start, stop)


class Source(Protocol):
    """Where the cells of items come from."""

    @property
    def spaces(self) -> Spaces: ...

    def fetch(
        self,
        ref: ItemRef,
        version: str | None,
        grain: Grain,
        rows: Rows,
        fixed: Mapping[str, Ints | int],
        *,
        trees: Mapping[str, str],
    ) -> tuple[Floats, Bytes, bool, Span | None]:
        """An item's cells [rows, all columns of the grain], whether they are clean, their bounds. Not to be written to.

        ``fixed`` members stand in for the row's own; a fixed parent means the total there, in the tree that ``trees`` names.
        """
        ...

    def derived(self, node: Aggregate | Share, where: Where) -> Cells:
        """An aggregate or a share at these rows and columns."""
        ...


_FUNCTIONS = {**kernels.FUNCTIONS, **financial.FUNCTIONS, **words.FUNCTIONS}


@dataclass(frozen=True)
class Evaluator:
    """Evaluates bound nodes of one model against one source."""

    model: CompiledModel
    source: Source

    @property
    def _calendar(self) -> Calendar:
        return self.model.calendar

    def evaluate(self, node: Node, where: Where) -> Cells:
        """The node's cells, broadcastable to rows x columns."""
        match node:
            case Constant():
                return kernels.constant(node.value)
            case Read():
                return self._read(node, where)
            case Binary():
                return self._binary(node, where)
            case Unary():
                operand = self.evaluate(node.operand, where)
                return {"-": kernels.negate, "NOT": kernels.logical_not}.get(node.op, lambda c: c)(operand)
            case Call():
                return self._call(node, where)
            case Shift():
                return self._shift(node, where)
            case Window():
                return self._window(node, where)
            case Current():
                return self._current(node, where)
            case Property():
                return self._property(node, where)
            case Within():
                return self._within(node, where)
            case Aggregate() | Share():
                return self.source.derived(node, where)
        raise AssertionError(f"no rule for {type(node).__name__}")

    # --- reading items ----------------------------------------------------------------------------------------------

    def _read(self, node: Read, where: Where) -> Cells:
        found = self._numbers(node, where)
        if self.model.items[node.item].type in TEXTUAL:
            return Cells(texts_of(found.values, found.states == State.VALUE), found.states, clean=found.clean)
        return found

    def _numbers(self, node: Read, where: Where) -> Cells:
        """The cells of an item as panels hold them."""
        parts = self._spans_above(node, where)
        if len(parts) > 1:
            return _beside([self._numbers(node, part) for part in parts], parts)
        item = self.model.items[node.item]
        grain, columns = self._read_columns(item, node.period, where)
        fixed = self.fixed(node, item, where)
        trees = {pin.dim: pin.tree for pin in node.pins if isinstance(pin, PinMember)}
        values, states, clean, span = self.source.fetch(node.item, node.version, grain, where.rows, fixed, trees=trees)
        exponent = item.scale or 0
        if node.period is not None and node.period.kind == "role":
            return _one_per_row(values, states, self._role_index(node.period.value, where.rows), exponent)
        whole = columns.tolist() == list(range(values.shape[1]))
        if not whole:
            values, states = _take(values, states, columns)
            clean = clean and bool((columns >= 0).all())
        for pin in node.pins:
            if isinstance(pin, PinLookup):
                found = fixed[pin.dim]
                return kernels.make(values, np.where(np.asarray(found)[:, None] >= 0, states, State.BLANK), exponent)
        return Cells(values, states, exponent, clean, span=span if whole else None)

    def _read_columns(self, item: CompiledItem, period: PinPeriod | None, where: Where) -> tuple[Grain, Columns]:
        """The grain to read at and the column for each asked one; -1 = there is none."""
        span = np.arange(where.start, where.stop)
        if item.grain == "":
            return "", np.zeros(1, np.intp)
        if period is None:
            return item_columns(self._calendar, item.grain, where.grain, span)
        if period.kind == "code":
            key = self._calendar.find(period.value)
            assert key is not None, period.value
            return item_columns(self._calendar, item.grain, key.grain, np.array([key.index]))
        if period.kind in ("first", "last"):
            grain = where.grain or item.grain
            plan = self._calendar.grain_plan(grain)
            return item_columns(
                self._calendar, item.grain, grain, np.array([plan[0 if period.kind == "first" else -1]])
            )
        if period.kind == "role":
            return item.grain, np.zeros(0, np.intp)
        up = coarser(self._calendar, where.grain, period.value, span)
        return item_columns(self._calendar, item.grain, period.value, up)

    def fixed(self, node: Read, item: CompiledItem, where: Where) -> dict[str, Ints | int]:
        """The members a read names instead of the row's own: one for all rows, or one each, -1 where there is none."""
        fixed: dict[str, Ints | int] = {}
        for pin in node.pins:
            dimension = self.model.dimensions[pin.dim]
            if isinstance(pin, PinMember):
                fixed[pin.dim] = dimension.by_code[pin.member].id
            else:
                fixed[pin.dim] = self._lookup(pin, where)
        if where.rows.nodes or all(dim in where.rows.dims or dim in fixed for dim in item.dims):
            return fixed
        raise AssertionError(f"{node.item} has dimensions the formula lacks")

    def _spans_above(self, node: Read, where: Where) -> list[Where]:
        """The columns asked for, in stretches over which every parent that is read at stays the same."""
        dims = [pin.by.dim for pin in node.pins if isinstance(pin, PinLookup) and isinstance(pin.by, Above)]
        trees = [self.model.dimensions[dim].trees.get("") for dim in dims]
        days = {day for tree in trees if tree is not None for day in tree.boundaries}
        if not days or not where.grain:
            return [where]
        state = [sum(day <= self.last_day(where.grain, t) for day in days) for t in range(where.start, where.stop)]
        cuts = [0, *(n for n in range(1, where.width) if state[n] != state[n - 1]), where.width]
        return [where.columns(where.start + a, where.start + b) for a, b in pairwise(cuts)]

    def last_day(self, grain: Grain, column: int) -> date:
        """The last day of a column."""
        return self._calendar.last_day(column if grain == "base" else self._calendar.groups(grain)[column].stop - 1)

    def _above(self, dim: str, where: Where) -> Ints:
        """Each row's parent in one dimension; -1 at the top."""
        tree = self.model.dimensions[dim].trees.get("")
        table = np.full(self.source.spaces.size[dim], -1, np.int32)
        if tree is not None:
            day = self.last_day(where.grain, where.start) if where.grain and tree.boundaries else None
            for child, edge in tree.parent_of(day).items():
                table[child] = edge.parent
        return table[where.rows.columns[dim]]

    def _lookup(self, pin: PinLookup, where: Where) -> Ints:
        """For each row the member that the selector gives; -1 where it gives none."""
        if isinstance(pin.by, Above):
            return self._above(pin.by.dim, where)
        if isinstance(pin.by, Current):
            return where.rows.columns[pin.by.dim] if pin.by.dim == pin.dim else self._same_code(pin, where)
        codes = self.evaluate(pin.by, where.columns(where.start, where.start + 1))
        by_code = {m.code: m.id for m in self.model.dimensions[pin.dim].members}
        texts = np.broadcast_to(codes.values, (len(where.rows), 1))[:, 0]
        return np.array([by_code.get(str(text), -1) for text in texts], np.int32)

    def _same_code(self, pin: PinLookup, where: Where) -> Ints:
        assert isinstance(pin.by, Current)
        by_code = self.model.dimensions[pin.dim].by_code
        table = np.full(self.source.spaces.size[pin.by.dim], -1, np.int32)
        for member in self.model.dimensions[pin.by.dim].members:
            if member.code in by_code:
                table[member.id] = by_code[member.code].id
        return table[where.rows.columns[pin.by.dim]]

    def _role_index(self, dim: str, rows: Rows) -> Ints:
        """The axis index of each row's own period."""
        table = np.full(self.source.spaces.size[dim], -1, np.int32)
        for index, member in enumerate(self.model.dimensions[dim].members):
            table[member.id] = index
        return table[rows.columns[dim]]

    # --- operators and functions ------------------------------------------------------------------------------------

    def _binary(self, node: Binary, where: Where) -> Cells:
        left = self.evaluate(node.left, where)
        if node.op in ("AND", "OR"):
            logic = kernels.logical_and if node.op == "AND" else kernels.logical_or
            return logic(kernels.as_boolean(left), lambda: kernels.as_boolean(self.evaluate(node.right, where)))
        right = self.evaluate(node.right, where)
        if node.op in kernels.BINARY:
            return kernels.BINARY[node.op](left, right)
        return kernels.compare(node.op, left, right)

    def _call(self, node: Call, where: Where) -> Cells:
        name, args = node.function, node.args
        if name == "IF":
            condition = self.evaluate(args[0], where)
            return kernels.choose(
                kernels.truth(condition),
                condition.states,
                lambda: self.evaluate(args[1], where),
                lambda: self.evaluate(args[2], where) if len(args) > 2 else kernels.blank(),
            )
        if name == "IFS":
            return self._ifs(args, where)
        if name == "SWITCH":
            return self._switch(self.evaluate(args[0], where), args[1:], where)
        if name in ("IFERROR", "IFBLANK"):
            return self._instead(name, args, where)
        if name in ("PERIODNO", "PERIODS", "YEAREND", "YEARSTART"):
            return self._clock(name, where)
        if name in ("PERIODSTART", "PERIODEND"):
            return self._day(name, where)
        return _FUNCTIONS[name](*(self.evaluate(arg, where) for arg in args))

    def _ifs(self, args: Sequence[Node], where: Where) -> Cells:
        if len(args) < 2:
            return kernels.blank() if not args else self.evaluate(args[0], where)
        condition = self.evaluate(args[0], where)
        return kernels.choose(
            kernels.truth(condition),
            condition.states,
            lambda: self.evaluate(args[1], where),
            lambda: self._ifs(args[2:], where),
        )

    def _switch(self, subject: Cells, args: Sequence[Node], where: Where) -> Cells:
        if len(args) < 2:
            return kernels.blank() if not args else self.evaluate(args[0], where)
        equal = kernels.compare("=", subject, self.evaluate(args[0], where))
        return kernels.choose(
            kernels.truth(equal),
            equal.states,
            lambda: self.evaluate(args[1], where),
            lambda: self._switch(subject, args[2:], where),
        )

    def _instead(self, name: str, args: Sequence[Node], where: Where) -> Cells:
        subject = self.evaluate(args[0], where)
        taken = subject.states >= FIRST_ERROR if name == "IFERROR" else subject.states % 2 == State.BLANK
        if name == "IFBLANK":
            taken &= subject.states < FIRST_ERROR
        none = np.zeros((1, 1), np.uint8)
        return kernels.choose(taken, none, lambda: self.evaluate(args[1], where), lambda: subject)

    def _clock(self, name: str, where: Where) -> Cells:
        calendar, span = self._calendar, range(where.start, where.stop)
        numbers, years = calendar.grain_numbers(where.grain), calendar.grain_years(where.grain)
        per_year = [calendar.grain_per_year(where.grain, years[t]) for t in span]
        rows: dict[str, Sequence[float]] = {
            "PERIODNO": [numbers[t] for t in span],
            "PERIODS": per_year,
            "YEAREND": [numbers[t] == n for t, n in zip(span, per_year, strict=True)],
            "YEARSTART": [numbers[t] == 1 for t in span],
        }
        row = rows[name]
        return Cells(np.array([row], np.float64), np.ones((1, len(row)), np.uint8), clean=True)

    def _day(self, name: str, where: Where) -> Cells:
        """The first or last day of each column."""
        calendar = self._calendar
        groups = () if where.grain == "base" else calendar.groups(where.grain)
        leaves = [
            (t, t) if not groups else (groups[t].start, groups[t].stop - 1) for t in range(where.start, where.stop)
        ]
        days = [calendar.first_day(a) if name == "PERIODSTART" else calendar.last_day(b) for a, b in leaves]
        row = np.array([[day.isoformat() for day in days]], np.str_)
        return Cells(row, np.ones(row.shape, np.uint8), clean=True)

    # --- members ----------------------------------------------------------------------------------------------------

    def _current(self, node: Current, where: Where) -> Cells:
        if node.dim == "period":
            span = np.arange(where.start, where.stop, dtype=np.float64)[None, :]
            return Cells(span, np.ones_like(span, np.uint8), clean=True)
        dimension = self.model.dimensions[node.dim]
        ones = np.ones((len(where.rows), 1), np.uint8)
        if dimension.role_of == "period":
            return Cells(self._role_index(node.dim, where.rows)[:, None].astype(np.float64), ones, clean=True)
        table = self._table(node.dim, {m.id: m.code for m in dimension.members})
        return Cells(table[where.rows.columns[node.dim]][:, None], ones, clean=True)

    def _property(self, node: Property, where: Where) -> Cells:
        given = {m.id: m.properties.get(node.name, "") for m in self.model.dimensions[node.dim].members}
        table = self._table(node.dim, given)[where.rows.columns[node.dim]][:, None]
        states = (table != "").astype(np.uint8)
        if node.type == "number":
            return kernels.make(np.array([float(v or 0) for v in table[:, 0]])[:, None], states)
        return Cells(table, states, clean=True)

    def _table(self, dim: str, texts: dict[int, str]) -> NDArray[np.str_]:
        table = np.full(self.source.spaces.size[dim], "", f"<U{max(map(len, texts.values()), default=1) or 1}")
        for member, text in texts.items():
            table[member] = text
        return table

    def _within(self, node: Within, where: Where) -> Cells:
        dimension = self.model.dimensions[node.dim]
        top = dimension.by_code[node.member].id
        table = np.zeros(self.source.spaces.size[node.dim])
        stack = [top]
        children = dimension.trees[node.tree].children() if node.tree in dimension.trees else {}
        while stack:
            member = stack.pop()
            table[member] = 1.0
            stack.extend(edge.child for edge in children.get(member, ()))
        values = table[where.rows.columns[node.dim]][:, None]
        return Cells(values, np.ones_like(values, np.uint8), clean=True)

    # --- time -------------------------------------------------------------------------------------------------------

    def _shift(self, node: Shift, where: Where) -> Cells:
        target = self._target(node, where)
        moved = self._at_columns(node.operand, target, where)
        if node.default is None:
            return moved
        plan = self._calendar.grain_plan(where.grain)
        off_plan = (target < plan.start) | (target >= plan.stop)
        taken = off_plan[None, :] & (moved.states == State.BLANK)
        default = node.default
        return kernels.choose(taken, np.zeros((1, 1), np.uint8), lambda: self.evaluate(default, where), lambda: moved)

    def _target(self, node: Shift, where: Where) -> Columns:
        """The column each asked one reads; -1 off the axis."""
        calendar, grain = self._calendar, where.grain
        span = np.arange(where.start, where.stop)
        if node.years and grain == "base":
            found = [calendar.same_in_year(int(t), node.years) for t in span]
            return np.array([-1 if f is None else f for f in found], np.intp)
        offset = node.offset
        if node.years:
            offset = node.years * calendar.grain_per_year(grain, calendar.grain_years(grain)[0])
        target = span + offset
        return np.where((target >= 0) & (target < calendar.grain_size(grain)), target, -1)

    def _at_columns(self, operand: Node, target: Columns, where: Where) -> Cells:
        """The operand at any columns; -1 gives blank."""
        valid = target[target >= 0]
        if not len(valid):
            return kernels.blank() if where.width == 1 else _wide_blank(where.width)
        low, high = int(valid.min()), int(valid.max()) + 1
        cells = self.evaluate(operand, where.columns(low, high))
        values = np.broadcast_to(cells.values, (cells.shape[0], high - low))
        states = np.broadcast_to(cells.states, (cells.shape[0], high - low))
        values, states = _take(values, states, np.where(target >= 0, target - low, -1))
        return Cells(values, states, cells.exponent, cells.clean)

    def _window(self, node: Window, where: Where) -> Cells:
        if node.function in ("OPENING", "CLOSING"):
            return self._at_columns(node.operand, self._year_edge(node.function, where), where)
        if node.function in ("YTD", "QTD") and self._is_balance(node.operand):
            return self.evaluate(node.operand, where)
        starts = self._window_starts(node, where)
        used = starts[starts >= 0]
        if not len(used):
            return _wide_blank(where.width)
        low = int(used.min())
        cells = self.evaluate(node.operand, where.columns(low, where.stop))
        shape = (cells.shape[0], where.stop - low)
        values, states = np.broadcast_to(cells.values, shape), np.broadcast_to(cells.states, shape)
        out_values, out_states = np.zeros((shape[0], where.width)), np.zeros((shape[0], where.width), np.uint8)
        for column, start in enumerate(starts):
            if start >= 0:
                span = slice(int(start) - low, where.start + column + 1 - low)
                out_values[:, column], out_states[:, column] = running_sum(values[:, span], states[:, span])
        return kernels.make(out_values, out_states, cells.exponent)

    def _is_balance(self, node: Node) -> bool:
        return isinstance(node, Read) and self.model.items[node.item].time.kind == "last"

    def _window_starts(self, node: Window, where: Where) -> Columns:
        """The first column each window takes in; -1 = an empty window."""
        calendar, grain = self._calendar, where.grain
        span = np.arange(where.start, where.stop)
        if node.function == "ROLLING":
            return np.maximum(0, span - node.count + 1)
        if node.function == "CUM":
            first = calendar.grain_plan(grain).start
            return np.where(span >= first, first, -1)
        years = calendar.grain_years(grain)
        if node.function == "YTD":
            return np.array([years.index(years[t]) for t in span], np.intp)
        if grain != "base" or "quarter" not in calendar.groupings:
            return span
        groups, of = calendar.groups("quarter"), calendar.group_of("quarter")
        return np.array([groups[of[t]].start for t in span], np.intp)

    def _year_edge(self, function: str, where: Where) -> Columns:
        calendar, grain = self._calendar, where.grain
        years, numbers = calendar.grain_years(grain), calendar.grain_numbers(grain)
        out = []
        for t in range(where.start, where.stop):
            first = years.index(years[t])
            last = len(years) - 1 - years[::-1].index(years[t])
            complete = numbers[last] == calendar.grain_per_year(grain, years[t])
            begins = numbers[first] == 1
            out.append((first - 1 if begins else -1) if function == "OPENING" else (last if complete else -1))
        return np.array(out, np.intp)


def running_sum(values: Floats, states: Bytes) -> tuple[Floats, Bytes]:
    """The sum along each row, column by column; skips blanks; the first error wins."""
    total = np.zeros(len(values))
    for column in range(values.shape[1]):
        total += values[:, column]
    error = states >= FIRST_ERROR
    state = (states == State.VALUE).any(axis=1).astype(np.uint8)
    if error.any():
        first = error.argmax(axis=1)
        failed = error.any(axis=1)
        state = np.where(failed, states[np.arange(len(states)), first], state).astype(np.uint8)
        total = np.where(failed, 0.0, total)
    return total, state


def coarser(calendar: Calendar, grain: Grain, target: Grain, columns: Columns) -> Columns:
    """The column of a coarser grain that holds each column of ``grain``."""
    if grain == target:
        return columns
    if grain == "base":
        return np.array(calendar.group_of(target), np.intp)[columns]
    firsts = np.array([group.start for group in calendar.groups(grain)], np.intp)
    return np.array(calendar.group_of(target), np.intp)[firsts[columns]]


def finer(calendar: Calendar, left: Grain, right: Grain) -> bool:
    """True when ``left`` cuts time finer than ``right``."""
    grains = calendar.grains
    return grains.index(left) < grains.index(right)


def item_columns(calendar: Calendar, item_grain: Grain, grain: Grain, columns: Columns) -> tuple[Grain, Columns]:
    """Where an item kept at ``item_grain`` is read for columns of ``grain``: a coarser item's value is repeated."""
    if grain in ("", item_grain) or finer(calendar, item_grain, grain):
        return grain or item_grain, columns
    return item_grain, coarser(calendar, grain, item_grain, columns)


def _take(values: NDArray[Any], states: Bytes, columns: Columns) -> tuple[NDArray[Any], Bytes]:
    """Columns by index; -1 is blank."""
    count = len(columns)
    if count and columns[0] >= 0 and bool((np.diff(columns) == 1).all()):
        span = slice(int(columns[0]), int(columns[0]) + count)
        return values[:, span], states[:, span]
    safe = np.maximum(columns, 0)
    off = columns < 0
    taken, marks = values[:, safe], states[:, safe]
    if off.any():
        taken[:, off] = "" if values.dtype.kind == "U" else 0.0
        marks[:, off] = State.BLANK
    return taken, marks


def _beside(found: Sequence[Cells], parts: Sequence[Where]) -> Cells:
    """The cells of neighbouring columns as one."""
    shapes = [(len(part.rows), part.width) for part in parts]
    values = np.hstack([np.broadcast_to(c.values, shape) for c, shape in zip(found, shapes, strict=True)])
    states = np.hstack([np.broadcast_to(c.states, shape) for c, shape in zip(found, shapes, strict=True)])
    return kernels.make(values, states, found[0].exponent)


def _one_per_row(values: Floats, states: Bytes, index: Ints, exponent: int) -> Cells:
    at = np.arange(len(index))
    on = (index >= 0) & (index < values.shape[1])
    safe = np.where(on, index, 0)
    broad_values = np.broadcast_to(values, (len(index), values.shape[1]))
    broad_states = np.broadcast_to(states, (len(index), values.shape[1]))
    return kernels.make(
        broad_values[at, safe][:, None], np.where(on, broad_states[at, safe], State.BLANK)[:, None], exponent
    )


def _wide_blank(width: int) -> Cells:
    return Cells(np.zeros((1, width)), np.zeros((1, width), np.uint8), clean=True)
