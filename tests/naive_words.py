"""Text and date functions one value at a time, by the standard library's calendar: no code of the engine's."""

import calendar
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.naive_tables import BLANK, Cell, good

from bihuan.kernel.state import State

LONGEST = 1000
BAD = (State.BAD_NUMBER, None)


def _moved(day: date, months: int) -> tuple[int, int]:
    total = day.year * 12 + day.month - 1 + months
    return total // 12, total % 12 + 1


def _edate(start: str, months: Fraction) -> str:
    day = date.fromisoformat(start)
    year, month = _moved(day, int(months))
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1])).isoformat()


def _eomonth(start: str, months: Fraction) -> str:
    year, month = _moved(date.fromisoformat(start), int(months))
    return date(year, month, calendar.monthrange(year, month)[1]).isoformat()


def _value(text: str) -> Fraction:
    plain = text.strip()
    return Fraction(plain[:-1].strip()) / 100 if plain.endswith("%") else Fraction(plain)


def _text(x: Fraction, places: Fraction) -> str:
    exact = Decimal(x.numerator) / Decimal(x.denominator)
    rounded = exact.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)
    return f"{rounded or abs(rounded):f}"  # what rounds to nothing has no sign


def _mid(text: str, start: Fraction, count: Fraction) -> str:
    begin = max(int(start), 1)
    return "".join(c for n, c in enumerate(text, 1) if begin <= n < begin + int(count))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "LEN": lambda t: Fraction(len(t)),
    "LEFT": lambda t, n: t[: max(int(n), 0)],
    "RIGHT": lambda t, n: t[-int(n) :] if int(n) > 0 else "",
    "MID": _mid,
    "UPPER": str.upper,
    "LOWER": str.lower,
    "TRIM": str.strip,
    "FIND": lambda part, t: Fraction(t.find(part) + 1),
    "SUBSTITUTE": lambda t, old, new: t.replace(old, new) if old else t,
    "TEXT": _text,
    "VALUE": _value,
    "DATE": lambda y, m, d: date(int(y), int(m), int(d)).isoformat(),
    "YEAR": lambda d: Fraction(date.fromisoformat(d).year),
    "MONTH": lambda d: Fraction(date.fromisoformat(d).month),
    "DAY": lambda d: Fraction(date.fromisoformat(d).day),
    "DAYS": lambda end, start: Fraction((date.fromisoformat(end) - date.fromisoformat(start)).days),
    "ADDDAYS": lambda d, n: (date.fromisoformat(d) + timedelta(days=int(n))).isoformat(),
    "EDATE": _edate,
    "EOMONTH": _eomonth,
}


def call(name: str, cells: Sequence[Cell]) -> Cell:
    """Blank where an argument is blank; no such day or number: BAD_NUMBER; too long: OVERFLOW."""
    if any(state != State.VALUE for state, _ in cells):
        return BLANK
    try:
        found = FUNCTIONS[name](*(value for _, value in cells))
    except (ValueError, OverflowError):
        return BAD
    if isinstance(found, str) and name in {"DATE", "ADDDAYS", "EDATE", "EOMONTH"} and found < "1900-01-01":
        return BAD
    if isinstance(found, str) and len(found) > LONGEST:
        return (State.OVERFLOW, None)
    return good(found)
