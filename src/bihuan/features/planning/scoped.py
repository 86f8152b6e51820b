"""Reading cut by the permission predicate: inside shows the shared number, partly inside is summed from the visible part.

Formulas see all data; only what leaves is cut. For a node partly inside the scope the item's leaf cells outside it are blanked
on a private copy and the node is totalled again by the item's own rule; where that rule computes from other items, those are
blanked by their own scope too. Such cells are marked 部分.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel
from bihuan.engine.sheet import Sheet
from bihuan.features.access.model import Principal, Scope
from bihuan.features.planning import cells
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State

INSIDE, PARTIAL, OUTSIDE = 0, 1, 2
_CLASS = {"inside": INSIDE, "partial": PARTIAL, "outside": OUTSIDE}


@dataclass(frozen=True, eq=False)
class Read:
    """Cells [rows, columns]: float64 values in the item's scale, uint8 states, uint8 classes; outside is blank."""

    values: NDArray[np.float64]
    states: NDArray[np.uint8]
    classes: NDArray[np.uint8]


def scope_of(model: CompiledModel, version: str, actor: Principal, ref: ItemRef, action: str = "plan.read") -> Scope:
    """What of an item the actor may see (or write) in a version."""
    return actor.scope(action, model.definition.name).on(item=cells.code_of(ref), version=version)


def read(
    state: PlanState,
    version: str,
    actor: Principal,
    item: CompiledItem,
    *,
    nodes: NDArray[np.int32],
    periods: Sequence[PeriodKey],
    tree: Mapping[str, str] | None = None,
) -> Read:
    """``nodes`` int32[n, dims] of leaf or parent ids; ``periods`` leaf periods or groups."""
    classes = classify(state.model, scope_of(state.model, version, actor, item.ref), item, nodes, periods)
    values, states = state.sheet.read(item.ref, rows=nodes, periods=periods, tree=tree)
    values, states = np.array(values), np.array(states)
    partial = np.flatnonzero((classes == PARTIAL).any(axis=1))
    if len(partial):
        cut = masked(state, version, actor, item)
        part_values, part_states = cut.read(item.ref, rows=nodes[partial], periods=periods, tree=tree)
        here = classes[partial] == PARTIAL
        values[partial] = np.where(here, part_values, values[partial])
        states[partial] = np.where(here, part_states, states[partial])
    hidden = classes == OUTSIDE
    values[hidden], states[hidden] = 0.0, State.BLANK
    return Read(values, states, classes)


def classify(
    model: CompiledModel, scope: Scope, item: CompiledItem, nodes: NDArray[np.int32], periods: Sequence[PeriodKey]
) -> NDArray[np.uint8]:
    """uint8[n, p]: whether each node is inside, partly inside or outside the scope."""
    out = np.zeros((len(nodes), len(periods)), np.uint8)
    if scope.is_everything:
        return out
    if scope.is_nothing:
        return np.full_like(out, OUTSIDE)
    by_period = bool(item.grain) and scope.limits("period")
    for row, node in enumerate(nodes):
        where = {d: model.dimensions[d].by_id[int(m)].code for d, m in zip(item.dims, node, strict=True)}
        if by_period:
            codes = [model.calendar.code(key) for key in periods]
            out[row] = [_CLASS[scope.classify({**where, "period": code})] for code in codes]
        else:
            out[row] = _CLASS[scope.classify(where)]
    return out


def masked(state: PlanState, version: str, actor: Principal, item: CompiledItem) -> Sheet:
    """The sheet in which what the item's totals are made of holds only cells the actor may see."""
    wanted = {item.ref}
    if {item.total.kind, item.time.kind} & {"formula", "expression", "weighted"}:
        stack = [item.ref]
        while stack:
            for ref in state.model.reads.get(stack.pop(), ()):
                if ref not in wanted:
                    wanted.add(ref)
                    stack.append(ref)
    if not item.is_input and "formula" in {item.total.kind, item.time.kind}:
        wanted.discard(item.ref)  # its totals are computed by its own rules, which freezing would take away
    return state.sheet.freeze({ref: visible_part(state, version, actor, ref) for ref in wanted})


def visible_part(state: PlanState, version: str, actor: Principal, ref: ItemRef) -> Panel:
    """The item's leaf cells that the actor may see; the others are blank."""
    item, panel = state.model.items[ref], state.sheet.leaves(ref)
    scope = scope_of(state.model, version, actor, ref)
    seen = scope.rows(item.dims, panel.keys)[:, None]
    if item.grain == "base" and scope.limits("period"):
        seen = scope.cells(item.dims, panel.keys, np.arange(panel.axis, dtype=np.int32))
    values, states = np.where(seen, panel.values, 0.0), np.where(seen, panel.states, State.BLANK).astype(np.uint8)
    return Panel(panel.sizes, panel.codes, values, states)
