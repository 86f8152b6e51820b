"""The calendar: ordered leaf periods per fiscal year, named groupings, and one time axis continuous over years.

The axis is ``history`` + plan + ``ahead`` leaf periods; an axis index counts from 0 at the first history period. A grouping
cuts the axis into groups; the first and last group may be only partly on the axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from bihuan.kernel.errors import Invalid
from bihuan.kernel.period import PeriodCode, PeriodKey, parse_period, read_loosely

# base -> grouping -> leaf periods of each of its groups in a year, in order
_GROUPS: dict[str, dict[str, tuple[int, ...]]] = {
    "month": {"quarter": (3,) * 4, "half": (6,) * 2, "year": (12,)},
    "period13": {"year": (13,)},
    "week445": {"month": (4, 4, 5) * 4, "quarter": (13,) * 4, "half": (26,) * 2, "year": (52,)},
    "quarter": {"half": (2, 2), "year": (4,)},
    "year": {"year": (1,)},
}
_EXPECTED = {
    "month": "2026-01",
    "period13": "2026P01",
    "week445": "2026W01",
    "quarter": "2026Q1",
    "year": "2026",
}
MAX_AXIS = 1200  # leaf periods: a hundred years of months


class BadCalendar(Invalid):
    """The calendar contradicts itself."""

    code = "bad_calendar"


@dataclass(frozen=True, slots=True)
class Group:
    """Axis indices [start, stop) of one quarter, year …; what of it lies on the axis, and whether its ends do."""

    code: str
    name: str  # of the grouping
    year: int
    number: int  # among the groups of its year, from 1
    start: int
    stop: int
    whole: bool
    has_first: bool
    has_last: bool
    planned: bool  # holds at least one plan period

    @property
    def indices(self) -> slice:
        """The axis slice."""
        return slice(self.start, self.stop)


@dataclass(frozen=True)
class Calendar:
    """``first`` is the (fiscal year, number from 1) of axis index 0; ``long_years`` have a 53rd week."""

    base: str
    first: tuple[int, int]
    history: int
    plan: int
    ahead: int
    fiscal_start: int = 1
    long_years: tuple[int, ...] = ()

    # --- the axis ----------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Number of leaf periods on the axis."""
        return self.history + self.plan + self.ahead

    @property
    def plan_range(self) -> range:
        """Axis indices a formula fills."""
        return range(self.history, self.history + self.plan)

    @cached_property
    def _axis(self) -> tuple[tuple[int, int], ...]:
        out, at = [], self.first
        for _ in range(self.size):
            out.append(at)
            at = self._next(at)
        return tuple(out)

    @cached_property
    def years(self) -> tuple[int, ...]:
        """The fiscal year of each axis index."""
        return tuple(year for year, _ in self._axis)

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The number within its fiscal year of each axis index, from 1."""
        return tuple(number for _, number in self._axis)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The period code of each axis index."""
        return tuple(self._code(year, number) for year, number in self._axis)

    @cached_property
    def _index(self) -> dict[tuple[int, int], int]:
        return {at: i for i, at in enumerate(self._axis)}

    def per_year(self, year: int) -> int:
        """Leaf periods of a fiscal year."""
        return sum(self._lengths("year", year))

    def same_in_year(self, index: int, years: int) -> int | None:
        """The axis index of the like-numbered period ``years`` later (negative = earlier); None off the axis."""
        year, number = self._axis[index]
        return self._index.get((year + years, number))

    # --- groupings ---------------------------------------------------------------------------------------------

    @property
    def groupings(self) -> tuple[str, ...]:
        """Names of the groupings, finest first; the last is always ``year``."""
        return tuple(_GROUPS[self.base])

    @property
    def grains(self) -> tuple[str, ...]:
        """``base`` and the groupings."""
        return ("base", *self.groupings)

    def groups(self, grouping: str) -> tuple[Group, ...]:
        """The groups that are wholly or partly on the axis, in order."""
        return self._groups[grouping]

    @cached_property
    def _groups(self) -> dict[str, tuple[Group, ...]]:
        return {name: tuple(self._cut(name)) for name in self.groupings}

    @cached_property
    def _group_of(self) -> dict[str, tuple[int, ...]]:
        return {
            name: tuple(g for g, group in enumerate(groups) for _ in range(group.start, group.stop))
            for name, groups in self._groups.items()
        }

    def group_of(self, grouping: str) -> tuple[int, ...]:
        """For each axis index the index of its group."""
        return self._group_of[grouping]

    def grain_size(self, grain: str) -> int:
        """Number of periods of a grain: leaf periods, or groups."""
        return self.size if grain == "base" else len(self.groups(grain))

    def grain_codes(self, grain: str) -> tuple[str, ...]:
        """Period codes of a grain in order."""
        return self.codes if grain == "base" else tuple(group.code for group in self.groups(grain))

    def grain_plan(self, grain: str) -> range:
        """The indices of a grain that a formula fills: those holding a plan period."""
        if grain == "base":
            return self.plan_range
        planned = [i for i, group in enumerate(self.groups(grain)) if group.planned]
        return range(planned[0], planned[-1] + 1)

    def grain_numbers(self, grain: str) -> tuple[int, ...]:
        """PERIODNO at a grain: the number within the fiscal year, from 1."""
        return self.numbers if grain == "base" else tuple(group.number for group in self.groups(grain))

    def grain_years(self, grain: str) -> tuple[int, ...]:
        """The fiscal year of each period of a grain."""
        return self.years if grain == "base" else tuple(group.year for group in self.groups(grain))

    def grain_per_year(self, grain: str, year: int) -> int:
        """PERIODS at a grain: how many of its periods a fiscal year has."""
        return self.per_year(year) if grain == "base" else len(_GROUPS[self.base][grain])

    def _lengths(self, grouping: str, year: int) -> tuple[int, ...]:
        lengths = _GROUPS[self.base][grouping]
        return (*lengths[:-1], lengths[-1] + 1) if year in self.long_years else lengths

    def _cut(self, grouping: str) -> list[Group]:
        out: list[Group] = []
        for year in sorted(set(self.years)):
            begin = 1
            for number, length in enumerate(self._lengths(grouping, year), 1):
                on = [self._index[year, n] for n in range(begin, begin + length) if (year, n) in self._index]
                if on:
                    out.append(
                        Group(
                            code=self._group_code(grouping, year, number),
                            name=grouping,
                            year=year,
                            number=number,
                            start=on[0],
                            stop=on[-1] + 1,
                            whole=len(on) == length,
                            has_first=(year, begin) in self._index,
                            has_last=(year, begin + length - 1) in self._index,
                            planned=any(i in self.plan_range for i in on),
                        )
                    )
                begin += length
        return out

    # --- codes and dates ---------------------------------------------------------------------------------------

    def code(self, key: PeriodKey) -> str:
        """The code of a column."""
        return self.grain_codes(key.grain)[key.index]

    def find(self, text: str) -> PeriodKey | None:
        """The column a code names, leaf period or group; None when it is not on the axis or no code of this calendar."""
        parsed = parse_period(text)
        return None if parsed is None else self._by_code.get(str(parsed))

    def meant(self, text: str) -> str:
        """The code on this axis for a period written another way (``2026年4月``, ``2026/4``, ``202604``); "" when there is none."""
        codes = (str(code) for code in read_loosely(text) if code.kind in {self.base, *map(_kind, self.groupings)})
        return next((code for code in codes if code in self._by_code), "")

    @property
    def forms(self) -> str:
        """How periods are written here: the first and last leaf period, and the first of each grouping."""
        groups = "、".join(self.grain_codes(name)[0] for name in self.groupings if name != self.base)
        return f"{self.codes[0]} 到 {self.codes[-1]}" + (f"，合计 {groups} …" if groups else "")

    @cached_property
    def _by_code(self) -> dict[str, PeriodKey]:
        # leaf periods last: where a code names both (a year model's 2026) the leaf wins
        return {
            code: PeriodKey(grain, i)
            for grain in reversed(self.grains)
            for i, code in enumerate(self.grain_codes(grain))
        }

    def last_day(self, index: int) -> date:
        """The last day of a leaf period. Weeks and 28-day periods count from the first of the fiscal year's first month."""
        year, number = self._axis[index]
        months = {"month": 1, "quarter": 3, "year": 12}.get(self.base)
        if months is not None:
            return self._month_start(year, number * months) - timedelta(days=1)
        days = 7 if self.base == "week445" else 28
        return self._month_start(year, 0) + timedelta(days=number * days - 1)

    def first_day(self, index: int) -> date:
        """The first day of a leaf period."""
        year, number = self._axis[index]
        months = {"month": 1, "quarter": 3, "year": 12}.get(self.base)
        if months is not None:
            return self._month_start(year, (number - 1) * months)
        days = 7 if self.base == "week445" else 28
        return self._month_start(year, 0) + timedelta(days=(number - 1) * days)

    def _month_start(self, year: int, months: int) -> date:
        """The first day ``months`` months into a fiscal year."""
        start_year = year if self.fiscal_start == 1 else year - 1
        total = start_year * 12 + self.fiscal_start - 1 + months
        return date(total // 12, total % 12 + 1, 1)

    def _next(self, at: tuple[int, int]) -> tuple[int, int]:
        year, number = at
        return (year, number + 1) if number < self.per_year(year) else (year + 1, 1)

    def _code(self, year: int, number: int) -> str:
        if self.base == "month":
            start = self._month_start(year, number - 1)
            return str(PeriodCode("month", start.year, start.month))
        return str(PeriodCode(self.base, year, number))

    def _group_code(self, grouping: str, year: int, number: int) -> str:
        return str(PeriodCode(_kind(grouping), year, number))


def _kind(grouping: str) -> str:
    """The kind of code that the groups of a grouping have: months of weeks are no calendar months."""
    return "month445" if grouping == "month" else grouping


def make_calendar(
    base: str,
    start: str,
    end: str,
    *,
    history: int = 0,
    ahead: int = 0,
    fiscal_start: int = 1,
    long_years: Sequence[int] = (),
) -> Calendar:
    """The calendar whose plan runs from period ``start`` to period ``end``, both included; raises `BadCalendar`."""
    if base not in _GROUPS:
        raise BadCalendar(f"没有 base: {base}", found=base, expected="、".join(_GROUPS))
    if not 1 <= fiscal_start <= 12:
        raise BadCalendar("fiscal_start 是财年开始的月份", found=str(fiscal_start), expected="1 到 12")
    if history < 0 or ahead < 0:
        raise BadCalendar("history 和 ahead 是期数", found=f"{history}, {ahead}", expected="0 或更大")
    if long_years and base != "week445":
        raise BadCalendar("只有周日历有 long_years", found=base, expected="week445")
    probe = Calendar(base, (0, 1), 0, 0, 0, fiscal_start, tuple(long_years))
    first, last = (_leaf(probe, text) for text in (start, end))
    if last < first:
        raise BadCalendar("计划的 end 在 start 之前", found=f"{start} 到 {end}", expected="end 不早于 start")
    plan, at = 1, first
    while at != last:
        plan, at = plan + 1, probe._next(at)
        if plan > MAX_AXIS:
            raise BadCalendar("计划太长", found=f"{start} 到 {end}", expected=f"最多 {MAX_AXIS} 期")
    if history + plan + ahead > MAX_AXIS:
        raise BadCalendar(
            "history + 计划 + ahead 太长", found=str(history + plan + ahead), expected=f"最多 {MAX_AXIS} 期"
        )
    for _ in range(history):
        year, number = first
        first = (year, number - 1) if number > 1 else (year - 1, probe.per_year(year - 1))
    return Calendar(base, first, history, plan, ahead, fiscal_start, tuple(long_years))


def _leaf(calendar: Calendar, text: str) -> tuple[int, int]:
    """(fiscal year, number) of a leaf period's code."""
    code = parse_period(text)
    if code is None or code.kind != calendar.base:
        raise BadCalendar(f"不是 {calendar.base} 日历的期间", found=text, expected=f"如 {_EXPECTED[calendar.base]}")
    year, number = code.year, code.number
    if calendar.base == "month" and 1 <= number <= 12:
        later = number >= calendar.fiscal_start
        year = year + (later and calendar.fiscal_start > 1)
        number = (number - calendar.fiscal_start) % 12 + 1
    if not 1 <= number <= calendar.per_year(year):
        raise BadCalendar("一年里没有这一期", found=text, expected=f"1 到 {calendar.per_year(year)}")
    return year, number
