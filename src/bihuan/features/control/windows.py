"""The windows of time a rule looks at. Pure.

A window mode is a *set* of windows; a document at period t touches every window that contains t, and each must have room:

    month            {t}
    quarter, half    the quarter, the half year of t
    year             the fiscal year of t
    total            every period of the calendar
    span             the periods from ``first`` to ``last`` (both included), across fiscal years; none outside them
    quarter_to_date  the prefixes [quarter's first..u] of t's quarter with u >= t
    cumulative       the prefixes [year's first..u] of t's fiscal year with u >= t
    life             the prefixes [calendar's first..u] with u >= t, across fiscal years
    sliding          the runs of ``length`` periods that end at u, t <= u < t + length (shorter at the calendar's beginning)

So strict cumulative control, min over u >= t of (budget to u - consumption to u), is one comparison per row; later consumption
tightens earlier periods, and no order of documents takes a prefix below zero. ``sliding`` of length 1 is ``month``; of the
calendar's length it is ``life``. Modes after the model of budget boundaries in Oracle Budgetary Control and of 金蝶's controls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from bihuan.features.control.model import UnresolvableKey

WindowMode = Literal[
    "month", "quarter", "half", "year", "total", "span", "quarter_to_date", "cumulative", "life", "sliding"
]
RUNNING: frozenset[WindowMode] = frozenset(
    {"quarter_to_date", "cumulative", "life", "sliding"}
)  # their windows overlap


@dataclass(frozen=True, slots=True)
class Extent:
    """What a mode needs besides its name: ``length`` in periods (sliding), ``first`` and ``last`` period (span)."""

    length: int = 0
    first: str = ""
    last: str = ""


NO_EXTENT = Extent()


@dataclass(frozen=True, slots=True)
class YearPeriods:
    """The leaf periods of a fiscal year in order, and its quarters (none in a calendar without)."""

    code: str
    periods: tuple[str, ...]
    quarters: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def halves(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Two halves of as many quarters each; none where the quarters do not come out even."""
        middle, odd = divmod(len(self.quarters), 2)
        if odd or not middle:
            return ()
        parts = (self.quarters[:middle], self.quarters[middle:])
        return tuple((f"{self.code}H{no}", tuple(p for _, ps in part for p in ps)) for no, part in enumerate(parts, 1))


@dataclass(frozen=True)
class ControlCalendar:
    """The fiscal years a policy covers."""

    years: tuple[YearPeriods, ...]

    @cached_property
    def _year_of(self) -> dict[str, YearPeriods]:
        return {period: year for year in self.years for period in year.periods}

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Every leaf period in order."""
        return tuple(p for year in self.years for p in year.periods)

    @cached_property
    def _at(self) -> dict[str, int]:
        return {period: at for at, period in enumerate(self.periods)}

    def year_of(self, period: str) -> YearPeriods:
        """The fiscal year of a leaf period."""
        if period not in self._year_of:
            raise UnresolvableKey(dimension="期间", found=period, expected="方案日历内的期间")
        return self._year_of[period]

    def windows(self, mode: WindowMode, period: str, extent: Extent = NO_EXTENT) -> tuple[str, ...]:
        """Codes of the windows of ``mode`` that contain ``period``, in time order; the first begins to count there."""
        year = self.year_of(period)
        match mode:
            case "month":
                return (period,)
            case "quarter":
                return tuple(code for code, periods in year.quarters if period in periods)
            case "half":
                return tuple(code for code, periods in year.halves if period in periods)
            case "year":
                return (year.code,)
            case "total":
                return (f"{self.periods[0]}~{self.periods[-1]}",)
            case "span":
                inside = self._at[extent.first] <= self._at[period] <= self._at[extent.last]
                return (f"{extent.first}~{extent.last}",) if inside else ()
            case "quarter_to_date":
                return tuple(w for code, ps in year.quarters if period in ps for w in _prefixes(code, ps, period))
            case "cumulative":
                return tuple(_prefixes(year.code, year.periods, period))
            case "life":
                return tuple(_prefixes("", self.periods, period))
            case "sliding":
                at = self._at[period]
                ends = range(at, min(at + extent.length, len(self.periods)))
                return tuple(f"{self.periods[max(0, u - extent.length + 1)]}~{self.periods[u]}" for u in ends)

    def all_windows(self, mode: WindowMode, period: str, extent: Extent = NO_EXTENT) -> tuple[str, ...]:
        """Codes of every window with a period of ``period``'s fiscal year: a released key has a balance row for each."""
        codes = [code for p in self.year_of(period).periods for code in self.windows(mode, p, extent)]
        return tuple(dict.fromkeys(codes))

    def periods_of(self, mode: WindowMode, window: str, extent: Extent = NO_EXTENT) -> tuple[str, ...]:
        """The leaf periods in a window."""
        return tuple(p for p in self.periods if window in self.windows(mode, p, extent))


def _prefixes(code: str, periods: Sequence[str], period: str) -> list[str]:
    return [f"{code}≤{u}" for u in periods[periods.index(period) :]]


def spoken(window: str) -> str:
    """A window's code in words: ``2026≤2026-10`` is 2026 年累计至 2026-10."""
    start, upto, end = window.partition("≤")
    if not upto:
        return window.replace("~", " 至 ")
    if not start:
        return f"历年累计至 {end}"
    return f"{start} 季累计至 {end}" if "Q" in start else f"{start} 年累计至 {end}"
