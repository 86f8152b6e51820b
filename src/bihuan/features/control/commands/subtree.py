"""Release of a whole subtree: every approved plan unit in it, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands.plan_side import budget_cell
from bihuan.features.control.commands.release import book_budget
from bihuan.features.control.commands.spend import settle
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import AlreadyReleased
from bihuan.features.entry import commands as entry
from bihuan.features.entry import cycles
from bihuan.features.entry.cycle import KIND
from bihuan.features.planning import commands as planning
from bihuan.features.planning.cells import ref_of
from bihuan.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SubtreeReleased:
    """``orgs``: the units released; ``left``: those there that are not approved; ``policies``: whose budget they are now."""

    seq: int
    orgs: tuple[str, ...]
    left: tuple[str, ...]
    policies: tuple[str, ...]
    cells: int
    total: Decimal


def release_subtree(uow: UnitOfWork, actor: Principal, *, cycle_id: int, org: str) -> SubtreeReleased:
    """下达 all approved units of ``org`` and below it: their controlled items are frozen and become spendable budget.

    Under the policies the cycle's template names, or those that serve the version already. When there is none, the template's
    measure is frozen and nothing enters the ledger.
    """
    cycle, template = cycles.cycle_of(uow, actor, cycle_id)
    actor.require("control.release", model=cycle["model"], org=org)
    version_id = cycle["version_id"]
    planning.lock_heads(uow, [version_id])
    ready, left = entry.subtree(uow, cycle_id=cycle_id, org=org)
    last = entry.mark_released(uow, actor, version_id=version_id, orgs=ready)
    policies = _policies(uow, cycle["model"], version_id, template.policies)
    items = {ref_of(code) for policy in policies for code in policy.policy.items}
    if not items and template.targets is not None:
        items = {ref_of(template.targets.measure)}
    frozen = planning.freeze(uow, actor, version_id=version_id, items=sorted(items), org_ids=ready, last=last)
    booked = 0
    total = Decimal("0.00")
    for policy in policies:
        controlled = {ref_of(code) for code in policy.policy.items}
        cells = [budget_cell(c) for c in frozen.cells if c.item in controlled]
        if cells:
            settle(book_budget(uow, actor.login, policy, cells, version_id=version_id))
        booked += len(cells)
        total += sum((c.amount for c in cells), Decimal(0))
    done = SubtreeReleased(frozen.seq, tuple(ready), tuple(left), tuple(p.policy.code for p in policies), booked, total)
    what = {"org": org, "units": list(ready), "policies": list(done.policies), "cells": booked, "total": total}
    record(uow, actor, "control.release_subtree", (KIND, cycle_id), None, {**what, "seq": frozen.seq})
    return done


def _policies(uow: UnitOfWork, model: str, version_id: int, named: Sequence[str]) -> list[PolicyInForce]:
    """The policies that serve the version; named ones are bound to it from now on."""
    found = [queries.policy(uow, row["code"]) for row in queries.policies(uow) if row["version_id"] == version_id]
    out = {policy.id: policy for policy in found if policy.policy.model == model}
    for code in named:
        policy = queries.policy(uow, code)
        if uow.value("control.policy_bind", id=policy.id, version_id=version_id) is None:
            message = f"控制方案“{code}”已用于另一个版本，不能用于这个周期。"
            raise AlreadyReleased(message, policy=code, version=policy.version_id)
        out[policy.id] = policy
    return [out[key] for key in sorted(out)]
