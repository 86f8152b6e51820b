"""Reservations, facts and releases on the real ledger, one at a time."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import ProgrammingError

from bihuan.features.access.model import Grant, Limit, Principal
from bihuan.features.control import commands, explaining, hooks, queries
from bihuan.features.control.checking import check
from bihuan.features.control.commands.spend import Reservation
from bihuan.features.control.model import (
    BadAmount,
    BudgetCell,
    BudgetExceeded,
    KeyReused,
    NotHeld,
    Request,
    RequestLine,
    Unbudgeted,
    UnresolvableKey,
)
from bihuan.kernel.errors import Forbidden
from bihuan.store.unit_of_work import Database

from .conftest import CLERK

MONTHLY = {"code": "月度", "window": "month", "by": {"org": "leaf", "account": "leaf"}}
POOL = {"code": "池", "window": "year", "by": {"account": 0}, "pools": {"account": {"差旅会议": ["差旅费", "会议费"]}}}
GROUP = {"code": "研发合计", "window": "month", "by": {"org": 1}, "where": {"org": ["研发"]}}
TRAVEL = {"org": "研发一部", "account": "差旅费"}
MEETING = {"org": "研发一部", "account": "会议费"}
OTHER = {"org": "研发二部", "account": "差旅费"}
JAN, FEB = "2026-01", "2026-02"


def sound(database: Database, firm: Any) -> None:
    with database.reading() as reader:
        assert queries.counters_differ(reader, firm.policy) == []


def test_a_stranger_may_not_reserve(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    request = Request("k", "n", (RequestLine(TRAVEL, JAN, Decimal(1)),))
    with pytest.raises(Forbidden), database.writing() as uow:
        commands.reserve(uow, Principal(9, "x", "x"), policy=firm.policy.policy.code, request=request)


def test_only_the_requester_releases_or_commits_a_document(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    colleague = Principal(8, "qian", "钱七", grants=(Grant("control.request"),))
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
    for command in (commands.release, commands.commit_stage):
        with pytest.raises(Forbidden), database.writing() as uow:
            command(uow, colleague, document_id=document)


def test_a_transfer_needs_the_right_on_every_cell_it_touches(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    own = Grant("control.transfer", limits={"org": ((Limit("研发一部"),),)})
    clerk = Principal(8, "qian", "钱七", grants=(own,))
    cells = [BudgetCell(OTHER, JAN, Decimal(-5)), BudgetCell(TRAVEL, JAN, Decimal(5))]
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.budget(uow, OTHER, JAN, "100")
    code = firm.policy.policy.code
    with pytest.raises(Forbidden), database.writing() as uow:
        commands.request_transfer(uow, clerk, policy=code, kind="transfer", cells=cells, reason="多要一点")


def test_a_request_within_the_budget_holds_it_and_the_next_is_refused_with_numbers(
    database: Database, company: Any
) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "1000")
        firm.reserve(uow, "A1", (TRAVEL, JAN, "700.50"))
    with pytest.raises(BudgetExceeded) as refused, database.writing() as uow:
        firm.reserve(uow, "A2", (TRAVEL, JAN, "299.51"))
    (finding,) = refused.value.facts["findings"]  # type: ignore[misc]
    assert finding["available"] == Decimal("299.50")
    assert finding["short"] == Decimal("0.01")
    assert [(u.number, u.requester, u.amount) for u in finding["documents"]] == [("A1", "zhang", Decimal("700.50"))]
    assert "可用 299.50 = 批复 1,000.00 + 调整 0.00 − 预占 700.50 − 占用 0.00 − 执行 0.00" in str(refused.value)
    assert "申请不超过 299.50，或调剂、追加不少于 0.01" in str(refused.value)
    with database.writing() as uow:
        firm.reserve(uow, "A2", (TRAVEL, JAN, "299.50"))  # the refusal left nothing behind, not even its key
        assert firm.available(uow, JAN) == 0
    sound(database, firm)


def test_check_answers_like_reserve_and_writes_nothing(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "1000")
    code = firm.policy.policy.code
    with database.reading() as reader:
        ok = check(reader, CLERK, policy=code, lines=[RequestLine(TRAVEL, JAN, Decimal(1000))])
        no = check(reader, CLERK, policy=code, lines=[RequestLine(TRAVEL, JAN, Decimal(1001))])
        assert (ok["verdict"], no["verdict"], no["rules"][0]["short"]) == ("ok", "refuse", Decimal(1))
        assert firm.available(reader, JAN) == 1000


def test_lines_on_the_same_row_are_added_before_comparing_and_all_or_none_is_held(
    database: Database, company: Any
) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.budget(uow, MEETING, JAN, "100")
    with pytest.raises(BudgetExceeded) as refused, database.writing() as uow:
        firm.reserve(uow, "A", (TRAVEL, JAN, "60"), (MEETING, JAN, "50"), (TRAVEL, JAN, "60"))
    (finding,) = refused.value.facts["findings"]  # type: ignore[misc]
    assert finding["asked"] == 120
    with database.reading() as reader:
        assert [b.reserved for b in queries.balances(reader, firm.policy, window=JAN)] == [0, 0]


def test_pooled_members_share_what_is_left(database: Database, company: Any) -> None:
    """Three hundred over two accounts; one took 90 of its 100, yet 210 more may go to it."""
    firm = company(POOL)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.budget(uow, MEETING, JAN, "200")
        firm.reserve(uow, "A", (TRAVEL, JAN, "90"))
        firm.reserve(uow, "B", (TRAVEL, FEB, "210"))
    with pytest.raises(BudgetExceeded), database.writing() as uow:
        firm.reserve(uow, "C", (MEETING, FEB, "0.01"))
    sound(database, firm)


def test_siblings_share_the_budget_of_their_parent(database: Database, company: Any) -> None:
    firm = company(GROUP)
    with database.writing() as uow:
        firm.budget(uow, {**TRAVEL, "org": "研发"}, JAN, "100")
        firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
    with pytest.raises(BudgetExceeded), database.writing() as uow:
        firm.reserve(uow, "B", (OTHER, JAN, "60"))
    with database.writing() as uow:
        firm.reserve(uow, "B", (OTHER, JAN, "40"))
        assert firm.available(uow, JAN) == 0


def test_every_rule_must_say_yes_and_the_refusal_names_those_that_do_not(database: Database, company: Any) -> None:
    firm = company(MONTHLY, GROUP)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.budget(uow, OTHER, JAN, "100")
        firm.reserve(uow, "A", (TRAVEL, JAN, "100"))
    with pytest.raises(BudgetExceeded) as refused, database.writing() as uow:
        firm.reserve(uow, "B", (OTHER, JAN, "150"))
    assert {f["rule"] for f in refused.value.facts["findings"]} == {"月度", "研发合计"}  # type: ignore[attr-defined]


def test_what_resolves_to_no_row_is_refused(database: Database, company: Any) -> None:
    firm = company(GROUP)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
    for place in ({"account": "差旅费"}, {"org": "", "account": "差旅费"}, {"org": "财务", "account": "差旅费"}):
        with pytest.raises(UnresolvableKey), database.writing() as uow:
            firm.reserve(uow, "A", (place, JAN, "1"))
    with pytest.raises(UnresolvableKey), database.writing() as uow:
        firm.reserve(uow, "A", (TRAVEL, "2027-01", "1"))
    with pytest.raises(Unbudgeted), database.writing() as uow:
        firm.reserve(uow, "A", ({"org": "销售"}, JAN, "1"))  # no rule speaks of it


def test_a_scheme_may_let_unbudgeted_requests_pass_but_never_blank_ones(database: Database, company: Any) -> None:
    firm = company(GROUP, unbudgeted="allow")
    with database.writing() as uow:
        firm.reserve(uow, "A", ({"org": "销售"}, JAN, "1"))
    with pytest.raises(UnresolvableKey), database.writing() as uow:
        firm.reserve(uow, "B", ({"org": ""}, JAN, "1"))


@pytest.mark.parametrize("amount", ["0", "-5", "1.001", "NaN", "1e17"])
def test_amounts_that_are_no_money_are_refused(database: Database, company: Any, amount: str) -> None:
    firm = company(MONTHLY)
    with pytest.raises(BadAmount), database.writing() as uow:
        firm.reserve(uow, "A", (TRAVEL, JAN, amount))


def test_a_flexible_rule_warns_up_to_its_tolerance_and_refuses_beyond(database: Database, company: Any) -> None:
    firm = company({**MONTHLY, "strength": "flexible", "tolerance": "10"})
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        request = Request("flexible", "A", (RequestLine(TRAVEL, JAN, Decimal("110")),))
        held = commands.reserve(uow, CLERK, policy=firm.policy.policy.code, request=request)
        assert len(held.warnings) == 1
    with pytest.raises(BudgetExceeded, match=r"容差 10\.00"), database.writing() as uow:
        firm.reserve(uow, "B", (TRAVEL, JAN, "0.01"))


def test_the_same_key_again_changes_nothing_and_another_content_is_refused(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        first = firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
        assert firm.reserve(uow, "A", (TRAVEL, JAN, "60.00")) == first
    with pytest.raises(KeyReused), database.writing() as uow:
        firm.reserve(uow, "A", (TRAVEL, JAN, "10"))
    with database.reading() as reader:
        assert firm.available(reader, JAN) == 40


def test_release_gives_everything_back_once_and_a_resubmission_is_checked_afresh(
    database: Database, company: Any
) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
        assert commands.release(uow, CLERK, document_id=document, reason="退回") == 60
        assert commands.release(uow, CLERK, document_id=document) == 0
        assert firm.available(uow, JAN) == 100
        other = firm.reserve(uow, "B", (TRAVEL, JAN, "50"))
    with pytest.raises(BudgetExceeded), database.writing() as uow:
        commands.reserve_again(uow, CLERK, document_id=document)
    with database.writing() as uow:
        commands.release(uow, CLERK, document_id=other)
        commands.reserve_again(uow, CLERK, document_id=document)
        assert firm.available(uow, JAN) == 40
    with pytest.raises(NotHeld), database.writing() as uow:
        commands.reserve_again(uow, CLERK, document_id=document)  # it holds already
    sound(database, firm)


@pytest.mark.parametrize(
    ("paid", "reserved_after", "executed", "available"),
    [("40", "20", "40", "40"), ("60", "0", "60", "40"), ("75", "0", "75", "25")],
    ids=["smaller", "equal", "larger"],
)
def test_a_voucher_takes_over_what_its_request_held(  # noqa: PLR0917
    database: Database, company: Any, paid: str, reserved_after: str, executed: str, available: str
) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.reserve(uow, f"A{paid}", (TRAVEL, JAN, "60"))
        posted = firm.voucher(uow, f"记-{paid}", TRAVEL, JAN, paid, f"A{paid}")
        assert (posted.outcome, posted.liquidated) == ("executed", min(Decimal(60), Decimal(paid)))
        assert firm.voucher(uow, f"记-{paid}", TRAVEL, JAN, paid, f"A{paid}").outcome == "duplicate"
        (row,) = queries.balances(uow, firm.policy, window=JAN)
        assert (row.reserved, row.executed, row.available) == tuple(map(Decimal, (reserved_after, executed, available)))
    sound(database, firm)


def test_committing_moves_the_hold_and_a_voucher_takes_the_commitment_first(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        document = firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
        commands.commit_stage(uow, CLERK, document_id=document, amounts={1: Decimal(45)})
        firm.voucher(uow, "记-c", TRAVEL, JAN, "50", "A")
        (row,) = queries.balances(uow, firm.policy, window=JAN)
        assert (row.reserved, row.committed, row.executed) == (10, 0, 50)
    with pytest.raises(BudgetExceeded), database.writing() as uow:
        commands.commit_stage(uow, CLERK, document_id=document, amounts={1: Decimal("50.01")})
    sound(database, firm)


def test_a_fact_beyond_the_limit_is_booked_as_forced_with_an_alert_and_gives_documents_no_room(
    database: Database, company: Any
) -> None:
    firm, told = company(MONTHLY), []
    unbind = hooks.on_forced(lambda _uow, forced: told.append(forced))
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        posted = firm.voucher(uow, "记-f", TRAVEL, JAN, "130")
        assert posted.forced == 30
        firm.budget(uow, TRAVEL, JAN, "50", kind="supplement")
        (row,) = queries.balances(uow, firm.policy, window=JAN)
        assert (row.forced, row.available) == (0, 20)  # room came back: nothing of the forced amount is left to spend
    unbind()
    assert [(f.rule, f.voucher, f.amount) for f in told] == [("月度", "记-f", Decimal(30))]
    with pytest.raises(BudgetExceeded), database.writing() as uow:
        firm.reserve(uow, "B", (TRAVEL, JAN, "20.01"))
    sound(database, firm)


def test_a_fact_beyond_many_windows_of_one_rule_is_one_alert_of_the_worst(database: Database, company: Any) -> None:
    firm, told = company({**MONTHLY, "window": "cumulative"}), []
    unbind = hooks.on_forced(lambda _uow, forced: told.append(forced.amount))
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.voucher(uow, "记-w", TRAVEL, FEB, "130")
    unbind()
    assert told == [30]  # eleven prefixes, February to December
    sound(database, firm)


def test_a_fact_without_any_budget_stands_in_ledger_and_alert(database: Database, company: Any) -> None:
    firm = company(GROUP)
    with database.writing() as uow:
        assert firm.voucher(uow, "记-t", {"org": "财务"}, JAN, "7").unbudgeted
        told = [a["voucher"] for a in uow.rows("control.alerts", limit=100)]
        assert "记-t" not in told  # nothing was released for the year: control has not begun
        firm.budget(uow, TRAVEL, JAN, "100")
        assert firm.voucher(uow, "记-u", {"org": "财务"}, JAN, "9").unbudgeted
        alerts = uow.rows("control.alerts", limit=1)
        assert (alerts[0]["kind"], alerts[0]["amount"]) == ("unbudgeted", 9)


def test_a_cell_is_released_only_once(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
    with pytest.raises(Exception, match="uq_ledger_entry_released_cell"), database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET amount = 0", "DELETE FROM ledger_entry"])
def test_the_application_cannot_rewrite_the_ledger(database: Database, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), database.writing() as uow:
        uow.conn.exec_driver_sql(statement)


def test_who_holds_the_money_is_looked_up_when_the_rows_are_free_again(
    database: Database, company: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
        firm.reserve(uow, "A", (TRAVEL, JAN, "60"))
        firm.voucher(uow, "V", TRAVEL, JAN, "15")
    free: list[bool] = []
    look_up = explaining.contributions

    def when_free(*args: Any, **more: Any) -> Any:
        with database.writing() as other:
            other.conn.exec_driver_sql("SELECT id FROM bucket FOR UPDATE NOWAIT")
        free.append(True)
        return look_up(*args, **more)

    monkeypatch.setattr(explaining, "contributions", when_free)
    with pytest.raises(BudgetExceeded) as refused, database.writing() as uow:
        firm.reserve(uow, "B", (TRAVEL, JAN, "40"))
    assert free == [True]
    (finding,) = refused.value.facts["findings"]  # type: ignore[misc]  # the ledger's own facts
    assert [(u.number, u.amount) for u in finding["documents"]] == [("A", 60)]
    assert finding["direct"] == 15
    assert "A" in str(refused.value)
    assert "15.00" in str(refused.value)


def test_a_batch_looks_up_the_same_row_once(database: Database, company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = company(MONTHLY)
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, JAN, "100")
    asked: list[int] = []
    look_up = explaining.contributions

    def counted(*args: Any, **more: Any) -> Any:
        asked.append(1)
        return look_up(*args, **more)

    monkeypatch.setattr(explaining, "contributions", counted)
    requests = [Request(f"k{n}", f"n{n}", (RequestLine(TRAVEL, JAN, Decimal(60)),)) for n in range(9)]
    with database.writing() as uow:
        held, *refused = commands.reserve_each(uow, CLERK, policy=firm.policy.policy.code, requests=requests)
    assert isinstance(held, Reservation)
    assert len(asked) == 1
    assert all(isinstance(r, BudgetExceeded) and r.facts["findings"][0]["short"] == 20 for r in refused)  # type: ignore[index]
