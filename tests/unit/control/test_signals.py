"""When a row runs out at this pace, and what a rush is: hand-checked days and shares."""

from datetime import date
from decimal import Decimal

import pytest

from bihuan.features.control.desk.signals import exhaustion, month_bounds, rush

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("consumed", "limit", "today", "expected"),
    [
        ("100", "365", date(2026, 4, 10), date(2026, 12, 31)),  # 1 a day on the 100th day: the last day of the year
        ("100", "366", date(2026, 4, 10), None),  # a day too much
        ("150", "300", date(2026, 3, 1), date(2026, 4, 30)),  # 60 days took half: the 120th day
        ("300", "300", date(2026, 3, 1), date(2026, 3, 1)),
        ("301", "300", date(2026, 3, 1), date(2026, 3, 1)),
        ("0", "300", date(2026, 3, 1), None),
        ("10", "0", date(2026, 3, 1), None),
        ("1", "3", date(2026, 1, 1), date(2026, 1, 3)),
        ("2", "3", date(2026, 1, 1), date(2026, 1, 2)),  # 1.5 days are two
        ("10", "20", date(2027, 1, 1), None),  # the window has ended
    ],
)
def test_the_day_of_exhaustion_at_this_pace(consumed: str, limit: str, today: date, expected: date | None) -> None:
    assert exhaustion(Decimal(consumed), Decimal(limit), *YEAR, today) == expected


def test_a_rush_is_more_than_twice_the_mean_before() -> None:
    tens = [Decimal(10)] * 3
    assert rush([*tens, Decimal(20)]) is None
    assert rush([*tens, Decimal("20.01")]) == Decimal("200.1")
    assert rush([Decimal(10), Decimal(10), Decimal(90)]) is None  # two months before say nothing
    assert rush([Decimal(0)] * 3 + [Decimal(5)]) is None
    assert rush([]) is None


def test_the_days_of_a_month() -> None:
    assert month_bounds("2028-02") == (date(2028, 2, 1), date(2028, 2, 29))
    assert month_bounds("2026-12") == (date(2026, 12, 1), date(2026, 12, 31))
    assert month_bounds("2026Q1") is None
    assert month_bounds("2026-13") is None
