"""Months, working days, and how much of the Spring Festival a month holds."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

SPRING_FESTIVAL = {2025: date(2025, 1, 29), 2026: date(2026, 2, 17), 2027: date(2027, 2, 6)}
MID_AUTUMN = {2025: date(2025, 10, 6), 2026: date(2026, 9, 25), 2027: date(2027, 9, 15)}
_BEFORE, _AFTER = 10, 10  # days around New Year's Day in which business differs


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A month; ``number`` counts from January 2025 = 0."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"

    @property
    def number(self) -> int:
        return (self.year - 2025) * 12 + self.month - 1

    @property
    def last_day(self) -> int:
        return calendar.monthrange(self.year, self.month)[1]

    def moved(self, by: int) -> "Month":
        """So many months later."""
        return Month(*divmod_month(self.number + by))

    def day(self, number: int) -> str:
        """A date as the ledger writes it."""
        return f"{self.year}-{self.month:02d}-{number:02d}"


def divmod_month(number: int) -> tuple[int, int]:
    """Year and month of a month's number."""
    return 2025 + number // 12, number % 12 + 1


def months(first: str, last: str) -> list[Month]:
    """From one month to another, both included."""
    start, end = (Month(int(text[:4]), int(text[5:])) for text in (first, last))
    return [start.moved(i) for i in range(end.number - start.number + 1)]


@cache
def spring_share(month: Month) -> float:
    """How much of the Spring Festival's three weeks falls into the month, 0 to 1."""
    day = SPRING_FESTIVAL[month.year]
    days = [day + timedelta(days=i) for i in range(-_BEFORE, _AFTER + 1)]
    return sum((d.year, d.month) == (month.year, month.month) for d in days) / len(days)


def has_mid_autumn(month: Month) -> bool:
    """Whether the Mid-Autumn Festival's gifts are bought in the month: it falls into it, or into the next one's first week."""
    day = MID_AUTUMN[month.year] - timedelta(days=7)
    return (day.year, day.month) == (month.year, month.month)


@cache
def working_days(month: Month) -> tuple[int, ...]:
    """Days on which vouchers are made: Monday to Friday without the festival's week."""
    festival = SPRING_FESTIVAL[month.year]
    away = {festival + timedelta(days=i) for i in range(-1, 7)}
    days = (date(month.year, month.month, d) for d in range(1, month.last_day + 1))
    return tuple(d.day for d in days if d.weekday() < 5 and d not in away)
