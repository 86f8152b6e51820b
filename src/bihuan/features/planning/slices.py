"""The one query: a slice of a cube as rows × columns, with what may be edited and why not.

`QueryIn` (wire.py) is the typed query that grids, charts, exports and questions use; this module answers it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, editing, scoped, versions
from bihuan.features.planning.model import Lock, UnknownVersion, Version
from bihuan.features.planning.replica import PlanState, replica_of
from bihuan.features.planning.wire import CellOut, ColumnOut, ItemOut, QueryIn, QueryOut, RowOut
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.kernel.member import Dimension, Member
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader

CELLS_MAX = 400_000  # about 40 MB of JSON
Flags = NDArray[np.bool_]

REASONS = {
    "total": "汇总行由下级相加，不能直接填写",
    "total_column": "合计列由各期得出，不能直接填写",
    "coarse": "这个指标按更长的期间填报，请填在对应的合计列",
    "parameter": "这个指标不分期间，请填在“值”列",
    "out_of_scope": editing.TEXTS["out_of_scope"],
    "past": "历史状态只能查看",
    "closed": "版本已关闭",
    "not_a_number": "这里暂时只能填写数值",
}


_STATES = {int(state): state.name for state in State}
_LOCK_KEYS = {"released": "frozen", "actual": "actual"}  # other locks are told apart by their organisation


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` None = the only column of items without period."""

    key: PeriodKey | None
    out: ColumnOut


@dataclass(frozen=True, slots=True)
class Node:
    """A member shown in a row; ``parent`` is another node's member code."""

    member: Member
    level: int
    parent: str | None


def query(reader: Reader, actor: Principal, asked: QueryIn) -> QueryOut:
    """The slice at the version's head, or as of a past seq."""
    return answer(reader, actor, asked, state_for(reader, actor, asked.version, asked.as_of))


def state_for(reader: Reader, actor: Principal, version_id: int, as_of: int | None = None) -> PlanState:
    """The state asked for; a version of which one may read nothing is unknown."""
    replica = replica_of(reader)
    head = replica.pin(reader, version_id)
    version = versions.known(reader, version_id)
    if actor.scope("plan.read", head.model.definition.name).on(version=version.code).is_nothing:
        raise UnknownVersion(version=version_id)
    return head if as_of is None else replica.at(reader, version_id, as_of)


def answer(reader: Reader, actor: Principal, asked: QueryIn, state: PlanState) -> QueryOut:
    """The slice of a given state, which may be a preview's overlay."""
    model, version = state.model, versions.known(reader, asked.version)
    items = [model.item(asked.cube, code) for code in asked.items] or _items_of(model, asked.cube)
    columns = list(_columns(model, items, asked))
    view = _View(actor, asked, state, about=_About(version, versions.locks(reader, version.id), columns))
    rows, out = [], []
    for item in items:
        item_rows, item_cells = view.block(item)
        rows.extend(item_rows)
        out.extend(item_cells)
        if len(out) * len(columns) > CELLS_MAX:
            raise Invalid(f"一次最多读 {CELLS_MAX} 个单元格，请缩小范围", found=len(out) * len(columns))
    if asked.filled:
        rows, out = _filled(rows, out)
    return QueryOut(
        version=version.id,
        seq=state.seq,
        revision=state.revision,
        items=[_item_out(item) for item in items],
        columns=[c.out for c in columns],
        rows=rows,
        cells=out,
        reasons=view.reasons,
    )


def _filled(rows: list[RowOut], lines: list[list[CellOut]]) -> tuple[list[RowOut], list[list[CellOut]]]:
    """The rows that hold something, and those above them; rows come after their parents."""
    kept: set[str] = set()
    for row, line in zip(reversed(rows), reversed(lines), strict=True):
        if row.key in kept or any(cell["s"] != State.BLANK.name for cell in line):
            kept.update((row.key, *([row.parent] if row.parent is not None else [])))
    held = [i for i, row in enumerate(rows) if row.key in kept]
    return [rows[i] for i in held], [lines[i] for i in held]


# --- what is asked -----------------------------------------------------------------------------------------------------


def _items_of(model: CompiledModel, cube: str) -> list[CompiledItem]:
    found = [item for ref, item in model.items.items() if ref.cube == cube]
    if not found:
        raise NotFound(f"没有数据集 {cube}", cube=cube)
    return found


def _item_out(item: CompiledItem) -> ItemOut:
    said = item.definition
    decimals = said.decimals if said.decimals is not None else item.scale if item.scale is not None else 2
    return ItemOut.model_construct(
        code=item.ref.item,
        name=said.name,
        unit=said.unit,
        decimals=decimals,
        scale=item.scale,
        formula=not item.is_input and item.always_formula,
    )


def _columns(model: CompiledModel, items: Sequence[CompiledItem], asked: QueryIn) -> Iterator[Column]:
    if any(not item.grain for item in items):
        yield Column(None, ColumnOut(code="", name="值", kind="none", parent=None, plan=True))
    if all(not item.grain for item in items):
        return
    keys = _keys(model, asked)
    shown = {(key.grain, key.index) for key in keys}
    calendar = model.calendar
    for key in keys:
        code = calendar.code(key)
        start = key.index if key.grain == "base" else calendar.groups(key.grain)[key.index].start
        coarser = calendar.grains[calendar.grains.index(key.grain) + 1 :]
        above = [(g, calendar.group_of(g)[start]) for g in coarser if (g, calendar.group_of(g)[start]) in shown]
        parent = calendar.code(PeriodKey(*above[0])) if above else None
        plan = key.index in calendar.grain_plan(key.grain)
        yield Column(key, ColumnOut(code=code, name=code, kind=key.grain, parent=parent, plan=plan))


def _keys(model: CompiledModel, asked: QueryIn) -> list[PeriodKey]:
    calendar = model.calendar
    if isinstance(asked.columns, list):
        found = [(code, calendar.find(code)) for code in asked.columns]
        if unknown := [code for code, key in found if key is None]:
            raise NotFound(f"日历里没有期间 {unknown[0]}", period=unknown[0])
        return [key for _, key in found if key is not None]
    keys = []
    for index in calendar.plan_range:
        keys.append(PeriodKey("base", index))
        if asked.columns == "plan-with-totals":
            for grouping in calendar.groupings:
                group = calendar.group_of(grouping)[index]
                if calendar.groups(grouping)[group].stop == index + 1 or index == calendar.plan_range[-1]:
                    keys.append(PeriodKey(grouping, group))
    codes = [calendar.code(key) for key in keys]
    return [key for i, key in enumerate(keys) if codes[i] not in codes[:i]]  # a year model's years are leaves


def nodes_of(dimension: Dimension, asked: QueryIn) -> list[Node]:
    """The row dimension's members in display order, parents first."""
    spec = asked.rows
    assert spec is not None
    if spec.tree not in dimension.trees and spec.tree:
        raise NotFound(f"{dimension.name} 没有层级 {spec.tree}", dimension=dimension.code, tree=spec.tree)
    if spec.members is not None:
        return [Node(_member(dimension, code), 0, None) for code in spec.members]
    tree = dimension.trees.get(spec.tree)
    children = tree.children() if tree else {}
    tops = dimension.tops(spec.tree) if spec.root is None else (_member(dimension, spec.root),)
    out: list[Node] = []

    def walk(member: Member, level: int, parent: str | None) -> None:
        out.append(Node(member, level, parent))
        if spec.depth is None or level < spec.depth:
            for edge in children.get(member.id, ()):
                walk(dimension.by_id[edge.child], level + 1, member.code)

    for top in tops:
        walk(top, 0, None)
    return out


def _member(dimension: Dimension, code: str) -> Member:
    found = dimension.find(code)
    if found is None:
        raise NotFound(f"{dimension.name} 里没有成员 {code}", dimension=dimension.code, member=code)
    return found


# --- what is shown -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _About:
    version: Version
    locks: list[Lock]
    columns: list[Column]


class _View:
    """One answer in the making: what all items of a slice share."""

    def __init__(self, actor: Principal, asked: QueryIn, state: PlanState, *, about: _About) -> None:
        self.actor, self.asked, self.state, self.model = actor, asked, state, state.model
        self.version, self.locks, self.columns = about.version, about.locks, about.columns
        self.reasons: dict[str, str] = {}

    def block(self, item: CompiledItem) -> tuple[list[RowOut], list[list[CellOut]]]:
        """The rows of one item and their cells; rows wholly outside the scope are not told of."""
        nodes, places = self._nodes(item)
        ids = np.array([[m.id for m in place] for place in places], np.int32).reshape(len(places), len(item.dims))
        timed = [j for j, c in enumerate(self.columns) if (c.key is None) == (not item.grain)]
        keys = [self.columns[j].key or PeriodKey("base", 0) for j in timed]
        tree = {self.asked.rows.dim: self.asked.rows.tree} if self.asked.rows and self.asked.rows.tree else None
        read = scoped.read(self.state, self.version.code, self.actor, item, nodes=ids, periods=keys, tree=tree)
        seen = np.flatnonzero((read.classes != scoped.OUTSIDE).any(axis=1))
        why = self._why_not(item, ids[seen], keys, read.classes[seen])
        rows = [self._row(item, nodes[i], places[i]) for i in seen]
        shown = {r.key for r in rows}
        rows = [r if r.parent in shown else r.model_copy(update={"parent": None}) for r in rows]
        out = [self._cells(item, read, int(i), why[k], timed) for k, i in enumerate(seen)]
        return rows, out

    def _nodes(self, item: CompiledItem) -> tuple[list[Node | None], list[list[Member]]]:
        """Row nodes, and for each the member of every dimension of the item."""
        spec = self.asked.rows
        along = spec.dim if spec is not None and spec.dim in item.dims else None
        nodes: list[Node | None] = list(nodes_of(self.model.dimensions[along], self.asked)) if along else [None]
        others = {d: self._fixed(d) for d in item.dims if d != along}
        return nodes, [[node.member if d == along and node else others[d] for d in item.dims] for node in nodes]

    def _fixed(self, dim: str) -> Member:
        dimension = self.model.dimensions[dim]
        if (code := self.asked.fixed.get(dim)) is not None:
            return _member(dimension, code)
        tops = dimension.tops()
        if len(tops) != 1:
            raise Invalid(f"请指定 {dimension.name} 的成员", dimension=dim, expected="fixed 或 rows 里给出")
        return tops[0]

    def _row(self, item: CompiledItem, node: Node | None, place: list[Member]) -> RowOut:
        code = item.ref.item
        leaf = all(self.model.dimensions[d].is_leaf(m.id) for d, m in zip(item.dims, place, strict=True))
        return RowOut.model_construct(
            key=f"{code}|{node.member.code}" if node else code,
            item=code,
            members={d: m.code for d, m in zip(item.dims, place, strict=True)},
            name=node.member.name if node else item.definition.name,
            level=node.level if node else 0,
            parent=f"{code}|{node.parent}" if node and node.parent is not None else None,
            leaf=leaf,
        )

    def _cells(
        self, item: CompiledItem, read: scoped.Read, row: int, why: list[str | None], timed: list[int]
    ) -> list[CellOut]:
        other = "parameter" if not item.grain else "total_column"
        if len(timed) < len(self.columns):
            self._reason(other)
        blank = CellOut(v=None, s="BLANK", e=False, r=other, p=False)
        out = [blank] * len(self.columns)
        values, states = read.values[row].tolist(), read.states[row].tolist()
        for k, j in enumerate(timed):
            value, state = values[k], states[k]
            out[j] = CellOut(
                v=cells.shown_text(item, value, state),
                s=_STATES[state],
                e=why[k] is None,
                r=why[k],
                p=bool(read.classes[row, k] == scoped.PARTIAL),
            )
        return out

    # --- what may be edited ------------------------------------------------------------------------------------

    def _why_not(
        self, item: CompiledItem, ids: NDArray[np.int32], keys: Sequence[PeriodKey], classes: NDArray[np.uint8]
    ) -> list[list[str | None]]:
        """For each row and column the reason's key, None = editable."""
        why = np.full((len(ids), len(keys)), None, object)
        if len(ids) and len(keys):
            own = np.array([not item.grain or key.grain == item.grain for key in keys])
            leaf = np.array(
                [all(self.model.dimensions[d].is_leaf(int(m)) for d, m in zip(item.dims, r, strict=True)) for r in ids]
            )
            rows, columns = np.flatnonzero(leaf), np.flatnonzero(own)
            if len(rows) and len(columns):
                indices = np.array([keys[int(j)].index for j in columns], np.int32)
                why[np.ix_(rows, columns)] = self._leaf_reasons(item, ids[rows], indices)
            grains = self.model.calendar.grains
            for j in np.flatnonzero(~own):
                finer = grains.index(keys[int(j)].grain) < grains.index(item.grain)
                why[:, j] = self._reason("coarse" if finer else "total_column")
            why[~leaf] = self._reason("total") if (~leaf).any() else None
            if (hidden := classes == scoped.OUTSIDE).any():
                why[hidden] = self._reason("out_of_scope")
            if general := self._general(item):
                why[:] = self._reason(general)
        return [list(row) for row in why]

    def _general(self, item: CompiledItem) -> str | None:
        """A reason that holds for every cell."""
        if self.asked.as_of is not None and self.asked.as_of != self.version.seq:
            return "past"
        if self.version.status == "closed":
            return "closed"
        return None if item.type == "number" else "not_a_number"

    def _leaf_reasons(
        self, item: CompiledItem, leaves: NDArray[np.int32], indices: NDArray[np.int32]
    ) -> NDArray[np.object_]:
        """The same for leaf rows and columns of the item's own grain; formulas are named before scope and locks."""
        members = np.repeat(leaves, len(indices), axis=0)
        period = np.tile(indices, len(leaves))
        reason = np.full(len(members), None, object)
        for lock in self.locks:
            key = _LOCK_KEYS.get(lock.kind) or f"locked:{lock.org}"
            under = editing.under_lock(self.model, lock, item, members=members, column=period)
            if under.any():
                self.reasons[key] = editing.lock_text(lock)
                reason[under] = key
        write = editing.may_write(self.model, self.version.code, self.actor, item, members=members, column=period)
        if not write.all():
            reason[~write] = self._reason("out_of_scope")
        if not item.is_input:
            columns = period.astype(np.intp)
            computed = ~self.state.sheet.enterable(item.ref, members, columns, over=self.asked.over)
            if computed.any():
                self.reasons[f"formula:{item.ref.item}"] = editing.formula_text(item)
                reason[computed] = f"formula:{item.ref.item}"
        return reason.reshape(len(leaves), len(indices))

    def _reason(self, key: str) -> str:
        self.reasons.setdefault(key, REASONS[key])
        return key
