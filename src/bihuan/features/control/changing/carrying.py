"""结转: what a period leaves unused goes to a later one, previewed, posted as one document, reversible as a whole.

Per cell at the period that ends:

    residual    current budget − executed − reserved − committed     (free)
    open        reserved + committed                                  (their documents stay where they are; their budget may go)

``what`` residual: the free part; open: the budget of open documents; both. A positive amount is cut by ``percent`` (rounded down
to the fen) and by ``most`` per cell. A negative residual (overspent) is carried as an advance only where ``negative`` says so: it
comes off the later period. Nothing is carried into a period of before. The budget of open documents is carried as budget alone:
where a rule by month would then not cover the document any more, the row refuses and the cell is left out, named with its reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Literal

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.changing.moving import in_force, lock, move, moved
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BadTransfer, BudgetCell
from bihuan.store.unit_of_work import Reader, UnitOfWork

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
What = Literal["residual", "open", "both"]


@dataclass(frozen=True, slots=True)
class Terms:
    """From which period into which, and how much of what."""

    period: str
    into: str
    what: What = "residual"
    percent: Decimal = Decimal(100)
    most: Decimal | None = None
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """A cell's part. ``amount`` > 0 goes to the later period, < 0 comes off it; 0 stays."""

    coordinate: dict[str, str]
    current: Decimal
    executed: Decimal
    open: Decimal
    residual: Decimal
    amount: Decimal


def amount_of(terms: Terms, residual: Decimal, open_: Decimal) -> Decimal:
    """What a cell carries. Pure."""
    if residual < 0:
        return residual if terms.negative else ZERO
    base = {"residual": residual, "open": open_, "both": residual + open_}[terms.what]
    part = (base * terms.percent / 100).quantize(FEN, ROUND_DOWN)
    return part if terms.most is None else min(part, terms.most)


def preview(reader: Reader, actor: Principal, policy: PolicyInForce, terms: Terms) -> list[Carried]:
    """What every released cell of the period would carry now; nothing is written."""
    actor.require("control.carry", model=policy.policy.model)
    _check(policy, terms)
    out = []
    for row in reader.rows("control.cells_at", policy_id=policy.id, period=terms.period):
        open_ = row["reserved"] + row["committed"]
        residual = row["current"] - row["executed"] - open_
        amount = amount_of(terms, residual, open_)
        out.append(Carried(row["coordinate"], row["current"], row["executed"], open_, residual, amount))
    return out


def post(uow: UnitOfWork, actor: Principal, *, policy: str, terms: Terms, reason: str) -> int | None:
    """Carries what `preview` says at this moment, every cell or none; None when there is nothing to carry."""
    found = queries.policy(uow, policy)
    lock(uow, found)
    cells = pairs(terms, preview(uow, actor, found, terms))
    if not cells:
        return None
    detail = {"period": terms.period, "into": terms.into, "what": terms.what, "percent": terms.percent}
    return move(uow, actor, found, "carry", cells, reason, detail)


def pairs(terms: Terms, carried: Sequence[Carried]) -> list[BudgetCell]:
    """Out of the one period, into the other."""
    out = []
    for one in carried:
        if one.amount:
            out += [
                BudgetCell(one.coordinate, terms.period, -one.amount),
                BudgetCell(one.coordinate, terms.into, one.amount),
            ]
    return out


def reverse(uow: UnitOfWork, actor: Principal, *, transfer_id: int, reason: str) -> int:
    """Takes a whole carry-forward back, once; refused where the later period has spent it."""
    actor.require("control.carry")
    seen = in_force(uow, moved_unlocked(uow, transfer_id))
    lock(uow, seen)
    row = moved(uow, transfer_id)
    if row["kind"] != "carry" or row["undoes"] is not None:
        raise BadTransfer("只能冲回结转单。", transfer=transfer_id, kind=row["kind"])
    if row["undone_by"]:
        raise BadTransfer(f"结转单 {transfer_id} 已由 {row['undone_by'][0]} 冲回。", transfer=transfer_id)
    cells = [BudgetCell(x["coordinate"], x["period"], -Decimal(x["amount"])) for x in row["lines"]]
    return move(uow, actor, seen, "carry", cells, reason, {"reverses": transfer_id}, undoes=transfer_id)


def moved_unlocked(reader: Reader, transfer_id: int) -> dict[str, object]:
    """A move as it stands, to find its policy."""
    row = reader.row("control.transfer", id=transfer_id)
    if row is None:
        raise BadTransfer(f"没有这张结转单 {transfer_id}。", transfer=transfer_id)
    return dict(row)


def _check(policy: PolicyInForce, terms: Terms) -> None:
    calendar = policy.policy.calendar
    order = [p for year in calendar.years for p in year.periods]
    calendar.year_of(terms.period)
    calendar.year_of(terms.into)
    if order.index(terms.into) <= order.index(terms.period):
        raise BadTransfer(f"只能结转到以后的期间：{terms.period} → {terms.into}。", found=terms.into)
    if not 0 < terms.percent <= 100 or (terms.most is not None and terms.most <= 0):
        raise BadTransfer("结转比例在 0 到 100 之间，上限大于零。", percent=terms.percent, most=terms.most)
