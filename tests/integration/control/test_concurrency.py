"""Many clients at once, each with its own connection, started together by a barrier: without it even no lock at all passes."""

import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetExceeded, Request, RequestLine
from bihuan.store.unit_of_work import Database

from .conftest import CLERK, MONTHS

HOT = {"code": "年度", "window": "year", "by": {"org": 0}}
CUMULATIVE = {"code": "累计", "window": "cumulative", "by": {"org": "leaf"}}
MONTHLY = {"code": "月度", "window": "month", "by": {"org": "leaf"}}
QUARTERLY = {"code": "季度", "window": "quarter", "by": {"org": 1}}


def together(clients: int, work: Callable[[int], Any]) -> list[Any]:
    """``work(client)`` in as many threads, released at the same moment."""
    barrier = threading.Barrier(clients)

    def start(client: int) -> Any:
        barrier.wait(30)
        return work(client)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(start, range(clients)))


@pytest.mark.parametrize("clients", [8, 32])
def test_no_client_gets_more_than_there_is_and_none_that_was_told_yes_is_lost(
    database: Database, company: Any, clients: int
) -> None:
    firm = company(HOT)
    place, each = {"org": "研发一部"}, 160 // clients
    with database.writing() as uow:
        firm.budget(uow, place, "2026-01", "10000")

    def ask(client: int) -> list[int]:
        held = []
        for n in range(each):
            try:
                with database.writing() as uow:
                    held.append(firm.reserve(uow, f"{client}-{n}", (place, MONTHS[n % 12], "100")))
            except BudgetExceeded:
                pass
        return held

    acknowledged = {d for held in together(clients, ask) for d in held}
    with database.reading() as reader:
        (row,) = queries.balances(reader, firm.policy)
        assert row.reserved == 10_000 == 100 * len(acknowledged)
        assert all(sum(queries.open_amounts(reader, d).values()) == 100 for d in acknowledged)
        assert queries.counters_differ(reader, firm.policy) == []


def test_one_key_sent_by_many_at_once_is_held_once(database: Database, company: Any) -> None:
    firm = company(HOT)
    with database.writing() as uow:
        firm.budget(uow, {"org": "研发"}, "2026-01", "1000")

    def ask(_client: int) -> int:
        with database.writing() as uow:
            return int(firm.reserve(uow, "same", ({"org": "销售"}, "2026-02", "70")))

    assert len(set(together(8, ask))) == 1
    with database.reading() as reader:
        assert firm.available(reader, "2026") == 930


def test_one_voucher_posted_by_many_at_once_is_booked_once(database: Database, company: Any) -> None:
    firm = company(HOT)
    with database.writing() as uow:
        firm.budget(uow, {"org": "研发"}, "2026-01", "1000")

    def post(_client: int) -> str:
        with database.writing() as uow:
            return str(firm.voucher(uow, "记-1", {"org": "销售"}, "2026-02", "70").outcome)

    assert sorted(together(8, post)) == ["direct", *["duplicate"] * 7]
    with database.reading() as reader:
        assert firm.available(reader, "2026") == 930


def test_documents_over_many_rows_in_any_order_never_wait_for_each_other_crosswise(
    database: Database, company: Any
) -> None:
    """Each client reserves, executes and releases over lines in random order; a deadlock would raise."""
    firm = company(HOT, CUMULATIVE, MONTHLY, QUARTERLY)
    places = [{"org": o} for o in ("研发一部", "研发二部", "销售")]
    with database.writing() as uow:
        for place in places:
            for month in MONTHS[:4]:
                firm.budget(uow, place, month, "100000")

    def work(client: int) -> None:
        dice = random.Random(client)
        for n in range(12):
            lines = [(dice.choice(places), dice.choice(MONTHS[:4]), "3.25") for _ in range(6)]
            with database.writing() as uow:
                document = firm.reserve(uow, f"{client}-{n}", *lines)
            with database.writing() as uow:
                place, month, _ = dice.choice(lines)
                firm.voucher(uow, f"{client}-{n}", place, month, "5.00", f"{client}-{n}")
            if dice.random() < 0.5:
                with database.writing() as uow:
                    commands.release(uow, CLERK, document_id=document)

    together(8, work)
    with database.reading() as reader:
        assert queries.counters_differ(reader, firm.policy) == []
        (year,) = queries.balances(reader, firm.policy, rule="年度")
        assert year.executed == 8 * 12 * Decimal("5.00")


@pytest.mark.parametrize("act", ["voucher", "commit", "draw"])
def test_what_meets_a_document_that_is_just_being_moved_finds_it_where_it_went(
    database: Database, company: Any, act: str
) -> None:
    """The amendment to another department commits while the other waits for the first department's row."""
    firm = company(MONTHLY)
    here, there, month = {"org": "研发一部"}, {"org": "销售"}, MONTHS[0]
    with database.writing() as uow:
        firm.budget(uow, here, month, "100")
        firm.budget(uow, there, month, "100")
        document = firm.reserve(uow, f"A-{act}", (here, month, "60"))
    moved, waiting = threading.Event(), threading.Event()

    def amend() -> None:
        with database.writing() as uow:
            to = RequestLine(there, month, Decimal(60))
            commands.amend(uow, CLERK, document_id=document, lines=[to], reason="换部门")
            moved.set()
            waiting.wait(30)

    def meet() -> None:
        with database.writing() as uow:
            if act == "voucher":
                firm.voucher(uow, f"V-{act}", here, month, "60.00", f"A-{act}")
            elif act == "commit":
                commands.commit_stage(uow, CLERK, document_id=document)
            else:
                line = RequestLine(here, month, Decimal(60), draws=(document, 1))
                commands.reserve(uow, CLERK, policy=firm.policy.policy.code, request=Request("C", "C", (line,)))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(amend)
        assert moved.wait(30)
        second = pool.submit(meet)
        while not second.done() and not blocked(database):
            waiting.wait(0.02)
        waiting.set()
        first.result(30)
        second.result(30)
    with database.reading() as reader:
        rows = queries.balances(reader, firm.policy)
        assert queries.counters_differ(reader, firm.policy) == []
    at = "销售" if act == "commit" else "研发一部"
    assert [(json.loads(b.key)[0][1], b.consumed) for b in rows if b.consumed] == [(at, Decimal("60.00"))]


def blocked(database: Database) -> bool:
    """True once somebody in this database waits for a lock."""
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted"
        " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
    )
    with database.reading() as reader:
        return bool(reader.conn.exec_driver_sql(waiting).scalar_one())
