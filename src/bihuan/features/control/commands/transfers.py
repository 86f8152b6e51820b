"""调剂 and 追加/追减: budget moves between released cells, or is added; plan cell and balance rows change together.

While a transfer is under approval its source amounts are held like a reservation, net per balance row: a row that both gives
and receives holds only the difference. Order of locks: plan head, (flow instance), balance rows, then the transfer itself.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import Finding
from bihuan.features.control.commands import bounds, openings
from bihuan.features.control.commands.plan_side import append_to_plan, lock_plan
from bihuan.features.control.commands.spend import liquidation, settle
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.model import (
    BadTransfer,
    BudgetCell,
    BudgetExceeded,
    NoSuchTransfer,
    NotHeld,
    amount_of,
)
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import Reader, UnitOfWork

Kind = Literal["transfer", "supplement", "borrow", "repay", "carry"]


@dataclass(frozen=True, slots=True)
class Transfer:
    """A request to move or add budget; amounts signed: + receives, - gives."""

    id: int
    policy_id: int
    kind: Kind
    status: str
    reason: str
    cells: tuple[BudgetCell, ...]
    hold_id: int | None


def request_transfer(
    uow: UnitOfWork,
    actor: Principal,
    *,
    policy: str,
    kind: Kind,
    cells: Sequence[BudgetCell],
    reason: str,
    asks: bool = False,
) -> int:
    """Asks for a transfer (sums to zero) or a supplement (追减 if negative) and holds what it takes away.

    ``asks``: an approval starts in the same unit of work, in which the source's head agrees; so the right is needed where
    budget is received, and not where others give it.
    """
    actor.require("control.transfer")
    in_force = queries.policy(uow, policy)
    wanted = checked(kind, cells, reason)
    for cell in wanted:
        if not asks or kind != "transfer" or cell.amount > 0:
            actor.require("control.transfer", model=in_force.policy.model, **cell.coordinate)
    bounds.require_allowed(uow, in_force, kind, wanted)
    transfer_id = uow.value(
        "control.transfer_insert",
        policy_id=in_force.id,
        version_id=in_force.version_id,
        kind=kind,
        reason=reason,
        requester=actor.login,
        lines=json.dumps([cell_json(c) for c in wanted], ensure_ascii=False),
        at=uow.now(),
    )
    record(uow, actor, "control.transfer", ("transfer", transfer_id), None, [cell_json(c) for c in wanted], reason)
    with _discreet(actor, in_force, wanted):
        hold(uow, actor, transfer_id)
    return int(transfer_id)


@contextmanager
def _discreet(actor: Principal, in_force: PolicyInForce, cells: Sequence[BudgetCell]) -> Iterator[None]:
    """The figures of a source one may not read stay there: only that it does not suffice is said."""
    try:
        yield
    except (BudgetExceeded, BadTransfer):
        model = in_force.policy.model
        if all(actor.may("control.read", model=model, **c.coordinate) for c in cells if c.amount < 0):
            raise
        raise BadTransfer("调出方现在可用的预算不够，或已被占用。换一个金额，或和调出方商量。") from None


def transfer(
    uow: UnitOfWork, actor: Principal, *, policy: str, kind: Kind, cells: Sequence[BudgetCell], reason: str
) -> int:
    """A transfer in one step, for those who may decide alone."""
    actor.require("control.transfer_direct")
    in_force = queries.policy(uow, policy)
    lock_plan(uow, in_force)
    # `apply` opens rows, which waits for bookings of facts: before the hold's rows are locked, or a fact waits crosswise
    uow.run("control.opening_lock", id=in_force.id)
    transfer_id = request_transfer(uow, actor, policy=policy, kind=kind, cells=cells, reason=reason)
    apply(uow, actor, transfer_id)
    return transfer_id


def hold(uow: UnitOfWork, actor: Principal, transfer_id: int) -> None:
    """Holds the source amounts as a document of its own, net per balance row."""
    asked = of(uow, transfer_id)
    in_force = queries.policy_by_id(uow, asked.policy_id)
    touched = _touched(in_force, asked.cells)
    ledger = Ledger(uow, actor.login, in_force)
    ids = ledger.lock(k for keys in touched for k in keys)
    _require_cover(uow, in_force, asked.cells)
    bounds.require_within(uow, in_force, asked.kind, asked.cells, transfer_id)
    taken = [(i, -delta) for i, delta in _deltas(asked.cells, touched, ids).items() if delta < 0]
    document_id = None
    if taken:
        number = f"{asked.kind}-{transfer_id}"
        document_id = uow.value(
            "control.hold_insert", policy_id=in_force.id, number=number, requester=actor.login, at=uow.now()
        )
        _book_hold(ledger, asked, taken, document_id)
    settle(ledger, actor)
    uow.run("control.transfer_hold", id=transfer_id, hold_id=document_id)


def hold_again(uow: UnitOfWork, actor: Principal, transfer_id: int) -> None:
    """A transfer that was sent back is asked for anew: what the policy lets move is judged by today."""
    asked = of(uow, transfer_id)
    bounds.require_allowed(uow, queries.policy_by_id(uow, asked.policy_id), asked.kind, asked.cells)
    hold(uow, actor, transfer_id)


def _book_hold(ledger: Ledger, asked: Transfer, taken: Sequence[tuple[int, Decimal]], document_id: int | None) -> None:
    by_amount: dict[Decimal, list[int]] = defaultdict(list)
    for bucket, amount in taken:
        by_amount[amount].append(bucket)
    source = next(c for c in asked.cells if c.amount < 0)
    for line_no, (amount, buckets) in enumerate(sorted(by_amount.items()), 1):
        ledger.book(
            Entry(
                stage="reserved",
                kind="hold",
                amount=amount,
                coordinate=source.coordinate,
                period=source.period,
                buckets=tuple(sorted(buckets)),
                document_id=document_id,
                line_no=line_no,
                transfer_id=asked.id,
            )
        )


def apply(uow: UnitOfWork, actor: Principal, transfer_id: int) -> None:
    """Carries a held transfer out: the hold ends, caps and plan cells change, entries say so; once.

    The caller holds the plan head's lock (`lock_plan`) before it locks anything else.
    """
    seen = of(uow, transfer_id)
    in_force = queries.policy_by_id(uow, seen.policy_id)
    lock_plan(uow, in_force)
    opened = [k for c in seen.cells for k in in_force.policy.opened(c.coordinate, c.period)]
    spent = openings.open_rows(uow, in_force, opened)
    touched = _touched(in_force, seen.cells)
    more, also = openings.rows_of(spent)
    ledger, ids = _end_hold(uow, actor, in_force, seen, [*(k for keys in touched for k in keys), *more], "apply", also)
    counted = openings.count(ledger, ids, spent)
    for cell, keys in zip(seen.cells, touched, strict=True):
        ledger.book(
            Entry(
                stage="budget",
                kind=seen.kind,
                amount=cell.amount,
                coordinate=cell.coordinate,
                period=cell.period,
                buckets=tuple(ids[k] for k in keys),
                version_id=in_force.version_id,
                transfer_id=transfer_id,
                reason=seen.reason,
            )
        )
    openings.force(ledger, counted)
    before = _require_cover(uow, in_force, seen.cells)
    bounds.require_within(uow, in_force, seen.kind, seen.cells, transfer_id, ("applied",))
    settle(ledger, actor)
    append_to_plan(uow, actor, in_force, list(before), reason=seen.reason, source=seen.kind)
    uow.run("control.transfer_status", id=transfer_id, status="applied")
    record(uow, actor, "control.transfer_applied", ("transfer", transfer_id), None, None, seen.reason)


def effect(reader: Reader, actor: Principal, *, policy: str, kind: Kind, cells: Sequence[BudgetCell]) -> list[Finding]:
    """What a transfer would do to each balance row it touches, as if it were carried out now; writes and locks nothing.

    Rows the actor may not read are judged too; whoever shows them leaves their figures out. Raises `BadTransfer` when a
    cell would give more than it has.
    """
    actor.require("control.transfer")
    in_force = queries.policy(reader, policy)
    wanted = checked(kind, cells, reason="试算")
    bounds.require_allowed(reader, in_force, kind, wanted)
    with _discreet(actor, in_force, wanted):
        _require_cover(reader, in_force, wanted)
        bounds.require_within(reader, in_force, kind, wanted)
    touched = _touched(in_force, wanted)
    found = reader.rows("control.buckets_ids", keys=in_force.key_rows(k for keys in touched for k in keys))
    rows = [in_force.balance(r) for r in reader.rows("control.buckets_read", ids=[r["id"] for r in found])]
    ids = {BucketKey(b.rule.code, b.key, b.window): b.id for b in rows}
    deltas = _deltas(wanted, touched, ids)
    changed = [(b, b.moved("budget", deltas[b.id])) for b in rows if deltas.get(b.id)]
    return [Finding.of(b, a) for b, a in changed]


def drop(uow: UnitOfWork, actor: Principal, transfer_id: int, reason: str) -> None:
    """A transfer that will not be carried out gives back what it held."""
    seen = of(uow, transfer_id)
    in_force = queries.policy_by_id(uow, seen.policy_id)
    ledger, _ = _end_hold(uow, actor, in_force, seen, [], "drop")
    ledger.write()
    uow.run("control.transfer_status", id=transfer_id, status="dropped")
    record(uow, actor, "control.transfer_dropped", ("transfer", transfer_id), None, None, reason)


def of(reader: Reader, transfer_id: int) -> Transfer:
    """One transfer."""
    row = reader.row("control.transfer", id=transfer_id)
    if row is None:
        raise NoSuchTransfer(transfer=transfer_id)
    cells = tuple(BudgetCell(x["coordinate"], x["period"], Decimal(x["amount"])) for x in row["lines"])
    return Transfer(row["id"], row["policy_id"], row["kind"], row["status"], row["reason"], cells, row["hold_id"])


def _end_hold(  # noqa: PLR0917
    uow: UnitOfWork,
    actor: Principal,
    in_force: PolicyInForce,
    seen: Transfer,
    keys: Sequence[BucketKey],
    kind: str,
    also: Collection[int] = (),
) -> tuple[Ledger, dict[BucketKey, int]]:
    """Locks rows (``keys``, ``also``, the hold's), then the transfer; refuses one decided meanwhile; books the hold back."""
    documents = [] if seen.hold_id is None else [seen.hold_id]
    booked = uow.rows("control.booked_buckets", documents=documents)
    ledger = Ledger(uow, actor.login, in_force)
    ids = ledger.lock(keys, {*also, *(i for r in booked for i in r["buckets"])})
    now = uow.row("control.transfer_lock", id=seen.id)
    assert now is not None, "transfers are never removed"
    if now["status"] != "held" or now["hold_id"] != seen.hold_id:
        raise NotHeld(f"调剂单 {seen.id} 的状态是 {now['status']}。", transfer=seen.id, status=now["status"])
    for row in uow.rows("control.open_holds", documents=documents):
        ledger.book(replace(liquidation(row, row["amount"], kind), transfer_id=seen.id))
    if documents:
        uow.run("control.documents_status", ids=documents, status="released")
    return ledger, ids


def checked(kind: Kind, cells: Sequence[BudgetCell], reason: str) -> list[BudgetCell]:
    """Cells with their amounts, each place once; refuses what cannot be asked at all."""
    if not reason.strip():
        raise BadTransfer("请填写调剂原因。")
    wanted = [replace(c, amount=amount_of(c.amount, what=f"第 {n} 行")) for n, c in enumerate(cells, 1)]
    places = [(tuple(sorted(c.coordinate.items())), c.period) for c in wanted]
    if len(set(places)) != len(places):
        raise BadTransfer("同一单元格在一张单里只能出现一次。")
    if not wanted or any(c.amount == 0 for c in wanted):
        raise BadTransfer("至少一行，且每行金额不为零。")
    total = sum((c.amount for c in wanted), Decimal(0))
    if kind != "supplement" and total != 0:
        raise BadTransfer(f"调出与调入须相等，现相差 {total:,.2f}。", difference=total)
    return wanted


def _touched(in_force: PolicyInForce, cells: Sequence[BudgetCell]) -> list[list[BucketKey]]:
    follows = {rule.code for rule in in_force.policy.rules if rule.linked}  # budget does not count there
    touched = [in_force.policy.touched(c.coordinate, c.period) for c in cells]
    return [[k for k in keys if k.rule not in follows] for keys in touched]


def _deltas(
    cells: Sequence[BudgetCell], touched: Sequence[Sequence[BucketKey]], ids: Mapping[BucketKey, int]
) -> dict[int, Decimal]:
    """The net change of cap on each balance row there is."""
    deltas: dict[int, Decimal] = defaultdict(Decimal)
    for cell, keys in zip(cells, touched, strict=True):
        for key in keys:
            if key in ids:
                deltas[ids[key]] += cell.amount
    return deltas


def _require_cover(
    reader: Reader, in_force: PolicyInForce, cells: Sequence[BudgetCell]
) -> Iterator[tuple[BudgetCell, Decimal]]:
    """Each cell with its budget in the plan; no cell may give more than it has to use now, and only released cells give."""
    asked = [{"n": n, "coordinate": dict(c.coordinate), "period": c.period} for n, c in enumerate(cells)]
    rows = reader.rows("control.budget_of_cells", policy_id=in_force.id, cells=json.dumps(asked, ensure_ascii=False))
    for cell, row in zip(cells, rows, strict=True):
        if cell.amount < 0 and row["current"] + cell.amount < 0:
            place = "、".join(f"{d} {m}" for d, m in cell.coordinate.items())
            later = row["planned"] - row["current"]
            held = f"，另有 {later:,.2f} 未到下达时间" if later else ""
            message = f"{place} {cell.period} 现有预算 {row['current']:,.2f}{held}，不能调出 {-cell.amount:,.2f}。"
            raise BadTransfer(message, current=row["current"], asked=-cell.amount)
    return zip(cells, (row["planned"] for row in rows), strict=True)


def cell_json(cell: BudgetCell) -> dict[str, Any]:
    """A cell as a transfer keeps it."""
    return {"coordinate": dict(cell.coordinate), "period": cell.period, "amount": str(cell.amount)}
