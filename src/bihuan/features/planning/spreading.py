"""Writing at a total: which leaf cells an amount goes to, which stay as they are and why, and the change set.

What the actor sees on the total is what is typed over: cells outside the reading scope are in neither. Cells that are held,
locked, of closed months, filled by a formula or only readable keep their amounts; the rest is split (`engine.spread`).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Literal

import numpy as np

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import pack
from bihuan.engine.spread import LARGEST, Method, NothingToSpreadOn, split, weights_of
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, editing, versions
from bihuan.features.planning.editing import Flags, Trial
from bihuan.features.planning.model import CannotSpread, ChangedSince
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.features.planning.writing import locked_state, write
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells
from bihuan.store.unit_of_work import Reader, UnitOfWork

Action = Literal["replace", "add", "subtract"]
MOST = 500_000  # cells below one total
Members = Mapping[str, str]
Held = Collection[tuple[tuple[tuple[str, str], ...], str]]  # (members sorted, period)


@dataclass(frozen=True, slots=True)
class Spread:
    """What is typed where. ``seen``: the total as shown when it was typed, None = blank; ``like``: the version whose amounts in
    the same cells give the shares."""

    item: ItemRef
    members: Members
    period: str
    amount: Decimal
    seen: Decimal | None
    method: Method = "proportional"
    action: Action = "replace"
    held: Held = frozenset()
    like: int | None = None


@dataclass(frozen=True, slots=True)
class Spreading:
    """The outcome: cells below, cells whose amount changes, and how many stay for which reason. ``seq`` after it."""

    seq: int
    cells: int
    changed: int
    total: Decimal
    kept: Mapping[str, int]


def preview(reader: Reader, actor: Principal, *, version_id: int, wanted: Spread) -> Spreading:
    """What spreading would do; nothing is written."""
    actor.require("plan.write")
    state = replica_of(reader).pin(reader, version_id)
    return _worked_out(reader, actor, state, wanted)[1]


def spread(uow: UnitOfWork, actor: Principal, *, version_id: int, wanted: Spread, reason: str = "") -> Spreading:
    """Writes the parts as one change set, which `undo` takes back; refused with `ChangedSince` when the total moved on."""
    actor.require("plan.write")
    state = locked_state(uow, version_id)
    changes, told = _worked_out(uow, actor, state, wanted)
    if not len(changes):
        return told
    after = write(uow, actor, state, changes, kind="edit", source="spread", reason=reason)
    what = {"seq": after.seq, "cells": len(changes), "method": wanted.method}
    record(uow, actor, "plan.spread", ("version", version_id), after=what, reason=reason)
    return replace(told, seq=after.seq)


def _worked_out(reader: Reader, actor: Principal, state: PlanState, wanted: Spread) -> tuple[ChangedCells, Spreading]:
    model = state.model
    item = _spreadable(model, wanted)
    version = versions.known(reader, state.version_id)
    every = editing.entered(state, _below(model, item, wanted))
    every = every.take(_may(model, version.code, actor, item, every, action="plan.read"))
    free, kept = _free(reader, actor, state, every, wanted)
    filled = every.before_state == State.VALUE
    now = np.where(filled, every.before, 0.0)
    shown = cells.shown(item, float(now.sum()), int(State.VALUE if filled.any() else State.BLANK))
    if shown != wanted.seen:
        raise ChangedSince("合计已经变了，请重新填写", seen=cells.text(wanted.seen), now=cells.text(shown))
    typed = _typed(item, wanted.amount)
    sign = -1.0 if wanted.action == "subtract" else 1.0
    added = typed if wanted.action == "replace" else sign * typed
    like = None if wanted.like is None else _like(reader, actor, wanted.like, every)[free]
    try:
        after, shares = _parts(wanted, added, now, free=free, filled=filled, like=like)
    except NothingToSpreadOn:
        raise CannotSpread(kept=dict(kept), cells=len(every)) from None
    taken = replace(every.take(free), after=after, after_state=np.full(int(free.sum()), State.VALUE, np.uint8))
    differs = (taken.before != taken.after) | (taken.before_state != taken.after_state)
    differs &= filled[free] | (shares != 0.0)  # a blank cell without a share stays blank
    total = now[~free].sum() + after.sum()
    told = Spreading(state.seq, len(every), int(differs.sum()), _amount(item, float(total)), dict(kept))
    return taken.take(differs), told


def _parts(
    wanted: Spread, added: float, now: np.ndarray, *, free: Flags, filled: Flags, like: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The amounts of the free cells afterwards, and their shares."""
    mine = now[free]
    if not len(mine):
        raise NothingToSpreadOn
    if wanted.method == "repeat":  # the same amount in each: the total is what comes of it
        return (np.full(len(mine), added) if wanted.action == "replace" else mine + added), np.ones(len(mine))
    shares = weights_of(wanted.method, mine, filled[free], like)
    if wanted.action == "replace":
        return split(added - now[~free].sum(), shares), shares
    return mine + split(added, shares), shares


def _spreadable(model: CompiledModel, wanted: Spread) -> CompiledItem:
    """The item, when totals of it are plain sums of leaf cells that people enter."""
    item = model.items.get(wanted.item)
    if item is None:
        raise NotFound(f"模型里没有指标 {cells.code_of(wanted.item)}", item=cells.code_of(wanted.item))
    name = item.definition.name
    if item.type != "number" or item.scale is None:
        raise Invalid(f"{name} 没有规定小数位（scale），不能分到下级", item=cells.code_of(item.ref))
    if item.total.kind != "sum" or item.time.kind != "sum":
        raise Invalid(f"{name} 的合计不是下级相加，不能从合计往下分", item=cells.code_of(item.ref))
    return item


def _below(model: CompiledModel, item: CompiledItem, wanted: Spread) -> ChangedCells:
    """Every leaf cell below the node, with nothing in it yet."""
    leaves = [_leaves(model, dim, wanted.members) for dim in item.dims]
    if extra := wanted.members.keys() - set(item.dims):
        raise Invalid(f"指标 {item.definition.name} 没有维度 {sorted(extra)[0]}", dimension=sorted(extra)[0])
    periods = _periods(model, item, wanted.period)
    count = int(np.prod([len(one) for one in leaves], dtype=np.int64)) * len(periods)
    if count > MOST:
        raise Invalid(f"下面有 {count:,} 个单元格，一次最多分 {MOST:,} 个；请从低一级填", cells=count)
    keys = np.array(list(product(*leaves)), np.int32).reshape(count // max(len(periods), 1), len(item.dims))
    at = np.tile(np.arange(len(periods), dtype=np.int32), len(keys))
    nothing, blank = np.zeros(count), np.zeros(count, np.uint8)
    members = np.repeat(keys, len(periods), axis=0)
    return ChangedCells(
        (cells.code_of(item.ref),), periods, np.zeros(count, np.int32), members, at, nothing, blank, nothing, blank
    )


def _leaves(model: CompiledModel, dim: str, members: Members) -> list[int]:
    dimension = model.dimensions[dim]
    member = dimension.find(members.get(dim, ""))
    if member is None:
        raise NotFound(f"{dimension.name} 里没有成员 {members.get(dim, '（空）')}", dimension=dim)
    tree = dimension.trees.get("")
    under = tree.leaves_under(member.id) if tree else {member.id: 1.0}
    if any(weight != 1.0 for weight in under.values()):
        raise Invalid(f"{member.name} 的下级不是简单相加（有权重），不能往下分", dimension=dim)
    return list(under)


def _periods(model: CompiledModel, item: CompiledItem, code: str) -> tuple[str, ...]:
    """The item's own columns in a period or a group of periods."""
    axis = cells.axis(model, item)
    if code in axis:
        return (code,)
    key = model.calendar.find(code)
    if key is None or not item.grain or key.grain == "base":
        raise NotFound(f"期间 {code or '（空）'} 不在 {item.definition.name} 的期间范围内", period=code)
    group = model.calendar.groups(key.grain)[key.index]
    inside = [j for j, leaves in enumerate(editing.leaf_periods(model, item)) if group.start <= leaves[0] < group.stop]
    if not group.whole:
        raise Invalid(f"{code} 没有全在时间轴上，不能往下分", period=code)
    return tuple(axis[j] for j in inside)


def _free(
    reader: Reader, actor: Principal, state: PlanState, every: ChangedCells, wanted: Spread
) -> tuple[Flags, Counter[str]]:
    """The cells that take a part, and how many do not for which reason."""
    version = versions.known(reader, state.version_id)
    trial = Trial(every, np.arange(len(every)))
    trial = editing.refuse_formulas(state, trial)
    trial = editing.refuse_out_of_scope(state, version.code, actor, trial)
    trial = editing.refuse_locked(state.model, versions.locks(reader, version.id), trial)
    kept = Counter(result.message for result in trial.refused)
    free = np.zeros(len(every), np.bool_)
    free[trial.source] = True
    if wanted.held:
        held = free & _held(state.model, every, wanted)
        free &= ~held
        kept["保持不动"] += int(held.sum())
    return free, +kept


def _held(model: CompiledModel, every: ChangedCells, wanted: Spread) -> Flags:
    item = model.items[wanted.item]
    codes = [{m.id: m.code for m in model.dimensions[dim].members} for dim in item.dims]
    out = np.zeros(len(every), np.bool_)
    for k in range(len(every)):
        named = ((dim, codes[j][int(every.members[k, j])]) for j, dim in enumerate(item.dims))
        out[k] = (tuple(sorted(named)), every.periods[every.period[k]]) in wanted.held
    return out


def _may(
    model: CompiledModel, version: str, actor: Principal, item: CompiledItem, every: ChangedCells, *, action: str
) -> Flags:
    out = np.zeros(len(every), np.bool_)
    for _, at, members, column in editing.by_item(model, every):
        out[at] = editing.may(action, model, version, actor, item, members=members, column=column)
    return out


def _like(reader: Reader, actor: Principal, version_id: int, every: ChangedCells) -> np.ndarray:
    """What another version shows in the same cells, computed or entered; nothing where the actor may not read it."""
    other = replica_of(reader).pin(reader, version_id)
    version = versions.known(reader, version_id)
    out = np.zeros(len(every))
    for item, at, members, column in editing.by_item(other.model, every):
        panel = other.sheet.leaves(item.ref)
        values, states, _ = panel.gather(pack(members, panel.sizes))
        here = np.arange(len(at))
        seen = editing.may("plan.read", other.model, version.code, actor, item, members=members, column=column)
        out[at] = np.where((states[here, column] == State.VALUE) & seen, values[here, column], 0.0)
    return out


def _typed(item: CompiledItem, amount: Decimal) -> float:
    """The amount in units of the item's last decimal; more decimals than the item keeps are refused, not rounded."""
    scaled = amount.scaleb(item.scale or 0)
    if scaled != scaled.to_integral_value():
        raise Invalid(f"{item.definition.name} 最多 {item.scale} 位小数", amount=cells.text(amount))
    if abs(scaled) >= LARGEST:
        raise Invalid("数值太大", amount=cells.text(amount))
    return float(scaled)


def _amount(item: CompiledItem, value: float) -> Decimal:
    found = cells.shown(item, value, int(State.VALUE))
    assert found is not None, "a value is shown"
    return found
