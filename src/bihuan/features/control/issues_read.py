"""What was released and may not be spent yet, as it is read (issuing.py)."""

from collections.abc import Mapping
from decimal import Decimal

from bihuan.features.access.queries import business_date
from bihuan.features.control.availability import ZERO, Balance
from bihuan.features.control.issuing import coming_of, place_of
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Reader


def present(reader: Reader, policy: PolicyInForce) -> int:
    """The place in the policy's calendar of the period in which the business stands; -1 before its first.

    A period has come by its first day: the codes of weeks and of 13 periods say no date. Without a model periods are months.
    """
    today, calendar = business_date(reader), policy.policy.calendar
    if not policy.policy.model:
        return place_of(calendar, today.strftime("%Y-%m"))
    axis = modelling.compiled(reader, policy.policy.model).calendar
    begun = {code for index, code in enumerate(axis.codes) if axis.first_day(index) <= today}
    return sum(period in begun for period in calendar.periods) - 1


def coming(reader: Reader, policy: PolicyInForce, row: Balance) -> Mapping[str, Decimal]:
    """What was released on a balance row and is not usable yet, by the period it comes with, soonest first.

    What is due already comes with the present period: the nightly run issues it.
    """
    issue, calendar = policy.policy.issue, policy.policy.calendar
    if issue is None:
        return {}
    periods = list(row.rule.periods_of(calendar, row.window))
    rows = reader.rows("control.withheld_cells", policy_id=policy.id, bucket_id=row.id, periods=periods)
    today = present(reader, policy)
    cells = [(r["period"], r["original"]) for r in rows]
    still = sum((issue.withheld(calendar, period, amount, today) for period, amount in cells), ZERO)
    due = sum((r["withheld"] for r in rows), ZERO) - still
    at_once = {calendar.periods[max(today, 0)]: due} if due else {}
    return {**at_once, **coming_of(issue, calendar, cells, today)}
