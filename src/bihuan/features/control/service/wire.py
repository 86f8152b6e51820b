"""What other systems say to the ledger and what it answers. Amounts cross as decimal strings, moments as RFC 3339."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bihuan.features.access.moment import Moment
from bihuan.features.control.mapped_lines import merged
from bihuan.features.control.model import Request, RequestLine, VoucherLine
from bihuan.features.control.wire import Amount, Fields, as_decimal

BATCH_MAX = 500
LINES_MAX = 1000
# NUL cannot be stored as text, and a lone surrogate cannot leave as UTF-8
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
Note = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
Number = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,8})?$")]
Positive = Annotated[int, Field(ge=1, le=100_000)]
EXAMPLE_LINE: Any = {
    "coordinate": {"org": "D0101", "科目": "差旅费", "item": "费用!金额"},
    "period": "2026-11",
    "amount": "1200.00",
}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DrawIn(_In):
    """The line of an earlier document (of the same policy) whose hold is taken over."""

    number: Text
    kind: Text | None = None
    line: Positive = 1


class LedgerLineIn(_In):
    """``coordinate``: dimension → member code, ``item`` as cube!item. ``rate``: budget currency per unit of ``currency``.

    ``quantity`` and ``said``: what the policy's rate standard for this place asks for.
    ``fields``: the document's own, where its type has a field mapping: they say the members, period and amount it covers, which
    then are left out, or must agree.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_LINE]})

    coordinate: dict[Text, Text] = Field({}, max_length=30)
    period: Text | None = None
    amount: Number | None = None
    memo: Note = ""
    tax_rate: Number = "0"
    tax_included: bool = True
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{0,3}$")] = ""
    rate: Number = "1"
    draws: DrawIn | None = None
    quantity: Number | None = None
    said: dict[Text, Text] = Field(default={}, max_length=30)
    fields: Fields = {}


class LedgerCheckIn(_In):
    """``fields``: of the document's head, beside those of its lines."""

    policy: Text
    kind: Note = ""
    fields: Fields = {}
    lines: list[LedgerLineIn] = Field(min_length=1, max_length=LINES_MAX)


class ReserveIn(_In):
    """Holds a new document. The number names it from now on; the same number and content again is a repeat.

    ``stage``: what it holds. ``partial``: lines that fit are held, the others named in the answer. ``expires_at``: what is not
    used by then is given back.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"policy": "费用控制", "number": "OA-2026-0117", "lines": [EXAMPLE_LINE]}]},
    )

    policy: Text
    number: Text
    kind: Text = "用款申请"
    title: Note = ""
    fields: Fields = {}
    lines: list[LedgerLineIn] = Field(min_length=1, max_length=LINES_MAX)
    stage: Literal["reserved", "committed"] = "reserved"
    partial: bool = False
    expires_at: Moment | None = None


class DocumentRef(_In):
    """A document by its number; ``kind`` where two kinds share it."""

    policy: Text
    number: Text
    kind: Text | None = None


class CommitIn(DocumentRef):
    """Reserved becomes committed: everything, or ``amounts`` by line."""

    amounts: dict[Positive, Number] | None = None


class VoucherIn(_In):
    """A fact; it is never refused. ``key`` names it once and for all; ``request``: the document it executes."""

    key: Text
    voucher: Text
    coordinate: dict[Text, Text] = Field(max_length=30)
    period: Text
    amount: Number
    request: Text | None = None
    request_line: Positive | None = None


class ExecuteIn(_In):
    policy: Text
    vouchers: list[VoucherIn] = Field(min_length=1, max_length=LINES_MAX)


class LedgerReleaseIn(DocumentRef):
    """``how``: release (given back) or close (done) leave earlier documents as they are; cancel lets them hold again.

    ``lines``: with close only, some lines of it.
    """

    how: Literal["release", "close", "cancel"] = "release"
    lines: list[Positive] | None = Field(None, min_length=1, max_length=LINES_MAX)
    reason: Note = ""


class ReverseIn(_In):
    policy: Text
    voucher: Text
    reason: Note = ""


class AmendIn(DocumentRef):
    """The document as it is to be, all its lines and fields; ``expires_at`` alone is not an amendment."""

    fields: Fields = {}

    lines: list[LedgerLineIn] = Field(min_length=1, max_length=LINES_MAX)
    reason: Note = ""


class LedgerQueryIn(_In):
    """Balance rows of a policy, or with ``number`` one document."""

    policy: Text
    rule: Text | None = None
    window: Text | None = None
    number: Text | None = None
    kind: Text | None = None
    limit: int = Field(200, ge=1, le=2000)
    skip: int = Field(0, ge=0, le=1_000_000)


class LedgerExplainIn(_In):
    """``bucket`` from an answer of query or check, or a ``coordinate`` at a ``period``: every row it counts in."""

    policy: Text
    bucket: int | None = Field(None, ge=1, le=2**62)
    coordinate: dict[Text, Text] | None = Field(None, max_length=30)
    period: Text | None = None


class LineRefusedOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    line_no: int
    code: str
    message: str


class HeldOut(BaseModel):
    """``repeated``: the same request had been made before, nothing was changed. ``refused``: lines that hold nothing."""

    model_config = ConfigDict(from_attributes=True)

    document_id: int
    number: str
    repeated: bool
    warnings: list[str]
    refused: list[LineRefusedOut]


class PostedOut(BaseModel):
    """``liquidated``: taken over from a document. ``forced``: how far beyond the tightest limit. ``unbudgeted``: in no row."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    outcome: Literal["executed", "direct", "duplicate"]
    liquidated: Amount
    forced: Amount
    unbudgeted: bool


class ExecutedOut(BaseModel):
    vouchers: list[PostedOut]


class GivenBackOut(BaseModel):
    released: Amount


class ReversedOut(BaseModel):
    amount: Amount
    restored: Amount
    documents: list[int]


class DocumentPolicyIn(_In):
    policy: Text


class SandboxOut(BaseModel):
    """``policy``: what it is called inside; go on naming the real policy."""

    policy: str


class OperationIn(_In):
    """One of a batch: ``op`` and what its own call takes as ``body``; ``key`` makes it happen once."""

    op: Literal["check", "reserve", "commit", "execute", "release", "reverse", "amend", "query", "explain"]
    body: dict[str, Any]
    key: Text | None = None


class OperationsIn(_In):
    """``atomic``: all or nothing, for reservations under one policy; else each operation stands alone, in order."""

    operations: list[OperationIn] = Field(min_length=1, max_length=BATCH_MAX)
    atomic: bool = False


class ProblemOut(BaseModel):
    code: str
    detail: str
    facts: Any


class OperationOut(BaseModel):
    """``answer``: as the single call's; ``problem``: why it was refused."""

    status: Literal["done", "refused"]
    answer: Any = None
    problem: ProblemOut | None = None


class OperationsOut(BaseModel):
    results: list[OperationOut]


def lines_in(
    lines: list[LedgerLineIn], head: Fields, drawn: dict[int, tuple[int, int]] | None = None
) -> tuple[RequestLine, ...]:
    """Lines as the commands take them; ``head``: the fields of the document's head, ``drawn``: what each draws on, by position.

    A line says what its fields do not: without fields, its period and amount.
    """
    found = drawn or {}
    return tuple(
        RequestLine(
            line.coordinate,
            line.period or "",
            as_decimal(line.amount or ""),
            line.memo,
            as_decimal(line.tax_rate),
            line.tax_included,
            line.currency,
            as_decimal(line.rate),
            found.get(n),
            None if line.quantity is None else as_decimal(line.quantity),
            line.said,
            merged(head, line.fields, what=f"第 {n + 1} 行"),
        )
        for n, line in enumerate(lines)
    )


def request_in(body: ReserveIn, key: str, drawn: dict[int, tuple[int, int]]) -> Request:
    """A request as the command takes it."""
    return Request(
        key,
        body.number,
        lines_in(body.lines, body.fields, drawn),
        body.kind,
        body.title,
        body.stage,
        body.partial,
        body.expires_at,
        body.fields or None,
    )


def voucher_in(policy: str, voucher: VoucherIn) -> VoucherLine:
    """A fact; its key is the caller's within the policy."""
    return VoucherLine(
        f"api/{policy}/{voucher.key}",
        voucher.voucher,
        voucher.coordinate,
        voucher.period,
        Decimal(voucher.amount),
        voucher.request,
        voucher.request_line,
    )
