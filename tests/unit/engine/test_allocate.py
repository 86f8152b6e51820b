"""Allocation of service departments' costs: a published case by its three methods, properties, and what is refused."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sheets import cells, dimension, edit, entered, model, ref

from bihuan.engine.allocate import Method, NoReceiver, allocate
from bihuan.engine.definition import CalendarDefinition
from bihuan.engine.sheet import Sheet
from bihuan.engine.spread import PartTooLarge
from bihuan.kernel.errors import ProblemsFound
from bihuan.kernel.period import PeriodKey

NAMES = ("维修", "信息", "加工", "装配")
DEPARTMENTS = dimension("部门", {"全厂": NAMES})
SERVED = dimension("受益", NAMES)
CALENDAR = CalendarDefinition("quarter", "2026Q1", "2026Q4")
ITEMS = {
    "费用": {"unit": "元", "scale": 2, "dims": ("period", "部门")},
    "用量": {"unit": "?", "dims": ("period", "部门", "受益"), "time": "sum", "total": "sum"},
    "分配后": {"unit": "元", "scale": 2, "dims": ("period", "部门")},
}
# Horngren, Cost Accounting, chapter 15: plant maintenance and information systems serve each other, machining and assembly
OWN = {"维修": 6_300_000, "信息": 1_452_150, "加工": 4_000_000, "装配": 2_000_000}
HOURS = {
    ("维修", "信息"): 1600, ("维修", "加工"): 2400, ("维修", "装配"): 4000,
    ("信息", "维修"): 200, ("信息", "加工"): 1600, ("信息", "装配"): 200,
    ("信息", "信息"): 77,  # its own use counts for nothing
}  # fmt: skip


def sheet_of(method: str, own: Mapping[str, Any] = OWN, used: Mapping[tuple[str, str], Any] = HOURS) -> Sheet:
    made = model((DEPARTMENTS, SERVED), ITEMS, f'分配后 = ALLOCATE(费用, "{method}" BY 用量 OVER 部门, 受益)', CALENDAR)
    rows: dict[str, Any] = {
        "费用": {(name,): [amount, None, 0, amount] for name, amount in own.items()},
        "用量": {pair: [hours, hours, hours, None] for pair, hours in used.items()},
    }
    return Sheet.build(made, {ref(k): entered(made, ref(k), v) for k, v in rows.items()})


@pytest.mark.parametrize(
    ("method", "machining", "assembly"),
    [
        ("直接", 7_653_300, 6_098_850),
        ("阶梯", 8_300_800, 5_451_350),
        ("交互", 8_187_025, 5_565_125),
        ("reciprocal", 8_187_025, 5_565_125),
    ],
)
def test_the_published_case(method: str, machining: int, assembly: int) -> None:
    sheet = sheet_of(method)
    assert cells(sheet, "分配后", "加工")[0] == machining
    assert cells(sheet, "分配后", "装配")[0] == assembly
    assert cells(sheet, "分配后", "维修")[0] == 0
    assert cells(sheet, "分配后", "全厂")[0] == cells(sheet, "费用", "全厂")[0] == sum(OWN.values())
    assert cells(sheet, "分配后", "加工")[1:] == [
        None,
        0,
        4_000_000,
    ]  # nothing to allocate; nobody serves in the last quarter
    assert cells(sheet, "分配后", "信息")[3] == 1_452_150


def test_an_allocated_cell_names_what_it_was_made_of() -> None:
    sheet = sheet_of("直接")
    machining = sheet.model.dimensions["部门"].by_code["加工"].id
    told = sheet.explain(ref("分配后"), (machining,), PeriodKey("base", 0))
    assert told.value == 7_653_300
    names = {m.id: m.code for d in ("部门", "受益") for m in sheet.model.dimensions[d].members if d == "部门"}
    own = [(names[o.members[0]], o.value) for o in told.operands if o.item == ref("费用")]
    assert own == [("加工", 4_000_000), ("维修", 6_300_000), ("信息", 1_452_150)]
    assert [o.value for o in told.operands if o.item == ref("用量")] == [2400, 1600]


def test_an_edit_moves_all_departments_as_a_calculation_from_nothing_does() -> None:
    sheet = sheet_of("阶梯")
    cells(sheet, "分配后", "加工")
    after, _ = sheet.edit(edit(sheet.model, [("费用", ("维修",), 0, 1000), ("用量", ("信息", "装配"), 0, 999)]))
    anew = sheet_of("阶梯", OWN | {"维修": 1000}, HOURS | {("信息", "装配"): 999})
    for name in (*NAMES, "全厂"):
        assert cells(after, "分配后", name)[0] == cells(anew, "分配后", name)[0]


def test_a_service_nobody_can_take_from_is_an_error_for_all() -> None:
    closed = {("维修", "信息"): 1, ("信息", "维修"): 1}
    for method in ("直接", "阶梯", "交互"):
        assert cells(sheet_of(method, used=closed), "分配后", "加工")[0] == "NO_DRIVER"
    assert cells(sheet_of("直接", used=HOURS | {("维修", "加工"): -1}), "分配后", "装配")[0] == "BAD_NUMBER"


def test_what_does_not_fit_is_refused_with_a_place() -> None:
    for formula in (
        "分配后 = ALLOCATE(费用 BY 用量 OVER 部门)",
        '分配后 = ALLOCATE(费用, "别的" BY 用量 OVER 部门, 受益)',
        "分配后 = ALLOCATE(用量 BY 用量 OVER 部门, 受益)",
        "分配后 = ALLOCATE(费用 BY 费用 OVER 部门, 受益)",
    ):
        with pytest.raises(ProblemsFound):
            model((DEPARTMENTS, SERVED), ITEMS, formula, CALENDAR)
    strange = dimension("受益", ["加工", "外单位"])
    with pytest.raises(ProblemsFound, match="外单位"):
        model((DEPARTMENTS, strange), ITEMS, "分配后 = ALLOCATE(费用 BY 用量 OVER 部门, 受益)", CALENDAR)


def test_parts_beyond_exact_numbers_end_in_an_error_and_do_not_hang() -> None:
    nearly = np.array([[0, 10.0**12, 1.0, 0], [10.0**12, 0, 0, 1.0], [0, 0, 0, 0], [0, 0, 0, 0]])
    with pytest.raises((PartTooLarge, NoReceiver)):
        allocate(np.array([9e15, 9e15, 0.0, 0.0]), nearly * np.array([[1], [3], [1], [1]]), "reciprocal", whole=True)


def naive(own: list[int], used: list[list[int]], method: Method) -> list[Fraction] | None:
    """By exact fractions: the reciprocal method by handing round what services still hold until a rest is too small to matter
    would not end; so Gauss, on paper."""
    n = len(own)
    used = [[0 if i == j else used[i][j] for j in range(n)] for i in range(n)]
    services = [i for i in range(n) if sum(used[i])]
    bears = [Fraction(x) for x in own]
    if method != "reciprocal":
        closed: set[int] = set()
        for s in services:
            closed.add(s)
            takers = [j for j in range(n) if j not in (services if method == "direct" else closed)]
            amount, bears[s] = bears[s], Fraction(0)
            total = sum(used[s][j] for j in takers)
            if amount and not total:
                return None
            for j in takers:
                bears[j] += amount * used[s][j] / total if amount else 0
        return bears
    rows = [
        [Fraction(int(i == j)) - Fraction(used[j][i], sum(used[j])) for j in services] + [Fraction(own[i])]
        for i in services
    ]
    for c in range(len(rows)):
        pivot = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if pivot is None:
            return None
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [x / rows[c][c] for x in rows[c]]
        for r in range(len(rows)):
            if r != c:
                rows[r] = [a - rows[r][c] * b for a, b in zip(rows[r], rows[c], strict=True)]
    gross = dict(zip(services, (row[-1] for row in rows), strict=True))
    return [
        Fraction(0) if i in gross else own[i] + sum(g * used[s][i] / sum(used[s]) for s, g in gross.items())
        for i in range(n)
    ]


@given(st.data(), st.sampled_from(["direct", "step", "reciprocal"]))
@settings(max_examples=150, deadline=None)
def test_the_sum_stays_to_the_fen_and_each_part_is_within_a_fen_of_the_exact_one(
    data: st.DataObject, method: Method
) -> None:
    n = data.draw(st.integers(2, 6))
    own = data.draw(st.lists(st.integers(-(10**9), 10**12), min_size=n, max_size=n))
    row = st.lists(st.integers(0, 50), min_size=n, max_size=n)
    used = data.draw(st.lists(st.one_of(row, st.just([0] * n)), min_size=n, max_size=n))
    wanted = naive(own, used, method)
    arrays = np.array(own, float), np.array(used, float)
    if wanted is None:
        with pytest.raises(NoReceiver):
            allocate(*arrays, method, whole=True)
        return
    exact = allocate(*arrays, method, whole=False)
    assert exact == pytest.approx([float(x) for x in wanted], rel=1e-9, abs=1e-3)
    parts = allocate(*arrays, method, whole=True)
    assert parts.sum() == sum(own)
    assert np.abs(parts - exact).max() <= n  # a step's rounding goes on to the next
    assert (parts == np.trunc(parts)).all()
