"""Documents that ask to spend: check, reserve, commit, release. They may be refused."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import Finding, formula
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.model import (
    KeyReused,
    NoLines,
    NoSuchDocument,
    NotHeld,
    Request,
    RequestLine,
    Unbudgeted,
    amount_of,
)
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import Reader, UnitOfWork


@dataclass(frozen=True, slots=True)
class Reservation:
    """A document that holds its amounts. ``warnings``: rules it passed beyond the cap, in words."""

    document_id: int
    number: str
    repeated: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A request line with its number and the balance rows it counts in."""

    no: int
    asked: RequestLine
    keys: tuple[BucketKey, ...]


def resolve(policy: PolicyInForce, lines: Sequence[RequestLine]) -> list[Line]:
    """Each line's balance rows; refuses what has no place in the policy."""
    resolved = []
    for no, line in enumerate(lines, 1):
        amount = amount_of(line.amount, what=f"第 {no} 行", positive=True)
        keys = tuple(policy.policy.touched(line.coordinate, line.period))
        if not keys and policy.policy.unbudgeted == "refuse":
            raise Unbudgeted(f"第 {no} 行没有适用的控制规则，不予通过。", line=no, coordinate=dict(line.coordinate))
        resolved.append(Line(no, replace(line, amount=amount), keys))
    return resolved


def _require_places(actor: Principal, in_force: PolicyInForce, lines: Sequence[Line]) -> None:
    """Asking to spend needs the right at every place asked for."""
    for line in lines:
        actor.require("control.request", model=in_force.policy.model, **line.asked.coordinate)


def existing(policy: PolicyInForce, line: Line, ids: Mapping[BucketKey, int]) -> tuple[int, ...]:
    """The ids of a line's balance rows; a rule without released budget refuses unless the policy allows it."""
    missing = [k for k in line.keys if k not in ids]
    if missing and policy.policy.unbudgeted == "refuse":
        rule = policy.policy.rule(missing[0].rule)
        message = f"第 {line.no} 行：规则“{rule.title}”在窗口 {missing[0].window} 没有已下达的预算，不予通过。"
        raise Unbudgeted(message, line=line.no, rule=rule.code, window=missing[0].window)
    return tuple(ids[k] for k in line.keys if k in ids)


def check(reader: Reader, actor: Principal, *, policy: str, lines: Sequence[RequestLine]) -> list[dict[str, Any]]:
    """What `reserve` would answer now, row by row, in numbers and words; writes and locks nothing."""
    actor.require("control.request")
    in_force = queries.policy(reader, policy)
    resolved = resolve(in_force, lines)
    _require_places(actor, in_force, resolved)
    found = reader.rows("control.buckets_ids", keys=in_force.key_rows(k for line in resolved for k in line.keys))
    rows = [in_force.balance(r) for r in reader.rows("control.buckets_read", ids=[r["id"] for r in found])]
    ids = {BucketKey(b.rule.code, b.key, b.window): b.id for b in rows}
    trial = Ledger(_no_writes(reader), actor.login, in_force, {b.id: b for b in rows}, {b.id: b for b in rows})
    for line in resolved:
        trial.book(_reserved(line, existing(in_force, line, ids)))
    return [queries.describe(reader, in_force, f) for f in trial.findings()]


def _no_writes(reader: Reader) -> UnitOfWork:
    return UnitOfWork(reader.conn, reader.now)


def reserve(uow: UnitOfWork, actor: Principal, *, policy: str, request: Request) -> Reservation:
    """Holds every line of a new document or none; refuses with `BudgetExceeded` naming every row that says no.

    The idempotency key is taken first: a repeat waits for the original and gets its answer; a refusal frees the key.
    """
    actor.require("control.request")
    in_force = queries.policy(uow, policy)
    document_id = _new_document(uow, actor, in_force, request)
    if document_id is None:
        return _repeated(uow, actor, request)
    resolved = resolve(in_force, request.lines)
    _require_places(actor, in_force, resolved)
    # all that needs no lock comes before it: the time a hot row is held is what limits how many get through
    rows = json.dumps([_line_row(line) for line in resolved], ensure_ascii=False)
    uow.run("control.document_lines_insert", document_id=document_id, lines=rows)
    record(uow, actor, "control.request", ("document", document_id), None, {"number": request.number})
    findings = _hold(uow, actor, in_force, document_id, resolved)
    return Reservation(document_id, request.number, warnings=_warnings(findings))


def reserve_again(uow: UnitOfWork, actor: Principal, *, document_id: int) -> Reservation:
    """Holds a released document's lines once more (resubmission after a return), by a fresh check."""
    actor.require("control.request")
    head = queries.document(uow, document_id)
    in_force = queries.policy_by_id(uow, head["policy_id"])
    rows = uow.rows("control.document_lines", document_id=document_id)
    lines = [RequestLine(r["coordinate"], r["period"], r["amount"], r["memo"]) for r in rows]
    findings = _hold(uow, actor, in_force, document_id, resolve(in_force, lines), status="released")
    record(uow, actor, "control.request", ("document", document_id), None, {"number": head["number"], "again": True})
    return Reservation(document_id, head["number"], warnings=_warnings(findings))


def _hold(  # noqa: PLR0917
    uow: UnitOfWork,
    actor: Principal,
    in_force: PolicyInForce,
    document_id: int,
    lines: Sequence[Line],
    status: str | None = None,
) -> list[Finding]:
    """Locks the rows, judges and books; a document that is there already must have ``status`` and becomes held."""
    ledger = Ledger(uow, actor.login, in_force)
    ids = ledger.lock(k for line in lines for k in line.keys)
    if status is not None:
        lock_documents(uow, [document_id], status=status)
        uow.run("control.documents_status", ids=[document_id], status="held")
    for line in lines:
        ledger.book(_reserved(line, existing(in_force, line, ids), document_id))
    return settle(ledger)


def settle(ledger: Ledger) -> list[Finding]:
    """Writes what was booked, or refuses it with every row that says no."""
    findings = ledger.findings()
    if any(f.verdict == "refuse" for f in findings):
        raise queries.exceeded(ledger.uow, ledger.policy, findings)
    ledger.write()
    return findings


def release(uow: UnitOfWork, actor: Principal, *, document_id: int, reason: str = "") -> Decimal:
    """The requester gives back everything a document still holds; answers how much. Repeatable."""
    _require_own(uow, actor, document_id, "control.release_any")
    return give_back(uow, actor, document_id=document_id, kind="give_back", reason=reason)


def _require_own(reader: Reader, actor: Principal, document_id: int, otherwise: str) -> None:
    """The requester may, and whoever holds ``otherwise``."""
    actor.require("control.request")
    if queries.document(reader, document_id)["requester"] != actor.login:
        actor.require(otherwise)


def give_back(uow: UnitOfWork, actor: Principal, *, document_id: int, kind: str, reason: str = "") -> Decimal:
    """Books back what a document holds, for commands that have asked their own right (return, reject, withdraw)."""
    ledger, holds = open_holds(uow, actor, [document_id])
    for hold in holds:
        ledger.book(liquidation(hold, hold["amount"], kind, reason=reason))
    ledger.write()
    uow.run("control.documents_status", ids=[document_id], status="released")
    given_back = sum((h["amount"] for h in holds), Decimal("0.00"))
    record(uow, actor, f"control.{kind}", ("document", document_id), None, {"amount": given_back}, reason)
    return given_back


def commit_stage(
    uow: UnitOfWork, actor: Principal, *, document_id: int, amounts: Mapping[int, Decimal] | None = None
) -> Reservation:
    """Turns reserved into committed (the contract is signed): all that is reserved, or ``amounts`` by line.

    A smaller amount leaves the rest reserved; what exceeds the reservation is checked like a new request.
    """
    _require_own(uow, actor, document_id, "control.commit_any")
    ledger, holds = open_holds(uow, actor, [document_id])
    reserved = [h for h in holds if h["stage"] == "reserved"]
    wanted = {h["line_no"]: h["amount"] for h in reserved} if amounts is None else dict(amounts)
    if missing := wanted.keys() - {h["line_no"] for h in reserved}:
        raise NotHeld(f"第 {sorted(missing)[0]} 行没有预占。", document=document_id, lines=sorted(missing))
    for hold in reserved:
        if hold["line_no"] in wanted:
            amount = amount_of(wanted[hold["line_no"]], what=f"第 {hold['line_no']} 行", positive=True)
            down = liquidation(hold, min(amount, hold["amount"]), "commit")
            ledger.book(down)
            ledger.book(replace(down, stage="committed", amount=amount, liquidates=None))
    findings = settle(ledger)
    number = str(queries.document(uow, document_id)["number"])
    record(uow, actor, "control.commit", ("document", document_id), None, wanted)
    return Reservation(document_id, number, warnings=_warnings(findings))


def open_holds(
    uow: UnitOfWork, actor: Principal, documents: Sequence[int], also: Sequence[BucketKey] = ()
) -> tuple[Ledger, Sequence[RowMapping]]:
    """Locks the rows that documents hold amounts on (and those of ``also``), then the documents; reads the amounts again.

    The rows are read first without a lock; a document that took others in between is refused, to be tried again.
    """
    head = queries.document(uow, documents[0])
    ledger = Ledger(uow, actor.login, queries.policy_by_id(uow, head["policy_id"]))
    booked = uow.rows("control.booked_buckets", documents=list(documents))
    ledger.lock(also, {i for r in booked for i in r["buckets"]})
    lock_documents(uow, documents)
    holds = uow.rows("control.open_holds", documents=list(documents))
    if any(i not in ledger.rows for h in holds for i in h["buckets"]):
        raise NotHeld("单据刚被别人改动，请重试。", documents=list(documents))
    return ledger, holds


def lock_documents(uow: UnitOfWork, ids: Sequence[int], *, status: str | None = None) -> None:
    """Locks documents after balance rows; refuses those not in ``status``."""
    rows = uow.rows("control.documents_lock", ids=sorted(ids))
    if len(rows) != len(set(ids)):
        raise NoSuchDocument(documents=list(ids))
    for row in rows:
        if status is not None and row["status"] != status:
            raise NotHeld(f"单据 {row['number']} 的状态是 {row['status']}。", document=row["id"], status=row["status"])


def liquidation(hold: RowMapping, amount: Decimal, kind: str, *, voucher: str | None = None, reason: str = "") -> Entry:
    """The entry that takes ``amount`` off what a document line holds, on the rows it was booked on."""
    return Entry(
        stage=hold["stage"],
        kind=kind,
        amount=-amount,
        coordinate=hold["coordinate"],
        period=hold["period"],
        buckets=tuple(hold["buckets"]),
        document_id=hold["document_id"],
        line_no=hold["line_no"],
        liquidates=hold["entry_id"],
        voucher=voucher,
        reason=reason,
    )


def _reserved(line: Line, buckets: tuple[int, ...], document_id: int | None = None) -> Entry:
    return Entry(
        stage="reserved",
        kind="reserve",
        amount=line.asked.amount,
        coordinate=line.asked.coordinate,
        period=line.asked.period,
        buckets=buckets,
        document_id=document_id,
        line_no=line.no,
    )


def _line_row(line: Line) -> dict[str, object]:
    asked = line.asked
    coordinate = dict(asked.coordinate)
    return {
        "line_no": line.no,
        "coordinate": coordinate,
        "period": asked.period,
        "amount": str(asked.amount),
        "memo": asked.memo,
    }


def _new_document(uow: UnitOfWork, actor: Principal, in_force: PolicyInForce, request: Request) -> int | None:
    if not request.lines:
        raise NoLines(number=request.number)
    found = uow.value(
        "control.document_insert",
        policy_id=in_force.id,
        kind=request.kind,
        number=request.number,
        title=request.title,
        requester=actor.login,
        idem_key=request.idem_key,
        fingerprint=_fingerprint(in_force, request),
        at=uow.now(),
    )
    return None if found is None else int(found)


def _repeated(uow: UnitOfWork, actor: Principal, request: Request) -> Reservation:
    row = uow.row("control.document_by_key", requester=actor.login, idem_key=request.idem_key)
    if row is None:
        raise KeyReused(f"单号“{request.number}”已存在。", number=request.number)
    policy_id = queries.document(uow, row["id"])["policy_id"]
    if row["fingerprint"] != _fingerprint(queries.policy_by_id(uow, policy_id), request):
        raise KeyReused(f"幂等键“{request.idem_key}”已用于内容不同的单据 {row['number']}。", key=request.idem_key)
    return Reservation(row["id"], row["number"], repeated=True)


def _fingerprint(in_force: PolicyInForce, request: Request) -> str:
    lines = [[sorted(x.coordinate.items()), x.period, str(Decimal(x.amount).normalize())] for x in request.lines]
    asked = json.dumps([in_force.policy.code, request.kind, request.number, lines], ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()


def _warnings(findings: Sequence[Finding]) -> tuple[str, ...]:
    warned = (f.before for f in findings if f.verdict == "warn")
    return tuple(f"规则“{b.rule.title}”将超出预算：{formula(b)}" for b in warned)
