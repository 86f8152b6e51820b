"""Budget enters the ledger: what the plan releases becomes caps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands import openings
from bihuan.features.control.commands.issues import not_yet
from bihuan.features.control.commands.links import book_links, plan_revenue
from bihuan.features.control.commands.openings import open_rows
from bihuan.features.control.commands.plan_side import budget_cell
from bihuan.features.control.commands.spend import settle
from bihuan.features.control.issues_read import present
from bihuan.features.control.issuing import WITHHELD
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.linked import KIND as LINK
from bihuan.features.control.model import AlreadyReleased, BudgetCell
from bihuan.features.entry import commands as entry
from bihuan.features.planning import commands as planning
from bihuan.features.planning.cells import ref_of
from bihuan.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Released:
    """``seq``: the plan's state that was approved; ``cells``: how many became budget, and their sum."""

    seq: int
    cells: int
    total: Decimal


def release_budget(
    uow: UnitOfWork, actor: Principal, *, version_id: int, policy: str, orgs: Sequence[str] | None = None
) -> Released:
    """下达: freezes the controlled items of approved plan units and makes their cells the budget that may be spent.

    ``orgs`` None: the whole version, which then is not cut into units. One transaction: plan head, units, balance rows.
    """
    in_force = queries.policy(uow, policy)
    for place in [{"org": org} for org in orgs] if orgs is not None else [{}]:
        actor.require("control.release", model=in_force.policy.model, **place)
    planning.lock_heads(uow, [version_id])
    if uow.value("control.policy_bind", id=in_force.id, version_id=version_id) is None:
        message = f"控制方案“{policy}”已用于版本 {in_force.version_id}，不能再用于版本 {version_id}。"
        raise AlreadyReleased(message, policy=policy, version=in_force.version_id)
    last = orgs is None or entry.mark_released(uow, actor, version_id=version_id, orgs=orgs)
    items = [ref_of(code) for code in in_force.policy.items]
    frozen = planning.freeze(uow, actor, version_id=version_id, items=items, org_ids=orgs, last=last)
    cells = [budget_cell(c) for c in frozen.cells]
    if cells:
        settle(book_budget(uow, actor.login, in_force, cells, version_id=version_id), actor)
    total = sum((c.amount for c in cells), Decimal("0.00"))
    what = {"policy": policy, "orgs": list(orgs or []), "cells": len(cells), "total": total, "seq": frozen.seq}
    record(uow, actor, "control.release_budget", ("version", version_id), None, what)
    return Released(frozen.seq, len(cells), total)


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

    Of what is released, the part that is not usable yet is withheld (issuing.py).
    Every window of the fiscal year is opened for a key, so a month without budget has a row that says 0. What was spent there
    before counts from now on.
    """
    opened = [k for c in cells for k in policy.policy.opened(c.coordinate, c.period)]
    before = open_rows(uow, policy, opened)
    touched = [policy.policy.touched(c.coordinate, c.period) for c in cells]
    ledger = Ledger(uow, actor, policy)
    more, also = openings.rows_of(before)
    # in one step with the rest, so that no command waits for this one crosswise
    following = [k for k in opened if policy.policy.rule(k.rule).linked] if policy.policy.follows_revenue else []
    ids = ledger.lock([*(k for keys in touched for k in keys), *more, *following], also)
    counted = openings.count(ledger, ids, before)
    moved = book_links(ledger, plan_revenue(uow, policy)) if following and kind == "release" else []
    if moved:
        ledger.judge_from_here()
    today = present(uow, policy) if policy.policy.issue and kind == "release" else None
    for cell, keys in zip(cells, touched, strict=True):
        entry = Entry(
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
        ledger.book(entry)
        if today is not None and (less := not_yet(policy, cell, today)):
            ledger.book(replace(entry, kind=WITHHELD, amount=-less))
    openings.force(ledger, counted)
    for bucket in moved:
        ledger.force_row(bucket, LINK)
    return ledger
