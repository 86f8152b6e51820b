"""The words under a traced formula speak of other cells: they are said only to who may see every one of these."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.sheets import ref
from tests.unit.engine.test_allocate import sheet_of

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.explain import Operand
from bihuan.features.planning import trace
from bihuan.kernel.period import PeriodKey

FORMULA = '分配后 = ALLOCATE(费用, "阶梯" BY 用量 OVER 部门, 受益)'


@pytest.mark.parametrize(("hidden", "said"), [(None, True), (1_452_150, False), (4_000, False)])
def test_the_words_are_for_who_sees_all_behind_them(
    monkeypatch: pytest.MonkeyPatch, hidden: float | None, said: bool
) -> None:
    def may_see(_: object, item: CompiledItem, operand: Operand) -> bool:
        return operand.value != hidden

    monkeypatch.setattr(trace._Tracer, "_may_see", may_see)
    sheet = sheet_of("阶梯")
    state = cast(Any, SimpleNamespace(sheet=sheet, model=sheet.model))
    machining = sheet.model.dimensions["部门"].by_code["加工"].id
    step = trace._Tracer(state, "预算", cast(Any, None)).step(
        sheet.model.items[ref("分配后")], (machining,), PeriodKey("base", 0), 1
    )
    rule, _, words = step.text.partition("\n")
    assert rule == FORMULA
    assert bool(words) == said
    if said:
        assert words.endswith("× 1,600 ÷ 1,800 = 2,410,800.00")
    else:
        assert "6,300,000" not in step.text
