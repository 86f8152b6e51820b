"""Cycles, targets and summary as a client calls them: amounts are strings, blank is null, refusals say what to do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import Container
from bihuan.bootstrap import build as build_container
from bihuan.features.access import commands as access
from bihuan.features.access import queries as access_queries
from bihuan.features.access.http import COOKIE
from bihuan.jobs.registry import run_now
from bihuan.settings import Settings
from bihuan.web.app import create_app

from .season import PEOPLE, furnish

Call = Callable[..., Any]
CYCLES = "/api/v1/cycles"


@pytest.fixture(scope="module")
def container(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """The group in a running application."""
    made = build_container(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    furnish(made.database)
    yield made
    made.database.engine.dispose()


@pytest.fixture(scope="module")
def call(container: Container) -> Iterator[Call]:
    """``call("jia", "GET", path, body)``."""
    secrets = {}
    with container.database.writing() as uow:
        for login in PEOPLE:
            user = uow.row("access.user_by_login", login=login)
            assert user is not None
            secrets[login] = access.open_session(uow, user["id"]).secret
    with TestClient(create_app(container)) as client:

        def request(login: str | None, method: str, path: str, body: Any = None) -> Any:
            headers = {}
            if login:
                secret = secrets[login]
                headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": access_queries.csrf_token(secret)}
            return client.request(method, path, headers=headers, **({} if body is None else {"json": body}))

        yield request


@pytest.fixture(scope="module")
def cycle(call: Call) -> str:
    """The path of the open cycle."""
    made = call("guan", "POST", CYCLES, {"model": "group", "template": "2027年度预算"})
    assert made.status_code == 201, made.text
    return f"{CYCLES}/{made.json()['id']}"


def test_anonymous_and_strangers_get_nothing(call: Call, cycle: str) -> None:
    for path in (cycle, f"{cycle}/targets", f"{cycle}/summary", f"{cycle}/units", "/api/v1/plan-units/1/targets"):
        assert call(None, "GET", path).status_code == 401
        assert call("wai", "GET", path).status_code == 403
    assert call("wai", "POST", f"{cycle}/targets", {"edits": []}).status_code == 403
    assert call("jia", "POST", f"{cycle}/close", {"reason": "x"}).status_code == 403
    assert call("jia", "POST", "/api/v1/control/subtree-releases", {"cycle_id": 1, "org": "A"}).status_code == 403


def test_templates_say_whether_they_are_open_and_opening_twice_is_a_conflict(call: Call, cycle: str) -> None:
    (template,) = call("guan", "GET", f"{CYCLES}/templates?model=group").json()
    assert (template["code"], template["units"], template["keys"]) == ("2027年度预算", 4, ["差旅费", "培训费"])
    assert cycle.endswith(f"/{template['opened']}")
    again = call("guan", "POST", CYCLES, {"model": "group", "template": "2027年度预算"})
    assert (again.status_code, again.json()["code"]) == (409, "cycle_exists")
    unknown = call("guan", "POST", CYCLES, {"model": "group", "template": "没有"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "no_such_template")


def test_targets_are_set_refused_and_taken_back_over_http(call: Call, cycle: str) -> None:
    path = f"{cycle}/targets"
    given = {"edits": [{"org": "A", "key": "差旅费", "part": "target", "before": None, "after": "1000.00"}]}
    saved = call("guan", "POST", path, given)
    assert (saved.status_code, saved.json()["outcome"]) == (200, "saved")
    too_much = {"edits": [{"org": "A1", "key": "差旅费", "after": "1000.01"}]}
    refused = call("jia", "POST", path, too_much)
    assert (refused.status_code, refused.json()["cells"][0]["code"]) == (409, "exceeds_target")
    assert call("guan", "POST", path, {"edits": [{"org": "A", "key": "差旅费", "after": "1e3x"}]}).status_code == 422
    spread = call("jia", "POST", f"{path}/distribution", {"org": "A", "basis": "上年实际"})
    assert spread.status_code == 200, spread.text
    shown = call("jia", "GET", path).json()
    rows = {(r["org"], r["key"]): r for r in shown["rows"]}
    assert [rows[o, "差旅费"]["target"]["v"] for o in ("A1", "A2")] == ["800.00", "200.00"]
    assert (rows["A", "差旅费"]["room"], rows["A", "培训费"]["target"]["v"]) == ("0.00", None)
    assert {o["code"]: (o["may_set"], o["may_keep"]) for o in shown["orgs"]} == {
        "G": (False, False),
        "A": (False, True),
        "A1": (True, False),
        "A2": (True, False),
    }
    undone = call("jia", "POST", f"{path}/undo", {"seq": spread.json()["seq"]})
    assert undone.status_code == 200, undone.text
    assert {r["room"] for r in call("jia", "GET", path).json()["rows"] if r["org"] == "A"} == {"1000.00", None}


def test_an_import_says_first_what_it_would_do_and_names_every_bad_line(call: Call, cycle: str) -> None:
    path = f"{cycle}/targets/import"
    asked = {"text": "组织\t差旅费\nA1\t0.03\nB1\t1\n", "unit": 10000, "dry_run": True}
    dry = call("jia", "POST", path, asked).json()
    assert [(e["org"], e["after"]) for e in dry["edits"]] == [("A1", "300.00")]
    assert [(p["line"], p["found"]) for p in dry["problems"]] == [(3, "B1")]
    assert call("jia", "POST", path, {**asked, "dry_run": False}).json()["saved"] is None
    done = call("jia", "POST", path, {"text": '组织,差旅费\nA1,"1,000"\n'}).json()
    assert (done["problems"], done["saved"]["outcome"]) == ([], "saved")


def test_a_unit_and_the_summary_show_what_the_reader_may_see(call: Call, cycle: str) -> None:
    units = call("jia1", "GET", f"{cycle}/units").json()
    assert [(u["org"], u["org_name"], u["state_name"], u["due_at"]) for u in units] == [
        ("A1", "甲一部", "未开始", "2026-11-15")
    ]
    unit = call("jia1", "GET", f"/api/v1/plan-units/{units[0]['id']}").json()
    assert (unit["flow"], unit["forms"], unit["cycle"]) == ("一级", ["部门费用"], "2027年度预算")
    targets = call("jia1", "GET", f"/api/v1/plan-units/{units[0]['id']}/targets").json()
    assert targets[0] == {
        "item": "费用!金额",
        "key": "差旅费",
        "name": "差旅费",
        "target": "1000.00",
        "current": None,
        "room": "1000.00",
        "partial": False,
    }
    found = call("jia1", "GET", f"{cycle}/summary").json()
    assert (found["total"], [o["code"] for o in found["orgs"]]) == (1, ["G", "A", "A1"])
    assert {r["current"]["p"] for r in found["rows"] if r["org"] == "A"} == {True}
    whole = call("guan", "GET", f"{cycle}/summary").json()
    assert (whole["total"], whole["by_state"]["not_started"]) == (4, 4)


def test_the_job_tells_holders_of_a_due_date_once_and_leaves_a_trail(
    container: Container, call: Call, cycle: str
) -> None:
    moved = call("guan", "PUT", "/api/v1/business-date", {"day": "2026-11-16", "reason": "月结"})
    assert moved.status_code == 204
    for _ in range(2):
        run_now(container, "entry.announce_due_dates")
    with container.database.reading() as reader:
        told = reader.rows(
            "access.actions", kind="plan_unit", subject=None, actor="due", action=None, before_id=None, limit=100
        )
    assert sorted(row["after"]["org"] for row in told) == ["A1", "A2", "B1", "B2"]
    assert {row["after"]["overdue"] for row in told} == {True}
    assert {u["overdue"] for u in call("guan", "GET", f"{cycle}/units").json()} == {True}
