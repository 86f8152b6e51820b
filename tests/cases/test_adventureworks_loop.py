"""The thin loop on AdventureWorks: budget released, requests reserved and refused, actuals loaded and executed, variance
drilled to lines, a transfer, a deviation case verified by a later load. Through the real commands on a real PostgreSQL.

One story: the tests run in order on one database.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from bihuan.bootstrap import Container, build
from bihuan.cli.load import load
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Grant, Limit, Principal, system
from bihuan.features.control import commands as control
from bihuan.features.control.model import BudgetCell, BudgetExceeded, Request, RequestLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.features.integration import commands as integration
from bihuan.features.integration.tie_out import tie_out
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.queries import compiled
from bihuan.features.monitoring import commands as cases_
from bihuan.features.monitoring import queries as monitoring
from bihuan.features.monitoring.model import SameDecider, Threshold
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as plans
from bihuan.features.planning.model import CellEdit
from bihuan.jobs.registry import run_now
from bihuan.kernel.member import OWN
from bihuan.settings import Settings

from .adventureworks import AdventureWorks

pytestmark = pytest.mark.cases
ROBOT = system("test")
BOSS = Principal(1, "boss", "老板", grants=(Grant("*"),))
FP_A = Principal(2, "fpa", "预算员", grants=(Grant("*"),))
COST = ItemRef("财务", "费用")
ITEM = "财务!费用"
PLACE = {"org": "Northeast Division", "部门": "Sales and Marketing", "科目": "65"}  # Travel Transportation
EXPENDITURES = "account_type = 'Expenditures' AND month LIKE '2011-%'"
FIRST, LATER = "month <= '2011-08'", "month > '2011-08'"

SOURCE = """
source: finance
title: 财务凭证
model: adventureworks
cube: 财务
policy: 2011费用
balanced: no
fields: {voucher: voucher, date: date, account: account, organization: organization, department: department,
  amount: amount, document: document}
map: {item: 费用, org: =organization, 部门: =department, 科目: =account}
"""


@dataclass
class Loop:
    """What the story has at hand."""

    case: AdventureWorks
    container: Container
    model: CompiledModel
    folder: Path

    def file(self, name: str, where: str, document: str = "NULL") -> Path:
        """A CSV of vouchers: one line per fact, numbered by its key. ``document``: the request a line executes."""
        path = self.folder / name
        self.case.db.execute(f"""COPY (
            SELECT 'F' || finance_key AS voucher, date, account_key AS account, organization, department_group AS department,
                   amount::VARCHAR AS amount, {document} AS document
            FROM fact WHERE scenario = 'Actual' AND {EXPENDITURES} AND {where} ORDER BY finance_key::INT
            ) TO '{path}' (HEADER)""")
        return path

    def sum(self, where: str) -> Decimal:
        """The file's own sum of expenditures."""
        ((total,),) = self.case.rows(f"SELECT coalesce(sum(amount), 0) FROM fact WHERE {EXPENDITURES} AND {where}")
        return Decimal(total)


@pytest.fixture(scope="module")
def loop(cases: Path, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    folder = tmp_path_factory.mktemp("loop")
    case = AdventureWorks(cases / "budget_actual")
    container = build(Settings(data=folder / "data", database_url=database_url))
    with container.database.writing() as uow:
        modelling.apply(uow, ROBOT, case.package("费用"), name="adventureworks")
    with container.database.writing() as uow:
        integration.define_source(uow, ROBOT, definition=SOURCE)
        model = compiled(uow, "adventureworks")
        control.put_policy(uow, ROBOT, read_policy(POLICY, calendar=_calendar(model), trees=_trees(model)))
    yield Loop(case, container, model, folder)
    container.database.engine.dispose()


POLICY = {
    "policy": "2011费用",
    "items": [ITEM],
    "unbudgeted": "refuse",
    "rules": [
        {"code": "累计", "title": "累计", "window": "cumulative", "by": dict.fromkeys(("org", "部门", "科目"), "leaf")},
        {"code": "集团全年", "title": "集团全年费用", "window": "year", "by": {"org": 0}},
    ],
}


def _calendar(model: CompiledModel) -> ControlCalendar:
    calendar = model.calendar
    years = []
    for group in calendar.groups("year"):
        codes = calendar.codes[group.indices]
        years.append(YearPeriods(group.code, codes, ()))
    return ControlCalendar(tuple(years))


def _trees(model: CompiledModel) -> Trees:
    out = {}
    for dim in ("org", "部门", "科目"):
        dimension = model.dimensions[dim]
        up = dimension.trees[""].parent_of()
        out[dim] = {m.code: dimension.by_id[up[m.id].parent].code if m.id in up else "" for m in dimension.members}
    return Trees(out)


def test_the_budget_of_2011_is_entered_and_released(loop: Loop, count: Callable[[str], None]) -> None:
    facts = loop.case.facts(f"scenario = 'Budget' AND {EXPENDITURES}")
    own = loop.model.dimensions["部门"].by_code
    with loop.container.database.writing() as uow:
        version = plans.version(uow, "adventureworks", "预算")
        edits = [
            CellEdit(
                COST, {"org": o, "部门": d + OWN if d + OWN in own else d, "科目": a}, month, None, Decimal(amount)
            )
            for o, d, a, month, amount in facts
        ]
        saved = planning.save(uow, FP_A, version_id=version.id, edits=edits, base_seq=version.seq)
        assert (saved.outcome, saved.saved) == ("saved", len(facts))
    with loop.container.database.writing() as uow:
        released = control.release_budget(uow, BOSS, version_id=version.id, policy="2011费用")
    assert (released.cells, released.total) == (len(facts), loop.sum("scenario = 'Budget'"))
    count(f"AdventureWorks: {released.cells} budget cells of 2011 released, {released.total:,.2f} in all")


def test_requests_are_reserved_until_the_budget_is_used_up(loop: Loop) -> None:
    budget = loop.sum(place_of("Budget", PLACE, "month = '2011-01'"))
    assert budget > 0
    half = (budget / 2).quantize(Decimal(1))

    def ask(number: str, amount: Decimal) -> None:
        line = RequestLine({**PLACE, "item": ITEM}, "2011-01", amount)
        with loop.container.database.writing() as uow:
            control.reserve(uow, BOSS, policy="2011费用", request=Request(number, number, (line,)))

    ask("YK-1", half)
    with pytest.raises(BudgetExceeded) as refused:
        ask("YK-2", budget - half + Decimal("0.01"))
    assert refused.value.facts["findings"][0]["available"] == budget - half  # type: ignore[index]
    assert variance_of(loop, "2011-01").terms.reserved == half


def variance_of(loop: Loop, period: str, ytd: bool = False) -> monitoring.VarianceRow:
    with loop.container.database.reading() as reader:
        (row,) = monitoring.variance(
            reader, BOSS, model="adventureworks", item=ITEM, members=PLACE, nodes=[PLACE["org"]], period=period, ytd=ytd
        )
    return row


def test_actuals_are_loaded_tied_out_and_execute_the_request_once(loop: Loop, count: Callable[[str], None]) -> None:
    request = f"""CASE WHEN organization = '{PLACE["org"]}' AND department_group = '{PLACE["部门"]}' AND account_key = '65'
        AND month = '2011-01' THEN 'YK-1' END"""
    file = loop.file("first.csv", FIRST, request)
    batch = load(loop.container, file, "finance")
    facts = loop.sum(f"scenario = 'Actual' AND {FIRST}")
    assert batch.state == "published"
    assert {name: c.debit for name, c in batch.counts.items()} == {"ACCEPTED": facts}
    again = load(loop.container, file, "finance")
    assert (again.id, again.state) == (batch.id, "published")
    totals = loop.case.rows(f"""SELECT account_key, month, sum(amount) FROM fact
        WHERE scenario = 'Actual' AND {EXPENDITURES} AND {FIRST} GROUP BY ALL""")
    with loop.container.database.writing() as uow:
        control_totals = {(a, m): Decimal(v) for a, m, v in totals}
        integration.set_control_totals(uow, BOSS, source="finance", totals=control_totals)
        rows = tie_out(uow, BOSS, loop.container.warehouse, source="finance")
        assert len(rows) == len(totals)
        assert {row.difference for row in rows} == {Decimal(0)}
    row = variance_of(loop, "2011-01")
    spent = loop.sum(place_of("Actual", PLACE, "month = '2011-01'"))
    assert row.terms.executed == spent
    # what the voucher did not use of the request stays held
    asked = (row.terms.budget or Decimal(0)) / 2
    assert row.terms.reserved == max(Decimal(0), asked.quantize(Decimal(1)) - spent)
    count(f"AdventureWorks: {batch.records} voucher lines loaded and executed, {len(rows)} control totals tie out")


def test_the_plan_holds_the_same_actuals_as_the_ledger(loop: Loop) -> None:
    everything = {"org": "全部", "部门": "Corporate", "科目": "type:Expenditures"}
    with loop.container.database.reading() as reader:
        version = plans.version(reader, "adventureworks", "实际")
        state = plans.replica_state(reader, version.id)
        by_code = [state.model.dimensions[d].by_code[everything[d]].id for d in ("org", "部门", "科目")]
        key = state.model.calendar.find("2011")
        values, _ = state.sheet.read(COST, rows=[by_code], periods=[key], tree={"org": "合计", "科目": "类型"})
    assert Decimal(int(values[0, 0])) / 100 == loop.sum(f"scenario = 'Actual' AND {FIRST}")


def test_variance_by_organisation_and_its_lines_equal_the_file(loop: Loop, count: Callable[[str], None]) -> None:
    """Along USA Operations and its divisions, operating expenses, year to date, against plain sums of the case's rows."""
    members = {"org": "USA Operations", "部门": "Corporate", "科目": "58"}
    with loop.container.database.reading() as reader:
        rows = monitoring.variance(
            reader, BOSS, model="adventureworks", item=ITEM, members=members, period="2011-08", ytd=True
        )
        names = [row.node for row in rows]
        assert names[0] == "USA Operations"
        assert len(names) == 6
        under = "account_key IN (SELECT account_key FROM account WHERE account_key::INT BETWEEN 59 AND 87)"
        for row in rows:
            org = "true" if row.node == names[0] else f"organization = '{row.node}'"
            usa = ", ".join(f"'{n}'" for n in names[1:])
            where = f"{org} AND organization IN ({usa}) AND {under} AND {FIRST}"
            assert row.terms.budget == loop.sum(f"scenario = 'Budget' AND {where}"), row.node
            assert row.terms.executed == loop.sum(f"scenario = 'Actual' AND {where}"), row.node
            found = monitoring.drill(
                reader,
                BOSS,
                loop.container.warehouse,
                model="adventureworks",
                item=ITEM,
                members={**members, "org": row.node},
                period="2011-08",
                ytd=True,
                limit=5,
            )
            ((lines,),) = loop.case.rows(
                f"SELECT count(*) FROM fact WHERE scenario = 'Actual' AND {EXPENDITURES} AND {where}"
            )
            assert (found.count, found.amount) == (lines, row.terms.executed), row.node
    count(
        f"AdventureWorks: variance of {len(rows)} organisations and {found.count} lines behind the last of them equal the file"
    )


def test_the_scope_cuts_totals_and_lines(loop: Loop) -> None:
    limits = {"org": ((Limit("Northeast Division"),),)}
    narrow = Principal(
        5,
        "ne",
        "东北",
        grants=(Grant("plan.read", limits=limits), Grant("monitoring.read")),
        hierarchies=loop.container.trees,
    )
    members = {"org": "USA Operations", "部门": "Corporate", "科目": "58"}
    with loop.container.database.reading() as reader:
        asked = {"model": "adventureworks", "item": ITEM, "members": members, "period": "2011-01"}
        rows = monitoring.variance(reader, narrow, **asked)
        assert {row.node: row.partial for row in rows} == {"USA Operations": True, "Northeast Division": False}
        assert rows[0].terms == rows[1].terms  # of the total only the visible part
        seen = monitoring.drill(reader, narrow, loop.container.warehouse, **asked)
        assert {line["dim_org"] for line in seen.lines} == {"Northeast Division"}
        assert seen.amount == rows[1].terms.executed


def place_of(scenario: str, place: Mapping[str, str], when: str) -> str:
    """The facts of one place."""
    return (
        f"scenario = '{scenario}' AND organization = '{place['org']}' AND department_group = '{place['部门']}'"
        f" AND account_key = '{place['科目']}' AND {when}"
    )


def roomiest(loop: Loop) -> dict[str, str]:
    """Where, up to the last loaded month, most of the budget is left."""
    ((org, department, account, _),) = loop.case.rows(f"""
        SELECT organization, department_group, account_key, sum(CASE scenario WHEN 'Budget' THEN amount ELSE -amount END) AS room
        FROM fact WHERE {EXPENDITURES} AND {FIRST} AND department_group <> 'Corporate' GROUP BY ALL ORDER BY room DESC LIMIT 1""")
    return {"org": org, "部门": department, "科目": account}


def plan_cell(loop: Loop, cell: BudgetCell) -> Decimal | None:
    """What the released plan version says."""
    members = {dim: member for dim, member in cell.coordinate.items() if dim != "item"}
    with loop.container.database.reading() as reader:
        version = plans.version(reader, "adventureworks", "预算")
        found = plans.read_cells(reader, BOSS, version_id=version.id, item=COST, rows=[members], periods=[cell.period])
    return found.values[0][0]


def test_a_deviation_is_explained_decided_executed_and_verified_by_a_later_load(
    loop: Loop, count: Callable[[str], None]
) -> None:
    database = loop.container.database
    threshold = Threshold(Decimal(100), Decimal("0.05"))
    with database.writing() as uow:
        asked = {
            "model": "adventureworks",
            "item": ITEM,
            "members": PLACE,
            "nodes": [PLACE["org"]],
            "period": "2011-08",
        }
        rows = monitoring.variance(uow, BOSS, **asked, ytd=True)
        over = rows[0].difference
        assert over is not None
        assert over > 0
        (case,) = cases_.open_deviations(uow, FP_A, **asked, ytd=True, threshold=threshold)
        assert cases_.open_deviations(uow, FP_A, **asked, ytd=True, threshold=threshold) == [case]
    with database.writing() as uow:
        cases_.explain(uow, FP_A, case_id=case, text="展会提前，机票集中采购")
        cases_.decide(uow, FP_A, case_id=case, decision="task", text="从住宿费调入")
        with pytest.raises(SameDecider):
            cases_.approve(uow, FP_A, case_id=case)
        cases_.approve(uow, BOSS, case_id=case)
    give = BudgetCell({**roomiest(loop), "item": ITEM}, "2011-08", -over)
    take = BudgetCell({**PLACE, "item": ITEM}, "2011-08", over)
    with database.writing() as uow:
        moved = control.transfer(uow, BOSS, policy="2011费用", kind="transfer", cells=[give, take], reason="闭环事项")
        cases_.execute(uow, FP_A, case_id=case, evidence=f"调剂单 {moved}")
    assert plan_cell(loop, take) == loop.sum(place_of("Budget", PLACE, "month = '2011-08'")) + over
    after = variance_of(loop, "2011-08", ytd=True)
    assert (after.terms.adjusted, after.difference) == (over, 0)
    load(loop.container, loop.file("later.csv", LATER), "finance")
    run_now(loop.container, "monitoring.verify_cases", {"model": "adventureworks"})
    with database.reading() as reader:
        done = monitoring.case(reader, BOSS, case_id=case)
        assert done.state == "closed"
        assert [e.event for e in done.events] == [
            "opened", "seen_again", "explained", "decided", "approved", "executed", "verified"
        ]  # fmt: skip
        rate = monitoring.closing_rate(
            reader, BOSS, model="adventureworks", since=done.opened_at, until=done.due_at.replace(year=2100)
        )
        assert rate.closed == 1
        assert rate.due > 1  # control's forced postings are cases too
        forced = [c for c in rate.cases if c.kind == "forced"]
    count(
        f"AdventureWorks: 1 deviation case verified by a later load; {len(forced)} cases opened by postings beyond the limit"
    )
