"""Documents that ask to spend: reserve, commit, release. They may be refused."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import Finding, formula
from bihuan.features.control.events import tell_changed
from bihuan.features.control.explaining import exceeded
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.model import (
    BadAmount,
    KeyReused,
    NoLines,
    NoSuchDocument,
    NotHeld,
    Request,
    RequestLine,
    Unbudgeted,
    WrongDocument,
    amount_of,
)
from bihuan.features.control.policy import BucketKey
from bihuan.features.control.tax import Taxed, split
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
    """A request line as asked, with its number, its amounts with and without tax, and the balance rows it counts in.

    ``net``: the amount without tax counts against the budget here.
    """

    no: int
    asked: RequestLine
    taxed: Taxed
    net: bool
    keys: tuple[BucketKey, ...]

    @property
    def amount(self) -> Decimal:
        """What counts against the budget."""
        return self.taxed.net if self.net else self.taxed.gross


def resolve(policy: PolicyInForce, lines: Sequence[RequestLine], kind: str = "") -> list[Line]:
    """Each line's amounts and balance rows; refuses what has no place in the policy or is not for documents of ``kind``."""
    return [resolve_line(policy, no, line, kind) for no, line in enumerate(lines, 1)]


def resolve_line(policy: PolicyInForce, no: int, line: RequestLine, kind: str = "") -> Line:
    """One line's; ``kind`` empty: whatever the document."""
    what = f"第 {no} 行"
    amount = amount_of(line.amount, what=what, positive=True)
    rate = policy.policy.taxes.rate(line.tax_rate, what=what)
    if kind and (type_ := policy.policy.document(kind)) and not policy.policy.takes(type_, line.coordinate):
        raise WrongDocument(f"{what}：“{type_.title}”不能用于这里。", line=no, coordinate=dict(line.coordinate))
    keys = tuple(policy.policy.touched(line.coordinate, line.period))
    if not keys and policy.policy.unbudgeted == "refuse":
        raise Unbudgeted(f"{what}没有适用的控制规则，不予通过。", line=no, coordinate=dict(line.coordinate))
    taxed = split(amount, rate, included=line.tax_included)
    if not taxed.net:
        raise BadAmount(f"{what}：不含税金额不足一分。", found=str(amount))
    asked = replace(line, amount=amount, tax_rate=rate)
    return Line(no, asked, taxed, policy.policy.net_counts(line.coordinate), keys)


def require_places(actor: Principal, in_force: PolicyInForce, lines: Sequence[Line]) -> None:
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


def reserve(uow: UnitOfWork, actor: Principal, *, policy: str, request: Request) -> Reservation:
    """Holds every line of a new document or none; refuses with `BudgetExceeded` naming every row that says no.

    The idempotency key is taken first: a repeat waits for the original and gets its answer; a refusal frees the key.
    """
    actor.require("control.request")
    in_force = queries.policy(uow, policy)
    document_id = _new_document(uow, actor, in_force, request)
    if document_id is None:
        return _repeated(uow, actor, request)
    resolved = resolve(in_force, request.lines, request.kind)
    require_places(actor, in_force, resolved)
    # all that needs no lock comes before it: the time a hot row is held is what limits how many get through
    insert_lines(uow, document_id, 1, resolved)
    record(uow, actor, "control.request", ("document", document_id), None, {"number": request.number})
    ledger, ids = _lock(uow, actor, in_force, resolved)
    findings = book_lines(ledger, ids, document_id, resolved, actor)
    return Reservation(document_id, request.number, warnings=_warnings(findings))


def reserve_again(
    uow: UnitOfWork, actor: Principal, *, document_id: int, lines: Sequence[RequestLine] | None = None, title: str = ""
) -> Reservation:
    """Holds the lines of a draft, or of a document released by a return or withdrawal, by a fresh check.

    ``lines`` None: as they were. New ones become another revision; the old stay readable.
    """
    actor.require("control.request")
    head = queries.document(uow, document_id)
    in_force = queries.policy_by_id(uow, head["policy_id"])
    asked = lines if lines is not None else lines_of(uow, document_id)
    if not asked:
        raise NoLines(number=head["number"])
    resolved = resolve(in_force, asked, head["kind"])
    require_places(actor, in_force, resolved)
    ledger, ids = _lock(uow, actor, in_force, resolved)
    (locked,) = lock_documents(uow, [document_id])
    if locked["status"] not in ("draft", "released"):
        raise NotHeld(f"单据 {head['number']} 已占用预算。", document=document_id, status=locked["status"])
    revision = locked["revision"]
    if lines is not None:
        revision += locked["status"] == "released"
        insert_lines(uow, document_id, revision, resolved)
    uow.run("control.document_held", id=document_id, revision=revision, title=title or head["title"])
    findings = book_lines(ledger, ids, document_id, resolved, actor)
    after = {"number": head["number"], "revision": revision, "again": locked["status"] == "released"}
    record(uow, actor, "control.request", ("document", document_id), None, after)
    return Reservation(document_id, head["number"], warnings=_warnings(findings))


def _lock(
    uow: UnitOfWork, actor: Principal, in_force: PolicyInForce, lines: Sequence[Line]
) -> tuple[Ledger, dict[BucketKey, int]]:
    """Locks the rows of lines. Where lines pass without a row, opening one waits for them (openings.py)."""
    if in_force.policy.unbudgeted == "allow":
        uow.run("control.facts_lock", id=in_force.id)
    ledger = Ledger(uow, actor.login, in_force)
    return ledger, ledger.lock(k for line in lines for k in line.keys)


def lines_of(reader: Reader, document_id: int) -> list[RequestLine]:
    """The lines of a document as they were entered."""
    return [
        RequestLine(
            r["coordinate"],
            r["period"],
            r["gross"] if r["tax_included"] else r["net"],
            r["memo"],
            r["tax_rate"],
            r["tax_included"],
        )
        for r in reader.rows("control.document_lines", document_id=document_id)
    ]


def insert_lines(uow: UnitOfWork, document_id: int, revision: int, lines: Sequence[Line]) -> None:
    """Writes the lines of a submission."""
    rows = json.dumps([_line_row(line) for line in lines], ensure_ascii=False)
    uow.run("control.document_lines_insert", document_id=document_id, revision=revision, lines=rows)


def book_lines(
    ledger: Ledger, ids: Mapping[BucketKey, int], document_id: int, lines: Sequence[Line], actor: Principal
) -> list[Finding]:
    """Books the lines on their locked rows as reserved, or refuses."""
    for line in lines:
        ledger.book(reserved(line, existing(ledger.policy, line, ids), document_id))
    return settle(ledger, actor)


def settle(ledger: Ledger, actor: Principal | None = None) -> list[Finding]:
    """Writes what was booked, or refuses it with every rule that says no, told as far as ``actor`` may see (None: nothing)."""
    findings = ledger.findings()
    if any(f.verdict == "refuse" for f in findings):
        raise exceeded(ledger.uow, ledger.policy, findings, actor)
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
    if holds:
        tell_changed(uow, ledger.policy, [h["coordinate"] for h in holds], document_id)
    return given_back


def commit_stage(
    uow: UnitOfWork, actor: Principal, *, document_id: int, amounts: Mapping[int, Decimal] | None = None
) -> Reservation:
    """Turns reserved into committed (the contract is signed): all that is reserved, or ``amounts`` by line.

    A smaller amount leaves the rest reserved; what exceeds the reservation is checked like a new request.
    """
    _require_own(uow, actor, document_id, "control.commit_any")
    ledger, holds = open_holds(uow, actor, [document_id])
    reserved_holds = [h for h in holds if h["stage"] == "reserved"]
    wanted = {h["line_no"]: h["amount"] for h in reserved_holds} if amounts is None else dict(amounts)
    if missing := wanted.keys() - {h["line_no"] for h in reserved_holds}:
        raise NotHeld(f"第 {sorted(missing)[0]} 行没有预占。", document=document_id, lines=sorted(missing))
    for hold in reserved_holds:
        if hold["line_no"] in wanted:
            amount = amount_of(wanted[hold["line_no"]], what=f"第 {hold['line_no']} 行", positive=True)
            down = liquidation(hold, min(amount, hold["amount"]), "commit")
            ledger.book(down)
            ledger.book(replace(down, stage="committed", amount=amount, liquidates=None))
    findings = settle(ledger, actor)
    number = str(queries.document(uow, document_id)["number"])
    record(uow, actor, "control.commit", ("document", document_id), None, wanted)
    tell_changed(uow, ledger.policy, [h["coordinate"] for h in reserved_holds], document_id)
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


def lock_documents(uow: UnitOfWork, ids: Sequence[int]) -> Sequence[RowMapping]:
    """Locks documents after balance rows."""
    rows = uow.rows("control.documents_lock", ids=sorted(ids))
    if len(rows) != len(set(ids)):
        raise NoSuchDocument(documents=list(ids))
    return rows


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


def reserved(line: Line, buckets: tuple[int, ...], document_id: int | None = None) -> Entry:
    """The entry that holds a line."""
    return Entry(
        stage="reserved",
        kind="reserve",
        amount=line.amount,
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
        "amount": str(line.amount),
        "gross": str(line.taxed.gross),
        "net": str(line.taxed.net),
        "tax_rate": str(asked.tax_rate),
        "tax_included": asked.tax_included,
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
    lines = [[sorted(x.coordinate.items()), x.period, *_said(x)] for x in request.lines]
    asked = json.dumps([in_force.policy.code, request.kind, request.number, lines], ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()


def _said(line: RequestLine) -> list[object]:
    """The amounts of a line; tax is named only where there is some."""
    amount: list[object] = [str(Decimal(line.amount).normalize())]
    return amount if not line.tax_rate else [*amount, str(line.tax_rate.normalize()), line.tax_included]


def _warnings(findings: Sequence[Finding]) -> tuple[str, ...]:
    warned = (f.before for f in findings if f.verdict == "warn")
    return tuple(f"规则“{b.rule.title}”将超出预算：{formula(b)}" for b in warned)
