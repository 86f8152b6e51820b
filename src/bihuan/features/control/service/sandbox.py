"""A policy of one's own to try calls against: the same rules, the same budget, nobody else's money.

A sandbox account's calls name the real policy and land in its sandbox, a policy called ``<policy>~<client>~<n>`` that no plan
version is bound to. Opening another one starts afresh; the old stays in the ledger and is reached no more.
"""

from dataclasses import replace
from decimal import Decimal

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal, system
from bihuan.features.control import queries
from bihuan.features.control.commands.policies import put_policy
from bihuan.features.control.commands.release import book_budget
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell, NoSuchPolicy, WrongDocument
from bihuan.store.unit_of_work import Reader, UnitOfWork


def opened(reader: Reader, actor: Principal, policy: str) -> str:
    """The policy that a call of ``actor`` naming ``policy`` works on."""
    if "~" in policy:
        raise NoSuchPolicy(f"没有控制方案“{policy}”。", policy=policy)
    if not actor.sandbox:
        return policy
    prefix = f"{policy}~{actor.sandbox}~"
    found = reader.value("control.sandbox_last", prefix=prefix)
    if found is None:
        raise NoSuchPolicy(f"方案“{policy}”的沙箱还没有开：先 POST /ledger/sandbox。", policy=policy)
    return f"{prefix}{found}"


def open_sandbox(uow: UnitOfWork, actor: Principal, policy: str) -> PolicyInForce:
    """A fresh sandbox of a policy with its budget of now; nothing in it is spent."""
    actor.require("control.request")
    if not actor.sandbox:
        raise WrongDocument("只有沙箱账号可以开沙箱。")
    real = queries.policy(uow, policy)
    prefix = f"{policy}~{actor.sandbox}~"
    number = int(uow.value("control.sandbox_last", prefix=prefix) or 0) + 1
    made = put_policy(uow, system("sandbox"), replace(real.policy, code=f"{prefix}{number}"))
    every = queries.budget(uow, real)  # with what is not issued yet: the sandbox withholds it by itself
    cells = [BudgetCell(c["coordinate"], c["period"], Decimal(c["current"] + c["withheld"])) for c in every]
    if cells:
        book_budget(uow, "sandbox", made, cells).write()
    record(uow, actor, "control.sandbox", ("policy", made.policy.code), None, {"cells": len(cells)})
    return made
