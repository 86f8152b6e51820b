"""Why a sum over members or periods is what it is: its cells, the largest first, each with the place it stands at."""

from typing import Any

import pytest
from tests.sheets import dimension, entered, model, ref

from bihuan.engine.definition import CalendarDefinition
from bihuan.engine.sheet import Sheet
from bihuan.kernel.period import PeriodKey

CITY = dimension("城市", ["京", "沪"])
SHOP = dimension(
    "店",
    {"全部": ["甲", "乙", "丙"]},
    properties={"甲": {"城市": "京", "类": "大"}, "乙": {"城市": "沪", "类": "小"}, "丙": {"城市": "京", "类": "大"}},
    references={"城市": "城市"},
)
ITEMS: dict[str, Any] = {
    "量": {"unit": "件", "dims": ("period", "店")},
    "价": {"unit": "元/件", "dims": ("period", "店")},
    "总": {"unit": "?", "dims": ("period",)},
    "城": {"unit": "?", "dims": ("period", "城市")},
    "店值": {"unit": "?", "dims": ("period", "店")},
}
DATA = {
    "量": {("甲",): [1, 2, 3, 4], ("乙",): [10, 0, None, 5], ("丙",): [3, 3, 3, -30]},
    "价": {("甲",): [100, 100, 100, 100], ("乙",): [2, 2, 2, 2], ("丙",): [5, 5, 5, 5]},
}


def told(formula: str, item: str, members: tuple[str, ...] = (), quarter: int = 0) -> list[tuple[str, str, int, float]]:
    made = model((SHOP, CITY), ITEMS, formula, CalendarDefinition("quarter", "2026Q1", "2026Q4"))
    sheet = Sheet.build(made, {ref(k): entered(made, ref(k), rows) for k, rows in DATA.items()})
    dims = made.items[ref(item)].dims
    key = [made.dimensions[d].by_code[m].id for d, m in zip(dims, members, strict=True)]
    found = sheet.explain(ref(item), key, PeriodKey("base", quarter))
    assert found.how == "formula"
    names = {m.id: m.code for m in made.dimensions["店"].members}
    return [(o.item.item, names[o.members[0]], o.period.index if o.period else -1, o.value) for o in found.operands]


def test_the_cells_of_a_sum_over_members_the_largest_first() -> None:
    assert told("总 = SUM(量 OVER 店) + 1", "总") == [("量", "乙", 0, 10), ("量", "丙", 0, 3), ("量", "甲", 0, 1)]
    assert told("总 = SUM(量 OVER 店)", "总", quarter=2) == [("量", "甲", 2, 3), ("量", "丙", 2, 3)]  # a blank is none


def test_each_product_with_both_its_factors_where_the_condition_holds() -> None:
    formula = '总 = SUM(量 * 价 OVER 店 WHERE 店.类 = "大")'
    assert told(formula, "总") == [("量", "甲", 0, 1), ("价", "甲", 0, 100), ("量", "丙", 0, 3), ("价", "丙", 0, 5)]


def test_cells_by_a_property_over_periods_and_of_a_cash_flow() -> None:
    assert told("城 = SUM(量 BY 店.城市)", "城", ("京",)) == [("量", "丙", 0, 3), ("量", "甲", 0, 1)]
    assert told("店值 = SUM(量 OVER 期间)", "店值", ("乙",)) == [
        ("量", "乙", 0, 10),
        ("量", "乙", 3, 5),
        ("量", "乙", 1, 0),
    ]
    assert told("店值 = NPV(10%, 量 OVER 期间)", "店值", ("丙",))[0] == ("量", "丙", 3, -30)


def test_what_was_moved_in_time_is_named_where_it_stands() -> None:
    assert told("总 = SUM(PREV(量) OVER 店)", "总", quarter=1)[0] == ("量", "乙", 0, 10)


@pytest.mark.parametrize("formula", ["总 = SUM(SUM(量 OVER 店) OVER 期间)", "店值 = SHARE(100 BY 量 OVER 店)"])
def test_sums_of_sums_and_shares_are_told_too(formula: str) -> None:
    item = formula.split(" ", maxsplit=1)[0]
    assert told(formula, item, ("甲",) if item == "店值" else ())
