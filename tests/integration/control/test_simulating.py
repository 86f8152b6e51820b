"""A draft on history: the rules that were, a second ledger that really runs under the draft, and the route."""

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import commands, queries
from bihuan.features.control.commands import standing
from bihuan.features.control.model import BudgetCell, Request, RequestLine, VoucherLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.simulating import queries as simulating
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import BihuanError
from bihuan.store.unit_of_work import Database, UnitOfWork

from .office import PACKAGE, POLICY, Office, opened

MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 7))
CALENDAR = ControlCalendar((YearPeriods("2026", MONTHS, (("2026Q1", MONTHS[:3]), ("2026Q2", MONTHS[3:]))),))
TREES = Trees({"org": {"G": "", "N": "G", "S": "G", "N1": "N", "N2": "N", "S1": "S"}})
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))
LOOSE: Mapping[str, Any] = {"code": "看", "window": "year", "by": {"org": 0}, "strength": "flexible"}
BANDS = [{"percent": 80, "do": "notify"}, {"percent": 110, "do": "refuse"}]
TIGHT: list[list[dict[str, Any]]] = [
    [{"code": "月", "window": "month", "by": {"org": "leaf"}}, {"code": "年", "window": "year", "by": {"org": 1}}],
    [{"code": "累", "window": "cumulative", "by": {"org": "leaf"}, "bands": BANDS}],
    [{"code": "占", "window": "quarter", "by": {"org": 1}, "stages": ["committed", "executed"]}],
    [{"code": "滑", "window": "sliding", "length": 2, "by": {"org": "leaf"}, "strength": "flexible", "tolerance": "5"}],
]  # fmt: skip


class Books:
    """A policy that really runs; what it refuses is left out from then on, as the simulation has it."""

    def __init__(self, database: Database, text: dict[str, Any]) -> None:
        self.database, self.code = database, str(text["policy"])
        self.text = text
        self.documents: dict[str, int] = {}
        self.refused: set[str] = set()
        self.warned: set[str] = set()
        with database.writing() as uow:
            self.policy = commands.put_policy(uow, CLERK, read_policy(text, calendar=CALENDAR, trees=TREES))

    def play(self, op: tuple[Any, ...]) -> None:
        """One operation in a transaction of its own."""
        what, number, *more = op
        if number in self.refused and what != "again":
            return
        try:
            with self.database.writing() as uow:
                self._do(uow, what, number, *more)
        except BihuanError:
            self.refused.add(number)
            if what != "file":  # stopped later: it gives back what it held
                with self.database.writing() as uow:
                    standing.give_back(uow, CLERK, document_id=self.documents[number], kind="return")

    def _do(  # noqa: PLR0917
        self, uow: UnitOfWork, what: str, number: str, org: str, period: str, amount: Decimal
    ) -> None:
        place = {"org": org}
        if what == "budget":
            commands.book_budget(uow, "boss", self.policy, [BudgetCell(place, period, amount)], kind=number).write()
        elif what == "file":
            request = Request(f"{self.code}/{number}", number, (RequestLine(place, period, amount),))
            held = commands.reserve(uow, CLERK, policy=self.code, request=request)
            self.documents[number] = held.document_id
            if held.warnings:
                self.warned.add(number)
        elif what == "commit":
            commands.commit_stage(uow, CLERK, document_id=self.documents[number], amounts={1: amount})
        elif what == "return":
            standing.give_back(uow, CLERK, document_id=self.documents[number], kind="return")
        else:
            key = f"{self.code}/{number}/{period}/{amount}"
            document = number if what == "execute" else None
            commands.execute(
                uow, CLERK, policy=self.code, lines=[VoucherLine(key, key, place, period, amount, document)]
            )


def year_of_spending(seed: int) -> Iterator[tuple[Any, ...]]:
    """Budgets late and early, documents, contracts above what was asked, returns, vouchers with and without a document."""
    dice = random.Random(seed)
    cells = [(o, p) for o in ("N1", "N2", "S1") for p in MONTHS]
    dice.shuffle(cells)
    open_: dict[str, tuple[str, str, Decimal, bool]] = {}
    released: set[tuple[str, str]] = set()
    for no in range(60):
        org, period = dice.choice(("N1", "N2", "S1")), dice.choice(MONTHS)
        amount = Decimal(dice.randrange(100, 9000)) / 100
        roll = dice.random()
        if cells and (roll < 0.2 or no < 6):
            cell = cells.pop()
            released.add(cell)
            yield ("budget", "release", *cell, Decimal(dice.randrange(0, 20000)) / 100)
        elif roll < 0.25 and released:
            yield ("budget", "supplement", *dice.choice(sorted(released)), amount)
        elif roll < 0.6 or not open_:
            open_[f"D{no}"] = (org, period, amount, False)
            yield ("file", f"D{no}", org, period, amount)
        elif roll < 0.72:
            number = dice.choice(sorted(open_))
            org, period, held, committed = open_[number]
            if not committed:
                open_[number] = (org, period, held, True)
                yield (
                    "commit",
                    number,
                    org,
                    period,
                    held + dice.choice((Decimal(0), Decimal("7.50"), Decimal("-0.50"))),
                )
        elif roll < 0.8:
            number = dice.choice(sorted(open_))
            org, period, held, _ = open_.pop(number)
            yield ("return", number, org, period, held)
        elif roll < 0.9:
            number = dice.choice(sorted(open_))
            org, period, held, _ = open_.pop(number)
            yield ("execute", number, org, period, held + dice.choice((Decimal(0), Decimal("3.00"), Decimal("-0.40"))))
        else:
            yield ("fact", f"F{no}", org, period, amount)


@pytest.mark.parametrize("rules", range(len(TIGHT)))
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("unbudgeted", ["refuse", "allow"])
def test_a_draft_says_to_history_what_a_ledger_of_its_own_says(
    database: Database, rules: int, seed: int, unbudgeted: str
) -> None:
    name = f"{rules}-{seed}-{unbudgeted}"
    was = Books(database, {"policy": f"was-{name}", "rules": [LOOSE], "unbudgeted": "allow"})
    other = {"policy": f"is-{name}", "rules": TIGHT[rules], "unbudgeted": unbudgeted}
    really = Books(database, other)
    for op in year_of_spending(seed):
        was.play(op)
        really.play(op)
    assert not was.refused
    with database.reading() as reader:
        draft = read_policy(other, calendar=CALENDAR, trees=TREES)
        found = simulating.run(reader, CLERK, was.policy, draft)
        assert queries.counters_differ(reader, really.policy) == []
    assert {d["number"] for d in found["listed"] if d["blocked"]} == really.refused
    told = {d["number"] for d in found["listed"] if d["step"] == "reserve" and not d["blocked"]}
    assert really.warned - really.refused <= told | really.refused
    assert found["documents"] == len(was.documents)
    assert seed != 1 or really.refused, "a workload that nothing stops shows nothing"


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data")) as office:
        office.budget("N1", "差旅费", "2026-03", "1000.00")
        office.budget("S1", "差旅费", "2026-03", "1000.00")
        with database.writing() as uow:
            grants = [{"action": a} for a in ("control.policy", "control.read", "model.read")]
            access.define_role(uow, system(), code="keeper", name="keeper", grants=grants)
            for login, orgs in (("gao", ["G"]), ("bei", ["N"])):
                access.add_user(uow, system(), login=login, name=login, password=None)
                limits = {"model": ["office"], "org": orgs}
                access.assign_roles(uow, system(), login=login, assignments=[{"role": "keeper", "limits": limits}])
        yield office


DRAFT = (
    PACKAGE["policies/费用控制.yaml"]
    .replace("window: cumulative", "window: month")
    .replace("by: {org: 0}}", "by: {org: 0}, bands: [{percent: 10, do: confirm}, {percent: 45, do: refuse}]}")
)


def simulated(office: Office, login: str, text: str, **more: Any) -> Any:
    body = {"policy": POLICY, "text": text, **more}
    return office.call(login, "POST", "/control/simulations", json=body)


def test_the_list_names_document_rule_formula_and_amount(office: Office) -> None:
    for login, org, amount in (("he", "N1", "300.00"), ("he", "N1", "650.00"), ("sun", "S1", "100.00")):
        asked = office.ask(login, office.line(org, "差旅费", "2026-03", amount))
        assert asked.status_code == 201, asked.text
    before = office.call("gao", "GET", "/control/buckets", params={"policy": POLICY}).json()
    found = simulated(office, "gao", DRAFT).json()
    # group budget 2000: told beyond 200, refused beyond 900; 300, then 950, then 400
    assert (found["documents"], found["amount"]) == (3, "1050.00")
    assert found["blocked"] == {"documents": 1, "amount": "650.00"}
    assert {a["answer"]: (a["documents"], a["amount"]) for a in found["answers"]} == {
        "refuse": (1, "650.00"),
        "confirm": (2, "400.00"),
    }
    first = found["listed"][0]
    assert (first["amount"], first["answer"], first["requester_name"]) == ("650.00", "refuse", "何川")
    (rule,) = first["rules"]
    assert (rule["rule"], rule["available"], rule["short"]) == ("集团", "600.00", "50.00")
    assert rule["formula"].startswith("可用 600.00 = 批复 2,000.00")
    assert "本次申请 650.00，超出 50.00" in rule["explanation"]
    assert office.call("gao", "GET", "/control/buckets", params={"policy": POLICY}).json() == before
    nothing = simulated(office, "gao", DRAFT, until="2020-01-01").json()
    assert (nothing["documents"], nothing["listed"]) == (0, [])
    same = simulated(office, "gao", PACKAGE["policies/费用控制.yaml"]).json()
    assert same["blocked"]["documents"] == 0, "the rules in force have let them through"


def test_a_stretch_of_time(office: Office) -> None:
    with office.database.reading() as reader:
        today = reader.now().date()
    later = simulated(office, "gao", DRAFT, since=str(today + timedelta(days=1))).json()
    assert later["documents"] == 0
    assert simulated(office, "gao", DRAFT, since=str(today)).json()["blocked"]["documents"] == 1
    wrong = simulated(office, "gao", DRAFT, since="2026-02-01", until="2026-01-01")
    assert wrong.status_code == 422, wrong.text


def test_what_may_not_be_read_is_neither_listed_nor_counted(office: Office) -> None:
    """She may change policies in the north only: the south's 100.00 is not hers to know."""
    found = simulated(office, "bei", DRAFT).json()
    assert (found["documents"], found["amount"]) == (2, "950.00")
    assert "100.00" not in str(found)
    (first, second) = found["listed"]
    assert (first["amount"], second["amount"]) == ("650.00", "300.00")
    assert first["rules"][0]["available"] is None, "the group's total is more than she may read"


def test_who_may_not_change_policies_may_not_simulate(office: Office) -> None:
    assert simulated(office, "shen", DRAFT).status_code == 403
    assert simulated(office, "he", DRAFT).status_code == 403
    assert office.call(None, "POST", "/control/simulations", json={"policy": POLICY, "text": DRAFT}).status_code == 401


def test_a_text_that_cannot_be_read_says_where(office: Office) -> None:
    answer = simulated(office, "gao", DRAFT.replace("window: month", "window: weekly", 1))
    assert answer.status_code == 422
    (problem,) = answer.json()["facts"]["problems"]
    line = DRAFT[: DRAFT.index("window: month")].count("\n") + 1
    assert (problem["line"], problem["found"]) == (line, "rule 差旅 window: weekly")
    broken = simulated(office, "gao", "policy: 费用控制\nrules: [")
    assert broken.status_code == 422
    assert broken.json()["facts"]["problems"][0]["line"] in (2, 3)


def test_the_text_in_force_begins_a_draft_and_what_it_changes_is_said(office: Office) -> None:
    said = office.call("gao", "GET", f"/control/policies/{POLICY}/text")
    assert said.status_code == 200, said.text
    assert said.json()["text"] == PACKAGE["policies/费用控制.yaml"]
    assert simulated(office, "gao", said.json()["text"]).json()["changes"] == []
    changed = simulated(office, "gao", DRAFT).json()["changes"]
    assert {(c["of"], c["code"], c["part"], c["was"], c["now"]) for c in changed} == {
        ("rules", "差旅", "window", "cumulative", "month"),
        ("rules", "集团", "strength", "rigid", ""),
        ("rules", "集团", "bands", "", "[{do: confirm, percent: 10}, {do: refuse, percent: 45}]"),
    }
    assert office.call("shen", "GET", f"/control/policies/{POLICY}/text").status_code == 403
    assert office.call("gao", "GET", "/control/policies/nothing/text").status_code == 404


def test_a_document_says_what_every_rule_says_of_it(office: Office) -> None:
    made = office.ask("he", office.line("N1", "差旅费", "2026-04", "20.00")).json()["document_id"]
    found = office.call("he", "GET", f"/spend/requests/{made}/explanation").json()
    (line,) = found["lines"]
    rules = {r["rule"]: r for r in line["rules"]}
    assert {c: (r["matched"], r["why"]) for c, r in rules.items()} == {
        "差旅": (True, "matched"),
        "推广": (False, "elsewhere"),
        "办公会议": (False, "elsewhere"),
        "集团": (True, "matched"),
    }
    # 1000 to March, 950 used of it: 20 of April are within what is left to April
    assert (rules["差旅"]["row"]["available"], rules["集团"]["hidden"]) == ("30.00", True)
    assert "差旅费" in rules["差旅"]["text"]
    assert [u["number"] for u in rules["差旅"]["row"]["documents"]][-1] == found["number"]
    assert found["answer"] is None, "it holds its amount"
    assert office.call("qian", "GET", f"/spend/requests/{made}/explanation").status_code == 404
    office.call("he", "POST", f"/spend/requests/{made}/release", json={"reason": "不办了"})
    again = office.call("he", "GET", f"/spend/requests/{made}/explanation").json()
    assert again["answer"]["verdict"] == "ok"
