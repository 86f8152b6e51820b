"""Routes of monitoring: variance, drill to voucher lines, cases and the closing rate."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from bihuan.features.access.http import Edge, requires
from bihuan.features.monitoring import commands, queries
from bihuan.features.monitoring.model import Case, Decision, Threshold, VarianceRow
from bihuan.store.warehouse import Warehouse

router = APIRouter(prefix="/api/v1", tags=["monitoring"])


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
    """Which executed amount."""

    model: str
    item: str
    members: dict[str, str]
    period: str
    ytd: bool = False
    limit: int = Field(200, ge=1, le=5000)
    skip: int = Field(0, ge=0)


class DrillOut(BaseModel):
    """Voucher lines: how many there are, their sum, and a page."""

    count: int
    amount: str
    lines: list[dict[str, Any]]


class DeviationIn(VarianceIn):
    """Opens cases for the rows that deviate by both amount and rate."""

    amount: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)
    due_days: int = Field(commands.DUE_DAYS, ge=1, le=366)


class EventOut(BaseModel):
    """One step of a case."""

    seq: int
    event: str
    actor: str
    at: datetime
    detail: dict[str, Any]


class CaseOut(BaseModel):
    """A case."""

    id: int
    model: str
    kind: str
    title: str
    state: str
    item: str
    members: dict[str, str]
    period: str
    ytd: bool
    amount: str
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    events: list[EventOut]


class ExplainIn(BaseModel):
    """Why, and who owns the matter."""

    text: str = Field(min_length=1)
    owner: str = ""


class DecideIn(BaseModel):
    """What will be done."""

    decision: Decision
    text: str = ""


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
    cases: list[CaseOut]


@router.post("/variance", **requires("monitoring.read"))
def variance(edge: Edge, body: VarianceIn) -> list[VarianceOut]:
    """Budget, adjustments, reserved, executed, difference by node."""
    with edge.read() as reader:
        rows = queries.variance(reader, edge.actor, **body.model_dump())
    return [variance_out(row) for row in rows]


@router.post("/variance/lines", **requires("monitoring.read"))
def drill(edge: Edge, request: Request, body: DrillIn) -> DrillOut:
    """The voucher lines behind an executed amount."""
    files: Warehouse = request.app.state.container.warehouse
    with edge.read() as reader:
        found = queries.drill(reader, edge.actor, files, **body.model_dump())
    lines = [{name: _text(value) for name, value in line.items()} for line in found.lines]
    return DrillOut(count=found.count, amount=str(found.amount), lines=lines)


@router.post("/deviations", **requires("monitoring.open"))
def open_cases(edge: Edge, body: DeviationIn) -> list[CaseOut]:
    """Opens a case for each row beyond the threshold."""
    asked = body.model_dump(exclude={"amount", "rate"})
    with edge.write() as uow:
        ids = commands.open_deviations(uow, edge.actor, threshold=Threshold(body.amount, body.rate), **asked)
        return [case_out(queries.case(uow, edge.actor, case_id=i)) for i in ids]


@router.get("/deviations", **requires("monitoring.read"))
def cases(edge: Edge, model: str | None = None, state: str | None = None) -> list[CaseOut]:
    """The newest cases."""
    with edge.read() as reader:
        return [case_out(c) for c in queries.cases(reader, edge.actor, model=model, state=state)]


@router.get("/deviations/closing-rate", **requires("monitoring.read"))
def closing_rate(edge: Edge, model: str, since: datetime, until: datetime) -> ClosingOut:
    """闭环率 of the cases due in [since, until)."""
    with edge.read() as reader:
        found = queries.closing_rate(reader, edge.actor, model=model, since=since, until=until)
    return ClosingOut(
        closed=found.closed,
        due=found.due,
        rate=_text(found.rate),
        rate_by_amount=_text(found.rate_by_amount),
        cases=[case_out(c) for c in found.cases],
    )


@router.get("/deviations/{case_id}", **requires("monitoring.read"))
def case(edge: Edge, case_id: int) -> CaseOut:
    """One case with its events."""
    with edge.read() as reader:
        return case_out(queries.case(reader, edge.actor, case_id=case_id))


@router.post("/deviations/{case_id}/explain", **requires("monitoring.explain"))
def explain(edge: Edge, case_id: int, body: ExplainIn) -> CaseOut:
    """Says why."""
    with edge.write() as uow:
        return case_out(commands.explain(uow, edge.actor, case_id=case_id, text=body.text, owner=body.owner))


@router.post("/deviations/{case_id}/decide", **requires("monitoring.decide"))
def decide(edge: Edge, case_id: int, body: DecideIn) -> CaseOut:
    """Says what will be done."""
    with edge.write() as uow:
        return case_out(commands.decide(uow, edge.actor, case_id=case_id, decision=body.decision, text=body.text))


@router.post("/deviations/{case_id}/approve", **requires("monitoring.decide"))
def approve(edge: Edge, case_id: int, body: TextIn) -> CaseOut:
    """Agrees with the decision; not the one who decided."""
    with edge.write() as uow:
        return case_out(commands.approve(uow, edge.actor, case_id=case_id, text=body.text))


@router.post("/deviations/{case_id}/refuse", **requires("monitoring.decide"))
def refuse(edge: Edge, case_id: int, body: TextIn) -> CaseOut:
    """Sends the decision back."""
    with edge.write() as uow:
        return case_out(commands.refuse(uow, edge.actor, case_id=case_id, text=body.text))


@router.post("/deviations/{case_id}/execute", **requires("monitoring.explain"))
def execute(edge: Edge, case_id: int, body: EvidenceIn) -> CaseOut:
    """Says with what the decision was carried out."""
    with edge.write() as uow:
        return case_out(commands.execute(uow, edge.actor, case_id=case_id, evidence=body.evidence))


@router.post("/deviations/{case_id}/verify", **requires("monitoring.verify"))
def verify(edge: Edge, case_id: int) -> CaseOut:
    """Evaluates the case's rule again on today's numbers."""
    with edge.write() as uow:
        return case_out(commands.verify(uow, edge.actor, case_id=case_id))


def variance_out(row: VarianceRow) -> VarianceOut:
    """A row as the API shows it."""
    terms = row.terms
    return VarianceOut(
        node=row.node,
        name=row.name,
        original=_text(terms.original),
        adjusted=_text(terms.adjusted),
        budget=_text(terms.budget),
        reserved=_text(terms.reserved),
        committed=_text(terms.committed),
        executed=_text(terms.executed),
        difference=_text(row.difference),
        rate=_text(row.rate),
        execution_rate=_text(row.execution_rate),
        progress=f"{row.progress:.4f}",
        verdict=row.verdict,
        origin=row.origin,
        partial=row.partial,
    )


def case_out(case: Case) -> CaseOut:
    """A case as the API shows it."""
    events = [EventOut(seq=e.seq, event=e.event, actor=e.actor, at=e.at, detail=dict(e.detail)) for e in case.events]
    return CaseOut(
        id=case.id,
        model=case.model,
        kind=case.kind,
        title=case.title,
        state=case.state,
        item=case.place.item,
        members=dict(case.place.members),
        period=case.place.period,
        ytd=case.place.ytd,
        amount=str(case.amount),
        opened_at=case.opened_at,
        due_at=case.due_at,
        closed_at=case.closed_at,
        events=events,
    )


def _text(value: object) -> str | None:
    """Decimals without exponent; ratios to six places; dates as ISO."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return format(value if isinstance(exponent, int) and exponent >= -6 else round(value, 6), "f")
    return None if value is None else str(value)
