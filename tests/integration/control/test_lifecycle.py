"""Documents between filing and end: batches, other currencies, amendments that keep what is committed, expiry and its moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest

from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import commands, queries
from bihuan.features.control.model import (
    BadAmount,
    BudgetExceeded,
    KeyReused,
    NoSuchVoucher,
    NotHeld,
    Request,
    RequestLine,
    UnresolvableKey,
    WrongDocument,
)
from bihuan.kernel.errors import BihuanError, Forbidden
from bihuan.store.unit_of_work import Database

from .conftest import CLERK

MONTHLY = {"code": "月度", "window": "month", "by": {"org": "leaf", "account": "leaf"}}
TRAVEL = {"org": "研发一部", "account": "差旅费"}
OTHER = {"org": "研发二部", "account": "差旅费"}
JAN, FEB = "2026-01", "2026-02"
STRANGER = Principal(8, "qian", "钱七", grants=(Grant("control.request"),))


def line(amount: str, place: Any = TRAVEL, period: str = JAN, **more: Any) -> RequestLine:
    return RequestLine(dict(place), period, Decimal(amount), **more)


def ask(firm: Any, number: str, *lines: RequestLine, **more: Any) -> Request:
    return Request(f"{firm.policy.policy.code}/{number}", number, lines, **more)


def sound(database: Database, firm: Any) -> None:
    with database.reading() as reader:
        assert queries.counters_differ(reader, firm.policy) == []


def test_a_stranger_changes_nobodys_document(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
    tries: list[Any] = [
        lambda uow: commands.close(uow, STRANGER, document_id=document),
        lambda uow: commands.cancel(uow, STRANGER, document_id=document),
        lambda uow: commands.amend(uow, STRANGER, document_id=document, lines=[line("1")], reason="x"),
        lambda uow: commands.extend(uow, STRANGER, document_id=document, expires_at=None, reason="x"),
        lambda uow: commands.reverse(uow, STRANGER, policy=firm.policy.policy.code, voucher="V", reason="x"),
        lambda uow: commands.reserve(
            uow, STRANGER, policy=firm.policy.policy.code, request=ask(firm, "B", line("1", draws=(document, 1)))
        ),
    ]
    for attempt in tries:
        with pytest.raises(Forbidden), database.writing() as uow:
            attempt(uow)


def test_a_batch_answers_each_request_by_itself_and_a_refused_one_leaves_nothing(
    database: Database, company: Any
) -> None:
    firm = company(MONTHLY)
    code = firm.policy.policy.code
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
    batch = [
        ask(firm, "A", line("60")),
        ask(firm, "B", line("50")),  # 40 are left
        ask(firm, "C", line("40")),
        ask(firm, "D", line("1", {"org": "研发一部"})),
        ask(firm, "A", line("60")),  # said twice: the same document
    ]
    with database.writing() as uow:
        answers = commands.reserve_each(uow, CLERK, policy=code, requests=batch)
    kinds = [type(a) for a in answers]
    assert kinds[1] is BudgetExceeded
    assert kinds[3] is UnresolvableKey
    held = [a for a in answers if not isinstance(a, BihuanError)]
    assert [a.number for a in held] == ["A", "C", "A"]
    assert held[2].repeated
    assert held[2].document_id == held[0].document_id
    with database.writing() as uow:
        again = commands.reserve_each(uow, CLERK, policy=code, requests=batch[:3])
        assert [getattr(a, "repeated", None) for a in again] == [True, None, True]
        assert firm.available(uow, JAN) == 0
        other = commands.reserve_each(uow, CLERK, policy=code, requests=[ask(firm, "A", line("61"))])
        assert isinstance(other[0], KeyReused)
    sound(database, firm)


def test_batches_and_singles_at_once_never_overspend_nor_wait_crosswise(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    code = firm.policy.policy.code
    places = [{"org": o, "account": a} for o in ("研发一部", "研发二部") for a in ("差旅费", "会议费")]
    with database.writing() as uow:
        for place in places:
            firm.budget(uow, place, JAN, "100")
    barrier = Barrier(4)

    def client(n: int) -> int:
        barrier.wait()
        got = 0
        for turn in range(6):
            order = places if n % 2 else places[::-1]
            asked = [ask(firm, f"{n}-{turn}-{i}", line("7", p), line("1", order[0])) for i, p in enumerate(order)]
            with database.writing() as uow:
                if n < 3:
                    answers = commands.reserve_each(uow, CLERK, policy=code, requests=asked)
                    got += sum(8 for a in answers if not isinstance(a, BihuanError))
                else:
                    try:
                        commands.reserve(uow, CLERK, policy=code, request=asked[0])
                        got += 8
                    except BudgetExceeded:
                        uow.conn.rollback()
        return got

    with ThreadPoolExecutor(4) as pool:
        total = sum(pool.map(client, range(4)))
    with database.reading() as reader:
        rows = queries.balances(reader, firm.policy, window=JAN)
        assert sum(r.reserved for r in rows) == total
        assert all(r.reserved <= 100 for r in rows)
    sound(database, firm)


def test_another_currency_counts_at_the_stated_rate_rounded_half_up(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    code = firm.policy.policy.code
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "1000")
        usd = line("10.01", currency="USD", rate=Decimal("7.1245"))  # 71.316245
        eur = line("0.05", currency="EUR", rate=Decimal("7.1"))  # 0.355 -> 0.36
        held = commands.reserve(uow, CLERK, policy=code, request=ask(firm, "A", usd, eur))
        assert firm.available(uow, JAN) == Decimal("1000") - Decimal("71.32") - Decimal("0.36")
        rows = uow.rows("control.document_lines", document_id=held.document_id)
        assert [(r["currency"], r["rate"], r["foreign_amount"], r["amount"]) for r in rows] == [
            ("USD", Decimal("7.1245"), Decimal("10.01"), Decimal("71.32")),
            ("EUR", Decimal("7.1"), Decimal("0.05"), Decimal("0.36")),
        ]
        again = commands.reserve(uow, CLERK, policy=code, request=ask(firm, "A", usd, eur))
        assert again.repeated
    for bad in (
        line("1", rate=Decimal(7)),
        line("1", currency="USD", rate=Decimal(0)),
        line("0.01", currency="X", rate=Decimal("0.1")),
    ):
        with pytest.raises(BadAmount), database.writing() as uow:
            commands.reserve(uow, CLERK, policy=code, request=ask(firm, "B", bad))


def test_an_amendment_keeps_what_is_committed_and_holds_not_again_what_is_executed(
    database: Database, company: Any
) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "1000")
        firm.budget(uow, OTHER, FEB, "1000")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "600"))
        commands.commit_stage(uow, CLERK, document_id=document, amounts={1: Decimal(400)})
        firm.voucher(uow, "V1", TRAVEL, JAN, "100", request="A")
    with database.writing() as uow:  # committed 300, reserved 200, executed 100
        commands.amend(uow, CLERK, document_id=document, lines=[line("500", OTHER, FEB)], reason="换部门")
        assert queries.open_amounts(uow, document) == {(1, "committed"): 300, (1, "reserved"): 100}
        (jan,) = [b for b in queries.balances(uow, firm.policy, window=JAN) if "研发一部" in b.key]
        (feb,) = [b for b in queries.balances(uow, firm.policy, window=FEB) if "研发二部" in b.key]
        assert (jan.consumed, jan.executed, feb.consumed) == (100, 100, 400)
        assert [r["period"] for r in uow.rows("control.document_lines", document_id=document)] == [FEB]
    with pytest.raises(WrongDocument), database.writing() as uow:
        commands.amend(uow, CLERK, document_id=document, lines=[line("99.99", OTHER, FEB)], reason="太小")
    with database.writing() as uow:
        commands.close(uow, CLERK, document_id=document)
    with pytest.raises(NotHeld), database.writing() as uow:
        commands.amend(uow, CLERK, document_id=document, lines=[line("500", OTHER, FEB)], reason="已关闭")
    sound(database, firm)


def test_closing_one_line_leaves_the_others_and_is_repeatable(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.budget(uow, OTHER, JAN, "100")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "60"), (OTHER, JAN, "30"))
        assert commands.close(uow, CLERK, document_id=document, lines=[1]) == 60
        assert commands.close(uow, CLERK, document_id=document, lines=[1]) == 0
        assert queries.document(uow, document)["status"] == "held"
        with pytest.raises(WrongDocument):
            commands.close(uow, CLERK, document_id=document, lines=[3])
        assert commands.close(uow, CLERK, document_id=document) == 30
        assert queries.document(uow, document)["status"] == "closed"
    sound(database, firm)


def test_an_expired_hold_counts_until_the_sweep_and_the_sweep_leaves_extended_ones(
    database: Database, company: Any
) -> None:
    firm = company(MONTHLY)
    code = firm.policy.policy.code
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        soon = uow.now() + timedelta(hours=1)
        document = commands.reserve(
            uow, CLERK, policy=code, request=ask(firm, "A", line("80"), expires_at=soon)
        ).document_id
        with pytest.raises(WrongDocument):
            commands.extend(uow, CLERK, document_id=document, expires_at=uow.now(), reason="过去")
    later = Database(database.engine, lambda: soon + timedelta(seconds=1))
    with later.writing() as uow:
        assert commands.expired(uow) == [document]
        with pytest.raises(BudgetExceeded):
            commands.reserve(uow, CLERK, policy=code, request=ask(firm, "B", line("30")))
        uow.conn.rollback()
    with later.writing() as uow:  # past its end and not swept: still a hold that a voucher takes from
        firm.voucher(uow, "V", TRAVEL, JAN, "10", request="A")
        assert firm.available(uow, JAN) == 20
        commands.extend(uow, CLERK, document_id=document, expires_at=soon + timedelta(days=1), reason="还要用")
        assert commands.expire(uow, system(), document_id=document) == 0
    last = Database(database.engine, lambda: soon + timedelta(days=2))
    with last.writing() as uow:
        assert commands.expire(uow, system(), document_id=document) == 70
        assert commands.expire(uow, system(), document_id=document) == 0
        assert firm.available(uow, JAN) == 90
        assert commands.expired(uow) == []
    sound(database, firm)


def test_a_voucher_is_reversed_once_however_many_ask_at_once(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    code = firm.policy.policy.code
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
        firm.voucher(uow, "V", TRAVEL, JAN, "50", request="A")
    barrier = Barrier(4)

    def client(_: int) -> bool:
        barrier.wait()
        try:
            with database.writing() as uow:
                done = commands.reverse(uow, CLERK, policy=code, voucher="V", reason="重复入账")
                assert (done.amount, done.restored, done.documents) == (50, 50, (document,))
                return True
        except NoSuchVoucher:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(client, range(4))) == [False, False, False, True]
    with database.reading() as reader:
        assert queries.open_amounts(reader, document) == {(1, "reserved"): 60}
        assert firm.available(reader, JAN) == 40
    sound(database, firm)
