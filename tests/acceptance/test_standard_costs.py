"""`models/standard-costs`: materials variances and flexible budgets of three workshops, of which one moves to another division in
July; two versions, legal entities beside the divisions, standards by property. Made up; the answers are worked out here again
from the entered cells, in fractions, and the expected files must say the same.
"""

import csv
from collections.abc import Callable, Iterable
from fractions import Fraction as F
from math import floor
from pathlib import Path

import pytest

from bihuan.features.modelling.answers import answers
from bihuan.features.modelling.package import read_package

PACKAGE = Path(__file__).parents[2] / "models" / "standard-costs"
QUARTERS = ("2026Q1", "2026Q2", "2026Q3", "2026Q4")
PLACES = ("N1", "N2", "B1", "N", "B", "HX", "LA", "LB")
COSTS = ("间接材料", "动力", "折旧", "管理人员工资")
PRODUCTS = ("书柜", "衣柜", "餐桌", "书桌")
GROUPS = {"柜类": ("书柜", "衣柜"), "桌类": ("餐桌", "书桌"), "全部产品": PRODUCTS, "全部费用": COSTS}

Key = tuple[str, ...]  # (org, product or cost, quarter)
Cells = dict[Key, F]


def rows(folder: str, cube: str) -> list[dict[str, str]]:
    with (PACKAGE / folder / f"{cube}.csv").open() as file:
        return list(csv.DictReader(file))


def entered(cube: str, dim: str, item: str, version: str) -> Cells:
    """What was entered, by place; blank cells are not there."""
    found = [row for row in rows("data", cube) if (row["item"], row["version"]) == (item, version)]
    return {(row["org"], row[dim], q): F(row[q]) for row in found for q in QUARTERS if row[q]}


def fen(x: F) -> F:
    whole = floor(abs(x) * 100 + F(1, 2))
    return F(whole, 100) * (1 if x >= 0 else -1)


def workshops(place: str, quarter: str) -> tuple[str, ...]:
    """Below a place in a quarter: the second workshop is the north's from July on."""
    moved = quarter >= "2026Q3"
    return {
        "N": ("N1",) if moved else ("N1", "N2"),
        "B": ("B1", "N2") if moved else ("B1",),
        "HX": ("N1", "N2", "B1"),
        "LA": ("N1", "B1"),
        "LB": ("N2",),
    }.get(place, (place,))


def total(cells: Cells, place: str, what: str, column: str) -> F | None:
    """The sum of what there is below; None where there is nothing."""
    quarters: Iterable[str] = QUARTERS if column == "2026" else (column,)
    keys = [(org, one, q) for q in quarters for org in workshops(place, q) for one in GROUPS.get(what, (what,))]
    there = [cells[key] for key in keys if key in cells]
    return sum(there, F(0)) if there else None


def standard(item: str) -> dict[str, F]:
    return {row["产品"]: F(row["value"]) for row in rows("data", "标准") if row["item"] == item and row["产品"]}


def hours() -> dict[str, F]:
    with (PACKAGE / "dimensions" / "产品.csv").open() as file:
        return {row["code"]: F(row["标准工时"]) for row in csv.DictReader(file) if row["标准工时"]}


def materials() -> dict[str, Cells]:
    """The materials variances of each workshop and product, in fen where they arise."""
    made = entered("生产", "产品", "产量", "实际")
    used = entered("生产", "产品", "实际用量", "实际")
    paid = entered("生产", "产品", "实际材料成本", "实际")
    amount, price = standard("标准用量"), standard("标准价格")
    return {
        "弹性材料成本": {k: fen(made[k] * amount[k[1]] * price[k[1]]) for k in made},
        "材料价格差异": {k: fen(paid[k] - used[k] * price[k[1]]) for k in made},
        "材料用量差异": {k: fen((used[k] - made[k] * amount[k[1]]) * price[k[1]]) for k in made},
    }


def overheads() -> dict[str, Cells]:
    """The flexible budget of each workshop and cost, and what was spent beyond it."""
    made, each = entered("生产", "产品", "产量", "实际"), hours()
    allowed = {
        (org, q): sum((made[org, p, q] * each[p] for p in PRODUCTS if (org, p, q) in made), F(0))
        for org in ("N1", "N2", "B1")
        for q in QUARTERS
    }
    data = rows("data", "费用")
    rate = {row["费用项目"]: F(row["value"]) for row in data if row["item"] == "变动分配率"}
    fixed = {(row["org"], row["费用项目"]): F(row["2026"]) for row in data if row["item"] == "固定预算"}
    spent = entered("费用", "费用项目", "实际费用", "实际")
    budget = {
        (org, cost, q): fen(allowed[org, q] * rate[cost] if cost in rate else fixed[org, cost] / 4)
        for org, cost, q in spent
    }
    return {"弹性预算": budget, "费用差异": {k: spent[k] - budget[k] for k in spent}}


def test_every_expected_cell_is_computed_and_equal() -> None:
    results = answers(read_package(PACKAGE))
    assert [one for one in results if not one.agrees] == []
    assert len(results) == 2527


@pytest.mark.parametrize(("cube", "dim", "worked"), [("生产", "产品", materials), ("费用", "费用项目", overheads)])
def test_the_expected_variances_follow_from_the_entered_cells(
    cube: str, dim: str, worked: Callable[[], dict[str, Cells]]
) -> None:
    checked = 0
    for item, cells in worked().items():
        for row in rows("expect", cube):
            for column in (*QUARTERS, "2026"):
                if row["item"] == item:
                    wanted = total(cells, row["org"], row[dim], column)
                    assert row[column] == "BLANK" if wanted is None else F(row[column]) == wanted, (item, row, column)
                    checked += 1
    assert checked > 300


def test_a_blank_output_has_no_variance_and_a_zero_output_has() -> None:
    """The third workshop entered nothing for the second quarter; the first entered 0 for the third."""
    flexible = {(r["org"], r["产品"]): r for r in rows("expect", "生产") if r["item"] == "弹性材料成本"}
    rates = {(r["org"], r["产品"]): r for r in rows("expect", "生产") if r["item"] == "差异率"}
    assert (flexible["B1", "书桌"]["2026Q2"], flexible["N1", "书桌"]["2026Q3"]) == ("BLANK", "0")
    assert (rates["B1", "书桌"]["2026Q2"], rates["N1", "书桌"]["2026Q3"]) == ("BLANK", "DIV_BY_ZERO")
