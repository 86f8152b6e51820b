"""The Spring Festival moves between January and February: its days, and what share of them falls into each period.

First day of the first lunar month (正月初一), as fixed by GB/T 33661-2017 (compilation and promulgation of the Chinese
calendar) and published each year by the Purple Mountain Observatory. A test computes the same days from the moon.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from bihuan.kernel.calendar import Calendar

_DAYS = """
    2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05
    2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13
    2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24
    2040-02-12
"""
FIRST_DAYS: tuple[date, ...] = tuple(date.fromisoformat(text) for text in _DAYS.split())
# days relative to the first day, both ends included: the weeks when orders are rushed, and those when work stands still
WINDOWS: tuple[tuple[int, int], ...] = ((-10, -1), (0, 14))
Floats = NDArray[np.float64]


def spans_of(calendar: Calendar) -> list[tuple[date, date]]:
    """First and last day of every leaf period of the axis."""
    last = [calendar.last_day(i) for i in range(calendar.size)]
    one = timedelta(days=1)
    first = [day + one for day in last[:-1]]
    alone = calendar.base == "month" or len(last) == 1
    opening = last[0].replace(day=1) if alone else last[0] - (last[1] - last[0]) + one
    return list(zip([opening, *first], last, strict=True))


def effects(spans: Sequence[tuple[date, date]]) -> Floats:
    """float64[periods, windows]: the share of each window's days in the period, less its mean over the table's years.

    Less the mean, because what is the same every year belongs to the season; a year outside the table counts as an
    average one.
    """
    usual = np.array([[_share(_in_year(span, day.year), day) for day in FIRST_DAYS] for span in spans])
    usual = usual.reshape(len(spans), len(FIRST_DAYS), len(WINDOWS)).mean(axis=1)
    now = np.array([_of_own_year(span, mean) for span, mean in zip(spans, usual, strict=True)])
    return np.asarray(now.reshape(len(spans), len(WINDOWS)) - usual)


def _of_own_year(span: tuple[date, date], mean: Floats) -> Floats:
    known = [day for day in FIRST_DAYS if abs((day - span[0]).days) < 200]
    if not known:
        return mean
    return np.asarray(np.sum([_share(span, day) for day in known], axis=0))


def _share(span: tuple[date, date], day: date) -> list[float]:
    """Of each window around ``day`` the share that lies in the span."""
    out = []
    for start, stop in WINDOWS:
        first, last = day + timedelta(days=start), day + timedelta(days=stop)
        days = (min(last, span[1]) - max(first, span[0])).days + 1
        out.append(max(0, days) / (stop - start + 1))
    return out


def _in_year(span: tuple[date, date], year: int) -> tuple[date, date]:
    """The like span of another year (29 February becomes 28)."""
    return _moved(span[0], year - span[0].year), _moved(span[1], year - span[0].year)


def _moved(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
