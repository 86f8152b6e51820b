"""New documents: one or a batch, each held or refused by itself under one lock of all their balance rows.

The idempotency key is taken first: a repeat waits for the original and gets its answer; a refusal frees key and number.
Rows are locked in id order, then earlier documents whose holds are taken over, so a batch never waits crosswise.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record, record_each
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.control import queries
from bihuan.features.control.availability import Finding
from bihuan.features.control.commands.drawing import Drawable
from bihuan.features.control.commands.spend import (
    Line,
    LineRefused,
    Reservation,
    existing,
    insert_lines,
    line_json,
    lines_of,
    lock_documents,
    lock_rows,
    measured_json,
    require_places,
    require_standards,
    reserved,
    resolve,
    resolve_line,
    warnings_of,
)
from bihuan.features.control.commands.standing import open_holds, require_own
from bihuan.features.control.explaining import exceeded
from bihuan.features.control.ledger import Ledger, PolicyInForce
from bihuan.features.control.model import KeyReused, NoLines, NotHeld, Request, RequestLine, WrongDocument
from bihuan.features.control.policy import BucketKey, Stage
from bihuan.kernel.errors import BihuanError
from bihuan.store.unit_of_work import Reader, UnitOfWork

Answer = Reservation | BihuanError


def reserve(uow: UnitOfWork, actor: Principal, *, policy: str, request: Request) -> Reservation:
    """Holds every line of a new document or none (unless it asks for `partial`); refuses with `BudgetExceeded` naming every
    row that says no."""
    (answer,) = _each(uow, actor, policy, [request], alone=True)
    if isinstance(answer, BihuanError):
        raise answer
    return answer


def reserve_each(uow: UnitOfWork, actor: Principal, *, policy: str, requests: Sequence[Request]) -> list[Answer]:
    """An answer per request, in order; a refused one leaves nothing behind and does not stop the others."""
    return _each(uow, actor, policy, requests, alone=False)


def _each(uow: UnitOfWork, actor: Principal, policy: str, requests: Sequence[Request], *, alone: bool) -> list[Answer]:
    """``alone``: one request, whose refusal the caller raises, so that the edge undoes everything."""
    actor.require("control.request")
    in_force = queries.policy(uow, policy)
    answers: dict[int, Answer] = {}
    first: dict[str, int] = {}
    for n, request in enumerate(requests):
        if not request.lines:
            answers[n] = NoLines(number=request.number)
        elif (said := first.setdefault(request.idem_key, n)) != n and requests[said] != request:
            answers[n] = KeyReused(f"幂等键“{request.idem_key}”在这一批里用了两次。", key=request.idem_key)
    todo = {n: requests[n] for n in first.values() if n not in answers}
    made = _take_keys(uow, actor, in_force, list(todo.values()))
    fresh = [_Filed(n, made[r.idem_key], r) for n, r in todo.items() if r.idem_key in made]
    for n, request in todo.items():
        if request.idem_key not in made:
            answers[n] = _repeated(uow, actor, request)
    _hold(uow, actor, in_force, fresh, early=alone and not requests[0].partial)
    answers.update({filed.n: filed.answer for filed in fresh if filed.answer is not None})
    for n, request in enumerate(requests):
        if n not in answers:  # the same request twice in one batch
            same = answers[first[request.idem_key]]
            answers[n] = replace(same, repeated=True) if isinstance(same, Reservation) else same
    return [answers[n] for n in range(len(requests))]


@dataclass
class _Filed:
    """A new document of a batch on its way: its lines by number, those that fell out, and the answer in the end."""

    n: int
    document_id: int
    request: Request
    lines: list[Line] = field(default_factory=list)
    refused: list[LineRefused] = field(default_factory=list)
    answer: Answer | None = None

    def resolve(self, actor: Principal, in_force: PolicyInForce) -> None:
        """Finds what the lines count in; a line without a place fails the document, or only itself where that is asked."""
        for no, line in enumerate(self.request.lines, 1):
            try:
                self.lines.append(resolve_line(in_force, no, line, self.request.kind))
            except BihuanError as fault:
                if not self.request.partial:
                    raise
                self.refused.append(LineRefused(no, fault.code, str(fault)))
        require_places(actor, in_force, self.lines)


def _hold(uow: UnitOfWork, actor: Principal, in_force: PolicyInForce, filed: Sequence[_Filed], *, early: bool) -> None:
    for one in filed:
        try:
            one.resolve(actor, in_force)
            for line in one.lines:
                if line.asked.draws:
                    require_own(uow, actor, line.asked.draws[0], "control.commit_any")
        except BihuanError as fault:
            one.answer = fault
    alive = [one for one in filed if one.answer is None]
    if early and alive:
        # all that needs no lock comes before it: the time a hot row is held is what limits how many get through
        insert_lines(uow, {one.document_id: one.lines for one in alive})
        _note(uow, actor, alive)
    if alive:
        ledger, ids, drawable = _lock(uow, actor, in_force, [line for one in alive for line in one.lines])
        for one in alive:
            one.answer = _book(ledger, ids, drawable, one, actor, raised=early)
        held = [one for one in alive if isinstance(one.answer, Reservation)]
        if not early and held:
            insert_lines(uow, {one.document_id: one.lines for one in held})
            _note(uow, actor, held)
        if held:
            ledger.write()
        if emptied := drawable.emptied():
            uow.run("control.documents_status", ids=emptied, status="closed")
    dropped = [one.document_id for one in filed if not isinstance(one.answer, Reservation)]
    if dropped and not early:
        uow.run("control.documents_drop", ids=dropped)


def _book(
    ledger: Ledger,
    ids: Mapping[BucketKey, int],
    drawable: Drawable,
    filed: _Filed,
    actor: Principal,
    *,
    raised: bool,
) -> Answer:
    """Books a document: all its lines or none, or line by line where that is asked. ``raised``: a refusal ends all."""
    findings: list[Finding] = []
    groups = [[line] for line in filed.lines] if filed.request.partial else [filed.lines]
    fault: BihuanError | None = None
    for lines in groups:
        try:
            found = book_lines(ledger, ids, drawable, filed.document_id, lines, actor, filed.request.stage)
        except BihuanError as said:
            if said.complete is not None and not raised:
                said.complete(ledger.uow)
            fault = said
            filed.refused += [LineRefused(line.no, said.code, str(said)) for line in lines]
            filed.lines = [line for line in filed.lines if line not in lines]
        else:
            findings += found
    if not filed.lines:
        return fault or NoLines(number=filed.request.number)
    refused = tuple(sorted(filed.refused, key=lambda r: r.line_no))
    return Reservation(
        filed.document_id, filed.request.number, warnings=warnings_of(findings, filed.lines), refused=refused
    )


def book_lines(  # noqa: PLR0917
    ledger: Ledger,
    ids: Mapping[BucketKey, int],
    drawable: Drawable,
    document_id: int,
    lines: Sequence[Line],
    actor: Principal,
    stage: Stage = "reserved",
    granted: Mapping[int, Decimal] | None = None,
    beyond: Mapping[tuple[int, str], Decimal] | None = None,
) -> list[Finding]:
    """Books lines on their locked rows together, what they draw taken over; refuses with every rule that says no.

    ``granted``: how far an approved exception lets them take a row beyond its limit; ``beyond``: a line beyond a standard.
    """
    try:
        require_standards(lines, beyond)
        entries = [e for line in lines for e in drawable.take(line, document_id)]
        entries += [reserved(x, existing(ledger.policy, x, ids, ledger.rows), document_id, stage) for x in lines]
        findings = ledger.attempt(entries, granted)
        if any(f.verdict == "refuse" for f in findings):
            raise exceeded(ledger.uow, ledger.policy, findings, actor)
    except BihuanError:
        drawable.settle(held=False)
        raise
    drawable.settle(held=True)
    return findings


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
    ledger, ids, drawable = _lock(uow, actor, in_force, resolved)
    (locked,) = lock_documents(uow, [document_id])
    if locked["status"] not in ("draft", "released"):
        raise NotHeld(f"单据 {head['number']} 已占用预算。", document=document_id, status=locked["status"])
    revision = locked["revision"]
    if lines is not None:
        revision += locked["status"] == "released"
        insert_lines(uow, {document_id: resolved}, revision)
    expires = _expiry(in_force, head["kind"], None, uow.now())
    uow.run(
        "control.document_held", id=document_id, revision=revision, title=title or head["title"], expires_at=expires
    )
    exception = _granted(uow, document_id, asked)
    said = exception["beyond"] if exception is not None else []
    granted = {b["bucket"]: Decimal(b["short"]) for b in said if "bucket" in b}
    beyond = {(b["line"], b["standard"]): Decimal(b["short"]) for b in said if "standard" in b}
    findings = book_lines(ledger, ids, drawable, document_id, resolved, actor, granted=granted, beyond=beyond)
    over = any(m.blocks for line in resolved for m in line.measured)
    if exception is not None and (over or any(e.kind == "override" for e in ledger.entries)):
        uow.run("control.exception_used", id=exception["id"])
    ledger.write()
    if emptied := drawable.emptied():
        uow.run("control.documents_status", ids=emptied, status="closed")
    after = {"number": head["number"], "revision": revision, "again": locked["status"] == "released"}
    record(uow, actor, "control.request", ("document", document_id), None, after)
    return Reservation(document_id, head["number"], warnings=warnings_of(findings, resolved))


def _granted(uow: UnitOfWork, document_id: int, lines: Sequence[RequestLine]) -> RowMapping | None:
    """The exception this document was granted for just these lines, while it lasts; its row locked, for it is good once."""
    row = uow.row("control.exception_granted", document_id=document_id, today=business_date(uow))
    return row if row is not None and row["lines"] == [line_json(x) for x in lines] else None


def _lock(
    uow: UnitOfWork, actor: Principal, in_force: PolicyInForce, lines: Sequence[Line]
) -> tuple[Ledger, dict[BucketKey, int], Drawable]:
    """Locks the rows of lines, and of the holds they take over."""
    earlier = sorted({line.asked.draws[0] for line in lines if line.asked.draws})
    if not earlier:
        ledger, ids = lock_rows(uow, actor, in_force, lines)
        return ledger, ids, Drawable([])
    for document in earlier:
        if queries.document(uow, document)["policy_id"] != in_force.id:
            raise WrongDocument("前序单据不在这个控制方案下，不能接续。", document=document)
    if in_force.policy.unbudgeted == "allow":
        uow.run("control.facts_lock", id=in_force.id)
    ledger, holds = open_holds(uow, actor, earlier, [k for line in lines for k in line.keys])
    ids = {BucketKey(b.rule.code, b.key, b.window): b.id for b in ledger.rows.values()}
    return ledger, ids, Drawable.of(holds)


def _note(uow: UnitOfWork, actor: Principal, filed: Sequence[_Filed]) -> None:
    said = [("document", one.document_id, {"number": one.request.number}) for one in filed]
    record_each(uow, actor, "control.request", said)


def _take_keys(
    uow: UnitOfWork, actor: Principal, in_force: PolicyInForce, requests: Sequence[Request]
) -> dict[str, int]:
    """New documents by key; a request whose key or number another has is absent."""
    if not requests:
        return {}
    rows = [_document_row(in_force, r, uow.now()) for r in requests]
    said = json.dumps(rows, ensure_ascii=False)
    made = uow.rows("control.documents_insert", policy_id=in_force.id, requester=actor.login, at=uow.now(), rows=said)
    return {r["idem_key"]: r["id"] for r in made}


def _document_row(in_force: PolicyInForce, request: Request, now: datetime) -> dict[str, object]:
    expires = _expiry(in_force, request.kind, request.expires_at, now)
    return {
        "kind": request.kind,
        "number": request.number,
        "title": request.title,
        "idem_key": request.idem_key,
        "fingerprint": _fingerprint(in_force, request),
        "expires_at": None if expires is None else expires.isoformat(),
        "fields": request.fields,
    }


def _expiry(in_force: PolicyInForce, kind: str, asked: datetime | None, now: datetime) -> datetime | None:
    """When an unused hold ends: as asked, else as the document's type says, else never."""
    if asked is not None:
        if asked <= now:
            raise WrongDocument("占用的到期时间已过。", expires_at=asked.isoformat())
        return asked
    type_ = in_force.policy.document(kind)
    return now + timedelta(days=type_.expires_days) if type_ and type_.expires_days else None


def _repeated(uow: Reader, actor: Principal, request: Request) -> Answer:
    row = uow.row("control.document_by_key", requester=actor.login, idem_key=request.idem_key)
    if row is None:
        return KeyReused(f"单号“{request.number}”已存在。", number=request.number)
    policy_id = queries.document(uow, row["id"])["policy_id"]
    if row["fingerprint"] != _fingerprint(queries.policy_by_id(uow, policy_id), request):
        return KeyReused(f"幂等键“{request.idem_key}”已用于内容不同的单据 {row['number']}。", key=request.idem_key)
    return Reservation(row["id"], row["number"], repeated=True)


def _fingerprint(in_force: PolicyInForce, request: Request) -> str:
    lines = [[sorted(x.coordinate.items()), x.period, *_said(x)] for x in request.lines]
    asked: list[object] = [in_force.policy.code, request.kind, request.number, lines]
    if request.stage != "reserved" or request.partial:
        asked += [request.stage, request.partial]
    return hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()


def _said(line: RequestLine) -> list[object]:
    """The amounts of a line; tax, currency and what it draws on are named only where there are some."""
    said: list[object] = [str(Decimal(line.amount).normalize())]
    if line.tax_rate:
        said += [str(line.tax_rate.normalize()), line.tax_included]
    if line.currency:
        said += [line.currency, str(line.rate.normalize())]
    if line.draws:
        said += ["draws", *line.draws]
    if more := measured_json(line):
        said += [json.dumps(more, ensure_ascii=False, sort_keys=True)]
    return said
