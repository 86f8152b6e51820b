"""The CPA textbook's master budget: every cell of the case against what the package computes, not against its own answers."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.modelling.answers import plain, sheets_of
from bihuan.features.modelling.package import Package, read_package
from bihuan.kernel.state import State

pytestmark = pytest.mark.cases
FOLDER = Path(__file__).parents[2] / "models" / "m-company"
CUBES = {"预计现金支出_材料": "预计现金支出"}
PERIODS = {"Year": "2026", "年初": "2025", "年末": "2026"} | {f"Q{n}": f"2026Q{n}" for n in range(1, 5)}
QUARTERS = {"上年": "2025Q4", "第一": "2026Q1", "第二": "2026Q2", "第三": "2026Q3", "第四": "2026Q4"}
# the book's row labels that the package names otherwise
LABELS = {
    ("预计现金支出", "合计"): "付款合计",
    ("现金预算", "直接材料"): "材料付款",
    ("现金预算", "直接人工"): "人工付款",
    ("现金预算", "制造费用"): "制造费用付款",
    ("现金预算", "销售及管理费用"): "销管费用付款",
    ("制造费用预算", "变动小计"): "变动",
    ("制造费用预算", "固定小计"): "固定",
}
Place = tuple[ItemRef, dict[str, str], str]


def locate(package: Package, schedule: str, row: str, column: str) -> Place:
    """The cell of the package that a printed cell means."""
    cube = CUBES.get(schedule, schedule)
    if column not in PERIODS:  # the product cost card: a row per cost element, a column per item
        return ItemRef(cube, re.sub(r"\d+$", "", column)), {"成本项目": row}, "2026"
    label = re.sub(r"\(.*\)$|^加:", "", row)
    label = LABELS.get((cube, label), label)
    for name in (label, label.replace(":", "")):
        if ItemRef(cube, name) in package.model.items:
            return ItemRef(cube, name), {}, PERIODS[column]
    if label[:2] in QUARTERS:  # a row per quarter of sale or purchase
        item = "收款" if cube == "预计现金收入" else "付款"
        return ItemRef(cube, item), {"来源期": QUARTERS[label[:2]]}, PERIODS[column]
    (dim,) = package.model.items[ItemRef(cube, "费用")].dims
    members = package.model.dimensions[dim].by_code
    kind, _, name = label.rpartition(":")
    name = name.replace("、", "")
    return ItemRef(cube, "费用"), {dim: kind + name if kind + name in members else name}, PERIODS[column]


def test_every_printed_cell_of_the_textbook_is_equal_to_the_last_digit(
    cases: Path, count: Callable[[str], None]
) -> None:
    package = read_package(FOLDER)
    (sheet,) = sheets_of(package).values()
    model = package.model
    printed = json.loads((cases / "master_budgets" / "cpa_m_company_classic.json").read_text())["schedules"]
    compared = 0
    for schedule, rows in printed.items():
        for row, cells in rows.items():
            for column, wanted in cells.items():
                ref, members, period = locate(package, schedule, row, column)
                item = model.items[ref]
                ids = np.array([[model.dimensions[d].by_code[members[d]].id for d in item.dims]], np.int32)
                key = model.calendar.find(period)
                assert key is not None
                values, states = sheet.read(ref, rows=ids, periods=[key])
                found = plain(float(values[0, 0]), item.scale) if states[0, 0] == State.VALUE else None
                assert found == Decimal(str(wanted)), (schedule, row, column, found, wanted)
                compared += 1
    assert compared == sum(len(cells) for rows in printed.values() for cells in rows.values())
    count(f"M公司: {compared} printed cells of the textbook equal to the last digit")
