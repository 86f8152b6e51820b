"""Commands of integration: define a source, land a file, prepare (map and validate), publish, control totals, periods."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from itertools import islice
from typing import Literal

import pyarrow as pa

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.integration import package_texts, queries
from bihuan.features.integration.corrections import corrected, in_force
from bihuan.features.integration.desk import corrections_of
from bihuan.features.integration.model import Batch, BatchNotReady, NoSuchBatch, RejectedLine, Source
from bihuan.features.integration.prepare import Prepared, Step, prepare
from bihuan.features.integration.source_text import parse_source
from bihuan.features.integration.target import target_model
from bihuan.features.integration.vouchers import Imported
from bihuan.store.landing import BadFile, Landed, read_delimited
from bihuan.store.spreadsheet import is_workbook, read_workbook
from bihuan.store.unit_of_work import Reader, UnitOfWork
from bihuan.store.warehouse import Warehouse

_DESK_CHUNK = 20_000  # rejected lines per statement


def define_source(
    uow: UnitOfWork, actor: Principal, *, definition: str, mapping: str = "", file: str = "source.yaml"
) -> Source:
    """Takes the text of a source as its next revision; the same text again changes nothing. Raises `BadSource`.

    Where the applied model package holds the source, the text becomes the package's next revision: they never differ.
    """
    actor.require("integration.define")
    source = parse_source(definition, mapping, file=file)
    package_texts.write(uow, actor, source=source, definition=definition, mapping=mapping)
    return source


def land(
    uow: UnitOfWork, actor: Principal, warehouse: Warehouse, *, source: str, file_name: str, chunks: Iterable[bytes]
) -> Batch:
    """Keeps the raw file as it came. The same file through the same source again is the same batch, unless lines of it
    are still on the error desk: then a new batch tries those."""
    actor.require("integration.load")
    queries.source(uow, source)
    file = warehouse.put(uow, "raw", chunks)
    batch, _ = batch_for(uow, actor, source=source, file_hash=file.hash, file_name=file_name)
    return batch


def batch_for(uow: UnitOfWork, actor: Principal, *, source: str, file_hash: str, file_name: str) -> tuple[Batch, bool]:
    """The batch that takes a landed file, and whether it is new: one for each time lines of the file are tried."""
    row = uow.row("integration.same_file", source=source, file_hash=file_hash)
    known = queries.batch_of(row) if row else None
    if known and not (known.state == "published" and uow.value("integration.open_rejected", batch_id=known.id)):
        return known, False
    batch_id = uow.value(
        "integration.add_batch",
        source=source,
        file_hash=file_hash,
        file_name=file_name,
        continues=None if known is None else known.continues or known.id,
        round=1 if known is None else known.round + 1,
        author=actor.user_id,
        now=uow.now(),
    )
    record(uow, actor, "integration.land", ("batch", batch_id), after={"file": file_name, "hash": file_hash})
    return _batch(uow, batch_id), True


def discard(uow: UnitOfWork, actor: Principal, *, batch_id: int) -> None:
    """Ends a batch that never counted, with its lines; a published one stays."""
    row = uow.row("integration.lock_batch", id=batch_id)
    if row is None or row["state"] == "published":
        return
    uow.run("integration.clear_rejected", batch_id=batch_id)
    uow.run("integration.discard_batch", id=batch_id)
    if row["lines_hash"]:
        uow.run("integration.drop_lines", hash=row["lines_hash"])
    record(uow, actor, "integration.discard", ("batch", batch_id))


def _silent(_step: str, _lines: int) -> None:
    """Nobody watches."""


def prepare_batch(
    uow: UnitOfWork,
    actor: Principal,
    warehouse: Warehouse,
    model: CompiledModel,
    *,
    batch_id: int,
    step: Step = _silent,
) -> Batch:
    """Maps and validates a landed file by the source's newest revision and what was mended by hand; may be repeated.

    A file that cannot be read as a whole leaves the batch refused, with the reason in ``message``.
    """
    actor.require("integration.load")
    row = locked_batch(uow, batch_id)
    if row.state not in ("landed", "prepared"):
        raise BatchNotReady(batch=batch_id, state=row.state)
    source, revision = queries.source(uow, row.source)
    published = uow.value("integration.published_so_far", code=row.source)
    try:
        prepared = _prepare(uow, warehouse, source, model, row, step)
    except BadFile as error:
        uow.run("integration.refuse_batch", id=batch_id, message=f"{error.code}: {error}")
        record(uow, actor, "integration.refuse", ("batch", batch_id), reason=f"{error.code}: {error}")
        return _batch(uow, batch_id)
    _keep(uow, warehouse, row, prepared, revision=revision, published=published)
    record(
        uow, actor, "integration.prepare", ("batch", batch_id), after={n: c.lines for n, c in prepared.counts.items()}
    )
    return _batch(uow, batch_id)


def _read(uow: UnitOfWork, warehouse: Warehouse, source: Source, batch: Batch) -> Landed:
    landed = read_landed(uow, warehouse, source, batch.file_hash)
    missing = [column for column in source.fields.values() if column not in landed.fields.column_names]
    if missing:
        found = ", ".join(landed.fields.column_names)
        raise BadFile("MISSING_COLUMN", f"no column {', '.join(missing)}; the file has {found}", 1)
    return landed


def read_landed(reader: Reader, warehouse: Warehouse, source: Source, file_hash: str) -> Landed:
    """The records of a file that was kept; raises `BadFile`."""
    path = warehouse.open(reader, file_hash)
    if is_workbook(path):
        return read_workbook(path)
    return read_delimited(path, delimiter=source.delimiter, encoding=source.encoding)


def _prepare(  # noqa: PLR0917
    uow: UnitOfWork, warehouse: Warehouse, source: Source, model: CompiledModel, batch: Batch, step: Step
) -> Prepared:
    said = in_force(corrections_of(uow, batch.source, batch.file_hash))
    landed = corrected(_read(uow, warehouse, source, batch), source, said.fields)
    statuses = {r["period"]: r["status"] for r in uow.rows("integration.period_statuses", model=source.model)}

    def imported(first: str, last: str) -> Imported:
        return queries.imported(uow, warehouse, source, file_hash=batch.file_hash, first=first, last=last)

    ignored = frozenset(said.ignored)
    return prepare(source, landed, target_model(model, statuses), imported, ignored=ignored, step=step)


def _keep(
    uow: UnitOfWork, warehouse: Warehouse, batch: Batch, prepared: Prepared, *, revision: int, published: int
) -> None:
    """Writes the lines as a file, the rejected ones to the error desk, the counts to the batch."""
    stored = prepared.stored.append_column(
        "batch", pa.repeat(pa.scalar(batch.id, pa.int64()), prepared.stored.num_rows)
    )
    file = warehouse.put_table(uow, stored) if stored.num_rows else None
    counts = {name: [c.lines, str(c.debit), str(c.credit)] for name, c in prepared.counts.items()}
    uow.run(
        "integration.prepared",
        id=batch.id,
        revision=revision,
        published_before=published,
        records=prepared.records,
        counts=json.dumps(counts),
        lines_hash=file.hash if file else None,
    )
    if batch.lines_hash:
        uow.run("integration.drop_lines", hash=batch.lines_hash)
    uow.run("integration.clear_rejected", batch_id=batch.id)
    for some in _in_chunks(prepared.rejected):
        lines = [asdict(line) | {"amount": None if line.amount is None else str(line.amount)} for line in some]
        uow.run("integration.add_rejected", batch_id=batch.id, lines=json.dumps(lines, ensure_ascii=False))


def _in_chunks(lines: Sequence[RejectedLine]) -> Iterator[list[RejectedLine]]:
    rest = iter(lines)
    while some := list(islice(rest, _DESK_CHUNK)):
        yield some


def set_control_totals(
    uow: UnitOfWork, actor: Principal, *, source: str, totals: Mapping[tuple[str, str], Decimal]
) -> None:
    """What the books say: (account, period) -> debit − credit. A statement about a period replaces the one before."""
    actor.require("integration.load")
    queries.source(uow, source)
    now = uow.now()
    uow.run("integration.clear_control_totals", source=source, periods=sorted({p for _, p in totals}))
    uow.run_many(
        "integration.set_control_total",
        [
            {"source": source, "account": a, "period": p, "amount": v, "now": now}
            for (a, p), v in sorted(totals.items())
        ],
    )
    record(uow, actor, "integration.control_totals", ("source", source), after={"rows": len(totals)})


def set_period_status(
    uow: UnitOfWork,
    actor: Principal,
    *,
    model: str,
    periods: Sequence[str],
    status: Literal["open", "closed", "not_open"],
) -> None:
    """Opens or shuts periods for actuals."""
    actor.require("integration.close")
    rows = [{"model": model, "period": period, "status": status} for period in periods]
    if status == "open":
        uow.run_many("integration.open_period", [{"model": model, "period": period} for period in periods])
    else:
        uow.run_many("integration.shut_period", rows)
    record(uow, actor, "integration.close", ("model", model), after={"periods": list(periods), "status": status})


def locked_batch(uow: UnitOfWork, batch_id: int) -> Batch:
    """The batch, its row locked; raises `NoSuchBatch`."""
    row = uow.row("integration.lock_batch", id=batch_id)
    if row is None:
        raise NoSuchBatch(batch=batch_id)
    return queries.batch_of(row)


def _batch(uow: UnitOfWork, batch_id: int) -> Batch:
    row = uow.row("integration.batch", id=batch_id)
    assert row is not None
    return queries.batch_of(row)
