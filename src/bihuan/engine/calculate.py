"""Calculates items: whole panels of plain items block by block, loops through time period by period, total columns.

A `Calculation` is the source the evaluator reads from. It fills a memo of panels, one per item and grain, in the order of
the model's components; nothing is calculated that is not asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bihuan.engine import recycle
from bihuan.engine.align import Rows, Spaces, codes_in
from bihuan.engine.compiled import CompiledItem, CompiledModel, Component, GraphNode
from bihuan.engine.derive import Derived, derive, derive_at_nodes
from bihuan.engine.finish import finish
from bihuan.engine.formula.bound import Aggregate, Grain, ItemRef, Node, Read, Share
from bihuan.engine.formula.evaluate import Evaluator, Where, finer
from bihuan.engine.formula.kernels import Cells, truth
from bihuan.engine.formula.spans import Span
from bihuan.engine.iterate import settle
from bihuan.engine.nodes import Rolled, View, cells_at_nodes
from bihuan.engine.panel import Bytes, Codes, Flags, Floats, Ints, Panel, empty, find
from bihuan.engine.rollup import Axis
from bihuan.engine.row_rules import RowRules, walk
from bihuan.engine.scratch import frame
from bihuan.engine.threads import block_rows, run
from bihuan.engine.time_columns import total_cells, total_columns
from bihuan.kernel.state import FIRST_ERROR, State

Key = tuple[ItemRef, Grain]


@dataclass(eq=False)
class Memo:
    """What has been calculated: panels by item and grain, aggregates by node and grain, row sets. Shared by threads."""

    panels: dict[Key, Panel] = field(default_factory=dict)
    derived: dict[tuple[int, Grain], Derived] = field(default_factory=dict)
    rows: dict[ItemRef, Codes] = field(default_factory=dict)
    totals: dict[tuple[object, ...], Rolled] = field(default_factory=dict)
    axes: dict[tuple[object, ...], Axis] = field(default_factory=dict)  # of the model, whatever the numbers are


@dataclass(frozen=True, eq=False)
class Calculation:
    """``inputs`` hold what was entered; ``frozen`` items are inputs whatever their rules say."""

    model: CompiledModel
    spaces: Spaces
    inputs: Mapping[ItemRef, Panel]
    frozen: frozenset[ItemRef]
    others: Mapping[str, "Calculation"]
    threads: int
    memo: Memo
    working: Mapping[Key, Panel] = field(default_factory=dict)  # half-filled panels of the loop being solved
    nodes: Mapping[Key, Panel] = field(default_factory=dict)  # the same for a loop being solved at nodes
    view: View = field(default_factory=View)

    @cached_property
    def evaluator(self) -> Evaluator:
        """Evaluates formulas against this calculation."""
        return Evaluator(self.model, self)

    @cached_property
    def rules(self) -> RowRules:
        """Row rules against this calculation's items."""
        return RowRules(self.spaces, self._rows_of)

    def width(self, grain: Grain) -> int:
        """Columns of a grain; a parameter has one."""
        return self.model.calendar.grain_size(grain) if grain else 1

    def entered(self, item: CompiledItem) -> Panel:
        """What was entered for an item."""
        found = self.inputs.get(item.ref)
        return found if found is not None else empty(self.spaces.sizes(item.dims), self.width(item.grain))

    def is_input(self, item: CompiledItem) -> bool:
        """True when no formula applies."""
        return item.is_input or item.ref in self.frozen

    # --- what the evaluator asks for --------------------------------------------------------------------------------

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
        """An item's cells at these rows, all columns of the grain."""
        item = self.model.items[ref]
        if version is not None:
            other = self.others.get(version)
            if other is None:
                shape = (len(rows), self.width(grain))
                return np.zeros(shape), np.zeros(shape, np.uint8), True, None
            # by the same trees, as of the same day
            seen = other if other.view == self.view else replace(other, view=self.view)
            return seen.fetch(ref, None, grain, rows, fixed, trees=trees)
        fixed = {d: m if isinstance(m, int) else _known(m, self.spaces.leaves(d)) for d, m in fixed.items()}
        if rows.nodes or any(not self.spaces.leaf_flags(dim)[m].all() for dim, m in fixed.items()):
            sizes = self.spaces.sizes(item.dims)
            busy = self.nodes.get((ref, grain))
            if busy is not None and find(busy.base_codes, codes_in(rows, item.dims, sizes, fixed))[1].all():
                values, states, _ = busy.gather(codes_in(rows, item.dims, sizes, fixed))
                return values, states, False, None
            asked = Rows(item.dims, sizes, codes_in(rows, item.dims, sizes, fixed))
            named = {dim: tree for dim, tree in trees.items() if tree}
            calc = replace(self, view=replace(self.view, trees={**self.view.trees, **named})) if named else self
            values, states = cells_at_nodes(calc, item, grain, asked)
            return values, states, False, None
        panel = self.panel(ref, grain)
        if not fixed and rows.dims == item.dims and panel.patch is None and rows.whole is panel.base_codes:
            part = slice(rows.start, rows.start + len(rows))
            return panel.base_values[part], panel.base_states[part], panel.clean, panel.span
        values, states, _ = panel.gather(codes_in(rows, item.dims, panel.sizes, fixed))
        return values, states, panel.clean, None

    def derived(self, node: Aggregate | Share, where: Where) -> Cells:
        """An aggregate or a share at these rows and columns."""
        if where.rows.nodes:
            return derive_at_nodes(self, node, where)
        grain = where.grain or "base"
        if self._in_loop(node):
            found = derive(self, node, grain, where.start, where.stop)
            return found.cells(where.rows, 0, where.width)
        key = (id(node), grain)
        if key not in self.memo.derived:
            self.memo.derived[key] = derive(self, node, grain, 0, self.width(grain))
        return self.memo.derived[key].cells(where.rows, where.start, where.stop)

    def _in_loop(self, node: Node) -> bool:
        if not self.working:
            return False
        busy = {ref for ref, _ in self.working}
        return any(isinstance(n, Read) and n.item in busy and n.version is None for n in walk(node))

    # --- panels -----------------------------------------------------------------------------------------------------

    def panel(self, ref: ItemRef, grain: Grain | None = None) -> Panel:
        """The cells of an item, or its total columns at a coarser grain."""
        item = self.model.items[ref]
        key = (ref, item.grain if grain is None else grain)
        if (busy := self.working.get(key)) is not None:
            return busy
        if (known := self.memo.panels.get(key)) is not None:
            return known
        if self.is_input(item) and key[1] == item.grain:
            self.memo.panels[key] = self.entered(item)
        elif key in self.loops:
            self._ancestors_first(self.loops[key])
            self._loop(self.loops[key])
        elif key[1] == item.grain:
            self.ensure([ref])
        else:
            self.memo.panels[key] = total_columns(self, item, key[1])
        return self.memo.panels[key]

    @cached_property
    def loops(self) -> Mapping[Key, Component]:
        """Loops by the nodes solved in them."""
        return {
            (node.item, node.grain): component
            for component in self.model.components
            if component.direction != "once"
            for node in component.nodes
            if not self.is_input(self.model.items[node.item])
        }

    def _ancestors_first(self, component: Component) -> None:
        inside = {node.item for node in component.nodes}
        self.ensure({ref for item in inside for ref in self.model.reads.get(item, ())} - inside)
        for node in component.nodes:
            own = self.model.items[node.item].grain
            if node.grain != own and GraphNode(node.item, own) not in component.nodes:
                self.panel(node.item)

    def ensure(self, refs: Iterable[ItemRef]) -> None:
        """Calculates these items and all that they read, in the model's order."""
        wanted = self._ancestors(refs)
        for component in self.model.components:
            for node in component.nodes:
                item = self.model.items[node.item]
                key = (node.item, node.grain)
                # total columns wait until somebody asks
                if node.item in wanted and node.grain == item.grain and key not in self.memo.panels:
                    if component.direction == "once":
                        self.memo.panels[key] = self._plain(item)
                    else:
                        self._loop(component)

    def _ancestors(self, refs: Iterable[ItemRef]) -> set[ItemRef]:
        wanted: set[ItemRef] = set()
        stack = list(refs)
        while stack:
            ref = stack.pop()
            item = self.model.items[ref]
            if ref in wanted or self.is_input(item) or (ref, item.grain) in self.memo.panels:
                continue
            wanted.add(ref)
            stack.extend(self.model.reads.get(ref, ()))
        return wanted

    def _rows_of(self, ref: ItemRef, version: str | None) -> Codes:
        if version is not None:
            return self.others[version].rows(ref) if version in self.others else np.zeros(0, np.int64)
        return self.rows(ref)

    def rows(self, ref: ItemRef) -> Codes:
        """The codes of an item's rows; inside a loop, what is known of them so far."""
        item = self.model.items[ref]
        key = (ref, item.grain)
        if key in self.memo.panels:
            return self.memo.panels[key].codes
        if self.is_input(item):
            return self.entered(item).codes
        if ref in self.memo.rows:
            return self.memo.rows[ref]
        return self.panel(ref).codes

    def _plain(self, item: CompiledItem) -> Panel:
        """A whole item without recursion, in blocks over threads."""
        entered = self.entered(item)
        rows = Rows(item.dims, entered.sizes, self.rules.item(item, entered.codes))
        self.prepare(nodes_of(item), item.grain)
        width = self.width(item.grain)
        values, states = recycle.empty((len(rows), width)), recycle.empty((len(rows), width), np.uint8)

        def work(start: int, stop: int) -> None:
            where = Where(rows.part(start, stop), item.grain, 0, width)
            with frame():
                found, marks = self.item_cells(item, where, values[start:stop])
                if not np.shares_memory(found, values):
                    values[start:stop] = found
                states[start:stop] = marks

        run(work, len(rows), block_rows(width), self.threads)
        return Panel(entered.sizes, rows.codes, values, states)

    def prepare(self, tops: Iterable[Node], grain: Grain) -> None:
        """Calculates what the expressions read, so that threads only read."""
        for top in tops:
            for node in walk(top):
                self._prepare_node(node, grain)

    def _prepare_node(self, node: Node, grain: Grain) -> None:
        if isinstance(node, Read) and node.version is None:
            item = self.model.items[node.item]
            if (node.item, item.grain) not in self.working:
                self.panel(node.item)
                if item.grain and grain and node.period is None and finer(self.model.calendar, item.grain, grain):
                    self.panel(node.item, grain)
        elif isinstance(node, Read) and node.version is not None and node.version in self.others:
            self.others[node.version].panel(node.item)
        elif isinstance(node, Aggregate | Share) and not self._in_loop(node):
            key = (id(node), grain or "base")
            if key not in self.memo.derived:
                self.memo.derived[key] = derive(self, node, key[1], 0, self.width(key[1]))

    # --- one item's cells -------------------------------------------------------------------------------------------

    def item_cells(self, item: CompiledItem, where: Where, out: Floats | None = None) -> tuple[Floats, Bytes]:
        """An item's cells at its own grain: entered ones, and rules where rules apply (first matching rule wins)."""
        low, high = where.start, where.stop
        plan = self.model.calendar.grain_plan(item.grain) if item.grain else range(1)
        if item.fill != "all":
            low, high = max(low, plan.start), min(high, plan.stop)
        sub = where.columns(low, high)
        inside = low >= plan.start and high <= plan.stop and not item.definition.override
        if (low, high) == (where.start, where.stop) and inside and item.rules[0].region is None:
            shape = (len(where.rows), where.width)
            return finish(self.evaluator.evaluate(item.rules[0].expression, where), item, shape, out)
        panel = self.entered(item)
        values, states, _ = panel.gather(where.rows.codes)
        values, states = values[:, where.start : where.stop].copy(), states[:, where.start : where.stop].copy()
        if low < high:
            part = slice(low - where.start, high - where.start)
            columns = np.arange(low, high)
            planned = (columns >= plan.start) & (columns < plan.stop)
            open_ = np.broadcast_to(planned, (len(where.rows), len(columns))).copy()
            blank = states[:, part] == State.BLANK
            open_ = blank if item.definition.override else (open_ | blank)
            values[:, part], states[:, part] = self.ruled(item, sub, values[:, part], states[:, part], open_)
        return values, states

    def ruled(
        self, item: CompiledItem, where: Where, values: Floats, states: Bytes, open_: Flags
    ) -> tuple[Floats, Bytes]:
        """Cells with the rules laid over those that are open; what no rule matches stays."""
        shape = values.shape
        for rule in item.rules:
            if not open_.any():
                break
            taken, failed = open_, None
            if rule.region is not None:
                region = self.evaluator.evaluate(rule.region, where)
                taken = open_ & np.broadcast_to(truth(region) & (region.states < FIRST_ERROR), shape)
                failed = open_ & np.broadcast_to(region.states >= FIRST_ERROR, shape)
            if taken.any():
                found, marks = finish(self.evaluator.evaluate(rule.expression, where), item, (shape[0], shape[1]))
                values, states = np.where(taken, found, values), np.where(taken, marks, states).astype(np.uint8)
            open_ = open_ & ~taken
            if failed is not None and failed.any():
                values = np.where(failed, 0.0, values)
                states = np.where(failed, np.broadcast_to(region.states, shape), states).astype(np.uint8)
                open_ = open_ & ~failed
        return values, states

    # --- loops through time -----------------------------------------------------------------------------------------

    def _loop(self, component: Component) -> None:
        """Solves a loop period by period, all rows at once; total columns in it likewise."""
        nodes = [n for n in component.nodes if not self.is_input(self.model.items[n.item])]
        own = {n.item for n in nodes if n.grain == self.model.items[n.item].grain}
        self._loop_rows(own)
        rows = {n.item: self.memo.rows[n.item] if n.item in own else self.panel(n.item).codes for n in nodes}
        for key, panel in self._solve(component, rows).items():
            self.memo.panels[key] = Panel(panel.sizes, panel.base_codes, panel.base_values, panel.base_states)
        for ref in own:
            self.memo.rows.pop(ref, None)

    def _solve(self, component: Component, rows: Mapping[ItemRef, Codes]) -> Mapping[Key, Panel]:
        """The loop's cells in these rows."""
        nodes = [n for n in component.nodes if not self.is_input(self.model.items[n.item])]
        working = {}
        for node in nodes:
            item = self.model.items[node.item]
            codes, width = rows[node.item], self.width(node.grain)
            shape = (len(codes), width)
            working[node.item, node.grain] = Panel(
                self.spaces.sizes(item.dims), codes, np.zeros(shape), np.zeros(shape, np.uint8)
            )
            object.__setattr__(working[node.item, node.grain], "clean", False)  # it is being filled
            object.__setattr__(working[node.item, node.grain], "span", None)
        inner = Calculation(self.model, self.spaces, self.inputs, self.frozen, self.others, 1, self.memo, working)
        for node in nodes:
            inner.prepare(nodes_of(self.model.items[node.item]), node.grain)
        for node in nodes:
            if node.grain == self.model.items[node.item].grain:
                inner._enter_off_plan(node.item)
        if component.iteration is not None:
            settle(list(working.values()), lambda: inner._sweep(nodes), component.iteration)
            return working
        for column in inner._order(component):
            for node in nodes:
                inner._loop_step(node.item, node.grain, column)
        return working

    def _sweep(self, nodes: Sequence[GraphNode]) -> None:
        """One round of a repeated loop: period by period where all nodes stand on one grain, else node by node."""
        if len({node.grain for node in nodes}) == 1:
            for column in range(self.width(nodes[0].grain)):
                for node in nodes:
                    self._loop_step(node.item, node.grain, column)
            return
        for node in nodes:
            for column in range(self.width(node.grain)):
                self._loop_step(node.item, node.grain, column)

    def _order(self, component: Component) -> range:
        grain = component.nodes[0].grain
        assert all(n.grain == grain for n in component.nodes), "a loop stays on one grain"
        columns = range(self.width(grain))
        return columns if component.direction == "forward" else columns[::-1]

    def _enter_off_plan(self, ref: ItemRef) -> None:
        """Entered cells are there before the first period is solved: a later one may be read ahead of its turn."""
        item = self.model.items[ref]
        panel = self.working[ref, item.grain]
        values, states, _ = self.entered(item).gather(panel.base_codes)
        plan = self.model.calendar.grain_plan(item.grain)
        off = np.array([t not in plan for t in range(panel.axis)])
        panel.base_values[:, off], panel.base_states[:, off] = values[:, off], states[:, off]

    def _loop_step(self, ref: ItemRef, grain: Grain, column: int) -> None:
        item = self.model.items[ref]
        panel = self.working[ref, grain]
        rows = Rows(item.dims, panel.sizes, panel.base_codes, panel.base_codes)
        where = Where(rows, grain, column, column + 1)
        if grain == item.grain:
            values, states = self.item_cells(item, where)
        else:
            values, states = total_cells(self, item, where)
        panel.base_values[:, column : column + 1], panel.base_states[:, column : column + 1] = values, states

    def _loop_rows(self, refs: set[ItemRef]) -> None:
        """The least rows that satisfy the row rules of all items of a loop."""
        for ref in refs:
            self.memo.rows[ref] = self.entered(self.model.items[ref]).codes
        growing = True
        while growing:
            growing = False
            for ref in sorted(refs):
                item = self.model.items[ref]
                found = self.rules.item(item, self.entered(item).codes)
                if len(found) != len(self.memo.rows[ref]):
                    self.memo.rows[ref], growing = found, True


def _known(members: Ints, leaves: NDArray[np.integer[Any]]) -> Ints:
    """Members by row, where there is none some leaf: whoever looked them up leaves those rows blank."""
    none = members < 0
    return np.where(none, leaves[0], members).astype(np.int32) if none.any() and len(leaves) else members


def nodes_of(item: CompiledItem) -> list[Node]:
    """All expressions of an item's rules."""
    return [node for rule in item.rules for node in (rule.expression, rule.region) if node is not None]
