"""Two states of a unit side by side, and the year before: rows and figures, cut by the reader's scope."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal
from bihuan.features.entry.last_year import LastYear, keys_of
from bihuan.features.modelling.trees import ModelTrees
from bihuan.features.planning import cells, scoped
from bihuan.features.planning.model import Version
from bihuan.features.planning.replica import PlanState
from bihuan.store.blocks import decode_changes
from bihuan.store.unit_of_work import Reader

ORG = "org"


@dataclass(frozen=True, slots=True)
class Touch:
    """Who last changed a cell between the two states, when and why."""

    who: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line: an item at the unit, its other members, a period (a year's code against last year).

    ``year``: of the whole year now.
    """

    item: CompiledItem
    members: tuple[tuple[str, str, str], ...]  # dimension, code, name
    period: str
    before: Decimal | None
    after: Decimal | None
    year: Decimal | None
    partial: bool
    touch: Touch | None = None

    @property
    def delta(self) -> Decimal:
        """After less before; blank counts as nothing here."""
        return (self.after or Decimal(0)) - (self.before or Decimal(0))


@dataclass(frozen=True, slots=True)
class Figure:
    """A money item's year at the unit: now, at the last submission, the year before; by period too."""

    item: CompiledItem
    after: Decimal | None
    before: Decimal | None
    last_year: Decimal | None
    periods: tuple[tuple[str, Decimal | None, Decimal | None, Decimal | None], ...]  # code, after, before, last year
    partial: bool


@dataclass(frozen=True, eq=False)
class Comparison:
    reader: Reader
    actor: Principal
    unit: RowMapping
    version: Version
    now: PlanState
    before: PlanState | None
    year: int
    last: LastYear
    apart: frozenset[ItemRef] = frozenset()  # items that are not the unit's own, such as its targets

    def items(self) -> Iterator[CompiledItem]:
        """What people can enter at an organisation."""
        for item in self.now.model.items.values():
            own = item.type == "number" and item.grain and ORG in item.dims and not item.always_formula
            if own and item.ref not in self.apart:
                yield item

    def by_round(self) -> Iterator[Row]:
        """A row per period whose figure may have changed since the submission before."""
        if self.before is None:
            return
        touches = self._touches(self.before.seq, self.now.seq)
        for item in self.items():
            keys = keys_of(self.now.model.calendar, item, self.year)
            nodes = self.nodes(item, self.now, self.before)
            after, was = self._read(self.now, item, nodes, keys), self._read(self.before, item, nodes, keys)
            whole = self._year_total(item, nodes)
            for i, node in enumerate(nodes):
                members = self._named(item, node)
                for j, (_, code) in enumerate(keys):
                    if after.hidden[i][j]:
                        continue
                    touch = touches.get((cells.code_of(item.ref), tuple(m[1] for m in members), code))
                    partial = after.partial[i][j]
                    yield Row(item, members, code, was.amounts[i][j], after.amounts[i][j], whole[i], partial, touch)

    def by_year(self) -> Iterator[Row]:
        """A row per year figure of what adds up over time."""
        if self.last.known is None:
            return
        for item in self._additive():
            nodes = self.nodes(item, self.now, self.last.known.state)
            after = self._read(self.now, item, nodes, keys_of(self.now.model.calendar, item, self.year))
            was = self.last.read(self.actor, item, nodes)
            for i, node in enumerate(nodes):
                if all(after.hidden[i]):
                    continue
                whole = _sum(after.amounts[i])
                partial = any(after.partial[i])
                yield Row(item, self._named(item, node), str(self.year), _sum(was[i]), whole, whole, partial)

    def figures(self) -> Iterator[Figure]:
        """Money items that add up, at the unit and the tops of their other dimensions; those without any figure are left out."""
        for item in self._additive():
            if item.definition.unit != self.now.model.definition.currency:
                continue
            nodes = self._tops(item)
            keys = keys_of(self.now.model.calendar, item, self.year)
            after = self._read(self.now, item, nodes, keys)
            was = self._read(self.before, item, nodes, keys).amounts if self.before else [[None] * len(keys)]
            then = self.last.read(self.actor, item, nodes) if self.last.known is not None else [[None] * len(keys)]
            now, before, last = (_per_column(part, len(keys)) for part in (after.amounts, was, then))
            months = tuple(zip((code for _, code in keys), now, before, last, strict=True))
            total = _sum(now)
            if total is not None or _sum(before) is not None:
                yield Figure(item, total, _sum(before), _sum(last), months, any(any(p) for p in after.partial))

    def _additive(self) -> Iterator[CompiledItem]:
        return (i for i in self.items() if i.time.kind == "sum" and i.total.kind == "sum")

    # --- where ---------------------------------------------------------------------------------------------------

    def nodes(self, item: CompiledItem, *among: PlanState) -> NDArray[np.int32]:
        """int32[n, dims]: the unit's organisation with every combination of other leaf members that any state holds there."""
        at = item.dims.index(ORG)
        below = ModelTrees(self.now.model).leaves(ORG, self.unit["org"])
        found = []
        for state in among:
            there = state.model.items.get(item.ref)
            if there is not None and there.dims == item.dims:
                keys = state.sheet.leaves(item.ref).keys
                found.append(keys[np.isin(keys[:, at], below)])
        rows = np.concatenate(found) if found else np.zeros((0, len(item.dims)), np.int32)
        rows = rows.astype(np.int32, copy=True)
        rows[:, at] = self._org_id
        return np.unique(rows, axis=0)

    def _tops(self, item: CompiledItem) -> NDArray[np.int32]:
        model = self.now.model
        tops = [[self._org_id] if d == ORG else [m.id for m in model.dimensions[d].tops()] for d in item.dims]
        return np.array(list(product(*tops)), np.int32).reshape(-1, len(item.dims))

    @property
    def _org_id(self) -> int:
        member = self.now.model.dimensions[ORG].find(self.unit["org"])
        assert member is not None, "a unit's organisation is a member of the model"
        return member.id

    def _named(self, item: CompiledItem, node: NDArray[np.int32]) -> tuple[tuple[str, str, str], ...]:
        dims = self.now.model.dimensions
        found = [(d, dims[d].by_id[int(m)]) for d, m in zip(item.dims, node, strict=True) if d != ORG]
        return tuple((d, m.code, m.name) for d, m in found)

    # --- figures -------------------------------------------------------------------------------------------------

    def _read(
        self, state: PlanState, item: CompiledItem, nodes: NDArray[np.int32], keys: Sequence[tuple[object, str]]
    ) -> "_Read":
        there = state.model.items.get(item.ref)
        found = [state.model.calendar.find(code) for _, code in keys]
        if there is None or there.dims != item.dims or not len(nodes):
            nothing: list[list[Decimal | None]] = [[None] * len(keys) for _ in nodes]
            return _Read(nothing, [[False] * len(keys) for _ in nodes], [[True] * len(keys) for _ in nodes])
        periods = [key for key in found if key is not None]
        read = scoped.read(state, self.version.code, self.actor, there, nodes=nodes, periods=periods)
        amounts = [
            [cells.shown(there, float(v), int(s)) for v, s in zip(vs, ss, strict=True)]
            for vs, ss in zip(read.values, read.states, strict=True)
        ]
        return _Read(amounts, (read.classes == scoped.PARTIAL).tolist(), (read.classes == scoped.OUTSIDE).tolist())

    def _year_total(self, item: CompiledItem, nodes: NDArray[np.int32]) -> list[Decimal | None]:
        if not len(nodes):
            return []
        code = str(self.year)
        key = self.now.model.calendar.find(code)
        if key is None:
            return [None] * len(nodes)
        return [row[0] for row in self._read(self.now, item, nodes, [(key, code)]).amounts]

    def _touches(self, after: int, upto: int) -> dict[tuple[str, tuple[str, ...], str], Touch]:
        """The newest change of each cell between two seqs, the unit's organisations taken together."""
        model = self.now.model
        out: dict[tuple[str, tuple[str, ...], str], Touch] = {}
        below = set(ModelTrees(model).leaves(ORG, self.unit["org"]).tolist())
        rows = self.reader.rows(
            "planning.recent_changes", version=self.unit["version_id"], after=after, upto=upto, unit="*"
        )
        for row in rows:
            change = decode_changes(row["payload"])
            touch = Touch(row["author_name"], row["at"], row["reason"])
            for k in range(len(change)):
                item = model.items.get(cells.ref_of(change.items[change.item[k]]))
                if item is None or ORG not in item.dims:
                    continue
                at = change.members[k, : len(item.dims)]
                if int(at[item.dims.index(ORG)]) in below:
                    others = tuple(m[1] for m in self._named(item, at))
                    key = (cells.code_of(item.ref), others, change.periods[change.period[k]])
                    out.setdefault(key, touch)
        return out


@dataclass(frozen=True, slots=True)
class _Read:
    amounts: list[list[Decimal | None]]
    partial: list[list[bool]]
    hidden: list[list[bool]]


def _per_column(part: Sequence[Sequence[Decimal | None]], columns: int) -> list[Decimal | None]:
    """The rows added up; a part that is shorter is blank beyond its end."""
    return [_sum([row[j] if j < len(row) else None for row in part]) for j in range(columns)]


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [a for a in amounts if a is not None]
    return sum(known, Decimal(0)) if known else None
