"""What a change touches: affected rows of dependent items are calculated again, kept totals get the difference.

The answer has the same bits as a calculation from nothing. Where affected rows cannot be told cheaply, the item is
calculated whole and compared; that costs time, never truth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bihuan.engine.align import Relation, Rows, codes_in, project
from bihuan.engine.calculate import Calculation, Memo, nodes_of
from bihuan.engine.compiled import CompiledItem, Component
from bihuan.engine.formula.bound import Aggregate, Grain, ItemRef, Node, PinMember, Read, Share
from bihuan.engine.formula.evaluate import Where
from bihuan.engine.nodes import Rolled, axes_of, spans_of
from bihuan.engine.panel import Bytes, Codes, Flags, Floats, Panel, find
from bihuan.engine.rollup import Reduced, merge, roll_up
from bihuan.engine.row_rules import children, under, walk
from bihuan.engine.time_columns import total_cells
from bihuan.kernel.state import FIRST_ERROR


@dataclass(frozen=True, eq=False)
class Delta:
    """Rows of an item that differ (None = any of them), and whether rows came or went."""

    codes: Codes | None
    rows_changed: bool


def recalculate(
    old: Calculation, inputs: Mapping[ItemRef, Panel], edited: Mapping[ItemRef, Delta]
) -> tuple[Calculation, Mapping[ItemRef, Delta], frozenset[ItemRef]]:
    """The calculation after the edit, what changed, and the dependents that nobody had calculated yet."""
    affected = _dependents(old, edited)
    memo = Memo(
        {key: panel for key, panel in old.memo.panels.items() if key[0] not in affected},
        {key: found for key, found in old.memo.derived.items() if not (found.reads & affected)},
        {},
        {key: rolled for key, rolled in old.memo.totals.items() if key[0] not in affected},
        old.memo.axes,
    )
    new = Calculation(old.model, old.spaces, inputs, old.frozen, old.others, old.threads, memo)
    change = _Change(old, new, dict(edited))
    for ref in edited:
        if new.is_input(new.model.items[ref]) and (ref, new.model.items[ref].grain) in old.memo.panels:
            memo.panels[ref, new.model.items[ref].grain] = inputs[ref]
        change.folds(ref)
        change.totals(ref)
    for component in old.model.components:
        change.component(component, affected)
    stale = frozenset(r for r in affected if r not in change.deltas)
    return new, change.deltas, stale


def _dependents(calc: Calculation, edited: Mapping[ItemRef, Delta]) -> set[ItemRef]:
    out: set[ItemRef] = set()
    stack = list(edited)
    while stack:
        ref = stack.pop()
        if ref not in out:
            out.add(ref)
            readers = calc.model.dependents.get(ref, ())
            stack.extend(
                r for r in readers if not calc.is_input(calc.model.items[r]) or calc.model.items[r].total.expression
            )
    return out


@dataclass(frozen=True, eq=False)
class _Change:
    old: Calculation
    new: Calculation
    deltas: dict[ItemRef, Delta]

    # --- one item ---------------------------------------------------------------------------------------------------

    def component(self, component: Component, affected: set[ItemRef]) -> None:
        """Items of one component that were calculated before and depend on the edit."""
        nodes = [n for n in component.nodes if n.item in affected and (n.item, n.grain) in self.old.memo.panels]
        nodes = [n for n in nodes if not self._is_entered(n.item, n.grain)]
        if not nodes:
            return
        if component.direction != "once":
            self._loop(component)
            return
        for node in nodes:
            item = self.new.model.items[node.item]
            if node.grain == item.grain:
                self._plain(item)
                self.folds(node.item)
                self.totals(node.item)
            elif item.time.kind in ("formula", "expression"):
                self._total_column(item, node.grain)

    def _is_entered(self, ref: ItemRef, grain: Grain) -> bool:
        item = self.new.model.items[ref]
        return self.new.is_input(item) and grain == item.grain

    def _plain(self, item: CompiledItem) -> None:
        key = (item.ref, item.grain)
        before = self.old.memo.panels[key]
        codes = self._touched_rows(item, nodes_of(item), before)
        if codes is None:
            after = self.new._plain(item)
            self.new.memo.panels[key] = after
            self._note(item.ref, compare(before, after))
            return
        present = self._present(item, codes) if self._rows_may_change(item) else before.contains(codes)
        self.new.prepare(nodes_of(item), item.grain)
        where = Where(Rows(item.dims, before.sizes, codes), item.grain, 0, before.axis)
        self._patch(key, before, codes, self.new.item_cells(item, where), present)

    def _patch(
        self, key: tuple[ItemRef, Grain], before: Panel, codes: Codes, cells: tuple[Floats, Bytes], present: Flags
    ) -> None:
        old_values, old_states, was = before.gather(codes)
        values, states = (np.where(present[:, None], part, 0) for part in cells)
        differs = ((values != old_values) | (states != old_states)).any(axis=1) | (present != was)
        after = before.changed(codes[differs], values[differs], states[differs].astype(np.uint8), present[differs])
        self.new.memo.panels[key] = after
        item = self.new.model.items[key[0]]
        if key[1] == item.grain:
            self._note(key[0], Delta(codes[differs], bool((present != was).any())))

    def _note(self, ref: ItemRef, delta: Delta) -> None:
        known = self.deltas.get(ref)
        if known is not None and known.codes is not None and delta.codes is not None:
            delta = Delta(np.union1d(known.codes, delta.codes), known.rows_changed or delta.rows_changed)
        self.deltas[ref] = delta

    # --- which rows -------------------------------------------------------------------------------------------------

    def _touched_rows(self, item: CompiledItem, nodes: list[Node], before: Panel) -> Codes | None:
        """Candidate rows to calculate again, ascending; None = all."""
        found: list[Codes] = []
        own = self.deltas.get(item.ref)
        if own is not None:
            if own.codes is None:
                return None
            found.append(own.codes)
        for node in nodes:
            touched = self._touched(node)
            if touched is None:
                return None
            for relation, rows_changed in touched:
                if relation.dims == item.dims:
                    found.append(relation.codes)
                elif rows_changed or not relation.dims:
                    return None
                else:
                    found.append(self._scan(item, relation, before))
        if not found:
            return np.zeros(0, np.int64)
        return np.unique(np.concatenate(found))

    def _scan(self, item: CompiledItem, relation: Relation, before: Panel) -> Codes:
        """Rows of the item that read the relation's rows, of which they carry more dimensions."""
        codes = before.codes
        rows = Rows(item.dims, before.sizes, codes)
        _, hit = find(relation.codes, codes_in(rows, relation.dims, self.new.spaces.sizes(relation.dims), {}))
        return codes[hit]

    def _touched(self, node: Node) -> list[tuple[Relation, bool]] | None:
        """Rows, over some dimensions, in which the node's cells may differ; None = any."""
        if isinstance(node, Read) and node.version is None:
            found = self._touched_by_read(node)
            if found is None:
                return None
        else:
            found = []
        for child in children(node):
            below = self._touched(child)
            if below is None:
                return None
            found.extend(below)
        if isinstance(node, Aggregate | Share):
            kept = self._kept(node)
            found = [(self._onto(relation, kept), changed) for relation, changed in found]
        return found

    def _touched_by_read(self, node: Read) -> list[tuple[Relation, bool]] | None:
        delta = self.deltas.get(node.item)
        if delta is None:
            return []
        if delta.codes is None:
            return None
        if not len(delta.codes):
            return []
        item = self.new.model.items[node.item]
        rows = Rows(item.dims, self.new.spaces.sizes(item.dims), delta.codes)
        for pin in node.pins:
            if isinstance(pin, PinMember):
                dimension = self.new.model.dimensions[pin.dim]
                leaves = under(dimension, dimension.by_code[pin.member].id, pin.tree)
                rows = Rows(rows.dims, rows.sizes, rows.codes[np.isin(rows.columns[pin.dim], list(leaves))])
        if not len(rows):
            return []
        free = tuple(d for d in item.dims if all(pin.dim != d for pin in node.pins))
        return [(project(self.new.spaces, Relation(item.dims, rows.codes), free), delta.rows_changed)]

    def _kept(self, node: Aggregate | Share) -> tuple[str, ...]:
        if isinstance(node, Share):
            return tuple(d for d in node.dims if d != node.over)
        gone = set(node.over)
        if node.by is not None:
            dimension = self.new.model.dimensions[node.by[0]]
            gone |= {node.by[0], dimension.references[node.by[1]]}
        return tuple(d for d in node.dims if d not in gone)

    def _onto(self, relation: Relation, kept: tuple[str, ...]) -> Relation:
        return project(self.new.spaces, relation, tuple(d for d in relation.dims if d in kept))

    def _rows_may_change(self, item: CompiledItem) -> bool:
        own = self.deltas.get(item.ref)
        if own is not None and own.rows_changed:
            return True
        reads = {n.item for top in nodes_of(item) for n in walk(top) if isinstance(n, Read) and n.version is None}
        return any(self.deltas[ref].rows_changed for ref in reads if ref in self.deltas)

    def _present(self, item: CompiledItem, codes: Codes) -> Flags:
        """Which candidates are rows of the item now."""
        candidates = Rows(item.dims, self.new.spaces.sizes(item.dims), codes)
        rules = replace(self.new.rules, within=candidates, contains=lambda ref, at: self.new.panel(ref).contains(at))
        entered = self.new.entered(item)
        _, there = find(rules.item(item, codes[entered.contains(codes)]), codes)
        return there

    # --- total columns and kept totals ------------------------------------------------------------------------------

    def folds(self, ref: ItemRef) -> None:
        """Total columns that follow from the item's own leaf periods."""
        item = self.new.model.items[ref]
        for key, before in list(self.old.memo.panels.items()):
            if key[0] != ref or key[1] == item.grain or (item.time.kind in ("formula", "expression") and item.rules):
                continue
            if item.time.kind != "expression":
                self._columns_again(item, key[1], before, self.deltas[ref].codes)

    def _total_column(self, item: CompiledItem, grain: Grain) -> None:
        before = self.old.memo.panels[item.ref, grain]
        nodes = nodes_of(item) if item.time.kind == "formula" else []
        nodes += [item.time.expression] if item.time.expression is not None else []
        self._columns_again(item, grain, before, self._touched_rows(item, nodes, before))

    def _columns_again(self, item: CompiledItem, grain: Grain, before: Panel, codes: Codes | None) -> None:
        if codes is None:
            self.new.memo.panels.pop((item.ref, grain), None)  # calculated whole when next asked for
            self.deltas[item.ref] = Delta(None, rows_changed=True)
            return
        base = self.new.panel(item.ref)
        where = Where(Rows(item.dims, before.sizes, codes), grain, 0, before.axis)
        self._patch((item.ref, grain), before, codes, total_cells(self.new, item, where), base.contains(codes))
        if grain != item.grain:
            self._note(item.ref, Delta(codes, rows_changed=False))

    def totals(self, ref: ItemRef) -> None:
        """Kept roll-ups get the difference where that is exact; others are calculated when next asked for."""
        item = self.new.model.items[ref]
        delta = self.deltas[ref]
        key = (ref, item.grain)
        if delta.codes is None or item.scale is None or item.total.kind not in ("sum", "average"):
            return
        if key not in self.old.memo.panels or key not in self.new.memo.panels:
            return
        before, after = self.old.memo.panels[key], self.new.memo.panels[key]
        minus, plus = (_rows_panel(panel, delta.codes) for panel in (before, after))
        if (minus.base_states >= FIRST_ERROR).any() or (plus.base_states >= FIRST_ERROR).any():
            return
        for known, rolled in self.old.memo.totals.items():
            if known[0] == ref and rolled.panel is before:
                moved = self._moved(item, rolled, minus, plus)
                if moved is not None:
                    self.new.memo.totals[known] = replace(rolled, spans=moved, panel=after)

    def _moved(
        self, item: CompiledItem, rolled: Rolled, minus: Panel, plus: Panel
    ) -> tuple[tuple[int, int, Reduced], ...] | None:
        view = rolled.view
        calc = replace(self.new, view=view)
        out = []
        for (start, stop, reduced), (_, _, day) in zip(rolled.spans, spans_of(calc, item), strict=True):
            axes = axes_of(calc, item, rolled.nodes, day)
            if any(layer.fractional for axis in axes for layer in axis.layers):
                return None
            less, more = (roll_up(_columns(p, start, stop), axes) for p in (minus, plus))
            less = replace(less, values=-less.values, counts=-less.counts)
            parts = [p for p in (reduced, more, less) if len(p.codes)]
            out.append((start, stop, merge(parts, stop - start)))
        return tuple(out)

    # --- loops ------------------------------------------------------------------------------------------------------

    def _loop(self, component: Component) -> None:
        """A loop through time: affected rows alone when all its items stand on the same rows, else all."""
        keys = [(n.item, n.grain) for n in component.nodes if not self._is_entered(n.item, n.grain)]
        before = {key: self.old.memo.panels[key] for key in keys if key in self.old.memo.panels}
        codes = self._loop_codes(component, before)
        if codes is None or len(before) != len(keys):
            self.new._ancestors_first(component)
            self.new._loop(component)
            for key in keys:
                after = self.new.memo.panels[key]
                self._note(key[0], compare(before[key], after) if key in before else Delta(None, rows_changed=True))
        else:
            solved = self.new._solve(component, {key[0]: codes for key in keys})
            for key, panel in solved.items():
                present = before[key].contains(codes)
                self._patch(key, before[key], codes, (panel.base_values, panel.base_states), present)
        for key in keys:
            if key[1] == self.new.model.items[key[0]].grain:
                self.folds(key[0])
                self.totals(key[0])

    def _loop_codes(self, component: Component, before: Mapping[tuple[ItemRef, Grain], Panel]) -> Codes | None:
        if component.direction == "repeated":
            return None  # rounds end for all rows together: from nothing it must come out the same
        items = [self.new.model.items[n.item] for n in component.nodes]
        inside = {item.ref for item in items}
        if len({item.dims for item in items}) > 1 or any(
            n.grain != i.grain for n, i in zip(component.nodes, items, strict=True)
        ):
            return None
        found = []
        for item in items:
            if self.new.is_input(item) or (item.ref, item.grain) not in before or self._rows_may_change(item):
                return None
            for node in (n for top in nodes_of(item) for n in walk(top)):
                if isinstance(node, Aggregate | Share):
                    return None
                if isinstance(node, Read) and node.item in inside and node.pins:
                    return None
            codes = self._touched_rows(item, nodes_of(item), before[item.ref, item.grain])
            if codes is None:
                return None
            found.append(codes)
        same = [before[item.ref, item.grain].codes for item in items]
        if any(not np.array_equal(same[0], other) for other in same[1:]):
            return None
        codes = np.unique(np.concatenate(found))
        return codes[find(same[0], codes)[1]]


def _rows_panel(panel: Panel, codes: Codes) -> Panel:
    values, states, _ = panel.gather(codes)
    return Panel(panel.sizes, codes, values, states)


def _columns(panel: Panel, start: int, stop: int) -> Panel:
    return Panel(panel.sizes, panel.base_codes, panel.base_values[:, start:stop], panel.base_states[:, start:stop])


def compare(before: Panel, after: Panel) -> Delta:
    """The rows in which two panels of one item differ."""
    codes = np.union1d(before.codes, after.codes)
    old_values, old_states, was = before.gather(codes)
    values, states, present = after.gather(codes)
    differs = ((values != old_values) | (states != old_states)).any(axis=1) | (was != present)
    return Delta(codes[differs], bool((was != present).any()))
