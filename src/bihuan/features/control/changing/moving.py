"""Budget moved by rule rather than by request: plan cells, caps and entries in one transaction, like a transfer of its own kind."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands import transfers
from bihuan.features.control.commands.plan_side import lock_plan
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell, NoSuchTransfer
from bihuan.store.unit_of_work import UnitOfWork


def lock(uow: UnitOfWork, policy: PolicyInForce) -> None:
    """Plan head, then the policy's openings: before anything else is locked."""
    lock_plan(uow, policy)
    uow.run("control.opening_lock", id=policy.id)


def move(  # noqa: PLR0917
    uow: UnitOfWork,
    actor: Principal,
    policy: PolicyInForce,
    kind: transfers.Kind,
    cells: Sequence[BudgetCell],
    reason: str,
    detail: Mapping[str, Any],
    undoes: int | None = None,
) -> int:
    """Carries the cells out at once; refused where a cell or a row would give more than it has free. `lock` comes first."""
    wanted = transfers.checked(kind, cells, reason)
    transfer_id = int(
        uow.value(
            "control.move_insert",
            policy_id=policy.id,
            version_id=policy.version_id,
            kind=kind,
            reason=reason,
            requester=actor.login,
            lines=json.dumps([transfers.cell_json(c) for c in wanted], ensure_ascii=False),
            detail=json.dumps(dict(detail), ensure_ascii=False, default=str),
            undoes=undoes,
            at=uow.now(),
        )
    )
    what = {"cells": len(wanted), **{k: str(v) for k, v in detail.items()}}
    record(uow, actor, f"control.{kind}", ("transfer", transfer_id), None, what, reason)
    transfers.apply(uow, actor, transfer_id)
    return transfer_id


def moved(uow: UnitOfWork, transfer_id: int) -> Mapping[str, Any]:
    """A move and what has undone it, its row locked."""
    row = uow.row("control.move_lock", id=transfer_id)
    if row is None:
        raise NoSuchTransfer(transfer=transfer_id)
    return dict(row)


def in_force(uow: UnitOfWork, row: Mapping[str, Any]) -> PolicyInForce:
    """The policy of a move."""
    return queries.policy_by_id(uow, row["policy_id"])
