"""Another slice copied onto the cells below a total, cell by cell; with a moment of the same version it is brought back.

A blank is copied as a blank. Cells that are locked, of closed months, filled by a formula, only readable, or whose source the
actor may not read or the time axis does not reach keep what they have; they are counted with the reason.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from bihuan.engine import rounding
from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.spread import LARGEST, Floats
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.planning import alike, below, cells, editing, versions
from bihuan.features.planning.alike import Slice
from bihuan.features.planning.below import Members
from bihuan.features.planning.model import ChangeKind
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.features.planning.writing import locked_state, write
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells, join_changes
from bihuan.store.unit_of_work import Reader, UnitOfWork

OUT_OF_REACH = "来源没有这个期间，或没有权限看"


@dataclass(frozen=True, slots=True)
class Copy:
    """Onto the cells of ``items`` below ``members`` and ``period`` comes what ``source`` shows, times ``factor`` (each cell rounded
    half away from zero to the decimals its item keeps)."""

    items: tuple[ItemRef, ...]
    members: Members
    period: str
    source: Slice
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class CopiedItem:
    """One item: its readable cells below the total, those that change, the sum before and after; None where sums mean nothing."""

    item: ItemRef
    cells: int
    changed: int
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Copied:
    """The outcome. ``kept``: how many cells keep what they have for which reason. ``seq`` after it."""

    seq: int
    items: Sequence[CopiedItem]
    kept: Mapping[str, int]


def preview(reader: Reader, actor: Principal, *, version_id: int, wanted: Copy) -> Copied:
    """What copying would do; nothing is written."""
    actor.require("plan.write")
    return _worked_out(reader, actor, replica_of(reader).pin(reader, version_id), wanted)[1]


def copy(uow: UnitOfWork, actor: Principal, *, version_id: int, wanted: Copy, reason: str = "") -> Copied:
    """Writes what differs as one change set, which `undo` takes back."""
    actor.require("plan.write")
    state = locked_state(uow, version_id)
    changes, told = _worked_out(uow, actor, state, wanted)
    if not len(changes):
        return told
    back = wanted.source.as_of is not None and wanted.source.version in (None, version_id)
    kind: ChangeKind = "restore" if back else "edit"
    source = "restore" if back else "copy"
    after = write(uow, actor, state, changes, kind=kind, source=source, reason=reason)
    what = {"seq": after.seq, "cells": len(changes), "items": [cells.code_of(i) for i in wanted.items]}
    record(uow, actor, f"plan.{source}", ("version", version_id), after=what, reason=reason)
    return replace(told, seq=after.seq)


def _worked_out(reader: Reader, actor: Principal, state: PlanState, wanted: Copy) -> tuple[ChangedCells, Copied]:
    items = [_item(state.model, ref) for ref in dict.fromkeys(wanted.items)]
    if strange := wanted.members.keys() - {dim for item in items for dim in item.dims}:
        raise Invalid(f"这些指标没有维度 {sorted(strange)[0]}", dimension=sorted(strange)[0])
    parts, told, kept = [], [], Counter[str]()
    total = 0
    for item in items:
        members = {dim: code for dim, code in wanted.members.items() if dim in item.dims}
        every = below.below(state.model, item, members, wanted.period if item.grain else "")
        total += len(every)
        if total > below.MOST:
            raise Invalid(f"一次最多复制 {below.MOST:,} 个单元格；请少选几个指标或选低一级的成员", cells=total)
        changes, said = _item_worked_out(reader, actor, state, item, editing.entered(state, every), wanted, kept)
        parts.append(changes)
        told.append(said)
    return join_changes(parts), Copied(state.seq, told, +kept)


def _item(model: CompiledModel, ref: ItemRef) -> CompiledItem:
    item = model.items.get(ref)
    if item is None:
        raise NotFound(f"模型里没有指标 {cells.code_of(ref)}", item=cells.code_of(ref))
    if item.type != "number":
        raise Invalid(f"{item.definition.name} 不是数，不能复制", item=cells.code_of(ref))
    return item


def _item_worked_out(  # noqa: PLR0917
    reader: Reader,
    actor: Principal,
    state: PlanState,
    item: CompiledItem,
    every: ChangedCells,
    wanted: Copy,
    kept: Counter[str],
) -> tuple[ChangedCells, CopiedItem]:
    version = versions.known(reader, state.version_id)
    every = every.take(below.may(state.model, version.code, actor, item, every, action="plan.read"))
    free, why = below.free(reader, actor, state, every)
    like = alike.amounts(reader, actor, state.version_id, wanted.source, every)
    if unseen := int((free & ~like.readable).sum()):
        why[OUT_OF_REACH] += unseen
    kept.update(why)
    takes = free & like.readable
    values = _times(item, like.values[takes], like.scale, wanted.factor)
    marks = np.where(like.shown[takes], State.VALUE, State.BLANK).astype(np.uint8)
    taken = replace(every.take(takes), after=np.where(like.shown[takes], values, 0.0), after_state=marks)
    changes = taken.take((taken.before != taken.after) | (taken.before_state != taken.after_state))
    before = after = None
    if item.total.kind == "sum" and item.time.kind == "sum" and len(every):
        sums = every.before.sum(), every.before[~takes].sum() + taken.after.sum()
        before, after = (cells.shown(item, float(total), int(State.VALUE)) for total in sums)
    return changes, CopiedItem(item.ref, len(every), len(changes), before, after)


def _times(item: CompiledItem, values: Floats, scale: int | None, factor: Decimal) -> Floats:
    """``values`` of an item that keeps ``scale`` decimals, times ``factor``, as ``item`` keeps them."""
    if factor == 1 and scale == item.scale:
        return values
    scaled = values * float(factor.scaleb((item.scale or 0) - (scale or 0)))
    out = scaled if item.scale is None else rounding.half_away(rounding.snap(scaled)) + 0.0
    if len(out) and not np.abs(out).max() < LARGEST:
        raise Invalid(f"{item.definition.name} 乘出来的数太大", factor=str(factor))
    return out
