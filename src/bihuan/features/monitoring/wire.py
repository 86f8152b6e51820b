"""What monitoring says over HTTP. Amounts are decimal strings, blank is null, ratios have six places."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field

from bihuan.features.access.model import Principal
from bihuan.features.control.wire import LineIn
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring import commands
from bihuan.features.monitoring.alert_text import Severity, Span
from bihuan.features.monitoring.board import Axis, Board
from bihuan.features.monitoring.board_queries import OpenHold
from bihuan.features.monitoring.model import Case, Decision, VarianceRow
from bihuan.features.monitoring.people import coordinate, names
from bihuan.features.process import queries as process
from bihuan.kernel.errors import NotFound
from bihuan.store.unit_of_work import Reader

TRANSFER = "transfer"


class VarianceIn(BaseModel):
    """Which variance: ``members`` name one member per dimension of the item; rows go along ``along``."""

    model: str
    item: str = Field(description="cube!item")
    members: dict[str, str]
    along: str = "org"
    nodes: list[str] | None = None
    period: str
    ytd: bool = False


class VarianceOut(BaseModel):
    """One row; amounts are decimal strings, blank is null. ``rate`` is the difference over the budget."""

    node: str
    name: str
    original: str | None
    adjusted: str | None
    budget: str | None
    reserved: str | None
    committed: str | None
    executed: str | None
    difference: str | None
    rate: str | None
    execution_rate: str | None
    progress: str
    verdict: Literal["favourable", "unfavourable", "none"]
    origin: Literal["ledger", "plan"]
    partial: bool


class DrillIn(BaseModel):
    """Which executed amount. ``span`` instead of ``ytd``: month, to_date, or year for the whole fiscal year."""

    model: str
    item: str
    members: dict[str, str]
    period: str
    ytd: bool = False
    span: Span | None = None
    limit: int = Field(200, ge=1, le=5000)
    skip: int = Field(0, ge=0)


class DrillOut(BaseModel):
    """Voucher lines: how many there are, their sum, and a page."""

    count: int
    amount: str
    lines: list[dict[str, Any]]


class BoardIn(BaseModel):
    """Which board. ``item`` null: the first whose budget was released; ``members``: where each tree begins (default its top).

    ``along``: one or two dimensions down the rows; ``span``: month, to_date, or year (the whole fiscal year, judged by the
    time that has passed at ``period``; null = the business date's).
    """

    model: str
    item: str | None = None
    along: list[str] | None = None
    members: dict[str, str] = {}
    period: str | None = None
    span: Span = "year"


class AxisNodeOut(BaseModel):
    code: str
    name: str
    parent: str | None
    depth: int
    leaf: bool
    own: bool


class AxisOut(BaseModel):
    """A tree of rows in display order; only nodes that have a row."""

    dim: str
    name: str
    nodes: list[AxisNodeOut]


class BoardRowOut(BaseModel):
    """One place. ``at``: a node per axis; ``ahead``: execution rate minus time progress, as a share; ``partial``: 部分."""

    at: list[str]
    original: str | None
    adjusted: str | None
    budget: str | None
    reserved: str | None
    committed: str | None
    executed: str | None
    available: str | None
    difference: str | None
    rate: str | None
    execution_rate: str | None
    ahead: str | None
    verdict: Literal["favourable", "unfavourable", "none"]
    partial: bool


class BoardOut(BaseModel):
    """The whole subtree at once: every pair of nodes that has amounts and may be seen."""

    model: str
    policy: str
    transfer_flow: str
    item: str
    title: str
    items: list[str]
    favourable: Literal["more", "less", ""]
    period: str
    span: Span
    progress: str
    passed: int
    periods: int
    loaded_at: datetime | None
    axes: list[AxisOut]
    rows: list[BoardRowOut]


class HoldsIn(BaseModel):
    """Which reserved or committed amounts: one member per dimension of the item."""

    model: str
    item: str
    members: dict[str, str]
    period: str
    span: Span = "year"
    stages: list[Literal["reserved", "committed"]] = ["reserved", "committed"]


class HoldOut(BaseModel):
    """What a document or a transfer under approval holds at one place."""

    document_id: int
    number: str
    title: str
    kind: str
    requester: str
    created_at: datetime
    members: dict[str, str]
    period: str
    stage: Literal["reserved", "committed"]
    amount: str


class AlertRowOut(BaseModel):
    """An alert of the package at one place, for as long as it holds. ``measures``: the figures of the last look."""

    id: int
    model: str
    code: str
    item: str
    members: dict[str, str]
    span: Span
    period: str
    severity: Severity
    title: str
    measures: dict[str, str]
    first_seen: datetime
    last_seen: datetime
    resolved_at: datetime | None
    case_id: int | None


class EvaluateIn(BaseModel):
    model: str


class EvaluatedOut(BaseModel):
    """What an evaluation changed."""

    raised: int
    still: int
    resolved: int
    cases: list[int]


class DeviationIn(VarianceIn):
    """Opens cases for the rows that deviate by both amount and rate."""

    amount: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)
    due_days: int = Field(commands.DUE_DAYS, ge=1, le=366)


class PersonOut(BaseModel):
    login: str
    name: str


class DeviationEventOut(BaseModel):
    """One step of a case; ``name`` "" = the installation itself."""

    seq: int
    event: str
    actor: str
    name: str
    at: datetime
    detail: dict[str, Any]


class DeviationOut(BaseModel):
    """A case. ``holders``: whose turn it is, nobody's while the next load decides; ``can``: steps the reader may take now.

    ``flow``: the approval a transfer of it goes through; ``instance_id``: the one it is in.
    """

    id: int
    model: str
    kind: Literal["variance", "forced", "alert"]
    title: str
    state: Literal["open", "explained", "decided", "approved", "executed", "closed"]
    item: str
    members: dict[str, str]
    names: dict[str, str]
    period: str
    ytd: bool
    amount: str
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    in_time: bool
    owner: PersonOut | None
    holders: list[PersonOut]
    held_since: datetime | None
    decision: Decision | None
    flow: str
    transfer_id: int | None
    instance_id: int | None
    can: list[Literal["explain", "decide", "approve", "refuse", "execute", "verify"]]
    events: list[DeviationEventOut]


class LinkIn(BaseModel):
    """A piece of evidence: a voucher's or a document's number, or a remark."""

    kind: Literal["voucher", "document", "note"]
    ref: str = Field(min_length=1, max_length=200)
    note: str = Field("", max_length=500)


class ExplainIn(BaseModel):
    """Why, what shows it, and who owns the matter from now on (default: who owns it)."""

    text: str = Field(min_length=1)
    owner: str = ""
    links: list[LinkIn] = []


class DecideIn(BaseModel):
    """What will be done. A transfer says its ``lines`` (+ receives, - gives) and may name the ``flow`` it goes through."""

    decision: Decision
    text: str = ""
    lines: list[LineIn] = []
    flow: str = ""


class TextIn(BaseModel):
    """A remark."""

    text: str = ""


class EvidenceIn(BaseModel):
    """With what the decision was carried out."""

    evidence: str = Field(min_length=1)


class ClosingOut(BaseModel):
    """闭环率: cases verified in time over cases due, and the list behind it."""

    closed: int
    due: int
    rate: str | None
    rate_by_amount: str | None
    cases: list[DeviationOut]


def variance_out(row: VarianceRow) -> VarianceOut:
    """A row as the API shows it."""
    return VarianceOut(node=row.node, name=row.name, origin=row.origin, progress=f"{row.progress:.4f}", **_terms(row))


def _terms(row: VarianceRow) -> dict[str, Any]:
    terms = row.terms
    return {
        "original": text(terms.original),
        "adjusted": text(terms.adjusted),
        "budget": text(terms.budget),
        "reserved": text(terms.reserved),
        "committed": text(terms.committed),
        "executed": text(terms.executed),
        "difference": text(row.difference),
        "rate": text(row.rate),
        "execution_rate": text(row.execution_rate),
        "verdict": row.verdict,
        "partial": row.partial,
    }


def board_out(
    reader: Reader, model: str, board: Board, *, title: str, items: list[str], loaded_at: datetime | None
) -> BoardOut:
    """A board as the API shows it, its rows in the order of the axes."""
    compiled = modelling.compiled(reader, model)
    calendar = compiled.calendar
    index = calendar.codes.index(board.period)
    cube, _, code = board.item.partition("!")
    any_row = next(iter(board.rows.values()), None)
    order = [{node.code: i for i, node in enumerate(axis.nodes)} for axis in board.axes]
    ordered = sorted(board.rows, key=lambda at: [o[c] for o, c in zip(order, at, strict=True)])
    return BoardOut(
        model=model,
        policy=board.policy,
        transfer_flow=board.transfer_flow,
        item=board.item,
        title=title,
        items=items,
        favourable=compiled.item(cube, code).definition.favourable,
        period=board.period,
        span=board.span,
        progress=f"{any_row.progress:.6f}" if any_row else "0",
        passed=calendar.numbers[index],
        periods=calendar.per_year(calendar.years[index]),
        loaded_at=loaded_at,
        axes=[_axis_out(axis, compiled.dimensions[axis.dim].name) for axis in board.axes],
        rows=[_row_out(at, board.rows[at]) for at in ordered],
    )


def _axis_out(axis: Axis, name: str) -> AxisOut:
    nodes = [
        AxisNodeOut(code=n.code, name=n.name, parent=n.parent, depth=n.depth, leaf=n.leaf, own=n.own)
        for n in axis.nodes
    ]
    return AxisOut(dim=axis.dim, name=name, nodes=nodes)


def _row_out(at: tuple[str, ...], row: VarianceRow) -> BoardRowOut:
    return BoardRowOut(at=list(at), available=text(row.available), ahead=text(row.ahead), **_terms(row))


def hold_out(hold: OpenHold) -> HoldOut:
    """A hold as the API shows it."""
    return HoldOut(
        **{
            n: getattr(hold, n) for n in ("document_id", "number", "title", "kind", "requester", "created_at", "period")
        },
        members=dict(hold.members),
        stage="committed" if hold.stage == "committed" else "reserved",
        amount=format(hold.amount, "f"),
    )


def deviation_out(reader: Reader, actor: Principal, case: Case) -> DeviationOut:
    """A case as the API shows it to one person."""
    called = _people(reader)
    return DeviationOut(
        id=case.id,
        model=case.model,
        kind=case.kind,
        title=case.title,
        state=case.state,
        item=case.place.item,
        members=dict(case.place.members),
        names=_names(reader, case),
        period=case.place.period,
        ytd=case.place.ytd,
        amount=str(case.amount),
        opened_at=case.opened_at,
        due_at=case.due_at,
        closed_at=case.closed_at,
        in_time=case.closed_in_time,
        owner=PersonOut(login=case.owner, name=called.get(case.owner, case.owner)) if case.owner else None,
        holders=[PersonOut(login=h, name=called.get(h, h)) for h in case.holders],
        held_since=case.held_since,
        decision=case.decision,
        flow=str(case.rule.get("flow") or ""),
        transfer_id=case.transfer_id,
        instance_id=None if case.transfer_id is None else process.instance_of(reader, TRANSFER, case.transfer_id),
        can=_can(actor, case),  # type: ignore[arg-type]
        events=[
            DeviationEventOut(
                seq=e.seq,
                event=e.event,
                actor=e.actor,
                name=called.get(e.actor, e.actor) if e.actor_id else "",
                at=e.at,
                detail=dict(e.detail),
            )
            for e in case.events
        ],
    )


def _can(actor: Principal, case: Case) -> list[str]:
    """The steps the reader may take now; a transfer under way is decided in its own approval."""
    by_state = {
        "open": (("explain", commands.EXPLAIN),),
        "explained": (("decide", commands.DECIDE),),
        "decided": (("approve", commands.APPROVE), ("refuse", commands.APPROVE), ("decide", commands.DECIDE)),
        "approved": (("execute", commands.EXPLAIN),),
        "executed": (("verify", commands.VERIFY),),
    }
    under_way = case.state == "decided" and case.transfer_id is not None
    mine = case.decided_by == actor.user_id
    out = []
    for name, action in () if under_way else by_state.get(case.state, ()):
        allowed = actor.may(action, model=case.model, **coordinate(case.place))
        if allowed and not (name == "approve" and mine):
            out.append(name)
    return out


def _people(reader: Reader) -> Mapping[str, str]:
    if "monitoring.names" not in reader.memo:
        reader.memo["monitoring.names"] = names(reader)
    found: Mapping[str, str] = reader.memo["monitoring.names"]
    return found


def _names(reader: Reader, case: Case) -> dict[str, str]:
    try:
        dimensions = modelling.compiled(reader, case.model).dimensions
    except NotFound:  # a fact without any place in a model
        return dict(case.place.members)
    found = {d: dimensions[d].by_code.get(code) for d, code in case.place.members.items() if d in dimensions}
    return {d: (m.name if (m := found.get(d)) else code) for d, code in case.place.members.items()}


def text(value: object) -> str | None:
    """Decimals without exponent; ratios to six places; dates as ISO."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return format(value if isinstance(exponent, int) and exponent >= -6 else round(value, 6), "f")
    return None if value is None else str(value)
