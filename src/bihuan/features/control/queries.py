"""Reads of control: the policy in force, availability, explanation, documents, reconciliation."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.control.availability import Balance
from bihuan.features.control.explaining import contributions, may_see, names_of, sight, terms
from bihuan.features.control.issues_read import coming
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.links_read import link_told
from bihuan.features.control.model import NoSuchBucket, NoSuchDocument, NoSuchPolicy
from bihuan.features.control.package import from_json, retired_rule
from bihuan.features.control.policy import Policy, Rule
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.store.unit_of_work import Reader, UnitOfWork

ALL = 100_000  # balance rows of a policy: they are cut by the scope before they are counted
_parsed: dict[str, Policy] = {}  # by digest of the content, so entries never go stale; a handful per installation


def policy(reader: Reader, code: str) -> PolicyInForce:
    """The policy in force; whoever writes holds its edition from here to the end of the transaction."""
    return _in_force(reader, "control.policy_in_force", code, code=code)


def policy_by_id(reader: Reader, policy_id: int) -> PolicyInForce:
    """The policy of a document, as `policy`."""
    return _in_force(reader, "control.policy_by_id", str(policy_id), id=policy_id)


def glance(reader: Reader, code: str) -> PolicyInForce:
    """The policy in force at this moment, for what does not write under it."""
    return policy(Reader(reader.conn, reader.now), code)


def _in_force(reader: Reader, query: str, named: str, **params: object) -> PolicyInForce:
    row = _held(reader, query, params) if isinstance(reader, UnitOfWork) else reader.row(query, **params)
    if row is None:
        raise NoSuchPolicy(f"没有控制方案“{named}”。", policy=named)
    if row["digest"] not in _parsed:
        _parsed[row["digest"]] = from_json(reader.value("control.policy_content", id=row["id"]))
    found, rules, retired = _parsed[row["digest"]], row["rules"], row["retired"] or {}
    old = {int(i): retired_rule(text, int(i), found.calendar) for i, text in retired.items()}
    return PolicyInForce(row["id"], found, rules, row["version_id"], row["edition"], old)


def _held(uow: UnitOfWork, query: str, params: Mapping[str, object]) -> RowMapping | None:
    """The lock is taken by the statement that reads; what another edition changed meanwhile is seen by the next."""
    row = uow.row(f"{query}_held", **params)
    return row if row is None or row["seen"] == row["edition"] else uow.row(f"{query}_held", **params)


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


def begun_years(reader: Reader, policy: PolicyInForce) -> frozenset[str]:
    """The fiscal years that have balance rows: where control has begun."""
    windows = {r["window_code"] for r in reader.rows("control.windows_open", policy_id=policy.id)}
    calendar, rules = policy.policy.calendar, policy.policy.rules
    return frozenset(
        year.code
        for year in calendar.years
        if any(windows.intersection(_last_windows(calendar, rule, year)) for rule in rules)
    )


def _last_windows(calendar: ControlCalendar, rule: Rule, year: YearPeriods) -> tuple[str, ...]:
    """The windows of a year's last period that has any: those of its first may have been opened by the year before."""
    return next((found for p in reversed(year.periods) if (found := rule.windows(calendar, p))), ())


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


def shown_balances(
    reader: Reader,
    actor: Principal,
    code: str,
    *,
    rule: str | None = None,
    window: str | None = None,
    period: str | None = None,
    limit: int = 200,
    skip: int = 0,
) -> list[dict[str, Any]]:
    """The balance rows of a policy that the actor may see, every term of the formula shown.

    ``period`` with ``rule``: the windows of that rule that begin to count at the period (month, quarter, year, prefix up to it).
    """
    in_force = policy(reader, code)
    names = names_of(reader, in_force.policy.model)
    if period and rule:
        known = next((r for r in in_force.policy.rules if r.code == rule), None)
        begin = known.windows(in_force.policy.calendar, period)[:1] if known else ()
        if known and not begin:
            return []
        window = begin[0] if begin else None
    out: list[dict[str, Any]] = []
    for row in balances(reader, in_force, rule=rule, window=window, limit=ALL, skip=0):
        if (seen := sight(actor, in_force, row)) != "verdict":
            out.append(terms(row, names, seen))
    return out[skip : skip + limit]


def explained(reader: Reader, actor: Principal, bucket_id: int) -> dict[str, Any]:
    """One balance row with who used it: documents, and the vouchers that name none by month."""
    policy_id = reader.value("control.bucket_policy", id=bucket_id)
    if policy_id is None:
        raise NoSuchBucket(bucket=bucket_id)
    in_force = policy_by_id(reader, policy_id)
    (found,) = reader.rows("control.buckets_read", ids=[bucket_id])
    row = in_force.balance(found)
    seen = sight(actor, in_force, row)
    if seen == "verdict":
        raise NoSuchBucket(bucket=bucket_id)
    uses, _ = contributions(reader, in_force, row, limit=200)
    shown = [use for use, places in uses if seen == "all" or may_see(actor, in_force, use, places)]
    periods = list(row.rule.periods_of(in_force.policy.calendar, row.window))
    entries = reader.rows("control.entries_by_period", policy_id=in_force.id, bucket_id=row.id, periods=periods)
    return {
        **terms(row, names_of(reader, in_force.policy.model), seen),
        "policy": code_of(reader, policy_id),
        "linked": link_told(reader, in_force, row),
        "coming": [{"period": p, "amount": a} for p, a in coming(reader, in_force, row).items()],
        "documents": shown,
        "periods": [dict(e) for e in entries] if seen == "all" else [],
    }


def code_of(reader: Reader, policy_id: int) -> str:
    """The code of a policy."""
    return str(reader.value("control.policy_code", id=policy_id))


def place(reader: Reader, document_id: int) -> dict[str, str]:
    """Model and the members that all lines of a document share: where its approver must hold the right."""
    head = document(reader, document_id)
    lines = [dict(r["coordinate"]) for r in reader.rows("control.document_lines", document_id=document_id)]
    shared = {d: m for d, m in lines[0].items() if all(x.get(d) == m for x in lines)}
    return {**shared, "model": policy_by_id(reader, head["policy_id"]).policy.model}
