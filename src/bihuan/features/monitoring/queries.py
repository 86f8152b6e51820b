"""Reads of monitoring: variance by organisation and item, drill to voucher lines, cases, the closing rate.

Numbers of a controlled item come from the control ledger alone; of another item from the plan versions in the roles 预算 and
实际. Whatever leaves is cut by the actor's read scope on the plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.monitoring.alert_text import Span
from bihuan.features.monitoring.measures import progress, spanned
from bihuan.features.monitoring.model import Case, ClosingRate, Event, NoSuchCase, Place, Terms, VarianceRow
from bihuan.features.monitoring.view import ZERO, controlling, view_of
from bihuan.kernel.errors import NotFound
from bihuan.store.unit_of_work import Reader
from bihuan.store.warehouse import Warehouse

SCANNED = 5000  # cases looked through for those inside a scope


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
    view = view_of(reader, actor, model, item)
    calendar = view.model.calendar
    shown = list(nodes) if nodes is not None else children(view.model, along, members[along])
    places = [{**members, along: node} for node in shown]
    periods = spanned(calendar, period, "to_date" if ytd else "month")
    policy = controlling(reader, model, item, periods)
    terms = view.plan_terms(places, periods) if policy is None else view.ledger_terms(policy, places, periods)
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
    span: Span | None = None,
    limit: int = 200,
    skip: int = 0,
) -> Drill:
    """The lines of all sources of the model that make up an executed amount, cut by the scope; in order of voucher."""
    actor.require("monitoring.read")
    view = view_of(reader, actor, model, item)
    how: Span = span or ("to_date" if ytd else "month")
    table = view.lines(warehouse, members, spanned(view.model.calendar, period, how))
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
    reader: Reader,
    actor: Principal,
    *,
    model: str | None = None,
    state: str | None = None,
    mine: bool = False,
    count: int = 200,
) -> list[Case]:
    """The newest cases inside the actor's scope; ``mine``: those that wait for the actor."""
    actor.require("monitoring.read")
    rows = reader.rows("monitoring.cases", model=model, state=state, count=SCANNED)
    found = [case_of(row) for row in rows]
    return [c for c in found if (not mine or actor.login in c.holders) and sees(actor, c)][:count]


def closing_rate(reader: Reader, actor: Principal, *, model: str, since: datetime, until: datetime) -> ClosingRate:
    """闭环率 of the cases due in [since, until) that the actor may see."""
    actor.require("monitoring.read")
    found = [case_of(row) for row in reader.rows("monitoring.cases_due", model=model, since=since, until=until)]
    return ClosingRate([each for each in found if sees(actor, each)])


def owner(reader: Reader, case_id: int) -> str:
    """Login of a case's owner as it stands now; "" when nobody is."""
    row = reader.row("monitoring.case", id=case_id)
    return "" if row is None else str(row["owner"])


def sees(actor: Principal, case: Case) -> bool:
    """True when the whole of a case's place is inside the read scope: title and amount speak of all of it."""
    scope = actor.scope("plan.read", case.model)
    place = {**case.place.members, "item": case.place.item}
    return scope.is_everything or scope.classify(place) == "inside"


def case_of(row: Mapping[Any, Any], events: Sequence[Event] = ()) -> Case:
    """A row of deviation_case as a value."""
    names = ("id", "model", "kind", "rule", "amount", "state", "title", "opened_at", "due_at", "closed_at", "owner")
    more = ("held_since", "transfer_id", "decision", "decided_by")
    return Case(
        place=Place(**row["place"]),
        holders=tuple(row["holder"].split(",")) if row["holder"] else (),
        events=tuple(events),
        **{name: row[name] for name in (*names, *more)},
    )
