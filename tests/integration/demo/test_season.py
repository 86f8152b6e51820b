"""Where the demonstration stands at the end of October: next year's cycle and policy, and this year's forecast."""

from datetime import date

from bihuan.bootstrap import Container
from bihuan.demo.qiming import BUSINESS_DATE, COMPANY, FORECASTS, POLICY
from bihuan.features.control import queries as control
from bihuan.features.forecast import queries as forecasts
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import queries as planning


def test_every_forecast_has_been_run_to_october(demo: Container) -> None:
    with demo.database.reading() as reader:
        model = modelling.find(reader, COMPANY)
        runs = [forecasts.last_done(reader, model.id, code) for code in FORECASTS]
    assert date(2026, 10, 31) == BUSINESS_DATE
    assert [run.switchover for run in runs if run] == ["2026-10"] * len(FORECASTS)
    assert all(run.summary and run.summary["forecast"] > 0 for run in runs if run)


def test_next_year_has_a_policy_of_its_own_without_a_budget_yet(demo: Container) -> None:
    with demo.database.reading() as reader:
        bound = {row["code"]: row["version_id"] for row in control.policies(reader)}
        this_year = planning.version(reader, COMPANY, "2026预算").id
    assert bound[POLICY] == this_year
    assert bound[f"{POLICY}2027"] is None
