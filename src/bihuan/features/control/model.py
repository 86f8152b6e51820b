"""What is asked of the ledger and what it answers. Amounts are Decimal with two places, in budget currency. Pure.

Refused                 a document may be refused
├─ BudgetExceeded       it would take a balance row beyond its limit; carries every such row in numbers
├─ OverStandard         a line stands beyond a rate standard, or cannot be compared with it; carries every such line in numbers
├─ UnresolvableKey      a line has no place in the policy: blank or unknown member, period outside the calendar
└─ Unbudgeted           no rule or no released budget covers a line
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from bihuan.kernel.errors import Conflict, Invalid, NotFound

LARGEST = Decimal(10) ** 16  # NUMERIC(18,2)


class UnresolvableKey(Invalid):
    """这一行找不到控制对象。"""

    code = "unresolvable_key"

    def __init__(self, *, dimension: str, found: str, expected: str) -> None:
        message = f"无法确定控制对象：{dimension} 为“{found}”，应为{expected}。未找到控制对象的单据不予通过。"
        super().__init__(message, dimension=dimension, found=found, expected=expected)


class Unmapped(UnresolvableKey):
    """单据的字段对应不出控制对象。"""

    def __init__(self, message: str, **facts: object) -> None:
        Invalid.__init__(self, message, **facts)


class Unbudgeted(Invalid):
    """这一行没有适用的控制规则或已下达的预算。"""

    code = "unbudgeted"


class BudgetExceeded(Invalid):
    """超出可用预算。"""

    code = "budget_exceeded"


class OverStandard(Invalid):
    """超出定额标准，或无法与标准比较。"""

    code = "over_standard"


class BadAmount(Invalid):
    """金额不合规。"""

    code = "bad_amount"


class BadTax(Invalid):
    """税率不可用。"""

    code = "bad_tax"


class WrongDocument(Invalid):
    """这类单据不能这样填，或现在不能这样改。"""

    code = "wrong_document"


class NoLines(Invalid):
    """单据没有明细行。"""

    code = "no_lines"


class KeyReused(Conflict):
    """同一幂等键已用于内容不同的请求。"""

    code = "idempotency_key_reused"


class NoSuchDocument(NotFound):
    """没有这张单据。"""

    code = "no_such_document"


class NoSuchBucket(NotFound):
    """没有这个控制对象，或您看不到它。"""

    code = "no_such_bucket"


class NoSuchPolicy(NotFound):
    """没有这个控制方案。"""

    code = "no_such_policy"


class NoSuchVoucher(NotFound):
    """没有这张凭证的入账，或已经冲回。"""

    code = "no_such_voucher"


class BadException(Invalid):
    """超预算申请不成立。"""

    code = "bad_exception"


class NoSuchException(NotFound):
    """没有这项超预算申请，或您看不到它。"""

    code = "no_such_exception"


class BadTransfer(Invalid):
    """调剂不成立。"""

    code = "bad_transfer"


class NoSuchTransfer(NotFound):
    """没有这张调剂单。"""

    code = "no_such_transfer"


class NotHeld(Conflict):
    """单据当前没有占用预算，不能做这个操作。"""

    code = "not_held"


class DocumentMoved(Conflict):
    """取锁的时候，单据的占用被别人接连改到别处；什么都没有做，再做一次即可。"""

    code = "document_moved"


class CannotActivate(Conflict):
    """这一版控制方案不能启用。"""

    code = "cannot_activate"


class NoSuchEdition(NotFound):
    """没有这一版控制方案。"""

    code = "no_such_edition"


class AlreadyReleased(Conflict):
    """这些预算已经下达过。"""

    code = "already_released"


def amount_of(value: Decimal | str | int, *, what: str, positive: bool = False) -> Decimal:
    """``value`` as an amount with two places; more places are refused, never rounded."""
    try:
        amount = Decimal(value)
        exact = amount.quantize(Decimal("0.01"))
    except ArithmeticError:
        raise BadAmount(f"{what}：金额“{value}”不是数字或过大。", found=str(value)) from None
    if amount.is_nan():
        raise BadAmount(f"{what}：没有写金额，或写的不是数字。")
    if exact != amount or abs(amount) >= LARGEST:
        raise BadAmount(f"{what}：金额“{value}”最多两位小数、绝对值小于一亿亿。", found=str(value))
    if positive and amount <= 0:
        raise BadAmount(f"{what}：金额“{value}”须大于零。", found=str(value))
    return exact


def quantity_of(value: Decimal | str | int, *, what: str) -> Decimal:
    """``value`` as a quantity above 0 with at most four places."""
    try:
        found = Decimal(value)
        exact = found.quantize(Decimal("0.0001"))
    except ArithmeticError:
        raise BadAmount(f"{what}：数量“{value}”不是数字或过大。", found=str(value)) from None
    if exact != found or not 0 < found < Decimal(10) ** 12:
        raise BadAmount(f"{what}：数量“{value}”须大于零、最多四位小数。", found=str(value))
    return exact


def converted(amount: Decimal, rate: Decimal, *, what: str) -> Decimal:
    """``amount`` of another currency in budget currency, to the fen, halves up. ``rate``: > 0, at most 8 places."""
    try:
        exact = rate.quantize(Decimal("0.00000001"))
    except ArithmeticError:
        exact = Decimal("NaN")
    if exact != rate or not 0 < rate < Decimal(10) ** 10:
        raise BadAmount(f"{what}：汇率“{rate}”须大于零、最多八位小数。", found=str(rate))
    return amount_of((amount * rate).quantize(Decimal("0.01"), ROUND_HALF_UP), what=what)


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One line of a document that asks to spend; ``amount`` > 0 as entered, at ``tax_rate`` percent (``tax_included`` in it).

    ``currency``: what the amount was entered in, "" the budget's; ``rate``: budget currency per unit, stated by who asks.
    ``quantity`` > 0, at most 4 places, in the unit of the standard it comes under; ``said``: the words that standard asks for.
    ``fields``: the other system's, of this line and of its document's head, where they stand for members (field_mapping.py);
    then ``coordinate`` says the rest, ``period`` may be "" and ``amount`` NaN: not said.
    ``draws``: (document, line) whose hold this line takes over, as far as it reaches; the rest is asked anew.
    """

    coordinate: Mapping[str, str]
    period: str
    amount: Decimal
    memo: str = ""
    tax_rate: Decimal = Decimal(0)
    tax_included: bool = True
    currency: str = ""
    rate: Decimal = Decimal(1)
    draws: tuple[int, int] | None = None
    quantity: Decimal | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str | bool | int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """A document that asks to spend. ``idem_key`` is the client's: the same key and content again changes nothing.

    ``stage``: what its lines hold, reserved or (a contract) committed. ``partial``: lines that fit are held, the others are
    named in the answer; else all or none. ``expires_at``: what it still holds is given back by the first sweep after that.
    ``fields``: the other system's document as it was sent.
    """

    idem_key: str
    number: str
    lines: tuple[RequestLine, ...]
    kind: str = "用款申请"
    title: str = ""
    stage: Literal["reserved", "committed"] = "reserved"
    partial: bool = False
    expires_at: datetime | None = None
    fields: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """A fact from the books; ``amount`` > 0 spends, < 0 gives back. ``key`` names it once and for all (source, voucher, line).

    ``request`` is the number of the document it executes, if any; ``request_line`` its line (None: matched by coordinate,
    then in order).
    """

    key: str
    voucher: str
    coordinate: Mapping[str, str]
    period: str
    amount: Decimal
    request: str | None = None
    request_line: int | None = None


@dataclass(frozen=True, slots=True)
class BudgetCell:
    """A released leaf cell of the plan."""

    coordinate: Mapping[str, str]
    period: str
    amount: Decimal
