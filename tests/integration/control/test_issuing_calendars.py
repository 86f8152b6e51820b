"""Budget that is issued by time in calendars whose periods are no months: 4-4-5 weeks and thirteen periods."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bihuan.bootstrap import build
from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands, queries
from bihuan.features.control.commands.issues import issue_due
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning import versions
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import CellEdit
from bihuan.settings import Settings

from .office import ITEM, PACKAGE

PLACE = {"org": "N1", "科目": "差旅费"}
YEAR = "  - {code: 集团, title: 集团全年总额, window: year, by: {org: 0}}\n"
STEPS = "issue: {steps: [{from: 1, percent: 30}, {from: 5, percent: 60}, {from: 9, percent: 100}]}"


@dataclass(frozen=True)
class Case:
    """A model of its own, 1000 at ``period``, and what of it is usable from which day on."""

    model: str
    calendar: str
    issue: str
    period: str
    days: tuple[tuple[str, int], ...]


def texts(case: Case) -> dict[str, str]:
    text = PACKAGE["policies/费用控制.yaml"].replace("policy: 费用控制", f"policy: {case.model}")
    return {
        **PACKAGE,
        "model.yaml": PACKAGE["model.yaml"]
        .replace("base: month, start: 2026-01, end: 2026-12", case.calendar)
        .replace("name: office", f"name: {case.model}"),
        "policies/费用控制.yaml": text[: text.index("rules:")] + "rules:\n" + YEAR + case.issue + "\n",
    }


CASES = [
    # 28 days each from 1 January: the 5th begins on day 113, the 9th on day 225
    Case("thirteen", "base: period13, start: 2026P01, end: 2026P13", STEPS, "2026P13",
         (("2026-01-01", 300), ("2026-04-22", 300), ("2026-04-23", 600), ("2026-08-12", 600), ("2026-08-13", 1000))),
    # 13 weeks a quarter: the third begins with week 27, on day 183
    Case("quarters", "base: week445, start: 2026W01, end: 2026W52", "issue: {by: quarter}", "2026W30",
         (("2026-01-01", 0), ("2026-07-01", 0), ("2026-07-02", 1000))),
    # a week at a time, two weeks ahead: week 28 begins on day 190
    Case("weeks", "base: week445, start: 2026W01, end: 2026W52", "issue: {by: month, ahead: 2}", "2026W30",
         (("2026-01-01", 0), ("2026-07-08", 0), ("2026-07-09", 1000))),
]  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(c, id=c.model) for c in CASES])
def test_a_part_is_usable_from_the_first_day_of_its_period(database_url: str, tmp_path: Path, case: Case) -> None:
    made = build(Settings(data=tmp_path, database_url=database_url))
    database = made.database
    with database.writing() as uow:
        modelling.apply(uow, system(), texts(case), name=case.model)
        commands.apply_policies(uow, system(), model=case.model)
        access.set_business_date(uow, system(), date.fromisoformat(case.days[0][0]), reason="test")
        version = next(v for v in versions.all_of(uow, models.find(uow, case.model).id) if v.role == "预算")
        edits = [CellEdit(ref_of(ITEM), PLACE, case.period, None, Decimal(1000))]
        planning.append(uow, system(), version_id=version.id, edits=edits, source="test", reason="")
    with database.writing() as uow:
        commands.release_budget(uow, system(), version_id=version.id, policy=case.model)
    for day, usable in case.days:
        with database.writing() as uow:
            access.set_business_date(uow, system(), date.fromisoformat(day), reason="test")
            issue_due(uow, system(), policy_id=queries.policy(uow, case.model).id)
        with database.reading() as reader:
            (row,) = queries.balances(reader, queries.policy(reader, case.model))
        assert row.available == usable, day
    database.engine.dispose()
