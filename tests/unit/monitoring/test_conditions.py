"""Conditions of alerts: the language's own names, units and blanks; the reference page names every measure."""

from decimal import Decimal as D
from pathlib import Path

import pytest

from bihuan.features.monitoring.alert_text import fill_title
from bihuan.features.monitoring.conditions import MEASURES, check, holds
from bihuan.kernel.errors import ProblemsFound

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("when", "rows", "expected"),
    [
        ("执行 > 预算", [{"执行": D("100.01"), "预算": D("100.00")}, {"执行": D("100.00"), "预算": D("100.00")}], [True, False]),
        ("执行率 > 时间进度 + 5%", [{"执行率": D(r), "时间进度": D("0.75")} for r in ("0.81", "0.80")], [True, False]),
        ("可用 / 月均执行 < 剩余期数", [{"可用": D(10), "月均执行": D(5), "剩余期数": D(3)}], [True]),  # 元 ÷ 元/期 = 期
        ("不利差异率 >= 5% OR 预算 = 0", [{"不利差异率": None, "预算": None}], [False]),  # blank is not zero
        ("执行 / 预算 > 1", [{"执行": D(3), "预算": D(0)}], [False]),  # an error is not true
        ("最久预占天数 > 60", [{"最久预占天数": D(61)}, {"最久预占天数": None}], [True, False]),
    ],
)  # fmt: skip
def test_a_condition_reads_like_any_formula(when: str, rows: list[dict[str, D | None]], expected: list[bool]) -> None:
    check(when)
    assert holds(when, rows) == expected


@pytest.mark.parametrize(
    "when", ["执行", "执行 > 人数", "执行 + 执行率 > 1", "YTD(执行) > 1", "执行 > AVERAGE(执行 OVER 行)", "执行 >"]
)
def test_what_is_no_condition_of_one_place_is_refused(when: str) -> None:
    with pytest.raises(ProblemsFound):
        check(when, file="alerts/x.yaml")


def test_a_title_fills_in_names_and_nothing_else() -> None:
    assert fill_title("{org} 超 {执行} {x!r}", {"org": "甲", "执行": "1.00"}) == "甲 超 1.00 "


def test_the_reference_page_names_every_measure_with_unit_and_meaning() -> None:
    page = (ROOT / "docs" / "reference" / "alerts.md").read_text("utf-8")
    assert all(f"| `{name}` | {unit} | {meaning} |" in page for name, (unit, meaning) in MEASURES.items())
