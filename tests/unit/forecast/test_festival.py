"""The days of the Spring Festival, computed a second way: from the moon and the sun."""

from datetime import UTC, date, datetime, timedelta
from math import floor, radians, sin

import numpy as np
import pytest

from bihuan.features.forecast.festival import FIRST_DAYS, effects, spans_of
from bihuan.kernel.calendar import make_calendar


def new_moon(k: int) -> datetime:
    """The k-th new moon since 2000-01-06, UTC, good to a few minutes (Meeus, chapter 49, the largest terms)."""
    t = k / 1236.85
    jde = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t
    m = radians(2.5534 + 29.10535670 * k)
    mp = radians(201.5643 + 385.81693528 * k)
    f = radians(160.7108 + 390.67050284 * k)
    jde += -0.40720 * sin(mp) + 0.17241 * sin(m) + 0.01608 * sin(2 * mp) + 0.01039 * sin(2 * f)
    jde += 0.00739 * sin(mp - m) - 0.00514 * sin(mp + m) + 0.00208 * sin(2 * m) - 0.00111 * sin(mp - 2 * f)
    return datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(days=jde - 2451545.0) - timedelta(seconds=70)


def sun_longitude(at: datetime) -> float:
    """Apparent longitude of the sun in degrees, good to a hundredth."""
    t = ((at - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400) / 36525
    mean, m = 280.46646 + 36000.76983 * t, radians(357.52911 + 35999.05029 * t)
    true = mean + (1.914602 - 0.004817 * t) * sin(m) + 0.019993 * sin(2 * m)
    return (true - 0.00569 - 0.00478 * sin(radians(125.04 - 1934.136 * t))) % 360


def beijing(at: datetime) -> date:
    return (at + timedelta(hours=8)).date()


def term(year: int, degrees: int, month: int) -> date:
    """The day in Beijing on which the sun reaches a longitude, looked for around the middle of a month."""
    at = datetime(year, month, 15, tzinfo=UTC)
    for _ in range(20):
        at += timedelta(days=((degrees - sun_longitude(at) + 180) % 360 - 180) * 365.2422 / 360)
    return beijing(at)


def lunar_new_year(year: int) -> date:
    """The second month after the one that holds the winter solstice, a leap month (one without a principal term, in a year of
    thirteen) not counted."""
    k = floor((year - 1 - 2000) * 12.3685) + 9
    moons = [beijing(new_moon(k + n)) for n in range(22)]
    first = max(i for i, day in enumerate(moons) if day <= term(year - 1, 270, 12))
    last = max(i for i, day in enumerate(moons) if day <= term(year, 270, 12))
    if last - first == 12:
        return moons[first + 2]
    terms = [term(year, 300, 1), term(year, 330, 2), term(year, 0, 3), term(year, 30, 4)]
    leap = [i for i in (1, 2) if not any(moons[first + i] <= day < moons[first + i + 1] for day in terms)]
    return moons[first + (3 if leap else 2)]


def test_every_day_of_the_table_is_the_new_moon_that_the_rules_of_the_calendar_choose() -> None:
    assert [d.year for d in FIRST_DAYS] == list(range(2010, 2041))
    assert [lunar_new_year(d.year) for d in FIRST_DAYS] == list(FIRST_DAYS)


def test_the_windows_of_a_year_fall_where_they_are_counted_by_hand() -> None:
    calendar = make_calendar("month", "2025-01", "2026-12")
    now = effects(spans_of(calendar))
    # 2025-01-29: the ten days before it all in January; of the fifteen from it on, three (29, 30, 31) in January
    assert now[0, 0] - now[12, 0] == pytest.approx(1.0 - 0.0)
    assert now[0, 1] - now[12, 1] == pytest.approx(3 / 15 - 0.0)
    # 2026-02-17: the days before it (7 to 16) in February; of those from it on twelve, and three in March
    assert now[13, 0] - now[1, 0] == pytest.approx(1.0 - 0.0)
    assert now[13, 1] - now[1, 1] == pytest.approx(12 / 15 - 12 / 15)
    assert now[14, 1] - now[2, 1] == pytest.approx(3 / 15 - 0.0)


def test_what_is_the_same_every_year_is_left_to_the_season() -> None:
    calendar = make_calendar("month", "2010-01", "2040-12")
    now = effects(spans_of(calendar)).reshape(31, 12, 2)
    assert np.allclose(now.mean(axis=0), 0.0, atol=1e-12)
    assert np.allclose(now[:, 3:11], 0.0)


def test_quarters_and_thirteen_periods_have_windows_too() -> None:
    for base, start, end in (("quarter", "2025Q1", "2026Q4"), ("period13", "2025P01", "2026P13")):
        calendar = make_calendar(base, start, end)
        assert effects(spans_of(calendar)).shape == (calendar.size, 2)
