"""Vouchers loaded before, while and after the budget is released count as executed, each once, on every row of their place."""

import random
import threading
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.control import hooks, queries
from bihuan.store.unit_of_work import Database

from .conftest import MONTHS, Company
from .test_concurrency import together

CUMULATIVE = {"code": "累计", "window": "cumulative", "by": {"org": "leaf"}}
GROUP = {"code": "集团", "window": "year", "by": {"org": 0}}
DIVISION = {"code": "部", "window": "quarter", "by": {"org": 1}, "where": {"org": ["研发"]}}
PLACES = ("研发一部", "研发二部", "销售")
PARENT = {"研发一部": "研发", "研发二部": "研发", "销售": "销售"}
Voucher = tuple[str, int, Decimal]  # department, month from 0, amount


def expected(rule: str, key: str, window: str, vouchers: Sequence[Voucher]) -> Decimal:
    """The naive answer: the vouchers of a row, added up."""
    if rule == "累计":
        last = MONTHS.index(window.split("≤")[1])
        kept = [a for org, month, a in vouchers if org in key and month <= last]
    elif rule == "部":
        first = 3 * (int(window[-1]) - 1)
        kept = [a for org, month, a in vouchers if PARENT[org] == "研发" and first <= month < first + 3]
    else:
        kept = [a for _, _, a in vouchers]
    return sum(kept, Decimal(0))


def executed_as_the_vouchers(database: Database, firm: Company, vouchers: Sequence[Voucher]) -> int:
    """Every row's counter is the sum of its vouchers; answers how many rows there are."""
    with database.reading() as reader:
        assert queries.counters_differ(reader, firm.policy) == []
        rows = queries.balances(reader, firm.policy, limit=10_000)
        for row in rows:
            assert row.executed == expected(row.rule.code, row.key, row.window, vouchers), (row.key, row.window)
            assert row.forced == row.excess
    return len(rows)


def post(firm: Company, database: Database, n: int, voucher: Voucher) -> None:
    org, month, amount = voucher
    with database.writing() as uow:
        firm.voucher(uow, f"记-{n}", {"org": org, "account": "差旅费"}, MONTHS[month], str(amount))


@pytest.mark.parametrize("seed", range(6))
def test_in_whatever_order_vouchers_and_releases_come(database: Database, company: Any, seed: int) -> None:
    firm, dice = company(CUMULATIVE, GROUP, DIVISION), random.Random(seed)
    steps: list[Any] = [("release", org) for org in PLACES]
    vouchers = [(dice.choice(PLACES), dice.randrange(12), Decimal(dice.randint(-3000, 9000)) / 100) for _ in range(25)]
    steps += [("voucher", v) for v in vouchers]
    dice.shuffle(steps)
    posted: list[Voucher] = []
    for n, (kind, what) in enumerate(steps):
        if kind == "voucher":
            post(firm, database, n, what)
            posted.append(what)
        else:
            with database.writing() as uow:
                firm.budget(uow, {"org": what, "account": "差旅费"}, "2026-01", "100.00")
        executed_as_the_vouchers(database, firm, posted)
    assert executed_as_the_vouchers(database, firm, vouchers) == 12 * 3 + 1 + 4


def test_vouchers_posted_while_the_budget_is_released_are_neither_lost_nor_doubled(
    database: Database, company: Any
) -> None:
    firm = company(CUMULATIVE, GROUP, DIVISION)
    vouchers = [(PLACES[n % 3], n % 12, Decimal("1.01") * (n + 1)) for n in range(96)]
    started = threading.Event()

    def work(client: int) -> None:
        if client < 8:
            for n in range(client, 96, 8):
                post(firm, database, n, vouchers[n])
                started.set()
        else:
            started.wait(30)
            with database.writing() as uow:
                firm.budget(uow, {"org": PLACES[client - 8], "account": "差旅费"}, "2026-01", "100.00")

    together(11, work)
    assert executed_as_the_vouchers(database, firm, vouchers) == 12 * 3 + 1 + 4


def test_what_stands_in_the_ledger_by_place_is_the_same_before_and_after(database: Database, company: Any) -> None:
    """Variances add entries by place: an opening moves amounts between rows, it spends nothing."""
    firm = company(CUMULATIVE, GROUP)
    place = {"org": "研发一部", "account": "差旅费"}
    with database.writing() as uow:
        firm.voucher(uow, "记-1", place, "2026-02", "12.34")
        firm.budget(uow, place, "2026-01", "100.00")
        entries = uow.rows("control.uncounted", policy_id=firm.policy.id)
        assert [(e["coordinate"], e["period"], e["amount"]) for e in entries] == [(place, "2026-02", Decimal("12.34"))]


def test_a_history_beyond_its_budget_is_forced_with_one_alert_by_rule_and_blocks_what_follows(
    database: Database, company: Any
) -> None:
    firm, told = company(CUMULATIVE, GROUP), []
    place = {"org": "研发一部", "account": "差旅费"}
    with database.writing() as uow:
        firm.voucher(uow, "记-1", place, "2026-02", "130.00")
    unbind = hooks.on_forced(lambda _uow, forced: told.append((forced.rule, forced.voucher, forced.amount)))
    with database.writing() as uow:
        firm.budget(uow, place, "2026-01", "100.00")
    unbind()
    assert sorted(told) == [("累计", "期初", Decimal("30.00")), ("集团", "期初", Decimal("30.00"))]
    executed_as_the_vouchers(database, firm, [("研发一部", 1, Decimal("130.00"))])


def test_a_voucher_of_a_year_without_budget_is_kept_and_raises_no_alert(database: Database, company: Any) -> None:
    firm = company(CUMULATIVE, GROUP)
    with database.writing() as uow:
        before = len(uow.rows("control.alerts", limit=1000))
        assert firm.voucher(uow, "记-1", {"org": "销售", "account": "差旅费"}, "2026-02", "5.00").unbudgeted
        assert len(uow.rows("control.alerts", limit=1000)) == before
