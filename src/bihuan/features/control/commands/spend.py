"""The lines of documents that ask to spend: what they amount to, the balance rows they count in, and a fresh check of a draft.

New documents are filed in `filing`; what becomes of their holds is in `standing` and `lifecycle`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.control.availability import Balance, Finding, formula
from bihuan.features.control.explaining import exceeded
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.mapped_lines import mapped_line
from bihuan.features.control.model import (
    BadAmount,
    NoSuchDocument,
    OverStandard,
    RequestLine,
    Unbudgeted,
    WrongDocument,
    amount_of,
    converted,
    quantity_of,
)
from bihuan.features.control.policy import BucketKey, Stage
from bihuan.features.control.standards import Measured, shown
from bihuan.features.control.tax import Taxed, split
from bihuan.store.unit_of_work import Reader, UnitOfWork


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A line that does not fit, and why."""

    line_no: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """A document that holds its amounts. ``warnings``: rules it passed beyond the cap, in words.

    ``refused``: the lines that hold nothing, of a request that allowed that.
    """

    document_id: int
    number: str
    repeated: bool = False
    warnings: tuple[str, ...] = ()
    refused: tuple[LineRefused, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A request line as asked, with its number, its amounts with and without tax, and the balance rows it counts in.

    ``net``: the amount without tax counts against the budget here. ``measured``: what the rate standards say of it.
    """

    no: int
    asked: RequestLine
    taxed: Taxed
    net: bool
    keys: tuple[BucketKey, ...]
    measured: tuple[Measured, ...] = ()

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
    line = mapped_line(policy.policy, kind, no, line)
    amount = amount_of(line.amount, what=what, positive=True)
    if not line.currency and line.rate != 1:
        raise BadAmount(f"{what}：写了汇率“{line.rate}”，没有写币种。", found=str(line.rate))
    counted = converted(amount, line.rate, what=what) if line.currency else amount
    rate = policy.policy.taxes.rate(line.tax_rate, what=what)
    if kind and (type_ := policy.policy.document(kind)) and not policy.policy.takes(type_, line.coordinate):
        raise WrongDocument(f"{what}：“{type_.title}”不能用于这里。", line=no, coordinate=dict(line.coordinate))
    keys = tuple(policy.policy.touched(line.coordinate, line.period))
    exempt = policy.policy.exemption(line.coordinate, kind) is not None
    if exempt:
        keys = ()
    elif not keys and policy.policy.unbudgeted == "refuse":
        raise Unbudgeted(f"{what}没有适用的控制规则，不予通过。", line=no, coordinate=dict(line.coordinate))
    taxed = split(counted, rate, included=line.tax_included)
    if not taxed.net:
        raise BadAmount(f"{what}：不含税金额不足一分。", found=str(amount))
    quantity = None if line.quantity is None else quantity_of(line.quantity, what=what)
    asked = replace(line, amount=amount, tax_rate=rate, quantity=quantity)
    standing = (
        () if exempt else policy.policy.measured(line.coordinate, quantity=quantity, said=line.said, spent=taxed.gross)
    )
    return Line(no, asked, taxed, policy.policy.net_counts(line.coordinate), keys, standing)


def require_standards(lines: Sequence[Line], granted: Mapping[tuple[int, str], Decimal] | None = None) -> None:
    """Raises `OverStandard` with every line that a rate standard stops.

    ``granted``: how far beyond a standard (line, code) may be by an approved exception, or was before.
    """
    allowed = granted or {}
    stopped = [
        (line.no, m)
        for line in lines
        for m in line.measured
        if m.blocks and (m.fault or m.excess > allowed.get((line.no, m.code), Decimal(-1)))
    ]
    if stopped:
        facts = [{"line": no, "standard": m.code, "measure": m.measure, "excess": m.excess} for no, m in stopped]
        raise OverStandard("\n".join(f"第 {no} 行：{m.text()}" for no, m in stopped), findings=facts)


def require_places(actor: Principal, in_force: PolicyInForce, lines: Sequence[Line]) -> None:
    """Asking to spend needs the right at every place asked for."""
    for line in lines:
        actor.require("control.request", model=in_force.policy.model, **line.asked.coordinate)


def existing(
    policy: PolicyInForce, line: Line, ids: Mapping[BucketKey, int], rows: Mapping[int, Balance]
) -> tuple[int, ...]:
    """The ids of a line's balance rows; a rule without released budget refuses unless the policy allows it."""
    missing = [k for k in line.keys if k not in ids or _counts_as_none(policy, rows[ids[k]])]
    if missing and policy.policy.unbudgeted != "allow":
        rule = policy.policy.rule(missing[0].rule)
        message = f"第 {line.no} 行：规则“{rule.title}”在窗口 {missing[0].window} 没有已下达的预算，不予通过。"
        raise Unbudgeted(message, line=line.no, rule=rule.code, window=missing[0].window)
    return tuple(ids[k] for k in line.keys if k in ids)


def _counts_as_none(policy: PolicyInForce, row: Balance) -> bool:
    """True for a cap of 0 where that is no budget; one whose budget is still to come, or follows revenue, has one."""
    waits = (policy.policy.issue is not None and bool(row.original)) or row.rule.linked is not None
    return policy.policy.zero == "none" and not row.cap and not waits


def lock_rows(
    uow: UnitOfWork, actor: Principal, in_force: PolicyInForce, lines: Sequence[Line]
) -> tuple[Ledger, dict[BucketKey, int]]:
    """Locks the rows of lines. Where lines pass without a row, opening one waits for them (openings.py)."""
    if in_force.policy.unbudgeted == "allow":
        uow.run("control.facts_lock", id=in_force.id)
    ledger = Ledger(uow, actor.login, in_force)
    return ledger, ledger.lock(k for line in lines for k in line.keys)


def lock_documents(uow: UnitOfWork, ids: Sequence[int]) -> Sequence[RowMapping]:
    """Locks documents after balance rows."""
    rows = uow.rows("control.documents_lock", ids=sorted(ids))
    if len(rows) != len(set(ids)):
        raise NoSuchDocument(documents=list(ids))
    return rows


def lines_of(reader: Reader, document_id: int) -> list[RequestLine]:
    """The lines of a document as they were entered."""
    return [line_of(r) for r in reader.rows("control.document_lines", document_id=document_id)]


def line_of(row: RowMapping) -> RequestLine:
    """A line as it was entered."""
    entered = row["foreign_amount"] or (row["gross"] if row["tax_included"] else row["net"])
    rate = Decimal(1) if row["rate"] is None else row["rate"]
    drawn = None if row["draws_document"] is None else (row["draws_document"], row["draws_line"])
    tax = (row["tax_rate"], row["tax_included"])
    return RequestLine(
        row["coordinate"],
        row["period"],
        entered,
        row["memo"],
        *tax,
        row["currency"] or "",
        rate,
        drawn,
        row["quantity"],
        row["said"] or {},
        row["fields"] or {},
    )


def line_json(line: RequestLine) -> dict[str, object]:
    """A line as asked, as JSON keeps it."""
    return {
        "coordinate": dict(line.coordinate),
        "period": line.period,
        "amount": format(Decimal(line.amount).normalize(), "f"),
        "memo": line.memo,
        "tax_rate": format(Decimal(line.tax_rate).normalize(), "f"),
        "tax_included": line.tax_included,
        "currency": line.currency,
        "rate": format(Decimal(line.rate).normalize(), "f"),
        "draws": list(line.draws) if line.draws else None,
        **measured_json(line),
    }


def measured_json(line: RequestLine) -> dict[str, object]:
    """What a line says for rate standards and its fields; nothing where it says nothing."""
    quantity = {} if line.quantity is None else {"quantity": shown(Decimal(line.quantity))}
    said = {"said": dict(line.said)} if line.said else {}
    return {**quantity, **said, **({"fields": dict(line.fields)} if line.fields else {})}


def line_of_json(said: Mapping[str, Any]) -> RequestLine:
    """The inverse of `line_json`."""
    drawn = said["draws"]
    return RequestLine(
        said["coordinate"],
        said["period"],
        Decimal(said["amount"]),
        said["memo"],
        Decimal(said["tax_rate"]),
        said["tax_included"],
        said["currency"],
        Decimal(said["rate"]),
        (drawn[0], drawn[1]) if drawn else None,
        Decimal(said["quantity"]) if "quantity" in said else None,
        said.get("said", {}),
        said.get("fields", {}),
    )


def insert_lines(uow: UnitOfWork, lines: Mapping[int, Sequence[Line]], revision: int = 1) -> None:
    """Writes the lines of submissions, by document."""
    rows = [{"document_id": d, "revision": revision, **_line_row(line)} for d, each in lines.items() for line in each]
    uow.run("control.document_lines_insert", lines=json.dumps(rows, ensure_ascii=False))


def settle(ledger: Ledger, actor: Principal | None = None) -> list[Finding]:
    """Writes what was booked, or refuses it with every rule that says no, told as far as ``actor`` may see (None: nothing)."""
    findings = ledger.findings()
    if any(f.verdict == "refuse" for f in findings):
        raise exceeded(ledger.uow, ledger.policy, findings, actor)
    ledger.write()
    return findings


def reserved(line: Line, buckets: tuple[int, ...], document_id: int | None = None, stage: Stage = "reserved") -> Entry:
    """The entry that holds a line."""
    return Entry(
        stage=stage,
        kind="reserve",
        amount=line.amount,
        coordinate=line.asked.coordinate,
        period=line.asked.period,
        buckets=buckets,
        document_id=document_id,
        line_no=line.no,
    )


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
        "currency": asked.currency or None,
        "rate": str(asked.rate) if asked.currency else None,
        "foreign_amount": str(asked.amount) if asked.currency else None,
        "draws_document": asked.draws[0] if asked.draws else None,
        "draws_line": asked.draws[1] if asked.draws else None,
        **measured_json(asked),
    }


def warnings_of(findings: Sequence[Finding], lines: Sequence[Line] = ()) -> tuple[str, ...]:
    """What rules and rate standards were passed beyond, in words."""
    over = [f"第 {line.no} 行：{m.text()}" for line in lines for m in line.measured if m.verdict != "ok"]
    return (*(_warning(f) for f in findings if f.verdict == "warn"), *over)


def _warning(finding: Finding) -> str:
    row, used = finding.before, finding.before.consumed + finding.asked
    if used > row.cap:
        return f"规则“{row.rule.title}”将超出预算：{formula(row)}"
    return f"规则“{row.rule.title}”将用到 {used:,.2f}，预算 {row.cap:,.2f}：{formula(row)}"
