"""Reads of control: the policy in force, availability, explanation, documents, reconciliation."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.control.availability import Balance, Contribution, Finding, explain, formula
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetExceeded, NoSuchDocument, NoSuchPolicy
from bihuan.features.control.package import from_json
from bihuan.features.control.policy import Policy, shown_key
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
