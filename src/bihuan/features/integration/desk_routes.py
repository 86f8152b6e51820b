"""Routes of the error desk: lines by reason, mending, ignoring, the history of corrections, the download."""

from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from bihuan.features.access.http import Edge, requires
from bihuan.features.integration import desk, queries
from bihuan.features.integration.corrections import in_force
from bihuan.features.integration.outcomes import MEANINGS, Outcome
from bihuan.features.integration.wire import (
    CorrectionOut,
    CorrectionsIn,
    DeskGroupOut,
    RejectedOut,
    SaidOut,
    correction_out,
    rejected_out,
)

router = APIRouter()


@router.get("/batches/{batch}/desk", **requires("integration.read"))
def groups(edge: Edge, batch: int) -> list[DeskGroupOut]:
    """Open lines by reason, field and content: how many, and their amount without sign."""
    with edge.read() as reader:
        source, _ = queries.source(reader, queries.batch(reader, edge.actor, batch_id=batch).source)
        dimensions = {d.code: d.name for d in queries.compiled(reader, source.code).dimensions.values()}
        found = queries.rejected_by_reason(reader, edge.actor, batch_id=batch)
    return [
        DeskGroupOut(
            outcome=row["outcome"],
            text=MEANINGS[Outcome[row["outcome"]]].text,
            remedy=MEANINGS[Outcome[row["outcome"]]].remedy,
            field=row["field"],
            column=({**dimensions, **source.fields}).get(row["field"], row["field"]),
            value=row["value"],
            lines=row["lines"],
            amount=None if row["amount"] is None else str(row["amount"]),
        )
        for row in found
    ]


@router.get("/batches/{batch}/rejected", **requires("integration.read"))
def rejected(  # noqa: PLR0917 - query parameters
    edge: Edge,
    batch: int,
    outcome: str | None = None,
    field: str | None = None,
    value: str | None = None,
    count: int = Query(200, ge=1, le=5000),
    skip: int = Query(0, ge=0),
) -> list[RejectedOut]:
    """Open lines of a batch, of one reason or all, with what was mended so far."""
    with edge.read() as reader:
        one = queries.batch(reader, edge.actor, batch_id=batch)
        source, _ = queries.source(reader, one.source)
        said = in_force(desk.corrections_of(reader, one.source, one.file_hash))
        filters = {"outcome": outcome, "field": field, "value": value}
        found = queries.error_desk(reader, edge.actor, batch_id=batch, count=count, skip=skip, **filters)
    fields = dict(source.fields)
    return [
        rejected_out(line, fields, dict(said.fields.get(line.record, {})), said.ignored.get(line.record))
        for line in found
    ]


@router.get("/batches/{batch}/rejected.csv", response_class=Response, **requires("integration.read"))
def download(edge: Edge, batch: int) -> Response:
    """The open lines with their reasons, in the columns of the file; formulas in them are made harmless."""
    with edge.read() as reader:
        name = queries.batch(reader, edge.actor, batch_id=batch).file_name.rsplit(".", 1)[0]
        text = desk.download(reader, edge.actor, batch_id=batch)
    heads = {"content-disposition": f"attachment; filename*=UTF-8''{quote(f'{name}-差错.csv')}"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=heads)


@router.post("/batches/{batch}/corrections", **requires("integration.load"))
def correct(edge: Edge, batch: int, body: CorrectionsIn) -> SaidOut:
    """Mends fields, says that lines shall not count (with a reason), or takes such words back; acts at the next load."""
    said = 0
    with edge.write() as uow:
        if body.mend:
            mends = [desk.Mend(m.record, m.field, m.after, m.before) for m in body.mend]
            said += desk.mend(uow, edge.actor, batch_id=batch, mends=mends, reason=body.reason)
        if body.ignore:
            said += desk.ignore(
                uow,
                edge.actor,
                batch_id=batch,
                records=body.ignore,
                reason=body.reason,
                whole_vouchers=body.whole_vouchers,
            )
        for back in body.take_back:
            said += desk.take_back(uow, edge.actor, batch_id=batch, record=back.record, field=back.field)
    return SaidOut(said=said)


@router.get("/batches/{batch}/corrections", **requires("integration.read"))
def corrections(edge: Edge, batch: int) -> list[CorrectionOut]:
    """Everything said by hand about the lines of the batch's file: who, when, before, after, why."""
    with edge.read() as reader:
        return [correction_out(c) for c in desk.corrections(reader, edge.actor, batch_id=batch)]
