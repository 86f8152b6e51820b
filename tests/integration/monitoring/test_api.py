"""Actuals and variance through the routes, on the starter model with its own source: anonymous, a stranger, then the work."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import build, load_roles, models_folder
from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.planning import packages
from bihuan.settings import Settings
from bihuan.web.app import create_app

FOLDER = models_folder() / "starter"
HEADER = "凭证号,日期,科目编码,部门编码,摘要,借方金额,贷方金额,申请单号\n"
# budget of MM for 差旅 in 2026-01 is 46,700
JANUARY = (
    HEADER
    + """记-1,2026-01-08,660201,MM,展会差旅,50000.00,,
记-1,2026-01-08,1002,MM,展会差旅,,50000.00,
记-2,2026-01-20,660201,MP,差旅,1200.50,,
记-2,2026-01-20,1002,MP,差旅,,1200.50,
记-3,2026-01-31,6699,MM,未知科目,10.00,,
记-3,2026-01-31,1002,MM,未知科目,,10.00,
"""
)
RED_LETTER = HEADER + "记-9,2026-01-31,660201,MM,冲销,-9000.00,,\n记-9,2026-01-31,1002,MM,冲销,,-9000.00,\n"
TRAVEL = {"model": "starter", "item": "费用!金额", "members": {"org": "MOT", "科目": "差旅"}, "period": "2026-01"}
ROUTES = [("GET", "/sources"), ("POST", "/variance"), ("GET", "/deviations"), ("POST", "/batches/1/publish")]
Call = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    people = {
        "yusuan": ("budget-admin", {}),
        "cfo": ("cfo", {}),
        "bumen": ("department-owner", {"org": ["MP"]}),
        "it": ("it", {}),
    }
    with container.database.writing() as uow:
        modelling.apply(uow, system(), read_folder(FOLDER), name="starter")
        packages.load_data(uow, system(), model="starter", folder=FOLDER)
        load_roles(uow, system())
        for login, (role, limits) in people.items():
            access.add_user(uow, system(), login=login, name=login, password=None)
            access.assign_roles(uow, system(), login=login, assignments=[{"role": role, "limits": limits}])
        access.add_user(uow, system(), login="stranger", name="stranger", password=None)
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        client.container = container  # type: ignore[attr-defined]
        yield client
    container.database.engine.dispose()


@pytest.fixture
def call(app: TestClient) -> Call:
    """``call("cfo", "POST", "/variance", {...})``: the answer's status and JSON; a str body is a file."""

    def call(login: str | None, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {}
        if login is not None:
            with app.container.database.writing() as uow:  # type: ignore[attr-defined]
                user = uow.row("access.user_by_login", login=login)
                secret = access.open_session(uow, user["id"]).secret
            headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
        content = {"content": body.encode("gb18030")} if isinstance(body, str) else {"json": body}
        if isinstance(body, str):
            headers["content-type"] = "text/csv"
        answer = app.request(method, f"/api/v1{path}", headers=headers, **content)  # type: ignore[arg-type]
        return answer.status_code, answer.json()

    return call


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_anonymous_are_asked_to_sign_in(call: Call, method: str, path: str) -> None:
    assert call(None, method, path)[0] == 401


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_is_refused(call: Call, method: str, path: str) -> None:
    assert call("stranger", method, path, TRAVEL)[0] == 403


def test_a_file_is_uploaded_looked_at_and_published(call: Call) -> None:
    text, mapping = ((FOLDER / "sources" / f"总账.{kind}").read_text("utf-8") for kind in ("yaml", "csv"))
    text = text.replace("policy: 费用控制\n", "")  # nothing is released here: the plan alone
    status, source = call("it", "POST", "/sources", {"definition": text, "mapping": mapping})
    assert (status, source["revision"]) == (200, 2)  # the package brought the first
    status, batch = call("it", "POST", "/sources/总账/files?file_name=january.csv", JANUARY)
    assert status == 200, batch
    assert {c["outcome"]: c["lines"] for c in batch["counts"]} == {
        "ACCEPTED": 2, "IGNORED": 2, "UNMAPPED": 1, "VOUCHER_REJECTED": 1
    }  # fmt: skip
    _, desk = call("it", "GET", f"/batches/{batch['id']}/rejected")
    assert [(r["record"], r["value"], r["amount"]) for r in desk if r["outcome"] == "UNMAPPED"] == [
        (6, "6699", "10.00")
    ]
    books = [("660201", "51200.50"), ("6699", "10.00"), ("1002", "-51210.50")]
    totals = [{"account": a, "period": "2026-01", "amount": v} for a, v in books]
    assert call("it", "PUT", "/sources/总账/control-totals", totals) == (200, 3)
    _, tie = call("it", "GET", f"/sources/总账/tie-out?batch={batch['id']}")
    assert {row["account"]: float(row["difference"]) for row in tie} == {"1002": 0, "660201": 0, "6699": 0}
    status, done = call("it", "POST", f"/batches/{batch['id']}/publish")
    assert (status, done["state"]) == (200, "published")


def test_variance_is_seen_by_organisation_within_the_scope(call: Call) -> None:
    _, rows = call("cfo", "POST", "/variance", TRAVEL)
    assert [(r["node"], r["budget"], r["executed"], r["difference"], r["verdict"]) for r in rows] == [
        ("MOT", "53300.00", "51200.50", "-2099.50", "favourable"),
        ("MM", "46700.00", "50000.00", "3300.00", "unfavourable"),
        ("MP", "6600.00", "1200.50", "-5399.50", "favourable"),
    ]
    assert {r["origin"] for r in rows} == {"plan"}  # nothing released yet: the versions 预算 and 实际
    _, seen = call("bumen", "POST", "/variance", TRAVEL)
    assert {r["node"]: (r["executed"], r["partial"]) for r in seen} == {
        "MOT": ("1200.50", True),
        "MP": ("1200.50", False),
    }


def test_the_lines_behind_a_number_are_those_one_may_see(call: Call) -> None:
    _, page = call("cfo", "POST", "/variance/lines", TRAVEL)
    assert (page["count"], page["amount"]) == (2, "51200.50")
    assert [line["src_voucher"] for line in page["lines"]] == ["记-1", "记-2"]
    _, page = call("bumen", "POST", "/variance/lines", TRAVEL)
    assert [line["memo"] for line in page["lines"]] == ["差旅"]


def test_a_deviation_runs_its_course_and_only_numbers_close_it(call: Call) -> None:
    status, opened = call("yusuan", "POST", "/deviations", {**TRAVEL, "amount": "1000", "rate": "0.05"})
    assert status == 200, opened
    assert [c["members"]["org"] for c in opened] == ["MM"]
    case = f"/deviations/{opened[0]['id']}"
    assert call("bumen", "GET", case)[0] == 404  # outside their scope it does not exist
    assert call("yusuan", "POST", f"{case}/decide", {"decision": "task"})[0] == 409  # first explain
    assert call("yusuan", "POST", f"{case}/explain", {"text": "展会费用误入差旅"})[1]["state"] == "explained"
    assert call("yusuan", "POST", f"{case}/decide", {"decision": "task", "text": "冲销重记"})[1]["state"] == "decided"
    assert call("yusuan", "POST", f"{case}/approve", {})[0] == 403  # whoever decided does not approve
    assert call("cfo", "POST", f"{case}/approve", {})[1]["state"] == "approved"
    assert call("yusuan", "POST", f"{case}/execute", {"evidence": "已通知财务冲销"})[1]["state"] == "executed"
    reopened = call("cfo", "POST", f"{case}/verify")[1]
    assert (reopened["state"], reopened["events"][-1]["event"]) == ("open", "reopened")  # the numbers say otherwise
    for step, body in (("explain", {"text": "已冲销"}), ("decide", {"decision": "task"})):
        call("yusuan", "POST", f"{case}/{step}", body)
    call("cfo", "POST", f"{case}/approve", {})
    call("yusuan", "POST", f"{case}/execute", {"evidence": "记-9"})
    _, batch = call("it", "POST", "/sources/总账/files?file_name=red.csv", RED_LETTER)
    call("it", "POST", f"/batches/{batch['id']}/publish")
    closed = call("cfo", "POST", f"{case}/verify")[1]
    assert (closed["state"], closed["closed_at"] is not None) == ("closed", True)
    span = f"since=2000-01-01T00:00:00Z&until=2100-01-01T00:00:00Z&model={TRAVEL['model']}"
    _, rate = call("cfo", "GET", f"/deviations/closing-rate?{span}")
    assert (rate["closed"], rate["due"], rate["rate"], len(rate["cases"])) == (1, 1, "1", 1)
