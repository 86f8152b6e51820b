"""Budget enters the ledger: what the plan releases becomes caps."""

from collections.abc import Sequence
from decimal import Decimal

from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.model import BudgetCell
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import UnitOfWork


def book_budget(
    uow: UnitOfWork,
    actor: str,
    policy: PolicyInForce,
    cells: Sequence[BudgetCell],
    *,
    kind: str = "release",
    version_id: int | None = None,
    transfer_id: int | None = None,
    reason: str = "",
) -> Ledger:
    """Opens the balance rows of ``cells``, locks them and books the amounts as budget; the caller judges and writes.

    Every window of the fiscal year is opened for a key, so a month without budget has a row that says 0.
    """
    opened = [k for c in cells for k in policy.policy.opened(c.coordinate, c.period)]
    open_rows(uow, policy, opened)
    touched = [policy.policy.touched(c.coordinate, c.period) for c in cells]
    ledger = Ledger(uow, actor, policy)
    ids = ledger.lock(k for keys in touched for k in keys)
    for cell, keys in zip(cells, touched, strict=True):
        ledger.book(
            Entry(
                stage="budget",
                kind=kind,
                amount=cell.amount,
                coordinate=cell.coordinate,
                period=cell.period,
                buckets=tuple(ids[k] for k in keys),
                version_id=version_id,
                transfer_id=transfer_id,
                reason=reason,
            )
        )
    return ledger


def open_rows(uow: UnitOfWork, policy: PolicyInForce, keys: Sequence[BucketKey]) -> None:
    """Creates the balance rows that are missing."""
    columns = policy.columns(keys)
    if columns["rules"]:
        zero = Decimal(0)
        limited = [policy.policy.rule(k.rule).hard_limit(zero) is not None for k in dict.fromkeys(keys)]
        uow.run("control.buckets_open", **columns, limited=limited)
