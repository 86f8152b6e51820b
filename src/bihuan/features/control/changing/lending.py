"""提前占用: a cell borrows from a later period of its own, as a ledgered loan that repays itself.

A loan is a move of budget out of the later period into the earlier, ``kind`` borrow, so original, adjusted and current stay
apart. It is repaid by what the earlier period leaves unused: once that period has ended (by the business date) the nightly job
moves the unused part back (``repay``, naming the loan) and the loan is settled; what was spent stays the later period's smaller
budget. A loan stays within a fiscal year, reaches at most `AHEAD` periods and takes at most `SHARE` of what the later cell was
released with.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.control import queries
from bihuan.features.control.changing.moving import in_force, lock, move, moved
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BadTransfer, BudgetCell, amount_of
from bihuan.store.unit_of_work import Reader, UnitOfWork

AHEAD = 3
SHARE = Decimal(50)  # percent
ZERO = Decimal("0.00")


def borrow(  # noqa: PLR0917
    uow: UnitOfWork,
    actor: Principal,
    policy: str,
    coordinate: Mapping[str, str],
    period: str,
    lender: str,
    amount: Decimal,
    reason: str,
) -> int:
    """``period`` borrows ``amount`` from its own later period ``lender``; refused beyond the limits or where it is not free."""
    found = queries.policy(uow, policy)
    actor.require("control.borrow", model=found.policy.model, **coordinate)
    amount = amount_of(amount, what="借用金额", positive=True)
    lock(uow, found)
    _within(uow, found, coordinate, period, lender, amount)
    cells = [BudgetCell(coordinate, lender, -amount), BudgetCell(coordinate, period, amount)]
    return move(uow, actor, found, "borrow", cells, reason, {"period": period, "lender": lender, "amount": amount})


def _within(  # noqa: PLR0917
    reader: Reader, policy: PolicyInForce, coordinate: Mapping[str, str], period: str, lender: str, amount: Decimal
) -> None:
    year = policy.policy.calendar.year_of(period)
    if lender not in year.periods or not 0 < year.periods.index(lender) - year.periods.index(period) <= AHEAD:
        raise BadTransfer(f"只能向本年以后 {AHEAD} 个期间之内借用：{period} ← {lender}。", found=lender)
    every = reader.rows("control.cells_at", policy_id=policy.id, period=lender)
    at = [r for r in every if r["coordinate"] == dict(coordinate)]
    original = at[0]["original"] if at else ZERO
    lent = -sum((r["borrowed"] for r in at), ZERO)
    if amount + lent > original * SHARE / 100:
        left = max(ZERO, original * SHARE / 100 - lent)
        message = f"{lender} 最多可借出 {left:,.2f}（批复 {original:,.2f} 的 {SHARE} %，已借出 {lent:,.2f}）。"
        raise BadTransfer(message, left=left)


def due(reader: Reader) -> list[int]:
    """Loans not settled whose earlier period has ended."""
    today = business_date(reader)
    month = today.strftime("%Y-%m")
    return [r["id"] for r in reader.rows("control.loans_open") if str(r["detail"]["period"]) < month]


def repay(uow: UnitOfWork, actor: Principal, *, transfer_id: int) -> Decimal:
    """Settles a loan: what its period leaves unused goes back; answers how much. Once."""
    head = uow.row("control.transfer", id=transfer_id)
    if head is None or head["kind"] != "borrow":
        raise BadTransfer(f"没有这笔借用 {transfer_id}。", transfer=transfer_id)
    policy = in_force(uow, dict(head))
    lock(uow, policy)
    row = moved(uow, transfer_id)
    if row["detail"].get("settled"):
        return ZERO
    terms: dict[str, Any] = row["detail"]
    coordinate = dict(row["lines"][0]["coordinate"])
    free = _free(uow, policy, coordinate, terms["period"])
    back = min(max(ZERO, free), Decimal(terms["amount"]))
    if back:
        cells = [BudgetCell(coordinate, terms["period"], -back), BudgetCell(coordinate, terms["lender"], back)]
        move(uow, actor, policy, "repay", cells, f"归还借用 {transfer_id}", {"loan": transfer_id}, undoes=transfer_id)
    uow.run("control.loan_settled", id=transfer_id, repaid=str(back))
    return back


def _free(reader: Reader, policy: PolicyInForce, coordinate: Mapping[str, str], period: str) -> Decimal:
    for row in reader.rows("control.cells_at", policy_id=policy.id, period=period):
        if row["coordinate"] == dict(coordinate):
            return Decimal(row["current"] - row["executed"] - row["reserved"] - row["committed"])
    return ZERO
