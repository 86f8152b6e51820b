"""When a released budget may be spent (分期下达). Pure.

issue: {by: quarter, ahead: 1}    a cell's budget is usable from the first period of its month, quarter, half or year,
                                  ``ahead`` periods earlier; in a calendar without quarters `by: quarter` is refused
issue: {steps: [{from: 1, percent: 30}, {from: 4, percent: 60}, {from: 7, percent: 100}]}
                              of every cell of a fiscal year 30 % from the year's 1st period, 60 % from its 4th, all from the 7th

What is not usable yet is withheld by an entry of its own beside the release, so that the original budget stays what was
approved; it is issued by entries as time comes. A share is rounded down to the fen (towards zero), the last step gives the rest.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Literal, cast, get_args

from bihuan.features.control.windows import ControlCalendar

Bad = Callable[[str, object, str], None]
By = Literal["month", "quarter", "half", "year"]
FEN = Decimal("0.01")
ALL = Decimal(100)
WITHHELD, ISSUED = "withhold", "issue"  # the kinds of its entries


@dataclass(frozen=True, slots=True)
class Issue:
    """``steps``: (ordinal of a period in its fiscal year, cumulative percent), in place of ``by`` and ``ahead``."""

    by: By = "year"
    ahead: int = 0
    steps: tuple[tuple[int, Decimal], ...] = ()

    def starts(self, calendar: ControlCalendar, period: str) -> tuple[tuple[int, Decimal], ...]:
        """When parts of a cell at ``period`` become usable: (place of a period in the calendar, cumulative percent).

        A place below 0 is before the calendar begins: usable at once.
        """
        every = calendar.periods
        year = calendar.year_of(period)
        if self.steps:
            first = every.index(year.periods[0])
            last = len(year.periods)  # a year shorter than the steps has all by its last period
            return tuple((first + min(at, last) - 1, percent) for at, percent in self.steps)
        (window,) = calendar.windows(self.by, period)
        first = every.index(calendar.periods_of(self.by, window)[0])
        return ((first - self.ahead, ALL),)

    def withheld(self, calendar: ControlCalendar, period: str, amount: Decimal, today: int) -> Decimal:
        """What of a released ``amount`` at ``period`` is not usable at ``today``, the place of the present period."""
        shares = [percent for at, percent in self.starts(calendar, period) if at <= today]
        return amount - (amount * max(shares, default=Decimal(0)) / ALL).quantize(FEN, ROUND_DOWN)

    def coming(
        self, calendar: ControlCalendar, period: str, amount: Decimal, today: int
    ) -> Iterable[tuple[str, Decimal]]:
        """The parts of a released ``amount`` still to come: (the period they come with, how much), soonest first."""
        left = self.withheld(calendar, period, amount, today)
        for at in sorted({at for at, _ in self.starts(calendar, period) if at > today}):
            then = self.withheld(calendar, period, amount, at)
            if then != left:
                yield calendar.periods[at], left - then
            left = then


def place_of(calendar: ControlCalendar, month: str) -> int:
    """The place in the calendar of the period that has come by ``month`` (YYYY-MM); -1 before its first."""
    return sum(1 for p in calendar.periods if p <= month) - 1


def coming_of(
    issue: Issue, calendar: ControlCalendar, cells: Iterable[tuple[str, Decimal]], today: int
) -> dict[str, Decimal]:
    """What is still to come of several released (period, amount), added up by the period it comes with, soonest first."""
    found: dict[str, Decimal] = {}
    for period, amount in cells:
        for when, part in issue.coming(calendar, period, amount, today):
            found[when] = found.get(when, Decimal(0)) + part
    return dict(sorted(found.items()))


def spoken(coming: Mapping[str, Decimal]) -> str:
    """``另有批复 90.00 未到下达时间：2026-04 起 60.00，2026-07 起 30.00。``; nothing where nothing is to come."""
    if not coming:
        return ""
    parts = "，".join(f"{when} 起 {amount:,.2f}" for when, amount in coming.items())
    return f"另有批复 {sum(coming.values(), Decimal(0)):,.2f} 未到下达时间：{parts}。"


def read_issue(raw: object, calendar: ControlCalendar, bad: Bad) -> Issue | None:
    """The ``issue`` of a policy's text; None where it says nothing: all is usable once it is released."""
    if not raw:
        return None
    if not isinstance(raw, Mapping):
        bad("issue", raw, "by and ahead, or steps")
        return None
    for unknown in sorted(raw.keys() - {"by", "ahead", "steps"}):
        bad("issue", unknown, "by ahead steps")
    if "steps" in raw:
        if raw.keys() & {"by", "ahead"}:
            bad("issue", "steps, by", "either steps or by")
        return Issue(steps=_steps(raw["steps"], bad))
    by, ahead = raw.get("by"), str(raw.get("ahead", 0))
    if by not in get_args(By):
        bad("issue by", by, " ".join(get_args(By)))
        return None
    if bare := next((p for p in calendar.periods if not calendar.windows(cast(By, by), p)), None):
        bad("issue by", by, f"a calendar in which {bare} has a {by}")
        return None
    if not (ahead.isascii() and ahead.isdigit()):
        bad("issue ahead", ahead, "a number of periods, at least 0")
        return None
    return Issue(by=cast(By, by), ahead=int(ahead))


def _steps(raw: object, bad: Bad) -> tuple[tuple[int, Decimal], ...]:
    expected = "a list of {from: ordinal of a period in the year, percent: up to then}, both rising, the last 100"
    found: list[tuple[int, Decimal]] = []
    for step in raw if isinstance(raw, Sequence) and not isinstance(raw, str) else ():
        said = step if isinstance(step, Mapping) and step.keys() == {"from", "percent"} else {}
        begin = str(said.get("from", ""))
        try:
            percent = Decimal(str(said.get("percent", "")))
        except InvalidOperation:
            percent = Decimal("NaN")
        if not (begin.isascii() and begin.isdigit()) or int(begin) < 1 or not percent.is_finite():
            bad("issue steps", step, expected)
            return ()
        found.append((int(begin), percent))
    rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(found))
    if not found or not rising or found[0][1] <= 0 or found[-1][1] != ALL:
        bad("issue steps", raw, expected)
        return ()
    return tuple(found)


def issue_json(issue: Issue | None) -> dict[str, Any]:
    """The inverse of `read_issue`; empty where there is none."""
    if issue is None:
        return {}
    if issue.steps:
        return {"steps": [{"from": at, "percent": format(percent, "f")} for at, percent in issue.steps]}
    return {"by": issue.by, **({"ahead": issue.ahead} if issue.ahead else {})}
