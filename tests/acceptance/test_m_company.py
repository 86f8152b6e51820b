"""The textbook's master budget: every printed cell, and every input moves what depends on it and nothing else."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.naive import Cell, Naive, every_leaf, of_package

from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.sheet import Edits, Sheet
from bihuan.features.modelling.answers import answers, plain, sheets_of
from bihuan.features.modelling.data import PLAN_VERSION
from bihuan.features.modelling.expect import check, report
from bihuan.features.modelling.package import Package, read_package
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.scaled import to_scaled
from bihuan.kernel.state import State

FOLDER = Path(__file__).parents[2] / "models" / "m-company"


@pytest.fixture(scope="module")
def package() -> Package:
    return read_package(FOLDER)


@pytest.fixture(scope="module")
def naive(package: Package) -> Naive:
    return of_package(package)


def cell(package: Package, naive: Naive, name: str, period: str, *members: str) -> Fraction:
    cube, item = name.split("!")
    ref = ItemRef(cube, item)
    dims = package.model.items[ref].dims
    ids = [package.model.dimensions[d].by_code[m].id for d, m in zip(dims, members, strict=True)]
    key = package.model.calendar.find(period)
    state, value = naive.read(ref, ids, key)
    assert state == State.VALUE, (name, period, state)
    return value


def test_every_printed_cell_is_computed_or_given_and_equal_to_the_last_digit(package: Package, naive: Naive) -> None:
    def read(version: str, item: ItemRef, members: tuple[int, ...], key: PeriodKey | None) -> tuple[Decimal, State]:
        state, value = naive.read(item, members, key)
        return (Decimal(value.numerator) / value.denominator if state == State.VALUE else Decimal(0)), state

    results = list(check(package.model, package.data, package.expected, read))
    assert len(results) == 356
    assert [one for one in results if not one.agrees] == []
    assert report(package.model, results)[-1] == "287 passed, 0 failed"


def test_the_engine_computes_every_printed_cell(package: Package) -> None:
    results = answers(package)
    assert report(package.model, results)[-3:] == [
        "computed: 287 equal, 0 different",
        "given: 69 equal, 0 different",
        "287 passed, 0 failed",
    ]


def test_the_input_cells_are_few_and_the_schedules_are_formulas(package: Package) -> None:
    assert len(package.data) == 87
    inputs = {ref.item for ref, item in package.model.items.items() if item.is_input}
    assert inputs == {
        "当季收现率", "产成品存货率", "年末产成品存货", "材料存货率", "年末材料存量", "当季付现率", "最低现金", "借款倍数",
        "短期年利率", "长期年利率", "预计销售量", "预计单位售价", "单位产品材料用量", "单价", "单位产品工时", "每小时人工成本",
        "单位变动费用", "所得税", "购买设备", "股利", "费用",
    }  # fmt: skip


def test_the_loan_is_drawn_in_the_second_quarter_and_repaid_with_its_interest_in_the_third(
    package: Package, naive: Naive
) -> None:
    # 缺口 4,940 + 最低余额 6,000 = 10,940, rounded up to 11,000; interest 11,000 x 10 % x 2/4 = 550
    assert cell(package, naive, "现金预算!向银行借款", "2026Q2") == 11000
    assert cell(package, naive, "现金预算!还银行借款", "2026Q3") == 11000
    assert cell(package, naive, "现金预算!短期借款利息", "2026Q3") == 550
    assert cell(package, naive, "现金预算!短期借款余额", "2026Q4") == 0


def test_the_balance_sheet_balances_at_both_ends_of_the_year(package: Package, naive: Naive) -> None:
    for year in ("2025", "2026"):
        assets = cell(package, naive, "资产负债表预算!资产总额", year)
        assert assets == cell(package, naive, "资产负债表预算!权益总额", year)


def test_with_half_the_sales_the_company_borrows_enough_to_keep_its_least_cash(package: Package) -> None:
    changed = raised(package, "销售预算", "预计销售量", Fraction(1, 2))
    for quarter in ("2026Q1", "2026Q2", "2026Q3"):
        assert cell(package, changed, "现金预算!期末现金余额", quarter) >= 6000
    cash = cell(package, changed, "现金预算!期末现金余额", "2026")
    assert cell(package, changed, "资产负债表预算!现金", "2026") == cash


def test_a_loan_comes_in_larger_steps_when_the_multiple_is_larger(package: Package) -> None:
    # 10,940 needed: steps of 1,000 and of 1,100 both give 11,000; steps of 1,200 give 12,000
    for factor, drawn in ((Fraction(11, 10), 11000), (Fraction(12, 10), 12000)):
        changed = raised(package, "参数", "借款倍数", factor)
        assert cell(package, changed, "现金预算!向银行借款", "2026Q2") == drawn


# --- each input up by ten per cent ----------------------------------------------------------------------------------


def raised(package: Package, cube: str, item: str, factor: Fraction) -> Naive:
    inputs = {
        (c.item, c.members, c.index): Fraction(c.value) * (factor if c.item == ItemRef(cube, item) else 1)
        for c in package.data
    }
    return Naive(package.model, inputs)


def same_in_engine(
    package: Package, cube: str, item: str, wanted: dict[tuple[ItemRef, tuple[int, ...], int], Cell]
) -> None:
    """The engine, by an edit of its sheet, comes to the same leaf cells."""
    sheet = changed_sheet(package, ItemRef(cube, item))
    rows: dict[ItemRef, list[tuple[int, ...]]] = {}
    for ref, row, _ in wanted:
        if row not in rows.setdefault(ref, []):
            rows[ref].append(row)
    for ref, keys in rows.items():
        compiled = package.model.items[ref]
        width = package.model.calendar.grain_size(compiled.grain) if compiled.grain else 1
        periods = [PeriodKey(compiled.grain, index) for index in range(width)]
        values, states = sheet.read(ref, rows=np.array(keys, np.int32).reshape(len(keys), -1), periods=periods)
        for n, row in enumerate(keys):
            for index in range(width):
                state, value = wanted[ref, row, index]
                assert State(int(states[n, index])) == state, (ref, index)
                if state == State.VALUE:
                    assert float(plain(float(values[n, index]), compiled.scale)) == pytest.approx(
                        float(value), rel=1e-12
                    )


def changed_sheet(package: Package, ref: ItemRef) -> Sheet:
    """The package's sheet after the item's entered cells were raised by ten per cent in one edit."""
    cells = [c for c in package.data if c.item == ref]
    scale = package.model.items[ref].scale
    values = [Decimal(c.value) * Decimal("1.1") for c in cells]
    edits = Edits(
        items=(ref,),
        item=np.zeros(len(cells), np.int32),
        members=np.array([c.members for c in cells], np.int32).reshape(len(cells), -1),
        period=np.array([c.index for c in cells], np.int32),
        value=np.array([float(v) if scale is None else to_scaled(v, scale) for v in values]),
        state=np.full(len(cells), State.VALUE, np.uint8),
    )
    before = sheets_of(package)[PLAN_VERSION]
    for other in package.model.items:  # so that the edit has something to bring up to date
        before.leaves(other)
    return before.edit(edits)[0]


def reached(package: Package, ref: ItemRef) -> set[ItemRef]:
    """Items that depend on one, by the model's graph."""
    out, waiting = set(), [ref]
    while waiting:
        for dependent in package.model.dependents[waiting.pop()]:
            if dependent not in out:
                out.add(dependent)
                waiting.append(dependent)
    return out


def leaves(package: Package, naive: Naive) -> dict[tuple[ItemRef, tuple[int, ...], int], Cell]:
    return {(item.ref, row, index): found for item, row, index, found in every_leaf(package.model, naive)}


def given_items() -> Iterator[tuple[str, str]]:
    seen = set()
    for entered in read_package(FOLDER).data:
        if entered.item not in seen:
            seen.add(entered.item)
            yield entered.item.cube, entered.item.item


# what must move when an input is raised, worked out by hand from the schedules
MOVES = {
    "预计销售量": ["销售预算!销售收入", "生产预算!预计生产量", "直接材料预算!预计采购金额", "现金预算!期末现金余额"],
    "预计单位售价": ["销售预算!销售收入", "预计现金收入!现金收入合计", "利润表预算!毛利", "资产负债表预算!应收账款"],
    "当季收现率": ["预计现金收入!应收账款", "预计现金收入!现金收入合计", "资产负债表预算!应收账款"],
    "产成品存货率": ["生产预算!预计生产量", "直接人工预算!人工总成本"],
    "年末产成品存货": ["生产预算!预计生产量", "产品成本预算!期末存货", "资产负债表预算!产成品"],
    "材料存货率": ["直接材料预算!预计材料采购量"],
    "年末材料存量": ["直接材料预算!预计采购金额", "资产负债表预算!直接材料", "资产负债表预算!应付账款"],
    "当季付现率": ["预计现金支出!付款合计", "资产负债表预算!应付账款"],
    "最低现金": ["现金预算!向银行借款"],
    "借款倍数": [],  # 1,100 x 10 is 11,000 again, see above
    "短期年利率": ["现金预算!短期借款利息", "利润表预算!利息"],
    "长期年利率": ["现金预算!长期借款利息", "利润表预算!税后净收益"],
    "应收账款": ["预计现金收入!收款", "现金预算!期末现金余额", "资产负债表预算!资产总额"],
    "预计期末产成品存货": ["生产预算!预计生产量"],
    "单位产品材料用量": ["直接材料预算!生产需用量", "产品成本预算!单位成本"],
    "单价": ["直接材料预算!预计采购金额", "产品成本预算!单位成本"],
    "预计期末存量": ["直接材料预算!预计材料采购量"],
    "应付账款": ["预计现金支出!付款", "现金预算!期末现金余额"],
    "单位产品工时": ["直接人工预算!人工总工时", "产品成本预算!单位投入量"],
    "每小时人工成本": ["直接人工预算!人工总成本", "产品成本预算!单位成本"],
    "单位变动费用": ["制造费用预算!费用", "产品成本预算!单位成本", "利润表预算!销货成本"],
    "费用": [],  # two items of that name: checked by the graph below
    "期末现金余额": ["现金预算!期初现金余额", "资产负债表预算!现金"],
    "所得税": [],
    "购买设备": ["现金预算!支出合计", "资产负债表预算!房屋及设备"],
    "股利": ["现金预算!支出合计", "资产负债表预算!未分配利润"],
    "直接材料": ["资产负债表预算!资产总额"],
    "产成品": ["资产负债表预算!资产总额"],
    "土地": ["资产负债表预算!资产总额"],
    "房屋及设备": ["资产负债表预算!资产总额"],
    "累计折旧": ["资产负债表预算!资产总额"],
    "长期借款": ["现金预算!长期借款利息", "资产负债表预算!权益总额"],
    "普通股": ["资产负债表预算!权益总额"],
    "未分配利润": ["资产负债表预算!权益总额"],
}


@pytest.mark.parametrize(("cube", "item"), list(given_items()), ids=lambda text: text)
def test_an_input_raised_by_ten_per_cent_moves_its_dependents_and_nothing_else(
    package: Package, naive: Naive, cube: str, item: str
) -> None:
    before = leaves(package, naive)
    after = leaves(package, raised(package, cube, item, Fraction(11, 10)))
    moved = {ref for (ref, row, index), found in after.items() if before.get((ref, row, index)) != found}
    below = reached(package, ItemRef(cube, item))
    same_in_engine(package, cube, item, after)
    assert ItemRef(cube, item) in moved
    assert moved - {ItemRef(cube, item)} <= below
    assert {ItemRef(*name.split("!")) for name in MOVES[item]} <= moved
