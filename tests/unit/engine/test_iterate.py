"""Circles that an item allows to be solved by repetition, against what algebra says; and what does not settle is no number."""

import itertools
from fractions import Fraction
from typing import Any

import pytest
from tests.sheets import cells, dimension, edit, entered, model, ref

from bihuan.engine.definition import CalendarDefinition, Iteration
from bihuan.engine.sheet import Sheet
from bihuan.kernel.errors import ProblemsFound

ORG = dimension("org", {"G": ["a", "b"]})
CALENDAR = CalendarDefinition("quarter", "2026Q1", "2026Q4", history=1)
TIGHT = Iteration(1e-12, 200)
DEBT = {
    "outflow": {"unit": "元"},
    "debt": {"unit": "元", "time": "last"},
    "interest": {"unit": "元", "iterate": TIGHT},
}
# the debt pays for the outflow and for its own interest, which is 10 % of the quarter's average debt
AVERAGE = "debt = PREV(debt) + outflow + interest\ninterest = (PREV(debt) + debt) / 2 * 10%"


def sheet_of(items: dict[str, Any], formulas: str, data: dict[str, Any]) -> Sheet:
    made = model((ORG,), items, formulas, CALENDAR)
    return Sheet.build(made, {ref(k): entered(made, ref(k), rows) for k, rows in data.items()})


def debts(opening: int, outflows: list[int]) -> list[Fraction]:
    """E = P + c + (P + E) / 20, so E = (21 P + 20 c) / 19."""
    found = [Fraction(opening)]
    for outflow in outflows:
        found.append((21 * found[-1] + 20 * outflow) / 19)
    return found


def debt_sheet() -> Sheet:
    rows = {("a",): [None, 100, 0, -50, 30], ("b",): [None, 0, 0, 0, 0]}
    opening = {("a",): [1000, *[None] * 4], ("b",): [500, *[None] * 4]}
    return sheet_of(DEBT, AVERAGE, {"outflow": rows, "debt": opening})


def test_interest_on_the_average_of_the_debt_that_pays_for_it() -> None:
    sheet = debt_sheet()
    wanted = debts(1000, [100, 0, -50, 30])
    assert cells(sheet, "debt", "a") == pytest.approx([float(x) for x in wanted], rel=1e-11)
    paid = [(p + e) / 20 for p, e in itertools.pairwise(wanted)]
    assert cells(sheet, "interest", "a")[1:] == pytest.approx([float(x) for x in paid], rel=1e-10)
    total = debts(1500, [100, 0, -50, 30])  # it is linear: the parent's circle is the sum of its children's
    assert cells(sheet, "debt", "G") == pytest.approx([float(x) for x in total], rel=1e-11)
    assert cells(sheet, "interest", "G", grain="year")[1] == pytest.approx(float(total[-1] - 1500 - 80), rel=1e-10)


def test_an_edit_comes_out_with_the_same_bits_as_from_nothing() -> None:
    sheet = debt_sheet()
    cells(sheet, "debt", "G")
    changes = [("outflow", ("b",), 2, 7)]
    after, _ = sheet.edit(edit(sheet.model, changes))
    rows = {("a",): [None, 100, 0, -50, 30], ("b",): [None, 0, 7, 0, 0]}
    opening = {("a",): [1000, *[None] * 4], ("b",): [500, *[None] * 4]}
    anew = sheet_of(DEBT, AVERAGE, {"outflow": rows, "debt": opening})
    for item in DEBT:
        for member in ("a", "b", "G"):
            assert cells(after, item, member) == cells(anew, item, member)


def test_amounts_kept_to_the_fen_settle_on_the_fen() -> None:
    items = {k: {**v, "scale": 2} for k, v in DEBT.items()} | {
        "interest": {"unit": "元", "scale": 2, "iterate": Iteration(0.5)}
    }
    rows = {("a",): [None, 100, 0, 0, 0]}
    sheet = sheet_of(items, AVERAGE, {"outflow": rows, "debt": {("a",): [1000, *[None] * 4]}})
    # by hand: 23000 / 19 = 1210.526…, the interest 110.526… is kept as 110.53: 1210.53
    assert cells(sheet, "debt", "a")[1] == 1210.53
    assert cells(sheet, "interest", "a")[1] == 110.53


def test_what_does_not_settle_is_an_error_and_so_is_what_reads_it() -> None:
    items = {
        "x": {"unit": "1", "iterate": Iteration(0.01, 50)},
        "y": {"unit": "1"},
        "after": {"unit": "1"},
        "base": {"unit": "1"},
    }
    sheet = sheet_of(items, "x = 2 * y + base\ny = x + 1\nafter = y * 1", {"base": {("a",): [None, 1, None, 1, 1]}})
    assert cells(sheet, "after", "a")[1:] == ["NO_CONVERGE"] * 4
    swings = sheet_of(
        {"x": {"unit": "1", "iterate": Iteration(0.01, 50)}, "base": {"unit": "1"}},
        "x = IF(x > 0.5, 0, 1) + 0 * base",
        {"base": {("a",): [None, 1, 1, 1, 1]}},
    )
    assert cells(swings, "x", "a")[1:] == ["NO_CONVERGE"] * 4


def test_one_row_that_does_not_settle_leaves_the_others_alone() -> None:
    items = {"x": {"unit": "1", "iterate": Iteration(1e-9)}, "slope": {"unit": "1"}, "one": {"unit": "1"}}
    ones = [None, 1, 1, 1, 1]
    data = {
        "slope": {("a",): [None, 0.5, 0.5, 0.5, 0.5], ("b",): [None, 3, 0, 0, 0]},
        "one": {("a",): ones, ("b",): ones},
    }
    sheet = sheet_of(items, "x = slope * x + one", data)
    assert cells(sheet, "x", "a")[1:] == pytest.approx([2.0] * 4)
    assert cells(sheet, "x", "b")[1:] == ["NO_CONVERGE", 1.0, 1.0, 1.0]


def test_an_error_that_only_the_first_round_makes_does_not_stay() -> None:
    items = {"x": {"unit": "1", "iterate": Iteration(1e-12, 200)}, "one": {"unit": "1"}}
    # in the first round x is blank, and 0: the square root of 2 by Newton's rule divides by it
    formula = "x = IF(ISBLANK(x), one / (one - 1), (x + 2 / x) / 2)"
    sheet = sheet_of(items, formula, {"one": {("a",): [None, 1, 1, 1, 1]}})
    assert cells(sheet, "x", "a")[1:] == ["DIV_BY_ZERO"] * 4  # a true error stays one
    free = "x = IF(ISBLANK(x), one, (x + 2 / x) / 2)"
    sheet = sheet_of(items, free, {"one": {("a",): [None, 1, 1, 1, 1]}})
    assert cells(sheet, "x", "a")[1:] == pytest.approx([2**0.5] * 4)


def test_a_circle_through_the_year_settles_too() -> None:
    items = {
        "profit": {"unit": "元", "iterate": TIGHT},
        "bonus": {"unit": "元"},
        "margin": {"unit": "元"},
    }
    # the bonus of each quarter is 2 % of the year's profit after bonus: P = M - 4 * 0.02 P, P = M / 1.08
    formulas = "profit = margin - bonus\nbonus = profit[period: year] * 2%"
    sheet = sheet_of(items, formulas, {"margin": {("a",): [None, 100, 200, 300, 480]}})
    assert cells(sheet, "profit", "a", grain="year")[1] == pytest.approx(1000)
    assert cells(sheet, "bonus", "a")[1:] == pytest.approx([20.0] * 4)


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_change_nothing(threads: int) -> None:
    made = debt_sheet()
    again = Sheet.build(made.model, made.calculation.inputs, threads=threads)
    assert cells(again, "debt", "G") == cells(made, "debt", "G")


def test_every_circle_must_go_through_an_item_that_allows_it() -> None:
    items = {"x": {"unit": "1", "iterate": TIGHT}, "y": {"unit": "1"}, "z": {"unit": "1"}}
    with pytest.raises(ProblemsFound) as refused:
        model((ORG,), items, "x = y + 1\ny = x / 2 + z / 2\nz = y / 2", CALENDAR)
    (problem,) = refused.value.problems
    assert problem.code == "cycle"
    assert "x" not in problem.found
    assert "iterate" in problem.expected
