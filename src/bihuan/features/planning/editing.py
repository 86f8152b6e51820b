"""What may be written: edits read against the model, then checked cell by cell. No SQL; nothing here changes anything.

Checks run in the order of `model.Refusal`; a cell is refused for the first reason that holds. The cheap and stable ones (names,
formulas, scope) come before the head is locked, locks and before-values after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.panel import pack
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells
from bihuan.features.planning.model import CellEdit, CellResult, Lock, Refusal
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.member import OWN
from bihuan.kernel.scaled import BadAmount
from bihuan.store.blocks import ChangedCells

ORG = "org"  # the dimension of plan units
Flags = NDArray[np.bool_]

TEXTS: dict[str, str] = {
    "out_of_scope": "不在您的权限范围内",
    "frozen": "预算已批复；要调整，请走调剂或追加",
    "twice": "同一个单元格在这次提交里出现了两次",
    "others_failed": "未写入：同批有单元格不能写入",
}


@dataclass(frozen=True, eq=False)
class Trial:
    """Edits that are still in play, as cells, and those refused so far. ``source[k]`` is the edit that cell k came from."""

    cells: ChangedCells
    source: NDArray[np.intp]
    refused: tuple[CellResult, ...] = ()

    def without(self, bad: Flags, result: Callable[[int], CellResult]) -> "Trial":
        """The trial after these cells have been refused; ``result`` is given the cell's position."""
        if not bad.any():
            return self
        results = tuple(result(int(k)) for k in np.flatnonzero(bad))
        return Trial(self.cells.take(~bad), self.source[~bad], (*self.refused, *results))

    def refuse(self, bad: Flags, code: Refusal, message: str) -> "Trial":
        """`without`, for one reason."""
        return self.without(bad, lambda k: CellResult(int(self.source[k]), "refused", code, message))


# --- reading edits -----------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """An edit that does not name a leaf cell of the model."""

    def __init__(self, code: Refusal, message: str) -> None:
        super().__init__(message)
        self.code: Refusal = code


def parse(model: CompiledModel, edits: Sequence[CellEdit]) -> Trial:
    """Edits as cells of the model; what names no leaf cell, or is no number, is refused."""
    refused, kept = [], []
    for index, edit in enumerate(edits):
        try:
            kept.append((index, *_locate(model, edit)))
        except _Refused as no:
            refused.append(CellResult(index, "refused", no.code, str(no)))
    trial = _assemble(kept, tuple(refused))
    last = cells.last_of_each(trial.cells.item, trial.cells.members, trial.cells.period)
    earlier = np.ones(len(trial.cells), np.bool_)
    earlier[last] = False
    return trial.refuse(earlier, "twice", TEXTS["twice"])


_Located = tuple[int, str, list[int], str, float, int, float, int]


def _locate(model: CompiledModel, edit: CellEdit) -> tuple[str, list[int], str, float, int, float, int]:
    item = model.items.get(edit.item)
    if item is None:
        raise _Refused("unknown_item", f"模型里没有指标 {edit.item.cube}!{edit.item.item}")
    members = [_leaf(model, dim, edit) for dim in item.dims]
    for dim in edit.members:
        if dim not in item.dims:
            raise _Refused("unknown_member", f"指标 {item.definition.name} 没有维度 {dim}")
    if edit.period not in cells.axis(model, item):
        raise _Refused("outside_plan", f"期间 {edit.period or '（空）'} 不在 {item.definition.name} 的期间范围内")
    if item.type != "number":
        raise _Refused("not_a_number", f"{item.definition.name} 不是数值指标，暂不支持在这里填写")
    try:
        before, after = cells.stored(item, edit.before), cells.stored(item, edit.after)
    except BadAmount as error:
        raise _Refused("not_a_number", f"数值太大：{error.facts.get('found', edit.after)}") from error
    return cells.code_of(item.ref), members, edit.period, *before, *after


def _leaf(model: CompiledModel, dim: str, edit: CellEdit) -> int:
    code = edit.members.get(dim)
    dimension = model.dimensions[dim]
    member = dimension.by_code.get(code) if code is not None else None
    if member is None:
        raise _Refused("unknown_member", f"{dimension.name} 里没有成员 {code or '（空）'}")
    if not dimension.is_leaf(member.id):
        own = f"；本单位自己的数填在 {member.code}{OWN}" if f"{member.code}{OWN}" in dimension.by_code else ""
        raise _Refused("not_a_leaf", f"{code} 是汇总，由下级相加{own}")  # the asker's own word: the name may be hidden
    return member.id


def _assemble(kept: Sequence[_Located], refused: tuple[CellResult, ...]) -> Trial:
    items = tuple(dict.fromkeys(k[1] for k in kept))
    periods = tuple(dict.fromkeys(k[3] for k in kept))
    item_at, period_at = ({code: i for i, code in enumerate(codes)} for codes in (items, periods))
    width = max((len(k[2]) for k in kept), default=0)
    members = np.full((len(kept), width), -1, np.int32)
    for row, k in enumerate(kept):
        members[row, : len(k[2])] = k[2]
    return Trial(
        ChangedCells(
            items,
            periods,
            np.array([item_at[k[1]] for k in kept], np.int32),
            members,
            np.array([period_at[k[3]] for k in kept], np.int32),
            np.array([k[4] for k in kept], np.float64),
            np.array([k[5] for k in kept], np.uint8),
            np.array([k[6] for k in kept], np.float64),
            np.array([k[7] for k in kept], np.uint8),
        ),
        np.array([k[0] for k in kept], np.intp),
        refused,
    )


# --- checking ----------------------------------------------------------------------------------------------------------


def by_item(
    model: CompiledModel, changes: ChangedCells
) -> list[tuple[CompiledItem, NDArray[np.intp], NDArray[np.int32], NDArray[np.int32]]]:
    """Per item: its cells' positions, their members in the item's dimensions, their columns on its axis."""
    out = []
    for i, code in enumerate(changes.items):
        at = np.flatnonzero(changes.item == i)
        if len(at):
            item = model.items[cells.ref_of(code)]
            place = {c: j for j, c in enumerate(cells.axis(model, item))}
            column = np.array([place.get(c, -1) for c in changes.periods], np.int32)[changes.period[at]]
            out.append((item, at, changes.members[at][:, : len(item.dims)], column))
    return out


def refuse_formulas(state: PlanState, trial: Trial) -> Trial:
    """Cells that a formula fills and that take no entry over it."""
    bad = np.zeros(len(trial.cells), np.bool_)
    for item, at, members, column in by_item(state.model, trial.cells):
        if not item.is_input:
            bad[at] = ~state.sheet.enterable(item.ref, members, column.astype(np.intp))

    def result(k: int) -> CellResult:
        item = state.model.items[cells.ref_of(trial.cells.items[trial.cells.item[k]])]
        return CellResult(int(trial.source[k]), "refused", "formula", formula_text(item))

    return trial.without(bad, result)


def formula_text(item: CompiledItem) -> str:
    """Why a computed cell takes no entry, with the formula as written."""
    return f"由公式计算：{'；'.join(rule.text.strip() for rule in item.rules[:3])}"


def refuse_out_of_scope(state: PlanState, version: str, actor: Principal, trial: Trial) -> Trial:
    """Cells outside the part of the model on which the actor may write."""
    bad = np.zeros(len(trial.cells), np.bool_)
    for item, at, members, column in by_item(state.model, trial.cells):
        bad[at] = ~may_write(state.model, version, actor, item, members=members, column=column)
    return trial.refuse(bad, "out_of_scope", TEXTS["out_of_scope"])


def may_write(
    model: CompiledModel,
    version: str,
    actor: Principal,
    item: CompiledItem,
    *,
    members: NDArray[np.int32],
    column: NDArray[np.int32],
) -> Flags:
    """For cells (members[k], column[k]): whether the actor's write scope holds them."""
    return may("plan.write", model, version, actor, item, members=members, column=column)


def may(
    action: str,
    model: CompiledModel,
    version: str,
    actor: Principal,
    item: CompiledItem,
    *,
    members: NDArray[np.int32],
    column: NDArray[np.int32],
) -> Flags:
    """For cells (members[k], column[k]): whether the actor's scope of an action holds them."""
    scope = actor.scope(action, model.definition.name).on(item=cells.code_of(item.ref), version=version)
    if scope.is_everything:
        return np.ones(len(members), np.bool_)
    if not item.grain or not scope.limits("period"):
        return scope.rows(item.dims, members)
    groups = leaf_periods(model, item)
    out = np.empty(len(members), np.bool_)
    for j in np.unique(column):
        here = column == j
        out[here] = scope.cells(item.dims, members[here], groups[int(j)]).all(axis=1)
    return out


def leaf_periods(model: CompiledModel, item: CompiledItem) -> list[NDArray[np.int32]]:
    """The leaf periods that each column of the item covers."""
    if item.grain == "base":
        return [np.array([j], np.int32) for j in range(model.calendar.size)]
    return [np.arange(g.start, g.stop, dtype=np.int32) for g in model.calendar.groups(item.grain)]


def refuse_locked(model: CompiledModel, locks: Sequence[Lock], trial: Trial) -> Trial:
    """Cells of submitted units and of released items; each says why and who holds it."""
    for lock in locks:
        code: Refusal = "frozen" if lock.kind == "released" else "locked"
        bad = np.zeros(len(trial.cells), np.bool_)
        for item, at, members, column in by_item(model, trial.cells):
            bad[at] = under_lock(model, lock, item, members=members, column=column)
        trial = trial.refuse(bad, code, lock_text(lock))
    return trial


def under_lock(
    model: CompiledModel,
    lock: Lock,
    item: CompiledItem,
    *,
    members: NDArray[np.int32],
    column: NDArray[np.int32],
) -> Flags:
    """Which cells (members[k], column[k]) of an item a lock covers. A lock of one organisation says nothing about items
    without organisation, one up to a period nothing about items without period."""
    if lock.items is not None and cells.code_of(item.ref) not in lock.items:
        return np.zeros(len(members), np.bool_)
    if lock.through:
        return _ended(model, item, lock.through)[column]
    if not lock.org:
        return np.ones(len(members), np.bool_)
    if ORG not in item.dims:
        return np.zeros(len(members), np.bool_)
    return np.isin(members[:, item.dims.index(ORG)], leaves_under(model, lock.org))


def _ended(model: CompiledModel, item: CompiledItem, through: str) -> Flags:
    """bool[columns]: those that lie wholly up to the leaf period ``through``; the last column (-1) for a period off the axis."""
    if not item.grain or through not in model.calendar.codes:
        return np.zeros(len(cells.axis(model, item)) + 1, np.bool_)
    last = model.calendar.codes.index(through)
    return np.array([*(int(p[-1]) <= last for p in leaf_periods(model, item)), False], np.bool_)


def leaves_under(model: CompiledModel, org: str) -> NDArray[np.int32]:
    """Ids of the leaf organisations under one, by the main tree as it is today."""
    dimension = model.dimensions[ORG]
    member = dimension.by_code.get(org)
    if member is None:
        return np.zeros(0, np.int32)
    tree = dimension.trees.get("")
    return np.array(list(tree.leaves_under(member.id)) if tree else [member.id], np.int32)


def lock_text(lock: Lock) -> str:
    """What the person who cannot edit reads."""
    holder = f"（{lock.holder}）" if lock.holder and lock.holder not in lock.why else ""
    return f"{lock.why}{holder}"


# --- before-values -----------------------------------------------------------------------------------------------------


def entered(state: PlanState, changes: ChangedCells) -> ChangedCells:
    """The same cells with ``before`` as it is entered now (blank where a formula fills the cell)."""
    before, before_state = np.zeros(len(changes)), np.zeros(len(changes), np.uint8)
    for item, at, members, column in by_item(state.model, changes):
        panel = state.sheet.inputs.get(item.ref)
        if panel is not None:
            values, states, _ = panel.gather(pack(members, panel.sizes))
            here = np.arange(len(at))
            before[at], before_state[at] = values[here, column], states[here, column]
    return replace(changes, before=before, before_state=before_state)


def visible(state: PlanState, changes: ChangedCells) -> ChangedCells:
    """As `entered`, but where an overridable formula fills the cell, what it shows: that is what people see."""
    now = entered(state, changes)
    before, before_state = now.before.copy(), now.before_state.copy()
    for item, at, members, column in by_item(state.model, changes):
        if item.definition.override and not item.is_input and item.ref not in state.frozen:
            panel = state.sheet.leaves(item.ref)
            values, states, _ = panel.gather(pack(members, panel.sizes))
            here = np.arange(len(at))
            before[at], before_state[at] = values[here, column], states[here, column]
    return replace(now, before=before, before_state=before_state)


def differs(a: ChangedCells, b: ChangedCells) -> Flags:
    """Where the befores of two lists of the same cells are not equal."""
    different: Flags = (a.before_state != b.before_state) | (a.before != b.before)
    return different
