"""The one way into the log: the head's row locked, the next seq, the rows of the change set, the overlay, the event."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from bihuan.engine.sheet import Sheet
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal
from bihuan.features.planning import editing, versions
from bihuan.features.planning.model import ChangeKind, UnknownVersion, VersionClosed
from bihuan.features.planning.replica import Entry, PlanState, replica_of
from bihuan.store.blocks import ChangedCells, encode_changes
from bihuan.store.unit_of_work import UnitOfWork


def lock_heads(uow: UnitOfWork, version_ids: Iterable[int]) -> None:
    """Locks the versions' heads in id order until commit; the first thing a command over several features does."""
    ids = sorted(set(version_ids))
    locked = {row["id"]: versions.of_row(row) for row in uow.rows("planning.lock_heads", ids=ids)}
    if missing := [i for i in ids if i not in locked]:
        raise UnknownVersion(version=missing[0])
    for version_id in ids:
        uow.memo["plan locked", version_id] = True
        replica_of(uow).refresh(uow, locked[version_id])  # what was pinned before the lock may be behind


def locked_state(uow: UnitOfWork, version_id: int) -> PlanState:
    """The newest state there can be: the head is locked and caught up with; refuses a closed version."""
    lock_heads(uow, [version_id])
    version = versions.known(uow, version_id)
    if version.status == "closed":
        raise VersionClosed(version=version.code)
    return replica_of(uow).pin(uow, version_id)


def write(
    uow: UnitOfWork,
    actor: Principal,
    state: PlanState,
    changes: ChangedCells,
    *,
    kind: ChangeKind,
    source: str,
    reason: str,
    undoes: int | None = None,
    revision: int | None = None,
    tried: Sheet | None = None,
) -> PlanState:
    """Appends one change set after ``state``, which must be the locked head; returns the state with it.

    ``tried`` is the state's sheet with these cells, when it was calculated before the head was locked.
    """
    assert ("plan locked", state.version_id) in uow.memo, "lock_heads comes first"
    seq = uow.value("planning.advance", version=state.version_id, revision=revision)
    assert seq == state.seq + 1, "seqs are gap-free"
    now_revision = state.revision if revision is None else revision
    uow.run_many(
        "planning.append",
        [
            {
                "version": state.version_id,
                "seq": seq,
                "unit": unit,
                "kind": kind,
                "revision": now_revision,
                "author": actor.user_id,
                "at": uow.now(),
                "source": source,
                "reason": reason,
                "undoes": undoes,
                "cells": len(part),
                "payload": encode_changes(part),
            }
            for unit, part in by_unit(state, changes)
        ],
    )
    replica = replica_of(uow)
    entry = Entry(seq, kind, now_revision, changes)
    after = replica.apply(uow, state, [entry]) if tried is None else replace(state, sheet=tried, seq=seq)
    replica.overlay(uow, after)
    tell(uow, actor, after)
    return after


def by_unit(state: PlanState, changes: ChangedCells) -> list[tuple[str, ChangedCells]]:
    """The cells of each plan unit, by its organisation's code; "" for cells without organisation, or no cells at all."""
    if not len(changes):
        return [("", changes)]
    unit = np.full(len(changes), -1, np.int32)
    for item, at, members, _ in editing.by_item(state.model, changes):
        if editing.ORG in item.dims:
            unit[at] = members[:, item.dims.index(editing.ORG)]
    codes = {-1: ""}
    if editing.ORG in state.model.dimensions:
        codes |= {m.id: m.code for m in state.model.dimensions[editing.ORG].members}
    return [(codes[int(u)], changes.take(unit == u)) for u in np.unique(unit)]


def tell(uow: UnitOfWork, actor: Principal, state: PlanState) -> None:
    """Live event on commit: that the version moved on, not what changed."""
    version = versions.known(uow, state.version_id)
    data = {"version": version.id, "seq": state.seq, "author": actor.name}
    announce(uow, Event("plan.changed", "plan.read", state.model.definition.name, {"version": version.code}, data))


def nothing_changed() -> ChangedCells:
    """No cells: the payload of a change set that moves something else."""
    none, floats, states = np.zeros(0, np.int32), np.zeros(0), np.zeros(0, np.uint8)
    return ChangedCells((), (), none, np.zeros((0, 0), np.int32), none, floats, states, floats, states)


def as_inverse(changes: ChangedCells) -> ChangedCells:
    """Before and after swapped."""
    return replace(
        changes,
        before=changes.after,
        before_state=changes.after_state,
        after=changes.before,
        after_state=changes.before_state,
    )
