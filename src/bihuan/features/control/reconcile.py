"""The proof that counters = Σ entries = documents = released plan cells; it answers every difference, and none when all is well.

Entries are the truth: a counter that differs is rebuilt from them and the rebuilding is an entry of its own; a document that holds
what its state does not allow gives it back by entries. Where ledger and plan differ, a person decides which is right.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands.lifecycle import empty_orphan
from bihuan.features.control.commands.plan_side import place_text, plan_cells, released_orgs
from bihuan.features.control.ledger import COUNTERS, Ledger, PolicyInForce
from bihuan.features.control.policy import ITEM, shown_key
from bihuan.kernel.errors import Invalid
from bihuan.store.unit_of_work import Reader, UnitOfWork

ORG = "org"


def reconcile(reader: Reader, policy: PolicyInForce) -> list[dict[str, Any]]:
    """Each difference as ``what`` (counter, document or plan), where it is, and the two amounts; ids to look further."""
    return [*_counters(reader, policy), *_documents(reader, policy), *_plan(reader, policy)]


def run(uow: UnitOfWork, actor: Principal, policy: PolicyInForce) -> dict[str, Any]:
    """Proves it now and keeps the outcome."""
    counts = uow.row("control.reconciled_counts", policy_id=policy.id)
    assert counts is not None, "an aggregate has one row"
    found = reconcile(uow, policy)
    kept = json.dumps(found, ensure_ascii=False, default=lambda d: format(d, "f"))
    at = uow.now()
    said = {"policy_id": policy.id, "actor": actor.login, "checked": json.dumps(dict(counts)), "differences": kept}
    run_id = uow.value("control.reconciliation_insert", at=at, **said)
    return {"id": run_id, "at": at, "actor": actor.login, "checked": dict(counts), "differences": found}


def runs(reader: Reader, policy: PolicyInForce, limit: int = 30) -> list[dict[str, Any]]:
    """The newest proofs, newest first."""
    return [dict(r) for r in reader.rows("control.reconciliations", policy_id=policy.id, limit=limit)]


def repair(uow: UnitOfWork, actor: Principal, policy: PolicyInForce, *, reason: str) -> list[dict[str, Any]]:
    """Rebuilds counters from entries and empties documents that may hold nothing, by entries; answers what is left."""
    actor.require("control.repair")
    if not reason.strip():
        raise Invalid("请写明修复的原因。", field="reason")
    found = reconcile(uow, policy)
    for document_id in sorted({d["document"] for d in found if d["what"] == "document" and d["orphan"]}):
        empty_orphan(uow, actor, document_id, reason)
    buckets = {r["id"] for r in queries.counters_differ(uow, policy)}
    if buckets:
        ledger = Ledger(uow, actor.login, policy)
        ledger.lock(ids=buckets)
        for row in uow.rows("control.counters_summed", ids=sorted(buckets)):  # read again, under the lock
            ledger.rebuild(row["id"], {c: row[c] for c in COUNTERS}, reason)
        ledger.write()
    record(uow, actor, "control.repair", ("policy", policy.policy.code), {"differences": len(found)}, None, reason)
    return reconcile(uow, policy)


def _counters(reader: Reader, policy: PolicyInForce) -> Iterator[dict[str, Any]]:
    for row in queries.counters_differ(reader, policy):
        where = f"规则 {row['rule']} {shown_key(row['key'])} 窗口 {row['window_code']} {row['counter']}"
        yield _difference("counter", where, ledger=row["summed"], counter=row["stored"], bucket=row["id"])


def _documents(reader: Reader, policy: PolicyInForce) -> Iterator[dict[str, Any]]:
    """Documents whose lines and entries say different things."""
    for row in reader.rows("control.documents_differ", policy_id=policy.id):
        where = f"单据 {row['number']} 第 {row['line_no']} 行 {row['why']}"
        found = _difference("document", where, ledger=row["held"], plan=None, document=row["id"])
        yield {**found, "counter": row["expected"], "orphan": row["orphan"]}


def _difference(  # noqa: PLR0917
    what: str,
    where: str,
    ledger: Decimal,
    counter: Decimal | None = None,
    plan: Decimal | None = None,
    bucket: int | None = None,
    document: int | None = None,
) -> dict[str, Any]:
    ids = {"bucket": bucket, "document": document, "orphan": False}
    return {"what": what, "where": where, "ledger": ledger, "counter": counter, "plan": plan, **ids}


def _plan(reader: Reader, policy: PolicyInForce) -> Iterator[dict[str, Any]]:
    """Released cells that the plan and the ledger know differently; a cell one of them lacks counts as 0 there."""
    if policy.version_id is None:
        return
    plan = plan_cells(reader, policy.version_id, policy.policy.items)
    orgs = released_orgs(reader, policy.version_id)
    ledger = {
        (c["coordinate"][ITEM], place_text(c["coordinate"]), c["period"]): c["current"] + c["withheld"]
        for c in queries.budget(reader, policy)
    }
    for cell in sorted(ledger.keys() | plan.keys()):
        if cell not in ledger and not _released(policy, orgs, cell[1]):
            continue
        booked, planned = ledger.get(cell, Decimal(0)), plan.get(cell, Decimal(0))
        if booked != planned:
            where = f"{cell[0]} {shown_key(cell[1])} {cell[2]}"
            yield _difference("plan", where, ledger=booked, plan=planned)


def _released(policy: PolicyInForce, orgs: frozenset[str], place: str) -> bool:
    members = dict(json.loads(place))
    if "" in orgs or ORG not in members or ORG not in policy.policy.trees.parents:
        return bool(orgs)
    return bool(orgs & set(policy.policy.trees.path(ORG, members[ORG])))
