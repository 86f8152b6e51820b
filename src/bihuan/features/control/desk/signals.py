"""预警 of control: what a balance row or a document should be looked at for, before it is too late. Read when asked, nothing kept.

threshold    consumed at least 80, 90 or 100 % of the limit (the highest is told)
exhaustion   at the pace of the window so far the limit is reached before the window ends; says the day
stale        a hold that nothing has touched for `STALE_DAYS`
overrides    somebody's documents took approved exceptions at least `REPEATED` times in `LOOK_BACK` days
rush         a window's last month holds or spends more than `RUSH` times the mean of the months before
"""

import calendar
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.control import queries
from bihuan.features.control.availability import Balance
from bihuan.features.control.desk.queries import STALE_DAYS, holds
from bihuan.features.control.explaining import names_of, sight
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.policy import POOL
from bihuan.features.control.service.webhooks import PERCENTS, share
from bihuan.features.control.windows import RUNNING
from bihuan.store.unit_of_work import Reader

REPEATED, LOOK_BACK = 3, 90
RUSH = Decimal(2)
Kind = Literal["threshold", "exhaustion", "stale", "overrides", "rush"]


@dataclass(frozen=True, slots=True)
class Signal:
    """``day``: of exhaustion. ``percent``: consumed of the limit, or the last month of the mean. Ids to look further."""

    kind: Kind
    what: str
    percent: Decimal | None = None
    day: date | None = None
    amount: Decimal | None = None
    bucket: int | None = None
    document: int | None = None


def exhaustion(consumed: Decimal, limit: Decimal, begin: date, end: date, today: date) -> date | None:
    """The day on which ``limit`` is reached at the pace of ``begin``..``today``; None where that is after ``end``. Pure.

    The pace is consumed per day, today counted; the day is the first on which the sum would be the limit or more.
    """
    days = (today - begin).days + 1
    if consumed <= 0 or limit <= 0 or not begin <= today <= end:
        return None
    if consumed >= limit:
        return today
    needed = (limit * days / consumed).to_integral_value(ROUND_CEILING)
    found = begin + timedelta(days=int(needed) - 1)
    return found if found <= end else None


def rush(amounts: Sequence[Decimal]) -> Decimal | None:
    """The last month in percent of the mean of those before, where it is a rush; needs three months before. Pure."""
    *before, last = amounts or [Decimal(0)]
    if len(before) < 3 or sum(before) <= 0:
        return None
    percent = (last * 100 * len(before) / sum(before)).quantize(Decimal("0.1"))
    return percent if percent > RUSH * 100 else None


def month_bounds(period: str) -> tuple[date, date] | None:
    """First and last day of a month written 2026-03; None for a period that is no month."""
    year, _, month = period.partition("-")
    if not (year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12):
        return None
    y, m = int(year), int(month)
    return date(y, m, 1), date(y, m, calendar.monthrange(y, m)[1])


def signals(reader: Reader, actor: Principal, policy: str) -> list[Signal]:
    """Everything there is to look at that the actor may see, rows first."""
    in_force = queries.policy(reader, policy)
    today = business_date(reader)
    name = names_of(reader, in_force.policy.model)
    out: list[Signal] = []
    for row in queries.balances(reader, in_force, limit=queries.ALL):
        if row.hard_limit is not None and row.consumed > 0 and sight(actor, in_force, row) == "all":
            parts = [name(d, m.removeprefix(POOL)) for d, m in json.loads(row.key)]
            what = "、".join([f"{row.rule.title}（{row.window}）", *parts])
            out += _of_row(in_force, row, what, today)
    for hold in holds(reader, actor, policy, stale=True):
        what = f"{hold['number']} {hold['requester_name']}：{hold['age_days']} 天未动（≥ {STALE_DAYS}）"
        out.append(Signal("stale", what, amount=hold["reserved"] + hold["committed"], document=hold["id"]))
    return [*out, *_overrides(reader, actor, in_force, today)]


def _of_row(policy: PolicyInForce, row: Balance, what: str, today: date) -> Iterator[Signal]:
    used = share(row)
    assert used is not None, "the row is limited and something was consumed"
    crossed = [p for p in PERCENTS if used >= p]
    if crossed:
        yield Signal("threshold", what, percent=used.quantize(Decimal("0.1")), bucket=row.id)
    months = [b for p in row.rule.periods_of(policy.policy.calendar, row.window) if (b := month_bounds(p))]
    limit = row.hard_limit
    if months and limit is not None and row.rule.window not in RUNNING and used < 100:
        day = exhaustion(row.consumed, limit, months[0][0], months[-1][1], today)
        if day:
            yield Signal("exhaustion", what, percent=used.quantize(Decimal("0.1")), day=day, bucket=row.id)


def _overrides(reader: Reader, actor: Principal, policy: PolicyInForce, today: date) -> Iterator[Signal]:
    since = today - timedelta(days=LOOK_BACK)
    model = policy.policy.model
    counts: Counter[str] = Counter()
    for row in reader.rows("control.overrides_since", policy_id=policy.id, since=since):
        if actor.may("control.read", model=model, **row["coordinate"]):
            counts[row["requester"]] += 1
    for requester, times in sorted(counts.items()):
        if times >= REPEATED:
            yield Signal("overrides", f"{requester}：{LOOK_BACK} 天内 {times} 次超预算")


def rushes(reader: Reader, actor: Principal, policy: str, year: str) -> list[Signal]:
    """Places whose last month of a fiscal year was a rush."""
    in_force = queries.policy(reader, policy)
    found = next((y for y in in_force.policy.calendar.years if y.code == year), None)
    if found is None:
        return []
    by_place: dict[str, dict[str, Decimal]] = {}
    places: dict[str, dict[str, Any]] = {}
    for row in reader.rows("control.used_by_month", policy_id=in_force.id, periods=list(found.periods)):
        key = json.dumps(row["coordinate"], sort_keys=True, ensure_ascii=False)
        by_place.setdefault(key, {})[row["period"]] = row["amount"]
        places[key] = row["coordinate"]
    out = []
    for key, used in sorted(by_place.items()):
        percent = rush([used.get(p, Decimal(0)) for p in found.periods])
        if percent is not None and actor.may("control.read", model=in_force.policy.model, **places[key]):
            what = "、".join(v for d, v in sorted(places[key].items()) if d != "item")
            out.append(Signal("rush", what, percent=percent, amount=used[found.periods[-1]]))
    return out
