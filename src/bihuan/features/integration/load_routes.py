"""Routes of loads: upload as a job, watch, cancel; batches, their rounds, and how their vouchers met requests."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from bihuan.features.access.http import Edge, requires
from bihuan.features.integration import loads, matching, queries
from bihuan.features.integration.wire import (
    BatchOut,
    BehindOut,
    LoadRunOut,
    MatchOut,
    batch_out,
    behind_out,
    match_out,
    run_out,
)
from bihuan.store.warehouse import Warehouse

router = APIRouter()
Content = Annotated[bytes, Body(media_type="application/octet-stream")]


@router.post("/sources/{source}/loads", status_code=202, **requires("integration.load"))
def start(  # noqa: PLR0917 - what of the request
    edge: Edge, request: Request, source: str, file_name: str, content: Content, check_only: bool = False
) -> LoadRunOut:
    """Keeps a file (CSV or Excel, the request's body) and queues its load; the answer is watched under ``/loads/{run}``.

    The size is bounded like every request's body; larger files are loaded by the command line.
    """
    with edge.write() as uow:
        run = loads.start(
            uow,
            edge.actor,
            warehouse(request),
            source=source,
            file_name=file_name,
            chunks=pieces(content),
            check_only=check_only,
        )
    return run_out(run)


@router.get("/loads", **requires("integration.read"))
def runs(edge: Edge, source: str | None = None, count: int = Query(50, ge=1, le=200)) -> list[LoadRunOut]:
    """The newest loads."""
    with edge.read() as reader:
        return [run_out(r) for r in loads.runs(reader, edge.actor, source=source, count=count)]


@router.get("/loads/{run}", **requires("integration.read"))
def run(edge: Edge, run: int) -> LoadRunOut:
    """One load: stage, lines, seconds left, or how it ended."""
    with edge.read() as reader:
        return run_out(loads.seen(reader, edge.actor, run_id=run))


@router.post("/loads/{run}/cancellation", **requires("integration.load"))
def cancel(edge: Edge, run: int) -> LoadRunOut:
    """Asks a load to stop; nothing of it stays. Once entered it can not be stopped."""
    with edge.write() as uow:
        return run_out(loads.cancel(uow, edge.actor, run_id=run))


@router.post("/batches/{batch}/reload", status_code=202, **requires("integration.load"))
def reload(edge: Edge, batch: int) -> LoadRunOut:
    """Queues another load of the lines on the batch's desk, with what was mended; enters a batch that was only checked."""
    with edge.write() as uow:
        return run_out(loads.reload(uow, edge.actor, batch_id=batch))


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


@router.get("/batches/{batch}/rounds", **requires("integration.read"))
def rounds(edge: Edge, batch: int) -> list[BatchOut]:
    """All batches of the same file, oldest first: each round took what the one before had left on the desk."""
    with edge.read() as reader:
        return [batch_out(b) for b in queries.rounds(reader, edge.actor, batch_id=batch)]


@router.get("/batches/{batch}/matches", **requires("integration.read"))
def matches(edge: Edge, batch: int) -> list[MatchOut]:
    """How the vouchers of a published batch met the requests they name."""
    with edge.read() as reader:
        return [match_out(m) for m in matching.matches(reader, edge.actor, batch_id=batch)]


@router.get("/batches/{batch}/matches/lines", **requires("integration.read"))
def match_lines(
    edge: Edge, request: Request, batch: int, number: str = "", limit: int = Query(200, ge=1, le=2000)
) -> BehindOut:
    """The voucher lines that name a request; without a number those that name none."""
    files = warehouse(request)
    with edge.read() as reader:
        return behind_out(matching.lines_of(reader, edge.actor, files, batch_id=batch, number=number, limit=limit))


def warehouse(request: Request) -> Warehouse:
    """The process's warehouse."""
    found: Warehouse = request.app.state.container.warehouse
    return found


def pieces(content: bytes) -> Iterator[bytes]:
    """A body in parts of a megabyte."""
    size = 1 << 20
    return (content[i : i + size] for i in range(0, len(content), size))
