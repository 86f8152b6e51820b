"""What control says over HTTP. Amounts cross as decimal strings."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StrictBool, StrictInt, StringConstraints

from bihuan.features.control.commands import Draft
from bihuan.features.control.mapped_lines import merged
from bihuan.features.control.model import BudgetCell, RequestLine
from bihuan.features.process.api import MovedOut

Amount = Annotated[Decimal, PlainSerializer(lambda d: format(d, "f"), return_type=str)]


FieldValue = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")] | StrictBool | StrictInt | None
Fields = Annotated[dict[str, FieldValue], Field(max_length=200)]  # other systems' fields by name; decimals as strings


class LineIn(BaseModel):
    """``coordinate``: dimension -> member code; ``item`` is written cube!item."""

    coordinate: dict[str, str]
    period: str
    amount: str
    memo: str = ""


class SpendLineIn(LineIn):
    """``amount`` as entered, at ``tax_rate`` percent; ``tax_included``: it contains the tax.

    ``fields``: those of a document type with a field mapping; they say members, period and amount, which then are left out.

    ``quantity`` and ``said``: what the rate standard of its place asks for (the form names them).
    """

    tax_rate: str = "0"
    tax_included: bool = True
    coordinate: dict[str, str] = {}
    period: str = ""
    amount: str = ""
    quantity: str | None = None
    said: dict[str, str] = {}
    fields: Fields = {}


class CheckIn(BaseModel):
    policy: str
    kind: str = ""
    fields: Fields = {}
    lines: list[SpendLineIn]


class RequestIn(BaseModel):
    """``key`` names the request once and for all (an Idempotency-Key header does too); ``number`` empty: the next one.

    ``fields``: of the document's head, beside those of its lines.

    The approval is the one the policy names for ``kind``; ``flow`` names it only where the policy does not.
    """

    policy: str
    lines: list[SpendLineIn]
    number: str = ""
    key: str | None = None
    kind: str = "用款申请"
    title: str = ""
    flow: str | None = None
    fields: Fields = {}


class DraftIn(BaseModel):
    """What was typed, complete or not; ``content`` is the form as the page keeps it and comes back unchanged."""

    policy: str
    kind: str
    title: str = ""
    content: dict[str, Any]

    def draft(self) -> Draft:
        """As the command takes it."""
        return Draft(self.policy, self.kind, self.title, self.content)


class SubmissionIn(BaseModel):
    """The lines as they are to be held now."""

    title: str = ""
    fields: Fields = {}
    lines: list[SpendLineIn]


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


class SubtreeIn(BaseModel):
    """``org``: it and everything below it."""

    cycle_id: int
    org: str


class SubtreeOut(BaseModel):
    """``orgs``: the units released; ``left``: not approved yet; ``policies`` empty: nothing entered the ledger."""

    seq: int
    orgs: list[str]
    left: list[str]
    policies: list[str]
    cells: int
    total: Amount


class TransferIn(BaseModel):
    """Signed amounts: + receives, - gives. ``flow`` starts its approval; without one it waits, held."""

    policy: str
    kind: Literal["transfer", "supplement"] = "transfer"
    lines: list[LineIn]
    reason: str
    flow: str | None = None


class MemberRef(BaseModel):
    """A dimension's part of a row's key; pooled members are ``池:`` and the pool's name."""

    dimension: str
    code: str
    name: str


class BucketOut(BaseModel):
    """Every term of the availability formula of a balance row; amounts are null where ``seen`` is verdict.

    ``seen``: all; amounts (disclosed by the policy: amounts, and only the documents one may see); verdict (passed or not).
    ``mode``: month … sliding, as the policy's text says it. ``tolerance``: percent, null = watched only.
    ``strength``: rigid, flexible, or bands where the policy says them in full.
    """

    model_config = ConfigDict(from_attributes=True)

    bucket: int
    rule: str
    title: str
    strength: str
    tolerance: Amount | None
    mode: str
    key: str
    members: list[MemberRef]
    window: str
    seen: Literal["all", "amounts", "verdict"]
    original: Amount | None
    adjusted: Amount | None
    cap: Amount | None
    limit: Amount | None
    reserved: Amount | None
    committed: Amount | None
    executed: Amount | None
    forced: Amount | None
    available: Amount | None
    formula: str


class UseOut(BaseModel):
    """A document that holds or has spent on a balance row."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    number: str
    title: str
    requester: str
    requester_name: str
    since: datetime
    amount: Amount
    reserved: Amount
    committed: Amount
    executed: Amount


class FindingOut(BucketOut):
    """A rule's answer to a request, by the window that decides: ``verdict`` ok, warn or refuse; ``short`` = what is missing.

    ``measure``: the band that was reached: none, notify, confirm, exception (may pass by an exception) or refuse.
    ``direct``: what vouchers that name no request have spent. ``lines``: the lines that ask here. ``notes``: how a limit that
    follows revenue came about, and when more of what was released may be spent.
    """

    asked: Amount
    after: Amount | None
    short: Amount | None
    verdict: Literal["ok", "warn", "refuse"]
    measure: Literal["none", "notify", "confirm", "exception", "refuse"]
    documents: list[UseOut]
    direct: Amount | None
    notes: list[str]
    explanation: str
    lines: list[int] = []


class StandardOut(BaseModel):
    """What a rate standard says of a line: ``quantity`` x ``price`` = ``allowed``; ``excess``: how far ``spent`` is beyond.

    Null numbers: it could not be compared, as ``explanation`` says. ``measure``: as a rule's.
    """

    code: str
    title: str
    unit: str
    quantity: Amount | None
    price: Amount | None
    allowed: Amount | None
    spent: Amount
    excess: Amount
    verdict: Literal["ok", "warn", "refuse"]
    measure: Literal["none", "notify", "confirm", "exception", "refuse"]
    explanation: str


class LineCheckOut(BaseModel):
    """A line's amounts, or what is wrong with it (``code``, ``message``). ``counted`` counts against the budget.

    ``coordinate``, ``period``: where it counts, as its fields say or it says itself.
    ``largest``: what could be entered instead and would pass; null when it passes, or is not for the reader.
    """

    line_no: int
    verdict: Literal["ok", "warn", "refuse"]
    coordinate: dict[str, str] | None = None
    period: str | None = None
    gross: Amount | None = None
    net: Amount | None = None
    tax: Amount | None = None
    counted: Amount | None = None
    basis: Literal["net", "gross"] | None = None
    standards: list[StandardOut] = []
    largest: Amount | None = None
    code: str | None = None
    message: str | None = None


class WayOut(BaseModel):
    """One way to make a refused request pass; ``amount`` to ask for, missing, or held, by ``kind``."""

    model_config = ConfigDict(from_attributes=True)

    kind: Literal["smaller", "period", "transfer", "release", "supplement"]
    amount: Amount
    line_no: int | None
    period: str | None
    coordinate: dict[str, str] | None
    name: str
    available: Amount | None
    document_id: int | None
    number: str
    holder: str
    since: datetime | None
    enough: bool


class TriedOut(BaseModel):
    """A way to a value. ``holds``: its condition; null where it has none, or could not be judged. ``read``: fields as sent.

    ``found``: what its expression came to; ``value``: what that stands for, "" where it gives none, as ``note`` says.
    """

    model_config = ConfigDict(from_attributes=True)

    way: str
    when: str
    holds: bool | None
    read: dict[str, str]
    found: str
    value: str
    note: str
    chosen: bool


class TargetOut(BaseModel):
    """How fields become the value of a dimension (or period, amount): every way tried, in order; ``fault``: why there is none."""

    name: str
    value: str
    fault: str
    tried: list[TriedOut]


class CheckOut(BaseModel):
    """What the request would be answered at ``at``; submitting asks again."""

    at: datetime
    verdict: Literal["ok", "warn", "refuse"]
    asked: Amount
    lines: list[LineCheckOut]
    rules: list[FindingOut]
    ways: list[WayOut]


class SpendMonthOut(BaseModel):
    """What a month did to a balance row; ``direct`` = executed without a request."""

    period: str
    budget: Amount
    reserved: Amount
    committed: Amount
    executed: Amount
    direct: Amount
    vouchers: int


class ComingOut(BaseModel):
    """Released budget that may be spent from ``period`` on."""

    period: str
    amount: Amount


class ExplainedOut(BucketOut):
    """``linked``: how a limit that follows revenue came about; "" for other rows."""

    policy: str
    linked: str
    coming: list[ComingOut]
    documents: list[UseOut]
    periods: list[SpendMonthOut]


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
    names: dict[str, str]
    period: str
    amount: Amount
    gross: Amount
    net: Amount
    tax_rate: Amount
    tax_included: bool
    memo: str
    quantity: Amount | None
    said: dict[str, str] | None
    fields: Fields | None
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
    who: str
    at: datetime


class DraftOut(BaseModel):
    document_id: int
    number: str


class StandingOut(BaseModel):
    """Where a document's approval stands: ``node`` at position ``at`` of ``nodes``, who holds it since when, hours."""

    id: int
    status: str
    round: int
    node: str
    nodes: list[str]
    at: int
    holders: list[str]
    since: datetime | None
    hours: float | None
    due_at: datetime | None


class ApprovalOut(BaseModel):
    at: datetime
    action: str
    node: str
    round: int
    who: str
    comment: str


class DocumentHeadOut(BaseModel):
    """``state``: draft reviewing reserved committed executed returned withdrawn rejected closed."""

    id: int
    policy: str
    model: str
    kind: str
    number: str
    title: str
    state: str
    requester: str
    requester_name: str
    created_at: datetime
    reserved: Amount
    committed: Amount
    executed: Amount
    case: StandingOut | None


class DocumentRowOut(DocumentHeadOut):
    """``amount`` counts against the budget; ``places``: the first line's members by name."""

    amount: Amount
    gross: Amount
    periods: list[str]
    places: list[dict[str, str]]
    line_count: int


class DocumentOut(DocumentHeadOut):
    """``draft``: what its requester has typed and not submitted. ``mine``: the reader is the requester."""

    status: str
    mine: bool
    draft: dict[str, Any] | None
    lines: list[LineOut]
    entries: list[EntryOut]
    approvals: list[ApprovalOut]


class ControlRuleOut(BaseModel):
    code: str
    title: str
    mode: str
    strength: str
    tolerance: Amount | None


class OptionMemberOut(BaseModel):
    """A member one may pick where ``pick``; others stand above those."""

    code: str
    name: str
    parent: str | None
    pick: bool
    net: bool


class OptionDimensionOut(BaseModel):
    code: str
    name: str
    members: list[OptionMemberOut]


class OptionFieldOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: Literal["text", "number", "date", "truth"]
    on: Literal["head", "line"]


class OptionKindOut(BaseModel):
    """``fields`` of the document say its ``mapped`` dimensions (period, amount); none: its lines say them."""

    code: str
    title: str
    flow: str
    where: dict[str, list[str]]
    fields: list[OptionFieldOut]
    mapped: list[str]


class OptionStandardOut(BaseModel):
    """A rate standard: lines at ``where`` say their quantity in ``unit``, and one of the words of each name of ``ask``."""

    code: str
    title: str
    unit: str
    where: dict[str, list[str]]
    ask: dict[str, list[str]]


class SpendFormOut(BaseModel):
    """What one may file under a policy: kinds, items, the dimensions of a line cut to where one may ask, periods, tax rates.

    ``period``: the one the business date lies in, where the policy has budget for it. ``unit``: of what a line asks for.
    """

    policy: str
    title: str
    model: str
    kinds: list[OptionKindOut]
    items: list[str]
    unit: str
    dimensions: list[OptionDimensionOut]
    periods: list[str]
    period: str | None
    rates: list[Amount]
    rules: list[ControlRuleOut]
    standards: list[OptionStandardOut]


class PolicyOut(BaseModel):
    """``version_id``: the plan version whose budget was released under it. ``period``: the business date's, if among them."""

    code: str
    title: str
    revision: int
    version_id: int | None
    model: str
    rules: list[ControlRuleOut]
    kinds: list[OptionKindOut]
    periods: list[str]
    period: str | None


class ReleasedOut(BaseModel):
    seq: int
    cells: int
    total: Amount


class DifferenceOut(BaseModel):
    """``what``: counter (a balance row is not the sum of its entries), document (its lines or its state say something else), or
    plan (a released cell differs from the ledger). ``bucket``, ``document``: where to look further.
    """

    what: str
    where: str
    ledger: Amount
    counter: Amount | None
    plan: Amount | None
    bucket: int | None = None
    document: int | None = None


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


def request_lines(lines: list[SpendLineIn], head: Fields | None = None) -> tuple[RequestLine, ...]:
    """Lines of a request; ``head``: the fields of its head."""
    return tuple(
        RequestLine(
            x.coordinate,
            x.period,
            as_decimal(x.amount),
            x.memo,
            as_decimal(x.tax_rate),
            x.tax_included,
            quantity=None if x.quantity is None else as_decimal(x.quantity),
            said=x.said,
            fields=merged(head or {}, x.fields, what=f"第 {no} 行"),
        )
        for no, x in enumerate(lines, 1)
    )


def budget_cells(lines: list[LineIn]) -> list[BudgetCell]:
    """Lines of a transfer."""
    return [BudgetCell(x.coordinate, x.period, as_decimal(x.amount)) for x in lines]


def as_decimal(text: str) -> Decimal:
    """An amount as sent; what is no number becomes NaN, which the command refuses with its line."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")
