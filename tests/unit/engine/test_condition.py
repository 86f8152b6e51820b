"""Expressions beside the model: evaluated at nodes, per period and per year, beside other versions."""

import numpy as np
import pytest
from tests.sheets import dimension, model, ref

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.condition import beside, bind, evaluate
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.panel import panel_of
from bihuan.engine.sheet import Sheet
from bihuan.kernel.state import State

NAN = float("nan")
MADE = model(
    [dimension("org", {"G": ["A", "B"]}), dimension("科目", {"合计": ["差旅", "会议"]})],
    {"金额": {"unit": "元", "scale": 2}, "人数": {"unit": "人", "dims": ("period", "org"), "time": "last"}},
)


def node(made: CompiledModel, **codes: str) -> list[int]:
    return [made.dimensions[d].by_code[codes[d]].id for d in made.dimensions if d in codes]


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    rows = [node(MADE, org=o, 科目=k) for o, k in (("A", "差旅"), ("A", "会议"), ("B", "差旅"))]
    amounts = panel_of(rows, [[100, 200, NAN, 400], [0, 50, 50, 50], [1000] * 4])
    people = panel_of([node(MADE, org=o) for o in "AB"], [[1, 2, 3, 4], [5, 5, 5, NAN]])
    return Sheet.build(MADE, {ref("金额"): amounts, ref("人数"): people})


@pytest.mark.parametrize(
    ("text", "org", "grain", "expected"),
    [
        ("金额[科目: 合计]", "A", "base", [1, 2.5, 0.5, 4.5]),
        ("金额[科目: 合计]", "A", "year", [8.5]),
        ("金额[科目: 合计]", "G", "year", [48.5]),
        ("金额[科目: 差旅] < 4", "A", "base", [1, 1, 1, 0]),  # fen 400 = 4 元; blank counts as 0
        ("金额[科目: 合计] / 人数", "B", "base", [2, 2, 2, None]),
        ("人数 > 0", "G", "year", [1]),
        ("SUM(金额 OVER 科目) - 金额[科目: 合计] = 0", "G", "base", [1, 1, 1, 1]),
        ("金额[科目: 差旅] - PREV(金额[科目: 差旅])", "A", "base", [1, 1, -2, 4]),
    ],
)
def test_an_expression_is_evaluated_at_a_node(
    sheet: Sheet, text: str, org: str, grain: str, expected: list[float | None]
) -> None:
    bound = bind(MADE, text, cube="c", dims=["org"], grain=grain)
    values, states = evaluate(sheet, bound, np.array([node(MADE, org=org)], np.int32), range(len(expected)))
    shown = [float(v) if s == State.VALUE else None for v, s in zip(values[0], states[0], strict=True)]
    assert shown == expected


def test_rows_come_back_in_the_order_asked_and_may_repeat(sheet: Sheet) -> None:
    bound = bind(MADE, "金额", cube="c", dims=["org", "科目"], grain="year")
    asked = [node(MADE, org="B", 科目="差旅"), node(MADE, org="A", 科目="会议"), node(MADE, org="B", 科目="差旅")]
    values, _ = evaluate(sheet, bound, np.array(asked, np.int32), range(1))
    assert values[:, 0].tolist() == [40, 1.5, 40]


def test_the_current_member_is_told_as_text(sheet: Sheet) -> None:
    bound = bind(MADE, "科目", cube="c", dims=["org", "科目"], grain="base")
    values, _ = evaluate(sheet, bound, np.array([node(MADE, org="A", 科目="会议")], np.int32), range(1))
    assert (bound.current, values[0, 0]) == ("科目", "会议")


def test_another_version_can_stand_beside_under_a_name_of_its_own(sheet: Sheet) -> None:
    half = Sheet.build(MADE, {ref("金额"): panel_of([node(MADE, org="A", 科目="差旅")], [[50, 100, NAN, 200]])})
    bound = bind(
        MADE, "金额[科目: 差旅] / 金额[科目: 差旅, 版本: 预计]", cube="c", dims=["org"], grain="year", roles=["预计"]
    )
    values, states = evaluate(beside(sheet, {"预计": half}), bound, np.array([node(MADE, org="A")], np.int32), range(1))
    assert (values.tolist(), states.tolist()) == ([[2.0]], [[State.VALUE]])
    assert [(o.item.item, dict(o.pins), o.version) for o in bound.operands] == [
        ("金额", {"科目": "差旅"}, None),
        ("金额", {"科目": "差旅"}, "预计"),
    ]


@pytest.mark.parametrize(
    "text",
    ["金额", "金额[科目: 不存在] > 0", "无此指标 > 0", "金额[科目: 合计] > 人数", "金额[科目: 合计, 版本: 别的]"],
)
def test_what_cannot_be_meant_is_refused_when_it_is_bound(text: str) -> None:
    with pytest.raises(FormulaFault):
        bind(MADE, text, cube="c", dims=["org"], grain="year")
