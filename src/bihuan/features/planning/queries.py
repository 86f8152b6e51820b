"""Reads of plans for people and for later features; every number passes the permission predicate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import cells, history, scoped, versions
from bihuan.features.planning.history import Change
from bihuan.features.planning.model import Version
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.features.planning.slices import query, state_for
from bihuan.kernel.errors import Forbidden, Invalid, NotFound
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader

__all__ = [
    "Cells",
    "cell_history",
    "forked",
    "query",
    "read_cells",
    "state_for",
    "version",
    "version_by_id",
    "versions_of",
]


@dataclass(frozen=True, slots=True)
class Cells:
    """[rows, periods]: amounts in the item's unit (None where the state is not VALUE), states; ``partial`` marks 部分."""

    seq: int
    values: Sequence[Sequence[Decimal | None]]
    states: Sequence[Sequence[State]]
    partial: Sequence[Sequence[bool]]
    hidden: Sequence[Sequence[bool]]


def version(reader: Reader, model: str | int, role_or_code: str) -> Version:
    """A model's version by code, else the one bound to the role."""
    return versions.by_name(reader, modelling.find(reader, model).id, role_or_code)


def version_by_id(reader: Reader, version_id: int) -> Version:
    """One version with its head."""
    return versions.by_id(reader, version_id)


def versions_of(reader: Reader, actor: Principal, model: str | None = None) -> list[tuple[str, Version]]:
    """(model code, version) of every version of which the actor may read something."""
    wanted = modelling.find(reader, model).id if model is not None else 0
    found = []
    for each in versions.all_of(reader, wanted):
        code = modelling.find(reader, each.model_id).code
        if not actor.scope("plan.read", code).on(version=each.code).is_nothing:
            found.append((code, each))
    return found


def forked(reader: Reader, found: Sequence[tuple[str, Version]]) -> dict[int, tuple[str, datetime]]:
    """Who forked which of these versions, and when; only of branches."""
    models = {version.model_id for _, version in found}
    return versions.forked(reader, models.pop() if len(models) == 1 else 0)


def read_cells(
    reader: Reader,
    actor: Principal,
    *,
    version_id: int,
    item: ItemRef,
    rows: Sequence[Mapping[str, str]],
    periods: Sequence[str],
    as_of: int | None = None,
) -> Cells:
    """Cells at the head (or as of a seq), leaves and totals: ``rows`` name a member of each of the item's dimensions,
    ``periods`` leaf periods or groups ("" for an item without period)."""
    state = state_for(reader, actor, version_id, as_of)
    found = state.model.item(item.cube, item.item)
    nodes = np.array([locate(state.model, found, row) for row in rows], np.int32).reshape(len(rows), len(found.dims))
    keys = [period_key(state.model, found, code) for code in periods]
    code = versions.known(reader, version_id).code
    read = scoped.read(state, code, actor, found, nodes=nodes, periods=keys)
    return Cells(
        state.seq,
        [
            [cells.shown(found, float(v), int(s)) for v, s in zip(vs, ss, strict=True)]
            for vs, ss in zip(read.values, read.states, strict=True)
        ],
        [[State(int(s)) for s in row] for row in read.states],
        (read.classes == scoped.PARTIAL).tolist(),
        (read.classes == scoped.OUTSIDE).tolist(),
    )


def cell_history(
    reader: Reader,
    actor: Principal,
    *,
    version_id: int,
    item: ItemRef,
    members: Mapping[str, str],
    period: str,
    as_of: int | None = None,
) -> list[Change]:
    """Every change of one leaf cell, newest first; the cell must lie inside the actor's scope."""
    state = state_for(reader, actor, version_id, as_of)
    found = state.model.item(item.cube, item.item)
    node = locate(state.model, found, members)
    require_inside(reader, actor, state, item=found, node=node, key=period_key(state.model, found, period))
    return list(history.changes_of_cell(reader, state, found, node, period))


def require_inside(
    reader: Reader, actor: Principal, state: PlanState, *, item: CompiledItem, node: list[int], key: PeriodKey
) -> None:
    """Refuses with `Forbidden` a cell that is not wholly inside the actor's read scope."""
    scope = scoped.scope_of(state.model, versions.known(reader, state.version_id).code, actor, item.ref)
    if scoped.classify(state.model, scope, item, np.array([node], np.int32), [key])[0, 0] != scoped.INSIDE:
        raise Forbidden("这个单元格不在您的权限范围内", item=cells.code_of(item.ref))


def locate(model: CompiledModel, item: CompiledItem, members: Mapping[str, str]) -> list[int]:
    """Ids of a node's members in the item's dimension order."""
    if extra := [dim for dim in members if dim not in item.dims]:
        raise Invalid(f"指标 {item.definition.name} 没有维度 {extra[0]}", dimension=extra[0])
    out = []
    for dim in item.dims:
        member = model.dimensions[dim].find(members.get(dim, ""))
        if member is None:
            raise NotFound(f"{dim} 里没有成员 {members.get(dim, '（空）')}", dimension=dim, member=members.get(dim))
        out.append(member.id)
    return out


def period_key(model: CompiledModel, item: CompiledItem, code: str) -> PeriodKey:
    """The column a code names; any column of an item without period."""
    if not item.grain and not code:
        return PeriodKey("base", 0)
    key = model.calendar.find(code)
    if key is None:
        raise NotFound(f"日历里没有期间 {code}", period=code)
    return key


def replica_state(reader: Reader, version_id: int) -> PlanState:
    """The whole state at the head, for later features' own calculations; what leaves must be cut by the caller."""
    return replica_of(reader).pin(reader, version_id)
