"""Limits that follow revenue are worked out anew: after a release, after every load of actuals, and every night (linked.py).

A limit moves by one entry of kind ``link`` on its balance row, which says how it came about. Until that commits the old limit is
in force; a limit that falls below what is used already makes the difference ``forced``, and refuses nothing that was granted.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import Balance
from bihuan.features.control.commands.plan_side import plan_cells
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.linked import KIND, Linked
from bihuan.features.control.links_read import link_reasons
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import versions
from bihuan.features.planning.model import UnknownVersion
from bihuan.store.unit_of_work import Reader, UnitOfWork

Revenue = Callable[[Linked, Mapping[str, str]], Mapping[str, Decimal]]  # a row's members -> by period


def relink(uow: UnitOfWork, actor: Principal, policy: PolicyInForce, revenue: Revenue | None = None) -> int:
    """Works out every limit of a policy that follows revenue; answers how many moved. Repeatable.

    ``revenue``: what is known, the plan's cells where it is not given.
    """
    if not policy.policy.follows_revenue:
        return 0
    uow.run("control.opening_lock", id=policy.id)
    rules = [rule for rule in policy.policy.rules if rule.linked]
    rows = [row for rule in rules for row in queries.balances(uow, policy, rule=rule.code, limit=queries.ALL)]
    if not rows:
        return 0
    ledger = Ledger(uow, actor.login, policy)
    ledger.lock(ids=[row.id for row in rows])
    moved = book_links(ledger, revenue or plan_revenue(uow, policy))
    for bucket in moved:
        ledger.force_row(bucket, KIND)
    if moved:
        ledger.write()
        record(uow, actor, "control.link", ("policy", policy.policy.code), None, {"rows": len(moved)})
    return len(moved)


def book_links(ledger: Ledger, revenue: Revenue) -> list[int]:
    """Books what moves the limits of those locked rows that follow revenue; answers these. The caller forces and writes."""
    rows = [row for _, row in sorted(ledger.rows.items()) if row.rule.linked]
    said = link_reasons(ledger.uow, ledger.policy, rows)
    moved = []
    for row in rows:
        limit, reason = _limit(ledger.policy, row, revenue)
        if limit == row.cap and said.get(row.id) == reason:
            continue
        entry = Entry(
            stage="budget",
            kind=KIND,
            amount=limit - row.cap,
            coordinate={},
            period=row.window,
            buckets=(row.id,),
            reason=reason,
        )
        ledger.book(entry)
        moved.append(row.id)
    return moved


def _limit(policy: PolicyInForce, row: Balance, revenue: Revenue) -> tuple[Decimal, str]:
    assert row.rule.linked is not None, "only such rows are asked for"
    periods = row.rule.periods_of(policy.policy.calendar, row.window)
    return row.rule.linked.limit(periods, revenue(row.rule.linked, dict(json.loads(row.key))))


def plan_revenue(reader: Reader, policy: PolicyInForce) -> Revenue:
    """Revenue as the model's version has it; an item's cells are read once. A version that is not there knows nothing."""
    cells: dict[tuple[str, str], Sequence[tuple[Mapping[str, str], str, Decimal]]] = {}

    def read(linked: Linked) -> Sequence[tuple[Mapping[str, str], str, Decimal]]:
        if not policy.policy.model:
            return ()
        try:
            model = modelling.find(reader, policy.policy.model).id
            version = versions.by_name(reader, model, linked.version)
        except UnknownVersion:
            return ()
        found = plan_cells(reader, version.id, [linked.item])
        return [(dict(json.loads(place)), period, value) for (_, place, period), value in found.items()]

    def revenue(linked: Linked, members: Mapping[str, str]) -> Mapping[str, Decimal]:
        key = (linked.item, linked.version)
        if key not in cells:
            cells[key] = read(linked)
        trees, out = policy.policy.trees, dict[str, Decimal]()
        for place, period, value in cells[key]:
            if all(m in trees.path(d, place[d]) for d, m in members.items() if d in place):
                out[period] = out.get(period, Decimal(0)) + value
        return out

    return revenue


def following(reader: Reader, model: str | None = None) -> list[int]:
    """The policies with limits that follow revenue, of one model or all."""
    found = [queries.policy(reader, row["code"]) for row in queries.policies(reader)]
    return [p.id for p in found if p.policy.follows_revenue and model in (None, p.policy.model)]
