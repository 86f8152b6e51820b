"""What is said and answered. Amounts are Decimal in budget currency, two places; they cross as text, never as floats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Money = Decimal | str | int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document. ``draws``: (number, line) of the earlier document it takes over from.

    ``quantity`` and ``said``: what the policy's rate standard for this place asks for.
    ``fields``: one's own document's, of the line and of the head, where its kind has a field mapping: they say what it covers of
    coordinate, period and amount, which then are left out.
    """

    coordinate: Mapping[str, str] = field(default_factory=dict)
    period: str = ""
    amount: Money | None = None
    memo: str = ""
    tax_rate: Money = 0
    tax_included: bool = True
    currency: str = ""
    rate: Money = 1
    draws: tuple[str, int] | None = None
    quantity: Money | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str | bool | int | None] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """As it crosses."""
        said: dict[str, Any] = {
            "coordinate": dict(self.coordinate),
            "period": self.period or None,
            "amount": None if self.amount is None else str(self.amount),
            "memo": self.memo,
            "tax_rate": str(self.tax_rate),
            "tax_included": self.tax_included,
            "currency": self.currency,
            "rate": str(self.rate),
        }
        if self.draws:
            said["draws"] = {"number": self.draws[0], "line": self.draws[1]}
        if self.fields:
            said["fields"] = dict(self.fields)
        if self.quantity is not None:
            said["quantity"] = str(self.quantity)
        if self.said:
            said["said"] = dict(self.said)
        return said


@dataclass(frozen=True, slots=True)
class Voucher:
    """A fact; ``key`` names it once and for all, ``request`` is the document it executes."""

    key: str
    voucher: str
    coordinate: Mapping[str, str]
    period: str
    amount: Money
    request: str | None = None
    request_line: int | None = None

    def body(self) -> dict[str, Any]:
        """As it crosses."""
        said = {"key": self.key, "voucher": self.voucher, "coordinate": dict(self.coordinate), "period": self.period}
        return {**said, "amount": str(self.amount), "request": self.request, "request_line": self.request_line}


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A line of a partial request that holds nothing, and why."""

    line_no: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Held:
    """A document that holds budget. ``offline``: nobody answered and its kind may go on; it is in the journal."""

    document_id: int
    number: str
    repeated: bool = False
    warnings: tuple[str, ...] = ()
    refused: tuple[LineRefused, ...] = ()
    offline: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Held":
        refused = tuple(LineRefused(**r) for r in body["refused"])
        return cls(body["document_id"], body["number"], body["repeated"], tuple(body["warnings"]), refused)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer: what it has, what is asked of it, what is missing. None where it is not for this account."""

    rule: str
    title: str
    window: str
    verdict: str
    available: Decimal | None
    asked: Decimal
    short: Decimal | None
    explanation: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Finding":
        return cls(
            rule=body["rule"],
            title=body["title"],
            window=body["window"],
            verdict=body["verdict"],
            available=_money(body["available"]),
            asked=Decimal(body["asked"]),
            short=_money(body["short"]),
            explanation=body["explanation"],
        )


@dataclass(frozen=True, slots=True)
class Check:
    """What a reservation would be answered now: ``verdict`` ok, warn or refuse."""

    verdict: str
    asked: Decimal
    rules: tuple[Finding, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Check":
        return cls(body["verdict"], Decimal(body["asked"]), tuple(Finding.of(r) for r in body["rules"]))


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a fact: executed (it took over from a document), direct, or duplicate."""

    key: str
    outcome: str
    liquidated: Decimal
    forced: Decimal
    unbudgeted: bool

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Posted":
        amounts = (Decimal(body["liquidated"]), Decimal(body["forced"]))
        return cls(body["key"], body["outcome"], *amounts, body["unbudgeted"])


@dataclass(frozen=True, slots=True)
class Reversed:
    """Facts taken back, and what documents hold again."""

    amount: Decimal
    restored: Decimal
    documents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance row; amounts are None where the account may only know whether it passes."""

    bucket: int
    rule: str
    window: str
    members: Mapping[str, str]
    cap: Decimal | None
    reserved: Decimal | None
    committed: Decimal | None
    executed: Decimal | None
    available: Decimal | None
    formula: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Balance":
        members = {m["dimension"]: m["code"] for m in body["members"]}
        return cls(
            bucket=body["bucket"],
            rule=body["rule"],
            window=body["window"],
            members=members,
            cap=_money(body["cap"]),
            reserved=_money(body["reserved"]),
            committed=_money(body["committed"]),
            executed=_money(body["executed"]),
            available=_money(body["available"]),
            formula=body["formula"],
        )


@dataclass(frozen=True, slots=True)
class Document:
    """Where a document stands; ``raw`` is the whole answer, with lines, entries and approvals."""

    id: int
    number: str
    state: str
    reserved: Decimal
    committed: Decimal
    executed: Decimal
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Document":
        return cls(
            id=body["id"],
            number=body["number"],
            state=body["state"],
            reserved=Decimal(body["reserved"]),
            committed=Decimal(body["committed"]),
            executed=Decimal(body["executed"]),
            raw=body,
        )


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
