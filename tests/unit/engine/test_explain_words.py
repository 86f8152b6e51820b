"""Why in words: each gift of an allocation with its numbers, worked by hand; the circle that did not settle."""

import pytest
from tests.sheets import cells, entered, model, ref
from tests.unit.engine.test_allocate import HOURS, NAMES, OWN, sheet_of

from bihuan.engine.definition import CalendarDefinition, Iteration
from bihuan.engine.explain import Explanation
from bihuan.engine.sheet import Sheet
from bihuan.kernel.period import PeriodKey

FIRST = PeriodKey("base", 0)


def told(sheet: Sheet, name: str) -> Explanation:
    return sheet.explain(ref("分配后"), (sheet.model.dimensions["部门"].by_code[name].id,), FIRST)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (
            "直接",
            "直接分配：自己 4,000,000.00；维修 6,300,000.00 × 2,400 ÷ 6,400 = 2,362,500.00；"
            "信息 1,452,150.00 × 1,600 ÷ 1,800 = 1,290,800.00",
        ),
        (
            "阶梯",
            "阶梯分配：自己 4,000,000.00；维修 6,300,000.00 × 2,400 ÷ 8,000 = 1,890,000.00；"
            "信息 2,712,150.00（含收到的 1,260,000.00） × 1,600 ÷ 1,800 = 2,410,800.00",
        ),
        (  # y1 = 6,300,000 + y2 / 10 and y2 = 1,452,150 + y1 / 5, so y1 = 6,445,215 / 0.98
            "交互",
            "交互分配：自己 4,000,000.00；维修 6,576,750.00（含收到的 276,750.00） × 2,400 ÷ 8,000 = 1,973,025.00；"
            "信息 2,767,500.00（含收到的 1,315,350.00） × 1,600 ÷ 2,000 = 2,214,000.00",
        ),
    ],
)
def test_an_allocation_is_told_gift_by_gift(method: str, words: str) -> None:
    found = told(sheet_of(method), "加工")
    assert found.words == words
    sums = [float(part.split(" = ")[1].replace(",", "")) for part in words.split("；")[1:]]
    assert 4_000_000 + sum(sums) == pytest.approx(found.value)
    behind = {(o.item.item, o.value) for o in found.behind}
    assert behind == {("费用", v) for v in OWN.values()} | {("用量", v) for v in HOURS.values()}


def test_a_service_department_tells_what_it_gives_on_and_who_cannot_give() -> None:
    assert told(sheet_of("阶梯"), "信息").words == (
        "阶梯分配：自己 1,452,150.00；维修 6,300,000.00 × 1,600 ÷ 8,000 = 1,260,000.00；再全部分出 2,712,150.00"
    )
    closed = {("维修", "信息"): 1, ("信息", "维修"): 1}
    assert told(sheet_of("交互", used=closed), "加工").words == "交互分配：服务部门只互相服务，费用没有地方可去"
    assert told(sheet_of("直接", used=closed), NAMES[2]).words == (
        "直接分配：维修有 6,300,000.00 却没有部门可以收、信息有 1,452,150.00 却没有部门可以收"
    )


def test_what_did_not_settle_names_its_circle() -> None:
    items = {
        "x": {"unit": "1", "iterate": Iteration(0.01, 50)},
        "y": {"unit": "1"},
        "start": {"unit": "1"},
        "after": {"unit": "1"},
    }
    made = model(
        (), items, "x = start + 2 * y\ny = x\nafter = x + 1", CalendarDefinition("quarter", "2026Q1", "2026Q1")
    )
    sheet = Sheet.build(made, {ref("start"): entered(made, ref("start"), {(): [1]})})
    assert cells(sheet, "x") == cells(sheet, "after") == ["NO_CONVERGE"]
    found = sheet.explain(ref("x"), (), FIRST)
    assert found.words == "循环 x → y → x 算了 50 轮，还有变动超过 0.01 的，没有收敛"
    after = sheet.explain(ref("after"), (), FIRST)
    assert not after.words
    assert after.origin is not None
    assert after.origin.item == ref("x")
