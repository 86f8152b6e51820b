"""The routes of control and entry as a client calls them; who may call what at all is tests/contract/permission_matrix.csv."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import build, models_folder
from bihuan.features.access import commands as access
from bihuan.features.access import queries as access_queries
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetCell
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database
from bihuan.web.app import create_app

POLICY = "费用控制"
TRAVEL = {"org": "MM", "科目": "差旅", "item": "费用!金额"}
PUMPS = {**TRAVEL, "org": "PM"}
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def client(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The starter model with its own policies, and budget for two departments; a clerk of one division."""
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    root = system()
    with container.database.writing() as uow:
        modelling.apply(uow, root, read_folder(models_folder() / "starter"), name="starter")
        commands.apply_policies(uow, root, model="starter")
        policy = queries.policy(uow, POLICY)
        cells = [BudgetCell(place, "2026-01", Decimal(1000)) for place in (TRAVEL, PUMPS)]
        commands.book_budget(uow, "boss", policy, cells).write()
        grants = [{"action": "control.request"}, {"action": "control.read"}]
        access.define_role(uow, root, code="clerk", name="clerk", grants=grants)
        for login, limits in (("jing", {"model": ["starter"], "org": ["MOT"]}), ("sun", None)):
            access.add_user(uow, root, login=login, name=login, password=None)
            if limits:
                access.assign_roles(uow, root, login=login, assignments=[{"role": "clerk", "limits": limits}])
    with TestClient(create_app(container)) as client:
        yield client
    container.database.engine.dispose()


@pytest.fixture
def call(client: TestClient, database: Database) -> Call:
    """``call("jing", "GET", path, json=…)``."""

    def request(login: str | None, method: str, path: str, **more: Any) -> Any:
        headers = {}
        if login:
            with database.writing() as uow:
                user = uow.row("access.user_by_login", login=login)
                assert user is not None
                secret = access.open_session(uow, user["id"]).secret
            headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": access_queries.csrf_token(secret)}
        return client.request(method, f"/api/v1{path}", headers=headers, **more)

    return request


def asked(number: str, amount: str, place: dict[str, str] = TRAVEL) -> dict[str, Any]:
    return {
        "policy": POLICY,
        "number": number,
        "lines": [{"coordinate": place, "period": "2026-01", "amount": amount}],
    }


def test_the_anonymous_and_the_stranger_may_not_ask(call: Call) -> None:
    assert call(None, "POST", "/spend/requests", json=asked("N", "1")).status_code == 401
    assert call("sun", "POST", "/spend/requests", json=asked("N", "1")).status_code == 403


def test_a_clerk_may_not_ask_for_another_division(call: Call) -> None:
    answer = call("jing", "POST", "/spend/requests", json=asked("P", "1", PUMPS))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_request_is_checked_held_once_shown_and_released(call: Call) -> None:
    check = call("jing", "POST", "/spend/check", json=asked("A1", "600.00")).json()
    assert (check["verdict"], check["asked"], {f["verdict"] for f in check["rules"]}) == ("ok", "600.00", {"ok"})
    made = call("jing", "POST", "/spend/requests", json=asked("A1", "600.00"))
    assert made.status_code == 201
    again = call("jing", "POST", "/spend/requests", json=asked("A1", "600.00")).json()
    assert (again["document_id"], again["repeated"]) == (made.json()["document_id"], True)

    refused = call("jing", "POST", "/spend/requests", json=asked("A2", "400.01"))
    assert (refused.status_code, refused.json()["code"]) == (409, "budget_exceeded")
    finding = refused.json()["facts"]["findings"][0]
    assert (finding["available"], finding["short"]) == ("400.00", "0.01")
    assert [(d["number"], d["requester"], d["amount"]) for d in finding["documents"]] == [("A1", "jing", "600.00")]

    shown = call("jing", "GET", f"/spend/requests/{again['document_id']}").json()
    assert (shown["status"], shown["lines"][0]["reserved"]) == ("held", "600.00")
    back = call("jing", "POST", f"/spend/requests/{again['document_id']}/release", json={"reason": "不去了"})
    assert back.json() == {"released": "600.00"}


def test_balances_show_every_term_and_only_what_lies_inside_the_scope(call: Call) -> None:
    rows = call("jing", "GET", "/control/buckets", params={"policy": POLICY, "rule": "部门差旅累计"}).json()
    assert len(rows) == 12  # January to December of MM; PM is another division
    assert {r["available"] for r in rows} == {"1000.00"}
    one = call("jing", "GET", f"/control/buckets/{rows[0]['bucket']}").json()
    assert one["formula"].startswith("可用 1,000.00 = 批复 1,000.00 + 调整 0.00")
    assert call("jing", "GET", "/control/buckets/999999").status_code == 404


def test_amounts_that_are_no_numbers_are_told_by_line(call: Call) -> None:
    answer = call("jing", "POST", "/spend/requests", json=asked("B", "一百"))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_amount")
    assert "第 1 行" in answer.json()["detail"]
