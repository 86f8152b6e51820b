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
from bihuan.features.integration import queries
from bihuan.features.integration.model import Batch, BatchNotReady, NoSuchBatch, RejectedLine, Source
from bihuan.features.integration.prepare import Prepared, prepare
from bihuan.features.integration.source_text import parse_source
from bihuan.features.integration.target import target_model
from bihuan.features.integration.vouchers import Imported
from bihuan.store.landing import BadFile, Landed, read_delimited
from bihuan.store.unit_of_work import UnitOfWork
from bihuan.store.warehouse import Warehouse

_DESK_CHUNK = 20_000  # rejected lines per statement


def define_source(
    uow: UnitOfWork, actor: Principal, *, definition: str, mapping: str = "", file: str = "source.yaml"
) -> Source:
    """Takes the text of a source as its next revision; the same text again changes nothing. Raises `BadSource`."""
    actor.require("integration.define")
    source = parse_source(definition, mapping, file=file)
    now = uow.row("integration.source", code=source.code)
    if now and (now["definition"], now["mapping"]) == (definition, mapping):
        return source
    revision = uow.value("integration.add_source", code=source.code, model=source.model)
    uow.run(
        "integration.add_revision",
        source=source.code,
        revision=revision,
        definition=definition,
        mapping=mapping,
        author=actor.user_id,
        now=uow.now(),
    )
    record(uow, actor, "integration.define", ("source", source.code), after={"revision": revision})
    return source


def land(
    uow: UnitOfWork, actor: Principal, warehouse: Warehouse, *, source: str, file_name: str, chunks: Iterable[bytes]
) -> Batch:
    """Keeps the raw file as it came. The same file through the same source again is the same batch, unless lines of it
    are still on the error desk: then a new batch tries those."""
    actor.require("integration.load")
    queries.source(uow, source)
    file = warehouse.put(uow, "raw", chunks)
    known = uow.row("integration.same_file", source=source, file_hash=file.hash)
    if known and not (known["state"] == "published" and uow.value("integration.open_rejected", batch_id=known["id"])):
        return queries.batch_of(known)
    batch_id = uow.value(
        "integration.add_batch",
        source=source,
        file_hash=file.hash,
        file_name=file_name,
        author=actor.user_id,
        now=uow.now(),
    )
    record(uow, actor, "integration.land", ("batch", batch_id), after={"file": file_name, "hash": file.hash})
    return _batch(uow, batch_id)


def prepare_batch(
    uow: UnitOfWork, actor: Principal, warehouse: Warehouse, model: CompiledModel, *, batch_id: int
) -> Batch:
    """Maps and validates a landed file by the source's newest revision; again after the mapping was mended.

    A file that cannot be read as a whole leaves the batch refused, with the reason in ``message``.
    """
    actor.require("integration.load")
    row = locked_batch(uow, batch_id)
    if row.state not in ("landed", "prepared"):
        raise BatchNotReady(batch=batch_id, state=row.state)
    source, revision = queries.source(uow, row.source)
    published = uow.value("integration.published_so_far", code=row.source)
    try:
        prepared = _prepare(uow, warehouse, source, model, row)
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
    path = warehouse.open(uow, batch.file_hash)
    landed = read_delimited(path, delimiter=source.delimiter, encoding=source.encoding)
    missing = [column for column in source.fields.values() if column not in landed.fields.column_names]
    if missing:
        found = ", ".join(landed.fields.column_names)
        raise BadFile("MISSING_COLUMN", f"no column {', '.join(missing)}; the file has {found}", 1)
    return landed


def _prepare(uow: UnitOfWork, warehouse: Warehouse, source: Source, model: CompiledModel, batch: Batch) -> Prepared:
    landed = _read(uow, warehouse, source, batch)
    statuses = {r["period"]: r["status"] for r in uow.rows("integration.period_statuses", model=source.model)}

    def imported(first: str, last: str) -> Imported:
        return queries.imported(uow, warehouse, source, file_hash=batch.file_hash, first=first, last=last)

    return prepare(source, landed, target_model(model, statuses), imported)


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
    """What the books say: (account, period) -> debit − credit."""
    actor.require("integration.load")
    queries.source(uow, source)
    now = uow.now()
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
