"""Routes of the tie-out: the books, the comparison, the lines behind a figure."""

from fastapi import APIRouter, Query, Request

from bihuan.features.access.http import Edge, requires
from bihuan.features.integration import commands
from bihuan.features.integration import tie_out as tie
from bihuan.features.integration.load_routes import Content, pieces, warehouse
from bihuan.features.integration.wire import (
    BehindOut,
    BooksOut,
    ControlTotal,
    TieOut,
    behind_out,
    tie_row_out,
)

router = APIRouter()


@router.put("/sources/{source}/control-totals", **requires("integration.load"))
def control_totals(edge: Edge, source: str, body: list[ControlTotal]) -> int:
    """What the books say; the number of rows taken."""
    totals = {(row.account, row.period): row.amount for row in body}
    with edge.write() as uow:
        commands.set_control_totals(uow, edge.actor, source=source, totals=totals)
    return len(totals)


@router.post("/sources/{source}/trial-balance", **requires("integration.load"))
def trial_balance(edge: Edge, request: Request, source: str, content: Content, period: str = "") -> BooksOut:
    """Takes a trial balance (CSV or Excel, the request's body) as what the books say of its periods."""
    with edge.write() as uow:
        taken = tie.take_trial_balance(
            uow, edge.actor, warehouse(request), source=source, chunks=pieces(content), period=period
        )
    return BooksOut(rows=taken.rows, summaries=taken.summaries, periods=list(taken.periods))


@router.get("/sources/{source}/tie-out", **requires("integration.read"))
def tie_out(edge: Edge, request: Request, source: str, batch: int | None = None) -> list[TieOut]:
    """Lines against the books, by account and period; with ``batch`` as if that one were published."""
    with edge.read() as reader:
        rows = tie.tie_out(reader, edge.actor, warehouse(request), source=source, batch_id=batch)
    return [tie_row_out(row) for row in rows]


@router.get("/sources/{source}/tie-out/lines", **requires("integration.read"))
def lines_behind(  # noqa: PLR0917 - query parameters
    edge: Edge,
    request: Request,
    source: str,
    account: str,
    period: str,
    part: tie.Part,
    limit: int = Query(200, ge=1, le=2000),
) -> BehindOut:
    """The lines behind one figure."""
    with edge.read() as reader:
        found = tie.lines_behind(
            reader,
            edge.actor,
            warehouse(request),
            source=source,
            account=account,
            period=period,
            part=part,
            limit=limit,
        )
    return behind_out(found)
