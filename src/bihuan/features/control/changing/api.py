"""Routes of what changes the budget after its release: carry-forward, loans, exceptions, and each cell's budget by its origin."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from bihuan.features.access.http import Edge, requires
from bihuan.features.control import queries
from bihuan.features.control.changing import carrying, exceptions, lending
from bihuan.features.control.explaining import names_of
from bihuan.features.control.policy import ITEM
from bihuan.features.control.wire import Amount, Fields, SpendLineIn, as_decimal, request_lines
from bihuan.features.process.api import MovedOut, moved_out

router = APIRouter(prefix="/api/v1", tags=["changing"])


class CarryIn(BaseModel):
    """``what``: residual (free), open (the budget of open documents), both. ``percent`` of it, at most ``most`` a cell."""

    policy: str
    period: str
    into: str
    what: Literal["residual", "open", "both"] = "residual"
    percent: str = "100"
    most: str | None = None
    negative: bool = False

    def terms(self) -> carrying.Terms:
        """As the commands take it."""
        most = None if self.most is None else as_decimal(self.most)
        return carrying.Terms(self.period, self.into, self.what, as_decimal(self.percent), most, self.negative)


class CarryPostIn(CarryIn):
    reason: str


class CarriedOut(BaseModel):
    coordinate: dict[str, str]
    current: Amount
    executed: Amount
    open: Amount
    residual: Amount
    amount: Amount


class CarryPreviewOut(BaseModel):
    """``total``: what would be carried; cells with nothing to carry are shown too."""

    cells: list[CarriedOut]
    total: Amount


class MoveOut(BaseModel):
    """The document of a carry-forward, its reversal or a loan; null where there was nothing to carry."""

    transfer_id: int | None


class LoanIn(BaseModel):
    """``period`` borrows from its own later period ``lender``."""

    policy: str
    coordinate: dict[str, str]
    period: str
    lender: str
    amount: str
    reason: str


class WhyIn(BaseModel):
    reason: str


class ExceptionIn(BaseModel):
    """``lines``: as they would be submitted; ``flow``: only where the document's type names none."""

    fields: Fields = {}
    lines: list[SpendLineIn]
    reason: str
    expires_on: date
    flow: str | None = None


class ExceptionMadeOut(BaseModel):
    id: int
    case: MovedOut | None


class BeyondOut(BaseModel):
    """A rule that refuses, by the window that decides; ``short`` null: not for this reader."""

    rule: str
    title: str
    window: str
    short: Amount | None


class ExceptionOut(BaseModel):
    """``status``: asked, granted, used, dropped. ``gap``: what the rule that lacks most lacks."""

    id: int
    document_id: int
    number: str
    status: str
    gap: Amount | None
    amount: Amount
    beyond: list[BeyondOut]
    reason: str
    requester: str
    expires_on: date
    created_at: datetime
    case: int | None


class BudgetOriginOut(BaseModel):
    """A cell's budget: as released, what changed it by kind, ``withheld`` until its time comes, and what is usable now."""

    coordinate: dict[str, str]
    names: dict[str, str]
    period: str
    original: Amount
    transferred: Amount
    supplemented: Amount
    carried: Amount
    borrowed: Amount
    withheld: Amount
    current: Amount


@router.post("/control/carries/preview", **requires("control.carry"))
def preview_carry(edge: Edge, body: CarryIn) -> CarryPreviewOut:
    """What every cell would carry now; writes nothing."""
    with edge.read() as reader:
        found = carrying.preview(reader, edge.actor, queries.policy(reader, body.policy), body.terms())
    cells = [CarriedOut.model_validate(c, from_attributes=True) for c in found]
    return CarryPreviewOut(cells=cells, total=sum((c.amount for c in found), Decimal("0.00")))


@router.post("/control/carries", status_code=201, **requires("control.carry"))
def post_carry(edge: Edge, body: CarryPostIn) -> MoveOut:
    """结转: carries every cell of a period or none, as one document."""
    with edge.write() as uow:
        made = carrying.post(uow, edge.actor, policy=body.policy, terms=body.terms(), reason=body.reason)
    return MoveOut(transfer_id=made)


@router.post("/control/carries/{transfer_id}/reversal", status_code=201, **requires("control.carry"))
def reverse_carry(edge: Edge, transfer_id: int, body: WhyIn) -> MoveOut:
    """Takes a whole carry-forward back, once."""
    with edge.write() as uow:
        return MoveOut(transfer_id=carrying.reverse(uow, edge.actor, transfer_id=transfer_id, reason=body.reason))


@router.post("/control/loans", status_code=201, **requires("control.borrow"))
def borrow(edge: Edge, body: LoanIn) -> MoveOut:
    """提前占用: a cell borrows from a later period of its own; what it leaves unused repays the loan."""
    with edge.write() as uow:
        amount = as_decimal(body.amount)
        made = lending.borrow(
            uow, edge.actor, body.policy, body.coordinate, body.period, body.lender, amount, body.reason
        )
    return MoveOut(transfer_id=made)


@router.get("/control/budget-origins", **requires("control.read"))
def budget_origins(edge: Edge, policy: str, period: str | None = None) -> list[BudgetOriginOut]:
    """Each released cell that one may see: original, adjusted by kind, current."""
    with edge.read() as reader:
        in_force = queries.policy(reader, policy)
        model = in_force.policy.model
        name = names_of(reader, model)
        found = [
            {**c, "names": {d: name(d, m) for d, m in c["coordinate"].items() if d != ITEM}}
            for c in queries.budget(reader, in_force)
            if period in (None, c["period"]) and edge.actor.may("control.read", model=model, **c["coordinate"])
        ]
    return [BudgetOriginOut.model_validate(c) for c in found]


@router.post("/spend/requests/{document_id}/exceptions", status_code=201, **requires("control.request"))
def ask_exception(edge: Edge, document_id: int, body: ExceptionIn) -> ExceptionMadeOut:
    """超预算申请: one's own document asks to pass once beyond the rules that refuse it."""
    with edge.write() as uow:
        made, moved = exceptions.ask(
            uow,
            edge.actor,
            document_id=document_id,
            lines=request_lines(body.lines, body.fields),
            reason=body.reason,
            expires_on=body.expires_on,
            flow=body.flow,
        )
    return ExceptionMadeOut(id=made, case=None if moved is None else moved_out(moved))


@router.get("/control/exceptions", **requires("control.read"))
def list_exceptions(edge: Edge) -> list[ExceptionOut]:
    """Exceptions one may see, newest first."""
    with edge.read() as reader:
        return [ExceptionOut.model_validate(e) for e in exceptions.listed(reader, edge.actor)]


@router.get("/control/exceptions/{exception_id}", **requires("control.read"))
def one_exception(edge: Edge, exception_id: int) -> ExceptionOut:
    """One exception."""
    with edge.read() as reader:
        return ExceptionOut.model_validate(exceptions.shown(reader, edge.actor, exception_id))
