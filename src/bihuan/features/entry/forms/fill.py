"""初始填列: the form's input cells from a comparison's months × a factor, as one change set that one undo takes back.

Computed, locked and out-of-scope cells are left alone and told, by reason; so are months in which the source is blank, and
(unless ``over``) cells that hold something already.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.regions import rule_at
from bihuan.engine.panel import pack
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.entry.forms.text import FACTOR_MAX, Compare, Form
from bihuan.features.entry.forms.view import form_of
from bihuan.features.planning import cells, editing, versions
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.editing import ORG
from bihuan.features.planning.estimate import ESTIMATE, estimate, version_for, year_of
from bihuan.features.planning.model import CellEdit, SaveResult
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader, UnitOfWork

CELLS_MAX = 200_000
WORDS: Mapping[str, str] = {
    "computed": "由公式计算",
    "filled": "已经填了数",
    "blank": "来源是空的",
    "conflict": "刚被别人改过",
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """Cells left alone for one reason, with the words of who must be asked."""

    reason: str
    cells: int


@dataclass(frozen=True, slots=True)
class Filled:
    """``cells`` were (or would be) written, at ``seq``; ``source`` in words."""

    seq: int
    cells: int
    source: str
    skipped: Sequence[Skipped]


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be filled: a form at an organisation, its source times ``factor``; ``over`` what is there already, or not."""

    form: str
    org: str | None
    factor: Decimal
    over: bool = False
    fixed: Mapping[str, str] | None = None


@dataclass(frozen=True, eq=False)
class _Plan:
    """Edits to make, and how many cells are left alone by reason."""

    edits: list[CellEdit]
    left: Counter[str]
    source: str


def preview_fill(reader: Reader, actor: Principal, *, version_id: int, wish: Wish) -> Filled:
    """What `fill` would do now; nothing is written."""
    state = plans.state_for(reader, actor, version_id)
    plan = _plan(reader, state, wish)
    trial = planning.checked(state, versions.known(reader, version_id), actor, plan.edits)
    trial = editing.refuse_locked(state.model, versions.locks(reader, version_id), trial)
    plan.left.update(r.message for r in trial.refused)
    return Filled(state.seq, len(trial.cells), plan.source, _skipped(plan.left))


def fill(uow: UnitOfWork, actor: Principal, *, version_id: int, wish: Wish) -> Filled:
    """Fills the form; the answer's ``seq`` is the change set that an undo takes back."""
    actor.require("plan.write")
    planning.lock_heads(uow, [version_id])
    state = plans.state_for(uow, actor, version_id)
    plan = _plan(uow, state, wish)
    reason = f"按{plan.source} × {wish.factor.normalize():f} 填列"
    if not plan.edits:
        return Filled(state.seq, 0, plan.source, _skipped(plan.left))
    saved: SaveResult = planning.save(
        uow,
        actor,
        version_id=version_id,
        edits=plan.edits,
        base_seq=state.seq,
        mode="valid",
        source="fill",
        reason=reason,
    )
    plan.left.update(WORDS["conflict"] if r.status == "conflict" else r.message for r in saved.cells)
    record(
        uow,
        actor,
        "entry.fill",
        ("version", version_id),
        after={"form": wish.form, "cells": saved.saved},
        reason=reason,
    )
    return Filled(saved.seq, saved.saved, plan.source, _skipped(plan.left))


def _skipped(left: Counter[str]) -> list[Skipped]:
    return [Skipped(WORDS.get(reason, reason), count) for reason, count in left.most_common()]


# --- what to write -----------------------------------------------------------------------------------------------------


def _plan(reader: Reader, state: PlanState, wish: Wish) -> _Plan:
    if not wish.factor.is_finite() or not 0 < wish.factor <= FACTOR_MAX:
        raise Invalid(f"系数要大于 0、不超过 {FACTOR_MAX}。", found=str(wish.factor))
    form = form_of(reader, state, wish.form)
    said = next((c for c in form.compare if c.code == form.fill_from), None)
    if said is None:
        raise Invalid(f"填报表“{form.title}”没有写从哪里填列。", form=form.code, expected="fill: {from: 对比列}")
    source, words = _source(reader, state, form, said, wish.org)
    plan = _Plan([], Counter(), words)
    year = year_of(versions.known(reader, state.version_id).code, state.model.calendar)
    for code in form.items:
        item = state.model.item(form.cube, code)
        if item.type == "number" and item.grain == "base":
            _fill_item(state, source, item, plan, _Where(form, wish, year, said.year))
    return plan


def _source(reader: Reader, state: PlanState, form: Form, said: Compare, org: str | None) -> tuple[PlanState, str]:
    calendar = state.model.calendar
    year = year_of(versions.known(reader, state.version_id).code, calendar) + said.year
    if year not in calendar.years:
        raise Invalid(f"{year} 年不在日历里，没有可以照着填的数。", year=year)
    if said.version == ESTIMATE:
        items = [state.model.item(form.cube, i).ref for i in form.items]
        return estimate(reader, state.model_id, items, year=year, org=org).state, f"{year}年预计"
    head = version_for(reader, state.model_id, said.version, year, calendar)
    if head is None:
        raise Invalid(f"没有 {year} 年的“{said.version}”版本。", role=said.version, year=year)
    found = state if head.id == state.version_id else plans.replica_state(reader, head.id)
    return found, f"{year}年{said.version}"


@dataclass(frozen=True, eq=False)
class _Where:
    """The part of the form that is filled: its year, and how many years away its source is."""

    form: Form
    wish: Wish
    year: int
    years: int


def _fill_item(state: PlanState, source: PlanState, item: CompiledItem, plan: _Plan, at: _Where) -> None:
    """One item: its leaf rows that the source has × the year's plan months. What does not add up (a price, a rate) is
    taken as it is, whatever the factor."""
    model, calendar = state.model, state.model.calendar
    panel, now = source.sheet.leaves(item.ref), state.sheet.leaves(item.ref)
    rows = _rows(model, item, panel.keys, at)
    months = [i for i in calendar.plan_range if calendar.years[i] == at.year]
    if len(plan.edits) + len(rows) * len(months) > CELLS_MAX:
        raise Invalid(f"一次最多填 {CELLS_MAX} 个单元格，请缩小范围。", found=len(rows) * len(months))
    factor = at.wish.factor if item.time.kind == "sum" else Decimal(1)
    values, states, _ = panel.gather(pack(rows, panel.sizes))
    shown, marks, _ = now.gather(pack(rows, now.sizes))
    for r, row in enumerate(rows):
        members = {d: model.dimensions[d].by_id[int(m)].code for d, m in zip(item.dims, row, strict=True)}
        for month in months:
            then = calendar.same_in_year(month, at.years)
            before = cells.shown(item, float(shown[r, month]), int(marks[r, month]))
            if _computed(model, item, row, month):
                plan.left["computed"] += 1
            elif then is None or states[r, then] != State.VALUE:
                plan.left["blank"] += 1
            elif before is not None and not at.wish.over:
                plan.left["filled"] += 1
            else:
                after = scaled(item, cells.shown(item, float(values[r, then]), State.VALUE), factor)
                if after != before:
                    plan.edits.append(CellEdit(item.ref, members, calendar.codes[month], before, after))


def _computed(model: CompiledModel, item: CompiledItem, row: NDArray[np.int32], month: int) -> bool:
    """Whether a formula gives the cell, though it might be entered over; "?" (it depends on numbers) counts as computed."""
    return (
        not item.is_input and rule_at(item, tuple(map(int, row)), month, model.dimensions, model.calendar) is not None
    )


def scaled(item: CompiledItem, amount: Decimal | None, factor: Decimal) -> Decimal | None:
    """The amount times the factor, at the places the item keeps."""
    if amount is None:
        return None
    places = item.scale if item.scale is not None else 6
    return (amount * factor).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _rows(model: CompiledModel, item: CompiledItem, keys: NDArray[np.int32], at: _Where) -> NDArray[np.int32]:
    """Those rows of the source that lie below the organisation, the form's root and the fixed members."""
    keep = np.ones(len(keys), np.bool_)
    named = {**(at.wish.fixed or {}), ORG: at.wish.org, at.form.dim: at.form.root}
    for d, dim in enumerate(item.dims):
        code, dimension = named.get(dim), model.dimensions[dim]
        if code is None:
            continue
        member = dimension.find(code)
        if member is None:
            raise NotFound(f"{dimension.name} 里没有成员 {code}", dimension=dim, member=code)
        tree = dimension.trees.get(at.form.tree if dim == at.form.dim else "")
        keep &= np.isin(keys[:, d], list(tree.leaves_under(member.id)) if tree is not None else [member.id])
    return keys[keep]
