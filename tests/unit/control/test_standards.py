"""Rate standards: what a line may cost, said in numbers; how their text is read; units that may not be added up."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.features.control.from_model import _mixed
from bihuan.features.control.model import BadAmount, quantity_of
from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Policy, Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import ProblemsFound

CALENDAR = ControlCalendar((YearPeriods("2026", ("2026-01", "2026-02")),))
TREES = Trees({"org": {"G": "", "销售": "G", "研发": "G"}, "item": {"费用!金额": "", "人力!人天": "", "人力!加班": ""}})
RULE = {"code": "r", "window": "month", "by": {"org": "leaf"}}
HOTEL: dict[str, Any] = {
    "code": "住宿",
    "unit": "晚",
    "ask": {"城市": ["一线", "二线"]},
    "rates": [
        {"price": "600", "where": {"城市": ["一线"], "org": ["销售"]}},
        {"price": "500", "where": {"城市": ["一线"]}},
        {"price": "350"},
    ],
}


def policy(*standards: Mapping[str, Any], rules: Any = (RULE,), **more: Any) -> Policy:
    text = {"policy": "p", "rules": list(rules), "standards": list(standards), **more}
    return read_policy(text, calendar=CALENDAR, trees=TREES)


def measured(found: Policy, spent: str, quantity: str | None = "3", org: str = "研发", **said: str) -> Any:
    (one,) = found.measured(
        {"org": org}, quantity=None if quantity is None else Decimal(quantity), said=said, spent=Decimal(spent)
    )
    return one


@pytest.mark.parametrize(
    ("org", "city", "allowed"),
    [("销售", "一线", 1800), ("研发", "一线", 1500), ("研发", "二线", 1050), ("销售", "二线", 1050)],
)
def test_the_first_rate_that_holds_is_the_price(org: str, city: str, allowed: int) -> None:
    one = measured(policy(HOTEL), "1", org=org, 城市=city)
    assert (one.allowed, one.measure, one.excess) == (allowed, "none", 0)


def test_a_line_is_told_in_quantity_price_standard_and_excess() -> None:
    one = measured(policy(HOTEL), "1620.00", 城市="一线")
    assert one.text() == "标准“住宿”：3 晚 × 标准 500.00 = 1,500.00；本行 1,620.00（每晚 540.00），超出 120.00。"
    assert (one.verdict, one.measure) == ("refuse", "exception")
    assert measured(policy(HOTEL), "1500.00", 城市="一线").text().endswith("，在标准之内。")


@pytest.mark.parametrize(
    ("quantity", "said", "fault"),
    [(None, {"城市": "一线"}, "没有填数量"), ("3", {}, "城市 为“空白”"), ("3", {"城市": "火星"}, "城市 为“火星”")],
)
def test_what_cannot_be_compared_does_not_pass_however_weak_the_standard(
    quantity: str | None, said: dict[str, str], fault: str
) -> None:
    watched = {**HOTEL, "bands": [{"percent": "100", "do": "none"}]}
    one = measured(policy(watched), "0.01", quantity, **said)
    assert fault in one.text()
    assert one.blocks
    assert one.measure == "refuse"


def test_a_place_without_a_rate_is_no_free_place() -> None:
    (one,) = policy({**HOTEL, "rates": HOTEL["rates"][:1]}).measured(
        {"org": "研发"}, quantity=Decimal(1), said={"城市": "二线"}, spent=Decimal("0.01")
    )
    assert "没有定标准" in one.text()
    assert one.blocks


def test_a_standard_for_other_lines_says_nothing() -> None:
    found = policy({**HOTEL, "where": {"org": ["销售"]}})
    assert found.measured({"org": "研发"}, quantity=None, said={}, spent=Decimal(1)) == ()


@given(
    quantity=st.decimals(min_value="0.0001", max_value=10_000, places=4),
    price=st.decimals(min_value="0.0001", max_value=100_000, places=4),
    spent=st.decimals(min_value="0.01", max_value=10**9, places=2),
)
def test_the_comparison_is_exact_to_the_fen_and_needs_no_division(
    quantity: Decimal, price: Decimal, spent: Decimal
) -> None:
    plain = policy({"code": "s", "unit": "件", "rates": [{"price": str(price)}]})
    one = measured(plain, str(spent), str(quantity))
    exact = Fraction(quantity) * Fraction(price)
    assert abs(Fraction(one.allowed) - exact) <= Fraction(1, 200)
    assert one.blocks == (spent > one.allowed)
    assert one.excess == max(spent - one.allowed, Decimal(0))


def test_what_a_text_says_is_kept_and_read_back() -> None:
    found = policy({**HOTEL, "strength": "flexible", "tolerance": "10", "where": {"org": ["G"]}})
    again = from_json(to_json(found))
    assert again == found
    assert "standards" not in to_json(policy())
    assert measured(again, "1650", 城市="一线").measure == "confirm"
    assert measured(again, "1650.01", 城市="一线").measure == "exception"


@pytest.mark.parametrize(
    "standards",
    [
        "住宿",
        [{"code": "s", "unit": "晚"}],
        [{"unit": "晚", "rates": [{"price": "1"}]}],
        [{"code": "s", "rates": [{"price": "1"}]}],
        [{"code": "s", "unit": "晚", "rates": [{"price": "0"}]}],
        [{"code": "s", "unit": "晚", "rates": [{"price": "十"}]}],
        [{"code": "s", "unit": "晚", "rates": [{"price": "1"}, {"price": "2"}]}],  # the second is never reached
        [{"code": "s", "unit": "晚", "rates": [{"price": "1", "where": {"org": ["火星"]}}]}],
        [{"code": "s", "unit": "晚", "rates": [{"price": "1", "where": {"城市": ["一线"]}}]}],  # nobody asks for it
        [
            {
                "code": "s",
                "unit": "晚",
                "ask": {"城市": ["一线"]},
                "rates": [{"price": "1", "where": {"城市": ["二线"]}}],
            }
        ],
        [{"code": "s", "unit": "晚", "ask": {"城市": []}, "rates": [{"price": "1"}]}],
        [{"code": "s", "unit": "晚", "rates": [{"price": "1"}], "strength": "rigid", "tolerance": "5"}],
        [{"code": "s", "unit": "晚", "rates": [{"price": "1"}], "strength": "hard"}],
        [
            {
                "code": "s",
                "unit": "晚",
                "rates": [{"price": "1"}],
                "bands": [{"percent": "100", "do": "refuse"}],
                "strength": "rigid",
            }
        ],
        [{"code": "s", "unit": "晚", "rates": [{"price": "1"}], "when": "later"}],
        [{"code": "s", "unit": "晚", "rates": [{"price": "1"}]}] * 2,
    ],
)
def test_a_text_that_cannot_be_meant_is_refused(standards: Any) -> None:
    with pytest.raises(ProblemsFound) as refused:
        read_policy({"policy": "p", "rules": [RULE], "standards": standards}, calendar=CALENDAR, trees=TREES)
    assert {p.code for p in refused.value.problems} == {"bad_policy"}


@pytest.mark.parametrize("quantity", ["0", "-1", "1.00001", "NaN", "三", "1e12"])
def test_a_quantity_is_above_zero_with_four_places_at_most(quantity: str) -> None:
    with pytest.raises(BadAmount):
        quantity_of(quantity, what="第 1 行")


@pytest.mark.parametrize(
    ("rule", "mixed"),
    [
        ({}, True),
        ({"where": {"item": ["人力!人天", "人力!加班"]}}, False),
        ({"where": {"item": ["费用!金额", "人力!加班"]}}, True),
        ({"by": {"item": "leaf"}}, False),
        ({"by": {"item": "leaf"}, "pools": {"item": {"甲": ["人力!人天", "费用!金额"]}}}, True),
        ({"by": {"item": "leaf"}, "pools": {"item": {"甲": ["人力!人天", "人力!加班"]}}}, False),
    ],
)
def test_a_rule_does_not_add_up_days_and_money(rule: dict[str, Any], mixed: bool) -> None:
    found = policy(rules=[{**RULE, **rule}], items=list(TREES.parents["item"]))
    units = {"费用!金额": "元", "人力!人天": "天", "人力!加班": "天"}
    assert bool(list(_mixed(found, units, "policies/p.yaml"))) == mixed
