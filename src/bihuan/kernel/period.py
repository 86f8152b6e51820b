"""Period codes: how a period is written, read and compared.

Months carry their calendar year and month (``2026-04``); every other code carries the fiscal year, which is named after
the calendar year it *ends* in: with ``fiscal_start: 4`` the fiscal year 2027 runs from 2026-04 to 2027-03.
"""

import re
from dataclasses import dataclass
from datetime import date

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


_LOOSE = re.compile(r"(\d{4})(?:\D*?(?:(\d{1,2})|([一二三四上下])))?\D*", re.ASCII)
_WORDS = {"一": 1, "二": 2, "三": 3, "四": 4, "上": 1, "下": 2}
_KINDS = (("quarter", "季Qq"), ("half", "半Hh"), ("week445", "周Ww"), ("period13", "期Pp"))


def read_loosely(text: str) -> list[PeriodCode]:
    """What a period that is no code may mean, likeliest first: ``2026年4月``, ``202604``, ``2026年一季度``, ``2027年``."""
    match = _LOOSE.fullmatch(text.strip())
    if match is None:
        return []
    year, digits, word = int(match[1]), match[2], match[3]
    number = int(digits) if digits else _WORDS.get(word or "", 0)
    if not number:
        return [PeriodCode("year", year, 1)]
    kinds = [kind for kind, letters in _KINDS if any(letter in text for letter in letters)]
    kinds = kinds or ["month", "month445"]
    return [PeriodCode(kind, year, number) for kind in kinds]


_DAY = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})\D?|(\d{4})(\d{2})(\d{2})", re.ASCII)


def day_meant(text: str) -> str:
    """``；写 2026-01-31`` for a day written another way (``2026/1/31``, ``2026年1月31日``, ``20260131``), or nothing."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return ""
    year, month, day = (int(part) for part in match.groups() if part)
    try:
        return f"；写 {date(year, month, day).isoformat()}"
    except ValueError:
        return ""
