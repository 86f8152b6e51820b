"""What a policy text says of transfers and supplements; their arithmetic stands in the tables of tests/conformance (D13)."""

from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.control.model import BadTransfer, BudgetCell
from bihuan.features.control.move_rules import Before, MoveRules, Place, require_bounds, require_open
from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Policy, Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import ProblemsFound

CALENDAR = ControlCalendar((YearPeriods("2026", ("2026-01", "2026-02")),))
TREES = Trees({"org": {"G": "", "A": "G"}, "account": {"费用": "", "差旅": "费用", "会议": "费用"}})
FULL = {
    "history": "no",
    "barred": {"account": ["会议"]},
    "same": {"org": "1", "account": "leaf"},
    "groups": {"account": {"甲": ["差旅"], "乙": ["会议"]}},
    "gives_most": "20",
    "takes_most": "12.5",
    "times": "3",
}
PLACE = Place((("org", "A"),), "2026")


def read(**more: Any) -> Policy:
    text = {"policy": "p", "rules": [{"code": "r", "window": "month", "by": {"org": "leaf"}}], **more}
    return read_policy(text, calendar=CALENDAR, trees=TREES)


def test_what_is_read_is_kept_and_read_back_the_same() -> None:
    policy = read(transfers=FULL, supplements={"history": "no", "barred": {"org": ["A"]}})
    assert from_json(to_json(policy)) == policy
    assert policy.transfers.same == {"org": 1, "account": None}
    assert (policy.transfers.gives_most, policy.transfers.takes_most) == (Decimal(20), Decimal("12.5"))
    assert policy.supplements == MoveRules(history=False, barred={"org": ("A",)})
    assert not {"transfers", "supplements"} & to_json(read()).keys()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"transfers": "any"}, "a mapping"),
        ({"transfers": {"most": "20"}}, "most"),
        ({"supplements": {"times": "2"}}, "barred history"),
        ({"transfers": {"history": "maybe"}}, "yes or no"),
        ({"transfers": {"barred": {"account": ["没有"]}}}, "没有"),
        ({"transfers": {"same": {"colour": "1"}}}, "colour"),
        ({"transfers": {"same": {"org": "low"}}}, "leaf or a level"),
        ({"transfers": {"same": "org"}}, "dimension: level"),
        ({"transfers": {"groups": {"account": ["差旅"]}}}, "dimension: {name: [members]}"),
        ({"transfers": {"groups": {"account": {"甲": ["差旅"], "乙": ["差旅"]}}}}, "each member in one group"),
        ({"transfers": {"groups": {"account": {"甲": ["没有"]}}}}, "没有"),
        ({"transfers": {"gives_most": "-1"}}, "a percentage from 0"),
        ({"transfers": {"takes_most": "NaN"}}, "a percentage from 0"),
        ({"transfers": {"times": "0"}}, "a whole number from 1"),
        ({"transfers": {"times": "9" * 5000}}, "a whole number from 1"),
        ({"transfers": {"same": {"org": "9" * 5000}}}, "leaf or a level"),
        ({"transfers": {"times": "1.5"}}, "a whole number from 1"),
    ],
)
def test_a_faulty_text_says_what_is_wrong(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ProblemsFound) as refused:
        read(**said)
    assert any(told in f"{p.found} {p.expected}" for p in refused.value.problems)


def test_the_refusal_says_the_bound_in_numbers_and_what_is_left() -> None:
    rules = MoveRules(gives_most=Decimal(20))
    before = {PLACE: Before(original=Decimal("1000.00"), given=Decimal("150.00"))}
    require_bounds(rules, {PLACE: Decimal("-50.00")}, before)
    with pytest.raises(BadTransfer) as refused:
        require_bounds(rules, {PLACE: Decimal("-50.01")}, before)
    for part in ("org A 2026 年", "1,000.00 的 20%", "200.00", "还可调出 50.00", "这次 50.01"):
        assert part in str(refused.value)


def test_a_place_without_a_positive_original_budget_gives_and_takes_nothing() -> None:
    rules = MoveRules(gives_most=Decimal(20), takes_most=Decimal(20))
    for amount in (Decimal("-0.01"), Decimal("0.01")):
        for original in (Decimal(0), Decimal(-100)):
            with pytest.raises(BadTransfer):
                require_bounds(rules, {PLACE: amount}, {PLACE: Before(original=original)})


def test_a_period_that_ended_moves_only_where_history_may() -> None:
    cells = [BudgetCell({"org": "A"}, "2026-02", Decimal(1)), BudgetCell({"org": "A"}, "2026-01", Decimal(-1))]
    require_open(MoveRules(), cells, {"2026-01"})
    require_open(MoveRules(history=False), cells, set())
    with pytest.raises(BadTransfer, match="2026-01 已经过去"):
        require_open(MoveRules(history=False), cells, {"2026-01"})
