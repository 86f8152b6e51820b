"""Publishing a batch: in one transaction its lines enter the manifest, its totals the plan, its vouchers the ledger.

Lock order: the source's row, then plan heads, then balance rows. Nothing else takes a source's row, so this stays free of
circles.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control.commands.facts import DocumentMet, Execution, Posted, Progress, execute_batch, silent
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import VoucherLine
from bihuan.features.control.queries import begun_years
from bihuan.features.control.queries import policy as policy_in_force
from bihuan.features.integration import queries
from bihuan.features.integration.commands import locked_batch, prepare_batch
from bihuan.features.integration.matching import keep, matches_of
from bihuan.features.integration.model import LINE_TABLE, Batch, BatchNotReady, Match, Source, TooManyRejected
from bihuan.features.integration.outcomes import Outcome, fate
from bihuan.features.planning import cells, editing, versions
from bihuan.features.planning.commands import append, lock_heads
from bihuan.features.planning.model import CellEdit, Version
from bihuan.features.planning.replica import PlanState
from bihuan.features.planning.writing import locked_state
from bihuan.store.jobs import enqueue
from bihuan.store.unit_of_work import UnitOfWork
from bihuan.store.warehouse import Warehouse

ZERO = Decimal(0)
VERIFY = "monitoring.verify_cases"  # the job that looks at cases again once the numbers have changed


@dataclass(frozen=True, slots=True)
class Total:
    """What a batch adds to one plan cell."""

    item: ItemRef
    members: Mapping[str, str]
    period: str
    amount: Decimal


def publish(
    uow: UnitOfWork, actor: Principal, warehouse: Warehouse, *, batch_id: int, progress: Progress = silent
) -> Batch:
    """Makes a prepared batch count; a published one stays as it is. One that another batch overtook is prepared again.

    ``progress`` hears how much of the ledger's part is booked, and may raise to stop.
    """
    actor.require("integration.publish")
    batch = queries.found(uow.row("integration.batch", id=batch_id), batch_id)
    published = uow.value("integration.lock_source", code=batch.source)
    batch = locked_batch(uow, batch_id)
    if batch.state == "published":
        return batch
    if batch.state != "prepared":
        raise BatchNotReady(batch=batch_id, state=batch.state)
    source, revision = queries.source(uow, batch.source)
    version = plan_version(uow, source)
    lock_heads(uow, [version.id])
    state = locked_state(uow, version.id)
    if (batch.revision, batch.published_before) != (revision, published):
        batch = prepare_batch(uow, actor, warehouse, state.model, batch_id=batch_id)
    _refuse_too_many(source, batch)
    lines = warehouse.read_table(uow, batch.lines_hash) if batch.lines_hash else pa.table({})
    seq = (
        _add_to_plan(uow, actor, state, plan_totals(lines), f"{source.title}：批次 {batch_id}")
        if lines.num_rows
        else None
    )
    if source.policies and lines.num_rows:
        keep(uow, batch_id, book(uow, actor, source, _voucher_lines(source, batch, lines), progress=progress))
    _enter(uow, batch, lines, seq)
    enqueue(uow, VERIFY, {"model": source.model}, lock=f"{VERIFY} {source.model}")
    record(uow, actor, "integration.publish", ("batch", batch_id), after={"lines": lines.num_rows, "seq": seq})
    return queries.found(uow.row("integration.batch", id=batch_id), batch_id)


def plan_version(uow: UnitOfWork, source: Source) -> Version:
    """The version that takes a source's totals."""
    return versions.by_name(uow, queries.model_id(uow, source.model), source.version)


def _refuse_too_many(source: Source, batch: Batch) -> None:
    bad = sum(c.lines for name, c in batch.counts.items() if fate(Outcome[name]) == "rejected")
    if batch.records and Decimal(bad) / batch.records > source.max_rejected:
        raise TooManyRejected(batch=batch.id, rejected=bad, records=batch.records, allowed=str(source.max_rejected))


# --- the plan ------------------------------------------------------------------------------------------------------


def plan_totals(lines: pa.Table) -> list[Total]:
    """The accepted lines summed by item, members and period, in a stable order."""
    counted = lines.filter(pc.equal(lines["outcome"].cast(pa.string()), Outcome.ACCEPTED.name))
    dims = [name for name in counted.column_names if name.startswith("dim_")]
    grouped = counted.group_by(["item", *dims, "period"], use_threads=False).aggregate([("amount", "sum")])
    out = []
    for row in grouped.to_pylist():
        members = {name.removeprefix("dim_"): row[name] for name in dims if row[name] is not None}
        out.append(Total(cells.ref_of(row["item"]), members, row["period"], row["amount_sum"]))
    return sorted(out, key=lambda t: (str(t.item), sorted(t.members.items()), t.period))


def _add_to_plan(
    uow: UnitOfWork, actor: Principal, state: PlanState, totals: Sequence[Total], reason: str
) -> int | None:
    """Adds the totals to what stands in the plan; the head is locked."""
    if not totals:
        return None
    asked = [CellEdit(t.item, t.members, t.period, None, t.amount) for t in totals]
    trial = editing.parse(state.model, asked)
    now = editing.entered(state, trial.cells)
    before: dict[int, Decimal | None] = {}
    for k, index in enumerate(trial.source.tolist()):
        item = state.model.items[totals[index].item]
        before[index] = cells.shown(item, float(now.before[k]), int(now.before_state[k]))
    edits = [
        CellEdit(t.item, t.members, t.period, before.get(i), (before.get(i) or ZERO) + t.amount)
        for i, t in enumerate(totals)
    ]
    return append(uow, actor, version_id=state.version_id, edits=edits, source="load", reason=reason)


# --- the ledger ----------------------------------------------------------------------------------------------------


def book(
    uow: UnitOfWork, actor: Principal, source: Source, lines: Sequence[VoucherLine], *, progress: Progress
) -> list[Match]:
    """Books each line under the policy of its year that controls its item; answers how they met the requests they name.

    A policy's years are those whose budget was released under it. A line of a year that has none goes to the first policy
    listed. The matches of a request named under several policies stand under the first that knows it.
    """
    in_force = [policy_in_force(uow, code) for code in source.policies]
    begun = [begun_years(uow, one) for one in in_force]
    parts: dict[int, list[VoucherLine]] = {n: [] for n in range(len(in_force))}
    for line in lines:
        at = [n for n, one in enumerate(in_force) if line.coordinate["item"] in one.policy.items]
        if at:
            parts[next((n for n in at if _in_years(in_force[n], line.period, begun[n])), at[0])].append(line)
    booked: list[VoucherLine] = []
    posted: list[Posted] = []
    documents: dict[str, DocumentMet] = {}
    for n, part in parts.items():
        if part:
            done = execute_batch(uow, actor, policy=source.policies[n], lines=part, progress=progress)
            booked += part
            posted += done.posted
            documents = {**done.documents, **documents}
    return matches_of(booked, Execution(posted, documents))


def _in_years(policy: PolicyInForce, period: str, years: frozenset[str]) -> bool:
    """Does a period lie in one of these fiscal years? One outside the calendar lies in none."""
    calendar = policy.policy.calendar
    return any(period in year.periods for year in calendar.years if year.code in years)


def _voucher_lines(source: Source, batch: Batch, lines: pa.Table) -> list[VoucherLine]:
    """One ledger line per voucher, coordinate, period and document."""
    sums: dict[tuple[str, ...], Decimal] = defaultdict(lambda: ZERO)
    for row in _accepted(lines):
        place = tuple(f"{name}\t{row[name]}" for name in row if name.startswith("dim_") and row[name] is not None)
        voucher = row.get("src_voucher") or f"{batch.id}-{row['record']}"
        identity = f"{row['voucher_key']:016x}" if row["voucher_key"] else f"{batch.file_hash[:16]}-{row['record']}"
        sums[identity, voucher, row["item"], row["period"], row.get("document") or "", *place] += row["amount"]
    out = []
    for (identity, voucher, item, period, document, *held), amount in sums.items():
        if not amount:
            continue
        members = dict(pair.removeprefix("dim_").split("\t") for pair in held)
        key = f"{source.code}:{identity}:{item}:{period}:{document}:{'/'.join(held)}"
        out.append(VoucherLine(key, voucher, {"item": item, **members}, period, amount, document or None))
    return out


def _accepted(lines: pa.Table) -> Iterator[dict[str, Any]]:
    counted = lines.filter(pc.equal(lines["outcome"].cast(pa.string()), Outcome.ACCEPTED.name))
    wanted = ["record", "item", "period", "amount", "voucher_key", "src_voucher", "document"]
    names = [n for n in counted.column_names if n in wanted or n.startswith("dim_")]
    for part in counted.select(names).to_batches():
        yield from part.to_pylist()


# --- the manifest ----------------------------------------------------------------------------------------------------


def _enter(uow: UnitOfWork, batch: Batch, lines: pa.Table, seq: int | None) -> None:
    """From the commit on the lines count."""
    if lines.num_rows:
        span = pc.min_max(lines["period"].cast(pa.string())).as_py()
        uow.run(
            "warehouse.add_to_manifest",
            table_name=LINE_TABLE,
            hash=batch.lines_hash,
            batch_id=batch.id,
            rows=lines.num_rows,
            min_period=span["min"],
            max_period=span["max"],
        )
    uow.run("integration.published", id=batch.id, now=uow.now(), change_seq=seq)
    uow.run("integration.count_publication", code=batch.source)
    uow.run("integration.resolve_rejected", batch_id=batch.id, source=batch.source, file_hash=batch.file_hash)
    waiting = {
        (r["period"], r["voucher"])
        for r in uow.rows("integration.open_vouchers", source=batch.source, batch_id=batch.id)
    }
    if waiting and "src_voucher" in lines.column_names:
        came = lines.select(["period", "src_voucher"]).group_by(["period", "src_voucher"]).aggregate([])
        for row in came.to_pylist():
            if (row["period"], row["src_voucher"]) in waiting:
                uow.run(
                    "integration.resolve_voucher",
                    batch_id=batch.id,
                    source=batch.source,
                    period=row["period"],
                    voucher=row["src_voucher"],
                )
