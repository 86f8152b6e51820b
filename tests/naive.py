"""The model language, cell by cell: a slow, plain evaluator with exact fractions. The oracle for the vectorised engine.

Nothing here is shared with the engine but the bound expression and the compiled model. A cell is a pair (state, value);
the value of a number is a `Fraction` in plain units (not scaled), of a period its axis index.
"""

import itertools
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from tests import naive_money, naive_words
from tests.naive_rows import Inputs, NaiveRows
from tests.naive_tables import BLANK, Cell, Value, binary, call, compare, fold, good, round_half_away, snap, weighted

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula import bound
from bihuan.engine.formula.bound import ItemRef, Node
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State, is_error


@dataclass(frozen=True)
class At:
    """Where an expression stands: a member (perhaps a parent) per dimension, a grain and an index on it."""

    members: Mapping[str, int]
    grain: str
    index: int


class Naive(NaiveRows):
    """All cells of one version of a model from its inputs: ``inputs`` by (item, leaf ids, index at the item's grain)."""

    def __init__(self, model: CompiledModel, inputs: Inputs, others: Mapping[str, "Naive"] | None = None) -> None:
        super().__init__(model, inputs, others or {})
        self.others: Mapping[str, Naive] = dict(others or {})
        self.memo: dict[tuple[ItemRef, tuple[int, ...], int], Cell] = {}
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 50_000))

    # --- what can be asked ------------------------------------------------------------------------------------------

    def read(self, ref: ItemRef, members: Iterable[int], period: PeriodKey | None) -> Cell:
        """A leaf cell or a total: members may be parents, the period may be of any grain."""
        item = self.model.items[ref]
        at = dict(zip(item.dims, members, strict=True))
        grain, index = (period.grain, period.index) if period is not None else ("", 0)
        return self.cell(item, at, grain, index)

    def rows(self, ref: ItemRef) -> frozenset[tuple[int, ...]]:
        """The leaf combinations on which an item exists."""
        return self.row_sets[ref]

    # --- leaf cells -------------------------------------------------------------------------------------------------

    def leaf(self, item: CompiledItem, members: tuple[int, ...], index: int) -> Cell:
        """A cell at leaf members, at the item's own grain."""
        key = (item.ref, members, index)
        if key not in self.memo:
            self.memo[key] = self._leaf(item, members, index)
        return self.memo[key]

    def _leaf(self, item: CompiledItem, members: tuple[int, ...], index: int) -> Cell:
        given = self.inputs.get((item.ref, members, index))
        entered = BLANK if given is None else good(given)
        planned = not item.grain or index in self.model.calendar.grain_plan(item.grain)
        wins = item.definition.override if planned else True
        if members not in self.row_sets[item.ref] or (given is not None and wins):
            return entered
        if not planned and item.fill != "all":
            return entered
        at = At(dict(zip(item.dims, members, strict=True)), item.grain, index)
        found = self.by_rules(item, at)
        return entered if found is None else self.finished(item, found)

    def by_rules(self, item: CompiledItem, at: At) -> Cell | None:
        """The first rule whose region holds; None when none does."""
        for rule in item.rules:
            if rule.region is None or self.eval(rule.region, at) == good(True):
                return self.eval(rule.expression, at)
        return None

    def finished(self, item: CompiledItem, cell: Cell) -> Cell:
        """Rounded as the item keeps it."""
        state, value = cell
        if state != State.VALUE or item.type != "number":
            return cell
        digits = item.definition.round if item.definition.round is not None else item.scale
        value = value if digits is None else round_half_away(snap(value), digits)
        if item.scale is not None and abs(value * 10**item.scale) > 2**53:
            return (State.OVERFLOW, None)
        return good(value)

    # --- totals -----------------------------------------------------------------------------------------------------

    def cell(self, item: CompiledItem, members: Mapping[str, int], grain: str, index: int) -> Cell:
        """A cell at any members and any grain at or above the item's own."""
        parents = [dim for dim in item.dims if not self.model.dimensions[dim].is_leaf(members[dim])]
        coarse = grain != item.grain
        at = At(members, grain, index)
        if not parents and tuple(members[dim] for dim in item.dims) not in self.row_sets[item.ref]:
            return BLANK
        if (parents and item.total.kind == "none") or (coarse and item.time.kind == "none"):
            return BLANK
        for asked, total in ((coarse, item.time), (parents, item.total)):
            if asked and total.kind == "expression":
                assert total.expression is not None
                return self.finished_total(item, self.eval(total.expression, at))
            if asked and total.kind == "formula":
                return self.finished_total(item, self.by_rules(item, at) or BLANK)
        if coarse:
            return self._over_time(item, members, grain, index)
        if parents:
            return self._over_members(item, members, index)
        return self.leaf(item, tuple(members[dim] for dim in item.dims), index)

    def finished_total(self, item: CompiledItem, cell: Cell) -> Cell:
        """Formula columns are rounded as the item keeps its values."""
        return self.finished(item, cell)

    def _over_time(self, item: CompiledItem, members: Mapping[str, int], grain: str, index: int) -> Cell:
        group = self.model.calendar.groups(grain)[index]
        own = self._own_indices(item.grain, range(group.start, group.stop))
        cells = [self.cell(item, members, item.grain, i) for i in own]
        kind = item.time.kind
        if kind == "first":
            return cells[0] if group.has_first else BLANK
        if kind == "last":
            return cells[-1] if group.has_last else BLANK
        if kind == "average":
            return fold("AVERAGE", cells)
        return fold("SUM", cells) if group.whole else BLANK

    def _own_indices(self, grain: str, leaves: range) -> list[int]:
        if grain == "base":
            return list(leaves)
        return sorted({self.model.calendar.group_of(grain)[leaf] for leaf in leaves})

    def _over_members(self, item: CompiledItem, members: Mapping[str, int], index: int) -> Cell:
        below = []
        for dim in item.dims:
            below.append(list(self.leaves(dim, members[dim]).items()))
        cells: list[Cell] = []
        weighing: list[Cell] = []
        for combination in sorted(itertools.product(*below)):
            leaf = tuple(member for member, _ in combination)
            state, value = self.leaf(item, leaf, index)
            weight = math.prod((Fraction(w) for _, w in combination), start=Fraction(1))
            weigh = item.total.kind == "sum"
            cells.append((state, value * weight if state == State.VALUE and weigh else value))
            if item.total.kind == "weighted":
                assert item.total.expression is not None
                at = At(dict(zip(item.dims, leaf, strict=True)), item.grain, index)
                mark, by = self.eval(item.total.expression, at)
                # what weighs counts into the node with the edges' weights too: revenue / quantity, both at the node
                weighing.append((mark, by * weight if mark == State.VALUE else by))
        if item.total.kind == "weighted":
            return weighted(cells, weighing)
        return fold(item.total.kind.upper(), cells)

    def _below(self, dim: str, top: int) -> set[int]:
        """A member and everything below it in the main tree."""
        children = self.model.dimensions[dim].trees[""].children()
        found, stack = {top}, [top]
        while stack:
            below = [edge.child for edge in children.get(stack.pop(), ())]
            found.update(below)
            stack.extend(below)
        return found

    # --- expressions ------------------------------------------------------------------------------------------------

    def eval(self, node: Node, at: At) -> Cell:
        """The value of an expression somewhere."""
        match node:
            case bound.Constant():
                return good(self._constant(node))
            case bound.Read():
                return self._read(node, at)
            case bound.Current():
                return good(self._current(node.dim, at))
            case bound.Property():
                text = self._member(node.dim, at).properties.get(node.name, "")
                return BLANK if text == "" else good(Fraction(text) if node.type == "number" else text)
            case bound.Within():
                top = self.model.dimensions[node.dim].by_code[node.member].id
                return good(at.members[node.dim] in self._below(node.dim, top))
            case bound.Unary():
                return self._unary(node, at)
            case bound.Binary():
                return self._binary(node, at)
            case bound.Call():
                return self._call(node, at)
            case bound.Shift():
                return self._shift(node, at)
            case bound.Window():
                return self._window(node, at)
            case bound.Aggregate():
                return self._aggregate(node, at)
            case bound.Share():
                return self._share(node, at)
        raise AssertionError(type(node).__name__)

    @staticmethod
    def _constant(node: bound.Constant) -> Value:
        if node.type == "number":
            return Fraction(repr(node.value))
        return int(node.value) if node.type == "period" else node.value

    def _member(self, dim: str, at: At) -> Any:
        return self.model.dimensions[dim].by_id[at.members[dim]]

    def _current(self, dim: str, at: At) -> Value:
        if dim == "period":
            return at.index
        member = self._member(dim, at)
        dimension = self.model.dimensions[dim]
        return dimension.members.index(member) if dimension.role_of == "period" else member.code

    def _read(self, node: bound.Read, at: At) -> Cell:
        if node.version is not None:
            other = self.others.get(node.version)
            return BLANK if other is None else other.eval(replace(node, version=None), at)
        item = self.model.items[node.item]
        members = {dim: at.members[dim] for dim in item.dims if dim in at.members}
        for pin in node.pins:
            dimension = self.model.dimensions[pin.dim]
            if isinstance(pin, bound.PinMember):
                members[pin.dim] = dimension.by_code[pin.member].id
                continue
            if isinstance(pin.by, bound.Above):
                above = self._above(pin.by.dim, at)
                if above is None:
                    return BLANK
                members[pin.dim] = above
                continue
            state, code = self.eval(pin.by, at)
            if state != State.VALUE or code not in dimension.by_code:
                return (state, None) if is_error(state) else BLANK
            members[pin.dim] = dimension.by_code[code].id
        grain, index = self._column(item, node.period, at)
        return BLANK if index is None else self.cell(item, members, grain, index)

    def _above(self, dim: str, at: At) -> int | None:
        """The parent that day: the last of the period that is calculated."""
        tree = self.model.dimensions[dim].trees.get("")
        day = date.fromisoformat(self._day(at, last=True)) if at.grain and tree and tree.boundaries else None
        found = [e.parent for e in (tree.edges if tree else ()) if e.child == at.members[dim] and e.holds(day)]
        return found[0] if found else None

    def _column(self, item: CompiledItem, pin: bound.PinPeriod | None, at: At) -> tuple[str, int | None]:
        calendar = self.model.calendar
        if not item.grain:
            return "", 0
        if pin is None:
            return self._coarsest(item.grain, at.grain, at.index)
        if pin.kind in {"first", "last"}:
            plan = calendar.grain_plan(item.grain)
            return item.grain, plan[0] if pin.kind == "first" else plan[-1]
        if pin.kind == "code":
            key = calendar.find(pin.value)
            assert key is not None
            return self._coarsest(item.grain, key.grain, key.index)
        if pin.kind == "role":
            return self._coarsest(item.grain, "base", self._current(pin.value, at))
        if pin.kind == "grouping":
            leaf = at.index if at.grain == "base" else calendar.groups(at.grain)[at.index].start
            return pin.value, calendar.group_of(pin.value)[leaf]
        raise AssertionError(pin)

    def _coarsest(self, own: str, grain: str, index: int) -> tuple[str, int]:
        """The column of the item that holds a period: its own grain, or the coarser one that is asked for."""
        calendar = self.model.calendar
        if own == grain or calendar.grains.index(grain) > calendar.grains.index(own):
            return grain, index
        leaf = index if grain == "base" else calendar.groups(grain)[index].start
        return own, calendar.group_of(own)[leaf]

    # --- operators --------------------------------------------------------------------------------------------------

    def _unary(self, node: bound.Unary, at: At) -> Cell:
        state, value = self.eval(node.operand, at)
        if is_error(state):
            return (state, None)
        if node.op == "NOT":
            return good(not (state == State.VALUE and value))
        return (state, -value if node.op == "-" and state == State.VALUE else value)

    def _binary(self, node: bound.Binary, at: At) -> Cell:
        left = self.eval(node.left, at)
        if is_error(left[0]):
            return (left[0], None)
        if node.op in {"AND", "OR"}:
            holds = left[0] == State.VALUE and left[1]
            if holds is (node.op == "OR"):
                return good(holds)
            right = self.eval(node.right, at)
            return (right[0], None) if is_error(right[0]) else good(bool(right[0] == State.VALUE and right[1]))
        right = self.eval(node.right, at)
        if is_error(right[0]):
            return (right[0], None)
        return binary(node.op, left, right, node)

    def _call(self, node: bound.Call, at: At) -> Cell:
        name, args = node.function, node.args
        if name in {"IF", "IFS", "SWITCH"}:
            return self._choice(name, args, at)
        if name in {"IFERROR", "IFBLANK"}:
            first = self.eval(args[0], at)
            taken = is_error(first[0]) if name == "IFERROR" else first[0] in {State.BLANK, State.NOT_APPLICABLE}
            return self.eval(args[1], at) if taken else first
        if name in {"PERIODNO", "PERIODS", "YEAREND", "YEARSTART"}:
            calendar = self.model.calendar
            number = calendar.grain_numbers(at.grain)[at.index]
            many = calendar.grain_per_year(at.grain, calendar.grain_years(at.grain)[at.index])
            return good(
                {
                    "PERIODNO": Fraction(number),
                    "PERIODS": Fraction(many),
                    "YEAREND": number == many,
                    "YEARSTART": number == 1,
                }[name]
            )
        if name in {"PERIODSTART", "PERIODEND"}:
            return good(self._day(at, last=name == "PERIODEND"))
        cells = [self.eval(arg, at) for arg in args]
        if name == "ISERROR":
            return good(is_error(cells[0][0]))
        for state, _ in cells:
            if is_error(state):
                return (state, None)
        return naive_words.call(name, cells) if name in naive_words.FUNCTIONS else call(name, cells)

    def _day(self, at: At, *, last: bool) -> str:
        """A period's first day is the one after the last day of the period before it; the axis' first one begins a month."""
        calendar = self.model.calendar
        group = range(at.index, at.index + 1)
        if at.grain != "base":
            group = range(*calendar.groups(at.grain)[at.index].indices.indices(calendar.size))
        if last:
            return calendar.last_day(group[-1]).isoformat()
        if group[0]:
            return (calendar.last_day(group[0] - 1) + timedelta(days=1)).isoformat()
        return str(calendar.first_day(0))

    def _choice(self, name: str, args: tuple[Node, ...], at: At) -> Cell:
        """IF, IFS, SWITCH as (condition, result) pairs and perhaps a last result; an error in a condition wins."""
        subject = self.eval(args[0], at) if name == "SWITCH" else BLANK
        if is_error(subject[0]):
            return (subject[0], None)
        rest = args[1:] if name == "SWITCH" else args
        pairs = list(zip(rest[0::2], rest[1::2], strict=False))
        for condition, result in pairs:
            state, value = self.eval(condition, at)
            if is_error(state):
                return (state, None)
            holds = (
                compare("=", subject, (state, value), args[0].type)
                if name == "SWITCH"
                else state == State.VALUE and value
            )
            if holds:
                return self.eval(result, at)
        return self.eval(rest[-1], at) if len(rest) % 2 else BLANK

    # --- time -------------------------------------------------------------------------------------------------------

    def _shift(self, node: bound.Shift, at: At) -> Cell:
        calendar = self.model.calendar
        target: int | None = at.index + node.offset
        if node.years and at.grain == "base":
            target = calendar.same_in_year(at.index, node.years)
        elif node.years:
            years, numbers = calendar.grain_years(at.grain), calendar.grain_numbers(at.grain)
            wanted = (years[at.index] + node.years, numbers[at.index])
            pairs = list(zip(years, numbers, strict=True))
            target = pairs.index(wanted) if wanted in pairs else None
        on = target is not None and 0 <= target < calendar.grain_size(at.grain)
        found = self.eval(node.operand, replace(at, index=target)) if on and target is not None else BLANK
        planned = on and target in calendar.grain_plan(at.grain)
        if found[0] == State.BLANK and not planned and node.default is not None:
            return self.eval(node.default, at)
        return found

    def _window(self, node: bound.Window, at: At) -> Cell:
        calendar = self.model.calendar
        years, numbers = calendar.grain_years(at.grain), calendar.grain_numbers(at.grain)
        year = [i for i, y in enumerate(years) if y == years[at.index]]
        if node.function == "OPENING":
            before = year[0] - 1
            on = before >= 0 and numbers[year[0]] == 1
            return self.eval(node.operand, replace(at, index=before)) if on else BLANK
        if node.function == "CLOSING":
            complete = numbers[year[-1]] == calendar.grain_per_year(at.grain, years[at.index])
            return self.eval(node.operand, replace(at, index=year[-1])) if complete else BLANK
        if node.function == "ROLLING":
            start = max(0, at.index - node.count + 1)
        elif node.function == "CUM":
            start = calendar.grain_plan(at.grain)[0]
        elif node.function == "YTD":
            start = year[0]
        elif at.grain == "base" and "quarter" in calendar.groupings:
            start = calendar.groups("quarter")[calendar.group_of("quarter")[at.index]].start
        else:
            start = at.index
        return fold("SUM", [self.eval(node.operand, replace(at, index=i)) for i in range(start, at.index + 1)])

    # --- over dimensions --------------------------------------------------------------------------------------------

    def _aggregate(self, node: bound.Aggregate, at: At) -> Cell:
        gone = [dim for dim in node.over if dim != "period"]
        grain = at.grain or ("base" if "period" in node.over else "")
        if node.by is not None:
            gone.append(node.by[0])
        times = self.model.calendar.grain_plan(grain) if "period" in node.over else [at.index]
        carried, rows = self._inner_rows(node)
        cells = []
        choices = [[leaf.id for leaf in self.model.dimensions[dim].leaves] for dim in gone]
        for combination in itertools.product(*choices):
            members = {**at.members, **dict(zip(gone, combination, strict=True))}
            if not self._in_group(node, members, at):
                continue
            if rows is not None and not self._has_row(carried, rows, members):
                continue
            for index in times:
                inner = At(members, grain, index)
                if node.where is not None:
                    state, holds = self.eval(node.where, inner)
                    if is_error(state):
                        cells.append((state, None))
                    if is_error(state) or state != State.VALUE or not holds:
                        continue
                cells.append(self.eval(node.operand, inner))
        if node.function in {"NPV", "IRR", "XNPV", "XIRR"}:
            return self._flows(node, at, cells)
        return fold(node.function, cells)

    def _flows(self, node: bound.Aggregate, at: At, cells: list[Cell]) -> Cell:
        """In the order of the periods; a blank flow is nothing."""
        for state, _ in cells:
            if is_error(state):
                return (state, None)
        if all(state != State.VALUE for state, _ in cells):
            return BLANK
        flows = [float(value) if state == State.VALUE else 0.0 for state, value in cells]
        worth = naive_money.npv
        if node.function.startswith("X"):
            calendar = self.model.calendar
            grain = at.grain or "base"
            ends = [date.fromisoformat(self._day(At({}, grain, t), last=True)) for t in calendar.grain_plan(grain)]
            worth = partial(naive_money.xnpv, ends)
        if node.rate is None:
            found = naive_money.irr(flows, worth)
            return (State.BAD_NUMBER, None) if found is None else good(Fraction(found))
        state, rate = self.eval(node.rate, at)
        return good(Fraction(worth(float(rate), flows))) if state == State.VALUE else (state, None)

    def _in_group(self, node: bound.Aggregate, members: Mapping[str, int], at: At) -> bool:
        if node.by is None:
            return True
        dim, name = node.by
        target = self.model.dimensions[dim].references[name]
        code = self.model.dimensions[dim].by_id[members[dim]].properties.get(name, "")
        asked = self.leaves(target, at.members[target])
        return code in self.model.dimensions[target].by_code and self.model.dimensions[target].by_code[code].id in asked

    def _inner_rows(self, node: bound.Aggregate) -> tuple[tuple[str, ...], frozenset[tuple[int, ...]] | None]:
        found = self.rows_of(node.operand)
        return ((), None) if found is None else found

    def _has_row(self, dims: tuple[str, ...], rows: frozenset[tuple[int, ...]], members: Mapping[str, int]) -> bool:
        """Whether an operand row stands at these members; a parent covers its leaves."""
        under = [set(self.leaves(dim, members[dim])) for dim in dims]
        return any(all(m in u for m, u in zip(row, under, strict=True)) for row in rows)

    def _share(self, node: bound.Share, at: At) -> Cell:
        """pool x driver / SUM(driver); the last digit is left to the engine's own tests."""
        pool, driver = self.eval(node.pool, at), self.eval(node.driver, at)
        members = [{**at.members, node.over: leaf.id} for leaf in self.model.dimensions[node.over].leaves]
        total = fold("SUM", [self.eval(node.driver, replace(at, members=m)) for m in members])
        for state, _ in (pool, driver, total):
            if is_error(state):
                return (state, None)
        if pool[0] != State.VALUE:
            return BLANK
        if total[0] != State.VALUE or total[1] == 0:
            return (State.NO_DRIVER, None) if pool[1] != 0 else BLANK
        return BLANK if driver[0] != State.VALUE else good(pool[1] * driver[1] / total[1])


def of_package(package: Any, version: str | None = None) -> Naive:
    """A package's cells of one version; the other versions are there to be read."""
    from bihuan.features.modelling.data import default_version

    versions: dict[str, dict[tuple[ItemRef, tuple[int, ...], int], Value]] = {}
    for cell in package.data:
        value = cell.value if isinstance(cell.value, str) else Fraction(cell.value)
        if package.model.items[cell.item].type == "boolean":
            value = cell.value == "TRUE"
        versions.setdefault(cell.version, {})[cell.item, cell.members, cell.index] = value
    mine = version if version is not None else default_version(package.definition.versions)
    versions.setdefault(mine, {})
    made = {name: Naive(package.model, inputs) for name, inputs in versions.items()}
    for _ in versions if len(versions) > 1 else ():  # a chain of n versions is right after n rounds
        made = {name: Naive(package.model, inputs, made) for name, inputs in versions.items()}
    return made[mine]


def every_leaf(model: CompiledModel, naive: Naive) -> Iterator[tuple[CompiledItem, tuple[int, ...], int, Cell]]:
    """All leaf cells of all items on their rows."""
    for ref, item in model.items.items():
        width = model.calendar.grain_size(item.grain) if item.grain else 1
        for row in sorted(naive.rows(ref)):
            for index in range(width):
                yield item, row, index, naive.leaf(item, row, index)
