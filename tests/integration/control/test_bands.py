"""Bands as text: near the budget one is told, beyond it an exception helps, beyond the last line nothing does."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetCell
from bihuan.store.unit_of_work import Database

from .office import ITEM, PACKAGE, Office, opened

BANDS = """
policy: 展会分级
title: 展会分级
items: [费用!金额]
documents:
  - {code: 用款申请, title: 用款申请, flow: 用款审批, number: FJ, where: {科目: [展会费]}}
rules:
  - code: 展会
    title: 展会费分级
    window: month
    where: {科目: [展会费]}
    by: {org: leaf}
    bands:
      - {percent: 80, do: notify}
      - {percent: 100, do: exception}
      - {percent: 120, do: refuse}
"""
MONTH = "2026-03"


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    texts = {**PACKAGE, "policies/展会分级.yaml": BANDS}
    with opened(database, database_url, tmp_path_factory.mktemp("data"), texts) as found:
        firm = Office(found.client, database, policy="展会分级")
        firm.budget("N1", "展会费", MONTH, "1000")
        with database.writing() as uow:
            access.set_business_date(uow, system(), date(2026, 3, 1), reason="试验")
        yield firm


def checked(office: Office, amount: str) -> Any:
    return office.check("he", office.line("N1", "展会费", MONTH, amount))


@pytest.mark.parametrize(
    ("amount", "verdict", "measure"),
    [
        ("800.00", "ok", "none"),
        ("800.01", "warn", "notify"),
        ("1000.00", "warn", "notify"),
        ("1000.01", "refuse", "exception"),
        ("1200.01", "refuse", "refuse"),
    ],
)
def test_a_check_says_which_band_is_reached(office: Office, amount: str, verdict: str, measure: str) -> None:
    found = checked(office, amount)
    (rule,) = found["rules"]
    assert (found["verdict"], rule["measure"], rule["strength"]) == (verdict, measure, "bands")


def exception(office: Office, amount: str) -> tuple[int, dict[str, Any], Any]:
    line = office.line("N1", "展会费", MONTH, amount)
    draft = {"policy": office.policy, "kind": "用款申请", "title": "展位", "content": {}}
    document = office.call("he", "POST", "/spend/drafts", json=draft).json()["document_id"]
    body = {"lines": [line], "reason": "展位涨价", "expires_on": "2026-03-31"}
    return document, line, office.call("he", "POST", f"/spend/requests/{document}/exceptions", json=body)


def test_beyond_the_last_line_no_exception_is_taken(office: Office) -> None:
    _, _, made = exception(office, "1200.01")
    assert (made.status_code, made.json()["code"]) == (422, "bad_exception")
    assert "刚性控制" in made.text


def supplement(office: Office, amount: str) -> None:
    cell = BudgetCell({"org": "N1", "科目": "展会费", "item": ITEM}, MONTH, Decimal(amount))
    with office.database.writing() as uow:
        policy = queries.policy(uow, office.policy)
        commands.book_budget(uow, "boss", policy, [cell], kind="supplement").write()


def test_a_granted_exception_does_not_pass_a_last_line_that_has_come_down(office: Office) -> None:
    other = office.ask("liu", office.line("N1", "展会费", MONTH, "100.00"))
    assert other.status_code == 201, other.text
    document, line, made = exception(office, "1090.00")  # 1190 of 1000: short 190, and 1200 is the last line
    assert made.status_code == 201, made.text
    case = office.decide("wang", made.json()["case"], "approve")
    office.decide("cai", case, "approve")
    office.decide("wang", other.json()["case"], "return", "让一让")
    supplement(office, "-100")  # 1090 of 900: short 190 as granted, but 1080 is the last line
    submission = f"/spend/requests/{document}/submission"
    refused = office.call("he", "POST", submission, json={"lines": [line]})
    assert refused.status_code == 409, refused.text
    assert refused.json()["facts"]["findings"][0]["measure"] == "refuse"
    supplement(office, "100")
    assert office.call("he", "POST", submission, json={"lines": [line]}).status_code == 200
    assert office.available("展会", MONTH, "N1") == "-90.00"
