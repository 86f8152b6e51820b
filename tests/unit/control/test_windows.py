"""The windows of every mode: which contain a period, how they relate, and how their texts are read."""

from itertools import pairwise
from typing import Any, get_args

import pytest

from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Policy, Trees
from bihuan.features.control.windows import ControlCalendar, Extent, WindowMode, YearPeriods, spoken
from bihuan.kernel.errors import ProblemsFound


def year(code: str, *, quarters: int = 4) -> YearPeriods:
    months = tuple(f"{code}-{m:02d}" for m in range(1, 3 * quarters + 1))
    return YearPeriods(code, months, tuple((f"{code}Q{q + 1}", months[3 * q : 3 * q + 3]) for q in range(quarters)))


CALENDAR = ControlCalendar((year("2026"), year("2027")))
EXTENTS = {"sliding": Extent(length=3), "span": Extent(first="2026-11", last="2027-02")}
MODES: tuple[WindowMode, ...] = get_args(WindowMode)
TREES = Trees({"org": {"G": ""}})


@pytest.mark.parametrize(
    ("mode", "period", "windows"),
    [
        ("half", "2026-06", ("2026H1",)),
        ("half", "2026-07", ("2026H2",)),
        ("total", "2026-06", ("2026-01~2027-12",)),
        ("span", "2026-10", ()),
        ("span", "2026-11", ("2026-11~2027-02",)),
        ("span", "2027-02", ("2026-11~2027-02",)),
        ("span", "2027-03", ()),
        ("quarter_to_date", "2026-05", ("2026Q2≤2026-05", "2026Q2≤2026-06")),
        ("life", "2027-11", ("≤2027-11", "≤2027-12")),
        ("sliding", "2026-01", ("2026-01~2026-01", "2026-01~2026-02", "2026-01~2026-03")),
        ("sliding", "2026-12", ("2026-10~2026-12", "2026-11~2027-01", "2026-12~2027-02")),
        ("sliding", "2027-12", ("2027-10~2027-12",)),
    ],
)
def test_the_windows_that_contain_a_period(mode: WindowMode, period: str, windows: tuple[str, ...]) -> None:
    assert CALENDAR.windows(mode, period, EXTENTS.get(mode, Extent())) == windows


@pytest.mark.parametrize("mode", MODES)
def test_a_window_holds_exactly_the_periods_that_name_it_and_they_are_consecutive(mode: WindowMode) -> None:
    extent, at = EXTENTS.get(mode, Extent()), {p: i for i, p in enumerate(CALENDAR.periods)}
    named = {w for p in CALENDAR.periods for w in CALENDAR.windows(mode, p, extent)}
    assert named
    for window in named:
        inside = CALENDAR.periods_of(mode, window, extent)
        assert all(at[b] - at[a] == 1 for a, b in pairwise(inside))
        assert {p for p in CALENDAR.periods if window in CALENDAR.windows(mode, p, extent)} == set(inside)


def members(mode: WindowMode, extent: Extent = EXTENTS["span"]) -> set[tuple[str, ...]]:
    return {CALENDAR.periods_of(mode, w, extent) for p in CALENDAR.periods for w in CALENDAR.windows(mode, p, extent)}


def test_sliding_is_month_at_length_one_and_life_at_the_calendars_length() -> None:
    assert members("sliding", Extent(length=1)) == members("month")
    assert members("sliding", Extent(length=24)) == members("life")


def test_a_year_opens_every_window_one_of_its_documents_can_touch() -> None:
    for mode in MODES:
        extent = EXTENTS.get(mode, Extent())
        for period in CALENDAR.years[1].periods:
            opened = CALENDAR.all_windows(mode, CALENDAR.years[1].periods[0], extent)
            assert set(CALENDAR.windows(mode, period, extent)) <= set(opened), mode


def read(calendar: ControlCalendar = CALENDAR, **rule: Any) -> Policy:
    text = {"policy": "p", "rules": [{"code": "r", "by": {"org": "leaf"}, **rule}]}
    return read_policy(text, calendar=calendar, trees=TREES)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"window": "sliding"}, "length"),
        ({"window": "sliding", "length": "0"}, "1 to 24"),
        ({"window": "sliding", "length": "25"}, "1 to 24"),
        ({"window": "sliding", "length": "²"}, "1 to 24"),
        ({"window": "month", "length": "3"}, "belongs to window sliding"),
        ({"window": "span", "to": "2026-03"}, "from: nothing"),
        ({"window": "span", "from": "2026-04", "to": "2026-03"}, "not before 2026-04"),
        ({"window": "span", "from": "2025-12", "to": "2026-03"}, "2026-01 to 2027-12"),
        ({"window": "year", "to": "2026-03"}, "belongs to window span"),
    ],
)
def test_a_bad_extent_is_refused_and_says_what_it_should_be(rule: dict[str, str], told: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        read(**rule)
    assert told in str(found.value)


def test_modes_the_calendar_cannot_serve_are_refused() -> None:
    odd, none = ControlCalendar((year("2026", quarters=3),)), ControlCalendar((YearPeriods("2026", ("a", "b")),))
    assert read(odd, window="quarter_to_date")
    for calendar, mode in ((odd, "half"), (none, "half"), (none, "quarter"), (none, "quarter_to_date")):
        with pytest.raises(ProblemsFound, match="window"):
            read(calendar, window=mode)


@pytest.mark.parametrize(
    "rule",
    [{"window": "sliding", "length": "3"}, {"window": "span", "from": "2026-04", "to": "2027-03"}, {"window": "life"}],
)
def test_what_is_pinned_reads_back(rule: dict[str, str]) -> None:
    assert from_json(to_json(read(**rule))) == read(**rule)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ("2026≤2026-10", "2026 年累计至 2026-10"),
        ("2026Q2≤2026-05", "2026Q2 季累计至 2026-05"),
        ("≤2027-01", "历年累计至 2027-01"),
        ("2026-01~2026-03", "2026-01 至 2026-03"),
        ("2026Q1", "2026Q1"),
    ],
)
def test_a_window_in_words(window: str, words: str) -> None:
    assert spoken(window) == words
