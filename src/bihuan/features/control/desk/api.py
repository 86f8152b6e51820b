"""Routes of the control desk."""

from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from bihuan.features.access.http import Edge, requires
from bihuan.features.control import queries, reconcile
from bihuan.features.control.desk import queries as desk
from bihuan.features.control.desk import signals
from bihuan.features.control.wire import Amount, DifferenceOut

router = APIRouter(prefix="/api/v1/control", tags=["desk"])


class OpenHoldOut(BaseModel):
    """What a document line still holds. ``age_days``: since it last changed; ``stale``: long untouched."""

    id: int
    number: str
    kind: str
    title: str
    requester: str
    requester_name: str
    created_at: datetime
    expires_at: datetime | None
    line_no: int
    coordinate: dict[str, str]
    names: dict[str, str]
    period: str
    reserved: Amount
    committed: Amount
    age_days: int
    stale: bool


class TimelineOut(BaseModel):
    """An entry of a balance row; ``left_after``: cap − everything counted, tolerance aside."""

    id: int
    at: datetime
    stage: str
    kind: str
    amount: Amount
    coordinate: dict[str, str]
    period: str
    line_no: int | None
    voucher: str | None
    reason: str
    document_id: int | None
    document: str | None
    who: str
    left_after: Amount


class BudgetCellIn(BaseModel):
    policy: str
    coordinate: dict[str, str]
    period: str


class CellUseOut(BaseModel):
    """A document at a cell; all null: vouchers that name none."""

    document_id: int | None
    number: str | None
    kind: str | None
    title: str | None
    requester_name: str | None
    reserved: Amount
    committed: Amount
    executed: Amount


class RemainingOut(BaseModel):
    members: dict[str, str]
    window: str
    original: Amount
    cap: Amount
    reserved: Amount
    committed: Amount
    executed: Amount
    available: Amount


class SignalOut(BaseModel):
    """Something to look at: ``day`` of exhaustion at this pace; ``percent`` of the limit, or of the mean before a rush."""

    model_config = ConfigDict(from_attributes=True)

    kind: Literal["threshold", "exhaustion", "stale", "overrides", "rush"]
    what: str
    percent: Amount | None
    day: date | None
    amount: Amount | None
    bucket: int | None
    document: int | None


class ReconcileIn(BaseModel):
    policy: str


class RepairIn(ReconcileIn):
    reason: str


class ReconciliationOut(BaseModel):
    """One proof: how much was compared, by whom, what differs."""

    id: int
    at: datetime
    actor: str
    checked: dict[str, int]
    differences: list[DifferenceOut]


@router.get("/holds", **requires("control.read"))
def holds(edge: Edge, policy: str, stale: bool = False, limit: int = Query(500, ge=1, le=5000)) -> list[OpenHoldOut]:
    """Open holds with owner and age, oldest first."""
    with edge.read() as reader:
        found = desk.holds(reader, edge.actor, policy, stale=stale, limit=limit)
    return [OpenHoldOut.model_validate(f) for f in found]


@router.get("/buckets/{bucket_id}/timeline", **requires("control.read"))
def timeline(
    edge: Edge, bucket_id: int, before: int | None = None, limit: int = Query(100, ge=1, le=1000)
) -> list[TimelineOut]:
    """What happened to a balance row, newest first, each with what was left after it."""
    with edge.read() as reader:
        found = desk.timeline(reader, edge.actor, bucket_id, before=before, limit=limit)
    return [TimelineOut.model_validate(f) for f in found]


@router.post("/cells/documents", **requires("control.read"))
def cell_documents(edge: Edge, body: BudgetCellIn) -> list[CellUseOut]:
    """From a cell of the budget to the documents that hold or spent there."""
    with edge.read() as reader:
        found = desk.cell_uses(reader, edge.actor, body.policy, body.coordinate, body.period)
    return [CellUseOut.model_validate(f) for f in found]


@router.get("/remaining", **requires("control.read"))
def remaining(edge: Edge, policy: str, rule: str, by: str = "", period: str | None = None) -> list[RemainingOut]:
    """What remains under a rule, by some of its dimensions (``by``, separated by commas; empty: all together)."""
    dimensions = [d for d in by.split(",") if d]
    with edge.read() as reader:
        found = desk.remaining(reader, edge.actor, policy, rule, by=dimensions, period=period)
    return [RemainingOut.model_validate(f) for f in found]


@router.get("/signals", **requires("control.read"))
def signals_now(edge: Edge, policy: str, year: str | None = None) -> list[SignalOut]:
    """What should be looked at now: thresholds, days of exhaustion, stale holds, repeated exceptions; with ``year`` its rush."""
    with edge.read() as reader:
        found = signals.signals(reader, edge.actor, policy)
        found += signals.rushes(reader, edge.actor, policy, year) if year else []
    return [SignalOut.model_validate(s) for s in found]


@router.get("/reconciliations", **requires("control.ledger.read"))
def reconciliations(edge: Edge, policy: str, limit: int = Query(30, ge=1, le=400)) -> list[ReconciliationOut]:
    """The proofs made, by night and on demand, newest first."""
    with edge.read() as reader:
        found: list[dict[str, Any]] = reconcile.runs(reader, queries.policy(reader, policy), limit)
    return [ReconciliationOut.model_validate(f) for f in found]


@router.post("/reconciliations", status_code=201, **requires("control.ledger.read"))
def prove(edge: Edge, body: ReconcileIn) -> ReconciliationOut:
    """Proves counters = entries = documents = released cells now, and keeps the outcome."""
    with edge.write() as uow:
        return ReconciliationOut.model_validate(reconcile.run(uow, edge.actor, queries.policy(uow, body.policy)))


@router.post("/repairs", **requires("control.repair"))
def repair(edge: Edge, body: RepairIn) -> list[DifferenceOut]:
    """Rebuilds counters from entries and empties documents that may hold nothing; answers what is left for people."""
    with edge.write() as uow:
        left = reconcile.repair(uow, edge.actor, queries.policy(uow, body.policy), reason=body.reason)
    return [DifferenceOut.model_validate(d) for d in left]
