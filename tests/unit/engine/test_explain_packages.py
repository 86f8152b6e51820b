"""Every formula cell of the example models can be explained: nothing that is read is without a place, and no value differs."""

from pathlib import Path

import pytest

from bihuan.engine.align import Rows
from bihuan.engine.sheet import Sheet
from bihuan.features.modelling.answers import sheets_of
from bihuan.features.modelling.package import read_package
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State

MODELS = Path(__file__).resolve().parents[3] / "models"


@pytest.mark.parametrize(
    "name", ["m-company", "jerrys-ice-cream", "big-bad-bikes", "variance-cases", "starter", "service-departments"]
)
def test_every_formula_item_tells_what_its_cells_are_made_of(name: str) -> None:
    package = read_package(MODELS / name)
    assert sum(map(_explained, sheets_of(package).values())) > 0


def _explained(sheet: Sheet) -> int:
    """How many operands the sheet's formula cells named: of each item in the first row, one in the middle, the last."""
    named = 0
    for ref, item in sheet.model.items.items():
        if item.is_input or not len(sheet.panel(ref, item.grain).codes):
            continue
        panel = sheet.panel(ref, item.grain)
        columns = Rows(item.dims, panel.sizes, panel.codes).columns
        plan = sheet.model.calendar.grain_plan(item.grain) if item.grain else range(1)
        for at in sorted({0, len(panel.codes) // 2, len(panel.codes) - 1}):
            for column in (plan[0], plan[-1]):
                period = PeriodKey(item.grain, column) if item.grain else None
                told = sheet.explain(ref, [int(columns[dim][at]) for dim in item.dims], period)
                values, states, _ = panel.gather(panel.codes[at : at + 1])
                assert told.state == states[0, column]
                if told.state == State.VALUE:
                    assert told.value == pytest.approx(float(values[0, column]) / 10 ** (item.scale or 0))
                assert all(m >= 0 for operand in told.operands for m in operand.members), ref
                named += len(told.operands)
    return named
