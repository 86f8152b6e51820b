"""分期下达: what was withheld of a released budget becomes usable when its time has come (issuing.py)."""

from dataclasses import replace
from decimal import Decimal

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.issues_read import present
from bihuan.features.control.issuing import ISSUED
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.model import BudgetCell
from bihuan.store.unit_of_work import Reader, UnitOfWork

ZERO = Decimal("0.00")


def not_yet(policy: PolicyInForce, cell: BudgetCell, today: int) -> Decimal:
    """What of a released cell is not usable yet."""
    issue = policy.policy.issue
    return issue.withheld(policy.policy.calendar, cell.period, cell.amount, today) if issue else ZERO


def issue_due(uow: UnitOfWork, actor: Principal, *, policy_id: int) -> Decimal:
    """Issues all of a policy's budget whose time has come, in one step; answers how much. Repeatable.

    A document that waits for a row is judged by what the row has when it comes to it, the old cap or the new.
    """
    policy = queries.policy_by_id(uow, policy_id)
    uow.run("control.opening_lock", id=policy.id)
    today = present(uow, policy)
    due = []
    for row in uow.rows("control.withheld_cells", policy_id=policy.id, bucket_id=None, periods=None):
        still = not_yet(policy, BudgetCell(row["coordinate"], row["period"], row["original"]), today)
        if abs(still) < abs(row["withheld"]):  # a day set back takes nothing back
            due.append(BudgetCell(row["coordinate"], row["period"], row["withheld"] - still))
    if not due:
        return ZERO
    touched = [policy.policy.touched(c.coordinate, c.period) for c in due]
    ledger = Ledger(uow, actor.login, policy)
    ids = ledger.lock(k for keys in touched for k in keys)
    for cell, keys in zip(due, touched, strict=True):
        buckets = tuple(ids[k] for k in keys)
        entry = Entry(
            stage="budget", kind=ISSUED, amount=cell.amount, coordinate={}, period=cell.period, buckets=buckets
        )
        ledger.book(replace(entry, coordinate=cell.coordinate))
    for bucket in sorted(ledger.rows):  # a negative budget that is issued lowers the cap; that is a fact
        ledger.force_row(bucket, ISSUED)
    ledger.write()
    total = sum((c.amount for c in due), ZERO)
    record(uow, actor, "control.issue", ("policy", policy.policy.code), None, {"cells": len(due), "total": total})
    return total


def policies_issuing(reader: Reader) -> list[int]:
    """The policies that say when what is released may be spent."""
    return [r["id"] for r in reader.rows("control.policies_issuing")]
