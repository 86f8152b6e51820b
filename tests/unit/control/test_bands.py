"""Bands: thresholds by percent and amount, the strongest measure, and how their texts are read."""

from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.control.availability import Balance, Finding, explain
from bihuan.features.control.bands import Band, measure
from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Policy, Rule, Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import ProblemsFound

CALENDAR, TREES = ControlCalendar((YearPeriods("2026", ("2026-01",)),)), Trees({"org": {"G": ""}})
FIVE = (
    Band("notify", Decimal(70)),
    Band("confirm", Decimal(90)),
    Band("exception", Decimal(105), Decimal(5000)),
    Band("refuse", Decimal(120)),
)


@pytest.mark.parametrize(
    ("percent", "amount", "cap", "threshold"),
    [
        ("90", None, "1000", "900.00"),
        ("105", None, "33.33", "34.99"),  # 34.9965 down to the fen
        (None, "500", "1000", "1500.00"),
        (None, "-100", "1000", "900.00"),  # when 100 remain
        ("105", "500", "1000", "1050.00"),  # the percentage is reached first
        ("105", "500", "100000", "100500.00"),  # the amount is
        ("120", None, "-50", "-50.00"),
        ("80", None, "-50", "-50.00"),
        ("110", None, "0", "0.00"),
    ],
)
def test_a_threshold_is_reached_by_percent_or_amount_whichever_comes_first(
    percent: str | None, amount: str | None, cap: str, threshold: str
) -> None:
    band = Band("notify", None if percent is None else Decimal(percent), None if amount is None else Decimal(amount))
    assert band.threshold(Decimal(cap)) == Decimal(threshold)


@pytest.mark.parametrize(
    ("consumed", "found"),
    [
        ("0", "none"),
        ("70000.00", "none"),  # a threshold itself is not beyond it
        ("70000.01", "notify"),
        ("90000.01", "confirm"),
        ("105000.00", "confirm"),
        ("105000.01", "exception"),
        ("120000.01", "refuse"),
    ],
)
def test_the_strongest_measure_passed_is_the_answer(consumed: str, found: str) -> None:
    assert measure(FIVE, Decimal(100000), Decimal(consumed)) == found
    assert measure(FIVE[::-1], Decimal(100000), Decimal(consumed)) == found


def test_a_rule_with_bands_limits_documents_at_the_first_and_exceptions_at_the_last_limiting_band() -> None:
    rule = Rule("r", "r", "month", {}, bands=FIVE)
    assert (rule.hard_limit(Decimal(1000)), rule.last_limit(Decimal(1000))) == (Decimal(1050), Decimal(1200))
    watched = Rule("r", "r", "month", {}, bands=FIVE[:2])
    assert (watched.hard_limit(Decimal(1000)), watched.last_limit(Decimal(1000))) == (None, None)


def test_a_finding_says_which_measure_it_met_and_giving_room_back_meets_none() -> None:
    row = Balance(1, Rule("r", "规则", "month", {"org": "leaf"}, bands=FIVE), "[]", "2026-01", cap=Decimal(1000))

    def of(amount: int, start: Balance = row) -> Finding:
        return Finding.of(start, start.moved("reserved", Decimal(amount)))

    assert [(of(n).verdict, of(n).measure) for n in (700, 701, 901, 1050, 1051, 1201)] == [
        ("ok", "none"),
        ("warn", "notify"),
        ("warn", "confirm"),
        ("warn", "confirm"),
        ("refuse", "exception"),
        ("refuse", "refuse"),
    ]
    full = row.moved("executed", Decimal(2000))
    assert (of(-1, full).verdict, of(-1, full).measure) == ("ok", "none")
    assert "不受理超预算申请" in explain(of(1201))
    assert "不受理超预算申请" not in explain(of(1051))


def read(**rule: Any) -> Policy:
    text = {"policy": "p", "rules": [{"code": "r", "window": "month", "by": {"org": "leaf"}, **rule}]}
    return read_policy(text, calendar=CALENDAR, trees=TREES)


@pytest.mark.parametrize(
    ("bands", "told"),
    [
        ("90", "a list of"),
        ([{"do": "shout", "percent": "90"}], "one of none notify confirm exception refuse"),
        ([{"do": "notify"}], "a percent, an amount or both"),
        ([{"do": "notify", "percent": "-1"}], "from 0"),
        ([{"do": "notify", "percent": "1.005"}], "two decimals"),
        ([{"do": "notify", "amount": "viel"}], "two decimals"),
        ([{"do": "notify", "amount": "NaN"}], "two decimals"),
        ([{"do": "notify", "percent": "1", "colour": "red"}], "colour"),
        ([{"do": "notify", "percent": "1"}, {"do": "notify", "percent": "2"}], "each measure once"),
    ],
)
def test_bad_bands_are_refused_and_say_what_they_should_be(bands: Any, told: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        read(bands=bands)
    assert told in str(found.value)


def test_bands_stand_in_place_of_strength_and_tolerance() -> None:
    with pytest.raises(ProblemsFound, match="either bands or these"):
        read(bands=[{"do": "refuse", "percent": "100"}], strength="rigid")


def test_pinned_bands_read_back() -> None:
    policy = read(bands=[{"do": "exception", "percent": "105", "amount": "5000"}, {"do": "refuse", "amount": "-0.5"}])
    assert from_json(to_json(policy)) == policy
    assert policy.rules[0].bands[0] == Band("exception", Decimal(105), Decimal(5000))
