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

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.queries import policy as policy_in_force
from bihuan.features.integration.model import LINE_TABLE
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring.measures import LedgerAmount, node_of, progress, span, terms_of
from bihuan.features.monitoring.model import Case, ClosingRate, Event, NoSuchCase, Place, Terms, VarianceRow
from bihuan.features.planning import queries as planning
from bihuan.features.planning.cells import ref_of
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
    compiled = modelling.compiled(reader, model)
    found = compiled.item(*_names(item))
    shown = list(nodes) if nodes is not None else children(compiled, along, members[along])
    places = [{**members, along: node} for node in shown]
    periods = span(compiled.calendar, period, ytd=ytd)
    policy = controlling(reader, compiled, model, item)
    if policy is not None:
        terms = _ledger_terms(reader, actor, compiled, found, policy, places, periods)
    else:
        terms = _plan_terms(reader, actor, model, found, places, periods)
    dimension = compiled.dimensions[along]
    return [
        VarianceRow(
            node=node,
            name=dimension.by_code[node].name,
            item=item,
            period=period,
            ytd=ytd,
            terms=said[0],
            favourable_when=found.definition.favourable,
            progress=progress(compiled.calendar, period),
            origin="ledger" if policy is not None else "plan",
            partial=said[1],
        )
        for node, said in zip(shown, terms, strict=True)
        if said is not None
    ]


def _names(item: str) -> tuple[str, str]:
    ref = ref_of(item)
    return ref.cube, ref.item


def controlling(reader: Reader, compiled: CompiledModel, model: str, item: str) -> PolicyInForce | None:
    """The policy whose released version of this model holds the item, or None."""
    ids = {version.id for version in _versions(reader, model)}
    for row in reader.rows("monitoring.policies"):
        if item in row["items"] and row["version_id"] in ids:
            return policy_in_force(reader, row["code"])
    return None


def _versions(reader: Reader, model: str) -> Sequence[planning.Version]:
    from bihuan.features.planning.versions import all_of

    return all_of(reader, modelling.find(reader, model).id)


Said = tuple[Terms, bool] | None


def _ledger_terms(
    reader: Reader,
    actor: Principal,
    compiled: CompiledModel,
    item: CompiledItem,
    policy: PolicyInForce,
    places: Sequence[Mapping[str, str]],
    periods: Sequence[str],
) -> list[Said]:
    code = f"{item.ref.cube}!{item.ref.item}"
    rows = reader.rows("monitoring.ledger_terms", policy_id=policy.id, periods=list(periods), item=code)
    visible = _visible(actor, compiled, item, [row["coordinate"] for row in rows])
    amounts = [
        LedgerAmount(row["coordinate"], row["stage"], row["original"], row["amount"], bool(seen))
        for row, seen in zip(rows, visible, strict=True)
    ]
    out: list[Said] = []
    for place in places:
        terms, partial = terms_of(node_of(compiled, place), amounts)
        out.append(None if partial and terms == Terms() else (terms, partial))
    return out


def _visible(
    actor: Principal, compiled: CompiledModel, item: CompiledItem, places: Sequence[Mapping[str, str]]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """bool[n]: leaf coordinates inside the actor's read scope; one that names no leaf of the model is not."""
    scope = actor.scope("plan.read", compiled.definition.name).on(item=f"{item.ref.cube}!{item.ref.item}")
    if scope.is_everything or not places:
        return np.ones(len(places), bool)
    ids = np.full((len(places), len(item.dims)), -1, np.int32)
    for d, dim in enumerate(item.dims):
        by_code = compiled.dimensions[dim].by_code
        for i, place in enumerate(places):
            member = by_code.get(place.get(dim, ""))
            ids[i, d] = member.id if member else -1
    known = (ids >= 0).all(axis=1)
    out = np.zeros(len(places), bool)
    if known.any():
        out[known] = scope.rows(item.dims, ids[known])
    return out


def _plan_terms(
    reader: Reader,
    actor: Principal,
    model: str,
    item: CompiledItem,
    places: Sequence[Mapping[str, str]],
    periods: Sequence[str],
) -> list[Said]:
    """Budget and actual versions, added over the periods; a cell that is hidden makes the row's span partial."""
    rows = [{dim: place[dim] for dim in item.dims} for place in places]
    sides = []
    for role in (BUDGET, ACTUAL):
        version = planning.version(reader, model, role)
        sides.append(
            planning.read_cells(reader, actor, version_id=version.id, item=item.ref, rows=rows, periods=periods)
        )
    out: list[Said] = []
    for i in range(len(rows)):
        if all(hidden for side in sides for hidden in side.hidden[i]):
            out.append(None)
            continue
        budget, actual = (_sum(side.values[i]) for side in sides)
        partial = any(flag for side in sides for flag in (*side.partial[i], *side.hidden[i]))
        out.append((Terms(original=budget, executed=actual), partial))
    return out


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
    compiled = modelling.compiled(reader, model)
    found = compiled.item(*_names(item))
    periods = span(compiled.calendar, period, ytd=ytd)
    table = _lines_under(reader, warehouse, compiled, found, members, periods)
    table = None if table is None else _within_scope(actor, compiled, found, table)
    if table is None:
        return Drill(0, ZERO, [])
    said = table.aggregate(count=table.count(), amount=table.amount.sum()).to_pyarrow().to_pylist()[0]
    order = [name for name in ("period", "src_voucher", "batch", "record") if name in table.columns]
    page = table.order_by(order).limit(limit, offset=skip).drop("voucher_key", "voucher_hash").to_pyarrow()
    return Drill(said["count"], said["amount"] or ZERO, page.to_pylist())


def _lines_under(
    reader: Reader,
    warehouse: Warehouse,
    compiled: CompiledModel,
    item: CompiledItem,
    members: Mapping[str, str],
    periods: Sequence[str],
) -> ir.Table | None:
    batches = [int(row["id"]) for row in reader.rows("monitoring.batches", model=compiled.definition.name)]
    table = warehouse.scan(reader, LINE_TABLE, first=periods[0], last=periods[-1], batches=batches)
    if table is None or any(f"dim_{dim}" not in table.columns for dim in item.dims):
        return None
    node = node_of(compiled, {dim: members[dim] for dim in item.dims})
    keep = (table.item == f"{item.ref.cube}!{item.ref.item}") & table.period.isin(list(periods))
    for dim, leaves in node.leaves.items():
        keep &= table[f"dim_{dim}"].isin(list(leaves))
    return table.filter(keep)


def _within_scope(actor: Principal, compiled: CompiledModel, item: CompiledItem, table: ir.Table) -> ir.Table | None:
    columns = [f"dim_{dim}" for dim in item.dims]
    scope = actor.scope("plan.read", compiled.definition.name).on(item=f"{item.ref.cube}!{item.ref.item}")
    if scope.is_everything:
        return table
    places = table.select(columns).distinct().to_pyarrow() if columns else pa.table({})
    coordinates = [{d: row[f"dim_{d}"] for d in item.dims} for row in places.to_pylist()]
    visible = _visible(actor, compiled, item, coordinates)
    if not visible.any():
        return None
    return table.semi_join(ibis.memtable(places.filter(pa.array(visible))), columns)


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
