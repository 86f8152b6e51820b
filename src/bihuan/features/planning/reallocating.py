"""An amount moved within one dimension of a plan, so that every total above both sides and of every other dimension stays.

The side that gives loses in proportion to what it has; for each combination of the other dimensions and periods the side that
takes gains exactly what was lost there, in proportion to what it has there (equally where it has nothing).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.spread import Floats, NothingToSpreadOn, PartTooLarge, split, split_each
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.planning import below, cells, editing, versions
from bihuan.features.planning.below import Held, Members
from bihuan.features.planning.editing import Flags
from bihuan.features.planning.model import CannotSpread, ChangedSince
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.features.planning.writing import locked_state, write
from bihuan.kernel.errors import Invalid
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells, join_changes
from bihuan.store.unit_of_work import Reader, UnitOfWork

PERIOD = "period"
ALONE = "另一边没有可以改的单元格"


@dataclass(frozen=True, slots=True)
class Reallocation:
    """``amount`` comes to the node ``members``, ``period`` (negative: goes from it), along the dimension ``along`` or "period".

    ``source``: the member or period it comes from; "" = the node's siblings: what else is below its parent, or in its year.
    ``seen``: the node's total as shown, None = blank. ``held``: nodes that keep their amounts.
    """

    item: ItemRef
    members: Members
    period: str
    along: str
    source: str
    amount: Decimal
    seen: Decimal | None
    held: Held = ()


@dataclass(frozen=True, slots=True)
class Reallocated:
    """The outcome: cells on both sides, how many change, both totals before and after, how many stay why. ``seq`` after it."""

    seq: int
    cells: int
    changed: int
    before: Decimal
    after: Decimal
    source_before: Decimal
    source_after: Decimal
    kept: Mapping[str, int]


class _Side(NamedTuple):
    """The readable cells of a side, their amounts (0 where blank), which are free to change, the group each is in."""

    every: ChangedCells
    now: Floats
    free: Flags
    group: NDArray[np.intp]


def preview(reader: Reader, actor: Principal, *, version_id: int, wanted: Reallocation) -> Reallocated:
    """What reallocating would do; nothing is written."""
    actor.require("plan.write")
    return _worked_out(reader, actor, replica_of(reader).pin(reader, version_id), wanted)[1]


def reallocate(
    uow: UnitOfWork, actor: Principal, *, version_id: int, wanted: Reallocation, reason: str = ""
) -> Reallocated:
    """Writes both sides as one change set, which `undo` takes back; refused with `ChangedSince` when the total moved on."""
    actor.require("plan.write")
    state = locked_state(uow, version_id)
    changes, told = _worked_out(uow, actor, state, wanted)
    if not len(changes):
        return told
    after = write(uow, actor, state, changes, kind="edit", source="reallocate", reason=reason)
    what = {"seq": after.seq, "cells": len(changes), "along": wanted.along, "amount": wanted.amount}
    record(uow, actor, "plan.reallocate", ("version", version_id), after=what, reason=reason)
    return replace(told, seq=after.seq)


def _worked_out(
    reader: Reader, actor: Principal, state: PlanState, wanted: Reallocation
) -> tuple[ChangedCells, Reallocated]:
    item = below.spreadable(state.model, wanted.item)
    if wanted.along not in (*item.dims, *([PERIOD] if item.grain else [])):
        raise Invalid(f"指标 {item.definition.name} 没有维度 {wanted.along}", dimension=wanted.along)
    kept = Counter[str]()
    read = [_read(reader, actor, state, item, every, wanted.held, kept) for every in _both(state.model, item, wanted)]
    target, source = _grouped(item, wanted.along, *read)
    before = _total(item, target)
    if cells.shown(item, float(target.now.sum()), _state(target)) != wanted.seen:
        raise ChangedSince("合计已经变了，请重新填写", seen=cells.text(wanted.seen), now=cells.text(before))
    target, source = _able(target, source, kept), _able(source, target, kept)
    amount = below.typed(item, wanted.amount)
    gives, takes = (source, target) if amount >= 0 else (target, source)
    try:
        lost, gained = _moved(abs(amount), gives, takes)
    except NothingToSpreadOn:
        raise CannotSpread(kept=dict(kept), cells=len(target.every) + len(source.every)) from None
    except PartTooLarge:
        raise Invalid("正负数几乎抵消，按这个比例分出的数太大；请换一个来源") from None
    changes = join_changes([_changed(gives, -lost), _changed(takes, gained)])
    told = Reallocated(
        state.seq,
        len(target.every) + len(source.every),
        len(changes),
        before,
        before + wanted.amount,
        _total(item, source),
        _total(item, source) - wanted.amount,
        dict(+kept),
    )
    return changes, told


def _both(model: CompiledModel, item: CompiledItem, wanted: Reallocation) -> tuple[ChangedCells, ChangedCells]:
    """The cells below the node, and those that the amount comes from."""
    target = below.below(model, item, wanted.members, wanted.period)
    if wanted.along == PERIOD:
        source = below.below(model, item, wanted.members, wanted.source or _year(model, wanted.period))
        mine, theirs = set(target.periods), np.array(source.periods)[source.period]
        inside = np.isin(theirs, sorted(mine))
    else:
        code = wanted.source or _parent(model, wanted.along, wanted.members.get(wanted.along, ""))
        source = below.below(model, item, {**wanted.members, wanted.along: code}, wanted.period)
        at = item.dims.index(wanted.along)
        inside = np.isin(source.members[:, at], target.members[:, at])
    if wanted.source and inside.any():
        raise Invalid(f"{wanted.source} 和要调到的地方有相同的单元格，不能从它调", source=wanted.source)
    return target, source.take(~inside)


def _parent(model: CompiledModel, dim: str, code: str) -> str:
    """The member whose other children are a member's siblings."""
    dimension = model.dimensions[dim]
    member = dimension.find(code)
    tree = dimension.trees.get("")
    edges = tree.children() if tree else {}
    parent = next((p for p, some in edges.items() if member and any(e.child == member.id for e in some)), None)
    if parent is None:
        raise Invalid(
            f"{member.name if member else code or '（空）'} 没有上级，没有同级可以调；请选一个来源", dimension=dim
        )
    return dimension.by_id[parent].code


def _year(model: CompiledModel, code: str) -> str:
    """The fiscal year whose other periods a period's siblings are."""
    key = model.calendar.find(code)
    if key is None or key.grain == "year":
        raise Invalid(f"{code or '（空）'} 没有同年的其他期间可以调；请选一个来源", period=code)
    leaf = model.calendar.groups(key.grain)[key.index].start if key.grain != "base" else key.index
    return next(g.code for g in model.calendar.groups("year") if g.start <= leaf < g.stop)


def _read(  # noqa: PLR0917
    reader: Reader,
    actor: Principal,
    state: PlanState,
    item: CompiledItem,
    every: ChangedCells,
    held: Held,
    kept: Counter[str],
) -> tuple[ChangedCells, Flags]:
    version = versions.known(reader, state.version_id)
    every = editing.entered(state, every)
    every = every.take(below.may(state.model, version.code, actor, item, every, action="plan.read"))
    free, why = below.free(reader, actor, state, every, held)
    kept.update(why)
    return every, free


def _grouped(
    item: CompiledItem, along: str, target: tuple[ChangedCells, Flags], source: tuple[ChangedCells, Flags]
) -> tuple[_Side, _Side]:
    """Both sides with each cell's group: the same other dimensions and period, numbered from 0."""
    both = join_changes([target[0], source[0]])
    others = [j for j, dim in enumerate(item.dims) if dim != along]
    columns = [both.members[:, j] for j in others] + ([] if along == PERIOD else [both.period])
    named = np.stack(columns, axis=1) if columns else np.zeros((len(both), 1), np.int32)
    group = np.unique(named, axis=0, return_inverse=True)[1].reshape(-1) if len(both) else np.zeros(0, np.intp)
    cut = len(target[0])
    sides = []
    for (every, free), mine in zip((target, source), (group[:cut], group[cut:]), strict=True):
        now = np.where(every.before_state == State.VALUE, every.before, 0.0)
        sides.append(_Side(every, now, free, mine))
    return sides[0], sides[1]


def _able(side: _Side, other: _Side, kept: Counter[str]) -> _Side:
    """The side without cells that nothing on the other one could balance."""
    balanced = np.isin(side.group, other.group[other.free])
    if alone := int((side.free & ~balanced).sum()):
        kept[ALONE] += alone
    return side._replace(free=side.free & balanced)


def _moved(amount: float, gives: _Side, takes: _Side) -> tuple[Floats, Floats]:
    """What the free cells of the giving side lose, and those of the other gain; both add up to ``amount`` in every group."""
    have = gives.now[gives.free]
    if not len(have) or not takes.free.any():
        raise NothingToSpreadOn
    lost = split(amount, have if have.sum() != 0.0 else np.ones(len(have)))
    size = int(max(gives.group.max(), takes.group.max())) + 1
    per_group: Floats = np.asarray(np.bincount(gives.group[gives.free], weights=lost, minlength=size), np.float64)
    return lost, split_each(per_group, takes.now[takes.free], takes.group[takes.free])


def _changed(side: _Side, by: Floats) -> ChangedCells:
    """The free cells whose amount changes by something; a blank one that gets nothing stays blank."""
    mine = side.every.take(side.free)
    after = side.now[side.free] + by
    marks = np.full(len(mine), State.VALUE, np.uint8)
    return replace(mine, after=after, after_state=marks).take(by != 0.0)


def _state(side: _Side) -> int:
    return int(State.VALUE if (side.every.before_state == State.VALUE).any() else State.BLANK)


def _total(item: CompiledItem, side: _Side) -> Decimal:
    return below.amount(item, float(side.now.sum()))
