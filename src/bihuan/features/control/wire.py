"""What control says over HTTP. Amounts cross as decimal strings."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, PlainSerializer

from bihuan.features.control.model import BudgetCell, RequestLine
from bihuan.features.process.api import MovedOut

Amount = Annotated[Decimal, PlainSerializer(lambda d: format(d, "f"), return_type=str)]


class LineIn(BaseModel):
    """``coordinate``: dimension -> member code; ``item`` is written cube!item."""

    coordinate: dict[str, str]
    period: str
    amount: str
    memo: str = ""


class CheckIn(BaseModel):
    policy: str
    lines: list[LineIn]


class RequestIn(CheckIn):
    """``key`` names the request once and for all (an Idempotency-Key header does too); ``flow`` starts its approval."""

    number: str
    key: str | None = None
    kind: str = "用款申请"
    title: str = ""
    flow: str | None = None


class Reason(BaseModel):
    reason: str = ""


class CommitmentIn(BaseModel):
    """Amount by line number; null = everything that is reserved."""

    amounts: dict[int, str] | None = None


class ReleaseIn(BaseModel):
    """``orgs`` null: the whole version, which then is not cut into units."""

    version_id: int
    policy: str
    orgs: list[str] | None = None


class TransferIn(BaseModel):
    """Signed amounts: + receives, - gives. ``flow`` starts its approval; without one it waits, held."""

    policy: str
    kind: Literal["transfer", "supplement"] = "transfer"
    lines: list[LineIn]
    reason: str
    flow: str | None = None


class BucketOut(BaseModel):
    """Every term of the availability formula of a balance row."""

    bucket: int
    rule: str
    title: str
    strength: str
    key: str
    window: str
    original: Amount
    adjusted: Amount
    cap: Amount
    limit: Amount | None
    reserved: Amount
    committed: Amount
    executed: Amount
    forced: Amount
    available: Amount
    formula: str


class ContributionOut(BaseModel):
    number: str
    requester: str
    amount: Amount


class FindingOut(BucketOut):
    """A balance row's answer to a request: ``verdict`` ok, warn or refuse; ``short`` = what is missing."""

    asked: Amount
    short: Amount
    verdict: str
    documents: list[ContributionOut]
    explanation: str


class ExplainedOut(BucketOut):
    documents: list[ContributionOut]


class ReservationOut(BaseModel):
    """``repeated``: the same request had been made before; nothing was changed."""

    document_id: int
    number: str
    repeated: bool
    warnings: list[str]
    case: MovedOut | None


class LineOut(BaseModel):
    line_no: int
    coordinate: dict[str, str]
    period: str
    amount: Amount
    memo: str
    reserved: Amount
    committed: Amount


class EntryOut(BaseModel):
    """One entry of the ledger; signed."""

    id: int
    stage: str
    kind: str
    amount: Amount
    period: str
    line_no: int | None
    liquidates: int | None
    voucher: str | None
    reason: str
    actor: str
    at: datetime


class DocumentOut(BaseModel):
    id: int
    policy: str
    kind: str
    number: str
    title: str
    status: str
    requester: str
    created_at: datetime
    lines: list[LineOut]
    entries: list[EntryOut]


class PolicyOut(BaseModel):
    """``version_id``: the plan version whose budget was released under it."""

    code: str
    title: str
    revision: int
    version_id: int | None


class ReleasedOut(BaseModel):
    seq: int
    cells: int
    total: Amount


class DifferenceOut(BaseModel):
    """``what``: counter (a balance row is not the sum of its entries) or plan (a released cell differs from the ledger)."""

    what: str
    where: str
    ledger: Amount
    counter: Amount | None
    plan: Amount | None


class AlertOut(BaseModel):
    id: int
    bucket_id: int | None
    kind: str
    voucher: str
    amount: Amount
    message: str
    at: datetime


class TransferCaseOut(BaseModel):
    """Where a transfer's approval stands; ``holders``: logins."""

    instance_id: int
    status: str
    node: str
    holders: list[str]
    since: datetime | None


class TransferOut(BaseModel):
    """``status``: held, applied, dropped; ``case``: its approval with whose turn it is; null = without one."""

    id: int
    policy: str
    model: str
    kind: str
    status: str
    reason: str
    requester: str
    lines: list[dict[str, Any]]
    created_at: datetime
    case: TransferCaseOut | None


class EffectIn(BaseModel):
    policy: str
    kind: Literal["transfer", "supplement"] = "transfer"
    lines: list[LineIn]


class EffectOut(BaseModel):
    """What a transfer would do to one balance row. Figures are null where the reader may not see the row.

    ``gives``: the row loses room; ``verdict`` refuse: it has not enough of it.
    """

    bucket: int
    title: str
    key: str | None
    window: str
    gives: bool
    verdict: Literal["ok", "warn", "refuse"]
    available: Amount | None
    after: Amount | None
    short: Amount | None


class TransferMadeOut(BaseModel):
    id: int
    case: MovedOut | None


def request_lines(lines: list[LineIn]) -> tuple[RequestLine, ...]:
    """Lines of a request."""
    return tuple(RequestLine(x.coordinate, x.period, as_decimal(x.amount), x.memo) for x in lines)


def budget_cells(lines: list[LineIn]) -> list[BudgetCell]:
    """Lines of a transfer."""
    return [BudgetCell(x.coordinate, x.period, as_decimal(x.amount)) for x in lines]


def as_decimal(text: str) -> Decimal:
    """An amount as sent; what is no number becomes NaN, which the command refuses with its line."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")
