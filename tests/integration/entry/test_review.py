"""What a reviewer sees: changes since the last round and against last year, cut by scope; opening an approved unit again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.features.collaboration import inbox
from bihuan.features.entry import changes as review
from bihuan.features.entry import commands as entry
from bihuan.features.entry import queries as entry_queries
from bihuan.features.entry.model import KIND, NoSuchUnit, WrongUnitStatus
from bihuan.features.entry.reopening import reopen
from bihuan.features.entry.subject import PlanUnitSubject
from bihuan.features.entry.todos import unit_todos
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.modelling.model import listeners
from bihuan.features.planning import commands as planning
from bihuan.features.planning.model import CellEdit
from bihuan.features.planning.replica import open_replica
from bihuan.features.process import commands as process
from bihuan.features.process import model as process_model
from bihuan.features.process import queries as process_queries
from bihuan.features.process.flow import Flow, Node
from bihuan.features.process.model import ReasonRequired
from bihuan.kernel.errors import Forbidden
from bihuan.store.unit_of_work import Database

AMOUNT = ItemRef("费用", "金额")
PACKAGE = {
    "model.yaml": (
        "name: firm\ntitle: 公司\ncalendar: {base: month, start: 2026-01, end: 2027-12}\n"
        "currency: 元\nunits: {元: '', 人: ''}\nversions: [实际, 预算]\n"
    ),
    "dimensions/org.csv": "code,name,parent,weight\nG,公司,,\nA,市场部,G,\nA1,市场一部,A,\nA2,市场二部,A,\nB,研发部,G,\n",
    "dimensions/科目.csv": "code,name,parent,weight\n费用,费用合计,,\n差旅,差旅费,费用,\n展会,展会费,费用,\n工资,工资,费用,\n",
    "cubes/10人力.yaml": (
        "cube: 人力\ntitle: 人力\ndims: [period, org]\nitems:\n  人数: {unit: 人, time: last, scale: 0}\n"
        "  人均: {unit: 元/人, decimals: 2, total: none, time: none}\n"
    ),
    "cubes/20费用.yaml": (
        "cube: 费用\ntitle: 部门费用\ndims: [period, org, 科目]\nuses: [人力]\nitems:\n"
        "  金额: {unit: 元, scale: 2, time: sum, favourable: less, override: yes}\n"
        "formulas: |\n  金额[科目: 工资] = 人力!人数 * 人力!人均\n"
    ),
}
PEOPLE: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "li": (["plan.*", "process.submit", "entry.read"], {"org": ["A"]}),
    "one": (["plan.read", "entry.read"], {"org": ["A1"]}),  # sees half of A's figures
    "half": (["entry.read"], {"org": ["A"]}),  # sees the unit, not one figure of it
    "wang": (["process.approve", "plan.read", "entry.read", "process.read"], {}),
    "boss": (["entry.*", "process.submit", "process.read"], {}),
    "sun": (["analysis.read"], {}),
}
MONTHS = [f"2027-{m:02d}" for m in range(1, 13)]


@dataclass
class Firm:
    database: Database
    version: int
    unit: int

    def person(self, login: str) -> Principal:
        with self.database.reading() as reader:
            found = principal_of(reader, login, lambda model: models.load(reader, model).trees)
            assert found is not None
            scope_trees = models.load(reader, "firm").trees
        return Principal(found.user_id, found.login, found.name, found.roles, found.grants, lambda _model: scope_trees)

    def enter(
        self, version: int, cells: dict[tuple[str, str, str], str | None], why: str = "", who: Principal | None = None
    ) -> None:
        edits = [
            CellEdit(AMOUNT, {"org": org, "科目": account}, period, None, None if a is None else Decimal(a))
            for (org, account, period), a in cells.items()
        ]
        with self.database.writing() as uow:
            planning.append(uow, who or system(), version_id=version, edits=edits, source="test", reason=why)

    def submit(self) -> process.Moved:
        with self.database.writing() as uow:
            return entry.submit(uow, self.person("li"), unit_id=self.unit, flow="一级")

    def decide(self, moved: process.Moved, action: str, comment: str = "因为") -> None:
        with self.database.writing() as uow:
            process.act(uow, self.person("wang"), task_id=next(iter(moved.tasks)), action=action, comment=comment)

    def changes(self, login: str, against: review.Against = "round") -> review.Changes:
        with self.database.reading() as reader:
            return review.changes(reader, self.person(login), unit_id=self.unit, against=against)

    def status(self) -> str:
        with self.database.reading() as reader:
            return str(entry_queries.unit(reader, system(), unit_id=self.unit)["status"])


@pytest.fixture(scope="module")
def firm(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    open_replica(database.engine, models=models.compiled, folder=Path(tmp_path_factory.mktemp("blocks")))
    kept, heard = dict(process_model._subjects), listeners[:]
    listeners.clear()  # those an application in this process has bound would make versions of their own
    process_model.register(KIND, PlanUnitSubject())
    root = system()
    with database.writing() as uow:
        modelling.apply(uow, root, PACKAGE)
        access.set_business_date(uow, root, date(2026, 10, 31), reason="")
        model = models.find(uow, "firm")
        made = {
            code: planning.create_version(
                uow, root, model_id=model.id, code=code, name=code, role=role, revision=model.revision
            )
            for code, role in (("实际", "实际"), ("2026预算", "预算"), ("2027预算", "预算"))
        }
        for login, (actions, limits) in PEOPLE.items():
            access.define_role(uow, root, code=login, name=login, grants=[{"action": a} for a in actions])
            access.add_user(uow, root, login=login, name=f"{login}女士", password=None)
            access.assign_roles(uow, root, login=login, assignments=[{"role": login, "limits": limits}])
        process.put_flow(uow, root, Flow("一级", "一级审批", (Node("a", "审批", ("wang",)),)))
    version = made["2027预算"].id
    with database.writing() as uow:
        unit = entry.open_unit(uow, root, version_id=version, org="A", model="firm")
    firm = Firm(database, version, unit)
    firm.enter(
        version,
        {(org, account, month): "100" for org in ("A1", "A2") for account in ("差旅", "展会") for month in MONTHS},
    )
    firm.enter(
        made["实际"].id, {("A1", "差旅", f"2026-{m:02d}"): "90" for m in range(1, 13)}
    )  # two of them not closed yet
    firm.enter(made["2026预算"].id, {("A1", "差旅", f"2026-{m:02d}"): "70" for m in range(1, 13)})
    yield firm
    process_model._subjects.clear()
    process_model._subjects.update(kept)
    listeners[:] = heard


def shown(found: review.Changes) -> list[tuple[str, str, Decimal | None, Decimal | None, Decimal]]:
    return [(r.members[0][2], r.period, r.before, r.after, r.delta) for r in found.rows]


def test_01_who_may_not_see_the_unit_sees_no_change_of_it(firm: Firm) -> None:
    for login in ("sun", "one"):  # a part of the unit's organisation is not the unit
        with pytest.raises(NoSuchUnit):
            firm.changes(login)


def test_02_before_a_second_submission_there_is_nothing_to_compare_with(firm: Firm) -> None:
    found = firm.changes("li")
    assert (found.submission, found.before, found.rows) == (1, None, [])
    (figure,) = found.figures
    assert (figure.after, figure.before) == (Decimal(4800), None)  # 2 x 2 x 100 x 12


def test_03_against_last_year_is_actual_of_the_closed_months_and_the_budget_of_the_rest(firm: Firm) -> None:
    found = firm.changes("li", "last_year")
    assert (found.last.year, found.last.is_estimate) == (2026, True)
    assert shown(found) == [
        ("展会费", "2027", None, Decimal(2400), Decimal(2400)),
        ("差旅费", "2027", Decimal(1040), Decimal(2400), Decimal(1360)),  # 10 x 90 + 2 x 70
    ]
    (figure,) = found.figures
    assert figure.last_year == Decimal(1040)
    assert [p[3] for p in figure.periods][8:] == [Decimal(90), Decimal(90), Decimal(70), Decimal(70)]


def test_04_what_changed_between_two_rounds_is_ranked_with_who_when_and_why(firm: Firm) -> None:
    moved = firm.submit()
    firm.decide(moved, "return", "展会太多")
    firm.enter(
        firm.version,
        {("A1", "展会", "2027-09"): "40", ("A2", "展会", "2027-09"): "80"},
        "展位减为 36 平米",
        firm.person("li"),
    )
    firm.enter(
        firm.version,
        {("A1", "差旅", "2027-03"): "110", ("A2", "差旅", "2027-04"): None, ("B", "差旅", "2027-04"): "7"},
        "",
        firm.person("li"),
    )
    firm.submit()
    found = firm.changes("wang")
    assert (found.submission, found.before) == (2, 1)
    assert shown(found) == [
        ("差旅费", "2027-04", Decimal(200), Decimal(100), Decimal(-100)),
        ("展会费", "2027-09", Decimal(200), Decimal(120), Decimal(-80)),
        ("差旅费", "2027-03", Decimal(200), Decimal(210), Decimal(10)),
    ]
    assert found.unchanged == 24 - 3
    touch = found.rows[1].touch
    assert touch is not None
    assert (touch.who, touch.reason) == ("li女士", "展位减为 36 平米")
    assert found.rows[1].year == Decimal(2320)
    (figure,) = found.figures
    assert (figure.before, figure.after) == (Decimal(4800), Decimal(4630))


def test_05_later_edits_do_not_change_what_was_submitted(firm: Firm) -> None:
    firm.enter(firm.version, {("A1", "展会", "2027-01"): "1"})
    assert len(firm.changes("wang").rows) == 3
    firm.enter(firm.version, {("A1", "展会", "2027-01"): "100"})


def test_06_who_may_not_read_the_plan_sees_no_figure(firm: Firm) -> None:
    found = firm.changes("half")
    assert (found.rows, found.figures) == ([], [])
    assert firm.changes("half", "last_year").rows == []


def test_07_a_stranger_does_not_reopen_nor_does_the_submitter_and_a_reason_is_needed(firm: Firm) -> None:
    for login, refused in (("sun", NoSuchUnit), ("li", Forbidden), ("wang", Forbidden)):
        with pytest.raises(refused), firm.database.writing() as uow:
            reopen(uow, firm.person(login), unit_id=firm.unit, reason="x")
    with pytest.raises(ReasonRequired), firm.database.writing() as uow:
        reopen(uow, firm.person("boss"), unit_id=firm.unit, reason="  ")
    with pytest.raises(WrongUnitStatus, match="已提交"), firm.database.writing() as uow:
        reopen(uow, firm.person("boss"), unit_id=firm.unit, reason="还没批")


def test_08_an_approved_unit_is_opened_again_its_cells_are_free_and_the_reason_stands_in_its_case(firm: Firm) -> None:
    with firm.database.reading() as reader:
        case = process_queries.instance_of(reader, KIND, firm.unit)
        assert case is not None
        task = process_queries.holders(reader, case)[0]["task"]
    firm.decide(process.Moved(case, "running", {task: "wang"}), "approve")
    cell = CellEdit(AMOUNT, {"org": "A1", "科目": "差旅"}, "2027-01", Decimal(100), Decimal(101))
    with firm.database.writing() as uow:
        locked = planning.save(uow, firm.person("li"), version_id=firm.version, edits=[cell], base_seq=0)
        assert locked.cells[0].code == "locked"
        reopen(uow, firm.person("boss"), unit_id=firm.unit, reason="漏了年会")
    with firm.database.reading() as reader:
        shown_case = process_queries.case(reader, firm.person("li"), case)
        unit = entry_queries.unit(reader, system(), unit_id=firm.unit)
        told = inbox.newest(reader, firm.person("li"), limit=1)[0]
    assert (shown_case["status"], shown_case["actions"][-1]["action"], shown_case["actions"][-1]["comment"]) == (
        "reopened",
        "reopen",
        "漏了年会",
    )
    assert shown_case["chain_broken_at"] is None
    assert (unit["status"], unit["holder"]) == ("preparing", "li")
    assert (told["kind"], told["note"]) == ("task.reopened", "漏了年会")
    with firm.database.writing() as uow:
        assert (
            planning.save(uow, firm.person("li"), version_id=firm.version, edits=[cell], base_seq=0).outcome == "saved"
        )


def test_09_it_waits_for_who_fills_it_with_the_reason_not_for_who_runs_the_cycle(firm: Firm) -> None:
    with firm.database.reading() as reader:
        (mine,) = unit_todos(reader, firm.person("li"))
        assert (mine.kind, mine.note, mine.source) == ("returned", "漏了年会", "boss女士")
        assert "市场部" in mine.title
        assert unit_todos(reader, firm.person("boss")) == []
        assert unit_todos(reader, firm.person("sun")) == []


def test_10_a_released_unit_is_not_opened_again(firm: Firm) -> None:
    moved = firm.submit()
    firm.decide(moved, "approve")
    with firm.database.writing() as uow:
        entry.mark_released(uow, system(), version_id=firm.version, orgs=["A"])
    with pytest.raises(WrongUnitStatus, match="已下达"), firm.database.writing() as uow:
        reopen(uow, firm.person("boss"), unit_id=firm.unit, reason="晚了")
    assert firm.status() == "released"
