"""What stands in a ledger is counted anew on the balance rows of a policy's new text.

Entries never change: each amount that belongs on other rows is taken off where it stood and put where it belongs by a pair of
entries that name the edition, so every counter stays the sum of its entries and every sum by place stays what it was. Documents
are not judged again; what stands beyond a new limit is forced and gives no room. Rows of rules that left are empty afterwards,
their history is in their entries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.control.availability import Balance
from bihuan.features.control.commands.links import book_links, plan_revenue
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.linked import KIND as LINK
from bihuan.features.control.model import CannotActivate, UnresolvableKey, WrongDocument
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import UnitOfWork

KIND = "activate"


def recount(uow: UnitOfWork, actor: str, old: PolicyInForce, new: PolicyInForce, before: Mapping[int, Balance]) -> int:
    """Opens the rows of ``new``, moves what stands onto them and writes every limit; answers how many amounts moved.

    ``before``: every row as it stood under ``old``. The caller holds the policy's turn.
    """
    _require_transfers_stay(uow, old, new)
    standing = uow.rows("control.standing", policy_id=new.id)
    uow.run("control.opening_lock", id=new.id)
    opened = [k for row in standing if row["stage"] == "budget" for k in _opened(new, row)]
    if opened:
        uow.rows("control.buckets_open", keys=new.key_rows(opened))
    ledger = Ledger(uow, actor, new)
    ids = ledger.lock(ids=[r["id"] for r in uow.rows("control.buckets_all", policy_id=new.id)])
    ledger.before = {**ledger.before, **before}  # so that a row whose rule says another limit is written
    moved = sum(_move(ledger, new, row, ids) for row in standing)
    reason = f"第 {new.edition} 版启用"
    gone = [row for row in ledger.rows.values() if row.rule.code not in new.rules and row.cap]
    for row in gone:  # a limit that followed revenue belongs to no place
        ledger.book(_of_row(row, reason))
    if new.policy.follows_revenue:
        book_links(ledger, plan_revenue(uow, new))
    for bucket in sorted(ledger.rows):
        ledger.force_row(bucket, KIND)
    ledger.write()
    return moved


def _of_row(row: Balance, reason: str) -> Entry:
    where: dict[str, Any] = {"coordinate": {}, "period": row.window, "buckets": (row.id,)}
    return Entry(stage="budget", kind=LINK, amount=-row.cap, reason=reason, **where)


def _move(ledger: Ledger, new: PolicyInForce, row: RowMapping, ids: Mapping[BucketKey, int]) -> bool:
    now = tuple(ids[k] for k in _keys(new, row) if k in ids)
    if set(now) == set(row["buckets"]):
        return False
    entry = Entry(
        stage=row["stage"],
        kind=row["kind"],
        amount=row["amount"],
        coordinate=row["coordinate"],
        period=row["period"],
        buckets=now,
        version_id=new.version_id if row["stage"] == "budget" else None,
        document_id=row["document_id"],
        line_no=row["line_no"],
        edition=new.edition,
        reason=f"第 {new.edition} 版启用",
    )
    ledger.book(replace(entry, amount=-entry.amount, buckets=tuple(row["buckets"])))
    ledger.book(entry)
    return True


def _keys(new: PolicyInForce, row: RowMapping) -> Sequence[BucketKey]:
    """Where an amount counts now. A fact without a place counts nowhere; budget and holds must have one."""
    policy = new.policy
    try:
        keys = policy.touched(row["coordinate"], row["period"])
        held = row["stage"] in ("reserved", "committed")
        if held and row["of"] and policy.documents:
            policy.document(row["of"])
        if held and policy.exemption(row["coordinate"], row["of"] or ""):
            return ()
    except UnresolvableKey as fault:
        if row["stage"] == "executed":
            return ()
        raise _no_place(row, fault) from None
    except WrongDocument as fault:
        raise CannotActivate(f"还有这类单据占用着预算：{fault}") from None
    if row["stage"] == "budget":
        return [k for k in keys if policy.rule(k.rule).linked is None]
    return keys


def _opened(new: PolicyInForce, row: RowMapping) -> Sequence[BucketKey]:
    try:
        return new.policy.opened(row["coordinate"], row["period"])
    except UnresolvableKey as fault:
        raise _no_place(row, fault) from None


def _no_place(row: RowMapping, fault: UnresolvableKey) -> CannotActivate:
    place = "、".join(f"{d} {m}" for d, m in row["coordinate"].items())
    return CannotActivate(f"{place} {row['period']} 已有预算或占用，在新的一版里找不到控制对象：{fault}")


def _require_transfers_stay(uow: UnitOfWork, old: PolicyInForce, new: PolicyInForce) -> None:
    """What a transfer under way holds is net by row: it cannot be moved onto others."""
    for transfer in uow.rows("control.transfers_held", policy_id=old.id):
        for line in transfer["lines"]:
            if _rows(old, line) != _rows(new, line):
                message = f"调剂单 {transfer['id']} 还没有决定，它占用的余额行会变：先批准或退回它，再启用。"
                raise CannotActivate(message, transfer=transfer["id"])


def _rows(policy: PolicyInForce, line: Mapping[str, Any]) -> set[tuple[int, str, str]] | None:
    try:
        keys = policy.policy.touched(line["coordinate"], line["period"])
    except UnresolvableKey:
        return None
    return {(policy.rules[k.rule], k.key, k.window) for k in keys}
