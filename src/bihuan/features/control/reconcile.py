"""The proof that counters = Σ entries = released plan cells; it answers every difference, and none when all is well."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bihuan.features.control import queries
from bihuan.features.control.commands.plan_side import place_text, plan_cells, released_orgs
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.policy import ITEM, shown_key
from bihuan.store.unit_of_work import Reader

ORG = "org"


def reconcile(reader: Reader, policy: PolicyInForce) -> list[dict[str, Any]]:
    """Each difference as ``what`` (counter or plan), where it is, and the two amounts."""
    return [*_counters(reader, policy), *_plan(reader, policy)]


def _counters(reader: Reader, policy: PolicyInForce) -> Iterator[dict[str, Any]]:
    for row in queries.counters_differ(reader, policy):
        where = f"规则 {row['rule']} {shown_key(row['key'])} 窗口 {row['window_code']} {row['counter']}"
        yield {"what": "counter", "where": where, "ledger": row["summed"], "counter": row["stored"], "plan": None}


def _plan(reader: Reader, policy: PolicyInForce) -> Iterator[dict[str, Any]]:
    """Released cells that the plan and the ledger know differently; a cell one of them lacks counts as 0 there."""
    if policy.version_id is None:
        return
    plan = plan_cells(reader, policy.version_id, policy.policy.items)
    orgs = released_orgs(reader, policy.version_id)
    ledger = {
        (c["coordinate"][ITEM], place_text(c["coordinate"]), c["period"]): c["current"]
        for c in queries.budget(reader, policy)
    }
    for cell in sorted(ledger.keys() | plan.keys()):
        if cell not in ledger and not _released(policy, orgs, cell[1]):
            continue
        booked, planned = ledger.get(cell, Decimal(0)), plan.get(cell, Decimal(0))
        if booked != planned:
            where = f"{cell[0]} {shown_key(cell[1])} {cell[2]}"
            yield {"what": "plan", "where": where, "ledger": booked, "counter": None, "plan": planned}


def _released(policy: PolicyInForce, orgs: frozenset[str], place: str) -> bool:
    members = dict(json.loads(place))
    if "" in orgs or ORG not in members or ORG not in policy.policy.trees.parents:
        return bool(orgs)
    return bool(orgs & set(policy.policy.trees.path(ORG, members[ORG])))
