"""Limits that follow revenue: the share in numbers, what is not known, and how the text is read."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.features.control.linked import Linked
from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Policy, Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import ProblemsFound

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
FIVE = Linked("收入!金额", Decimal(5))


def policy(linked: Any, **more: Any) -> Policy:
    rule = {"code": "r", "window": "year", "by": {"org": "leaf"}, "linked": linked, **more}
    calendar = ControlCalendar((YearPeriods("2026", MONTHS),))
    return read_policy({"policy": "p", "rules": [rule]}, calendar=calendar, trees=Trees({"org": {"G": ""}}))


def known(*amounts: str | None) -> dict[str, Decimal]:
    return {m: Decimal(a) for m, a in zip(MONTHS, amounts, strict=False) if a is not None}


@pytest.mark.parametrize(
    ("revenue", "limit"),
    [
        (known("1000", "2000"), "150.00"),
        (known("0"), "0.00"),  # known to be nothing
        (known("0.19"), "0.00"),  # 0.0095, down
        (known("-1000"), "0.00"),
        (known("1000", "0", "-500"), "25.00"),
    ],
)
def test_a_limit_is_its_share_of_what_is_known(revenue: dict[str, Decimal], limit: str) -> None:
    found, reason = FIVE.limit(MONTHS, revenue)
    assert found == Decimal(limit)
    assert "× 5 % =" in reason


@pytest.mark.parametrize(
    ("revenue", "why"),
    [(known(), "没有数"), (known(None, "5"), "缺 2026-01"), (known("5", None, None, "5"), "缺 2026-02、2026-03")],
)
def test_missing_revenue_gives_nothing_not_even_the_least(revenue: dict[str, Decimal], why: str) -> None:
    limit, reason = Linked("收入!金额", Decimal(5), least=Decimal(100)).limit(MONTHS, revenue)
    assert limit == 0
    assert why in reason


def test_the_bounds_are_said_where_they_decide() -> None:
    bounded = Linked("收入!金额", Decimal(5), least=Decimal(100), most=Decimal(200))
    assert bounded.limit(MONTHS, known("1000")) == (
        Decimal(100),
        "实际 收入!金额 2026-01 至 2026-01 1,000.00 × 5 % = 50.00，不低于 100.00",
    )
    assert bounded.limit(MONTHS, known("9000"))[0] == 200
    assert bounded.limit(MONTHS, known("3000"))[0] == 150


@given(
    amounts=st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), min_size=1, max_size=4),
    percent=st.decimals(min_value="0.01", max_value=200, places=2),
)
def test_a_limit_is_never_above_the_exact_share_and_less_than_a_fen_below(
    amounts: list[Decimal], percent: Decimal
) -> None:
    limit, _ = Linked("收入!金额", percent).limit(MONTHS, dict(zip(MONTHS, amounts, strict=False)))
    exact = max(Fraction(0), sum(map(Fraction, amounts), Fraction(0)) * Fraction(percent) / 100)
    assert Fraction(limit) <= exact < Fraction(limit) + Fraction(1, 100)


def test_what_a_text_says_is_kept_and_read_back() -> None:
    found = policy({"item": "收入!金额", "version": "B2026", "percent": "5.5", "least": "0", "most": "100"})
    assert from_json(to_json(found)) == found
    assert found.follows_revenue
    assert not policy(None).follows_revenue


@pytest.mark.parametrize(
    ("linked", "more"),
    [
        ("5", {}),
        ({"percent": "5"}, {}),
        ({"item": "收入!金额"}, {}),
        ({"item": "收入!金额", "percent": "0"}, {}),
        ({"item": "收入!金额", "percent": "五"}, {}),
        ({"item": "收入!金额", "percent": "5", "least": "2", "most": "1"}, {}),
        ({"item": "收入!金额", "percent": "5", "least": "NaN"}, {}),
        ({"item": "收入!金额", "percent": "5", "when": "later"}, {}),
        ({"item": "收入!金额", "percent": "5"}, {"bands": [{"amount": "5", "do": "refuse"}]}),  # room without revenue
        ({"item": "收入!金额", "percent": "5"}, {"pools": {"org": {"甲": ["G"]}}}),
    ],
)
def test_a_text_that_cannot_be_meant_is_refused(linked: Any, more: dict[str, Any]) -> None:
    with pytest.raises(ProblemsFound) as refused:
        policy(linked, **more)
    assert {p.code for p in refused.value.problems} == {"bad_policy"}
