"""A limit that follows the actual revenue of the model: closed until it is known, moved by loads, never by budget."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bihuan.bootstrap import Container, build
from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import commands, queries
from bihuan.features.control.commands import transfers
from bihuan.features.control.from_model import policy_of
from bihuan.features.control.model import BudgetCell, BudgetExceeded, Request, RequestLine
from bihuan.features.control.reconcile import reconcile
from bihuan.features.control.simulating import queries as simulating
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning import versions
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import CellEdit
from bihuan.jobs.verify_cases import verify_cases
from bihuan.kernel.errors import ProblemsFound
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database

from .office import ITEM, PACKAGE, POLICY

PLACE = {"org": "N1", "科目": "差旅费", "item": ITEM}
JAN, FEB, MAR = "2026-01", "2026-02", "2026-03"
ASKER = Principal(0, "asker", "asker", grants=(Grant("control.*"),))
STRANGER = Principal(8, "q", "q", grants=(Grant("control.request"),))
LINKED = """
  - code: 费率
    title: 各事业部差旅费不超过收入的 5 %
    window: year
    where: {科目: [差旅费]}
    by: {org: 1, 科目: leaf}
    linked: {item: 收入!金额, percent: 5}
"""
TEXTS = {
    **PACKAGE,
    "cubes/20收入.yaml": "cube: 收入\ntitle: 收入\ndims: [period, org]\nitems:\n  金额: {unit: 元, scale: 2}\n",
    "policies/费用控制.yaml": PACKAGE["policies/费用控制.yaml"] + LINKED.removeprefix("\n"),
}


@pytest.fixture(scope="module")
def container(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """1000 a month for the first quarter, released; no revenue yet."""
    made = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    with made.database.writing() as uow:
        modelling.apply(uow, system(), TEXTS)
        commands.apply_policies(uow, system(), model="office")
        version = next(v for v in versions.all_of(uow, models.find(uow, "office").id) if v.role == "预算")
        members = {"org": "N1", "科目": "差旅费"}
        edits = [CellEdit(ref_of(ITEM), members, m, None, Decimal(1000)) for m in (JAN, FEB, MAR)]
        planning.append(uow, system(), version_id=version.id, edits=edits, source="test", reason="")
    with made.database.writing() as uow:
        commands.release_budget(uow, system(), version_id=version.id, policy=POLICY)
    yield made
    made.database.engine.dispose()


@pytest.fixture
def database(container: Container) -> Database:
    return container.database


def earned(container: Container, org: str, period: str, before: str | None, amount: str) -> None:
    """An amount of actual revenue is loaded, and what follows a load runs."""
    with container.database.writing() as uow:
        version = versions.by_name(uow, models.find(uow, "office").id, "实际")
        was = None if before is None else Decimal(before)
        edit = CellEdit(ref_of("收入!金额"), {"org": org}, period, was, Decimal(amount))
        planning.append(uow, system(), version_id=version.id, edits=[edit], source="test", reason="")
    verify_cases(container, model="office")


def ask(database: Database, number: str, amount: str, actor: Principal = ASKER) -> Any:
    request = Request(number, number, (RequestLine(PLACE, JAN, Decimal(amount)),))
    with database.writing() as uow:
        return commands.reserve(uow, actor, policy=POLICY, request=request)


def row(database: Database) -> Any:
    with database.reading() as reader:
        in_force = queries.policy(reader, POLICY)
        assert queries.counters_differ(reader, in_force) == []
        assert reconcile(reader, in_force) == []
        (found,) = queries.shown_balances(reader, ASKER, POLICY, rule="费率")
        return queries.explained(reader, ASKER, found["bucket"])


def test_1_without_revenue_nothing_may_be_spent_and_the_refusal_says_why(database: Database) -> None:
    with pytest.raises(BudgetExceeded) as refused:
        ask(database, "A1", "0.01")
    assert "按收入的限额：实际 收入!金额 在 2026-01 至 2026-12 没有数，限额为 0。" in str(refused.value)
    with pytest.raises(BudgetExceeded) as hidden:
        ask(database, "A2", "0.01", STRANGER)
    assert "按收入的限额" not in str(hidden.value)
    assert (row(database)["cap"], row(database)["original"]) == (0, 0)


def test_2_a_load_moves_the_limit_by_one_entry_that_says_how_it_came_about(container: Container) -> None:
    earned(container, "N2", JAN, None, "20000")  # a sister department of the division
    earned(container, "S1", JAN, None, "90000")  # another division
    found = row(container.database)
    assert found["cap"] == 1000
    assert found["linked"] == "按收入的限额：实际 收入!金额 2026-01 至 2026-01 20,000.00 × 5 % = 1,000.00。"
    assert found["formula"].startswith("可用 1,000.00 = 按收入的限额 1,000.00 − ")
    with pytest.raises(BudgetExceeded) as refused:
        ask(container.database, "A3", "1000.01")
    assert "等收入入账后重新计限额" in str(refused.value)
    assert ask(container.database, "A4", "1000").document_id


def test_3_a_load_that_changes_no_revenue_writes_nothing(container: Container) -> None:
    count = "SELECT count(*) FROM ledger_entry WHERE kind = 'link'"
    with container.database.reading() as reader:
        before = reader.conn.exec_driver_sql(count).scalar()
    verify_cases(container, model="office")
    with container.database.reading() as reader:
        assert reader.conn.exec_driver_sql(count).scalar() == before


def test_4_supplements_and_transfers_do_not_move_it(database: Database) -> None:
    with database.writing() as uow:
        more = [BudgetCell(PLACE, FEB, Decimal(500))]
        commands.transfer(uow, ASKER, policy=POLICY, kind="supplement", cells=more, reason="x")
    with database.reading() as reader:
        effect = transfers.effect(reader, ASKER, policy=POLICY, kind="supplement", cells=more)
        assert "费率" not in {f.before.rule.code for f in effect}
    assert (row(database)["cap"], row(database)["available"]) == (1000, 0)


def test_5_revenue_that_falls_takes_no_hold_back_and_lets_no_more_pass(container: Container) -> None:
    earned(container, "N2", JAN, "20000", "10000")
    found = row(container.database)
    assert (found["cap"], found["available"], found["forced"]) == (500, -500, 500)
    with pytest.raises(BudgetExceeded):
        ask(container.database, "A5", "0.01")


def test_6_a_draft_is_tried_on_history_without_such_rules(database: Database) -> None:
    with database.reading() as reader:
        in_force = queries.policy(reader, POLICY)
        assert simulating.run(reader, ASKER, in_force, in_force.policy)["blocked"]["documents"] == 0


def test_7_an_item_that_is_not_in_the_model_is_a_problem_of_the_text(database: Database) -> None:
    bad = TEXTS["policies/费用控制.yaml"].replace("item: 收入!金额", "item: 收入!利润")
    with database.reading() as reader, pytest.raises(ProblemsFound) as refused:
        policy_of(models.compiled(reader, "office"), "office", "policies/费用控制.yaml", bad)
    assert "收入!利润" in str(refused.value.problems[0])
