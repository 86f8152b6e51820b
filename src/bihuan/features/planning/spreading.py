"""Writing at a total: which leaf cells an amount goes to, which stay as they are and why, and the change set.

What the actor sees on the total is what is typed over: cells outside the reading scope are in neither. Cells that are held,
locked, of closed months, filled by a formula or only readable keep their amounts; the rest is split (`engine.spread`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.shapes import BadShape, Shape, along
from bihuan.engine.spread import Floats, Method, NothingToSpreadOn, PartTooLarge, by_course, split, weights_of
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.planning import alike, below, cells, editing, versions
from bihuan.features.planning.alike import Slice
from bihuan.features.planning.below import Held, Members
from bihuan.features.planning.editing import Flags
from bihuan.features.planning.model import CannotSpread, ChangedSince, NothingToFollow
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.features.planning.writing import locked_state, write
from bihuan.kernel.errors import Invalid
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells
from bihuan.store.unit_of_work import Reader, UnitOfWork

Action = Literal["replace", "add", "subtract"]


@dataclass(frozen=True, slots=True)
class Spread:
    """What is typed where. ``seen``: the total as shown when it was typed, None = blank; ``like``: the slice whose amounts give the
    shares ("like") or the course along time ("seasonal"); ``shape``: the course of "growth", "line" and "pattern"."""

    item: ItemRef
    members: Members
    period: str
    amount: Decimal
    seen: Decimal | None
    method: Method = "proportional"
    action: Action = "replace"
    held: Held = ()
    like: Slice | None = None
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Spreading:
    """The outcome: cells below, cells whose amount changes, and how many stay for which reason. ``seq`` after it."""

    seq: int
    cells: int
    changed: int
    total: Decimal
    kept: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class _Cut:
    """The readable cells below the total: amounts (0 where blank), which are filled, which take a part, the row of each from 0."""

    every: ChangedCells
    now: Floats
    filled: Flags
    free: Flags
    row: NDArray[np.intp]


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
    item = below.spreadable(model, wanted.item)
    version = versions.known(reader, state.version_id)
    every = editing.entered(state, below.below(model, item, wanted.members, wanted.period))
    readable = below.may(model, version.code, actor, item, every, action="plan.read")
    row = np.flatnonzero(readable) // max(len(every.periods), 1)
    every = every.take(readable)
    free, kept = below.free(reader, actor, state, every, wanted.held)
    filled = every.before_state == State.VALUE
    now = np.where(filled, every.before, 0.0)
    shown = cells.shown(item, float(now.sum()), int(State.VALUE if filled.any() else State.BLANK))
    if shown != wanted.seen:
        raise ChangedSince("合计已经变了，请重新填写", seen=cells.text(wanted.seen), now=cells.text(shown))
    typed = below.typed(item, wanted.amount)
    sign = -1.0 if wanted.action == "subtract" else 1.0
    added = typed if wanted.action == "replace" else sign * typed
    cut = _Cut(every, now, filled, free, row)
    try:
        shares = _shares(reader, actor, state.version_id, wanted, cut)
        after = _parts(wanted, added, cut, shares)
    except NothingToSpreadOn:
        if free.any():  # the cells are there: what they should follow is not
            raise NothingToFollow(method=wanted.method, cells=int(free.sum())) from None
        raise CannotSpread(kept=dict(kept), cells=len(every)) from None
    except PartTooLarge:
        raise Invalid("正负数几乎抵消，按这个比例分出的数太大；请换一种分法") from None
    except BadShape as bad:
        raise Invalid(str(bad), method=wanted.method) from None
    taken = replace(every.take(free), after=after, after_state=np.full(int(free.sum()), State.VALUE, np.uint8))
    differs = (taken.before != taken.after) | (taken.before_state != taken.after_state)
    differs &= filled[free] | (shares != 0.0)  # a blank cell without a share stays blank
    total = now[~free].sum() + after.sum()
    told = Spreading(state.seq, len(every), int(differs.sum()), below.amount(item, float(total)), dict(kept))
    return taken.take(differs), told


def _shares(reader: Reader, actor: Principal, version_id: int, wanted: Spread, cut: _Cut) -> Floats:
    """The shares of the free cells."""
    free = cut.free
    if wanted.method == "repeat":
        return np.ones(int(free.sum()))
    if wanted.method in ("proportional", "equal", "filled"):
        return weights_of(wanted.method, cut.now[free], cut.filled[free], None)
    if wanted.method == "like":
        return alike.amounts(reader, actor, version_id, _like(wanted), cut.every).values[free]
    periods = cut.every.periods
    if wanted.method == "seasonal":
        found = alike.amounts(reader, actor, version_id, _like(wanted), cut.every).values
        summed = np.bincount(cut.every.period, weights=found, minlength=len(periods))
        course: Floats = np.asarray(summed, np.float64)
    elif wanted.shape is None:
        raise Invalid("这种分法还要说明增长率、首末期比重或节奏", method=wanted.method)
    else:
        course = along(wanted.shape, len(periods))
    return by_course(cut.now, cut.row, cut.every.period, course)[free]


def _like(wanted: Spread) -> Slice:
    if wanted.like is None:
        raise Invalid("照着另一片分，要说明是哪一片（版本、指标、成员或往年）", method=wanted.method)
    return wanted.like


def _parts(wanted: Spread, added: float, cut: _Cut, shares: Floats) -> Floats:
    """The amounts of the free cells afterwards."""
    mine = cut.now[cut.free]
    if not len(mine):
        raise NothingToSpreadOn
    if wanted.method == "repeat":  # the same amount in each: the total is what comes of it
        return np.full(len(mine), added) if wanted.action == "replace" else mine + added
    if wanted.action == "replace":
        return split(added - cut.now[~cut.free].sum(), shares)
    return mine + split(added, shares)
