"""Period codes: how a period is written, read and compared.

Months carry their calendar year and month (``2026-04``); every other code carries the fiscal year, which is named after
the calendar year it *ends* in: with ``fiscal_start: 4`` the fiscal year 2027 runs from 2026-04 to 2027-03.
"""

import re
from dataclasses import dataclass

LETTER = {"half": "H", "quarter": "Q", "period13": "P", "week445": "W", "month445": "M"}
_WIDTH = {"H": 1, "Q": 1, "P": 2, "W": 2, "M": 2}
_KIND = {letter: kind for kind, letter in LETTER.items()}
_CODE = re.compile(r"(\d{4})(?:-(\d{1,2})|([HQPWM])(\d{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class PeriodKey:
    """A column to read: ``grain`` "base" and an axis index, or a grouping's name and an index among its groups."""

    grain: str
    index: int


@dataclass(frozen=True, slots=True)
class PeriodCode:
    """A code taken apart: its kind, the year as written and the number in it (1 for a whole year)."""

    kind: str
    year: int
    number: int

    def __str__(self) -> str:
        if self.kind == "year":
            return f"{self.year:04d}"
        if self.kind == "month":
            return f"{self.year:04d}-{self.number:02d}"
        letter = LETTER[self.kind]
        return f"{self.year:04d}{letter}{self.number:0{_WIDTH[letter]}d}"


def parse_period(text: str) -> PeriodCode | None:
    """``2026-01``, ``2026Q1``, ``2026P01``, ``2026W01``, ``2026H1``, ``2026``; None when it is none of these."""
    match = _CODE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, letter, number = match.groups()
    if letter:
        return PeriodCode(_KIND[letter], int(year), int(number))
    if month:
        return PeriodCode("month", int(year), int(month))
    return PeriodCode("year", int(year), 1)
