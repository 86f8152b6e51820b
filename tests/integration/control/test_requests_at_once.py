"""Many people file, approve, return and withdraw at the same moment: never over, nothing lost, nothing left held."""

import random
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from bihuan.features.access.model import Principal
from bihuan.features.access.queries import principal_of
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetExceeded, Request, RequestLine
from bihuan.features.modelling import queries as modelling
from bihuan.features.process import commands as process
from bihuan.store.unit_of_work import Database

from .office import ITEM, POLICY, Office, opened
from .test_concurrency import together

MARCH = "2026-03"


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture
def person(office: Office) -> Callable[[str], Principal]:
    def of(login: str) -> Principal:
        with office.database.reading() as reader:
            found = principal_of(reader, login, modelling.trees(office.database))
            assert found is not None
            return found

    return of


def asking(account: str, month: str, amount: str) -> RequestLine:
    return RequestLine({"org": "N1", "科目": account, "item": ITEM}, month, Decimal(amount))


@pytest.mark.parametrize("clients", [8, 32])
def test_together_they_get_no_more_than_there_is_and_every_yes_is_kept(
    office: Office, person: Callable[[str], Principal], clients: int
) -> None:
    account = {8: "展会费", 32: "广告费"}[clients]
    office.budget("N1", account, MARCH, "1000.00")
    he, each = person("he"), 64 // clients

    def work(client: int) -> list[int]:
        held = []
        for n in range(each):
            number = f"{clients}-{client}-{n}"
            request = Request(number, number, (asking(account, MARCH, "37.50"),))
            try:
                with office.database.writing() as uow:
                    held.append(commands.file(uow, he, policy=POLICY, request=request).reservation.document_id)
            except BudgetExceeded:
                pass
        return held

    yes = [d for held in together(clients, work) for d in held]
    assert len(yes) == 26  # 26 × 37.50 = 975.00, one more would be 1,012.50
    with office.database.reading() as reader:
        (row,) = queries.balances(reader, queries.policy(reader, POLICY), rule="推广", window=MARCH)[-1:]
        assert row.reserved == Decimal("975.00")
        assert all(queries.open_amounts(reader, d) == {(1, "reserved"): Decimal("37.50")} for d in yes)


def test_filing_deciding_and_withdrawing_in_any_order_at_once_leaves_exactly_what_is_held(
    office: Office, person: Callable[[str], Principal]
) -> None:
    office.budget("N1", "差旅费", "2026-01", "500.00")
    he, wang = person("he"), person("wang")

    def work(client: int) -> dict[int, bool]:
        """Document -> does it still hold its amount?"""
        dice, holds = random.Random(client), {}
        for n in range(8):
            number = f"x{client}-{n}"
            lines = (asking("差旅费", f"2026-{dice.randint(1, 12):02d}", "20.00"),)
            try:
                with office.database.writing() as uow:
                    done = commands.file(uow, he, policy=POLICY, request=Request(number, number, lines))
            except BudgetExceeded:
                continue
            assert done.case is not None
            document_id, task = done.reservation.document_id, next(t for t, h in done.case.tasks.items() if h == "wang")
            holds[document_id] = True
            way = dice.choice(("leave", "approve", "return", "reject", "withdraw"))
            with office.database.writing() as uow:
                if way == "withdraw":
                    process.withdraw(uow, he, instance_id=done.case.instance_id, comment="不去了")
                elif way != "leave":
                    process.act(uow, wang, task_id=task, action=way, comment="意见")  # type: ignore[arg-type]
            holds[document_id] = way in ("leave", "approve")
        return holds

    holds = {d: held for told in together(8, work) for d, held in told.items()}
    with office.database.reading() as reader:
        policy = queries.policy(reader, POLICY)
        assert queries.counters_differ(reader, policy) == []
        last = queries.balances(reader, policy, rule="差旅", window="2026≤2026-12")
        assert [r.reserved for r in last] == [20 * sum(holds.values())]
        assert all(r.consumed <= r.cap for r in queries.balances(reader, policy, rule="差旅"))
        for document_id, held in holds.items():
            assert sum(queries.open_amounts(reader, document_id).values()) == (20 if held else 0)
