"""Locking submitted units, and freezing what a release approves."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, editing, versions
from bihuan.features.planning.model import CannotFreeze, Cell, FrozenCells, Lock
from bihuan.features.planning.replica import PlanState
from bihuan.features.planning.writing import locked_state, write
from bihuan.kernel.errors import NotFound
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells
from bihuan.store.unit_of_work import UnitOfWork


def set_locked(
    uow: UnitOfWork,
    actor: Principal,
    *,
    version_id: int,
    org_ids: Iterable[str],
    locked: bool,
    why: str,
    holder: str,
) -> None:
    """Locks or unlocks units (organisation codes; "" = everything); ``why`` is what the person who cannot edit reads.

    Takes the head's lock, so a save is either before the submission or sees it.
    """
    state = locked_state(uow, version_id)
    for org in org_ids:
        _known(state, org)
        if locked:
            _put(uow, version_id, Lock(org, "submitted", None, why, holder))
        else:
            uow.run("planning.drop_lock", version=version_id, org=org, kind="submitted")
        action = "plan.lock" if locked else "plan.unlock"
        record(uow, actor, action, ("version", version_id), after={"org": org, "holder": holder}, reason=why)


def reserve_items(uow: UnitOfWork, actor: Principal, *, version_id: int, items: Iterable[ItemRef], why: str) -> None:
    """From here on these items of the version are written by the caller's own command only (`append`), not by `save`."""
    state = locked_state(uow, version_id)
    codes = frozenset(cells.code_of(state.model.item(ref.cube, ref.item).ref) for ref in items)
    _put(uow, version_id, Lock("", "reserved", codes, why, ""))
    record(uow, actor, "plan.reserve_items", ("version", version_id), after={"items": sorted(codes)}, reason=why)


def set_switchover(
    uow: UnitOfWork, actor: Principal, *, version_id: int, items: Iterable[ItemRef], through: str | None, why: str
) -> None:
    """From here on the items' periods up to ``through`` show actuals and refuse edits; None = nothing does any more.

    For a command that has asked its own action and writes the actuals itself, through `append`.
    """
    state = locked_state(uow, version_id)
    codes = sorted(cells.code_of(state.model.item(ref.cube, ref.item).ref) for ref in items)
    if through is not None and through not in state.model.calendar.codes:
        raise NotFound(f"日历里没有期间 {through}", period=through)
    if through is None:
        uow.run("planning.drop_switchover", version=version_id, items=codes)
    else:
        rows = [{"version": version_id, "item": c, "period": through, "why": why, "at": uow.now()} for c in codes]
        uow.run_many("planning.put_switchover", rows)
    what = {"items": codes, "through": through}
    record(uow, actor, "plan.switchover", ("version", version_id), after=what, reason=why)


def freeze(
    uow: UnitOfWork,
    actor: Principal,
    *,
    version_id: int,
    items: Iterable[ItemRef],
    org_ids: Sequence[str] | None = None,
    last: bool = True,
) -> FrozenCells:
    """Releases items of some organisations (None = the whole version): their cells refuse edits from here on.

    Computed items become inputs that hold the approved values; items above them still compute. Of some organisations only
    items with ``override`` can be released so: the approved values are entered over their formulas. Only transfer,
    supplement and carry-forward commands write there, through `append`. Returns the leaf cells now frozen, without blanks.
    ``last``: nothing of the version is in preparation any more, so that it counts as released itself.
    """
    state = locked_state(uow, version_id)
    wanted = [state.model.item(ref.cube, ref.item).ref for ref in items]
    computed = [ref for ref in wanted if not state.model.items[ref].is_input and ref not in state.frozen]
    if org_ids is None or _covers_everything(state, org_ids):
        values = {ref: (state.sheet.leaves(ref), cells.axis(state.model, state.model.items[ref])) for ref in computed}
        after = _write_release(uow, actor, state, cells.changes_of(values), "release")
    else:
        after = _write_release(uow, actor, state, _approved(state, computed, org_ids), "edit")
    codes = frozenset(cells.code_of(ref) for ref in wanted)
    for org in org_ids if org_ids is not None else [""]:
        _known(state, org)
        _put(uow, version_id, _released(uow, version_id, org, codes))
    if last:
        uow.run("planning.set_status", id=version_id, status="released")
    what = {"items": sorted(codes), "orgs": list(org_ids or [])}
    record(uow, actor, "plan.release", ("version", version_id), after={**what, "seq": after.seq})
    return FrozenCells(after.seq, list(_cells(after, wanted, org_ids)))


def _approved(state: PlanState, computed: Sequence[ItemRef], org_ids: Sequence[str]) -> ChangedCells:
    """Computed values of some organisations as entries over the formula, where they are not entered already."""
    if fixed := [ref for ref in computed if not state.model.items[ref].definition.override]:
        raise CannotFreeze(items=[cells.code_of(ref) for ref in fixed])
    leaves = _leaves(state, org_ids)
    values = {}
    for ref in computed:
        item, panel = state.model.items[ref], state.sheet.leaves(ref)
        rows = np.isin(panel.keys[:, item.dims.index(editing.ORG)], leaves)
        part = Panel(panel.sizes, panel.codes[rows], panel.values[rows], panel.states[rows])
        values[ref] = (part, cells.axis(state.model, item))
    changes = editing.entered(state, cells.changes_of(values))
    plan = {code for ref in computed for code in _plan_codes(state, ref)}
    planned = np.array([code in plan for code in changes.periods], np.bool_)[changes.period]
    differs = (changes.before != changes.after) | (changes.before_state != changes.after_state)
    return changes.take(differs & planned)


def _plan_codes(state: PlanState, ref: ItemRef) -> list[str]:
    item = state.model.items[ref]
    axis = cells.axis(state.model, item)
    return [axis[j] for j in cells.plan_columns(state.model, item)]


def _leaves(state: PlanState, org_ids: Sequence[str]) -> NDArray[np.int32]:
    return np.concatenate([np.zeros(0, np.int32), *(editing.leaves_under(state.model, org) for org in org_ids)])


def _write_release(
    uow: UnitOfWork, actor: Principal, state: PlanState, changes: ChangedCells, kind: Literal["edit", "release"]
) -> PlanState:
    """A release takes a seq even when no number has to be entered."""
    return write(
        uow, actor, state, changes, kind=kind if len(changes) else "release", source="release", reason="批复下达"
    )


def _released(uow: UnitOfWork, version_id: int, org: str, items: frozenset[str]) -> Lock:
    """The release lock of a unit, with what earlier releases of it froze."""
    before = (k.items or frozenset() for k in versions.locks(uow, version_id) if (k.org, k.kind) == (org, "released"))
    return Lock(org, "released", items.union(*before), editing.TEXTS["frozen"], "")


def _put(uow: UnitOfWork, version_id: int, lock: Lock) -> None:
    uow.run(
        "planning.put_lock",
        version=version_id,
        org=lock.org,
        kind=lock.kind,
        items=None if lock.items is None else json.dumps(sorted(lock.items), ensure_ascii=False),
        why=lock.why,
        holder=lock.holder,
        at=uow.now(),
    )


def _known(state: PlanState, org: str) -> None:
    if org and (editing.ORG not in state.model.dimensions or org not in state.model.dimensions[editing.ORG].by_code):
        raise NotFound(f"没有组织 {org}", org=org)


def _covers_everything(state: PlanState, org_ids: Sequence[str]) -> bool:
    if editing.ORG not in state.model.dimensions:
        return False
    leaves = {m.id for m in state.model.dimensions[editing.ORG].leaves}
    return leaves <= set(_leaves(state, org_ids).tolist())


def _cells(state: PlanState, items: Sequence[ItemRef], org_ids: Sequence[str] | None) -> Iterator[Cell]:
    for ref in items:
        item = state.model.items[ref]
        panel: Panel = state.sheet.leaves(ref)
        rows, columns = np.nonzero(panel.states == State.VALUE)
        keys = panel.keys[rows]
        keep = np.ones(len(rows), np.bool_)
        if org_ids is not None and editing.ORG in item.dims:
            keep = np.isin(keys[:, item.dims.index(editing.ORG)], _leaves(state, org_ids))
        codes = cells.axis(state.model, item)
        for row, column, key in zip(rows[keep], columns[keep], keys[keep], strict=True):
            members = {d: state.model.dimensions[d].by_id[int(m)].code for d, m in zip(item.dims, key, strict=True)}
            amount = cells.shown(item, panel.values[row, column], State.VALUE)
            assert amount is not None, "the state is VALUE"
            yield Cell(ref, members, codes[column], amount)
