"""Routes of integration: sources, upload and preparation in one request, periods. Loads, desk and tie-out: beside this module."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Body, Request

from bihuan.features.access.http import Edge, requires
from bihuan.features.integration import commands, publishing, queries, rules
from bihuan.features.integration.desk_routes import router as desk_router
from bihuan.features.integration.load_routes import router as load_router
from bihuan.features.integration.load_routes import warehouse
from bihuan.features.integration.mapping import Mapper
from bihuan.features.integration.target import target_model
from bihuan.features.integration.tie_routes import router as tie_router
from bihuan.features.integration.wire import (
    BatchOut,
    LastLoadOut,
    MappingRuleIn,
    MappingRuleOut,
    PeriodsIn,
    SourceDetailOut,
    SourceIn,
    SourceOut,
    SourceRevisionMadeOut,
    SourceRevisionOut,
    batch_out,
)

router = APIRouter(prefix="/api/v1", tags=["integration"])


@router.get("/sources", **requires("integration.read"))
def sources(edge: Edge) -> list[SourceOut]:
    """All sources."""
    with edge.read() as reader:
        found = queries.sources(reader, edge.actor)
        last = {r["source"]: r for r in reader.rows("integration.last_published")}
    return [
        SourceOut(
            code=s.code,
            title=s.title,
            model=s.model,
            revision=revision,
            vouchers=s.has_vouchers,
            last=_last(last[s.code]) if s.code in last else None,
        )
        for s, revision in found
    ]


def _last(row: object) -> LastLoadOut:
    return LastLoadOut(batch=row["id"], file_name=row["file_name"], at=row["published_at"], records=row["records"])  # type: ignore[index]


@router.post("/sources", **requires("integration.define"))
def define_source(edge: Edge, body: SourceIn) -> SourceOut:
    """Takes the text of a source as its next revision, and as the model package's where that holds the source."""
    with edge.write() as uow:
        source = commands.define_source(uow, edge.actor, definition=body.definition, mapping=body.mapping)
        _, revision = queries.source(uow, source.code)
    return SourceOut(
        code=source.code, title=source.title, model=source.model, revision=revision, vouchers=source.has_vouchers
    )


@router.get("/sources/{source}", **requires("integration.read"))
def source(edge: Edge, source: str) -> SourceDetailOut:
    """A source with its rules in order of precedence, its texts and its history."""
    with edge.read() as reader:
        found, revision = queries.source(reader, source)
        row = reader.row("integration.source", code=source)
        history = reader.rows("integration.source_history", source=source, count=20)
        last = {r["source"]: r for r in reader.rows("integration.last_published")}.get(source)
        model = target_model(queries.compiled(reader, source), {})
    assert row is not None, "it was just read"
    prefix = f"{found.cube}!"
    return SourceDetailOut(
        code=found.code,
        title=found.title,
        model=found.model,
        revision=revision,
        vouchers=found.has_vouchers,
        version=found.version,
        cube=found.cube,
        policies=list(found.policies),
        fields=dict(found.fields),
        codes=list(found.codes),
        control=dict(found.control),
        exclusions={e.name: dict(e.when) for e in found.exclusions},
        rules=[
            MappingRuleOut(name=r.name, when=dict(r.when), gives=dict(r.gives), sign=r.sign)
            for r in Mapper(found.rules, model, found.cube).ordered
        ],
        items=sorted({i.code for name, i in model.items.items() if name.startswith(prefix)}),
        dimensions={
            d: model.dimensions[d].name for n, i in model.items.items() if n.startswith(prefix) for d in i.dims
        },
        definition=row["definition"],
        mapping=row["mapping"],
        revisions=[SourceRevisionOut(revision=r["revision"], at=r["at"]) for r in history],
        last=_last(last) if last else None,
    )


@router.post("/sources/{source}/rules", **requires("integration.define"))
def add_rule(edge: Edge, source: str, body: MappingRuleIn) -> SourceRevisionMadeOut:
    """Adds a mapping rule: the source's next revision, and the model package's where that holds the source."""
    rule = rules.rule_of(body.name, body.when, body.gives, body.sign)
    with edge.write() as uow:
        revision = rules.add_rule(uow, edge.actor, source=source, rule=rule, reason=body.reason)
    return SourceRevisionMadeOut(revision=revision)


@router.post("/sources/{source}/files", **requires("integration.load"))
def upload(
    edge: Edge, request: Request, source: str, file_name: str, content: Annotated[bytes, Body(media_type="text/csv")]
) -> BatchOut:
    """Lands a file (the request's body) and prepares it at once: what will be accepted, skipped, rejected. Nothing counts yet.

    For small files and other systems; `POST /sources/{source}/loads` does everything as a job that can be watched.
    """
    files = warehouse(request)
    with edge.write() as uow:
        batch = commands.land(uow, edge.actor, files, source=source, file_name=file_name, chunks=pieces(content))
        if batch.state in ("landed", "prepared"):
            model = queries.compiled(uow, source)
            batch = commands.prepare_batch(uow, edge.actor, files, model, batch_id=batch.id)
    return batch_out(batch)


@router.post("/batches/{batch}/prepare", **requires("integration.load"))
def prepare(edge: Edge, request: Request, batch: int) -> BatchOut:
    """Maps and validates again, after the source or lines were mended."""
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


def pieces(content: bytes) -> Iterator[bytes]:
    """A body in parts of a megabyte."""
    size = 1 << 20
    return (content[i : i + size] for i in range(0, len(content), size))


for part in (load_router, desk_router, tie_router):
    router.include_router(part)
