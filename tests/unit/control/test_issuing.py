"""When released budget may be spent: parts by date, which add up whatever the day, and how the text is read."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.features.control.issuing import Issue, coming_of, place_of, read_issue, spoken
from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import ProblemsFound


def year(code: str, *, quarters: int = 4) -> YearPeriods:
    months = tuple(f"{code}-{m:02d}" for m in range(1, 13))
    return YearPeriods(code, months, tuple((f"{code}Q{q + 1}", months[3 * q : 3 * q + 3]) for q in range(quarters)))


CALENDAR = ControlCalendar((year("2026"), year("2027")))
RULE = {"code": "r", "window": "year", "by": {"org": "leaf"}}
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
ISSUES = [
    Issue("month"),
    Issue("quarter", ahead=2),
    Issue("half"),
    Issue("year"),
    Issue(steps=((1, Decimal("33.33")), (5, Decimal(70)), (12, Decimal(100)))),
]


def policy(issue: Any) -> Any:
    text = {"policy": "p", "rules": [RULE], "issue": issue}
    return read_policy(text, calendar=CALENDAR, trees=Trees({"org": {"G": ""}}))


@pytest.mark.parametrize(
    ("issue", "period", "first"),
    [
        (Issue("month"), "2026-05", "2026-05"),
        (Issue("quarter"), "2026-05", "2026-04"),
        (Issue("quarter", ahead=1), "2026-05", "2026-03"),
        (Issue("half"), "2026-12", "2026-07"),
        (Issue("year"), "2027-12", "2027-01"),
        (Issue("year", ahead=3), "2027-12", "2026-10"),
    ],
)
def test_a_cell_is_usable_from_the_first_period_of_its_part_of_the_year(issue: Issue, period: str, first: str) -> None:
    at = CALENDAR.periods.index(first)
    amount = Decimal("10.00")
    assert issue.withheld(CALENDAR, period, amount, at - 1) == amount
    assert issue.withheld(CALENDAR, period, amount, at) == 0


@given(
    amount=AMOUNTS, period=st.sampled_from(CALENDAR.periods), today=st.integers(-1, 23), issue=st.sampled_from(ISSUES)
)
def test_what_is_usable_and_what_is_to_come_are_the_whole_and_never_beyond_the_share(
    amount: Decimal, period: str, today: int, issue: Issue
) -> None:
    still = issue.withheld(CALENDAR, period, amount, today)
    assert sum((part for _, part in issue.coming(CALENDAR, period, amount, today)), Decimal(0)) == still
    shares = [percent for at, percent in issue.starts(CALENDAR, period) if at <= today]
    exact = Fraction(amount) * Fraction(max(shares, default=Decimal(0))) / 100
    usable = Fraction(amount - still)
    assert abs(usable) <= abs(exact) < abs(usable) + Fraction(1, 100)
    assert issue.withheld(CALENDAR, period, amount, 23) == 0  # by the last period all is usable


def test_the_parts_of_several_cells_are_added_up_by_when_they_come() -> None:
    cells = [("2026-05", Decimal(10)), ("2026-06", Decimal(20)), ("2026-10", Decimal(5)), ("2026-01", Decimal(9))]
    found = coming_of(Issue("quarter"), CALENDAR, cells, place_of(CALENDAR, "2026-02"))
    assert found == {"2026-04": Decimal(30), "2026-10": Decimal(5)}
    assert spoken(found) == "另有批复 35.00 未到下达时间：2026-04 起 30.00，2026-10 起 5.00。"
    assert spoken({}) == ""


def test_the_present_is_before_the_calendar_within_it_or_after_it() -> None:
    assert [place_of(CALENDAR, m) for m in ("2025-12", "2026-01", "2027-12", "2029-01")] == [-1, 0, 23, 23]


@pytest.mark.parametrize(
    "issue",
    [
        {"by": "quarter"},
        {"by": "month", "ahead": "2"},
        {"steps": [{"from": "1", "percent": "30"}, {"from": "7", "percent": "100"}]},
    ],
)
def test_what_a_text_says_is_kept_and_read_back(issue: Any) -> None:
    read = policy(issue)
    assert read.issue is not None
    assert from_json(to_json(read)) == read


def test_a_text_that_says_nothing_withholds_nothing() -> None:
    assert policy(None).issue is None
    assert "issue" not in to_json(policy(None))


@pytest.mark.parametrize(
    "issue",
    [
        "quarter",
        {"by": "week"},
        {"by": "quarter", "when": "later"},
        {"by": "quarter", "ahead": "-1"},
        {"by": "quarter", "ahead": "一"},
        {"by": "quarter", "steps": []},
        {"steps": []},
        {"steps": "1:100"},
        {"steps": [{"from": "1", "percent": "50"}]},  # never all of it
        {"steps": [{"from": "0", "percent": "100"}]},
        {"steps": [{"from": "2", "percent": "50"}, {"from": "2", "percent": "100"}]},
        {"steps": [{"from": "1", "percent": "60"}, {"from": "2", "percent": "50"}]},
        {"steps": [{"from": "1", "percent": "NaN"}]},
        {"steps": [{"from": "1"}]},
    ],
)
def test_a_text_that_cannot_be_meant_is_refused(issue: Any) -> None:
    with pytest.raises(ProblemsFound) as refused:
        policy(issue)
    assert {p.code for p in refused.value.problems} == {"bad_policy"}


def test_a_calendar_without_quarters_has_no_quarters_to_issue_by() -> None:
    problems: list[str] = []
    bare = ControlCalendar((year("2026", quarters=0),))
    assert (
        read_issue({"by": "quarter"}, bare, lambda where, _found, expected: problems.append(where + expected)) is None
    )
    assert len(problems) == 1
