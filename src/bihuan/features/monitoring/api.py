"""Routes of monitoring: the board, variance, drill to vouchers and documents, alerts, cases and the closing rate."""

from datetime import datetime

from fastapi import APIRouter, Query, Request

from bihuan.features.access.http import Edge, requires
from bihuan.features.control.wire import budget_cells
from bihuan.features.monitoring import alert_reading, alerting, board_queries, commands, queries, transferring
from bihuan.features.monitoring.model import Threshold
from bihuan.features.monitoring.view import controlled_items
from bihuan.features.monitoring.wire import (
    AlertRowOut,
    BoardIn,
    BoardOut,
    ClosingOut,
    DecideIn,
    DeviationIn,
    DeviationOut,
    DrillIn,
    DrillOut,
    EvaluatedOut,
    EvaluateIn,
    EvidenceIn,
    ExplainIn,
    HoldOut,
    HoldsIn,
    TextIn,
    VarianceIn,
    VarianceOut,
    board_out,
    deviation_out,
    hold_out,
    text,
    variance_out,
)
from bihuan.store.warehouse import Warehouse

router = APIRouter(prefix="/api/v1", tags=["monitoring"])


@router.post("/board", **requires("monitoring.read"))
def board(edge: Edge, body: BoardIn) -> BoardOut:
    """The execution board of a whole subtree: budget, spent, committed, reserved, remaining, rate against time progress."""
    with edge.read() as reader:
        found = board_queries.board(reader, edge.actor, **body.model_dump())
        return board_out(
            reader,
            body.model,
            found,
            title=board_queries.title_of(reader, body.model, found.item),
            items=controlled_items(reader, body.model),
            loaded_at=board_queries.loaded_at(reader, body.model),
        )


@router.post("/board/documents", **requires("monitoring.read"))
def documents(edge: Edge, body: HoldsIn) -> list[HoldOut]:
    """The documents behind a reserved or committed amount, oldest first."""
    with edge.read() as reader:
        return [hold_out(h) for h in board_queries.open_holds(reader, edge.actor, **body.model_dump())]


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
    lines = [{name: text(value) for name, value in line.items()} for line in found.lines]
    return DrillOut(count=found.count, amount=str(found.amount), lines=lines)


@router.get("/alerts", **requires("monitoring.read"))
def alerts(edge: Edge, model: str | None = None, all: bool = False) -> list[AlertRowOut]:
    """The alerts that hold, gravest first; with ``all`` also those resolved."""
    with edge.read() as reader:
        found = alert_reading.alerts(reader, edge.actor, model=model, open_only=not all)
    return [AlertRowOut.model_validate(row) for row in found]


@router.post("/alerts/evaluation", **requires("monitoring.open"))
def evaluate(edge: Edge, body: EvaluateIn) -> EvaluatedOut:
    """Looks at every alert of the model now, as the job does after each load."""
    with edge.write() as uow:
        done = alerting.evaluate(uow, edge.actor, model=body.model)
    return EvaluatedOut(raised=done.raised, still=done.still, resolved=done.resolved, cases=list(done.cases))


@router.post("/deviations", **requires("monitoring.open"))
def open_cases(edge: Edge, body: DeviationIn) -> list[DeviationOut]:
    """Opens a case for each row beyond the threshold."""
    asked = body.model_dump(exclude={"amount", "rate"})
    with edge.write() as uow:
        ids = commands.open_deviations(uow, edge.actor, threshold=Threshold(body.amount, body.rate), **asked)
        return [deviation_out(uow, edge.actor, queries.case(uow, edge.actor, case_id=i)) for i in ids]


@router.get("/deviations", **requires("monitoring.read"))
def cases(
    edge: Edge,
    model: str | None = None,
    state: str | None = None,
    mine: bool = False,
    limit: int = Query(200, ge=1, le=1000),
) -> list[DeviationOut]:
    """The newest cases; ``mine``: those that wait for me."""
    with edge.read() as reader:
        found = queries.cases(reader, edge.actor, model=model, state=state, mine=mine, count=limit)
        return [deviation_out(reader, edge.actor, c) for c in found]


@router.get("/deviations/closing-rate", **requires("monitoring.read"))
def closing_rate(edge: Edge, model: str, since: datetime, until: datetime) -> ClosingOut:
    """闭环率 of the cases due in [since, until)."""
    with edge.read() as reader:
        found = queries.closing_rate(reader, edge.actor, model=model, since=since, until=until)
        return ClosingOut(
            closed=found.closed,
            due=found.due,
            rate=text(found.rate),
            rate_by_amount=text(found.rate_by_amount),
            cases=[deviation_out(reader, edge.actor, c) for c in found.cases],
        )


@router.get("/deviations/{case_id}", **requires("monitoring.read"))
def case(edge: Edge, case_id: int) -> DeviationOut:
    """One case with its events."""
    with edge.read() as reader:
        return deviation_out(reader, edge.actor, queries.case(reader, edge.actor, case_id=case_id))


@router.post("/deviations/{case_id}/explain", **requires("monitoring.explain"))
def explain(edge: Edge, case_id: int, body: ExplainIn) -> DeviationOut:
    """Says why, with evidence."""
    links = [link.model_dump() for link in body.links]
    with edge.write() as uow:
        done = commands.explain(uow, edge.actor, case_id=case_id, text=body.text, owner=body.owner, links=links)
        return deviation_out(uow, edge.actor, done)


@router.post("/deviations/{case_id}/decide", **requires("monitoring.decide"))
def decide(edge: Edge, case_id: int, body: DecideIn) -> DeviationOut:
    """Says what will be done; a transfer is asked for at once, its source held, and its approval started."""
    with edge.write() as uow:
        if body.decision == "transfer":
            done = transferring.decide_transfer(
                uow, edge.actor, case_id=case_id, cells=budget_cells(body.lines), text=body.text, flow=body.flow
            )
        else:
            done = commands.decide(uow, edge.actor, case_id=case_id, decision=body.decision, text=body.text)
        return deviation_out(uow, edge.actor, done)


@router.post("/deviations/{case_id}/approve", **requires("monitoring.approve"))
def approve(edge: Edge, case_id: int, body: TextIn) -> DeviationOut:
    """Agrees with the decision; not the one who decided."""
    with edge.write() as uow:
        return deviation_out(uow, edge.actor, commands.approve(uow, edge.actor, case_id=case_id, text=body.text))


@router.post("/deviations/{case_id}/refuse", **requires("monitoring.approve"))
def refuse(edge: Edge, case_id: int, body: TextIn) -> DeviationOut:
    """Sends the decision back."""
    with edge.write() as uow:
        return deviation_out(uow, edge.actor, commands.refuse(uow, edge.actor, case_id=case_id, text=body.text))


@router.post("/deviations/{case_id}/execute", **requires("monitoring.explain"))
def execute(edge: Edge, case_id: int, body: EvidenceIn) -> DeviationOut:
    """Says with what the decision was carried out."""
    with edge.write() as uow:
        return deviation_out(
            uow, edge.actor, commands.execute(uow, edge.actor, case_id=case_id, evidence=body.evidence)
        )


@router.post("/deviations/{case_id}/verify", **requires("monitoring.verify"))
def verify(edge: Edge, case_id: int) -> DeviationOut:
    """Evaluates the case's rule again on today's numbers."""
    with edge.write() as uow:
        return deviation_out(uow, edge.actor, commands.verify(uow, edge.actor, case_id=case_id))
