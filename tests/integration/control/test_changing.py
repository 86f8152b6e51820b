"""Carry-forward, loans and exceptions: what each does to cells, rows and entries, and what takes it back."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import queries
from bihuan.features.control.changing import carrying, lending
from bihuan.features.control.changing.carrying import Terms, amount_of
from bihuan.features.control.model import BadTransfer, BudgetExceeded
from bihuan.features.control.reconcile import reconcile
from bihuan.kernel.errors import Forbidden
from bihuan.store.unit_of_work import Database

from .conftest import CLERK
from .office import POLICY, Office, opened

MONTHLY = {"code": "月度", "window": "month", "by": {"org": "leaf", "account": "leaf"}}
PREFIX = {"code": "累计", "window": "cumulative", "by": {"org": "leaf"}}
TRAVEL = {"org": "研发一部", "account": "差旅费"}
MEETING = {"org": "研发一部", "account": "会议费"}
JAN, FEB, MAR = "2026-01", "2026-02", "2026-03"
STRANGER = Principal(8, "q", "q", grants=(Grant("control.request"),))


def origins(database: Database, firm: Any) -> dict[tuple[str, str], tuple[str, ...]]:
    terms = ("original", "carried", "borrowed", "current")
    with database.reading() as reader:
        assert reconcile(reader, firm.policy) == []
        cells = queries.budget(reader, firm.policy)
        return {(c["coordinate"]["account"], c["period"]): tuple(str(c[t]) for t in terms) for c in cells}


@pytest.mark.parametrize(
    ("terms", "residual", "open_", "expected"),
    [
        ({}, "30.00", "20.00", "30.00"),
        ({"what": "open"}, "30.00", "20.00", "20.00"),
        ({"what": "both"}, "30.00", "20.00", "50.00"),
        ({"percent": Decimal("33.33")}, "10.01", "0", "3.33"),  # 3.336333 down
        ({"most": Decimal(5)}, "30.00", "0", "5"),
        ({}, "-7.00", "0", "0.00"),
        ({"negative": True, "percent": Decimal(50)}, "-7.00", "0", "-7.00"),  # a debt is carried whole
        ({"what": "both"}, "-7.00", "20.00", "0.00"),
    ],
)
def test_what_a_cell_carries(terms: Any, residual: str, open_: str, expected: str) -> None:
    assert amount_of(Terms(JAN, FEB, **terms), Decimal(residual), Decimal(open_)) == Decimal(expected)


def test_a_stranger_carries_and_borrows_nothing(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    code = firm.policy.policy.code
    with database.writing() as uow:
        with pytest.raises(Forbidden):
            carrying.preview(uow, STRANGER, firm.policy, Terms(JAN, FEB))
        with pytest.raises(Forbidden):
            lending.borrow(uow, STRANGER, code, TRAVEL, JAN, FEB, Decimal(1), "x")


def test_what_a_period_leaves_is_carried_as_previewed_and_taken_back_as_a_whole(
    database: Database, company: Any
) -> None:
    firm = company(MONTHLY, PREFIX)
    code = firm.policy.policy.code
    with database.writing() as uow:
        for period, amount in ((JAN, "100"), (FEB, "10")):
            firm.budget(uow, TRAVEL, period, amount)
        firm.budget(uow, MEETING, JAN, "50")
        firm.reserve(uow, "A", (TRAVEL, JAN, "20"))
        firm.voucher(uow, "V", TRAVEL, JAN, "50")
        firm.voucher(uow, "W", MEETING, JAN, "50")
        terms = Terms(JAN, FEB, percent=Decimal(50))
        seen = {c.coordinate["account"]: c for c in carrying.preview(uow, CLERK, firm.policy, terms)}
        assert (seen["差旅费"].residual, seen["差旅费"].open, seen["差旅费"].amount) == (30, 20, 15)
        assert seen["会议费"].amount == 0
    with database.writing() as uow:
        made = carrying.post(uow, CLERK, policy=code, terms=terms, reason="一月结转")
        assert made
    told = origins(database, firm)
    assert told["差旅费", JAN] == ("100.00", "-15.00", "0", "85.00")
    assert told["差旅费", FEB] == ("10.00", "15.00", "0", "25.00")
    assert told["会议费", JAN] == ("50.00", "0", "0", "50.00")
    with database.writing() as uow:
        firm.reserve(uow, "B", (TRAVEL, FEB, "20"))
    with pytest.raises((BudgetExceeded, BadTransfer)), database.writing() as uow:
        carrying.reverse(uow, CLERK, transfer_id=made, reason="已经花了")  # 10 is left of what february needs
    with database.writing() as uow:
        firm.budget(uow, TRAVEL, FEB, "20", kind="supplement")
    with database.writing() as uow:
        carrying.reverse(uow, CLERK, transfer_id=made, reason="冲回")
    assert origins(database, firm)["差旅费", JAN] == ("100.00", "0.00", "0", "100.00")
    with pytest.raises(BadTransfer), database.writing() as uow:
        carrying.reverse(uow, CLERK, transfer_id=made, reason="再冲")
    with pytest.raises(BadTransfer), database.writing() as uow:
        carrying.post(uow, CLERK, policy=code, terms=Terms(FEB, JAN), reason="往回")


def test_a_loan_stays_within_its_limits_and_repays_itself_with_what_was_left(database: Database, company: Any) -> None:
    firm = company(MONTHLY)
    code = firm.policy.policy.code
    with database.writing() as uow:
        for period in (JAN, FEB, MAR, "2026-06"):
            firm.budget(uow, TRAVEL, period, "100")
        firm.reserve(uow, "F", (TRAVEL, MAR, "80"))
    for lender, amount in (("2026-06", "10"), (FEB, "50.01"), (MAR, "20.01"), (JAN, "1")):
        with pytest.raises((BadTransfer, BudgetExceeded)), database.writing() as uow:
            lending.borrow(uow, CLERK, code, TRAVEL, JAN, lender, Decimal(amount), "不够")
    with database.writing() as uow:
        loan = lending.borrow(uow, CLERK, code, TRAVEL, JAN, FEB, Decimal(30), "年初集中")
    with pytest.raises(BadTransfer), database.writing() as uow:
        lending.borrow(uow, CLERK, code, TRAVEL, JAN, FEB, Decimal("20.01"), "合计超过一半")
    assert origins(database, firm)["差旅费", FEB] == ("100.00", "0", "-30.00", "70.00")
    with database.writing() as uow:
        firm.voucher(uow, "V", TRAVEL, JAN, "118")
        access.set_business_date(uow, system(), date(2026, 1, 31), reason="月末")
        assert lending.due(uow) == []  # january has not ended
        access.set_business_date(uow, system(), date(2026, 2, 1), reason="二月")
        assert lending.due(uow) == [loan]
    with database.writing() as uow:
        assert lending.repay(uow, system(), transfer_id=loan) == 12
    with database.writing() as uow:
        assert lending.repay(uow, system(), transfer_id=loan) == 0
        assert lending.due(uow) == []
    told = origins(database, firm)
    assert told["差旅费", JAN] == ("100.00", "0", "18.00", "118.00")
    assert told["差旅费", FEB] == ("100.00", "0", "-18.00", "82.00")


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data")) as office:
        office.budget("N1", "展会费", "2026-03", "1000")
        with database.writing() as uow:
            access.set_business_date(uow, system(), date(2026, 3, 1), reason="试验")
        yield office


def ask(office: Office, login: str, amount: str, expires: str = "2026-03-31") -> tuple[int, dict[str, Any], Any]:
    """A draft that does not fit, and the exception asked for it."""
    line = office.line("N1", "展会费", "2026-03", amount)
    draft = {"policy": POLICY, "kind": "用款申请", "title": "展位", "content": {}}
    document = office.call(login, "POST", "/spend/drafts", json=draft).json()["document_id"]
    body = {"lines": [line], "reason": "展位涨价", "expires_on": expires}
    return document, line, office.call(login, "POST", f"/spend/requests/{document}/exceptions", json=body)


def submit(office: Office, login: str, document: int, *lines: dict[str, Any]) -> Any:
    return office.call(login, "POST", f"/spend/requests/{document}/submission", json={"lines": list(lines)})


def test_only_its_requester_asks_and_only_for_what_does_not_fit(office: Office) -> None:
    document, line, fits = ask(office, "he", "1000")
    assert fits.status_code == 422
    body = {"lines": [{**line, "amount": "1200"}], "reason": "x", "expires_on": "2026-03-31"}
    assert office.call(None, "POST", f"/spend/requests/{document}/exceptions", json=body).status_code == 401
    assert office.call("liu", "POST", f"/spend/requests/{document}/exceptions", json=body).status_code == 404
    for bad in ({"reason": " "}, {"expires_on": "2026-03-01"}, {"expires_on": "2026-07-01"}):
        answer = office.call("he", "POST", f"/spend/requests/{document}/exceptions", json={**body, **bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_exception")


def test_a_granted_exception_lets_that_document_through_once_and_nobody_else(office: Office) -> None:
    document, line, made = ask(office, "he", "1200.00")
    assert made.status_code == 201, made.text
    assert submit(office, "he", document, line).status_code == 409  # asked is not granted
    case = office.decide("wang", made.json()["case"], "approve")
    office.decide("cai", case, "approve")
    shown = office.call("shen", "GET", f"/control/exceptions/{made.json()['id']}").json()
    assert (shown["status"], shown["gap"], shown["amount"]) == ("granted", "200.00", "1200.00")
    more = {**line, "amount": "1200.01"}
    assert submit(office, "he", document, more).status_code == 409  # other lines than were granted
    liu = office.ask("liu", office.line("N1", "展会费", "2026-03", "1200.00"))
    assert liu.status_code == 409
    held = submit(office, "he", document, line)
    assert held.status_code == 200, held.text
    entries = office.shown("he", document)["entries"]
    assert [(e["stage"], e["kind"], e["amount"]) for e in entries if e["stage"] == "forced"][:1] == [
        ("forced", "override", "200.00")
    ]
    assert office.available("推广", "2026-03", "N1") == "-200.00"
    assert office.ask("liu", office.line("N1", "展会费", "2026-03", "0.01")).status_code == 409
    assert office.call("shen", "GET", f"/control/exceptions/{made.json()['id']}").json()["status"] == "used"
    assert (
        office.call("he", "POST", f"/spend/requests/{document}/release", json={"reason": "不去了"}).status_code == 200
    )
    assert office.available("推广", "2026-03", "N1") == "1000.00"
    with office.database.reading() as reader:
        policy = queries.policy(reader, POLICY)
        assert reconcile(reader, policy) == []
        assert all(b.forced == 0 for b in queries.balances(reader, policy))


def test_a_rejected_exception_grants_nothing(office: Office) -> None:
    document, line, made = ask(office, "he", "1500.00")
    office.decide("wang", made.json()["case"], "reject", "不批")
    assert submit(office, "he", document, line).status_code == 409
    shown = office.call("he", "GET", f"/control/exceptions/{made.json()['id']}").json()
    assert shown["status"] == "dropped"
    assert office.call("sun", "GET", f"/control/exceptions/{made.json()['id']}").status_code == 404
