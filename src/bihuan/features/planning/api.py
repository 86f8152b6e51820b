"""Routes of planning: the one query, preview, save, history, versions, branch, snapshot, undo."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.http import Edge, requires
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import cells, commands, previews, queries, wire
from bihuan.features.planning import trace as tracing
from bihuan.features.planning.model import CellEdit, CellResult, SaveResult, Theirs, Version
from bihuan.kernel.scaled import read_decimal

router = APIRouter(prefix="/api/v1/plan", tags=["planning"])


@router.get("/versions", **requires("plan.read"))
def versions(edge: Edge, model: str | None = None) -> wire.VersionsOut:
    """Versions of which one may read something."""
    with edge.read() as reader:
        found = queries.versions_of(reader, edge.actor, model)
        forks = queries.forked(reader, found)
    return wire.VersionsOut(versions=[_version(code, version, forks) for code, version in found])


@router.post("/query", **requires("plan.read"))
def query(edge: Edge, body: wire.QueryIn) -> wire.QueryOut:
    """A slice of a cube."""
    with edge.read() as reader:
        return queries.query(reader, edge.actor, body)


@router.post("/preview", **requires("plan.read"))
def preview(edge: Edge, body: wire.PreviewIn) -> wire.PreviewOut:
    """A slice as it would be after some edits; nothing is written."""
    with edge.read() as reader:
        made, refused = previews.preview(reader, edge.actor, body.query, read_edits(body.edits))
    return wire.PreviewOut(slice=made, cells=[_result(r) for r in refused])


@router.post("/save", responses={409: {"model": wire.SaveOut}}, **requires("plan.write"))
def save(edge: Edge, body: wire.SaveIn) -> wire.SaveOut:
    """Writes edits; 409 with the same body when nothing could be written. An Idempotency-Key makes a repeat harmless."""

    with edge.write() as uow:
        answer = edge.once(
            uow,
            body.model_dump(),
            lambda: _saved(
                commands.save(
                    uow,
                    edge.actor,
                    version_id=body.version,
                    edits=read_edits(body.edits),
                    base_seq=body.base_seq,
                    mode=body.mode,
                    source="form",
                    reason=body.reason,
                )
            ).model_dump(),
        )
    status = 409 if answer["outcome"] == "nothing" else 200
    return JSONResponse(answer, status)  # type: ignore[return-value]  # the model above is what it holds


@router.post("/trace", **requires("plan.read"))
def trace(edge: Edge, body: wire.TraceIn) -> wire.StepOut:
    """Why a cell is what it is."""
    with edge.read() as reader:
        return tracing.trace(
            reader,
            edge.actor,
            version_id=body.version,
            item=ItemRef(body.cube, body.item),
            members=body.members,
            period=body.period,
            depth=body.depth,
            as_of=body.as_of,
        )


@router.post("/history", **requires("plan.read"))
def history(edge: Edge, body: wire.CellIn) -> wire.HistoryOut:
    """Who changed a cell, when, from what to what."""
    with edge.read() as reader:
        found = queries.cell_history(
            reader,
            edge.actor,
            version_id=body.version,
            item=ItemRef(body.cube, body.item),
            members=body.members,
            period=body.period,
            as_of=body.as_of,
        )
    return wire.HistoryOut(
        entries=[
            wire.HistoryEntryOut(
                seq=c.seq,
                author=c.author,
                at=_moment(c.at),
                source=c.source,
                reason=c.reason,
                kind=c.kind,
                before=cells.text(c.before),
                after=cells.text(c.after),
            )
            for c in found
        ]
    )


@router.post("/branch", status_code=201, **requires("plan.branch"))
def branch(edge: Edge, body: wire.BranchIn) -> wire.VersionOut:
    """A new version that starts as another stands."""
    with edge.write() as uow:
        made = commands.branch(
            uow, edge.actor, version_id=body.version, code=body.code, name=body.name, as_of=body.as_of
        )
        code = modelling.find(uow, made.model_id).code
        return _version(code, made, queries.forked(uow, [(code, made)]))


@router.post("/snapshot", status_code=201, **requires("plan.snapshot"))
def snapshot(edge: Edge, body: wire.SnapshotIn) -> wire.SeqOut:
    """Names the state a version is in."""
    with edge.write() as uow:
        seq = commands.snapshot(uow, edge.actor, version_id=body.version, name=body.name, kind="snapshot")
    return wire.SeqOut(version=body.version, seq=seq)


@router.post("/undo", **requires("plan.write"))
def undo(edge: Edge, body: wire.UndoIn) -> wire.SeqOut:
    """Takes back one change set."""
    with edge.write() as uow:
        seq = commands.undo(uow, edge.actor, version_id=body.version, seq=body.seq, reason=body.reason)
    return wire.SeqOut(version=body.version, seq=seq)


@router.post("/redo", **requires("plan.write"))
def redo(edge: Edge, body: wire.UndoIn) -> wire.SeqOut:
    """Does a change set again that was undone; ``seq`` is the change set's own."""
    with edge.write() as uow:
        seq = commands.redo(uow, edge.actor, version_id=body.version, seq=body.seq, reason=body.reason)
    return wire.SeqOut(version=body.version, seq=seq)


# --- between wire and values -------------------------------------------------------------------------------------------


def read_edits(edits: Sequence[wire.EditIn]) -> list[CellEdit]:
    """Amounts are read here, so a bad one refuses the whole request with its text."""
    return [CellEdit(ItemRef(e.cube, e.item), e.members, e.period, _amount(e.before), _amount(e.after)) for e in edits]


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else read_decimal(text)


def _version(model: str, version: Version, forks: Mapping[int, tuple[str, datetime]]) -> wire.VersionOut:
    by, at = forks.get(version.id, (None, None))
    return wire.VersionOut(
        id=version.id,
        model=model,
        code=version.code,
        name=version.name,
        role=version.role,
        status=version.status,
        seq=version.seq,
        revision=version.revision,
        base=version.base_version_id,
        made_by=by,
        made_at=None if at is None else _moment(at),
    )


def _saved(result: SaveResult) -> wire.SaveOut:
    return wire.SaveOut(
        outcome=result.outcome, seq=result.seq, saved=result.saved, cells=[_result(r) for r in result.cells]
    )


def _result(result: CellResult) -> wire.CellResultOut:
    return wire.CellResultOut(
        index=result.index,
        status=result.status,
        code=result.code,
        message=result.message,
        theirs=theirs_out(result.theirs),
    )


def theirs_out(theirs: Theirs | None) -> wire.TheirsOut | None:
    """Who put a value there, for a conflict."""
    if theirs is None:
        return None
    return wire.TheirsOut(
        value=cells.text(theirs.value),
        state=theirs.state,
        author=theirs.author,
        at="" if theirs.at is None else _moment(theirs.at),
        seq=theirs.seq,
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
