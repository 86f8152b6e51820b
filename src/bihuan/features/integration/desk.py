"""The error desk: lines that could not be taken are mended or ignored here, with who, when, before and after.

What is said here acts when the batch is loaded again (`loads.reload`); the file as it came is never changed.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.integration import queries
from bihuan.features.integration.corrections import InForce, in_force
from bihuan.features.integration.model import (
    BadCorrection,
    Batch,
    BatchNotReady,
    Correction,
    CorrectionKind,
    RejectedLine,
    Source,
)
from bihuan.features.integration.outcomes import MEANINGS, Outcome
from bihuan.store.unit_of_work import Reader, UnitOfWork

_LIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes text that begins so for a formula


@dataclass(frozen=True, slots=True)
class Mend:
    """A field of a record and what shall stand there; ``before`` is what the mender saw."""

    record: int
    field: str
    after: str
    before: str | None = None


def corrections(reader: Reader, actor: Principal, *, batch_id: int) -> list[Correction]:
    """Everything that was said by hand about the lines of a batch's file, oldest first."""
    batch = queries.batch(reader, actor, batch_id=batch_id)
    return corrections_of(reader, batch.source, batch.file_hash)


def corrections_of(reader: Reader, source: str, file_hash: str) -> list[Correction]:
    """The same by file; asks nobody (for the preparation)."""
    return [Correction(**row) for row in reader.rows("integration.corrections", source=source, file_hash=file_hash)]


def mend(uow: UnitOfWork, actor: Principal, *, batch_id: int, mends: Sequence[Mend], reason: str = "") -> int:
    """Corrects fields of open lines; how many words were added. What stands so already adds none."""
    batch, source, said = _desk(uow, actor, batch_id)
    lines = _lines(uow, batch, [m.record for m in mends])
    rows = []
    for m in mends:
        column = source.fields.get(m.field)
        if column is None or column not in lines[m.record].raw:
            raise BadCorrection(
                f"第 {m.record} 行没有字段“{m.field}”，可改的有：{'、'.join(source.fields)}。", record=m.record
            )
        stands = said.fields.get(m.record, {}).get(m.field, lines[m.record].raw[column])
        if m.before is not None and m.before != stands:
            raise BadCorrection(f"第 {m.record} 行的“{column}”已是“{stands}”，请刷新后再改。", record=m.record)
        if m.after != stands:
            rows.append(_row(m.record, "set", m.field, stands, m.after, reason))
    return _say(uow, actor, batch, rows)


def ignore(
    uow: UnitOfWork,
    actor: Principal,
    *,
    batch_id: int,
    records: Sequence[int],
    reason: str,
    whole_vouchers: bool = False,
) -> int:
    """Says that open lines (or their whole vouchers) shall not count, and why; how many lines."""
    if not reason.strip():
        raise BadCorrection("不计入要写明原因。", field="reason")
    batch, _, said = _desk(uow, actor, batch_id)
    lines = _lines(uow, batch, records)
    wanted = set(records)
    if whole_vouchers:
        for voucher, period in {(x.voucher, x.period) for x in lines.values() if x.voucher}:
            found = uow.rows("integration.rejected_of_voucher", batch_id=batch_id, voucher=voucher, period=period)
            wanted |= {int(r["record"]) for r in found}
    rows = [_row(r, "ignore", "", "", "", reason.strip()) for r in sorted(wanted - said.ignored.keys())]
    return _say(uow, actor, batch, rows)


def take_back(uow: UnitOfWork, actor: Principal, *, batch_id: int, record: int, field: str = "") -> int:
    """Forgets what was said about a field (or, without one, that the line shall not count); 0 when nothing was said."""
    batch, source, said = _desk(uow, actor, batch_id)
    line = _lines(uow, batch, [record])[record]
    stands = said.fields.get(record, {}).get(field) if field else said.ignored.get(record)
    if stands is None:
        return 0
    column = source.fields.get(field, "")
    return _say(uow, actor, batch, [_row(record, "take_back", field, stands, line.raw.get(column, ""), "")])


def _row(record: int, kind: CorrectionKind, *said: str) -> dict[str, object]:
    field, before, after, reason = said
    return {"record": record, "kind": kind, "field": field, "before": before, "after": after, "reason": reason}


def _desk(uow: UnitOfWork, actor: Principal, batch_id: int) -> tuple[Batch, Source, InForce]:
    """The batch, locked, which must be the newest of its file; its source; what has been said so far."""
    actor.require("integration.load")
    batch = queries.found(uow.row("integration.lock_batch", id=batch_id), batch_id)
    newest = uow.value("integration.newest_of_file", id=batch_id)
    if batch.state not in ("prepared", "published") or newest != batch_id:
        raise BatchNotReady(batch=batch_id, state=batch.state, newest=newest)
    source, _ = queries.source(uow, batch.source)
    return batch, source, in_force(corrections_of(uow, batch.source, batch.file_hash))


def _lines(uow: UnitOfWork, batch: Batch, records: Sequence[int]) -> dict[int, RejectedLine]:
    rows = uow.rows("integration.rejected_records", batch_id=batch.id, records=sorted(set(records)))
    lines = {int(row["record"]): RejectedLine(**row) for row in rows}
    if missing := sorted(set(records) - lines.keys()):
        raise BadCorrection(f"第 {missing[0]} 行不在差错台上，可能已处理。", records=missing)
    return lines


def _say(uow: UnitOfWork, actor: Principal, batch: Batch, rows: Sequence[Mapping[str, object]]) -> int:
    common = {
        "source": batch.source,
        "file_hash": batch.file_hash,
        "batch_id": batch.id,
        "author": actor.user_id,
        "author_name": actor.name,
        "now": uow.now(),
    }
    uow.run_many("integration.add_correction", [{**common, **row} for row in rows])
    if rows:
        after = [{k: r[k] for k in ("record", "kind", "field", "before", "after") if r[k]} for r in rows[:20]]
        reason = str(rows[0]["reason"])
        record(uow, actor, "integration.correct", ("batch", batch.id), None, {"lines": len(rows), "of": after}, reason)
    return len(rows)


def download(reader: Reader, actor: Principal, *, batch_id: int) -> str:
    """The open lines of a batch as CSV with their reasons, in the columns of the file; formulas are made harmless."""
    batch = queries.batch(reader, actor, batch_id=batch_id)
    source, _ = queries.source(reader, batch.source)
    lines = queries.error_desk(reader, actor, batch_id=batch_id, count=1_000_000)
    columns = list(dict.fromkeys([*source.fields.values(), *(c for line in lines for c in line.raw)]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["行号", "原因", "说明", "怎么办", "字段", "内容", *map(harmless, columns)])
    for line in lines:
        meaning = MEANINGS[Outcome[line.outcome]]
        facts = [str(line.record), line.outcome, meaning.text, meaning.remedy, line.field, line.value]
        writer.writerow(map(harmless, [*facts, *(line.raw.get(c, "") for c in columns)]))
    return "\ufeff" + out.getvalue()


def harmless(text: str) -> str:
    """Text as a spreadsheet shows it: what it would take for a formula gets an apostrophe; plain numbers stay numbers."""
    if not text.startswith(_LIVE):
        return text
    return text if text[0] in "+-" and text[1:].replace(",", "").replace(".", "", 1).isdigit() else f"'{text}"
