"""AdventureWorks FactFinance: roll-ups by ownership and account operators, against published totals and a second way."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bihuan.engine.compile import compile_model
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import panel_of
from bihuan.engine.sheet import Sheet
from bihuan.features.modelling import folder
from bihuan.kernel.member import OWN
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State

from .adventureworks import AdventureWorks

pytestmark = pytest.mark.cases
AMOUNT = ItemRef("财务", "金额")
PLAIN = {"org": "合计", "科目": "类型"}


@pytest.fixture(scope="module")
def case(cases: Path) -> AdventureWorks:
    return AdventureWorks(cases / "budget_actual")


@pytest.fixture(scope="module")
def sheets(case: AdventureWorks) -> dict[str, Sheet]:
    """A sheet per scenario, in integers of a cent."""
    model = compile_model(folder.definition(case.package(AMOUNT.item), "adventureworks"))
    codes = {dim: model.dimensions[dim].by_code for dim in ("org", "部门", "科目")}
    out = {}
    for scenario in ("Actual", "Budget"):
        cells: dict[tuple[int, int, int], np.ndarray] = {}
        for org, department, account, month, amount in case.facts(f"scenario = '{scenario}'"):
            own = codes["部门"].get(department + OWN) or codes["部门"][department]
            key = (codes["org"][org].id, own.id, codes["科目"][account].id)
            column = model.calendar.codes.index(month)
            cells.setdefault(key, np.full(model.calendar.size, np.nan))[column] = int(Decimal(amount) * 100)
        keys, values = np.array(list(cells), np.int32), np.array(list(cells.values()))
        sizes = tuple(max(m.id for m in model.dimensions[dim].members) + 1 for dim in ("org", "部门", "科目"))
        out[scenario] = Sheet.build(model, {AMOUNT: panel_of(keys, values, sizes=sizes)})
    return out


def nodes(sheet: Sheet, coordinates: list[tuple[str, str, str]]) -> np.ndarray:
    by_code = [sheet.model.dimensions[dim].by_code for dim in ("org", "部门", "科目")]
    return np.array([[codes[c].id for codes, c in zip(by_code, place, strict=True)] for place in coordinates], np.int32)


def test_ownership_and_account_operators_roll_up_as_an_independent_query_says(
    case: AdventureWorks, sheets: dict[str, Sheet], count: Callable[[str], None]
) -> None:
    places = [(o, d, a) for o, *_ in case.organizations for d, _ in case.departments for a, *_ in case.accounts]
    compared = 0
    for scenario, sheet in sheets.items():
        calendar = sheet.model.calendar
        periods = [PeriodKey("base", i) for i in range(calendar.size)]
        values, states = sheet.read(AMOUNT, rows=nodes(sheet, places), periods=periods)
        wanted = case.node_totals(scenario)
        for place, row, said in zip(places, values, states, strict=True):
            for month, value, state in zip(calendar.codes, row, said, strict=True):
                total = wanted.pop((*place, month), None)
                assert (total is None) == (state == State.BLANK), (scenario, place, month)
                # quarters of a cent come of ownership; the query adds floats, the engine integers
                assert total is None or abs(value / 100 - total) < 0.006, (scenario, place, month, value, total)
                compared += total is not None
        assert not wanted
    count(f"AdventureWorks: {compared} node totals by ownership and operator equal an independent query")


def test_the_published_totals_come_out_to_the_cent(
    case: AdventureWorks, sheets: dict[str, Sheet], cases: Path, count: Callable[[str], None]
) -> None:
    published = json.loads((cases / "budget_actual" / "expected_totals.json").read_text())["adventureworks"]
    year = {code: PeriodKey("year", i) for i, code in enumerate(sheets["Actual"].model.calendar.grain_codes("year"))}

    def total(scenario: str, place: tuple[str, str, str], period: PeriodKey) -> str:
        sheet = sheets[scenario]
        values, _ = sheet.read(AMOUNT, rows=nodes(sheet, [place]), periods=[period], tree=PLAIN)
        return f"{values[0, 0] / 100:.2f}"

    names = {name: key for key, name, *_ in case.accounts}
    for key, wanted in published["scenario_year_type"].items():
        scenario, when, kind = key.split("|")
        assert total(scenario, ("全部", "Corporate", f"type:{kind}"), year[when]) == wanted, key
    for key, wanted in published["expenditures_2011_by_scenario_month_org"].items():
        scenario, month, org = key.split("|")
        column = PeriodKey("base", sheets[scenario].model.calendar.codes.index(month))
        assert total(scenario, (org, "Corporate", "type:Expenditures"), column) == wanted, key
    for key, wanted in published["expenditures_2011_by_scenario_dept_account_first200"].items():
        scenario, department, account = key.split("|")
        own = department + OWN if department == "Corporate" else department
        assert total(scenario, ("全部", own, names[account]), year["2011"]) == wanted, key
    counted = sum(len(v) for v in published.values() if isinstance(v, dict))
    count(f"AdventureWorks: {counted} published totals equal to the cent")
