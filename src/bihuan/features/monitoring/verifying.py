"""Whether a deviation is gone: the case's own rule on today's numbers."""

from decimal import Decimal
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring import queries
from bihuan.features.monitoring.alert_reading import deviation, watched
from bihuan.features.monitoring.board_queries import current_period
from bihuan.features.monitoring.conditions import holds as condition_holds
from bihuan.features.monitoring.model import Case, Threshold
from bihuan.kernel.calendar import Calendar
from bihuan.store.unit_of_work import Reader


def holds(reader: Reader, actor: Principal, case: Case) -> tuple[bool, dict[str, Any]]:
    """Whether the deviation is gone, or no larger than what was accepted; and the figures."""
    accepted = case.decision == "accept"
    if case.kind == "forced":
        return _relieved(reader, case, accepted)
    if case.kind == "alert":
        return _alert_gone(reader, actor, case, accepted)
    place = case.place
    along = str(case.rule["along"])
    rows = queries.variance(
        reader,
        actor,
        model=case.model,
        item=place.item,
        members=place.members,
        along=along,
        nodes=[place.members[along]],
        period=place.period,
        ytd=place.ytd,
    )
    row = rows[0] if rows else None
    threshold = Threshold(Decimal(case.rule["amount"]), Decimal(case.rule["rate"]))
    difference = (row.difference if row else None) or Decimal(0)
    held = row is None or not threshold.reached(row) or (accepted and abs(difference) <= abs(case.amount))
    return held, {"difference": str(difference)}


def _relieved(reader: Reader, case: Case, accepted: bool) -> tuple[bool, dict[str, Any]]:
    """Whether the balance rows that were overrun have room again; a fact without any balance row stays as it is."""
    seen = [e.detail for e in case.events if e.event in ("opened", "seen_again")]
    buckets = sorted({d["bucket"] for d in seen if "bucket" in d})
    worst = max(Decimal(d["amount"]) for d in seen)
    beyond = reader.value("monitoring.forced_most", ids=buckets) if buckets else worst
    return beyond <= (worst if accepted else Decimal(0)), {"forced": str(beyond)}


def _alert_gone(reader: Reader, actor: Principal, case: Case, accepted: bool) -> tuple[bool, dict[str, Any]]:
    """Whether the alert's condition, as it was written when the case was opened, no longer holds at its place."""
    calendar = modelling.compiled(reader, case.model).calendar
    period = case.place.period
    if case.rule["span"] != "month":  # the span goes on: judged where the business stands, within its fiscal year
        period = _within_year(calendar, period, current_period(reader, modelling.compiled(reader, case.model)))
    found = watched(
        reader, actor, model=case.model, item=case.place.item, members=case.place.members, period=period,
        span=case.rule["span"],
    )  # fmt: skip
    if found is None:
        return True, {"period": period}
    row, measures = found
    now = deviation(row)
    gone = not condition_holds(str(case.rule["when"]), [measures])[0]
    said = {"period": period, "deviation": str(now), **_figures(measures)}
    return gone or (accepted and abs(now) <= abs(case.amount)), said


def _figures(measures: dict[str, Decimal | None]) -> dict[str, str]:
    return {name: str(measures[name]) for name in ("预算", "执行", "可用") if measures[name] is not None}


def _within_year(calendar: Calendar, opened: str, now: str) -> str:
    """``now``, or the last period of the fiscal year of ``opened`` when that year is over."""
    codes, years = calendar.codes, calendar.years
    year = years[codes.index(opened)]
    last = max(i for i, y in enumerate(years) if y == year)
    return codes[min(codes.index(now), last)]
