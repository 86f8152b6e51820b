"""What happens to a document between its filing and its end: closed by line, cancelled, amended, extended, expired.

Every one is reverse + re-reserve on locked rows, judged by its net effect: a document never loses its hold to a rush while it is
changed. An expired hold still counts, and may still be committed or executed, until a sweep has given it back: money is free at
the sweep's commit and not a moment before, because a refusal must name what it was refused for.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands.spend import (
    Line,
    Reservation,
    existing,
    insert_lines,
    lines_of,
    liquidation,
    require_places,
    require_standards,
    reserved,
    resolve,
    settle,
    warnings_of,
)
from bihuan.features.control.commands.standing import give_back, open_holds, require_own
from bihuan.features.control.events import tell_changed
from bihuan.features.control.ledger import Entry
from bihuan.features.control.model import NoLines, NotHeld, RequestLine, WrongDocument
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import UnitOfWork

ZERO = Decimal("0.00")


def cancel(uow: UnitOfWork, actor: Principal, *, document_id: int, reason: str = "") -> Decimal:
    """The document was not to be: what it holds is given back, and earlier documents hold again what it took over."""
    require_own(uow, actor, document_id, "control.release_any")
    return give_back(uow, actor, document_id=document_id, kind="cancel", reason=reason)


def close(
    uow: UnitOfWork, actor: Principal, *, document_id: int, lines: Collection[int] | None = None, reason: str = ""
) -> Decimal:
    """The document is done, or some of its ``lines`` are: what they still hold is given back; answers how much. Repeatable.

    Nothing returns to earlier documents: the business is finished, and cheaper than was thought.
    """
    require_own(uow, actor, document_id, "control.release_any")
    ledger, holds = open_holds(uow, actor, [document_id])
    known = {r["line_no"] for r in uow.rows("control.document_lines", document_id=document_id)}
    if lines is not None and (missing := set(lines) - known):
        raise WrongDocument(f"单据没有第 {min(missing)} 行。", document=document_id, lines=sorted(missing))
    ending = [h for h in holds if lines is None or h["line_no"] in lines]
    for hold in ending:
        ledger.book(liquidation(hold, hold["amount"], "close", reason=reason))
    ledger.write()
    if len(ending) == len(holds) and queries.document(uow, document_id)["status"] == "held":
        uow.run("control.documents_status", ids=[document_id], status="closed")
    back = sum((h["amount"] for h in ending), ZERO)
    after = {"amount": back, "lines": sorted(lines) if lines is not None else None}
    record(uow, actor, "control.close", ("document", document_id), None, after, reason)
    if ending:
        tell_changed(uow, ledger.policy, [h["coordinate"] for h in ending], document_id)
    return back


def amend(
    uow: UnitOfWork, actor: Principal, *, document_id: int, lines: Sequence[RequestLine], reason: str
) -> Reservation:
    """Other amounts, dates or dimensions: the old hold is reversed and the new one made in one step, judged by the difference.

    ``lines``: the whole document as it is to be, numbered from 1. A line's amount is its total: what of it was executed, or
    taken over by a later document, is not held again, and it cannot be less than that. What was committed stays committed, as
    far as the new amount reaches.
    """
    require_own(uow, actor, document_id, "control.commit_any")
    if not lines:
        raise NoLines(document=document_id)
    head = queries.document(uow, document_id)
    in_force = queries.policy_by_id(uow, head["policy_id"])
    before = lines_of(uow, document_id)
    drawn = {n: x.draws for n, x in enumerate(before)}  # what was taken over stays taken over
    resolved = resolve(in_force, [replace(x, draws=drawn.get(n)) for n, x in enumerate(lines)], head["kind"])
    require_places(actor, in_force, resolved)
    was = (
        resolve(in_force, before, head["kind"]) if in_force.policy.standards else ()
    )  # a line may stay as far beyond a standard as it was let pass
    require_standards(resolved, {(x.no, m.code): m.excess for x in was for m in x.measured if not m.fault})
    ledger, holds = open_holds(uow, actor, [document_id], [k for line in resolved for k in line.keys])
    revision = _require_held(uow, document_id)
    ids = {BucketKey(b.rule.code, b.key, b.window): b.id for b in ledger.rows.values()}
    used = {
        r["line_no"]: max(r["executed"], ZERO) + r["drawn"]
        for r in uow.rows("control.used_of_lines", document_id=document_id)
    }
    if missing := {n for n, a in used.items() if n and a > 0} - {x.no for x in resolved}:
        message = f"第 {min(missing)} 行已有执行或已被后续单据接过，不能去掉。"
        raise WrongDocument(message, document=document_id, line=min(missing))
    for hold in holds:
        ledger.book(liquidation(hold, hold["amount"], "amend", reason=reason))
    committed = _by_line([h for h in holds if h["stage"] == "committed"])
    for line in resolved:
        for entry in _held_anew(line, used.get(line.no, ZERO), committed.get(line.no, ZERO)):
            buckets = existing(in_force, line, ids, ledger.rows)
            ledger.book(replace(entry, buckets=buckets, document_id=document_id, kind="amend", reason=reason))
    findings = settle(ledger, actor)
    insert_lines(uow, {document_id: resolved}, revision + 1)
    uow.run("control.document_revised", id=document_id, revision=revision + 1)
    record(uow, actor, "control.amend", ("document", document_id), None, {"revision": revision + 1}, reason)
    tell_changed(uow, in_force, [x.asked.coordinate for x in resolved], document_id)
    return Reservation(document_id, str(head["number"]), warnings=warnings_of(findings, resolved))


def _require_held(uow: UnitOfWork, document_id: int) -> int:
    """The revision of a document that holds budget; its row is locked."""
    head = queries.document(uow, document_id)
    if head["status"] != "held":
        raise NotHeld(f"单据 {head['number']} 没有占用预算，不能变更。", document=document_id, status=head["status"])
    return int(head["revision"])


def _held_anew(line: Line, used: Decimal, committed: Decimal) -> list[Entry]:
    """What a line holds after an amendment: committed as far as it was, the rest reserved; nothing where all is used."""
    if line.amount < used:
        message = f"第 {line.no} 行已执行和已被后续单据接过 {used:,.2f}，不能改为 {line.amount:,.2f}。"
        raise WrongDocument(message, line=line.no, used=used)
    left = line.amount - used
    stays = min(committed, left)
    whole = reserved(line, ())
    parts = (replace(whole, stage="committed", amount=stays), replace(whole, amount=left - stays))
    return [part for part in parts if part.amount]


def _by_line(holds: Sequence[RowMapping]) -> Mapping[int, Decimal]:
    out: dict[int, Decimal] = defaultdict(Decimal)
    for hold in holds:
        out[hold["line_no"]] += hold["amount"]
    return out


def extend(uow: UnitOfWork, actor: Principal, *, document_id: int, expires_at: datetime | None, reason: str) -> None:
    """Another end for what a document holds; None: it does not expire any more."""
    require_own(uow, actor, document_id, "control.release_any")
    before = queries.document(uow, document_id)
    if expires_at is not None and expires_at <= uow.now():
        raise WrongDocument("占用的到期时间已过。", expires_at=expires_at.isoformat())
    if uow.value("control.document_expiry", id=document_id, expires_at=expires_at) is None:
        message = f"单据 {before['number']} 没有占用预算。"
        raise NotHeld(message, document=document_id, status=before["status"])
    was = {"expires_at": before["expires_at"]}
    record(uow, actor, "control.extend", ("document", document_id), was, {"expires_at": expires_at}, reason)


def empty_orphan(uow: UnitOfWork, actor: Principal, document_id: int, reason: str) -> None:
    """Gives back what a document holds that may hold nothing; its state stays."""
    ledger, holds = open_holds(uow, actor, [document_id])
    if queries.document(uow, document_id)["status"] != "held":
        for hold in holds:
            ledger.book(liquidation(hold, hold["amount"], "repair", reason=reason))
        ledger.write()


def expired(uow: UnitOfWork, limit: int = 200) -> list[int]:
    """Documents past their end that still hold budget."""
    return [r["id"] for r in uow.rows("control.documents_expired", now=uow.now(), limit=limit)]


def expire(uow: UnitOfWork, actor: Principal, *, document_id: int) -> Decimal:
    """Gives back what an expired document holds, in a transaction of its own; nothing when it was extended or ended meanwhile."""
    ledger, holds = open_holds(uow, actor, [document_id])
    head = queries.document(uow, document_id)
    if head["status"] != "held" or head["expires_at"] is None or head["expires_at"] > uow.now():
        return ZERO
    for hold in holds:
        ledger.book(liquidation(hold, hold["amount"], "expire", reason="占用到期"))
    ledger.write()
    uow.run("control.documents_status", ids=[document_id], status="released")
    back = sum((h["amount"] for h in holds), ZERO)
    record(uow, actor, "control.expire", ("document", document_id), None, {"amount": back})
    if holds:
        tell_changed(uow, ledger.policy, [h["coordinate"] for h in holds], document_id)
    return back
