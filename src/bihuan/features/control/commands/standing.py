"""What a document holds after it was filed: given back, committed, taken over; always on the rows it was booked on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands.drawing import drawn_from, drawn_keys, hand_back
from bihuan.features.control.commands.spend import Reservation, liquidation, lock_documents, settle, warnings_of
from bihuan.features.control.events import tell_changed
from bihuan.features.control.ledger import Ledger, PolicyInForce
from bihuan.features.control.model import DocumentMoved, NotHeld, amount_of
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import Reader, UnitOfWork

TRIES = 10
# the document was not to be: the earlier ones hold again
UNDOING = frozenset({"return", "reject", "withdraw", "cancel"})


def release(uow: UnitOfWork, actor: Principal, *, document_id: int, reason: str = "") -> Decimal:
    """The requester gives back everything a document still holds; answers how much. Repeatable."""
    require_own(uow, actor, document_id, "control.release_any")
    return give_back(uow, actor, document_id=document_id, kind="give_back", reason=reason)


def require_own(reader: Reader, actor: Principal, document_id: int, otherwise: str) -> None:
    """The requester may, and whoever holds ``otherwise``."""
    actor.require("control.request")
    if queries.document(reader, document_id)["requester"] != actor.login:
        actor.require(otherwise)


def give_back(uow: UnitOfWork, actor: Principal, *, document_id: int, kind: str, reason: str = "") -> Decimal:
    """Books back what a document holds, for commands that have asked their own right (return, reject, withdraw).

    What it had taken over from earlier documents goes back to them where ``kind`` undoes the document itself.
    """
    earlier = drawn_from(uow, document_id) if kind in UNDOING else set()
    ledger, every = open_holds(
        uow, actor, sorted({document_id, *earlier}), drawn_keys(uow, document_id) if earlier else ()
    )
    holds = [h for h in every if h["document_id"] == document_id]
    for hold in holds:
        ledger.book(liquidation(hold, hold["amount"], kind, reason=reason))
    if earlier:
        hand_back(uow, ledger, document_id, holds)
    ledger.write()
    uow.run("control.documents_status", ids=[document_id], status="released")
    given_back = sum((h["amount"] for h in holds), Decimal("0.00"))
    record(uow, actor, f"control.{kind}", ("document", document_id), None, {"amount": given_back}, reason)
    if holds:
        tell_changed(uow, ledger.policy, [h["coordinate"] for h in holds], document_id)
    return given_back


def commit_stage(
    uow: UnitOfWork,
    actor: Principal,
    *,
    document_id: int,
    amounts: Mapping[int, Decimal] | None = None,
    reason: str = "",
) -> Reservation:
    """Turns reserved into committed (the contract is signed): all that is reserved, or ``amounts`` by line.

    A smaller amount leaves the rest reserved; what exceeds the reservation is checked like a new request.
    """
    require_own(uow, actor, document_id, "control.commit_any")
    ledger, holds = open_holds(uow, actor, [document_id])
    lines: dict[int, list[RowMapping]] = {}
    for hold in holds:
        if hold["stage"] == "reserved":
            lines.setdefault(hold["line_no"], []).append(hold)
    wanted = {n: _sum(each) for n, each in lines.items()} if amounts is None else dict(amounts)
    if missing := wanted.keys() - lines.keys():
        raise NotHeld(f"第 {sorted(missing)[0]} 行没有预占。", document=document_id, lines=sorted(missing))
    for no in sorted(wanted):
        left = amount_of(wanted[no], what=f"第 {no} 行", positive=True)
        for hold in lines[no]:  # a line holds at two places after a reversal that followed an amendment
            last = hold is lines[no][-1]
            put = left if last else min(hold["amount"], left)
            down = liquidation(hold, min(put, hold["amount"]), "commit", reason=reason)
            for entry in (down, replace(down, stage="committed", amount=put, liquidates=None)):
                if entry.amount:
                    ledger.book(entry)
            left -= put
    findings = settle(ledger, actor)
    number = str(queries.document(uow, document_id)["number"])
    record(uow, actor, "control.commit", ("document", document_id), None, wanted, reason)
    places = [h["coordinate"] for each in lines.values() for h in each]
    tell_changed(uow, ledger.policy, places, document_id)
    return Reservation(document_id, number, warnings=warnings_of(findings))


def _sum(holds: Sequence[RowMapping]) -> Decimal:
    return sum((h["amount"] for h in holds), Decimal("0.00"))


def open_holds(
    uow: UnitOfWork, actor: Principal, documents: Sequence[int], also: Sequence[BucketKey] = ()
) -> tuple[Ledger, Sequence[RowMapping]]:
    """As `lock_holds`, under the policy of the documents."""
    head = queries.document(uow, documents[0])
    ledger, _, holds = lock_holds(uow, actor, queries.policy_by_id(uow, head["policy_id"]), documents, also)
    return ledger, holds


def lock_holds(
    uow: UnitOfWork, actor: Principal, in_force: PolicyInForce, documents: Sequence[int], also: Iterable[BucketKey] = ()
) -> tuple[Ledger, dict[BucketKey, int], Sequence[RowMapping]]:
    """Locks the rows that documents hold amounts on (and those of ``also``), then the documents; reads the amounts again.

    The rows are first read without a lock. A document that was amended onto others in between is not locked where it now holds:
    everything is unlocked and locked anew, as adding rows to those locked could wait crosswise. `DocumentMoved` in the end.
    """
    keys = list(also)
    for _ in range(TRIES):
        booked = uow.rows("control.booked_buckets", documents=list(documents))
        ledger = Ledger(uow, actor.login, in_force)
        point = uow.conn.begin_nested()
        ids = ledger.lock(keys, {i for r in booked for i in r["buckets"]})
        lock_documents(uow, documents)
        holds = uow.rows("control.open_holds", documents=list(documents))
        if all(i in ledger.rows for h in holds for i in h["buckets"]):
            point.commit()
            return ledger, ids, holds
        point.rollback()
    raise DocumentMoved("单据正被别人反复改动，请重试。", documents=list(documents))
