"""Another text of a released policy: what it counts, who may, once under many workers, and beside people who ask to spend."""

import itertools
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from bihuan.bootstrap import Container, build
from bihuan.features.access import commands as access
from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import commands, queries
from bihuan.features.control.commands import transfers
from bihuan.features.control.editions import commands as editions
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell, BudgetExceeded, CannotActivate, Request, RequestLine, VoucherLine
from bihuan.features.control.reconcile import reconcile
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as planning
from bihuan.features.planning import versions
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.model import CellEdit
from bihuan.jobs.editions import activate_editions
from bihuan.kernel.errors import Forbidden, Invalid, ProblemsFound
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database

from .office import ITEM, PACKAGE

JAN, FEB = "2026-01", "2026-02"
TRAVEL, OFFICE = {"org": "N1", "科目": "差旅费"}, {"org": "N1", "科目": "办公费"}
NUMBER = itertools.count(1)
TODAY = date(2026, 1, 15)
ASKER = Principal(0, "asker", "asker", grants=(Grant("control.*"),))
STRANGER = Principal(8, "q", "q", grants=(Grant("control.request"), Grant("control.read")))
OLD = """policy: 费用控制
title: 费用控制方案
items: [费用!金额]
rules:
  - {code: 月, title: 部门按月, window: month, by: {org: leaf, 科目: leaf}}
  - {code: 年, title: 集团全年, window: year, by: {org: 0}}
"""
# by quarter and business unit; 10 % more over the year; and a rule that was not there
NEW = """policy: 费用控制
title: 费用控制方案
items: [费用!金额]
rules:
  - {code: 月, title: 事业部按季, window: quarter, by: {org: 1}}
  - {code: 年, title: 集团全年, window: year, by: {org: 0}, strength: flexible, tolerance: "10"}
  - {code: 科目, title: 科目全年, window: year, by: {科目: leaf}}
"""
Rows = Mapping[tuple[str, str], tuple[int, int, int, int, int]]


def tightened(percent: int) -> str:
    """The old rules, but only so much of the year's total."""
    return OLD.replace("by: {org: 0}}", f"by: {{org: 0}}, bands: [{{percent: {percent}, do: refuse}}]}}")


@dataclass(frozen=True)
class Firm:
    """A company whose policy has the code ``code``; every verb in a transaction of its own."""

    container: Container
    code: str

    @property
    def database(self) -> Database:
        return self.container.database

    def ask(self, number: str, place: Mapping[str, str], period: str, amount: str, **more: Any) -> int:
        line = RequestLine({**place, "item": ITEM}, period, Decimal(amount), **more)
        request = Request(f"{self.code}/{number}", number, (line,))
        with self.database.writing() as uow:
            return commands.reserve(uow, ASKER, policy=self.code, request=request).document_id

    def post(self, voucher: str, place: Mapping[str, str], period: str, amount: str) -> None:
        line = VoucherLine(f"{self.code}/{voucher}", voucher, {**place, "item": ITEM}, period, Decimal(amount))
        with self.database.writing() as uow:
            commands.execute(uow, ASKER, policy=self.code, lines=[line])

    def move(self, kind: Any, *cells: tuple[Mapping[str, str], str, str], direct: bool = False) -> int:
        lines = [BudgetCell({**p, "item": ITEM}, m, Decimal(a)) for p, m, a in cells]
        act = commands.transfer if direct else commands.request_transfer
        with self.database.writing() as uow:
            return act(uow, ASKER, policy=self.code, kind=kind, cells=lines, reason="调整")

    def plan(self, text: str, day: date | None = None) -> int:
        written = text.replace("policy: 费用控制", f"policy: {self.code}")
        with self.database.writing() as uow:
            return editions.plan(uow, ASKER, policy=self.code, text=written, starts_on=day, reason="按季管")

    def today(self, day: date) -> None:
        with self.database.writing() as uow:
            access.set_business_date(uow, system(), day, reason="test")

    def in_force(self) -> PolicyInForce:
        with self.database.reading() as reader:
            return queries.policy(reader, self.code)

    def rows(self) -> Rows:
        """(cap, reserved, executed, forced, available) by rule and window; and the ledger agrees with itself and the plan."""
        with self.database.reading() as reader:
            in_force = queries.policy(reader, self.code)
            assert reconcile(reader, in_force) == []
            found = [b for b in queries.balances(reader, in_force) if b.cap or b.consumed]
        return {
            (b.rule.code, b.window + ("差" if "差旅费" in b.key else "")): (
                int(b.cap),
                int(b.reserved),
                int(b.executed),
                int(b.forced),
                int(b.available),
            )
            for b in found
        }


@pytest.fixture(scope="module")
def container(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    made = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    yield made
    made.database.engine.dispose()


@pytest.fixture
def firm(container: Container) -> Firm:
    """1000 a month for travel in January and February, 1000 for the office in January, released in mid-January."""
    made = Firm(container, f"P{next(NUMBER)}")
    cube = PACKAGE["cubes/10费用.yaml"] + "  数量: {unit: 元, scale: 2}\n"
    package = {
        **PACKAGE,
        "cubes/10费用.yaml": cube,
        "policies/费用控制.yaml": OLD.replace("policy: 费用控制", f"policy: {made.code}"),
        "model.yaml": PACKAGE["model.yaml"].replace("office", made.code.lower()),
    }
    model = made.code.lower()
    with made.database.writing() as uow:
        modelling.apply(uow, system(), package)
        commands.apply_policies(uow, system(), model=model)
        access.set_business_date(uow, system(), TODAY, reason="test")
        version = next(v for v in versions.all_of(uow, models.find(uow, model).id) if v.role == "预算")
        cells = [(TRAVEL, JAN), (TRAVEL, FEB), (OFFICE, JAN)]
        edits = [CellEdit(ref_of(ITEM), place, m, None, Decimal(1000)) for place, m in cells]
        planning.append(uow, system(), version_id=version.id, edits=edits, source="test", reason="")
    with made.database.writing() as uow:
        commands.release_budget(uow, system(), version_id=version.id, policy=made.code)
    return made


def test_what_stands_is_counted_on_the_rows_of_the_new_rules_and_goes_on_from_there(firm: Firm) -> None:
    held = firm.ask("A1", TRAVEL, JAN, "600")
    firm.post("记-1", OFFICE, JAN, "300")
    firm.plan(NEW)
    assert firm.rows() == {
        ("月", "2026Q1"): (3000, 600, 300, 0, 2100),
        ("年", "2026"): (3000, 600, 300, 0, 2400),
        ("科目", "2026差"): (2000, 600, 0, 0, 1400),
        ("科目", "2026"): (1000, 0, 300, 0, 700),
    }
    stored = "SELECT hard_limit FROM bucket b JOIN control_rule r ON r.id = b.rule_id WHERE r.policy_id = :p AND r.code = '年'"
    with firm.database.reading() as reader:  # of the row itself, whose CHECK is the last line of defence
        assert reader.conn.execute(sql(stored), {"p": firm.in_force().id}).scalar_one() == 3300
    firm.ask("A2", TRAVEL, JAN, "800")  # January had 400 left; the quarter has
    with firm.database.writing() as uow:
        commands.commit_stage(uow, ASKER, document_id=held)
        commands.reverse(uow, ASKER, policy=firm.code, voucher="记-1", reason="错了")
    with firm.database.writing() as uow:
        assert commands.release(uow, ASKER, document_id=held) == 600
    assert firm.rows()["月", "2026Q1"] == (3000, 800, 0, 0, 2200)
    with pytest.raises(BudgetExceeded):
        firm.ask("A3", TRAVEL, FEB, "1200.01")


def test_rows_of_rules_that_left_are_empty_judge_nothing_and_tell_what_they_counted(firm: Firm) -> None:
    firm.ask("A1", TRAVEL, JAN, "600")
    with firm.database.reading() as reader:
        old = queries.policy(reader, firm.code)
        (row,) = [b for b in queries.balances(reader, old, rule="月", window=JAN) if "差旅费" in b.key]
    firm.plan(NEW)
    with firm.database.reading() as reader:
        now = queries.policy(reader, firm.code)
        (left,) = [now.balance(r) for r in reader.rows("control.buckets_read", ids=[row.id])]
        told = queries.explained(reader, ASKER, row.id)
        entries = reader.rows("control.bucket_timeline", id=row.id, periods=[JAN], before=None, limit=20)
    assert (left.rule.title, left.cap, left.consumed, left.hard_limit) == ("部门按月", 0, 0, None)
    assert told["policy"] == firm.code
    assert [(e["stage"], e["kind"], int(e["amount"])) for e in reversed(entries)] == [
        ("budget", "release", 1000),
        ("reserved", "reserve", 600),
        ("budget", "release", -1000),
        ("reserved", "opening", -600),
    ]


def test_a_lower_limit_lets_stand_what_was_passed_and_stops_the_next(firm: Firm) -> None:
    held = firm.ask("A1", TRAVEL, JAN, "900")
    firm.plan(tightened(20))  # 600 of 3000
    assert firm.rows()["年", "2026"] == (3000, 900, 0, 300, -300)
    with pytest.raises(BudgetExceeded):
        firm.ask("A2", OFFICE, JAN, "0.01")
    with firm.database.writing() as uow:
        commands.release(uow, ASKER, document_id=held)
    assert firm.rows()["年", "2026"] == (3000, 0, 0, 0, 600)
    firm.ask("A2", OFFICE, JAN, "600")


def test_there_and_back_again_counts_as_at_first(firm: Firm) -> None:
    firm.ask("A1", TRAVEL, JAN, "600")
    firm.post("记-1", OFFICE, JAN, "1300")  # beyond its month: forced
    first = firm.rows()
    firm.plan(NEW)
    firm.plan(OLD)
    assert firm.rows() == first
    assert first["月", JAN] == (1000, 0, 1300, 300, -300)


def test_what_was_drawn_comes_back_to_where_it_counts_now(firm: Firm) -> None:
    early = firm.ask("A1", TRAVEL, JAN, "600")
    later = firm.ask("A2", TRAVEL, JAN, "400", draws=(early, 1))
    firm.plan(NEW)
    with firm.database.writing() as uow:
        commands.cancel(uow, ASKER, document_id=later, reason="不签了")
    with firm.database.reading() as reader:
        assert queries.open_amounts(reader, early) == {(1, "reserved"): Decimal(600)}
    assert firm.rows()["月", "2026Q1"] == (3000, 600, 0, 0, 2400)


def test_budget_that_comes_later_lands_on_the_new_rows(firm: Firm) -> None:
    firm.plan(NEW)
    firm.move("supplement", (TRAVEL, FEB, "50"), direct=True)
    assert firm.rows()["月", "2026Q1"] == (3050, 0, 0, 0, 3050)


def test_what_an_activation_cannot_change_is_refused_and_says_what_to_do(firm: Firm) -> None:
    for text, said in [
        (OLD.replace("policy: 费用控制", "policy: 别的"), "另建方案"),
        (NEW + "issue: {by: quarter}\n", "分期下达变了"),
        (NEW.replace("[费用!金额]", "[费用!金额, 费用!数量]"), "受控指标变了（费用!数量）"),
        (OLD, "一样"),
    ]:
        with pytest.raises(CannotActivate) as refused:
            firm.plan(text)
        assert said in str(refused.value)
    with pytest.raises(ProblemsFound):
        firm.plan(NEW.replace("quarter", "weekly"))
    with pytest.raises(Invalid):
        firm.plan(NEW, date(2026, 1, 14))
    asked = firm.move("transfer", (TRAVEL, JAN, "-10"), (TRAVEL, FEB, "10"))
    with pytest.raises(CannotActivate) as refused:
        firm.plan(NEW)
    assert f"调剂单 {asked} 还没有决定" in str(refused.value)
    firm.plan(tightened(50))  # its rows stay


def test_a_plan_waits_for_its_day_can_be_withdrawn_and_only_one_waits(firm: Firm) -> None:
    first = firm.plan(NEW, date(2026, 2, 1))
    with pytest.raises(CannotActivate):
        firm.plan(tightened(50), date(2026, 3, 1))
    activate_editions(firm.container)
    assert ("月", "2026Q1") not in firm.rows(), "its day has not come"
    with firm.database.writing() as uow:
        editions.withdraw(uow, ASKER, edition_id=first, reason="再想想")
    with pytest.raises(CannotActivate), firm.database.writing() as uow:
        editions.withdraw(uow, ASKER, edition_id=first, reason="再想想")
    second = firm.plan(NEW, date(2026, 2, 1))
    firm.today(date(2026, 2, 1))
    with firm.database.writing() as uow:
        assert not editions.activate(uow, ASKER, edition_id=first)
    activate_editions(firm.container)
    assert ("月", "2026Q1") in firm.rows()
    with firm.database.reading() as reader:
        found = {
            r["id"]: (r["status"], r["edition"]) for r in reader.rows("control.editions", policy_id=firm.in_force().id)
        }
    assert (found[first], found[second]) == (("withdrawn", None), ("active", 2))


def test_a_day_on_which_it_cannot_be_activated_is_noted_and_tried_again(firm: Firm) -> None:
    planned = firm.plan(NEW, date(2026, 1, 16))
    asked = firm.move("transfer", (TRAVEL, JAN, "-10"), (TRAVEL, FEB, "10"))
    firm.today(date(2026, 1, 16))
    activate_editions(firm.container)
    with firm.database.reading() as reader:
        row = reader.row("control.edition", id=planned)
        assert row is not None
        assert row["status"] == "planned"
        assert f"调剂单 {asked}" in row["fault"]
    with firm.database.writing() as uow:
        transfers.drop(uow, ASKER, asked, "不挪了")
    activate_editions(firm.container)
    assert ("月", "2026Q1") in firm.rows()


def test_it_happens_once_under_many_workers_and_after_one_was_killed(firm: Firm) -> None:
    held = firm.ask("A1", TRAVEL, JAN, "600")
    planned = firm.plan(NEW, date(2026, 1, 16))
    before = firm.rows()
    firm.today(date(2026, 1, 16))
    with suppress(DBAPIError), firm.database.writing() as uow:
        assert editions.activate(uow, system("activation"), edition_id=planned)
        uow.conn.execute(sql("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert firm.rows() == before, "whoever was killed left nothing"
    barrier = threading.Barrier(4)

    def work(_n: int) -> bool:
        barrier.wait(30)
        with firm.database.writing() as uow:
            return editions.activate(uow, system("activation"), edition_id=planned)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [False, False, False, True]
    assert firm.rows()["月", "2026Q1"] == (3000, 600, 0, 0, 2400)
    with firm.database.reading() as reader:
        assert queries.policy(reader, firm.code).edition == 2
        assert queries.open_amounts(reader, held) == {(1, "reserved"): Decimal(600)}
        trail = reader.conn.execute(
            sql("SELECT count(*) FROM action_entry WHERE action = :a AND subject_id = :p"),
            {"a": editions.TRAIL, "p": firm.code},
        ).scalar_one()
    assert trail == 1


@pytest.mark.parametrize("text", [NEW, tightened(10), tightened(60)])
def test_nobody_slips_between_while_others_ask_to_spend(firm: Firm, text: str) -> None:
    """Eight clients ask, execute and give back while it is activated in the middle."""
    started, clients = threading.Event(), 8
    held: list[tuple[int, Decimal]] = []

    def client(n: int) -> None:
        for i in range(12):
            place, period = ((TRAVEL, JAN), (OFFICE, JAN), (TRAVEL, FEB))[(n + i) % 3]
            with suppress(BudgetExceeded):
                document = firm.ask(f"C{n}-{i}", place, period, "20")
                if i % 4 == 1:
                    with firm.database.writing() as uow:
                        commands.release(uow, ASKER, document_id=document)
                else:
                    held.append((document, Decimal(20)))
            if i % 4 == 2:
                firm.post(f"V{n}-{i}", place, period, "5")
            if n == 0 and i == 3:
                started.set()

    def activator() -> None:
        started.wait(60)
        firm.plan(text)

    with ThreadPoolExecutor(clients + 1) as pool:
        done = [pool.submit(client, n) for n in range(clients)] + [pool.submit(activator)]
        for future in done:
            future.result()
    found = firm.rows()
    spent = clients * 3 * 5
    assert found["年", "2026"][1:3] == (sum(a for _, a in held), spent)
    with firm.database.reading() as reader:
        assert all(sum(queries.open_amounts(reader, d).values()) == a for d, a in held)
        (year,) = queries.balances(reader, queries.policy(reader, firm.code), rule="年")
        entries = reader.rows(
            "control.bucket_timeline", id=year.id, periods=[JAN, FEB, "2026"], before=None, limit=9999
        )
    if text == NEW:
        assert found["月", "2026Q1"][1:3] == (sum(a for _, a in held), spent)
    _require_judged_by_new_limit(year, list(reversed(entries)))


def _require_judged_by_new_limit(year: Any, entries: list[Any]) -> None:
    """After the activation no document was let in that took the row beyond the new limit; what stood beyond it stood before."""
    with_limit = year.hard_limit
    assert with_limit is not None
    at = next((n for n, e in enumerate(entries) if e["kind"] == "activate"), None)
    if at is None:
        assert year.consumed <= with_limit + year.forced
        return
    used = sum((e["amount"] for e in entries[:at] if e["stage"] not in ("budget", "forced")), Decimal(0))
    for e in entries[at:]:
        if e["stage"] in ("budget", "forced"):
            continue
        used += e["amount"]
        assert e["kind"] != "reserve" or used <= with_limit


def test_who_may_not_change_policies_may_not_plan_nor_withdraw(firm: Firm) -> None:
    with pytest.raises(Forbidden), firm.database.writing() as uow:
        editions.plan(uow, STRANGER, policy=firm.code, text=NEW, starts_on=None, reason="x")
    planned = firm.plan(NEW, date(2026, 2, 1))
    with pytest.raises(Forbidden), firm.database.writing() as uow:
        editions.withdraw(uow, STRANGER, edition_id=planned, reason="x")
