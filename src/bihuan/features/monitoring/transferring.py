"""A case decided by a transfer: the decision asks for it, its approval approves and executes the case, or sends it back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control.asking import ask_transfer
from bihuan.features.control.hooks import TransferMoved
from bihuan.features.control.model import BudgetCell
from bihuan.features.monitoring import queries
from bihuan.features.monitoring.commands import append, by_hand, locked, step
from bihuan.features.monitoring.model import Case, NeedsTransfer, WrongStep
from bihuan.features.monitoring.view import controlling
from bihuan.store.unit_of_work import UnitOfWork


def decide_transfer(
    uow: UnitOfWork,
    actor: Principal,
    *,
    case_id: int,
    cells: Sequence[BudgetCell],
    text: str = "",
    flow: str = "",
) -> Case:
    """Decides to move budget here: the transfer is asked for and its source held, all in this unit of work.

    ``flow``: the approval it goes through; default what the text of the alert or the policy names. Balance rows come before
    the case in the order of locks, so the case is judged again under its own lock last.
    """
    case = by_hand(queries.case(uow, actor, case_id=case_id))
    policy = controlling(uow, case.model, case.place.item, [case.place.period])
    chosen = flow or str(case.rule.get("flow") or "") or (policy.policy.transfer_flow if policy else "")
    if not cells or policy is None or not chosen:
        raise NeedsTransfer(case=case_id, cells=len(cells), flow=chosen, policy=policy and policy.policy.code)
    transfer_id, moved = ask_transfer(
        uow,
        actor,
        policy=policy.policy.code,
        kind="transfer",
        cells=cells,
        reason=text or case.title,
        flow=chosen,
        title=case.title,
    )
    detail: dict[str, Any] = {
        "decision": "transfer",
        "text": text,
        "transfer": transfer_id,
        "instance": moved.instance_id,
        "cells": [{"coordinate": dict(c.coordinate), "period": c.period, "amount": str(c.amount)} for c in cells],
    }
    holders = sorted(moved.tasks.values())
    by_hand(locked(uow, actor, case_id))
    step(uow, actor, case_id, "decided", detail, holders=holders)
    uow.run("monitoring.set_transfer", id=case_id, transfer_id=transfer_id)
    return queries.case(uow, actor, case_id=case_id)


def on_transfer(uow: UnitOfWork, actor: Principal, moved: TransferMoved, /) -> None:
    """Control's news of a transfer, in the same unit of work: the case that decided on it follows."""
    for row in uow.rows("monitoring.cases_of_transfer", transfer_id=moved.transfer_id):
        _follow(uow, actor, int(row["case_id"]), moved)


def _follow(uow: UnitOfWork, actor: Principal, case_id: int, moved: TransferMoved) -> None:
    everybody = _seeing_all(actor)
    case = locked(uow, everybody, case_id)
    if case.transfer_id != moved.transfer_id:  # decided otherwise since
        if moved.what == "turn":
            raise WrongStep("这张调剂单所属的闭环事项已另作决定，不能再提交。", case=case_id, state=case.state)
        return
    fact = {"transfer": moved.transfer_id, "text": moved.reason}
    if moved.what == "turn" and case.state == "decided":
        uow.run("monitoring.set_holder", id=case_id, holder=",".join(moved.holders), now=uow.now())
    elif moved.what == "turn" and case.state == "explained":
        step(uow, everybody, case_id, "resubmitted", fact, by_right=False, holders=moved.holders)
    elif moved.what == "turn":
        raise WrongStep(case=case_id, state=case.state, step="resubmitted", expected=["explained"])
    elif moved.what == "applied" and case.state == "decided":
        step(uow, everybody, case_id, "approved", fact, by_right=False)
        step(uow, everybody, case_id, "executed", {"evidence": f"transfer {moved.transfer_id}", **fact}, by_right=False)
    elif moved.what == "dropped" and case.state == "decided":
        step(uow, everybody, case_id, "refused", fact, by_right=False)
    else:
        append(uow, everybody, case_id, f"transfer_{moved.what}", fact)


def _seeing_all(actor: Principal) -> Principal:
    """The same person with the installation's eye: an approver of the transfer need not see the whole case."""
    return replace(actor, grants=(Grant("*"),))
