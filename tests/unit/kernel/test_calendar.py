"""Calendars of every base: axis, codes, groupings, partial years, fiscal years that do not begin in January."""

from datetime import date

import pytest

from bihuan.kernel.calendar import BadCalendar, Calendar, make_calendar
from bihuan.kernel.period import PeriodKey, parse_period


@pytest.mark.parametrize(
    ("base", "start", "end", "size", "groups"),
    [
        ("month", "2026-01", "2026-12", 12, {"quarter": 4, "half": 2, "year": 1}),
        ("period13", "2026P01", "2026P13", 13, {"year": 1}),
        ("week445", "2026W01", "2026W52", 52, {"month": 12, "quarter": 4, "half": 2, "year": 1}),
        ("quarter", "2026Q1", "2027Q4", 8, {"half": 4, "year": 2}),
        ("year", "2026", "2030", 5, {"year": 5}),
    ],
)
def test_each_base_has_its_leaf_periods_and_groupings(
    base: str, start: str, end: str, size: int, groups: dict[str, int]
) -> None:
    calendar = make_calendar(base, start, end)
    assert (calendar.codes[0], calendar.codes[-1], calendar.size) == (start, end, size)
    assert {name: len(calendar.groups(name)) for name in calendar.groupings} == groups
    for name in calendar.groupings:
        assert all(group.whole for group in calendar.groups(name))


def test_the_axis_runs_on_over_years_from_history_to_ahead() -> None:
    calendar = make_calendar("month", "2026-01", "2026-12", history=2, ahead=1)
    assert calendar.codes[:3] == ("2025-11", "2025-12", "2026-01")
    assert calendar.codes[-1] == "2027-01"
    assert calendar.plan_range == range(2, 14)
    assert calendar.years[:3] == (2025, 2025, 2026)
    assert calendar.numbers[:3] == (11, 12, 1)


def test_a_year_partly_on_the_axis_is_not_whole_and_knows_which_end_it_has() -> None:
    calendar = make_calendar("quarter", "2026Q1", "2026Q4", history=1, ahead=1)
    before, plan, after = calendar.groups("year")
    assert (before.code, before.whole, before.has_first, before.has_last, before.planned) == (
        "2025",
        False,
        False,
        True,
        False,
    )
    assert (plan.code, plan.whole, plan.start, plan.stop, plan.planned) == ("2026", True, 1, 5, True)
    assert (after.code, after.whole, after.has_first, after.has_last) == ("2027", False, True, False)
    assert calendar.group_of("year") == (0, 1, 1, 1, 1, 2)


def test_a_fiscal_year_is_named_after_the_calendar_year_it_ends_in() -> None:
    calendar = make_calendar("month", "2026-04", "2027-03", fiscal_start=4)
    assert calendar.codes == (*(f"2026-{m:02d}" for m in range(4, 13)), "2027-01", "2027-02", "2027-03")
    assert set(calendar.years) == {2027}
    assert calendar.numbers == tuple(range(1, 13))
    assert [g.code for g in calendar.groups("quarter")] == ["2027Q1", "2027Q2", "2027Q3", "2027Q4"]
    assert calendar.find("2026-12") == PeriodKey("base", 8)
    assert calendar.last_day(8) == date(2026, 12, 31)
    assert calendar.last_day(11) == date(2027, 3, 31)


def test_a_fiscal_quarter_that_starts_in_october_ends_in_december() -> None:
    calendar = make_calendar("quarter", "2027Q1", "2027Q4", fiscal_start=10)
    assert [calendar.last_day(i) for i in range(4)] == [
        date(2026, 12, 31),
        date(2027, 3, 31),
        date(2027, 6, 30),
        date(2027, 9, 30),
    ]


def test_weeks_make_months_of_four_four_and_five_weeks() -> None:
    calendar = make_calendar("week445", "2026W01", "2026W52")
    months = calendar.groups("month")
    assert [g.stop - g.start for g in months[:4]] == [4, 4, 5, 4]
    assert (months[2].code, months[2].start, months[2].stop) == ("2026M03", 8, 13)


def test_a_long_year_has_a_53rd_week_in_its_last_month() -> None:
    calendar = make_calendar("week445", "2025W50", "2026W02", long_years=(2025,))
    assert calendar.codes == ("2025W50", "2025W51", "2025W52", "2025W53", "2026W01", "2026W02")
    assert calendar.per_year(2025) == 53
    assert calendar.groups("month")[0].code == "2025M12"
    assert calendar.same_in_year(3, 1) is None


def test_the_same_period_a_year_ago_counts_by_number_not_by_distance() -> None:
    calendar = make_calendar("week445", "2026W01", "2027W52", long_years=(2026,))
    assert calendar.codes[calendar.same_in_year(53 + 9, -1) or 0] == "2026W10"


def test_finding_a_code_gives_leaf_periods_and_totals_and_nothing_off_the_axis() -> None:
    calendar = make_calendar("month", "2026-01", "2026-12")
    assert calendar.find("2026Q2") == PeriodKey("quarter", 1)
    assert calendar.find("2026H2") == PeriodKey("half", 1)
    assert calendar.find("2026") == PeriodKey("year", 0)
    assert calendar.find("2026-7") == PeriodKey("base", 6)
    for text in ("2027", "2026-13", "2026P01", "soon", "", "2026-01-01"):
        assert calendar.find(text) is None
    assert make_calendar("year", "2026", "2027").find("2026") == PeriodKey("base", 0)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (("fortnight", "2026-01", "2026-12"), "fortnight"),
        (("month", "2026Q1", "2026Q4"), "2026Q1"),
        (("month", "2026-13", "2026-14"), "2026-13"),
        (("month", "2026-12", "2026-01"), "2026-12 到 2026-01"),
        (("quarter", "2026Q5", "2026Q6"), "2026Q5"),
        (("month", "1900-01", "2999-12"), "1900-01 到 2999-12"),
    ],
)
def test_a_contradictory_calendar_is_refused_naming_what_was_found(given: tuple[str, str, str], found: str) -> None:
    with pytest.raises(BadCalendar) as error:
        make_calendar(*given)
    assert error.value.facts["found"] == found


MONTHS = make_calendar("month", "2026-04", "2027-03", history=3, fiscal_start=4)
WEEKS = make_calendar("week445", "2026W01", "2026W52")


@pytest.mark.parametrize(
    ("calendar", "text", "code"),
    [
        (MONTHS, "2026年4月", "2026-04"),
        (MONTHS, "2026年04月份", "2026-04"),
        (MONTHS, "2026/4", "2026-04"),
        (MONTHS, "2026.11", "2026-11"),
        (MONTHS, "202604", "2026-04"),
        (MONTHS, "2027年", "2027"),
        (MONTHS, "2027年一季度", "2027Q1"),
        (MONTHS, "2027年第2季度", "2027Q2"),
        (MONTHS, "2027年上半年", "2027H1"),
        (WEEKS, "2026年3月", "2026M03"),
        (WEEKS, "2026-03", "2026M03"),
        (WEEKS, "2026年第7周", "2026W07"),
        (MONTHS, "2029年4月", ""),  # not on the axis
        (MONTHS, "2026年第7周", ""),  # a calendar without weeks
        (MONTHS, "2026年4月1日", ""),
        (MONTHS, "上月", ""),
    ],
)
def test_a_period_written_another_way_is_recognised_for_the_message(calendar: Calendar, text: str, code: str) -> None:
    assert calendar.meant(text) == code


def test_the_forms_of_a_calendars_periods() -> None:
    assert MONTHS.forms == "2026-01 到 2027-03，合计 2026Q4、2026H2、2026 …"
    assert WEEKS.forms == "2026W01 到 2026W52，合计 2026M01、2026Q1、2026H1、2026 …"
    assert make_calendar("year", "2026", "2027").forms == "2026 到 2027"


@pytest.mark.parametrize("text", ["2026-01", "2026Q1", "2026P01", "2026W01", "2026H1", "2026", "2026M03"])
def test_a_code_reads_back_as_it_was_written(text: str) -> None:
    assert str(parse_period(text)) == text


def test_ordinary_names_are_no_period_codes() -> None:
    assert parse_period("2026年") is None
    assert parse_period("２０２６") is None
