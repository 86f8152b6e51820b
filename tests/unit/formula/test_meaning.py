"""What formulas give, worked out by hand: blanks, errors, time, rounding, regions, totals. The vectorised engine and the
naive evaluator must both give it.

Quarters of 2026 are the plan, 2025Q4 is history, 2027Q1 is ahead. At product 甲 (A):

      2025Q4  Q1   Q2   Q3   Q4   2027Q1
    x    5    10   20   空   40    60
    y   空   100   空   空  -50    空
    z   空     0    0    5   空    空        product 乙 (B): x is 1 in every quarter of the plan
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.models import package
from tests.naive import of_package

from bihuan.engine.formula.bound import ItemRef, Read
from bihuan.engine.formula.graph import walk
from bihuan.engine.localise import localised
from bihuan.engine.sheet import Edits
from bihuan.features.modelling.answers import plain, sheets_of
from bihuan.features.modelling.package import Package
from bihuan.kernel.state import State

ITEMS = """\
x: {unit: "?", time: sum, total: sum}
y: {unit: "?"}
z: {unit: "?"}
w: {unit: "?", dims: [期间, 部门]}
目标: {unit: "?", TOTALS}
单数: {unit: "?", dims: [period]}
定值: {unit: "?", dims: []}
分部: {unit: "?", dims: [期间, 部门]}
年度: {unit: "?", dims: ["period:year", 产品], time: last}"""
DATA = """\
item,产品,部门,2025Q4,2026Q1,2026Q2,2026Q3,2026Q4,2027Q1
x,A,,5,10,20,,40,60
x,B,,,1,1,1,1,
y,A,,,100,,,-50,
z,A,,,0,0,5,,
w,,一部,,1,,,,
w,,二部,,2,,,,
w,,三部,,4,,,,
"""
Value = int | float | str | bool | None
QUARTERS = ("2026Q1", "2026Q2", "2026Q3", "2026Q4")
DIV, BAD = "DIV_BY_ZERO", "BAD_NUMBER"


def model(folder: Path, formulas: str, totals: str = "time: none") -> Package:
    return package(folder, formulas, ITEMS.replace("TOTALS", totals), 表=DATA)


def read(
    found: Package, item: str, members: tuple[str, ...], periods: tuple[str, ...], version: str = "预算"
) -> list[Value]:
    """The cells by the naive evaluator, after the engine gave the same."""
    ref = ItemRef("表", item)
    compiled = found.model.items[ref]
    ids = [found.model.dimensions[d].by_code[m].id for d, m in zip(compiled.dims, members, strict=True)]
    naive, sheet = of_package(found, version), sheets_of(found)[version]
    out: list[Value] = []
    for period in periods:
        key = found.model.calendar.find(period) if compiled.grain else None
        state, value = naive.read(ref, ids, key)
        from bihuan.kernel.period import PeriodKey

        values, states = sheet.read(ref, rows=[ids], periods=[key or PeriodKey("", 0)])  # type: ignore[arg-type]
        assert State(int(states[0, 0])) == state, (period, "engine", State(int(states[0, 0])).name, "naive", state.name)
        if state == State.VALUE:
            assert float(plain(float(values[0, 0]), compiled.scale)) == pytest.approx(float(value), rel=1e-12), period
        out.append(None if state == State.BLANK else state.name if state != State.VALUE else simple(value))
    return out


def simple(value: object) -> Value:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    assert isinstance(value, bool | str)
    return value


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        # blank, zero, error
        ("x + y", [110, 20, None, -10]),
        ("x - y", [-90, 20, None, 90]),
        ("-y", [-100, None, None, 50]),
        ("x * y", [1000, None, None, -2000]),
        ("x / z", [DIV, DIV, None, None]),
        ("z / z", [DIV, DIV, 1, None]),
        ("y / z + x", [DIV, 20, None, 40]),
        ("x / 0", [DIV, DIV, None, DIV]),
        ("x ^ 2", [100, 400, None, 1600]),
        ("(-x) ^ 0.5", [BAD, BAD, None, BAD]),
        ("z ^ -1", [DIV, DIV, 0.2, None]),
        ("10% * x", [1, 2, None, 4]),
        # conditions
        ("IF(x > 15, 1, 2)", [2, 1, 2, 1]),
        ("IF(x = 0, 1)", [None, None, 1, None]),
        ("IF(ISBLANK(x), 9, x)", [10, 20, 9, 40]),
        ("IF(z = 0, 1, x / z)", [1, 1, None, 1]),
        ("IF(x > 0 AND 1 / z > 0, 1, 0)", [DIV, DIV, 0, 0]),
        ("IF(z = 0 OR x / z > 0, 1, 0)", [1, 1, 0, 1]),
        ("IF(NOT x > 15, 1, 0)", [1, 0, 1, 0]),
        ("IFS(x > 30, 3, x > 15, 2)", [None, 2, None, 3]),
        ("SWITCH(PERIODNO(), 1, 11, 2, 22, 33)", [11, 22, 33, 33]),
        ("SWITCH(PERIODNO(), 1, 11, 2, 22)", [11, 22, None, None]),
        ("IFERROR(x / z, -1)", [-1, -1, None, None]),
        ("IFBLANK(x, 7)", [10, 20, 7, 40]),
        ("IFBLANK(x / z, 7)", [DIV, DIV, 7, 7]),
        ("IF(ISERROR(x / z), 1, 0)", [1, 1, 0, 0]),
        # folds of arguments: blank counts as 0, all blank is blank
        ("MIN(y, 5)", [5, 0, 0, -50]),
        ("MAX(y, z)", [100, 0, 5, 0]),
        ("MIN(x, y)", [10, 0, None, -50]),
        ("SUM(x, y)", [110, 20, None, -10]),
        ("AVERAGE(x, y)", [55, 20, None, -5]),
        ("COUNT(x, y)", [2, 1, None, 2]),
        # rounding: half away from zero
        ("ROUND(x / 16, 1)", [0.6, 1.3, None, 2.5]),
        ("ROUND(-x / 16, 1)", [-0.6, -1.3, None, -2.5]),
        ("ROUND(x * 1.5)", [15, 30, None, 60]),
        ("ROUND(x, -2)", [0, 0, None, 0]),
        ("ROUND(x * 5, -2)", [100, 100, None, 200]),
        ("ROUNDUP(x / 16, 0)", [1, 2, None, 3]),
        ("ROUNDDOWN(-x / 16, 0)", [0, -1, None, -2]),
        ("CEILING(-x / 4, 2)", [-2, -4, None, -10]),
        ("FLOOR(-x / 4, 2)", [-4, -6, None, -10]),
        ("CEILING(x / 4)", [3, 5, None, 10]),
        ("CEILING(0.1 + 0.2, 0.3)", [0.3, 0.3, 0.3, 0.3]),
        ("CEILING(x, z)", [DIV, DIV, None, None]),
        ("MROUND(x, 15)", [15, 15, None, 45]),
        ("MOD(x, 7)", [3, 6, None, 5]),
        ("MOD(-x, 7)", [4, 1, None, 2]),
        ("INT(-x / 16)", [-1, -2, None, -3]),
        ("ABS(y)", [100, None, None, 50]),
        ("SIGN(y)", [1, None, None, -1]),
        ("SQRT(x * x)", [10, 20, None, 40]),
        ("SQRT(y)", [10, None, None, BAD]),
        ("EXP(z) ", [1, 1, pytest.approx(148.4131591), None]),
        ("LN(z)", [BAD, BAD, pytest.approx(1.609437912), None]),
        ("LOG10(x * 10)", [2, pytest.approx(2.301029996), None, pytest.approx(2.602059991)]),
        ("POWER(x, 2)", [100, 400, None, 1600]),
        # time
        ("PREV(x)", [5, 10, 20, None]),
        ("NEXT(x)", [20, None, 40, 60]),
        ("PREV(x, 99)", [5, 10, 20, None]),
        ("PREV(y, 99)", [99, 100, None, None]),
        ("NEXT(y, 99)", [None, None, -50, 99]),
        ("NEXT(x * 10%, 8)", [2, None, 4, 6]),
        ("NEXT(y, 8) * 10%", [None, None, -5, pytest.approx(0.8)]),
        ("LAG(x, 2, 0)", [0, 5, 10, 20]),
        ("LEAD(x, 2)", [None, 40, 60, None]),
        ("LAG(x, 0)", [10, 20, None, 40]),
        ("PREV(PREV(x))", [None, 5, 10, 20]),
        ("PREV(NEXT(x))", [10, 20, None, 40]),
        ("YEAR_AGO(x)", [None, None, None, 5]),
        ("YEAR_AGO(x, -1)", [-1, -1, -1, 5]),
        ("YTD(x)", [10, 30, 30, 70]),
        ("YTD(y + 0)", [100, 100, 100, 50]),
        ("CUM(x)", [10, 30, 30, 70]),
        ("ROLLING(x, 2)", [15, 30, 20, 40]),
        ("QTD(x)", [10, 20, None, 40]),
        ("OPENING(x)", [5, 5, 5, 5]),
        ("CLOSING(x)", [40, 40, 40, 40]),
        ("PERIODNO() * 10 + PERIODS()", [14, 24, 34, 44]),
        ("IF(YEAREND(), 1, IF(YEARSTART(), 2))", [2, None, None, 1]),
        ("IF(年末(), 1, 0)", [0, 0, 0, 1]),
        ("累计(x) - 上期(x)", [5, 20, 10, 70]),
        ('IF(期间 > "2026Q2", 1, 0)', [0, 0, 1, 1]),
        ('IF(期间 = "2026Q2", x)', [None, 20, None, None]),
        ("x[期间: first]", [10, 10, 10, 10]),
        ("x[期间: last]", [40, 40, 40, 40]),
        ("x[期间: 2025Q4]", [5, 5, 5, 5]),
        ("x[期间: year]", [70, 70, 70, 70]),
        ("x[期间: half]", [30, 30, 40, 40]),
        # members
        ("x[产品: B]", [1, 1, 1, 1]),
        ("x[产品: 全部]", [11, 21, 1, 41]),
        ("x / x[产品: 全部] * 0 + 1", [1, 1, 1, 1]),
        ('IF(产品 = "甲", 1, 2)', [1, 1, 1, 1]),
        ('IF(产品 = "全部", 1, 2)', [1, 1, 1, 1]),
        ('IF(产品 <> "A", 1, 2)', [2, 2, 2, 2]),
        ('IF(产品.类别 = "热销", x, 0)', [10, 20, None, 40]),
        ("SUM(x OVER 产品)", [11, 21, 1, 41]),
        ("SUM(x * 2 OVER 产品)", [22, 42, 2, 82]),
        ("AVERAGE(x OVER 产品)", [5.5, 10.5, 1, 20.5]),
        ("MIN(x OVER 产品)", [1, 1, 1, 1]),
        ("MAX(x OVER 产品)", [10, 20, 1, 40]),
        ("COUNT(x OVER 产品)", [2, 2, 1, 2]),
        ('SUM(x OVER 产品 WHERE 产品.类别 = "滞销")', [1, 1, 1, 1]),
        ("SUM(x OVER 产品 WHERE x > 15)", [None, 20, None, 40]),
        ('SUMIFS(x, 产品.类别, "热销" OVER 产品)', [10, 20, None, 40]),
        ('AVERAGEIFS(x, 产品.类别, "滞销" OVER 产品)', [1, 1, 1, 1]),
        ('COUNTIFS(x, 产品.类别, "热销" OVER 产品)', [1, 1, None, 1]),
        ('MINIFS(x, 产品.类别, "热销" OVER 产品, 期间)', [10, 10, 10, 10]),
        ('MAXIFS(x, 产品.类别, "热销" OVER 产品, 期间)', [40, 40, 40, 40]),
        # money: flows of 甲 are 10, 20, 空, 40, so at 100 % 10/2 + 20/4 + 40/16 = 12.5
        ("NPV(100%, x OVER 期间)", [12.5, 12.5, 12.5, 12.5]),
        ("NPV(z[期间: 2026Q3] / 5, x OVER 期间)", [12.5, 12.5, 12.5, 12.5]),
        ("NPV(0, x OVER 期间) - SUM(x OVER 期间)", [0, 0, 0, 0]),
        ("净现值(1 / 0, x OVER 期间)", [DIV, DIV, DIV, DIV]),
        ("NPV(1, x / z OVER 期间)", [DIV, DIV, DIV, DIV]),
        ("IRR(x OVER 期间)", [BAD, BAD, BAD, BAD]),
        # y is 100, 空, 空, -50: 100 = 50 / (1 + r)^3 where r = 0.5^(1/3) - 1
        ("ROUND(IRR(y OVER 期间), 6)", [-0.206299, -0.206299, -0.206299, -0.206299]),
        # by days: the quarters end 0, 91, 183, 275 days after the first; -50 at 275 days: (1 + r)^(275/365) = 0.5
        ("ROUND(XIRR(y OVER 期间), 6)", [-0.601479] * 4),
        ("XNPV(0, x OVER 期间) - SUM(x OVER 期间)", [0, 0, 0, 0]),
        ("ROUND(XNPV(10%, x OVER 期间), 4)", [round(10 + 20 / 1.1 ** (91 / 365) + 40 / 1.1 ** (275 / 365), 4)] * 4),
        ("按日内部收益率(x OVER 期间)", [BAD, BAD, BAD, BAD]),
        ("SLN(x, 2, 4)", [2, 4.5, None, 9.5]),
        ("SLN(x, 2, z)", [BAD, BAD, None, None]),
        ("DDB(x, 1, 5, 1)", [4, 8, None, 16]),
        ("年数总和折旧(x, 1, 2, 1)", [6, 19 * 2 / 3, None, 26]),
        ("PMT(0, 5, x)", [-2, -4, None, -8]),
        ("FV(100%, 2, 0, x)", [-40, -80, None, -160]),
        ("PV(100%, 1, x) + IPMT(100%, 1, 1, x) - PPMT(0, 1, 1, x)", [-5, -10, None, -20]),
        ("SUM(y OVER 产品)", [100, None, None, -50]),
        ("SUM(x OVER 产品, 期间)", [74, 74, 74, 74]),
        ("SUM(1 / z OVER 产品)", [DIV, DIV, 0.2, None]),
        # texts: the category of 甲 is 热销, its code A
        ("LEN(产品.类别) + LEN(产品)", [3, 3, 3, 3]),
        ('IF(LEFT(产品.类别, 1) = "热" AND RIGHT(产品.类别, 1) = "销", x)', [10, 20, None, 40]),
        ('FIND("销", 产品.类别) * 10 + 查找("冷", 产品.类别)', [20, 20, 20, 20]),
        ('LEN(MID("abcdef", 2, 3) & LEFT("abc", 9) & RIGHT("abc", 0) & LEFT("abc", -1))', [6, 6, 6, 6]),
        ('IF(MID("abcdef", 5, 9) & UPPER("x") & LOWER("Y") & TRIM(" z ") = "efXyz", 1, 0)', [1, 1, 1, 1]),
        ('IF(SUBSTITUTE("a-b-c", "-", "") = "abc" AND SUBSTITUTE("abc", "", "x") = "abc", 1, 0)', [1, 1, 1, 1]),
        ('VALUE(" 12.50 ") + VALUE("8%") + VALUE("-1e2")', [-87.42] * 4),
        ('VALUE("1,000")', [BAD] * 4),
        ('VALUE("nan")', [BAD] * 4),
        ('VALUE("１２")', [12] * 4),
        ("VALUE(TEXT(x / 3, 2))", [3.33, 6.67, None, 13.33]),
        ("LEN(TEXT(0.5, 0) & TEXT(-2.345, 2))", [6, 6, 6, 6]),
        # dates: the quarters end on 31 March, 30 June, 30 September, 31 December
        ("MONTH(PERIODSTART()) * 100 + DAY(PERIODEND())", [131, 430, 730, 1031]),
        ("PERIODEND() - PERIODSTART() + 1", [90, 91, 92, 92]),
        ('DAYS("2026-12-31", PERIODEND())', [275, 184, 92, 0]),
        ('IF(PERIODSTART() >= "2026-07-01", 1, 0)', [0, 0, 1, 1]),
        ("YEAR(EDATE(DATE(2026, 1, 31), 1)) + DAY(EDATE(DATE(2026, 1, 31), 1))", [2054] * 4),  # 28 February
        ('DAY(月末("2024-01-15", 1)) + MONTH(EOMONTH("2024-01-15", -1))', [41] * 4),  # 29 February; December
        ("DAY(DATE(2026, 2, 30))", [BAD] * 4),
        ("DAY(DATE(1899, 12, 31))", [BAD] * 4),
        ("DAY(DATE(9999, 12, 31) + 1)", [BAD] * 4),
        ("DAY(DATE(2026, z + 1, 1) + 40)", [10, 10, 11, 10]),  # z is 0, 0, 5, blank; 1 June + 40 = 11 July
        ('MONTH(ADDDAYS("2026-03-01", -1)) + MONTH(DATE(2026, 3, 1) - 1)', [4] * 4),
    ],
)
def test_a_formula_gives(tmp_path: Path, formula: str, wanted: list[Value]) -> None:
    # the second operand lets the row of 甲 exist whatever the formula's own rows are
    found = model(tmp_path, f"目标[产品: A] = IF(TRUE, {formula}, x)")
    assert read(found, "目标", ("A",), QUARTERS) == wanted


def test_the_first_matching_line_wins_and_what_none_matches_is_entered(tmp_path: Path) -> None:
    text = DATA + "目标,B,,,,,7,,\n"
    lines = "目标[产品: A, 期间: 2026Q2] = 1\n目标[产品: A] = 2\n目标[产品: B, PERIODNO() < 3] = 3"
    found = package(tmp_path, lines, ITEMS.replace("TOTALS", "time: none"), 表=text)
    assert read(found, "目标", ("A",), QUARTERS) == [2, 1, 2, 2]
    assert read(found, "目标", ("B",), QUARTERS) == [3, 3, 7, None]


def test_a_formula_fills_the_plan_and_history_stays_as_entered(tmp_path: Path) -> None:
    found = package(tmp_path, "目标 = x * 2", ITEMS.replace("TOTALS", "time: none"), 表=DATA + "目标,A,,77,,,,,\n")
    assert read(found, "目标", ("A",), ("2025Q4", *QUARTERS, "2027Q1")) == [77, 20, 40, None, 80, None]


def test_with_fill_all_the_formula_runs_off_the_plan_too_where_nothing_was_entered(tmp_path: Path) -> None:
    items = ITEMS.replace("TOTALS", "time: none, fill: all")
    found = package(tmp_path, "目标 = x * 2", items, 表=DATA + "目标,A,,77,,,,,\n")
    assert read(found, "目标", ("A",), ("2025Q4", *QUARTERS, "2027Q1")) == [77, 20, 40, None, 80, 120]


def test_with_override_an_entered_plan_cell_beats_the_formula(tmp_path: Path) -> None:
    items = ITEMS.replace("TOTALS", "time: none, override: yes")
    found = package(tmp_path, "目标 = x * 2", items, 表=DATA + "目标,A,,,,5,,,\n")
    assert read(found, "目标", ("A",), QUARTERS) == [20, 5, None, 80]


@pytest.mark.parametrize(
    ("totals", "wanted"),  # of 2025 (its last quarter only), 2026, 2027 (its first only), and the first half of 2026
    [
        ("time: sum", [None, 70, None, 30]),
        ("time: last", [5, 40, None, 20]),
        ("time: first", [None, 10, 60, 10]),
        ("time: average", [5, pytest.approx(70 / 3), 60, 15]),
        ("time: none", [None, None, None, None]),
        ("time: x + 1", [1, 71, 1, 31]),
        ("time: formula", [None, 70, None, 30]),
    ],
)
def test_total_columns_are_what_the_item_says(tmp_path: Path, totals: str, wanted: list[Value]) -> None:
    found = model(tmp_path, "目标 = x * 1", totals + ", fill: all")
    assert read(found, "目标", ("A",), ("2025", "2026", "2027", "2026H1")) == wanted


@pytest.mark.parametrize(
    ("total", "wanted"),  # x of 甲 and 乙 at 全部: 10 and 1, 20 and 1, nothing and 1, 40 and 1
    [
        ("sum", [11, 21, 1, 41]),
        ("average", [5.5, 10.5, 1, 20.5]),
        ("min", [1, 1, 1, 1]),
        ("max", [10, 20, 1, 40]),
        ("none", [None, None, None, None]),
        ("x * 10", [110, 210, 10, 410]),
        ("formula", [11, 21, 1, 41]),
        ("weighted by x", [pytest.approx(101 / 11), pytest.approx(401 / 21), 1, pytest.approx(1601 / 41)]),
    ],
)
def test_total_rows_are_what_the_item_says(tmp_path: Path, total: str, wanted: list[Value]) -> None:
    found = model(tmp_path, "目标 = x * 1", f"time: none, total: {total}")
    assert read(found, "目标", ("全部",), QUARTERS) == wanted


def test_a_ratio_is_never_summed_in_a_corner_cell(tmp_path: Path) -> None:
    # x / y over the year and all products: (70 + 4) / (100 - 50)
    found = model(tmp_path, "目标 = x / y", "time: formula, total: formula")
    found2 = read(found, "目标", ("全部",), ("2026",))
    assert found2 == [None]  # y has no time total by itself (unit ?): no guess
    items = ITEMS.replace("TOTALS", "time: formula, total: formula").replace(
        'y: {unit: "?"', 'y: {unit: "?", time: sum, total: sum'
    )
    found = package(tmp_path, "目标 = x / y", items, 表=DATA)
    assert read(found, "目标", ("全部",), ("2026",)) == [74 / 50]


def test_a_stock_rolls_forward_period_by_period(tmp_path: Path) -> None:
    found = package(
        tmp_path, "目标 = PREV(目标) + x", ITEMS.replace("TOTALS", "time: last"), 表=DATA + "目标,A,,1000,,,,,\n"
    )
    assert read(found, "目标", ("A",), (*QUARTERS, "2026")) == [1010, 1030, 1030, 1070, 1070]


def test_a_target_rolls_backward_from_the_end(tmp_path: Path) -> None:
    found = model(tmp_path, "目标 = NEXT(目标, 100) - x")
    assert read(found, "目标", ("A",), QUARTERS) == [30, 40, 60, 60]


def test_a_yearly_item_reads_total_columns_and_its_previous_year(tmp_path: Path) -> None:
    found = package(tmp_path, "年度 = PREV(年度, 0) + x", ITEMS.replace("TOTALS", "time: none"), 表=DATA)
    assert read(found, "年度", ("A",), ("2025", "2026", "2027")) == [None, 70, None]


def test_a_yearly_balance_is_repeated_in_each_quarter(tmp_path: Path) -> None:
    found = model(tmp_path, "年度 = x\n目标 = 年度 / PERIODS()")
    assert read(found, "目标", ("A",), QUARTERS) == [17.5] * 4


@pytest.mark.parametrize(
    "formula",
    ["目标 = 年额 / PERIODS()", "目标 = (年额 * 2 - 年额) / 年期数()", "目标 = IF(年额 > 0, 年额, 0) / PERIODS()"],
)
def test_a_years_flow_is_read_in_a_period_where_it_is_divided_by_the_periods(tmp_path: Path, formula: str) -> None:
    items = ITEMS.replace("TOTALS", "time: sum") + '\n年额: {unit: "?", dims: ["period:year", 产品], time: sum}'
    found = package(tmp_path, f"年额 = x\n{formula}", items, 表=DATA)
    assert read(found, "目标", ("A",), QUARTERS) == [17.5] * 4
    assert read(found, "目标", ("A",), ("2026",)) == [70]


def test_a_role_dimension_gives_the_age_of_what_came_from_a_period(tmp_path: Path) -> None:
    items = ITEMS.replace("TOTALS", "time: none") + '\n账龄: {unit: "?", dims: [period, 来源期]}'
    found = package(
        tmp_path,
        "单数 = SUM(x OVER 产品)\n账龄 = SWITCH(期间 - 来源期, 0, 单数, 1, 单数[期间: 来源期] / 2)",
        items,
        表=DATA,
    )
    assert read(found, "账龄", ("2026Q1",), QUARTERS) == [11, 5.5, None, None]
    assert read(found, "账龄", ("2026Q4",), QUARTERS) == [None, None, None, 41]


def test_a_pool_is_shared_by_a_driver(tmp_path: Path) -> None:
    found = model(tmp_path, "单数 = SUM(x OVER 产品) * 0 + 70\n分部 = SHARE(单数 BY w OVER 部门)")
    assert read(found, "分部", ("三部",), ("2026Q1", "2026Q2")) == [40, "NO_DRIVER"]


def test_a_sum_by_a_property_lands_on_the_dimension_it_refers_to(tmp_path: Path) -> None:
    from tests.models import files, write

    from bihuan.features.modelling.package import read_package

    texts = files("单数 = 1", ITEMS.replace("TOTALS", "time: none"))
    texts["cubes/4.yaml"] = (
        'cube: 城市表\ntitle: t\ndims: [period, 城市]\nitems:\n  各城: {unit: "?"}\nformulas: |\n  各城 = SUM(表!w BY 部门.城市)\n'
    )
    texts["data/表.csv"] = DATA
    found = read_package(write(tmp_path, texts))
    naive, sheet = of_package(found), sheets_of(found)["预算"]
    ref = ItemRef("城市表", "各城")
    ids = found.model.dimensions["城市"].by_code
    key = found.model.calendar.find("2026Q1")
    assert key is not None
    for city, wanted in (("北京", 5), ("上海", 2)):
        assert naive.read(ref, [ids[city].id], key) == (State.VALUE, wanted)
        assert sheet.read(ref, rows=[[ids[city].id]], periods=[key])[0][0, 0] == wanted  # type: ignore[arg-type]


def test_a_kept_amount_is_rounded_where_it_arises_and_totals_add_the_rounded(tmp_path: Path) -> None:
    items = ITEMS.replace("TOTALS", "time: sum, total: sum, scale: 2")
    found = package(tmp_path, "目标 = x / 16", items, 表=DATA)
    # 0.625 -> 0.63, 1.25, blank, 2.5; product B: 1/16 = 0.0625 -> 0.06 each quarter
    assert read(found, "目标", ("A",), (*QUARTERS, "2026")) == [0.63, 1.25, None, 2.5, 4.38]
    assert read(found, "目标", ("B",), ("2026Q1", "2026")) == [0.06, 0.24]
    assert read(found, "目标", ("全部",), ("2026",)) == [4.62]


def test_another_version_is_read_by_its_role(tmp_path: Path) -> None:
    text = DATA.replace("item,", "item,version,").replace("\nx,", "\nx,预算,").replace("\ny,", "\ny,预算,")
    text = text.replace("\nz,", "\nz,预算,").replace("\nw,", "\nw,预算,") + "x,实际,A,,,12,,,,\n"
    found = package(tmp_path, "目标 = x[版本: 实际] - x", ITEMS.replace("TOTALS", "time: none"), 表=text)
    assert read(found, "目标", ("A",), ("2026Q1", "2026Q2")) == [2, -20]
    # the same formula inside 实际 reads itself there
    assert read(found, "目标", ("A",), ("2026Q1", "2026Q2"), "实际") == [0, None]


def test_a_version_reads_what_another_computes_from_a_third(tmp_path: Path) -> None:
    from tests.models import files, write

    from bihuan.features.modelling.package import read_package

    items = ITEMS.replace("TOTALS", "time: none") + '\n差: {unit: "?"}\n再: {unit: "?"}'
    texts = files("差 = x[版本: 预测] + 1\n再 = 差[版本: 实际] * 2", items)
    texts["model.yaml"] = texts["model.yaml"].replace("[预算, 实际]", "[预算, 实际, 预测]")
    texts["data/表.csv"] = "item,version,产品,2026Q1\nx,预测,A,5\nx,实际,A,7\nx,预算,A,9\n"
    found = read_package(write(tmp_path, texts))
    assert read(found, "再", ("A",), ("2026Q1",)) == [12]  # (5 + 1) x 2, wherever it is asked for


def test_after_an_edit_a_version_that_names_its_own_role_reads_the_edited_value(tmp_path: Path) -> None:
    found = model(tmp_path, "目标 = x[版本: 预算] * 2 + SUM(x[版本: 预算] OVER 产品)")
    sheet = sheets_of(found)["预算"].with_others({}, own=["预算"])
    target, x = ItemRef("表", "目标"), ItemRef("表", "x")
    row = [[found.model.dimensions["产品"].by_code["A"].id]]
    quarter = found.model.calendar.find("2026Q1")
    assert quarter is not None
    assert sheet.read(target, rows=row, periods=[quarter])[0][0, 0] == 31  # 10 x 2 + 10 + 1
    one = np.ones(1, np.int32)
    edits = Edits((x,), one * 0, np.array(row, np.int32), one * quarter.index, np.array([20.0]), one.astype(np.uint8))
    after, changes = sheet.edit(edits)
    assert after.read(target, rows=row, periods=[quarter])[0][0, 0] == 61
    assert target in changes.items
    assert sheet.read(target, rows=row, periods=[quarter])[0][0, 0] == 31


def test_after_an_edit_a_value_of_flows_follows(tmp_path: Path) -> None:
    """At 100 % 甲's 10, 20, 空, 40 are worth 5 + 5 + 2.5; with 20 in the first quarter 5 more."""
    found = model(tmp_path, "目标[产品: A] = NPV(1, x OVER 期间)")
    sheet = sheets_of(found)["预算"]
    row = [[found.model.dimensions["产品"].by_code["A"].id]]
    quarters = [found.model.calendar.find(q) for q in QUARTERS]
    one = np.ones(1, np.int32)
    first = quarters[0].index  # type: ignore[union-attr]
    changed = Edits(
        (ItemRef("表", "x"),), one * 0, np.array(row, np.int32), one * first, np.array([20.0]), one.astype(np.uint8)
    )
    after, _ = sheet.edit(changed)
    for state, worth in ((sheet, 12.5), (after, 17.5), (sheet, 12.5)):
        assert state.read(ItemRef("表", "目标"), rows=row, periods=quarters)[0].tolist() == [[worth] * 4]  # type: ignore[arg-type]


def test_the_value_of_all_products_flows_is_that_of_their_sum(tmp_path: Path) -> None:
    """Corner cell: 11, 21, 1, 41 at 100 %: 5.5 + 5.25 + 0.125 + 2.5625; what is blank has no rate."""
    found = model(tmp_path, "目标 = NPV(1, x OVER 期间)", "time: none, total: formula")
    assert read(found, "目标", ("全部",), ("2026Q1",)) == [13.4375]


def test_a_model_is_made_once_for_each_set_of_own_roles(tmp_path: Path) -> None:
    base = model(tmp_path, "目标 = x[版本: 预算] + x[版本: 实际]").model
    mine = localised(base, ["预算"])
    assert localised(mine, ["预算"]) is mine is localised(base, {"预算"})
    assert localised(mine, []) is base
    assert localised(mine, ["实际"]) is localised(base, ["实际"])
    assert {n.version for n in walk(mine.item("表", "目标").rules[0].expression) if isinstance(n, Read)} == {
        None,
        "实际",
    }


TEXTS = """\
x: {unit: "?"}
等级: {type: text}
评语: {type: text}
开工: {type: date, dims: [产品]}
可用: {type: boolean}
目标: {unit: "?", time: none}"""
TEXT_DATA = """\
item,产品,2026Q1,2026Q2,2026Q3,2026Q4,value
x,A,10,20,,40,
x,B,1,1,1,1,
等级,A,A类,B类,,A类,
等级,B,B类,B类,B类,B类,
可用,A,TRUE,FALSE,TRUE,,
开工,A,,,,,2026-05-15
"""


@pytest.mark.parametrize(
    ("formulas", "wanted"),
    [
        ('目标 = IF(等级 = "A类", x, 0) + 0 * x', [10, 0, 0, 40]),
        ("目标 = IF(可用, x, 7) + 0 * x", [10, 7, None, 7]),
        ('目标 = LEN(等级 & "!") + 0 * x', [3, 3, 1, 3]),
        ('评语 = IF(x > 15, "高", "低")\n目标 = IF(评语 = "高", 2, 1) + 0 * x', [1, 2, 1, 2]),
        ('目标 = IF(PREV(等级) = "B类", 1, 0) + 0 * x', [0, 0, 1, 0]),
        # the first quarter ends before the start, the others 46, 138 and 230 days after it
        ("目标 = MAX(0, PERIODEND() - 开工) + 0 * x", [0, 46, 138, 230]),
        ('目标 = (期间 - "2026Q2") * 2 + 0 * x', [-2, 0, 2, 4]),
        ('目标 = COUNTIFS(x, 等级, "B类" OVER 产品)', [1, 2, 1, 1]),
        ('目标 = SUM(x OVER 产品 WHERE 等级 = "B类")', [1, 21, 1, 1]),
    ],
)
def test_texts_dates_and_conditions_that_were_entered_take_part(
    tmp_path: Path, formulas: str, wanted: list[Value]
) -> None:
    found = package(tmp_path, formulas, TEXTS, 表=TEXT_DATA)
    assert read(found, "目标", ("A",), QUARTERS) == wanted
