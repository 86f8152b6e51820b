"""Vouchers against the requests they name: a table of scenarios through a whole load, and a load far over its budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from bihuan.bootstrap import Container
from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import commands as control
from bihuan.features.control import queries as balances
from bihuan.features.control.hooks import Forced, on_forced
from bihuan.features.control.model import BudgetCell, Request, RequestLine
from bihuan.features.control.reconcile import reconcile
from bihuan.features.integration import commands, matching
from bihuan.features.integration.model import Match
from bihuan.features.modelling import commands as modelling
from bihuan.kernel.errors import Forbidden, ProblemsFound

from .books import ROBOT, Books, definition, package
from .conftest import MAPPING

POLICY = """
policy: {code}
title: 费用控制
items: [费用!差旅费]
{rest}
rules:
  - {{code: 部门累计, title: 部门累计不得超支, window: cumulative, by: {{org: leaf}}, strength: rigid}}
"""
PLACE = {"org": "D110", "item": "费用!差旅费"}


@dataclass
class Spending(Books):
    """The books with a policy: 1,000 for January of D110, and one request."""

    def request(self, amount: str, number: str = "YK-1") -> int:
        asked = Request(f"{self.source}/{number}", number, (RequestLine(PLACE, "2026-01", Decimal(amount)),))
        with self.container.database.writing() as uow:
            return control.reserve(uow, ROBOT, policy=self.source, request=asked).document_id

    def balance(self, period: str = "2026-01") -> dict[str, Decimal]:
        with self.container.database.reading() as reader:
            in_force = balances.policy(reader, self.source)
            (row,) = balances.balances(reader, in_force, window=f"2026≤{period}")
        return {"reserved": row.reserved, "executed": row.executed, "forced": row.forced, "available": row.available}

    def status(self, document: int) -> str:
        with self.container.database.reading() as reader:
            return str(balances.document(reader, document)["status"])

    def matches(self, batch_id: int | None) -> list[Match]:
        with self.container.database.reading() as reader:
            return matching.matches(reader, ROBOT, batch_id=batch_id or 0)


def named(number: str, amount: str, request: str = "", day: str = "2026-01-05") -> str:
    return f"{number},{day},660202,D110,出差,{amount},,{request}\n{number},{day},1002,D110,出差,,{amount},{request}\n"


@pytest.fixture
def spending(
    container: Container, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Spending:
    return make(container, tmp_path_factory, f"s{abs(hash(request.node.name)) % 10**8}")


def make(container: Container, folders: pytest.TempPathFactory, code: str, rest: str = "") -> Spending:
    texts = {**package(code), "policies/费用.yaml": POLICY.format(code=code, rest=rest)}
    with container.database.writing() as uow:
        modelling.apply(uow, ROBOT, texts, name=code)
        (in_force,) = control.apply_policies(uow, ROBOT, model=code)
        text = definition(code) + f"policy: {code}\n"
        commands.define_source(uow, ROBOT, definition=text, mapping=MAPPING)
        cell = BudgetCell(PLACE, "2026-01", Decimal(1000))
        control.book_budget(uow, "boss", in_force, [cell], kind="release").write()
    return Spending(container, code, folders.mktemp("files"))


def test_a_stranger_does_not_see_how_vouchers_met_requests(spending: Spending) -> None:
    run = spending.upload(named("记-1", "1.00"))
    stranger = Principal(9, "x", "x", grants=(Grant("control.read"),))
    with spending.container.database.reading() as reader, pytest.raises(Forbidden):
        matching.matches(reader, stranger, batch_id=run.batch_id or 0)


# * = the voucher names the request; the balance is that of January after the load, 1,000 released
SCENARIOS = """
story                             | rest    | request | vouchers      | kind    | took | gave back | holds | direct | reserved | executed | forced | free | status
equal closes                      | keep    | 600     | 600*          | equal   | 600  | 0         | 0     | 0      | 0        | 600      | 0      | 400  | closed
smaller keeps the rest            | keep    | 600     | 450*          | smaller | 450  | 0         | 150   | 0      | 150      | 450      | 0      | 400  | held
smaller gives the rest back       | release | 600     | 450*          | smaller | 450  | 150       | 0     | 0      | 0        | 450      | 0      | 550  | closed
larger takes all, rest directly   | keep    | 600     | 700*          | larger  | 600  | 0         | 0     | 100    | 0        | 700      | 0      | 300  | closed
larger than the budget is forced  | keep    | 600     | 1100*         | larger  | 600  | 0         | 0     | 500    | 0        | 1100     | 100    | -100 | closed
two vouchers together are equal   | keep    | 600     | 250* 350*     | equal   | 600  | 0         | 0     | 0      | 0        | 600      | 0      | 400  | closed
none named posts directly         | keep    | 600     | 300           | none    | 0    | 0         | 0     | 300    | 600      | 300      | 0      | 100  | held
a reversal takes nothing          | release | 600     | -50*          | smaller | 0    | 0         | 600   | -50    | 600      | -50      | 0      | 450  | held
"""  # noqa: E501 - a table reads by lines
TABLE = [[cell.strip() for cell in line.split("|")] for line in SCENARIOS.strip().splitlines()[1:]]


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_vouchers_meet_requests(container: Container, tmp_path_factory: pytest.TempPathFactory, row: list[str]) -> None:
    story, rest, asked, vouchers, kind, *rests, status = row
    spending = make(container, tmp_path_factory, f"t{abs(hash(story)) % 10**8}", f"rest: {rest}")
    document = spending.request(asked)
    lines = [
        named(f"记-{n}", amount.rstrip("*"), "YK-1" if amount.endswith("*") else "")
        for n, amount in enumerate(vouchers.split())
    ]
    run = spending.upload(*lines)
    assert run.state == "done", run.message
    (met,) = spending.matches(run.batch_id)
    took, gave_back, holds, direct, *balance = map(Decimal, rests)
    assert met.kind == kind
    found = (met.liquidated, met.released, met.amount - met.liquidated)
    assert found == (took, gave_back, direct)
    assert met.still_held == (0 if kind == "none" else holds)
    assert list(spending.balance().values()) == balance
    assert spending.status(document) == status


def test_a_line_is_booked_under_the_policy_of_its_year(
    container: Container, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = f"y{abs(hash('years')) % 10**8}"
    texts = package(code)
    texts["model.yaml"] = texts["model.yaml"].replace("end: 2026-12", "end: 2028-12")
    years = {year: f"{code}{year}" for year in ("2026", "2027")}
    texts |= {f"policies/{year}.yaml": POLICY.format(code=policy, rest="") for year, policy in years.items()}
    with container.database.writing() as uow:
        modelling.apply(uow, ROBOT, texts, name=code)
        in_force = {p.policy.code: p for p in control.apply_policies(uow, ROBOT, model=code)}
        text = definition(code) + f"policy: [{', '.join(years.values())}]\n"
        commands.define_source(uow, ROBOT, definition=text, mapping=MAPPING)
        for year, policy in years.items():
            cell = BudgetCell(PLACE, f"{year}-01", Decimal(1000))
            control.book_budget(uow, "boss", in_force[policy], [cell], kind="release").write()
    books = Spending(container, code, tmp_path_factory.mktemp("files"))
    lines = (("2026", "10.00"), ("2027", "20.00"), ("2028", "40.00"))  # 2028 has no budget: the first policy takes it
    run = books.upload(*(named(f"记-{y}", amount, day=f"{y}-01-05") for y, amount in lines))
    assert run.state == "done", run.message
    (met,) = books.matches(run.batch_id)
    assert (met.kind, met.amount, met.vouchers) == ("none", 70, 3)
    with container.database.reading() as reader:
        spent = {
            year: [b.executed for b in balances.balances(reader, in_force[policy], window=f"{year}≤{year}-01")]
            for year, policy in years.items()
        }
    assert spent == {"2026": [Decimal(10)], "2027": [Decimal(20)]}
    with container.database.engine.connect() as conn:
        found = conn.exec_driver_sql(
            "SELECT p.code, sum(e.amount) FROM ledger_entry e JOIN control_policy p ON p.id = e.policy_id"
            " WHERE e.stage = 'executed' AND p.code = ANY(%s) GROUP BY p.code",
            (list(years.values()),),
        ).all()
    assert dict(map(tuple, found)) == {years["2026"]: Decimal(50), years["2027"]: Decimal(20)}


def test_an_unknown_number_is_booked_directly_and_shown_apart(spending: Spending) -> None:
    spending.request("600")
    run = spending.upload(named("记-1", "10.00", "YK-404"), named("记-2", "600.00", "YK-1"), named("记-3", "5.00"))
    met = {m.number: (m.kind, m.amount, m.liquidated, m.document_id is None) for m in spending.matches(run.batch_id)}
    assert met == {
        "": ("none", 5, 0, True),
        "YK-1": ("equal", 600, 600, False),
        "YK-404": ("unknown", 10, 0, True),
    }
    assert spending.balance()["executed"] == 615
    for number, amount in (("", 5), ("YK-1", 600), ("YK-404", 10)):
        with spending.container.database.reading() as reader:
            behind = matching.lines_of(
                reader, ROBOT, spending.container.warehouse, batch_id=run.batch_id or 0, number=number
            )
        assert (behind.count, behind.amount) == (1, amount)


def test_a_request_met_in_two_loads_says_what_it_still_holds_each_time(spending: Spending) -> None:
    spending.request("600")
    first = spending.upload(named("记-1", "450.00", "YK-1"))
    second = spending.upload(named("记-1", "450.00", "YK-1"), named("记-2", "150.00", "YK-1"), name="2.csv")
    assert [(m.kind, m.held, m.still_held) for m in spending.matches(first.batch_id)] == [("smaller", 600, 150)]
    assert [(m.kind, m.held, m.still_held) for m in spending.matches(second.batch_id)] == [("equal", 150, 0)]
    assert spending.balance() == {"reserved": 0, "executed": 600, "forced": 0, "available": 400}


def test_another_word_for_the_rest_is_refused(container: Container, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(ProblemsFound, match="keep or release"):
        make(container, tmp_path_factory, "badrest", "rest: burn")


@pytest.fixture
def told() -> Iterator[list[Forced]]:
    heard: list[Forced] = []
    unbind = on_forced(lambda _uow, forced: heard.append(forced))
    yield heard
    unbind()


def test_a_load_far_over_its_budget_is_one_alert_with_the_whole_amount(spending: Spending, told: list[Forced]) -> None:
    spending.upload(*(named(f"记-{n}", "100.00") for n in range(60)))
    assert spending.balance() == {"reserved": 0, "executed": 6000, "forced": 5000, "available": -5000}
    (one,) = told
    assert (one.amount, one.rule) == (5000, "部门累计")
    assert one.message.startswith("凭证 记-10、记-11、")
    assert " 等 50 张：超出规则“部门累计不得超支”" in one.message
    with spending.container.database.reading() as reader:
        assert reconcile(reader, balances.policy(reader, spending.source)) == []


def test_what_a_reversal_gives_back_in_the_same_load_is_no_overrun(spending: Spending, told: list[Forced]) -> None:
    spending.upload(named("记-1", "1300.00"), named("记-2", "-400.00"))
    assert spending.balance()["forced"] == 0
    assert told == []
