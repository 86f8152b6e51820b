"""Windows, keys and the refusal of bad policy texts."""

from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.control.availability import Balance, Finding, explain, judge
from bihuan.features.control.model import UnresolvableKey
from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Policy, Rule, Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import ProblemsFound

MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 13))
YEAR = YearPeriods("2026", MONTHS, tuple((f"2026Q{q + 1}", MONTHS[3 * q : 3 * q + 3]) for q in range(4)))
CALENDAR = ControlCalendar((YEAR,))
TREES = Trees({"org": {"G": "", "A": "G", "A1": "A", "A2": "A", "B": "G"}, "account": {"X": "", "X1": "X", "X2": "X"}})


def policy(*rules: dict[str, Any], **more: Any) -> Policy:
    return read_policy({"policy": "p", "rules": list(rules), **more}, calendar=CALENDAR, trees=TREES)


@pytest.mark.parametrize(
    ("mode", "windows"),
    [
        ("month", ("2026-11",)),
        ("quarter", ("2026Q4",)),
        ("year", ("2026",)),
        ("cumulative", ("2026≤2026-11", "2026≤2026-12")),
    ],
)
def test_a_document_touches_every_window_that_contains_its_period(mode: Any, windows: tuple[str, ...]) -> None:
    assert CALENDAR.windows(mode, "2026-11") == windows


def test_a_prefix_window_holds_all_periods_up_to_its_end() -> None:
    assert CALENDAR.periods_of("cumulative", "2026≤2026-03") == MONTHS[:3]
    assert CALENDAR.periods_of("quarter", "2026Q2") == MONTHS[3:6]


@pytest.mark.parametrize(
    ("by", "member", "component"),
    [("leaf", "A1", "A1"), ("0", "A1", "G"), ("1", "A1", "A"), ("2", "A1", "A1"), ("2", "B", "B")],
)
def test_a_key_rolls_up_to_the_level_asked_and_a_shallower_member_stands_for_itself(
    by: str, member: str, component: str
) -> None:
    scheme = policy({"code": "r", "window": "month", "by": {"org": by}})
    ((_, key),) = scheme.matching({"org": member})
    assert key == f'[["org", "{component}"]]'


def test_a_filter_on_a_parent_takes_in_all_below_and_nothing_else() -> None:
    scheme = policy({"code": "r", "window": "month", "by": {}, "where": {"org": ["A"]}})
    assert [bool(scheme.touched({"org": o}, "2026-01")) for o in ("A", "A2", "B", "G")] == [True, True, False, False]


@pytest.mark.parametrize("coordinate", [{}, {"org": ""}, {"org": "no such"}])
def test_a_blank_or_unknown_member_never_resolves_even_where_only_a_filter_looks(coordinate: dict[str, str]) -> None:
    scheme = policy({"code": "r", "window": "month", "by": {}, "where": {"org": ["A"]}})
    with pytest.raises(UnresolvableKey, match="org"):
        scheme.touched(coordinate, "2026-01")


def test_every_problem_of_a_text_is_told_at_once() -> None:
    bad = {
        "policy": "p",
        "unbudgeted": "maybe",
        "rules": [
            {"code": "r", "window": "week", "by": {"colour": "leaf"}, "strength": "hard", "stages": ["spent"]},
            {"code": "r", "window": "month", "by": {"org": "top"}, "where": {"org": ["Z"]}, "tolerance": "5"},
        ],
    }
    with pytest.raises(ProblemsFound) as found:
        read_policy(bad, calendar=CALENDAR, trees=TREES)
    told = str(found.value)
    for word in ("maybe", "week", "colour", "hard", "spent", "top", "Z", "tolerance", "each code once"):
        assert word in told


def test_a_pinned_policy_reads_back_as_it_was() -> None:
    scheme = policy(
        {"code": "a", "window": "cumulative", "by": {"org": "1"}, "strength": "flexible", "tolerance": "7.5"},
        {"code": "b", "window": "year", "by": {"account": "leaf"}, "pools": {"account": {"池": ["X1", "X2"]}}},
    )
    assert from_json(to_json(scheme)) == scheme


@pytest.mark.parametrize(
    ("strength", "tolerance", "cap", "limit"),
    [
        ("rigid", "0", "100", "100"),
        ("flexible", "10", "100", "110.00"),
        ("flexible", "0.1", "33.33", "33.36"),  # 33.36333 down to the fen
        ("flexible", "10", "-50", "-50.00"),  # a negative cap gets no tolerance
        ("flexible", None, "100", None),
    ],
)
def test_the_limit_is_the_cap_and_its_tolerance_rounded_down(
    strength: Any, tolerance: str | None, cap: str, limit: str | None
) -> None:
    rule = Rule("r", "r", "month", {}, strength=strength, tolerance=None if tolerance is None else Decimal(tolerance))
    assert rule.hard_limit(Decimal(cap)) == (None if limit is None else Decimal(limit))


def test_a_row_judges_only_what_takes_room() -> None:
    rule = Rule("r", "规则", "month", {"org": "leaf"})
    over = Balance(1, rule, '[["org", "A1"]]', "2026-01", cap=Decimal(100), executed=Decimal(130), forced=Decimal(30))
    assert judge(over, over.moved("reserved", Decimal(1))) == "refuse"
    assert judge(over, over.moved("executed", Decimal(-1))) == "ok"
    assert judge(over, over.moved("budget", Decimal(10))) == "ok"
    assert judge(over, over.moved("budget", Decimal(-10))) == "refuse"
    told = explain(Finding(over, Decimal(5), "refuse"))
    assert (
        "可用 -30.00 = 批复 0.00 + 调整 100.00 − 预占 0.00 − 占用 0.00 − 执行 130.00；本次申请 5.00，超出 35.00" in told
    )


def test_a_stage_the_rule_does_not_count_changes_nothing() -> None:
    rule = Rule("r", "r", "month", {}, stages=("executed",))
    row = Balance(1, rule, "[]", "2026-01", cap=Decimal(100))
    assert row.moved("reserved", Decimal(500)) == row
    assert row.moved("executed", Decimal(5)).available == 95
