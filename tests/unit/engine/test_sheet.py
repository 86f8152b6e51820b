"""Sheets by example: what an accountant would work out on paper."""

import numpy as np
import pytest
from tests.sheets import cells, dimension, edit, entered, model, ref

from bihuan.engine.definition import CalendarDefinition
from bihuan.engine.sheet import NotALeaf, Sheet
from bihuan.kernel.errors import Invalid
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State

ORG = dimension("org", {"G": ["N", "S*-1"], "N": ["n1", "n2"], "S": ["s1"]})
PRODUCT = dimension("product", ["a", "b"])


def sheet_of(items: dict, formulas: str, data: dict, dims=(ORG,), calendar=None) -> Sheet:
    made = model(dims, items, formulas, calendar)
    return Sheet.build(made, {ref(k): entered(made, ref(k), rows) for k, rows in data.items()})


def test_an_amount_rolls_up_by_weights_and_a_ratio_is_worked_out_at_the_total() -> None:
    sheet = sheet_of(
        {
            "sales": {"unit": "元", "scale": 2},
            "profit": {"unit": "元", "scale": 2},
            "margin": {"unit": "%", "time": "formula", "total": "formula"},
        },
        "margin = profit / sales",
        {
            "sales": {("n1",): [100, 100, 100, 100], ("n2",): [300, None, 100, 100], ("s1",): [100, 0, 0, 0]},
            "profit": {("n1",): [10, 20, 10, 10], ("n2",): [90, None, 0, 10], ("s1",): [5, 0, 0, 0]},
        },
    )
    assert cells(sheet, "sales", "G") == [300, 100, 200, 200]  # S counts with -1
    assert cells(sheet, "sales", "N", grain="year") == [900]
    assert cells(sheet, "margin", "n2") == [0.3, None, 0, 0.1]
    assert cells(sheet, "margin", "N") == [100 / 400, 0.2, 0.05, 0.1]  # never the sum of ratios
    assert cells(sheet, "margin", "N", grain="year") == [150 / 900]
    assert cells(sheet, "margin", "s1") == [0.05, "DIV_BY_ZERO", "DIV_BY_ZERO", "DIV_BY_ZERO"]


def test_ten_trillion_adds_up_to_the_fen() -> None:
    leaves = [f"u{n}" for n in range(1000)]
    org = dimension("org", {"G": leaves})
    rows = {(leaf,): ["9999999999.99", None, "0.01", 1] for leaf in leaves}
    sheet = sheet_of({"cost": {"unit": "元", "scale": 2}}, "", {"cost": rows}, (org,))
    values, _ = sheet.read(ref("cost"), rows=np.array([[sheet.model.dimensions["org"].by_code["G"].id]]),
                           periods=[PeriodKey("base", 0), PeriodKey("base", 2)])  # fmt: skip
    assert values.tolist() == [[999_999_999_999_000, 1000]]  # 9 999 999 999 990.00 and 10.00


def test_more_than_a_number_can_hold_exactly_is_an_overflow_not_a_wrong_total() -> None:
    org = dimension("org", {"G": ["u", "v"]})
    rows = {("u",): ["80000000000000", 1, 1, 1], ("v",): ["80000000000000", 1, 1, 1]}
    sheet = sheet_of({"cost": {"unit": "元", "scale": 2}}, "", {"cost": rows}, (org,))
    assert cells(sheet, "cost", "G") == ["OVERFLOW", 2, 2, 2]
    assert cells(sheet, "cost", "u") == [80_000_000_000_000, 1, 1, 1]


def test_computed_leaves_are_rounded_where_they_arise_so_the_total_adds_up_as_printed() -> None:
    sheet = sheet_of(
        {"qty": {"unit": "件", "scale": 0}, "cost": {"unit": "?", "scale": 2, "time": "sum", "total": "sum"}},
        "cost = qty * 0.335",
        {"qty": {("n1",): [1, 3, -1, None], ("n2",): [1, 1, 1, 1]}},
    )
    assert cells(sheet, "cost", "n1") == [0.34, 1.01, -0.34, None]  # 0.335 and 1.005: half away from zero
    assert cells(sheet, "cost", "N") == [0.68, 1.35, 0, 0.34]


def test_a_balance_runs_from_its_opening_and_its_year_is_the_last_period() -> None:
    sheet = sheet_of(
        {
            "inflow": {"unit": "元", "scale": 2, "time": "sum"},
            "opening": {"unit": "元", "scale": 2, "time": "first"},
            "closing": {"unit": "元", "scale": 2, "time": "last"},
        },
        "opening = PREV(closing)\nclosing = opening + inflow",
        {"inflow": {("n1",): [None, 5, -2, None, 4]}, "closing": {("n1",): [100, None, None, None, None]}},
        calendar=CalendarDefinition("quarter", "2026Q1", "2026Q4", history=1),
    )
    assert cells(sheet, "closing", "n1") == [100, 105, 103, 103, 107]
    assert cells(sheet, "opening", "n1") == [None, 100, 105, 103, 103]
    assert cells(sheet, "closing", "n1", grain="year") == [100, 107]  # 2025 holds only its last quarter
    assert cells(sheet, "opening", "n1", grain="year") == [None, 100]
    assert cells(sheet, "inflow", "n1", grain="year") == [None, 7]  # a year only partly on the axis has no sum


def test_an_edit_changes_what_depends_on_it_and_nothing_else() -> None:
    sheet = sheet_of(
        {k: {"unit": "元", "scale": 2, "time": "sum", "total": "sum"} for k in ("x", "y", "double", "other")},
        "double = x * 2\nother = y * 2",
        {"x": {("n1",): [1, 2, 3, 4], ("n2",): [1, 1, 1, 1]}, "y": {("n1",): [5, 5, 5, 5]}},
    )
    assert cells(sheet, "double", "G") == [4, 6, 8, 10]
    sheet.leaves(ref("other"))
    after, changes = sheet.edit(edit(sheet.model, [("x", ("n1",), 1, "2.5"), ("x", ("s1",), 0, 7)]))
    assert changes.items == {ref("x"), ref("double")}
    assert len(changes.rows(ref("double"))) == 2
    assert cells(after, "double", "n1") == [2, 5, 6, 8]
    assert cells(after, "double", "s1") == [14, None, None, None]
    assert cells(after, "double", "G") == [4 - 14, 7, 8, 10]
    assert cells(sheet, "double", "G") == [4, 6, 8, 10]  # the old sheet is as it was
    assert after.leaves(ref("other")) is sheet.leaves(ref("other"))


def test_a_row_blanked_throughout_is_gone_and_comes_back() -> None:
    sheet = sheet_of({"x": {"unit": "元", "scale": 2}, "more": {"unit": "元", "scale": 2}}, "more = x + 1",
                     {"x": {("n1",): [1, None, None, None]}})  # fmt: skip
    assert cells(sheet, "more", "n1") == [2, 1, 1, 1]
    gone, _ = sheet.edit(edit(sheet.model, [("x", ("n1",), 0, None)]))
    assert cells(gone, "more", "n1") == [None] * 4
    back, _ = gone.edit(edit(gone.model, [("x", ("n1",), 3, 9)]))
    assert cells(back, "more", "n1") == [1, 1, 1, 10]


def test_totals_and_unknown_periods_cannot_be_entered() -> None:
    sheet = sheet_of({"x": {"unit": "元", "scale": 2}}, "", {})
    with pytest.raises(NotALeaf, match="N is a total"):
        sheet.edit(edit(sheet.model, [("x", ("N",), 0, 1)]))
    with pytest.raises(Invalid, match="no such period"):
        sheet.edit(edit(sheet.model, [("x", ("n1",), 4, 1)]))


def test_frozen_items_hold_what_they_are_given_and_what_stands_above_still_computes() -> None:
    sheet = sheet_of({k: {"unit": "元", "scale": 2} for k in ("x", "y", "z")}, "y = x * 2\nz = y + 1",
                     {"x": {("n1",): [1, 2, 3, 4]}})  # fmt: skip
    frozen = sheet.freeze({ref("y"): sheet.leaves(ref("y"))})
    after, _ = frozen.edit(edit(frozen.model, [("x", ("n1",), 0, 100), ("y", ("n1",), 1, 50)]))
    assert cells(after, "y", "n1") == [2, 50, 6, 8]
    assert cells(after, "z", "n1") == [3, 51, 7, 9]
    assert frozen.enterable(ref("y"), np.array([[0]]), np.array([0])).all()


def test_a_formula_reads_another_version_by_its_role() -> None:
    items = {"x": {"unit": "元", "scale": 2}, "gap": {"unit": "元", "scale": 2}}
    made = model((ORG,), items, "gap = x - x[版本: 实际]")
    plan, actual = (
        Sheet.build(made, {ref("x"): entered(made, ref("x"), {("n1",): row})})
        for row in ([5, 5, 5, 5], [4, 6, None, 5])
    )
    assert cells(plan.with_others({"实际": actual}), "gap", "n1") == [1, -1, 5, 0]


def test_a_pool_is_shared_to_the_fen_largest_remainder_first() -> None:
    org = dimension("org", ["u", "v", "w"])
    sheet = sheet_of(
        {"pool": {"unit": "元", "scale": 2, "dims": ("period",)}, "heads": {"unit": "人", "scale": 0, "time": "last"},
         "share": {"unit": "元", "scale": 2}},
        "share = SHARE(pool BY heads OVER org)",
        {"pool": {(): [100, -100, 0, 7]}, "heads": {("u",): [1, 1, 1, 0], ("v",): [1, 1, 1, 0], ("w",): [1, 1, 1, 0]}},
        (org,),
    )  # fmt: skip
    assert cells(sheet, "share", "u") == [33.34, -33.34, 0, "NO_DRIVER"]
    assert cells(sheet, "share", "v") == [33.33, -33.33, 0, "NO_DRIVER"]
    assert cells(sheet, "share", "w") == [33.33, -33.33, 0, "NO_DRIVER"]


def test_an_explanation_names_operands_values_and_where_an_error_came_from() -> None:
    sheet = sheet_of(
        {"x": {"unit": "元", "scale": 2}, "n": {"unit": "人", "scale": 0, "time": "last"},
         "each": {"unit": "元/人", "total": "formula", "time": "formula"}, "twice": {"unit": "元/人"}},
        "each = x / n\ntwice = each * 2",
        {"x": {("n1",): [10, 10, 10, 10], ("n2",): [30, 0, 0, 0]}, "n": {("n1",): [4, 0, 4, 4], ("n2",): [1, 1, 1, 1]}},
    )  # fmt: skip
    n1 = [sheet.model.dimensions["org"].by_code["n1"].id]
    why = sheet.explain(ref("each"), n1, PeriodKey("base", 0))
    assert (why.how, why.text, why.value) == ("formula", "each = x / n", 2.5)
    assert [(o.item.item, o.value) for o in why.operands] == [("x", 10), ("n", 4)]
    failed = sheet.explain(ref("twice"), n1, PeriodKey("base", 1))
    assert State(failed.state) == State.DIV_BY_ZERO
    assert failed.origin is not None
    assert failed.origin.item == ref("each")
    assert sheet.explain(ref("each"), n1, PeriodKey("base", 1)).origin is None  # it arose here
    total = sheet.explain(ref("x"), [sheet.model.dimensions["org"].by_code["N"].id], PeriodKey("base", 0))
    names = {m.id: m.code for m in sheet.model.dimensions["org"].members}
    assert [(names[o.members[0]], o.value) for o in total.operands] == [("n2", 30), ("n1", 10)]
    year = sheet.explain(ref("x"), n1, PeriodKey("year", 0))
    assert (year.how, len(year.operands)) == ("periods", 4)


def test_the_order_of_dimensions_does_not_matter() -> None:
    items = {"x": {"unit": "元", "scale": 2}, "t": {"unit": "元", "scale": 2, "dims": ("period", "product")}}
    rows = {("n1", "a"): [1, 2, 3, 4], ("n1", "b"): [5, 6, 7, 8], ("s1", "a"): [9, 9, 9, 9]}
    one = sheet_of(items, "t = SUM(x OVER org)", {"x": rows}, (ORG, PRODUCT))
    other = sheet_of(items, "t = SUM(x OVER org)", {"x": {(p, o): v for (o, p), v in rows.items()}}, (PRODUCT, ORG))
    assert cells(one, "t", "a") == cells(other, "t", "a") == [10, 11, 12, 13]
    assert cells(one, "x", "G", "a") == cells(other, "x", "a", "G") == [-8, -7, -6, -5]
