"""What changes a plan. Every write locks the version's head, takes ``seq + 1`` and holds it to commit (docs/decisions)."""

from collections.abc import Sequence

import numpy as np

from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.sheet import Sheet
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, comparing, editing, history, versions
from bihuan.features.planning.editing import Trial
from bihuan.features.planning.locking import freeze, reserve_items, set_locked, set_switchover
from bihuan.features.planning.manifests import bind_role, branch, create_version, fold, snapshot
from bihuan.features.planning.model import (
    CellEdit,
    CellResult,
    ChangedSince,
    Mode,
    NotSaved,
    SaveResult,
    Theirs,
    UnknownState,
    Version,
)
from bihuan.features.planning.replica import PlanState, replica_of, tail
from bihuan.features.planning.writing import as_inverse, lock_heads, locked_state, nothing_changed, write
from bihuan.kernel.errors import Invalid
from bihuan.store.blocks import ChangedCells
from bihuan.store.unit_of_work import UnitOfWork

__all__ = [
    "adopt_revision",
    "append",
    "bind_role",
    "branch",
    "create_version",
    "fold",
    "freeze",
    "lock_heads",
    "redo",
    "reserve_items",
    "restore",
    "save",
    "set_locked",
    "set_switchover",
    "snapshot",
    "take_back",
    "undo",
]


def save(
    uow: UnitOfWork,
    actor: Principal,
    *,
    version_id: int,
    edits: Sequence[CellEdit],
    base_seq: int,
    mode: Mode = "all",
    source: str = "form",
    reason: str = "",
) -> SaveResult:
    """Writes what people typed. A cell whose value is no longer what they saw is a conflict, told with both values and who.

    ``mode`` all: one cell that cannot be written and nothing is; valid: the others are written. Names, formulas, scope and a
    trial calculation come before the head is locked; locks and before-values after it.
    """
    actor.require("plan.write")
    pinned = replica_of(uow).pin(uow, version_id)
    version = versions.known(uow, version_id)
    trial = checked(pinned, version, actor, edits)
    tried, _ = pinned.sheet.edit(cells.edits_of(pinned.model, trial.cells))
    asked = trial
    state = locked_state(uow, version_id)
    if state.model is not pinned.model:  # a new revision came between
        trial = checked(state, version, actor, edits)
    trial = editing.refuse_locked(state.model, versions.locks(uow, version_id), trial)
    seen, now = trial.cells, editing.visible(state, trial.cells)
    index = trial.source
    trial = trial.without(
        editing.differs(seen, now), lambda k: _conflict(int(index[k]), history.theirs(uow, state, now, k, base_seq))
    )
    if trial.refused and mode == "all":
        return _nothing(state, trial)
    sheet = tried if state is pinned and trial is asked else None
    after = _write_changes(uow, actor, state, trial.cells, source=source, reason=reason, tried=sheet)
    saved = len(trial.cells)
    if not saved:
        return _nothing(state, trial)
    return SaveResult("partly" if trial.refused else "saved", after.seq, saved, _in_order(trial.refused))


def checked(state: PlanState, version: Version, actor: Principal, edits: Sequence[CellEdit]) -> Trial:
    """The edits after every check that needs no lock."""
    trial = editing.refuse_formulas(state, editing.parse(state.model, edits))
    return editing.refuse_out_of_scope(state, version.code, actor, trial)


def _write_changes(
    uow: UnitOfWork,
    actor: Principal,
    state: PlanState,
    wanted: ChangedCells,
    *,
    source: str,
    reason: str,
    tried: Sheet | None = None,
) -> PlanState:
    """Appends those of the cells that really change; without any, no seq is taken."""
    changes = editing.entered(state, wanted)
    same = (changes.before == changes.after) & (changes.before_state == changes.after_state)
    changes = changes.take(~same)
    if not len(changes):
        return state
    after = write(uow, actor, state, changes, kind="edit", source=source, reason=reason, tried=tried)
    _trail(uow, actor, "plan.save", after, count=len(changes), reason=reason)
    return after


def _conflict(index: int, theirs: Theirs) -> CellResult:
    return CellResult(index, "conflict", "conflict", conflict_text(theirs), theirs)


def conflict_text(theirs: Theirs) -> str:
    """Who changed it, when, to what."""
    value = "空" if theirs.value is None else cells.text(theirs.value)
    if theirs.at is None:
        return f"现在的值是 {value}"
    return f"{theirs.author} 于 {theirs.at.astimezone():%Y-%m-%d %H:%M} 改为 {value}"


def _nothing(state: PlanState, trial: Trial) -> SaveResult:
    unsaved = tuple(
        CellResult(int(i), "unsaved", "others_failed", editing.TEXTS["others_failed"]) for i in trial.source
    )
    return SaveResult("nothing", state.seq, 0, _in_order((*trial.refused, *unsaved)))


def _in_order(results: tuple[CellResult, ...]) -> tuple[CellResult, ...]:
    return tuple(sorted(results, key=lambda r: r.index))


def append(
    uow: UnitOfWork, actor: Principal, *, version_id: int, edits: Sequence[CellEdit], source: str, reason: str
) -> int:
    """Writes for another feature's command (transfer, load, carry-forward), which has asked its own action; returns the seq.

    Locks and releases do not stand in the way, and each edit's ``before`` is not compared: the caller holds the head's lock
    and has read the state. Cells that do not exist or that a formula fills are refused with `NotSaved`, all or nothing.
    """
    state = locked_state(uow, version_id)
    trial = editing.refuse_formulas(state, editing.parse(state.model, edits))
    if trial.refused:
        raise NotSaved("；".join(r.message for r in trial.refused[:5]), cells=trial.refused)
    return _write_changes(uow, actor, state, trial.cells, source=source, reason=reason).seq


def undo(uow: UnitOfWork, actor: Principal, *, version_id: int, seq: int, reason: str = "") -> int:
    """Takes one change set back by its inverse; refused when a cell of it changed since, or is locked or out of scope."""
    actor.require("plan.write")
    state = locked_state(uow, version_id)
    inverse = _inverse(uow, state, version_id, seq)
    _require_writable(uow, actor, state, versions.known(uow, version_id), inverse)
    return _take_back(uow, actor, state, inverse, seq=seq, source="undo", reason=reason)


def redo(uow: UnitOfWork, actor: Principal, *, version_id: int, seq: int, reason: str = "") -> int:
    """Does again the change set ``seq`` that was undone: its undo is taken back, under the same conditions as an `undo`."""
    actor.require("plan.write")
    state = locked_state(uow, version_id)
    undone_by = _undone_by(uow, version_id, seq)
    if undone_by is None:
        raise ChangedSince("这次修改没有被撤销，不用重做。", seq=seq)
    again = _inverse(uow, state, version_id, undone_by)
    _require_writable(uow, actor, state, versions.known(uow, version_id), again)
    return _take_back(uow, actor, state, again, seq=undone_by, source="redo", reason=reason)


def _undone_by(uow: UnitOfWork, version_id: int, seq: int) -> int | None:
    """The change set by which ``seq`` is undone now; None where there is none, or every one was taken back itself.

    An undo of an undo of … is followed as deep as it goes, without recursion.
    """
    undone: dict[int, int | None] = {}
    todo = [seq]
    while todo:
        at = todo[-1]
        undoers = [row["seq"] for row in uow.rows("planning.undoers", version=version_id, seq=at)]
        if unknown := [s for s in undoers if s not in undone]:
            todo += unknown
            continue
        undone[at] = next((s for s in undoers if undone[s] is None), None)
        todo.pop()
    return undone[seq]


def take_back(
    uow: UnitOfWork,
    actor: Principal,
    *,
    version_id: int,
    seq: int,
    items: frozenset[ItemRef],
    source: str,
    reason: str = "",
) -> int:
    """`undo` for another feature's command, which has asked its own action; refuses a change set of other items than ``items``."""
    state = locked_state(uow, version_id)
    inverse = _inverse(uow, state, version_id, seq)
    if strangers := {cells.ref_of(code) for code in inverse.items} - items:
        raise Invalid("这次修改不是在这里做的，不能在这里撤销", seq=seq, items=[cells.code_of(r) for r in strangers])
    return _take_back(uow, actor, state, inverse, seq=seq, source=source, reason=reason)


def _inverse(uow: UnitOfWork, state: PlanState, version_id: int, seq: int) -> ChangedCells:
    """The cells that take a change set back; refused when it cannot be, or was already."""
    changes, kind = _change_set(uow, state, version_id, seq)
    if kind not in ("edit", "undo", "restore", "merge"):
        raise Invalid("批复和模型修订不能在这里撤销", seq=seq, kind=kind)
    if _undone_by(uow, version_id, seq) is not None:
        raise ChangedSince("这次修改已经撤销过了", seq=seq)
    return as_inverse(changes)


def _take_back(
    uow: UnitOfWork, actor: Principal, state: PlanState, inverse: ChangedCells, *, seq: int, source: str, reason: str
) -> int:
    moved = editing.differs(inverse, editing.entered(state, inverse))
    if moved.any():
        raise ChangedSince("要撤销的单元格后来又被改过，什么都没有改变。", seq=seq, cells=int(moved.sum()))
    after = write(uow, actor, state, inverse, kind="undo", source=source, reason=reason, undoes=seq)
    _trail(uow, actor, "plan.redo" if source == "redo" else "plan.undo", after, count=len(inverse), reason=reason)
    return after.seq


def _change_set(uow: UnitOfWork, state: PlanState, version_id: int, seq: int) -> tuple[ChangedCells, str]:
    found = tail(uow, version_id, seq - 1, seq)
    if not found:
        raise UnknownState(version=version_id, seq=seq, head=state.seq)
    known = [cells.ref_of(code) in state.model.items for code in found[0].cells.items]
    if not all(known):
        raise ChangedSince("其中的指标已不在模型里", seq=seq)
    return found[0].cells, found[0].kind


def _require_writable(
    uow: UnitOfWork, actor: Principal, state: PlanState, version: Version, changes: ChangedCells
) -> None:
    """Refuses, all or nothing, cells that a person could not write today."""
    trial = editing.refuse_formulas(state, Trial(changes, np.arange(len(changes))))
    trial = editing.refuse_out_of_scope(state, version.code, actor, trial)
    trial = editing.refuse_locked(state.model, versions.locks(uow, version.id), trial)
    if trial.refused:
        raise NotSaved(trial.refused[0].message, cells=trial.refused)


def restore(uow: UnitOfWork, actor: Principal, *, version_id: int, seq: int, reason: str) -> int:
    """Brings the entered cells back to what they were at ``seq``, as a new change set; history stays."""
    actor.require("plan.write")
    state = locked_state(uow, version_id)
    version = versions.known(uow, version_id)
    then = replica_of(uow).at(uow, version_id, seq)
    changes = comparing.changes_between(state, then)
    _require_writable(uow, actor, state, version, changes)
    if not len(changes):
        return state.seq
    after = write(uow, actor, state, changes, kind="restore", source="restore", reason=reason)
    _trail(uow, actor, "plan.restore", after, count=len(changes), reason=reason)
    return after.seq


def adopt_revision(uow: UnitOfWork, actor: Principal, *, version_id: int, revision: int) -> int:
    """The version is computed by another model revision from the next seq on; called where a revision is applied."""
    state = locked_state(uow, version_id)
    if state.revision == revision:
        return state.seq
    after = write(uow, actor, state, nothing_changed(), kind="revision", source="model", reason="", revision=revision)
    record(uow, actor, "plan.revision", ("version", version_id), {"revision": state.revision}, {"revision": revision})
    return after.seq


def _trail(uow: UnitOfWork, actor: Principal, action: str, after: PlanState, *, count: int, reason: str) -> None:
    what = {"seq": after.seq, "cells": count}
    record(uow, actor, action, ("version", after.version_id), after=what, reason=reason)
