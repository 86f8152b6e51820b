"""Reads of control: the policy in force, availability, explanation, documents, reconciliation."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.control.availability import Balance, Contribution, Finding, explain, formula
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetExceeded, NoSuchBucket, NoSuchDocument, NoSuchPolicy
from bihuan.features.control.package import from_json
from bihuan.features.control.policy import POOL, Policy, shown_key
from bihuan.store.unit_of_work import Reader

_parsed: dict[str, Policy] = {}  # by digest of the content, so entries never go stale; a handful per installation


def policy(reader: Reader, code: str) -> PolicyInForce:
    """The revision of a policy that is in force."""
    return _in_force(reader, reader.row("control.policy_in_force", code=code), code)


def policy_by_id(reader: Reader, policy_id: int) -> PolicyInForce:
    """The revision a document was checked under."""
    return _in_force(reader, reader.row("control.policy_by_id", id=policy_id), str(policy_id))


def _in_force(reader: Reader, row: RowMapping | None, named: str) -> PolicyInForce:
    if row is None:
        raise NoSuchPolicy(f"没有控制方案“{named}”。", policy=named)
    if row["digest"] not in _parsed:
        _parsed[row["digest"]] = from_json(reader.value("control.policy_content", id=row["id"]))
    return PolicyInForce(row["id"], _parsed[row["digest"]], row["rules"], row["version_id"])


def exceeded(reader: Reader, policy: PolicyInForce, findings: Sequence[Finding]) -> BudgetExceeded:
    """The refusal that explains every row that says no."""
    told = [describe(reader, policy, f) for f in findings if f.verdict == "refuse"]
    return BudgetExceeded("\n".join(str(t["explanation"]) for t in told), findings=told)


def describe(reader: Reader, policy: PolicyInForce, finding: Finding) -> dict[str, Any]:
    """A finding in numbers and words, with the documents that hold the money."""
    row = finding.before
    original = _original(reader, policy, row)
    uses = contributions(reader, policy, row)
    return {
        **terms(row, original),
        "asked": finding.asked,
        "short": finding.short,
        "verdict": finding.verdict,
        "documents": [{"number": u.number, "requester": u.requester, "amount": u.amount} for u in uses],
        "explanation": explain(finding, original=original, contributions=uses),
    }


def terms(row: Balance, original: Decimal) -> dict[str, Any]:
    """Every term of a row's availability formula."""
    return {
        "bucket": row.id,
        "rule": row.rule.code,
        "title": row.rule.title,
        "strength": row.rule.strength,
        "key": shown_key(row.key),
        "window": row.window,
        "original": original,
        "adjusted": row.cap - original,
        "cap": row.cap,
        "limit": row.hard_limit,
        "reserved": row.reserved,
        "committed": row.committed,
        "executed": row.executed,
        "forced": row.forced,
        "available": row.available,
        "formula": formula(row, original),
    }


def _original(reader: Reader, policy: PolicyInForce, row: Balance) -> Decimal:
    periods = list(policy.policy.calendar.periods_of(row.rule.window, row.window))
    found = reader.row("control.originals", ids=[row.id], policy_id=policy.id, periods=periods)
    assert found is not None, "one row per id"
    return Decimal(found["original"])


def contributions(reader: Reader, policy: PolicyInForce, row: Balance, limit: int = 10) -> list[Contribution]:
    """Who holds or spent what on a balance row, largest first."""
    periods = list(policy.policy.calendar.periods_of(row.rule.window, row.window))
    stages = list(row.rule.stages)
    found = reader.rows(
        "control.contributions", policy_id=policy.id, bucket_id=row.id, periods=periods, stages=stages, limit=limit
    )
    return [Contribution(r["number"], r["requester"], r["amount"]) for r in found]


def balances(
    reader: Reader,
    policy: PolicyInForce,
    *,
    rule: str | None = None,
    window: str | None = None,
    limit: int = 200,
    skip: int = 0,
) -> list[Balance]:
    """Balance rows of a policy."""
    rows = reader.rows(
        "control.buckets_of_policy", policy_id=policy.id, rule=rule, window_code=window, limit=limit, skip=skip
    )
    return [policy.balance(r) for r in rows]


def document(reader: Reader, document_id: int) -> RowMapping:
    """A document's head."""
    row = reader.row("control.document", id=document_id)
    if row is None:
        raise NoSuchDocument(document=document_id)
    return row


def open_amounts(reader: Reader, document_id: int) -> Mapping[tuple[int, str], Decimal]:
    """What a document still holds, by (line, stage)."""
    held: dict[tuple[int, str], Decimal] = {}
    for r in reader.rows("control.open_holds", documents=[document_id]):
        held[r["line_no"], r["stage"]] = held.get((r["line_no"], r["stage"]), Decimal(0)) + r["amount"]
    return held


def counters_differ(reader: Reader, policy: PolicyInForce) -> list[dict[str, Any]]:
    """Balance rows whose counters are not the sum of their entries; empty when the ledger is sound."""
    return [dict(r) for r in reader.rows("control.counters_differ", policy_id=policy.id)]


def budget(reader: Reader, policy: PolicyInForce) -> list[dict[str, Any]]:
    """The budget of every released cell: original, transferred, supplemented, current."""
    return [dict(r) for r in reader.rows("control.budget_cells", policy_id=policy.id)]


# --- what leaves, cut by the reader's scope -------------------------------------------------------------------------


def policies(reader: Reader) -> Sequence[RowMapping]:
    """The policies there are, newest revision of each."""
    return reader.rows("control.policy_codes")


def may_see(actor: Principal, policy: PolicyInForce, row: Balance) -> bool:
    """True when the actor may read everything a balance row adds up; a dimension that is pooled is the whole of it."""
    members = {d: m for d, m in json.loads(row.key) if not m.startswith(POOL)}
    return actor.may("control.read", model=policy.policy.model, **members)


def shown_balances(reader: Reader, actor: Principal, code: str, **filters: Any) -> list[dict[str, Any]]:
    """The balance rows of a policy that the actor may see, every term of the formula shown."""
    in_force = policy(reader, code)
    seen = [b for b in balances(reader, in_force, **filters) if may_see(actor, in_force, b)]
    return [terms(b, _original(reader, in_force, b)) for b in seen]


def explained(reader: Reader, actor: Principal, bucket_id: int) -> dict[str, Any]:
    """One balance row with who used it."""
    policy_id = reader.value("control.bucket_policy", id=bucket_id)
    if policy_id is None:
        raise NoSuchBucket(bucket=bucket_id)
    in_force = policy_by_id(reader, policy_id)
    (found,) = reader.rows("control.buckets_read", ids=[bucket_id])
    row = in_force.balance(found)
    if not may_see(actor, in_force, row):
        raise NoSuchBucket(bucket=bucket_id)
    uses = contributions(reader, in_force, row, limit=100)
    shown = [{"number": u.number, "requester": u.requester, "amount": u.amount} for u in uses]
    return {**terms(row, _original(reader, in_force, row)), "documents": shown}


def document_with_history(reader: Reader, actor: Principal, document_id: int) -> dict[str, Any]:
    """A document for its requester and for those who may read every place of it."""
    head = document(reader, document_id)
    model = policy_by_id(reader, head["policy_id"]).policy.model
    lines = reader.rows("control.document_lines", document_id=document_id)
    seen = all(actor.may("control.read", model=model, **x["coordinate"]) for x in lines)
    if actor.login != head["requester"] and not seen:
        raise NoSuchDocument(document=document_id)
    held = open_amounts(reader, document_id)
    zero = Decimal("0.00")
    return {
        **head,
        "lines": [{**x, **{s: held.get((x["line_no"], s), zero) for s in ("reserved", "committed")}} for x in lines],
        "entries": [dict(e) for e in reader.rows("control.entries_of_document", document_id=document_id)],
    }


def place(reader: Reader, document_id: int) -> dict[str, str]:
    """Model and the members that all lines of a document share: where its approver must hold the right."""
    head = document(reader, document_id)
    lines = [dict(r["coordinate"]) for r in reader.rows("control.document_lines", document_id=document_id)]
    shared = {d: m for d, m in lines[0].items() if all(x.get(d) == m for x in lines)}
    return {**shared, "model": policy_by_id(reader, head["policy_id"]).policy.model}
