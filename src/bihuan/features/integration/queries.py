"""Reads of integration: sources, batches, the error desk, lines of the warehouse."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.integration.model import (
    LINE_TABLE,
    Batch,
    Counted,
    NoSuchBatch,
    NoSuchSource,
    RejectedLine,
    Source,
)
from bihuan.features.integration.source_text import parse_source
from bihuan.features.integration.vouchers import NOTHING, Imported
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Reader
from bihuan.store.warehouse import Warehouse


def source(reader: Reader, code: str) -> tuple[Source, int]:
    """A source and its revision; raises `NoSuchSource`."""
    row = reader.row("integration.source", code=code)
    if row is None:
        raise NoSuchSource(source=code)
    return parse_source(row["definition"], row["mapping"]), int(row["revision"])


def model_id(reader: Reader, model: str) -> int:
    """The id of the model a source names."""
    return modelling.find(reader, model).id


def compiled(reader: Reader, source_code: str) -> CompiledModel:
    """The model a source's codes are mapped to, as it stands."""
    return modelling.compiled(reader, source(reader, source_code)[0].model)


def sources(reader: Reader, actor: Principal) -> list[tuple[Source, int]]:
    """All sources with their revision."""
    actor.require("integration.read")
    rows = reader.rows("integration.sources")
    return [(parse_source(r["definition"], r["mapping"]), int(r["revision"])) for r in rows]


def batch(reader: Reader, actor: Principal, *, batch_id: int) -> Batch:
    """One batch; raises `NoSuchBatch`."""
    actor.require("integration.read")
    return found(reader.row("integration.batch", id=batch_id), batch_id)


def found(row: Mapping[Any, Any] | None, batch_id: int) -> Batch:
    """The batch of a row; raises `NoSuchBatch` where there is none."""
    if row is None:
        raise NoSuchBatch(batch=batch_id)
    return batch_of(row)


def batches(reader: Reader, actor: Principal, *, source: str | None = None, count: int = 50) -> list[Batch]:
    """The newest batches."""
    actor.require("integration.read")
    return [batch_of(row) for row in reader.rows("integration.batches", source=source, count=count)]


def rounds(reader: Reader, actor: Principal, *, batch_id: int) -> list[Batch]:
    """All batches of the same file through the same source, oldest first."""
    one = batch(reader, actor, batch_id=batch_id)
    return [batch_of(r) for r in reader.rows("integration.rounds", source=one.source, file_hash=one.file_hash)]


def batch_of(row: Mapping[Any, Any]) -> Batch:
    """A row of load_batch as a value."""
    counts = {name: Counted(n, Decimal(debit), Decimal(credit)) for name, (n, debit, credit) in row["counts"].items()}
    names = (
        "id",
        "source",
        "revision",
        "file_hash",
        "file_name",
        "state",
        "records",
        "lines_hash",
        "message",
        "change_seq",
        "published_before",
        "continues",
        "round",
        "model",
    )
    return Batch(counts=counts, **{name: row[name] for name in names})


def error_desk(
    reader: Reader,
    actor: Principal,
    *,
    batch_id: int | None = None,
    source: str | None = None,
    outcome: str | None = None,
    field: str | None = None,
    value: str | None = None,
    count: int = 200,
    skip: int = 0,
) -> list[RejectedLine]:
    """Open rejected lines, oldest first; of one batch, one source, one reason."""
    actor.require("integration.read")
    filters = {"outcome": outcome, "field": field, "value": value}
    rows = reader.rows("integration.rejected", batch_id=batch_id, source=source, count=count, skip=skip, **filters)
    return [RejectedLine(**row) for row in rows]


def rejected_by_reason(
    reader: Reader, actor: Principal, *, batch_id: int | None = None, source: str | None = None
) -> list[dict[str, Any]]:
    """The error desk in short: outcome, field, value, lines, amount (absolute; None where unreadable)."""
    actor.require("integration.read")
    return [dict(row) for row in reader.rows("integration.rejected_by_reason", batch_id=batch_id, source=source)]


def lines(
    reader: Reader,
    warehouse: Warehouse,
    source: str,
    *,
    first: str | None = None,
    last: str | None = None,
    also: Sequence[str] = (),
) -> ir.Table | None:
    """The published lines of a source (and files not yet published) as an Ibis table; None where there are none."""
    published = [int(r["id"]) for r in reader.rows("integration.published_batches", source=source, file_hash=None)]
    return warehouse.scan(reader, LINE_TABLE, first=first, last=last, batches=published, also=also)


def imported(
    reader: Reader, warehouse: Warehouse, source: Source, *, file_hash: str, first: str, last: str
) -> Imported:
    """What of a source is in the warehouse for a span of periods."""
    same_file = [
        int(r["id"]) for r in reader.rows("integration.published_batches", source=source.code, file_hash=file_hash)
    ]
    if not source.has_vouchers:
        known = warehouse.scan(reader, LINE_TABLE, batches=same_file) if same_file else None
        records = NOTHING.records if known is None else known.select("record").to_pyarrow()["record"].to_numpy()
        return Imported(NOTHING.key, NOTHING.fingerprint, records)
    table = lines(reader, warehouse, source.code, first=first or None, last=last or None)
    if table is None:
        return NOTHING
    known = table.group_by("voucher_key").agg(print=table.voucher_hash.max()).order_by("voucher_key").to_pyarrow()
    return Imported(known["voucher_key"].to_numpy(), known["print"].to_numpy(), NOTHING.records)
