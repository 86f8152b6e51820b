"""Reads of the control desk, cut to what the reader may see."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.control import queries
from bihuan.features.control.availability import ZERO
from bihuan.features.control.explaining import names_of, sight
from bihuan.features.control.model import NoSuchBucket, WrongDocument
from bihuan.features.control.policy import ITEM, POOL
from bihuan.store.unit_of_work import Reader

STALE_DAYS = 60


def holds(
    reader: Reader, actor: Principal, policy: str, *, stale: bool = False, limit: int = 500
) -> list[dict[str, Any]]:
    """Open holds by document line, oldest first: whose, for how long, until when. ``stale``: older than `STALE_DAYS` only."""
    in_force = queries.policy(reader, policy)
    model, now = in_force.policy.model, reader.now()
    name = names_of(reader, model)
    out: list[dict[str, Any]] = []
    for row in reader.rows("control.holds_open", policy_id=in_force.id):
        own = row["requester"] == actor.login
        if not own and not actor.may("control.read", model=model, **row["coordinate"]):
            continue
        age = (now - row["touched_at"]).days
        if stale and age < STALE_DAYS:
            continue
        places = {d: name(d, m) for d, m in row["coordinate"].items() if d != ITEM}
        out.append({**row, "age_days": age, "stale": age >= STALE_DAYS, "names": places})
        if len(out) == limit:
            break
    return out


def timeline(
    reader: Reader, actor: Principal, bucket_id: int, *, before: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """What happened to a balance row, newest first; for those who may see all of it."""
    policy_id = reader.value("control.bucket_policy", id=bucket_id)
    if policy_id is None:
        raise NoSuchBucket(bucket=bucket_id)
    in_force = queries.policy_by_id(reader, policy_id)
    (found,) = reader.rows("control.buckets_read", ids=[bucket_id])
    row = in_force.balance(found)
    if sight(actor, in_force, row) != "all":
        raise NoSuchBucket(bucket=bucket_id)
    # what a rebuild or a relief says carries the window as its period
    periods = [*row.rule.periods_of(in_force.policy.calendar, row.window), row.window]
    entries = reader.rows("control.bucket_timeline", id=bucket_id, periods=periods, before=before, limit=limit)
    return [dict(e) for e in entries]


def cell_uses(
    reader: Reader, actor: Principal, policy: str, coordinate: Mapping[str, str], period: str
) -> list[dict[str, Any]]:
    """From a cell of the budget to the documents that use it; vouchers without a document stand in a line of their own."""
    in_force = queries.policy(reader, policy)
    actor.require("control.read", model=in_force.policy.model, **coordinate)
    said = json.dumps(dict(coordinate), ensure_ascii=False)
    rows = reader.rows("control.cell_uses", policy_id=in_force.id, coordinate=said, period=period)
    return [dict(r) for r in rows]


def remaining(
    reader: Reader, actor: Principal, policy: str, rule: str, *, by: Sequence[str], period: str | None = None
) -> list[dict[str, Any]]:
    """What remains under a rule, its rows added up by some of the dimensions it is keyed by.

    Windows of one key must not overlap to be added: a period names the window of each key that begins there; without one the
    period is the business date's.
    """
    in_force = queries.policy(reader, policy)
    known = next((r for r in in_force.policy.rules if r.code == rule), None)
    if known is None:
        raise WrongDocument(f"方案没有规则“{rule}”。", rule=rule)
    if unknown := set(by) - set(known.by):
        raise WrongDocument(f"规则“{known.title}”不按 {sorted(unknown)[0]} 控制。", expected=sorted(known.by))
    at = period or business_date(reader).strftime("%Y-%m")
    begin = known.windows(in_force.policy.calendar, at)
    if not begin:
        return []
    window = begin[0]
    name = names_of(reader, in_force.policy.model)
    totals: dict[tuple[tuple[str, str], ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for row in queries.balances(reader, in_force, rule=rule, window=window, limit=queries.ALL):
        if sight(actor, in_force, row) != "all":
            continue
        key = dict(json.loads(row.key))
        total = totals[tuple((d, key[d]) for d in by)]
        for term in ("original", "cap", "reserved", "committed", "executed", "available"):
            total[term] += getattr(row, term)
    return [
        {"members": {d: name(d, m.removeprefix(POOL)) for d, m in key}, "window": window, **terms}
        for key, terms in sorted(totals.items())
    ]
