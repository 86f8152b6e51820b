"""A voucher was wrong: what it booked is booked back entry by entry, and the documents it executed hold again.

Unlike a red-letter voucher (a fact of its own, negative), a reversal names the entries it undoes and restores the chain. Each
entry is undone once. A document that was closed holds again; what was given back by its requester stays given back.
"""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands.overruns import Overruns
from bihuan.features.control.commands.spend import lock_documents
from bihuan.features.control.events import tell_changed
from bihuan.features.control.ledger import Entry, Ledger
from bihuan.features.control.model import NoSuchVoucher, VoucherLine
from bihuan.store.unit_of_work import UnitOfWork

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Reversed:
    """``amount``: the facts taken back; ``restored``: what documents hold again."""

    amount: Decimal
    restored: Decimal
    documents: tuple[int, ...]


def reverse(uow: UnitOfWork, actor: Principal, *, policy: str, voucher: str, reason: str) -> Reversed:
    """Undoes everything a voucher booked that is not undone yet; refuses a voucher that booked nothing, or was reversed."""
    actor.require("control.execute")
    in_force = queries.policy(uow, policy)
    seen = uow.rows("control.booked_by_voucher", policy_id=in_force.id, voucher=voucher)
    uow.run("control.facts_lock", id=in_force.id)
    keys = [f"reverse/{row['id']}" for row in seen]
    fresh = {r["key"] for r in uow.rows("control.keys_take", keys=sorted(keys), at=uow.now())}
    todo = [row for row in seen if f"reverse/{row['id']}" in fresh]
    if not todo:
        raise NoSuchVoucher(f"凭证 {voucher} 没有入账，或已经冲回。", voucher=voucher)
    documents = sorted({row["document_id"] for row in todo if row["document_id"]})
    ledger = Ledger(uow, actor.login, in_force)
    # rows opened since it was booked count it too, those of rules out of force no longer
    where = {row["id"]: in_force.policy.counted(row["coordinate"], row["period"], _holder(row)) for row in todo}
    ids = ledger.lock((k for keys in where.values() for k in keys), {i for row in todo for i in row["buckets"]})
    status = {r["id"]: r["status"] for r in lock_documents(uow, documents)} if documents else {}
    amount = restored = ZERO
    overruns = Overruns(ledger)
    for row in sorted(todo, key=lambda r: -r["amount"]):  # facts come off before holds come back
        entry = _undoing(row, tuple(ids[k] for k in where[row["id"]] if k in ids), reason)
        if row["stage"] == "executed":
            amount += row["amount"]
        elif status[row["document_id"]] == "released":
            continue
        else:
            restored -= row["amount"]
        ledger.book(entry)
        if entry.amount > 0:  # taking back a red letter, or a hold where facts do not count, is a fact as well
            overruns.after(entry, VoucherLine("", voucher, entry.coordinate, entry.period, entry.amount))
    ledger.write()
    overruns.tell()
    back = sorted(
        {r["document_id"] for r in todo if r["stage"] != "executed" and status[r["document_id"]] != "released"}
    )
    if back:
        uow.run("control.documents_status", ids=back, status="held")
    what = {"amount": amount, "restored": restored, "entries": len(todo)}
    record(uow, actor, "control.reverse", ("voucher", voucher), None, what, reason)
    tell_changed(uow, in_force, [row["coordinate"] for row in todo])
    return Reversed(amount, restored, tuple(documents))


def _holder(row: RowMapping) -> str:
    """The kind of the document whose hold it was; "" for a fact."""
    return "" if row["stage"] == "executed" else str(row["document_kind"] or "")


def _undoing(row: RowMapping, buckets: tuple[int, ...], reason: str) -> Entry:
    return Entry(
        stage=row["stage"],
        kind="reverse",
        amount=-row["amount"],
        coordinate=row["coordinate"],
        period=row["period"],
        buckets=buckets,
        document_id=row["document_id"],
        line_no=row["line_no"],
        liquidates=row["id"],
        voucher=row["voucher"],
        reason=reason,
    )
