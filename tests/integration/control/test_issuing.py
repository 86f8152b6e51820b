"""A plan whose budget is issued by quarter: the refusal says when, plan and ledger agree, and the nightly job issues once."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bihuan.bootstrap import Container, build
from bihuan.features.access import commands as access
from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import commands, queries
from bihuan.features.control.changing import lending
from bihuan.features.control.model import BadTransfer, BudgetCell, BudgetExceeded, Request, RequestLine
from bihuan.features.control.reconcile import reconcile
from bihuan.features.control.service import sandbox
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning import versions
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import CellEdit
from bihuan.jobs.issues import issue_budget
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database

from .office import ITEM, PACKAGE, POLICY

PLACE = {"org": "N1", "科目": "差旅费"}
JAN, FEB, MAY = "2026-01", "2026-02", "2026-05"
ASKER = Principal(0, "asker", "asker", grants=(Grant("control.*"),), sandbox="test")
STRANGER = Principal(8, "q", "q", grants=(Grant("control.request"),))
TEXTS: Mapping[str, str] = {
    **PACKAGE,
    "policies/费用控制.yaml": PACKAGE["policies/费用控制.yaml"] + "issue: {by: quarter}\n",
}


@pytest.fixture(scope="module")
def container(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """1000 a month in January, February and May, released in mid-January."""
    made = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    with made.database.writing() as uow:
        modelling.apply(uow, system(), TEXTS)
        commands.apply_policies(uow, system(), model="office")
        access.set_business_date(uow, system(), date(2026, 1, 15), reason="test")
        version = next(v for v in versions.all_of(uow, models.find(uow, "office").id) if v.role == "预算")
        edits = [CellEdit(ref_of(ITEM), PLACE, m, None, Decimal(1000)) for m in (JAN, FEB, MAY)]
        planning.append(uow, system(), version_id=version.id, edits=edits, source="test", reason="")
    with made.database.writing() as uow:
        commands.release_budget(uow, system(), version_id=version.id, policy=POLICY)
    yield made
    made.database.engine.dispose()


@pytest.fixture
def database(container: Container) -> Database:
    return container.database


def ask(database: Database, number: str, period: str, amount: str, policy: str = POLICY) -> Any:
    line = RequestLine({**PLACE, "item": ITEM}, period, Decimal(amount))
    with database.writing() as uow:
        return commands.reserve(uow, ASKER, policy=policy, request=Request(number, number, (line,)))


def cells(database: Database) -> dict[str, tuple[int, int, int]]:
    with database.reading() as reader:
        in_force = queries.policy(reader, POLICY)
        assert reconcile(reader, in_force) == []
        found = queries.budget(reader, in_force)
    return {c["period"]: (int(c["original"]), int(c["withheld"]), int(c["current"])) for c in found}


def test_1_what_was_approved_stays_and_only_the_present_quarter_may_be_spent(database: Database) -> None:
    usable, later = (1000, 0, 1000), (1000, 1000, 0)
    assert cells(database) == {JAN: usable, FEB: usable, MAY: later}


def test_2_a_refusal_says_when_more_will_be_usable_but_not_to_who_may_not_see_it(database: Database) -> None:
    with pytest.raises(BudgetExceeded) as refused:
        ask(database, "A1", FEB, "2000.01")
    assert "另有批复 1,000.00 未到下达时间：2026-04 起 1,000.00。" in str(refused.value)
    line = RequestLine({**PLACE, "item": ITEM}, FEB, Decimal("2000.01"))
    with pytest.raises(BudgetExceeded) as hidden, database.writing() as uow:
        commands.reserve(uow, STRANGER, policy=POLICY, request=Request("A2", "A2", (line,)))
    assert "2026-04" not in str(hidden.value)


def test_3_what_is_not_usable_is_neither_moved_nor_lent(database: Database) -> None:
    place = {**PLACE, "item": ITEM}
    move = [BudgetCell(place, MAY, Decimal(-1)), BudgetCell(place, FEB, Decimal(1))]
    with pytest.raises(BadTransfer, match=r"另有 1,000\.00 未到下达时间"), database.writing() as uow:
        commands.transfer(uow, ASKER, policy=POLICY, kind="transfer", cells=move, reason="x")
    with pytest.raises(BadTransfer), database.writing() as uow:
        lending.borrow(uow, ASKER, POLICY, place, FEB, MAY, Decimal(1), "x")


def test_4_a_supplement_of_what_is_to_come_changes_the_plan_by_itself_and_no_more(database: Database) -> None:
    more = [BudgetCell({**PLACE, "item": ITEM}, MAY, Decimal(50))]
    with database.writing() as uow:
        commands.transfer(uow, ASKER, policy=POLICY, kind="supplement", cells=more, reason="x")
    assert cells(database)[MAY] == (1000, 1000, 50)


def test_5_a_sandbox_withholds_what_the_policy_withholds(database: Database) -> None:
    with database.writing() as uow:
        made = sandbox.open_sandbox(uow, ASKER, POLICY)
        assert {c["period"]: str(c["withheld"]) for c in queries.budget(uow, made)}[MAY] == "1050.00"


def test_6_the_nightly_job_issues_what_is_due_once(container: Container) -> None:
    database = container.database
    issue_budget(container)
    assert cells(database)[MAY] == (1000, 1000, 50)
    with database.writing() as uow:
        access.set_business_date(uow, system(), date(2026, 4, 1), reason="test")
    with pytest.raises(BudgetExceeded) as refused:  # the old limit is in force until the commit that replaces it
        ask(database, "A3", MAY, "2050.01")
    assert "2026-04 起 1,000.00" in str(refused.value)
    issue_budget(container)
    issue_budget(container)
    assert cells(database)[MAY] == (1000, 0, 1050)
    assert ask(database, "A4", MAY, "3050").document_id


def test_7_a_day_set_back_takes_nothing_back(container: Container) -> None:
    with container.database.writing() as uow:
        access.set_business_date(uow, system(), date(2026, 1, 15), reason="test")
    issue_budget(container)
    assert cells(container.database)[MAY] == (1000, 0, 1050)
