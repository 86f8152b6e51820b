"""``x[org: PARENT]`` reads at the parent of the current member, worked out by hand."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.sheets import cells, dimension, edit, entered, model, ref

from bihuan.engine.definition import CalendarDefinition, DimensionDefinition, EdgeDefinition, MemberDefinition
from bihuan.engine.sheet import Sheet
from bihuan.kernel.errors import ProblemsFound

ORG = dimension("org", {"G": ["N", "S"], "N": ["n1", "n2"], "S": ["s1"]})
SHARE = {
    "cost": {"unit": "元", "scale": 2},
    "share": {"unit": "%", "total": "formula", "time": "formula"},
}
FORMULAS = "share = cost / cost[org: PARENT]"
ROWS = {("n1",): [30, 10, None, 1], ("n2",): [70, 30, 5, 1], ("s1",): [100, 0, 5, 2]}


def sheet_of(formulas: str, org: DimensionDefinition = ORG, rows: Any = None, **items: Any) -> Sheet:
    made = model((org,), {**SHARE, **items}, formulas, CalendarDefinition("quarter", "2026Q1", "2026Q4"))
    return Sheet.build(made, {ref("cost"): entered(made, ref("cost"), rows or ROWS)})


def test_the_share_in_the_total_of_the_parent_at_leaves_parents_and_years() -> None:
    sheet = sheet_of(FORMULAS)
    assert cells(sheet, "share", "n1") == [0.3, 0.25, None, 0.5]
    assert cells(sheet, "share", "n2") == [0.7, 0.75, 1, 0.5]
    assert cells(sheet, "share", "s1") == [1, "DIV_BY_ZERO", 1, 1]
    assert cells(sheet, "share", "N") == [0.5, 1, 0.5, 0.5]
    assert cells(sheet, "share", "n1", grain="year") == [41 / 147]
    assert cells(sheet, "share", "G") == [None] * 4  # the top has no parent


def test_the_chinese_word_reads_the_same_and_a_member_of_that_name_wins() -> None:
    assert cells(sheet_of("share = cost / cost[org: 上级]"), "share", "n1")[0] == 0.3
    odd = dimension("org", {"G": ["PARENT", "n1"]})
    rows = {("n1",): [30, 0, 0, 0], ("PARENT",): [60, 0, 0, 0]}
    assert cells(sheet_of(FORMULAS, odd, rows), "share", "n1")[0] == 0.5


def test_an_edit_reaches_the_siblings() -> None:
    sheet = sheet_of(FORMULAS)
    cells(sheet, "share", "n1")
    after, _ = sheet.edit(edit(sheet.model, [("cost", ("n2",), 0, 170)]))
    assert cells(after, "share", "n1")[0] == 0.15
    assert cells(after, "share", "n2")[0] == 0.85
    anew = sheet_of(FORMULAS, rows=ROWS | {("n2",): [170, 30, 5, 1]})
    for member in ("n1", "n2", "s1", "N", "S"):
        assert cells(after, "share", member) == cells(anew, "share", member)


def test_a_department_that_moves_reads_the_parent_of_each_period() -> None:
    july = date(2026, 7, 1)
    codes = ("G", "N", "S", "n1", "n2", "s1")
    edges = (
        EdgeDefinition("N", "G"),
        EdgeDefinition("S", "G"),
        EdgeDefinition("n1", "N", valid_to=july),
        EdgeDefinition("n1", "S", valid_from=july),
        EdgeDefinition("n2", "N"),
        EdgeDefinition("s1", "S"),
    )
    org = DimensionDefinition("org", "org", tuple(MemberDefinition(c, c) for c in codes), {"": edges})
    sheet = sheet_of(FORMULAS, org, {k: [30, 30, 30, 30] for k in (("n1",), ("n2",), ("s1",))})
    assert cells(sheet, "share", "n1") == [0.5] * 4  # one of two below N, then one of two below S
    assert cells(sheet, "share", "n2") == [0.5, 0.5, 1, 1]
    assert cells(sheet, "share", "s1") == [1, 1, 0.5, 0.5]


def test_a_ratio_of_the_parent_is_worked_out_there() -> None:
    items = {
        "sales": {"unit": "元", "scale": 2},
        "rate": {"unit": "%", "total": "formula"},
        "own": {"unit": "元"},
    }
    made = model((ORG,), {"cost": SHARE["cost"], **items}, "rate = cost / sales\nown = sales * rate[org: PARENT]")
    panels = {
        "cost": {("n1",): [10, 0, 0, 0], ("n2",): [20, 0, 0, 0]},
        "sales": {("n1",): [100, 0, 0, 0], ("n2",): [50, 0, 0, 0]},
    }
    sheet = Sheet.build(made, {ref(k): entered(made, ref(k), rows) for k, rows in panels.items()})
    assert cells(sheet, "own", "n1")[0] == pytest.approx(100 * 30 / 150)


def test_what_is_read_is_told_where_it_was_read() -> None:
    sheet = sheet_of(FORMULAS)
    n1 = sheet.model.dimensions["org"].by_code["n1"].id
    above = sheet.model.dimensions["org"].by_code["N"].id
    from bihuan.kernel.period import PeriodKey

    told = sheet.explain(ref("share"), (n1,), PeriodKey("base", 0))
    assert [(o.members, o.value) for o in told.operands] == [((n1,), 30.0), ((above,), 100.0)]


def test_it_needs_the_dimension_and_no_circle() -> None:
    with pytest.raises(ProblemsFound) as refused:
        sheet_of("share = share[org: PARENT] / 2")
    assert {p.code for p in refused.value.problems} == {"cycle"}
    with pytest.raises(ProblemsFound) as refused:
        sheet_of("share = share[org: G] / 2")
    assert {p.code for p in refused.value.problems} == {"cycle"}
    with pytest.raises(ProblemsFound):
        sheet_of("total = cost[org: PARENT]", total={"unit": "元", "dims": ("period",)})


def test_a_property_that_names_a_parent_reads_its_total() -> None:
    homes = {"n1": {"home": "S"}, "n2": {"home": "G"}, "s1": {"home": "n1"}}
    org = dimension("org", {"G": ["N", "S"], "N": ["n1", "n2"], "S": ["s1"]}, properties=homes)
    org = replace(org, references={"home": "org"})
    made = model((org,), {"cost": SHARE["cost"], "own": {"unit": "元"}}, "own = cost[org: org.home] + 0 * cost")
    sheet = Sheet.build(made, {ref("cost"): entered(made, ref("cost"), {k: [v[0]] * 4 for k, v in ROWS.items()})})
    assert [cells(sheet, "own", m)[0] for m in ("n1", "n2", "s1")] == [100, 200, 30]
