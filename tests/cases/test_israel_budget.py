"""The Israeli state budget 1992–2004: printed subtotals and printed differences, re-derived through the engine.

167,762 printed rows in thousands of shekels, five code levels by length (2, 4, 6, 8, 10 digits), three amounts and two printed
differences each. The leaves alone are entered; every subtotal is the tree's roll-up. The differences are a formula over what
is printed, subtotals included, because the book subtracts the rounded figures it prints.
"""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pytest
from numpy.typing import NDArray

from bihuan.engine.compile import compile_model
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import (
    CalendarDefinition,
    CubeDefinition,
    DimensionDefinition,
    EdgeDefinition,
    ItemDefinition,
    MemberDefinition,
    ModelDefinition,
)
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel, panel_of
from bihuan.engine.sheet import Sheet
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State

pytestmark = pytest.mark.cases

AMOUNTS = {"原预算": "budget_original", "调整后预算": "budget_revised", "执行": "actual"}
FORMULAS = "与原预算之差 = 执行 - 原预算\n与调整后之差 = 执行 - 调整后预算\n"
DIFFERENCES = {"与原预算之差": "pub_var_original", "与调整后之差": "pub_var_revised"}


@pytest.fixture(scope="module")
def printed(cases: Path) -> dict[str, NDArray[np.float64] | list[str]]:
    """The book's columns; a blank amount is NaN."""
    path = cases / "budget_actual" / "israel_state_budget_1992_2004.csv.gz"
    with gzip.open(path) as file:
        table = pcsv.read_csv(file, convert_options=pcsv.ConvertOptions(column_types={"code": pa.string()}))
    names = ("year", "level", *AMOUNTS.values(), *DIFFERENCES.values())
    out = {n: np.array(table[n].to_pylist(), dtype=np.float64) for n in names}  # None becomes NaN
    return {**out, "code": table["code"].to_pylist()}


@pytest.fixture(scope="module")
def model(printed: Mapping[str, list[str]]) -> CompiledModel:
    """Two dimensions over the same codes: the tree, whose leaves are entered, and the flat list of what is printed."""
    codes = sorted(set(printed["code"]))
    known = set(codes)
    members = tuple(MemberDefinition(code, code) for code in codes)
    parents = {c: next((c[:n] for n in range(len(c) - 2, 1, -2) if c[:n] in known), None) for c in codes}
    edges = tuple(EdgeDefinition(code, parent) for code, parent in parents.items() if parent)
    amounts = tuple(ItemDefinition(name, name, unit="千", scale=0) for name in AMOUNTS)
    differences = tuple(ItemDefinition(name, name, unit="千", scale=0) for name in DIFFERENCES)
    return compile_model(
        ModelDefinition(
            name="state-budget",
            title="国家预算",
            calendar=CalendarDefinition("year", "1992", "2004"),
            currency="千",
            units={"千": ""},
            roles={},
            versions=(),
            languages=("zh",),
            dimensions=(
                DimensionDefinition("科目", "科目", members, {"": edges}),
                DimensionDefinition("印刷行", "印刷行", members, {"": ()}),
            ),
            cubes=(
                CubeDefinition("决算", "决算", ("科目", "period"), (), amounts, ""),
                CubeDefinition("印刷", "印刷", ("印刷行", "period"), (), (*amounts, *differences), FORMULAS),
            ),
        )
    )


def panel(
    model: CompiledModel, dim: str, codes: list[str], years: NDArray[np.float64], amount: NDArray[np.float64]
) -> Panel:
    """Rows × 13 years of one amount; blank where the book is."""
    by_code = model.dimensions[dim].by_code
    ids = np.array([by_code[code].id for code in codes], np.int32)
    rows, row = np.unique(ids, return_inverse=True)
    values, states = np.zeros((len(rows), 13)), np.zeros((len(rows), 13), np.uint8)
    said = ~np.isnan(amount)
    at = row[said], years[said].astype(int) - 1992
    values[at], states[at] = amount[said], State.VALUE
    size = max(m.id for m in model.dimensions[dim].members) + 1
    return panel_of(rows[:, None], values, states, sizes=(size,))


def read(
    sheet: Sheet, item: ItemRef, dim: str, codes: list[str], years: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """The sheet's value and state for each printed row."""
    by_code = sheet.model.dimensions[dim].by_code
    distinct = sorted(set(codes))
    place = {code: i for i, code in enumerate(distinct)}
    nodes = np.array([[by_code[code].id] for code in distinct], np.int32)
    values, states = sheet.read(item, rows=nodes, periods=[PeriodKey("base", i) for i in range(13)])
    at = np.array([place[c] for c in codes]), years.astype(int) - 1992
    return values[at], states[at]


def test_every_printed_subtotal_is_the_sum_of_its_leaves(
    printed: Mapping[str, NDArray[np.float64]], model: CompiledModel, cases: Path, count: Callable[[str], None]
) -> None:
    codes, level, years = list(printed["code"]), printed["level"], printed["year"]
    leaf, subtotal = np.flatnonzero(level == 10), np.flatnonzero(level < 10)
    inputs = {
        ItemRef("决算", name): panel(model, "科目", [codes[i] for i in leaf], years[leaf], printed[column][leaf])
        for name, column in AMOUNTS.items()
    }
    sheet = Sheet.build(model, inputs)
    wanted = [codes[i] for i in subtotal]
    off = {}
    for name, column in AMOUNTS.items():
        value, _ = read(sheet, ItemRef("决算", name), "科目", wanted, years[subtotal])
        off[name] = np.abs(value - np.nan_to_num(printed[column][subtotal]))
    facts = json.loads((cases / "budget_actual" / "israel_exceptions.json").read_text())
    assert len(subtotal) == facts["rollup_ok"]
    assert not off["原预算"].any()
    assert not off["调整后预算"].any()
    counted = Counter(str(int(d)) if d < 6 else "6+" for d in off["执行"])
    count(
        f"{len(subtotal)} printed subtotals re-derived; executed off by rounding (thousands): {dict(sorted(counted.items()))}"
    )
    assert counted == facts["rollup_abs_diff_distribution"]


def test_every_printed_difference_follows_from_what_is_printed(
    printed: Mapping[str, NDArray[np.float64]], model: CompiledModel, cases: Path, count: Callable[[str], None]
) -> None:
    codes, years = list(printed["code"]), printed["year"]
    inputs = {
        ItemRef("印刷", name): panel(model, "印刷行", codes, years, printed[column]) for name, column in AMOUNTS.items()
    }
    sheet = Sheet.build(model, inputs)
    equal = blank = 0
    for name, column in DIFFERENCES.items():
        value, state = read(sheet, ItemRef("印刷", name), "印刷行", codes, years)
        assert set(np.unique(state)) <= {State.BLANK, State.VALUE}
        nothing = state == State.BLANK
        assert not printed[column][nothing].any()  # the book prints 0 where there is nothing to subtract
        blank += int(nothing.sum())
        equal += int((value == printed[column]).sum())
    facts = json.loads((cases / "budget_actual" / "israel_exceptions.json").read_text())
    count(f"{equal} printed differences re-derived, {blank} of them blank in the engine and 0 in print")
    assert equal == facts["var_ok"] == 2 * len(codes)
