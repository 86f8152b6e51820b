"""Routes of integration: sources, upload, preparation, the error desk, the tie-out, publishing."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel

from bihuan.features.access.http import Edge, requires
from bihuan.features.integration import commands, publishing, queries
from bihuan.features.integration.model import Batch
from bihuan.features.integration.outcomes import MEANINGS, Outcome, fate
from bihuan.store.warehouse import Warehouse

router = APIRouter(prefix="/api/v1", tags=["integration"])


class SourceIn(BaseModel):
    """A source as text."""

    definition: str
    mapping: str = ""


class SourceOut(BaseModel):
    """A source as it stands."""

    code: str
    title: str
    model: str
    revision: int


class CountOut(BaseModel):
    """Lines of one outcome with their amounts."""

    outcome: str
    fate: Literal["stored", "skipped", "rejected"]
    text: str
    lines: int
    debit: str
    credit: str


class BatchOut(BaseModel):
    """One run over one file."""

    id: int
    source: str
    file_name: str
    state: str
    message: str
    records: int
    counts: list[CountOut]


class RejectedOut(BaseModel):
    """A line on the error desk."""

    batch: int
    record: int
    outcome: str
    text: str
    remedy: str
    field: str
    value: str
    voucher: str
    account: str
    period: str
    amount: str | None
    raw: dict[str, str]


class TieOut(BaseModel):
    """One account and period against the books."""

    account: str
    period: str
    control: str
    accepted: str
    ignored: str
    excluded: str
    rejected: str
    difference: str


class ControlTotal(BaseModel):
    """What the books say; amount = debit − credit."""

    account: str
    period: str
    amount: Decimal


class PeriodsIn(BaseModel):
    """Periods to open or shut."""

    model: str
    periods: list[str]
    status: Literal["open", "closed", "not_open"]


@router.get("/sources", **requires("integration.read"))
def sources(edge: Edge) -> list[SourceOut]:
    """All sources."""
    with edge.read() as reader:
        found = queries.sources(reader, edge.actor)
    return [SourceOut(code=s.code, title=s.title, model=s.model, revision=revision) for s, revision in found]


@router.post("/sources", **requires("integration.define"))
def define_source(edge: Edge, body: SourceIn) -> SourceOut:
    """Takes the text of a source as its next revision."""
    with edge.write() as uow:
        source = commands.define_source(uow, edge.actor, definition=body.definition, mapping=body.mapping)
        _, revision = queries.source(uow, source.code)
    return SourceOut(code=source.code, title=source.title, model=source.model, revision=revision)


@router.post("/sources/{source}/files", **requires("integration.load"))
def upload(
    edge: Edge, request: Request, source: str, file_name: str, content: Annotated[bytes, Body(media_type="text/csv")]
) -> BatchOut:
    """Lands a file (the request's body) and prepares it: what will be accepted, skipped, rejected. Nothing counts yet.

    The size is bounded like every request's body; larger files are loaded by the command line.
    """
    files = warehouse(request)
    with edge.write() as uow:
        batch = commands.land(uow, edge.actor, files, source=source, file_name=file_name, chunks=_pieces(content))
        if batch.state in ("landed", "prepared"):
            model = queries.compiled(uow, source)
            batch = commands.prepare_batch(uow, edge.actor, files, model, batch_id=batch.id)
    return batch_out(batch)


@router.put("/sources/{source}/control-totals", **requires("integration.load"))
def control_totals(edge: Edge, source: str, body: list[ControlTotal]) -> int:
    """What the books say; the number of rows taken."""
    totals = {(row.account, row.period): row.amount for row in body}
    with edge.write() as uow:
        commands.set_control_totals(uow, edge.actor, source=source, totals=totals)
    return len(totals)


@router.get("/sources/{source}/tie-out", **requires("integration.read"))
def tie_out(edge: Edge, request: Request, source: str, batch: int | None = None) -> list[TieOut]:
    """Lines against the books, by account and period; with ``batch`` as if that one were published."""
    with edge.read() as reader:
        rows = queries.tie_out(reader, edge.actor, warehouse(request), source=source, batch_id=batch)
    names = ("control", "accepted", "ignored", "excluded", "rejected", "difference")
    return [TieOut(account=r.account, period=r.period, **{n: str(getattr(r, n)) for n in names}) for r in rows]


@router.get("/batches", **requires("integration.read"))
def batches(edge: Edge, source: str | None = None) -> list[BatchOut]:
    """The newest batches."""
    with edge.read() as reader:
        return [batch_out(b) for b in queries.batches(reader, edge.actor, source=source)]


@router.get("/batches/{batch}", **requires("integration.read"))
def batch(edge: Edge, batch: int) -> BatchOut:
    """One batch."""
    with edge.read() as reader:
        return batch_out(queries.batch(reader, edge.actor, batch_id=batch))


@router.get("/batches/{batch}/rejected", **requires("integration.read"))
def rejected(edge: Edge, batch: int, count: int = 200) -> list[RejectedOut]:
    """The error desk of a batch."""
    with edge.read() as reader:
        found = queries.error_desk(reader, edge.actor, batch_id=batch, count=min(count, 5000))
    return [
        RejectedOut(
            batch=line.batch_id,
            record=line.record,
            outcome=line.outcome,
            text=MEANINGS[Outcome[line.outcome]].text,
            remedy=MEANINGS[Outcome[line.outcome]].remedy,
            field=line.field,
            value=line.value,
            voucher=line.voucher,
            account=line.account,
            period=line.period,
            amount=None if line.amount is None else str(line.amount),
            raw=dict(line.raw),
        )
        for line in found
    ]


@router.post("/batches/{batch}/prepare", **requires("integration.load"))
def prepare(edge: Edge, request: Request, batch: int) -> BatchOut:
    """Maps and validates again, after the source was mended."""
    with edge.write() as uow:
        source = queries.batch(uow, edge.actor, batch_id=batch).source
        model = queries.compiled(uow, source)
        return batch_out(commands.prepare_batch(uow, edge.actor, warehouse(request), model, batch_id=batch))


@router.post("/batches/{batch}/publish", **requires("integration.publish"))
def publish(edge: Edge, request: Request, batch: int) -> BatchOut:
    """Makes the batch count: lines, plan, ledger in one transaction. Once published, again changes nothing."""
    with edge.write() as uow:
        return batch_out(publishing.publish(uow, edge.actor, warehouse(request), batch_id=batch))


@router.put("/actual-periods", **requires("integration.close"))
def periods(edge: Edge, body: PeriodsIn) -> int:
    """Opens or shuts periods for actuals; the number of periods."""
    with edge.write() as uow:
        commands.set_period_status(uow, edge.actor, model=body.model, periods=body.periods, status=body.status)
    return len(body.periods)


def warehouse(request: Request) -> Warehouse:
    """The process's warehouse."""
    found: Warehouse = request.app.state.container.warehouse
    return found


def batch_out(batch: Batch) -> BatchOut:
    """A batch as the API shows it."""
    return BatchOut(
        id=batch.id,
        source=batch.source,
        file_name=batch.file_name,
        state=batch.state,
        message=batch.message,
        records=batch.records,
        counts=[
            CountOut(
                outcome=name,
                fate=fate(Outcome[name]),
                text=MEANINGS[Outcome[name]].text,
                lines=c.lines,
                debit=str(c.debit),
                credit=str(c.credit),
            )
            for name, c in batch.counts.items()
        ],
    )


def _pieces(content: bytes) -> Iterator[bytes]:
    size = 1 << 20
    return (content[i : i + size] for i in range(0, len(content), size))
