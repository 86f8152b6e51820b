"""Every row of the scenario tables; a scenario stops at its first row that does not come out."""

from decimal import Decimal
from pathlib import Path

import pytest

from bihuan.features.control import queries
from bihuan.store.unit_of_work import Database

from .scenario import Scenario, Stage, scenarios

ALL = list(scenarios(Path(__file__).parent))


@pytest.mark.parametrize("scenario", [pytest.param(s, id=s.id, marks=pytest.mark.covers(*s.covers)) for s in ALL])
def test_the_ledger_does_what_the_table_says(database: Database, scenario: Scenario) -> None:
    stage = Stage.set(database, scenario)
    for row in scenario.rows:
        where = f"{row.id} {row['动作']} {row['说明']}"
        assert stage.play(row) == row["结果"], where
        if row["可用"]:
            assert stage.available(row) == Decimal(row["可用"]), where
    with database.reading() as reader:
        assert queries.counters_differ(reader, stage.policy) == []


def test_no_scenario_is_told_twice() -> None:
    assert len({s.id for s in ALL}) == len(ALL) >= 14
