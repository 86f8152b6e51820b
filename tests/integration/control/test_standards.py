"""A rate standard as people meet it: the form asks for it, the check tells it in numbers, submitting and exceptions keep to it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.control import queries
from bihuan.features.control.reconcile import reconcile
from bihuan.store.unit_of_work import Database
from bihuan_sdk import Line

from .office import PACKAGE, POLICY, Office, opened

TRAVEL, FAIR = "差旅费", "展会费"
FEB = "2026-02"
STANDARDS = """
standards:
  - code: 住宿
    title: 住宿标准
    unit: 晚
    where: {科目: [差旅费]}
    ask: {城市: [一线, 二线]}
    rates: [{price: 500, where: {城市: [一线]}}, {price: 350}]
    bands: [{percent: 100, do: confirm}, {percent: 110, do: exception}, {percent: 200, do: refuse}]
"""
TEXTS = {**PACKAGE, "policies/费用控制.yaml": PACKAGE["policies/费用控制.yaml"] + STANDARDS}


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data"), TEXTS) as found:
        for account in (TRAVEL, FAIR):
            found.budget("N1", account, FEB, "20000.00")
        yield found


@pytest.fixture(autouse=True)
def _sound(office: Office) -> Iterator[None]:
    yield
    with office.database.reading() as reader:
        assert reconcile(reader, queries.policy(reader, POLICY)) == []


def nights(office: Office, amount: str, quantity: str | None = "3", city: str = "一线") -> dict[str, Any]:
    return office.line("N1", TRAVEL, FEB, amount, quantity=quantity, said={"城市": city} if city else {})


def test_nobody_without_the_right_asks_and_a_stranger_not_here(office: Office) -> None:
    body = {"policy": POLICY, "lines": [nights(office, "1")]}
    assert office.call(None, "POST", "/spend/check", json=body).status_code == 401
    assert office.call("sun", "POST", "/spend/check", json=body).status_code == 403


def test_the_form_says_what_a_line_must_say(office: Office) -> None:
    (form,) = office.call("he", "GET", "/spend/forms").json()
    (standard,) = form["standards"]
    assert standard == {
        "code": "住宿",
        "title": "住宿标准",
        "unit": "晚",
        "where": {"科目": [TRAVEL]},
        "ask": {"城市": ["一线", "二线"]},
    }


def test_the_check_tells_quantity_price_standard_and_excess(office: Office) -> None:
    found = office.check("he", nights(office, "1620.00"), office.line("N1", FAIR, FEB, "9.00"))
    assert found["verdict"] == "warn"
    (told,) = found["lines"][0]["standards"]
    assert [Decimal(told[k]) for k in ("quantity", "price", "allowed", "spent", "excess")] == [3, 500, 1500, 1620, 120]
    assert (told["verdict"], told["measure"]) == ("warn", "confirm")
    assert found["lines"][1]["standards"] == []
    refused = office.check("he", nights(office, "1650.01"))
    assert (refused["verdict"], refused["lines"][0]["standards"][0]["measure"]) == ("refuse", "exception")
    blank = office.check("he", nights(office, "1.00", None))
    assert (blank["verdict"], blank["lines"][0]["standards"][0]["allowed"]) == ("refuse", None)


def test_a_document_beyond_the_standard_holds_nothing_and_one_within_it_shows_its_quantity(office: Office) -> None:
    refused = office.ask("he", nights(office, "1650.01"))
    assert (refused.status_code, refused.json()["code"]) == (409, "over_standard")
    assert "3 晚 × 标准 500.00 = 1,500.00" in refused.json()["detail"]
    made = office.ask("he", nights(office, "1000.00", "2.5", "二线"))
    assert made.status_code == 409  # 2.5 x 350 = 875, and 962.50 would still pass
    made = office.ask("he", nights(office, "962.50", "2.5", "二线"))
    assert made.status_code == 201, made.text
    document = made.json()["document_id"]
    (line,) = office.shown("he", document)["lines"]
    assert (Decimal(line["quantity"]), line["said"]) == (Decimal("2.5"), {"城市": "二线"})
    (told,) = office.call("he", "GET", f"/spend/requests/{document}/explanation").json()["lines"]
    assert told["standards"][0]["explanation"].endswith("超出 87.50。")
    bad = office.ask("he", nights(office, "1.00", "-1"))
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_amount")


def test_an_exception_for_the_standard_is_approved_and_lets_just_these_lines_pass_once(office: Office) -> None:
    draft = {"policy": POLICY, "kind": "用款申请", "title": "出差", "content": {}}
    document = office.call("he", "POST", "/spend/drafts", json=draft).json()["document_id"]
    with office.database.reading() as reader:
        today = reader.now().date()
    until = today.replace(year=today.year + 1).isoformat()
    lines = [nights(office, "1700.00")]
    path = f"/spend/requests/{document}/exceptions"
    late = office.call("he", "POST", path, json={"lines": lines, "reason": "展会期间", "expires_on": until})
    assert late.status_code == 422  # a year is too long
    until = (today + timedelta(days=30)).isoformat()
    hard = {"lines": [nights(office, "3000.01")], "reason": "展会期间", "expires_on": until}
    assert office.call("he", "POST", path, json=hard).json()["code"] == "bad_exception"
    asked = office.call("he", "POST", path, json={**hard, "lines": lines})
    assert asked.status_code == 201, asked.text
    shown = office.call("he", "GET", f"/control/exceptions/{asked.json()['id']}").json()
    assert [(b["title"], Decimal(b["short"])) for b in shown["beyond"]] == [("住宿标准", Decimal(200))]
    assert Decimal(shown["gap"]) == 200
    submission = f"/spend/requests/{document}/submission"
    assert office.call("he", "POST", submission, json={"lines": lines}).json()["code"] == "over_standard"
    case = asked.json()["case"]
    for login in ("wang", "cai"):
        case = office.decide(login, case, "approve")
    other = {"lines": [nights(office, "1700.01")]}
    assert office.call("he", "POST", submission, json=other).json()["code"] == "over_standard"
    done = office.call("he", "POST", submission, json={"lines": lines})
    assert done.status_code in (200, 201), done.text
    assert office.call("he", "GET", f"/control/exceptions/{asked.json()['id']}").json()["status"] == "used"


def test_the_client_for_other_systems_says_quantity_and_words_only_where_there_are_some() -> None:
    said = Line({"org": "N1"}, FEB, "1", quantity=Decimal("2.5"), said={"城市": "一线"}).body()
    assert (said["quantity"], said["said"]) == ("2.5", {"城市": "一线"})
    assert not {"quantity", "said"} & Line({"org": "N1"}, FEB, "1").body().keys()
