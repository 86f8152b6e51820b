"""Reads of monitoring: variance by organisation and item, drill to voucher lines, cases, the closing rate.

Numbers of a controlled item come from the control ledger alone; of another item from the plan versions in the roles 预算 and
实际. Whatever leaves is cut by the actor's read scope on the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.access.scope import Scope
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.queries import policy as policy_in_force
from bihuan.features.integration.model import LINE_TABLE
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring.measures import LedgerAmount, node_of, progress, span, terms_of
from bihuan.features.monitoring.model import Case, ClosingRate, Event, NoSuchCase, Place, Terms, VarianceRow
from bihuan.features.planning import queries as planning
from bihuan.features.planning.cells import code_of, ref_of
from bihuan.features.planning.versions import all_of
from bihuan.kernel.errors import NotFound
from bihuan.store.unit_of_work import Reader
from bihuan.store.warehouse import Warehouse

BUDGET, ACTUAL = "预算", "实际"
ZERO = Decimal(0)


def children(model: CompiledModel, dim: str, node: str) -> list[str]:
    """A node and its children in the main tree, in display order: the rows of a variance table."""
    dimension = model.dimensions.get(dim)
    member = dimension.find(node) if dimension else None
    if dimension is None or member is None:
        raise NotFound(f"{dim} 里没有成员 {node}", dimension=dim, member=node)
    tree = dimension.trees.get("")
    below = tree.children().get(member.id, ()) if tree else ()
    return [member.code, *(dimension.by_id[edge.child].code for edge in below)]


def variance(
    reader: Reader,
    actor: Principal,
    *,
    model: str,
    item: str,
    members: Mapping[str, str],
    along: str = "org",
    nodes: Sequence[str] | None = None,
    period: str,
    ytd: bool = False,
) -> list[VarianceRow]:
    """One row per node of ``along`` (default: the named member and its children); the other dimensions stay at ``members``.

    ``item`` is cube!item. Nodes of which nothing is visible are left out.
    """
    actor.require("monitoring.read")
    view = _view(reader, actor, model, item)
    calendar = view.model.calendar
    shown = list(nodes) if nodes is not None else children(view.model, along, members[along])
    places = [{**members, along: node} for node in shown]
    periods = span(calendar, period, ytd=ytd)
    policy = controlling(reader, model, item)
    terms = view.plan_terms(places, periods) if policy is None else view.ledger_terms(policy.id, places, periods)
    return [
        VarianceRow(
            node=node,
            name=view.model.dimensions[along].by_code[node].name,
            item=item,
            period=period,
            ytd=ytd,
            terms=said[0],
            favourable_when=view.item.definition.favourable,
            progress=progress(calendar, period),
            origin="plan" if policy is None else "ledger",
            partial=said[1],
        )
        for node, said in zip(shown, terms, strict=True)
        if said is not None and not (said[0] == Terms() and _is_own_leaf(view.model, along, node))
    ]


def _is_own_leaf(model: CompiledModel, dim: str, code: str) -> bool:
    """A 本级 without any amount is not worth a row."""
    return model.dimensions[dim].by_code[code].own_of is not None


def controlling(reader: Reader, model: str, item: str) -> PolicyInForce | None:
    """The policy whose released version of this model holds the item, or None."""
    ids = {version.id for version in all_of(reader, modelling.find(reader, model).id)}
    for row in reader.rows("monitoring.policies"):
        if item in row["items"] and row["version_id"] in ids:
            return policy_in_force(reader, row["code"])
    return None


Said = tuple[Terms, bool] | None


@dataclass(frozen=True, eq=False)
class _View:
    """An item as one actor sees it. Answers per place: the terms, and whether only a part is visible; None = nothing is."""

    reader: Reader
    actor: Principal
    model: CompiledModel
    item: CompiledItem

    @property
    def code(self) -> str:
        """cube!item."""
        return code_of(self.item.ref)

    @property
    def scope(self) -> Scope:
        """The actor's read scope on the item."""
        return self.actor.scope("plan.read", self.model.definition.name).on(item=self.code)

    def ledger_terms(self, policy_id: int, places: Sequence[Mapping[str, str]], periods: Sequence[str]) -> list[Said]:
        """From the control ledger."""
        rows = self.reader.rows("monitoring.ledger_terms", policy_id=policy_id, periods=list(periods), item=self.code)
        amounts = [
            LedgerAmount(row["coordinate"], row["stage"], row["original"], row["amount"], bool(seen))
            for row, seen in zip(rows, self.visible([row["coordinate"] for row in rows]), strict=True)
        ]
        out: list[Said] = []
        for place in places:
            terms, partial = terms_of(node_of(self.model, place), amounts)
            out.append(None if partial and terms == Terms() else (terms, partial))
        return out

    def plan_terms(self, places: Sequence[Mapping[str, str]], periods: Sequence[str]) -> list[Said]:
        """From the budget and actual versions, added over the periods."""
        budget, actual = (self._cells(role, places, periods) for role in (BUDGET, ACTUAL))
        out: list[Said] = []
        for i in range(len(places)):
            hidden = [*budget.hidden[i], *actual.hidden[i]]
            terms = Terms(original=_sum(budget.values[i]), executed=_sum(actual.values[i]))
            partial = any(hidden) or any(budget.partial[i]) or any(actual.partial[i])
            out.append(None if all(hidden) else (terms, partial))
        return out

    def _cells(self, role: str, places: Sequence[Mapping[str, str]], periods: Sequence[str]) -> planning.Cells:
        version = planning.version(self.reader, self.model.definition.name, role)
        rows = [{dim: place[dim] for dim in self.item.dims} for place in places]
        return planning.read_cells(
            self.reader, self.actor, version_id=version.id, item=self.item.ref, rows=rows, periods=periods
        )

    def visible(self, places: Sequence[Mapping[str, str]]) -> NDArray[np.bool_]:
        """bool[n]: leaf coordinates inside the scope; one that names no leaf of the model is not."""
        if self.scope.is_everything or not places:
            return np.ones(len(places), np.bool_)
        ids = np.full((len(places), len(self.item.dims)), -1, np.int32)
        for d, dim in enumerate(self.item.dims):
            by_code = self.model.dimensions[dim].by_code
            ids[:, d] = [by_code[p[dim]].id if p.get(dim) in by_code else -1 for p in places]
        known = (ids >= 0).all(axis=1)
        out = np.zeros(len(places), np.bool_)
        out[known] = self.scope.rows(self.item.dims, ids[known])
        return out

    def lines(self, warehouse: Warehouse, place: Mapping[str, str], periods: Sequence[str]) -> ir.Table | None:
        """The voucher lines under a place, before the scope."""
        model = self.model.definition.name
        batches = [int(row["id"]) for row in self.reader.rows("monitoring.batches", model=model)]
        table = warehouse.scan(self.reader, LINE_TABLE, first=periods[0], last=periods[-1], batches=batches)
        if table is None or any(f"dim_{dim}" not in table.columns for dim in self.item.dims):
            return None
        keep = (table.item == self.code) & table.period.isin(list(periods))
        for dim, leaves in node_of(self.model, {dim: place[dim] for dim in self.item.dims}).leaves.items():
            keep &= table[f"dim_{dim}"].isin(list(leaves))
        return table.filter(keep)

    def cut(self, table: ir.Table) -> ir.Table | None:
        """The lines of a table that the scope lets through."""
        columns = [f"dim_{dim}" for dim in self.item.dims]
        if self.scope.is_everything:
            return table
        places = table.select(columns).distinct().to_pyarrow()
        seen = self.visible([{d: row[f"dim_{d}"] for d in self.item.dims} for row in places.to_pylist()])
        return table.semi_join(ibis.memtable(places.filter(pa.array(seen))), columns) if seen.any() else None


def _view(reader: Reader, actor: Principal, model: str, item: str) -> _View:
    compiled = modelling.compiled(reader, model)
    ref = ref_of(item)
    return _View(reader, actor, compiled, compiled.item(ref.cube, ref.item))


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    said = [v for v in values if v is not None]
    return sum(said, ZERO) if said else None


# --- drill -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drill:
    """The voucher lines behind an actual: how many, their sum, and a page of them."""

    count: int
    amount: Decimal
    lines: Sequence[Mapping[str, Any]]


def drill(
    reader: Reader,
    actor: Principal,
    warehouse: Warehouse,
    *,
    model: str,
    item: str,
    members: Mapping[str, str],
    period: str,
    ytd: bool = False,
    limit: int = 200,
    skip: int = 0,
) -> Drill:
    """The lines of all sources of the model that make up an executed amount, cut by the scope; in order of voucher."""
    actor.require("monitoring.read")
    view = _view(reader, actor, model, item)
    table = view.lines(warehouse, members, span(view.model.calendar, period, ytd=ytd))
    table = None if table is None else view.cut(table)
    if table is None:
        return Drill(0, ZERO, [])
    said = table.aggregate(count=table.count(), amount=table.amount.sum()).to_pyarrow().to_pylist()[0]
    order = [name for name in ("period", "src_voucher", "batch", "record") if name in table.columns]
    page = table.order_by(order).limit(limit, offset=skip).drop("voucher_key", "voucher_hash").to_pyarrow()
    return Drill(said["count"], said["amount"] or ZERO, page.to_pylist())


# --- cases -----------------------------------------------------------------------------------------------------------


def case(reader: Reader, actor: Principal, *, case_id: int) -> Case:
    """A case with its events; one outside the actor's scope does not exist for them."""
    actor.require("monitoring.read")
    row = reader.row("monitoring.case", id=case_id)
    if row is None or not sees(actor, case_of(row)):
        raise NoSuchCase(case=case_id)
    return case_of(row, [Event(**e) for e in reader.rows("monitoring.events", case_id=case_id)])


def cases(
    reader: Reader, actor: Principal, *, model: str | None = None, state: str | None = None, count: int = 200
) -> list[Case]:
    """The newest cases inside the actor's scope."""
    actor.require("monitoring.read")
    found = [case_of(row) for row in reader.rows("monitoring.cases", model=model, state=state, count=count)]
    return [each for each in found if sees(actor, each)]


def closing_rate(reader: Reader, actor: Principal, *, model: str, since: datetime, until: datetime) -> ClosingRate:
    """闭环率 of the cases due in [since, until) that the actor may see."""
    actor.require("monitoring.read")
    found = [case_of(row) for row in reader.rows("monitoring.cases_due", model=model, since=since, until=until)]
    return ClosingRate([each for each in found if sees(actor, each)])


def sees(actor: Principal, case: Case) -> bool:
    """True when at least part of the case's place is inside the read scope."""
    scope = actor.scope("plan.read", case.model)
    place = {**case.place.members, "item": case.place.item}
    return scope.is_everything or scope.classify(place) != "outside"


def case_of(row: Mapping[Any, Any], events: Sequence[Event] = ()) -> Case:
    """A row of deviation_case as a value."""
    names = ("id", "model", "kind", "rule", "amount", "state", "title", "opened_at", "due_at", "closed_at")
    return Case(place=Place(**row["place"]), events=tuple(events), **{name: row[name] for name in names})
