"""The routes of open work, cases and the inbox, on the starter model through the real application."""

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
from bihuan.features.entry import commands as entry
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.planning import packages, queries
from bihuan.settings import Settings
from bihuan.web.app import create_app

PEOPLE = {
    "owner": ("department-owner", {"org": ["FIN"]}),
    "head": ("division-head", {"org": ["HQ"]}),
    "finance": ("approver", {}),
    "admin": ("budget-admin", {}),
    "stranger": None,
}
FLOW = """
code: 二级审批
nodes:
  - {code: 事业部, title: 事业部审批, role: division-head, due_days: 3}
  - {code: 财务, title: 财务审批, role: approver, due_days: 2}
"""
Answer = tuple[int, Any]
Call = Callable[..., Answer]


@pytest.fixture(scope="module")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    folder = models_folder() / "starter"
    files = {**read_folder(folder), "flows/二级.yaml": FLOW}  # a flow more, as text only
    with container.database.writing() as uow:
        load_roles(uow, system())
        modelling.apply(uow, system(), files, name="starter")
        packages.load_data(uow, system(), model="starter", folder=folder)
        for login, held in PEOPLE.items():
            access.add_user(uow, system(), login=login, name=login.title(), password=None)
            if held:
                access.assign_roles(uow, system(), login=login, assignments=[{"role": held[0], "limits": held[1]}])
    with container.database.writing() as uow:
        version = queries.version(uow, "starter", "预算")
        unit = entry.open_unit(uow, system("admin"), version_id=version.id, org="FIN", model="starter")
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        client.container, client.unit = container, unit  # type: ignore[attr-defined]
        yield client
    container.database.engine.dispose()


@pytest.fixture
def call(app: TestClient) -> Call:
    """``call("head", "GET", "/todos")``: the answer's status and JSON."""

    def call(login: str | None, method: str, path: str, body: object = None) -> Answer:
        headers = {}
        if login is not None:
            with app.container.database.writing() as uow:  # type: ignore[attr-defined]
                user = uow.row("access.user_by_login", login=login)
                secret = access.open_session(uow, user["id"]).secret
            headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
        answer = app.request(method, f"/api/v1{path}", json=body, headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    return call


@pytest.fixture(scope="module")
def unit(app: TestClient) -> int:
    return int(app.unit)  # type: ignore[attr-defined]


ROUTES = [
    ("GET", "/todos", None),
    ("GET", "/started", None),
    ("GET", "/inbox", None),
    ("POST", "/inbox/read", {}),
    ("GET", "/tasks/done", None),
    ("GET", "/tasks/all", None),
    ("POST", "/tasks/1/reassignment", {"to": "x", "comment": "y"}),
    ("GET", "/cases/1/candidates", None),
    ("POST", "/cases/1/reminder", {}),
    ("GET", "/plan-units/1/changes", None),
    ("POST", "/plan-units/1/reopening", {"reason": "x"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_01_the_anonymous_are_sent_to_sign_in(call: Call, method: str, path: str, body: object) -> None:
    assert call(None, method, path, body)[0] == 401


def test_02_a_stranger_has_no_work_and_gets_at_nobodys(call: Call, unit: int) -> None:
    assert call("stranger", "GET", "/todos") == (200, {"todos": [], "counts": {}})
    assert call("stranger", "GET", "/started") == (200, [])
    assert call("stranger", "GET", "/inbox") == (200, {"unread": 0, "notices": []})
    for path in ("/tasks/all", f"/plan-units/{unit}/changes"):
        assert call("stranger", "GET", path)[0] == 403
    assert call("stranger", "POST", f"/plan-units/{unit}/reopening", {"reason": "x"})[0] == 403


def test_03_a_unit_to_fill_is_work_of_its_owner_only(call: Call, unit: int) -> None:
    _, mine = call("owner", "GET", "/todos")
    (row,) = mine["todos"]
    assert (row["key"], row["kind"], row["stage"]) == (f"unit:{unit}", "fill", "prepare")
    assert mine["counts"] == {"prepare": 1}
    assert row["link"].startswith("/prepare?")
    assert call("admin", "GET", "/todos")[1]["todos"] == []


def test_04_the_flow_that_came_as_text_leads_it_to_the_division_and_then_to_finance(call: Call, unit: int) -> None:
    status, moved = call("owner", "POST", f"/plan-units/{unit}/submission", {"flow": "二级审批", "comment": "请审"})
    assert (status, list(moved["tasks"].values())) == (200, ["head"])
    _, work = call("head", "GET", "/todos")
    (row,) = work["todos"]
    assert (row["kind"], row["source"], row["note"], row["overdue"]) == ("approve", "Owner", "事业部审批", False)
    assert row["due"] is not None
    assert call("head", "GET", "/inbox")[1]["unread"] == 1
    assert call("head", "POST", "/inbox/read", {})[0] == 204
    assert call("head", "GET", "/inbox")[1]["unread"] == 0
    _, case = call("head", "GET", f"/cases/{moved['instance_id']}")
    assert [(n["title"], n["state"], n["people"]) for n in case["nodes"]] == [
        ("事业部审批", "current", ["Head"]),
        ("财务审批", "pending", ["Finance"]),
    ]
    assert case["my_task"] == int(next(iter(moved["tasks"])))
    assert call("stranger", "GET", f"/cases/{moved['instance_id']}")[0] == 404
    _, mine = call("owner", "GET", "/started")
    assert [(c["status"], c["node"], c["holders"]) for c in mine] == [("running", "事业部审批", ["Head"])]


def test_05_returned_with_a_reason_submitted_again_and_approved_by_both(call: Call, unit: int) -> None:
    task = call("head", "GET", "/tasks")[1][0]["id"]
    assert call("finance", "POST", f"/tasks/{task}/decision", {"action": "approve"})[0] == 403
    assert call("head", "POST", f"/tasks/{task}/decision", {"action": "return"})[0] == 422
    body = {"action": "return", "comment": "差旅请压缩"}
    assert call("head", "POST", f"/tasks/{task}/decision", body)[1]["status"] == "returned"
    (back,) = call("owner", "GET", "/todos")[1]["todos"]
    assert (back["kind"], back["note"], back["source"]) == ("returned", "差旅请压缩", "Head")
    _, moved = call("owner", "POST", f"/plan-units/{unit}/submission", {"flow": "二级审批"})
    _, moved = call("head", "POST", f"/tasks/{next(iter(moved['tasks']))}/decision", {"action": "approve"})
    finance = next(iter(moved["tasks"]))
    late, _ = call("head", "POST", f"/tasks/{task}/decision", {"action": "approve"})
    assert late == 409
    _, moved = call("finance", "POST", f"/tasks/{finance}/decision", {"action": "approve", "comment": "同意"})
    assert moved["status"] == "approved"
    assert [d["action"] for d in call("head", "GET", "/tasks/done")[1]] == ["approve", "return"]
    assert {"task.approved", "task.returned"} <= {n["kind"] for n in call("owner", "GET", "/inbox")[1]["notices"]}


def test_06_changes_are_of_the_two_rounds(call: Call, unit: int) -> None:
    status, found = call("finance", "GET", f"/plan-units/{unit}/changes?against=round")
    assert status == 200
    assert (found["submission"], found["before"], found["rows"]) == (2, 1, [])
    assert all(f["after"] == f["before"] for f in found["figures"])


def test_07_the_administrator_opens_it_again_with_a_reason(call: Call, unit: int) -> None:
    assert call("owner", "POST", f"/plan-units/{unit}/reopening", {"reason": "x"})[0] == 403
    assert call("admin", "POST", f"/plan-units/{unit}/reopening", {"reason": ""})[0] == 422
    assert call("admin", "POST", f"/plan-units/{unit}/reopening", {"reason": "漏报"})[0] == 204
    assert call("admin", "GET", f"/plan-units/{unit}")[1]["status"] == "preparing"
    assert call("admin", "POST", f"/plan-units/{unit}/reopening", {"reason": "漏报"})[0] == 409


def test_08_the_administrator_reminds_and_gives_a_task_to_another(call: Call, unit: int) -> None:
    _, moved = call("owner", "POST", f"/plan-units/{unit}/submission", {"flow": "二级审批"})
    task, case = int(next(iter(moved["tasks"]))), moved["instance_id"]
    assert task in [t["task_id"] for t in call("admin", "GET", "/tasks/all")[1]]
    assert {"login": "finance", "name": "Finance"} in call("admin", "GET", f"/cases/{case}/candidates")[1]
    assert call("owner", "POST", f"/cases/{case}/reminder", {"comment": "急"})[0] == 200
    assert call("owner", "POST", f"/cases/{case}/reminder", {})[0] == 409
    assert call("owner", "POST", f"/tasks/{task}/reassignment", {"to": "finance", "comment": "休假"})[0] == 403
    status, moved = call("admin", "POST", f"/tasks/{task}/reassignment", {"to": "finance", "comment": "休假"})
    assert (status, list(moved["tasks"].values())) == (200, ["finance"])
