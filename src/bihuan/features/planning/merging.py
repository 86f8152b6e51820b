"""A branch brought back into the version it was forked from: three states, cell by cell.

The ancestor is the base as it stood at the fork or, after a merge, the branch as it was then merged. A cell that only the
branch changed is taken over; one that only the base changed stays; one that both changed, to different values, is a conflict
that a person decides. What the base shows at a conflict is part of the decision: when it has moved on, it is asked again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, comparing, editing, history, versions
from bihuan.features.planning.editing import Trial
from bihuan.features.planning.model import NotSaved, Theirs, Version
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.features.planning.writing import locked_state, write
from bihuan.kernel.errors import Invalid
from bihuan.store.blocks import ChangedCells, join_changes
from bihuan.store.unit_of_work import Reader, UnitOfWork

Side = Literal["base", "branch"]
CellName = tuple[ItemRef, tuple[tuple[str, str], ...], str]  # item, (dimension, member) sorted, period
SHOWN = 500  # conflicts and changes told by name; the counts are of all


@dataclass(frozen=True, eq=False)
class Divergence:
    """Cells in which base and branch differ: ``before`` the base's, ``after`` the branch's, ``fork`` the ancestor's values.

    ``moved``: both left the ancestor.
    """

    cells: ChangedCells
    fork: NDArray[np.float64]
    fork_state: NDArray[np.uint8]
    moved: NDArray[np.bool_]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Divergence":
        """Some of the cells."""
        return Divergence(self.cells.take(rows), self.fork[rows], self.fork_state[rows], self.moved[rows])


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell of three values in the item's unit; None = blank. ``theirs``: who changed the base, at a conflict."""

    item: ItemRef
    members: Mapping[str, str]
    period: str
    fork: Decimal | None
    base: Decimal | None
    branch: Decimal | None
    theirs: Theirs | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided at a conflict: whose value stands, having seen ``base`` there."""

    base: Decimal | None
    take: Side


@dataclass(frozen=True, slots=True)
class Merge:
    """What merging does or did. ``seq``: of the base; ``changed`` and ``conflicts`` count all, the lists hold the first."""

    outcome: Literal["merged", "conflicts", "nothing"]
    seq: int
    branch_seq: int
    changed: int
    conflicts: int
    changes: Sequence[Difference]
    open: Sequence[Difference]


def three_way(base: PlanState, fork: PlanState, branch: PlanState) -> Divergence:
    """The cells that the branch changed since the fork and that the base does not hold yet, in terms of the base's model.

    Without edits in the branch there are none, whatever the base did since.
    """
    wanted = comparing.changes_between(base, branch)
    was = comparing.changes_between(base, fork)  # where the ancestor is as the base is today, there is no such cell
    value, state = wanted.before.copy(), wanted.before_state.copy()
    mine, theirs = _same_cells(wanted, was)
    value[mine], state[mine] = was.after[theirs], was.after_state[theirs]
    edited = (value != wanted.after) | (state != wanted.after_state)
    moved = (value != wanted.before) | (state != wanted.before_state)
    return Divergence(wanted, value, state, moved).take(edited)


def _same_cells(a: ChangedCells, b: ChangedCells) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions in ``a`` and in ``b`` of the cells that are in both; no cell is twice in either."""
    if not len(a) or not len(b):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    both = join_changes([a, b])
    keys = np.column_stack([both.item, both.period, both.members])
    _, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.reshape(-1)
    _, mine, theirs = np.intersect1d(number[: len(a)], number[len(a) :], assume_unique=True, return_indices=True)
    return mine, theirs


def preview(reader: Reader, actor: Principal, *, branch_id: int) -> Merge:
    """What merging the branch as it stands would do; nothing is written."""
    branch, base_id = _branch(reader, branch_id)
    base = replica_of(reader).pin(reader, base_id)
    found = _diverged(reader, base, branch, branch.seq)
    _require_writable(reader, actor, base, found.cells)
    clean, open_ = found.take(~found.moved), found.take(found.moved)
    outcome = "conflicts" if len(open_.cells) else "merged" if len(clean.cells) else "nothing"
    return _told(reader, base, branch.seq, outcome=outcome, clean=clean, open_=open_)  # type: ignore[arg-type]


def merge(
    uow: UnitOfWork,
    actor: Principal,
    *,
    branch_id: int,
    branch_seq: int,
    choices: Mapping[CellName, Choice],
    reason: str,
) -> Merge:
    """Brings the branch, as it stood at ``branch_seq``, into its base as one change set, which `undo` takes back.

    All or nothing: a conflict without a choice, or whose base value is no longer what was seen, and nothing is written;
    cells that the actor may not write today are refused with `NotSaved`.
    """
    actor.require("plan.write")
    branch, base_id = _branch(uow, branch_id)
    base = locked_state(uow, base_id)
    found = _diverged(uow, base, branch, branch_seq)
    _require_writable(uow, actor, base, found.cells)
    taken, undecided = ~found.moved, found.moved.copy()
    for k in np.flatnonzero(found.moved):
        side = _decision(base, found, int(k), choices)
        taken[k], undecided[k] = side == "branch", side is None
    none = found.take(np.zeros(0, np.intp))
    if undecided.any():
        return _told(uow, base, branch_seq, outcome="conflicts", clean=found.take(taken), open_=found.take(undecided))
    found = found.take(taken)
    if not len(found.cells):
        return _told(uow, base, branch_seq, outcome="nothing", clean=none, open_=none)
    after = write(uow, actor, base, found.cells, kind="merge", source="merge", reason=reason)
    uow.run("planning.insert_merge", version=base_id, seq=after.seq, branch=branch_id, branch_seq=branch_seq)
    what = {"seq": after.seq, "cells": len(found.cells), "branch": branch.code, "branch_seq": branch_seq}
    record(uow, actor, "plan.merge", ("version", base_id), after=what, reason=reason)
    told = _told(uow, base, branch_seq, outcome="merged", clean=found, open_=none)
    return replace(told, seq=after.seq)


def close_branch(uow: UnitOfWork, actor: Principal, *, branch_id: int, closed: bool, reason: str) -> Version:
    """Discards a branch: it stays readable and takes no writes; ``closed`` false takes that back."""
    branch, _ = _branch(uow, branch_id)
    actor.require("plan.branch", model=replica_of(uow).pin(uow, branch_id).model.definition.name)
    if branch.status == "released":
        raise Invalid("已批复的版本不能作为分支关闭", version=branch.code)
    status = "closed" if closed else "open"
    uow.run("planning.set_status", id=branch_id, status=status)
    record(uow, actor, "plan.status", ("version", branch_id), {"status": branch.status}, {"status": status}, reason)
    return versions.by_id(uow, branch_id)


def _branch(reader: Reader, branch_id: int) -> tuple[Version, int]:
    branch = versions.by_id(reader, branch_id)
    if branch.base_version_id is None:
        raise Invalid("这个版本不是分支，没有可合并到的版本", version=branch.code)
    return branch, branch.base_version_id


def _diverged(reader: Reader, base: PlanState, branch: Version, branch_seq: int) -> Divergence:
    replica = replica_of(reader)
    merged = reader.value("planning.merged_up_to", version=base.version_id, branch=branch.id)
    assert branch.base_seq is not None, "a branch knows where it was forked"
    fork = (
        replica.at(reader, base.version_id, branch.base_seq)
        if merged is None
        else replica.at(reader, branch.id, int(merged))
    )
    return three_way(base, fork, replica.at(reader, branch.id, branch_seq))


def _require_writable(reader: Reader, actor: Principal, base: PlanState, wanted: ChangedCells) -> None:
    version = versions.known(reader, base.version_id)
    trial = editing.refuse_formulas(base, Trial(wanted, np.arange(len(wanted))))
    trial = editing.refuse_out_of_scope(base, version.code, actor, trial)
    trial = editing.refuse_locked(base.model, versions.locks(reader, version.id), trial)
    if trial.refused:
        count = len(trial.refused)
        raise NotSaved(f"{count} 个单元格不能合并：{trial.refused[0].message}", cells=trial.refused)


def _decision(base: PlanState, found: Divergence, k: int, choices: Mapping[CellName, Choice]) -> Side | None:
    ref, members, period = _name(base, found.cells, k)
    choice = choices.get((ref, tuple(sorted(members.items())), period))
    item = base.model.items[ref]
    seen = cells.shown(item, found.cells.before[k], found.cells.before_state[k])
    return choice.take if choice is not None and choice.base == seen else None


def _name(state: PlanState, changes: ChangedCells, k: int) -> tuple[ItemRef, dict[str, str], str]:
    item = state.model.items[cells.ref_of(changes.items[changes.item[k]])]
    members = {
        dim: state.model.dimensions[dim].by_id[int(changes.members[k, j])].code for j, dim in enumerate(item.dims)
    }
    return item.ref, members, changes.periods[changes.period[k]]


def _told(
    reader: Reader,
    base: PlanState,
    branch_seq: int,
    *,
    outcome: Literal["merged", "conflicts", "nothing"],
    clean: Divergence,
    open_: Divergence,
) -> Merge:
    return Merge(
        outcome,
        base.seq,
        branch_seq,
        len(clean.cells),
        len(open_.cells),
        list(_differences(reader, base, clean, who=False)),
        list(_differences(reader, base, open_, who=True)),
    )


def _differences(reader: Reader, base: PlanState, found: Divergence, *, who: bool) -> Iterator[Difference]:
    now = found.cells
    for k in range(min(len(now), SHOWN)):
        ref, members, period = _name(base, now, k)
        item = base.model.items[ref]
        yield Difference(
            ref,
            members,
            period,
            cells.shown(item, found.fork[k], found.fork_state[k]),
            cells.shown(item, now.before[k], now.before_state[k]),
            cells.shown(item, now.after[k], now.after_state[k]),
            history.theirs(reader, base, now, k, 0) if who else None,
        )
