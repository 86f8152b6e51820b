"""The sheet: one version's numbers, immutable. What a model computes from what was entered, read at leaves and totals.

An edit gives a new sheet that shares everything unchanged; previews are the same thing, thrown away. Values are computed
when first asked for and kept. Any number of threads may read one sheet.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.align import Rows, Spaces
from bihuan.engine.calculate import Calculation, Memo
from bihuan.engine.change import Delta, recalculate
from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.explain import Explanation, explain
from bihuan.engine.formula.bound import Grain, ItemRef
from bihuan.engine.formula.evaluate import Where, item_columns
from bihuan.engine.formula.kernels import truth
from bihuan.engine.localise import localised
from bihuan.engine.nodes import View, cells_at_nodes
from bihuan.engine.panel import Bytes, Codes, Flags, Floats, Ints, Panel, pack, unpack
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State


class NotALeaf(Invalid):
    """Values are entered at leaf members only."""

    code = "not_a_leaf"


@dataclass(frozen=True, eq=False)
class Edits:
    """Cell changes as columns. ``item`` is an index into ``items``; ``members`` are leaf ids in that item's dimension
    order, further columns are ignored; ``period`` is an index of the item's axis, ``value`` in units of its scale."""

    items: tuple[ItemRef, ...]
    item: Ints
    members: Ints
    period: Ints
    value: Floats
    state: Bytes


@dataclass(frozen=True, eq=False)
class Changes:
    """What an edit changed: rows by item. ``stale`` items depend on the edit too but had not been computed."""

    deltas: Mapping[ItemRef, Delta]
    stale: frozenset[ItemRef]
    sizes: Mapping[ItemRef, tuple[int, ...]]

    @property
    def items(self) -> frozenset[ItemRef]:
        """Every item of which some cell may differ."""
        return self.stale | {ref for ref, d in self.deltas.items() if d.codes is None or len(d.codes)}

    def rows(self, ref: ItemRef) -> Ints | None:
        """int32[n, ndims] member ids of the rows that differ; None = any of them."""
        delta = self.deltas.get(ref)
        if delta is None or delta.codes is None:
            return None if ref in self.stale or delta is not None else np.zeros((0, len(self.sizes[ref])), np.int32)
        return unpack(delta.codes, self.sizes[ref])


@dataclass(frozen=True, eq=False)
class Sheet:
    """Made by `Sheet.build`."""

    calculation: Calculation

    @staticmethod
    def build(
        model: CompiledModel,
        inputs: Mapping[ItemRef, Panel],
        *,
        others: Mapping[str, "Sheet"] | None = None,
        threads: int = 1,
    ) -> "Sheet":
        """A sheet over what was entered. ``others`` are the sheets of the version roles that formulas name."""
        spaces = Spaces(model)
        entered = {}
        for ref, panel in inputs.items():
            if ref not in model.items:
                raise NotFound(f"no item {ref.cube}!{ref.item}", cube=ref.cube, item=ref.item)
            item = model.items[ref]
            width = model.calendar.grain_size(item.grain) if item.grain else 1
            if len(panel.sizes) != len(item.dims) or panel.axis != width:
                raise Invalid(
                    f"{ref.cube}!{ref.item}: wrong shape",
                    found=(len(panel.sizes), panel.axis),
                    expected=(len(item.dims), width),
                )
            entered[ref] = without_empty_rows(panel.resized(spaces.sizes(item.dims)))
        other = {role: sheet.calculation for role, sheet in (others or {}).items()}
        return Sheet(Calculation(model, spaces, entered, frozenset(), other, threads, Memo()))

    @property
    def model(self) -> CompiledModel:
        """The compiled model."""
        return self.calculation.model

    @property
    def inputs(self) -> Mapping[ItemRef, Panel]:
        """What was entered, by item; items nobody entered are missing."""
        return self.calculation.inputs

    def with_others(self, others: Mapping[str, "Sheet"], *, own: Collection[str] = ()) -> "Sheet":
        """The same version beside other ones; everything is computed anew when asked for. ``own``: its own roles."""
        found = {role: sheet.calculation for role, sheet in others.items() if role not in own}
        model = localised(self.model, own)
        return Sheet(replace(self.calculation, model=model, spaces=Spaces(model), others=found, memo=Memo()))

    def freeze(self, panels: Mapping[ItemRef, Panel]) -> "Sheet":
        """These items become inputs that hold the given values, whatever their rules say."""
        sizes = self.calculation.spaces.sizes
        given = {ref: p.folded.resized(sizes(self.model.items[ref].dims)) for ref, p in panels.items()}
        inputs = {**self.inputs, **{ref: without_empty_rows(panel) for ref, panel in given.items()}}
        frozen = self.calculation.frozen | set(panels)
        return Sheet(replace(self.calculation, inputs=inputs, frozen=frozen, memo=Memo()))

    # --- changing ---------------------------------------------------------------------------------------------------

    def edit(self, edits: Edits) -> tuple["Sheet", Changes]:
        """The sheet after these changes; later lines win over earlier ones of the same cell. O(changed)."""
        calc = self.calculation
        inputs, deltas = dict(calc.inputs), {}
        for index, ref in enumerate(edits.items):
            at = np.flatnonzero(edits.item == index)
            if len(at):
                inputs[ref], deltas[ref] = self._enter(ref, edits, at)
        new, found, stale = recalculate(calc, inputs, deltas)
        sizes = {ref: calc.spaces.sizes(item.dims) for ref, item in self.model.items.items()}
        return Sheet(new), Changes(found, stale, sizes)

    def _enter(self, ref: ItemRef, edits: Edits, at: NDArray[np.intp]) -> tuple[Panel, Delta]:
        item = self._item(ref)
        panel = self.calculation.entered(item)
        codes = self._codes(item, edits.members[at], leaves=True)
        period = edits.period[at]
        if ((period < 0) | (period >= panel.axis)).any():
            raise Invalid(
                f"{ref.cube}!{ref.item}: no such period", found=int(period.max()), expected=f"0 to {panel.axis - 1}"
            )
        rows, place = np.unique(codes, return_inverse=True)
        values, states, present = panel.gather(rows)
        state = edits.state[at]
        values[place, period] = np.where(state == State.VALUE, edits.value[at], 0.0) + 0.0
        states[place, period] = state
        there = (states != State.BLANK).any(axis=1)
        return panel.changed(rows, values, states, there), Delta(rows, bool((there != present).any()))

    def enterable(self, ref: ItemRef, members: Ints, column: NDArray[np.intp], *, over: bool = True) -> Flags:
        """Which cells are entered rather than computed: off the plan, unmatched by every rule, or (if ``over``) with
        ``override``."""
        item = self._item(ref)
        if self.calculation.is_input(item) or (over and item.definition.override):
            return np.ones(len(members), np.bool_)
        plan = self.model.calendar.grain_plan(item.grain) if item.grain else range(1)
        column = np.asarray(column)
        free = (column < plan.start) | (column >= plan.stop)
        if item.always_formula:
            return free
        rows = Rows(item.dims, self.calculation.spaces.sizes(item.dims), self._codes(item, members, leaves=True))
        width = self.calculation.width(item.grain)
        where = Where(rows, item.grain, 0, width)
        ruled = np.zeros((len(rows), width), np.bool_)
        for rule in item.rules:
            assert rule.region is not None
            self.calculation.prepare([rule.region], item.grain)
            ruled |= truth(self.calculation.evaluator.evaluate(rule.region, where))
        return np.asarray(free | ~ruled[np.arange(len(rows)), column])

    # --- reading ----------------------------------------------------------------------------------------------------

    def leaves(self, ref: ItemRef) -> Panel:
        """An item's leaf values and states at the grain it is kept at, computed when first asked for."""
        return self.calculation.panel(self._item(ref).ref)

    def panel(self, ref: ItemRef, grain: Grain = "base") -> Panel:
        """Leaf rows at a grain: the kept cells, or total columns where the grain is coarser than they are."""
        item = self._item(ref)
        own, _ = (
            item_columns(self.model.calendar, item.grain, grain, np.zeros(0, np.intp)) if item.grain else ("", None)
        )
        return self.calculation.panel(ref, own)

    def read(
        self,
        ref: ItemRef,
        *,
        rows: Ints,
        periods: Sequence[PeriodKey],
        tree: Mapping[str, str] | None = None,
        at: date | None = None,
    ) -> tuple[Floats, Bytes]:
        """Cells [rows, periods] at leaves or nodes, in units of the item's scale; an average is not rounded.

        ``tree`` names the hierarchy to total by, for each dimension that is not read along its main one; ``at`` fixes the
        day as of which trees are read; without it each period has the trees of its own last day.
        """
        item = self._item(ref)
        calc = replace(self.calculation, view=View(dict(tree or {}), at))
        codes = self._codes(item, rows, leaves=False)
        asked = Rows(item.dims, calc.spaces.sizes(item.dims), codes, nodes=True)
        values, states = np.zeros((len(asked), len(periods))), np.zeros((len(asked), len(periods)), np.uint8)
        for grain in dict.fromkeys(key.grain for key in periods):
            places = [i for i, key in enumerate(periods) if key.grain == grain]
            indices = np.array([periods[i].index for i in places], np.intp)
            own, columns = (
                item_columns(self.model.calendar, item.grain, grain, indices) if item.grain else ("", indices * 0)
            )
            found, marks = cells_at_nodes(calc, item, own, asked)
            values[:, places], states[:, places] = found[:, columns], marks[:, columns]
        return values, states

    def explain(
        self, ref: ItemRef, members: Sequence[int], period: PeriodKey | None, view: View | None = None
    ) -> Explanation:
        """Why a cell, leaf or total, is what it is."""
        item = self._item(ref)
        self._codes(item, np.array([members], np.int32).reshape(1, len(members)), leaves=False)
        calc = self.calculation if view is None else replace(self.calculation, view=view)
        return explain(calc, item, members, period)

    def _item(self, ref: ItemRef) -> CompiledItem:
        if ref not in self.model.items:
            raise NotFound(f"no item {ref.cube}!{ref.item}", cube=ref.cube, item=ref.item)
        return self.model.items[ref]

    def _codes(self, item: CompiledItem, members: Ints, *, leaves: bool) -> Codes:
        sizes = self.calculation.spaces.sizes(item.dims)
        ids = np.asarray(members, np.int32)[:, : len(item.dims)]
        assert ids.shape[1] == len(item.dims), "members stand in the item's dimension order"
        for d, dim in enumerate(item.dims):
            known = self.calculation.spaces.leaf_flags(dim) if leaves else self.calculation.spaces.member_flags(dim)
            inside = (ids[:, d] >= 0) & (ids[:, d] < sizes[d])
            good = inside & known[np.where(inside, ids[:, d], 0)]
            if not good.all():
                bad = int(ids[~good, d][0])
                member = self.model.dimensions[dim].by_id.get(bad)
                if member is None:
                    raise NotFound(f"{dim} has no member with id {bad}", dimension=dim, found=bad)
                raise NotALeaf(
                    f"{dim} {member.code} is a total", dimension=dim, found=member.code, expected="a leaf member"
                )
        return pack(ids, sizes)


def without_empty_rows(panel: Panel) -> Panel:
    """An entered row exists when it holds something; rows that are blank throughout are left out."""
    kept = (panel.states != State.BLANK).any(axis=1)
    if kept.all():
        return panel
    return Panel(panel.sizes, panel.codes[kept], panel.values[kept], panel.states[kept])
