"""Text and date functions of cells. Dates are ISO texts, in arrays as outside.

Any blank argument gives blank, any error the first error. Positions count from 1. A result of more than `LONGEST` characters is
OVERFLOW: texts cannot grow without bound however formulas are nested. Dates lie from 1900-01-01 to 9999-12-31; beyond, and where
there is no such day or number, the result is BAD_NUMBER.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bihuan.engine import rounding
from bihuan.engine.formula.kernels import LONGEST, Cells, as_text, make, natural
from bihuan.engine.states import Family, combine
from bihuan.kernel.state import State

Dates = NDArray[np.datetime64]
_FIRST, _LAST = np.datetime64("1900-01-01"), np.datetime64("9999-12-31")
_MONTHS = 120_000  # more than there are from the first day to the last


def _meet(*args: Cells) -> NDArray[np.uint8]:
    states = args[0].states
    for other in args[1:]:
        states = combine(Family.MEET, states, other.states)
    shape = np.broadcast_shapes(*(c.shape for c in args))
    return np.broadcast_to(states, shape).astype(np.uint8)


def _apply(function: Callable[..., NDArray[Any]], *args: Cells) -> Cells:
    """``function`` of texts (numbers for numbers), where all arguments have a value."""
    states = _meet(*args)
    operands = [as_text(c) if c.values.dtype.kind == "U" else natural(c) for c in args]
    values = np.broadcast_to(function(*operands), states.shape)
    if values.dtype.kind != "U":
        return make(values, states)
    long = (np.char.str_len(values) > LONGEST) & (states == State.VALUE)
    return make(np.where(long, "", values), np.where(long, State.OVERFLOW, states).astype(np.uint8))


def _each(function: Callable[..., Any], kind: type) -> Callable[..., NDArray[Any]]:
    """A function of single values over arrays."""

    def over(*args: NDArray[Any]) -> NDArray[Any]:
        found = np.frompyfunc(function, len(args), 1)(*args)
        return np.asarray(found).astype(kind)

    return over


def _count(number: float) -> int:
    """How many characters are meant: none for less than none."""
    return int(min(max(number, 0.0), LONGEST + 1.0))


def _left(text: str, number: float) -> str:
    return text[: _count(number)]


def _right(text: str, number: float) -> str:
    return text[max(0, len(text) - _count(number)) :]


def _mid(text: str, start: float, number: float) -> str:
    begin = max(_count(start) - 1, 0)
    return text[begin : begin + _count(number)]


def _substitute(text: str, old: str, new: str) -> str:
    if not old:
        return text
    grown = len(text) + text.count(old) * (len(new) - len(old))
    return text.replace(old, new) if grown <= LONGEST else "x" * (LONGEST + 1)


def _written(number: float, places: float) -> str:
    kept = int(min(max(places, 0.0), 9.0))
    return f"{float(rounding.round_to(np.array(number), np.array(float(kept)))):.{kept}f}"


def _value(text: Cells) -> Cells:
    """VALUE: plain decimal text; a percent sign divides by 100, thousands separators are not read."""

    def number(one: str) -> float:
        plain = one.strip()
        percent = plain.endswith("%")
        digits = plain.removesuffix("%").strip()
        if "_" in digits or digits.lower().strip("+-") in {"nan", "inf", "infinity"}:
            return float("nan")
        try:
            return float(digits) / (100.0 if percent else 1.0)
        except ValueError:
            return float("nan")

    return _finite(_each(number, np.float64)(as_text(text)), _meet(text))


def _finite(values: NDArray[Any], states: NDArray[np.uint8]) -> Cells:
    values = np.broadcast_to(values, states.shape)
    bad = ~np.isfinite(values) & (states == State.VALUE)
    return make(np.where(bad, 0.0, values), np.where(bad, State.BAD_NUMBER, states).astype(np.uint8))


# --- dates ------------------------------------------------------------------------------------------------------------


def _days(cells: Cells) -> Dates:
    """Days; where there is no value, the first of all."""
    return np.where(cells.states == State.VALUE, cells.values, "1900-01-01").astype("datetime64[D]")


def _dated(days: Dates, states: NDArray[np.uint8], fine: NDArray[np.bool_]) -> Cells:
    fine = np.broadcast_to(fine, states.shape) & np.broadcast_to((days >= _FIRST) & (days <= _LAST), states.shape)
    bad = ~fine & (states == State.VALUE)
    texts = np.broadcast_to(np.datetime_as_string(np.where(fine, days, _FIRST)), states.shape)
    return make(texts, np.where(bad, State.BAD_NUMBER, states).astype(np.uint8))


def _whole(cells: Cells, least: float, most: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Whole numbers cut towards zero, and where they lie in the bounds."""
    plain = np.trunc(natural(cells))
    fine = (plain >= least) & (plain <= most)
    return np.where(fine, plain, least).astype(np.int64), fine


def _date(year: Cells, month: Cells, day: Cells) -> Cells:
    """DATE: such a day must be; 2026-02-30 is none."""
    (y, fine_y), (m, fine_m), (d, fine_d) = _whole(year, 1900, 9999), _whole(month, 1, 12), _whole(day, 1, 31)
    first = (y - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (m - 1).astype("timedelta64[M]")
    days = first.astype("datetime64[D]") + (d - 1).astype("timedelta64[D]")
    there = days.astype("datetime64[M]") == first
    return _dated(days, _meet(year, month, day), fine_y & fine_m & fine_d & there)


def _part(unit: str) -> Callable[[Cells], Cells]:
    def part(cells: Cells) -> Cells:
        days = _days(cells)
        months = days.astype("datetime64[M]").astype(np.int64)
        found = {
            "year": months // 12 + 1970,
            "month": months % 12 + 1,
            "day": (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1,
        }
        return make(found[unit].astype(np.float64), _meet(cells))

    return part


def _between(end: Cells, start: Cells) -> Cells:
    """DAYS: end - start."""
    return make((_days(end) - _days(start)).astype(np.float64), _meet(end, start))


def _after_days(start: Cells, number: Cells) -> Cells:
    count, fine = _whole(number, -3_000_000, 3_000_000)
    return _dated(_days(start) + count.astype("timedelta64[D]"), _meet(start, number), fine)


def _after_months(start: Cells, number: Cells, *, last: bool) -> Cells:
    """EDATE and EOMONTH: the same day of the month, or its last where there is none; the month's last day."""
    count, fine = _whole(number, -_MONTHS, _MONTHS)
    days = _days(start)
    month = days.astype("datetime64[M]")
    target = month + count.astype("timedelta64[M]")
    end = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    same = target.astype("datetime64[D]") + (days - month.astype("datetime64[D]"))
    return _dated(end if last else np.minimum(same, end), _meet(start, number), fine)


FUNCTIONS: Mapping[str, Callable[..., Cells]] = {
    "LEN": lambda x: _apply(lambda t: np.char.str_len(t).astype(np.float64), x),
    "LEFT": lambda x, n: _apply(_each(_left, np.str_), x, n),
    "RIGHT": lambda x, n: _apply(_each(_right, np.str_), x, n),
    "MID": lambda x, a, n: _apply(_each(_mid, np.str_), x, a, n),
    "UPPER": lambda x: _apply(np.char.upper, x),
    "LOWER": lambda x: _apply(np.char.lower, x),
    "TRIM": lambda x: _apply(np.char.strip, x),
    "FIND": lambda part, x: _apply(lambda p, t: (np.char.find(t, p) + 1).astype(np.float64), part, x),
    "SUBSTITUTE": lambda x, old, new: _apply(_each(_substitute, np.str_), x, old, new),
    "TEXT": lambda x, places: _apply(_each(_written, np.str_), x, places),
    "VALUE": _value,
    "DATE": _date,
    "YEAR": _part("year"),
    "MONTH": _part("month"),
    "DAY": _part("day"),
    "DAYS": _between,
    "ADDDAYS": _after_days,
    "EDATE": lambda start, n: _after_months(start, n, last=False),
    "EOMONTH": lambda start, n: _after_months(start, n, last=True),
}
# what each argument is, and the result: t text, n number, d date
KINDS: Mapping[str, tuple[str, str]] = {
    "LEN": ("t", "n"), "LEFT": ("tn", "t"), "RIGHT": ("tn", "t"), "MID": ("tnn", "t"), "UPPER": ("t", "t"), "LOWER": ("t", "t"),
    "TRIM": ("t", "t"), "FIND": ("tt", "n"), "SUBSTITUTE": ("ttt", "t"), "TEXT": ("nn", "t"), "VALUE": ("t", "n"),
    "DATE": ("nnn", "d"), "YEAR": ("d", "n"), "MONTH": ("d", "n"), "DAY": ("d", "n"), "DAYS": ("dd", "n"),
    "ADDDAYS": ("dn", "d"), "EDATE": ("dn", "d"), "EOMONTH": ("dn", "d"),
}  # fmt: skip
