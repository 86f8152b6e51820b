"""Reads of the execution board: one aggregation of the ledger for a whole subtree, and the documents behind a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring.alert_text import Span
from bihuan.features.monitoring.board import Axis, Board, Seen, axis_of, roll_up
from bihuan.features.monitoring.measures import node_of, pace, period_on, spanned
from bihuan.features.monitoring.model import NotReleased, Terms, VarianceRow
from bihuan.features.monitoring.view import View, controlled_items, controlling, view_of
from bihuan.kernel.errors import Invalid, NotFound
from bihuan.store.unit_of_work import Reader


def current_period(reader: Reader, model: CompiledModel) -> str:
    """The leaf period the business date lies in."""
    return period_on(model.calendar, business_date(reader))


def board(
    reader: Reader,
    actor: Principal,
    *,
    model: str,
    item: str | None = None,
    along: Sequence[str] | None = None,
    members: Mapping[str, str] | None = None,
    period: str | None = None,
    span: Span = "year",
) -> Board:
    """The board of one item: every node pair of its first two dimensions below ``members`` (default: the tops).

    ``item``: cube!item, default the first whose budget was released; ``period``: where the span ends, default the business
    date's. Reads the ledger alone. Raises `NotReleased` for an item without released budget.
    """
    actor.require("monitoring.read")
    chosen = item or next(iter(controlled_items(reader, model)), None)
    if chosen is None:
        raise NotReleased(model=model)
    view = view_of(reader, actor, model, chosen)
    asked = period or current_period(reader, view.model)
    periods = spanned(view.model.calendar, asked, span)
    policy = controlling(reader, model, chosen, periods)
    if policy is None:
        raise NotReleased(model=model, item=chosen)
    axes, fixed = _axes(view, along, members or {})
    amounts = [a for a in view.ledger_amounts(policy, periods) if _inside(view.model, fixed, a.members)]

    def see(node: tuple[str, ...]) -> Seen:
        return view.classify({**fixed, **{axis.dim: code for axis, code in zip(axes, node, strict=True)}})

    found = roll_up(axes, amounts, see)
    progress = pace(view.model.calendar, asked, span)
    names = [{node.code: node.name for node in axis.nodes} for axis in axes]
    rows = {
        node: VarianceRow(
            node=node[0],
            name=" ".join(named[code] for named, code in zip(names, node, strict=True)),
            item=chosen,
            period=asked,
            ytd=span == "to_date",
            terms=terms,
            favourable_when=view.item.definition.favourable,
            progress=progress,
            origin="ledger",
            partial=partial,
        )
        for node, (terms, partial) in found.items()
        if terms != Terms()
    }
    shown = tuple(_shown(view, axis, rows, i) for i, axis in enumerate(axes))
    return Board(chosen, policy.policy.code, policy.policy.transfer_flow, asked, span, shown, rows)


def _axes(
    view: View, along: Sequence[str] | None, members: Mapping[str, str]
) -> tuple[tuple[Axis, ...], dict[str, str]]:
    """The trees down the rows, and the member every other dimension stays at."""
    dims = view.item.dims
    wanted = list(along) if along else list(dims[:2])
    if not wanted or len(wanted) > 2 or set(wanted) - set(dims) or len(set(wanted)) != len(wanted):
        raise Invalid("看板按指标的一个或两个维度展开", found=wanted, expected=list(dims))
    axes = tuple(axis_of(view.model, dim, members.get(dim)) for dim in wanted)
    rest = [dim for dim in dims if dim not in wanted]
    return axes, {dim: members.get(dim) or axis_of(view.model, dim).root for dim in rest}


def _inside(model: CompiledModel, fixed: Mapping[str, str], members: Mapping[str, str]) -> bool:
    return not fixed or node_of(model, fixed).weight(members) != 0


def _shown(view: View, axis: Axis, rows: Mapping[tuple[str, ...], VarianceRow], place: int) -> Axis:
    """The axis without the nodes that have no row: neither amounts nor names of what is not to be seen leave."""
    there = {node[place] for node in rows}
    kept = tuple(node for node in axis.nodes if node.code in there)
    return Axis(axis.dim, kept or axis.nodes[:1] if view.scope.is_everything else kept, axis.above)


@dataclass(frozen=True, slots=True)
class OpenHold:
    """What a document still holds at one place."""

    document_id: int
    number: str
    title: str
    kind: str
    requester: str
    created_at: datetime
    members: Mapping[str, str]
    period: str
    stage: str
    amount: Decimal


def open_holds(
    reader: Reader,
    actor: Principal,
    *,
    model: str,
    item: str,
    members: Mapping[str, str],
    period: str,
    span: Span = "year",
    stages: Sequence[str] = ("reserved", "committed"),
) -> list[OpenHold]:
    """The documents behind the reserved and committed amounts of a node, cut by the scope, oldest first."""
    actor.require("monitoring.read")
    view = view_of(reader, actor, model, item)
    missing = [dim for dim in view.item.dims if dim not in members]
    if missing:
        raise NotFound("每个维度都要指定成员", missing=missing)
    return [h for h in holds_of(view, period, span, node_members=members) if h.stage in stages]


def holds_of(view: View, period: str, span: Span, *, node_members: Mapping[str, str] | None = None) -> list[OpenHold]:
    """All visible open holds of an item in a span, or those under a node."""
    periods = spanned(view.model.calendar, period, span)
    policy = controlling(view.reader, view.model.definition.name, view.code, periods)
    if policy is None:
        return []
    rows: Sequence[Any] = view.reader.rows("monitoring.holds_of_item", **view.in_ledger(policy, periods))
    node = (
        node_of(view.model, {d: node_members[d] for d in view.item.dims if d in node_members}) if node_members else None
    )
    rows = [r for r in rows if node is None or node.weight(r["coordinate"])]
    seen = view.visible([r["coordinate"] for r in rows])
    names = ("document_id", "number", "title", "kind", "requester", "created_at", "period", "stage", "amount")
    return [
        OpenHold(members={d: r["coordinate"].get(d, "") for d in view.item.dims}, **{n: r[n] for n in names})
        for r, see in zip(rows, seen, strict=True)
        if see
    ]


def loaded_at(reader: Reader, model: str) -> datetime | None:
    """When the actuals were last loaded."""
    found: datetime | None = reader.value("monitoring.last_published", model=model)
    return found


def today(reader: Reader) -> date:
    """The business date."""
    return business_date(reader)


def title_of(reader: Reader, model: str, item: str) -> str:
    """An item's cube and name as people read it."""
    compiled = modelling.compiled(reader, model)
    cube, _, code = item.partition("!")
    return f"{next(c.title for c in compiled.definition.cubes if c.code == cube)} {compiled.item(cube, code).definition.name}"
