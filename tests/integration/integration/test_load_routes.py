"""The 集成 page's routes over HTTP: who may, then November with errors from upload to a tie-out of zero."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.support.queue import run_queue

from bihuan.bootstrap import build, load_roles, models_folder
from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.settings import Settings
from bihuan.web.app import create_app

FOLDER = models_folder() / "starter"
HEADER = "凭证号,日期,科目编码,部门编码,摘要,借方金额,贷方金额,申请单号\n"
NOVEMBER = (
    HEADER
    + """记-1,2026-11-08,660201,MM,展会差旅,50000.00,,
记-1,2026-11-08,1002,MM,展会差旅,,50000.00,
记-2,2026-11-20,660209,MP,网约车,1200.50,,
记-2,2026-11-20,1002,MP,网约车,,1200.50,
记-3,2026-11-31,660203,MM,纸张,10.00,,
记-3,2026-11-31,1002,MM,纸张,,10.00,
记-4,2026-11-30,660201,M0,差旅,8.00,,
记-4,2026-11-30,1002,M0,差旅,,8.00,
记-5,2026-11-30,4103,MM,结转本期损益,50000.00,,
记-5,2026-11-30,660201,MM,结转本期损益,,50000.00,
"""
)
BOOKS = """科目编码,科目名称,期间,本期借方,本期贷方
6602,管理费用,2026-11,51218.50,50000.00
660201,差旅费,2026-11,50008.00,50000.00
660203,办公费,2026-11,10.00,
660209,交通费,2026-11,1200.50,
1002,银行存款,2026-11,,51218.50
4103,本年利润,2026-11,50000.00,
"""
Call = Callable[..., Any]
ROUTES = [
    ("POST", "/sources/总账/loads?file_name=x.csv"),
    ("GET", "/loads"),
    ("GET", "/loads/1"),
    ("POST", "/loads/1/cancellation"),
    ("POST", "/batches/1/reload"),
    ("GET", "/batches/1/desk"),
    ("GET", "/batches/1/rejected.csv"),
    ("POST", "/batches/1/corrections"),
    ("GET", "/batches/1/corrections"),
    ("GET", "/batches/1/matches"),
    ("GET", "/batches/1/matches/lines"),
    ("GET", "/batches/1/rounds"),
    ("GET", "/sources/总账"),
    ("POST", "/sources/总账/rules"),
    ("POST", "/sources/总账/trial-balance"),
    ("GET", "/sources/总账/tie-out/lines?account=1&period=1&part=accepted"),
]


@pytest.fixture(scope="module")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    with container.database.writing() as uow:
        files = read_folder(FOLDER)
        yaml = "sources/总账.yaml"
        files = files | {
            yaml: files[yaml].replace("policy: 费用控制\n", "")
        }  # nothing is released here: the plan alone
        modelling.apply(uow, system(), files, name="starter")
        load_roles(uow, system())
        for login, role in (("it", "it"), ("cfo", "cfo"), ("yusuan", "budget-admin"), ("stranger", "")):
            access.add_user(uow, system(), login=login, name=login, password=None)
            access.assign_roles(uow, system(), login=login, assignments=[{"role": role}] if role else [])
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        client.container = container  # type: ignore[attr-defined]
        yield client
    container.database.engine.dispose()


@pytest.fixture
def call(app: TestClient) -> Call:
    """``call("it", "POST", "/loads", {...})``: status and JSON (or text); a str body is a file."""

    def call(login: str | None, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {}
        if login is not None:
            with app.container.database.writing() as uow:  # type: ignore[attr-defined]
                user = uow.row("access.user_by_login", login=login)
                secret = access.open_session(uow, user["id"]).secret
            headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
        content: dict[str, Any] = {"json": body}
        if isinstance(body, str):
            headers["content-type"] = "application/octet-stream"
            content = {"content": body.encode("gb18030")}
        answer = app.request(method, f"/api/v1{path}", headers=headers, **content)
        said = answer.json() if "json" in answer.headers["content-type"] else answer.text
        return answer.status_code, said

    return call


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_anonymous_are_asked_to_sign_in(call: Call, method: str, path: str) -> None:
    assert call(None, method, path)[0] == 401


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_is_refused(call: Call, method: str, path: str) -> None:
    assert call("stranger", method, path, {})[0] == 403


@pytest.mark.parametrize(("method", "path"), [r for r in ROUTES if r[0] == "POST"])
def test_who_only_reads_changes_nothing(call: Call, method: str, path: str) -> None:
    assert call("cfo", method, path, {})[0] == 403


def test_november_with_errors_is_uploaded_mended_loaded_again_and_ties_out_to_zero(call: Call, app: TestClient) -> None:
    status, run = call("it", "POST", "/sources/总账/loads?file_name=november.csv", NOVEMBER)
    assert (status, run["state"], run["stage"], run["author"]) == (202, "queued", "receive", "it")
    run_queue(app.container)  # type: ignore[attr-defined]
    _, run = call("it", "GET", f"/loads/{run['id']}")
    assert (run["state"], run["lines_done"], run["lines_total"], run["unexplained"]) == ("done", 10, 10, None)
    batch = run["batch"]
    _, desk = call("cfo", "GET", f"/batches/{batch}/desk")
    assert {(g["outcome"], g["column"], g["value"]): (g["lines"], g["amount"]) for g in desk} == {
        ("UNMAPPED", "科目编码", "660209"): (1, "1200.50"),
        ("BAD_DATE", "日期", "2026-11-31"): (2, "20.00"),
        ("UNKNOWN_MEMBER", "org", "M0"): (1, "8.00"),
        ("VOUCHER_REJECTED", "凭证号", ""): (2, "1208.50"),
    }
    assert call("it", "POST", "/sources/总账/trial-balance", BOOKS) == (
        200,
        {"rows": 5, "summaries": 1, "periods": ["2026-11"]},
    )
    _, tie = call("cfo", "GET", "/sources/总账/tie-out")
    assert {t["difference"] for t in tie} == {"0.00"}  # after what is rejected, and disclosed
    assert {t["account"]: t["rejected"] for t in tie if float(t["rejected"])} == {
        "660201": "8.00", "660203": "10.00", "660209": "1200.50", "1002": "-1218.50"
    }  # fmt: skip

    rule = {"name": "网约车", "when": {"account": "660209"}, "gives": {"item": "金额", "科目": "差旅"}}
    assert call("it", "POST", "/sources/总账/rules", rule) == (200, {"revision": 2})
    mends = [{"record": r, "field": "date", "before": "2026-11-31", "after": "2026-11-30"} for r in (6, 7)]
    assert call("it", "POST", f"/batches/{batch}/corrections", {"mend": mends}) == (200, {"said": 2})
    body = {"ignore": [8], "whole_vouchers": True, "reason": "不是本公司的部门"}
    assert call("it", "POST", f"/batches/{batch}/corrections", body) == (200, {"said": 2})
    _, lines = call("it", "GET", f"/batches/{batch}/rejected?outcome=BAD_DATE")
    assert [(x["fields"]["date"], x["mended"]) for x in lines] == [("2026-11-30", ["date"])] * 2
    status, again = call("it", "POST", f"/batches/{batch}/reload")
    assert (status, again["kind"]) == (202, "reload")
    run_queue(app.container)  # type: ignore[attr-defined]
    _, again = call("it", "GET", f"/loads/{again['id']}")
    assert (again["state"], again["unexplained"]) == ("done", 0)
    _, rounds = call("it", "GET", f"/batches/{again['batch']}/rounds")
    assert [(b["round"], b["rejected"]) for b in rounds] == [(1, 6), (2, 0)]
    _, tie = call("cfo", "GET", "/sources/总账/tie-out")
    found = {t["account"]: (t["accepted"], t["excluded"], t["dismissed"], t["difference"]) for t in tie}
    assert found["660201"] == ("50000.00", {"结转损益": "-50000.00"}, "8.00", "0.00")
    assert {t["difference"] for t in tie} == {"0.00"}
    _, behind = call("cfo", "GET", "/sources/总账/tie-out/lines?account=660209&period=2026-11&part=accepted")
    assert (behind["count"], behind["amount"], behind["lines"][0]["members"]) == (
        1, "1200.50", {"org": "MP", "科目": "差旅"}
    )  # fmt: skip
    _, said = call("cfo", "GET", f"/batches/{batch}/corrections")
    assert {(c["kind"], c["author"]) for c in said} == {("set", "it"), ("ignore", "it")}


def test_a_source_is_read_with_its_rules_texts_and_last_load(call: Call) -> None:
    _, source = call("cfo", "GET", "/sources/总账")
    assert (source["revision"], source["last"]["file_name"]) == (2, "november.csv")
    assert source["rules"][-1] == {"name": "map", "when": {}, "gives": {"org": "=department"}, "sign": 1}
    assert (source["items"], source["dimensions"]) == (["金额"], {"org": "org", "科目": "科目"})
    assert "网约车,660209,金额,差旅," in source["mapping"]
    _, package = call("yusuan", "GET", "/models/starter/package")
    assert "网约车" in str(package)


def test_the_rejected_lines_are_a_csv_file(call: Call) -> None:
    _, runs = call("it", "GET", "/loads")
    status, text = call("it", "GET", f"/batches/{runs[-1]['batch']}/rejected.csv")
    assert (status, text.splitlines()[0].startswith("\ufeff行号,原因")) == (200, True)


def test_a_waiting_load_is_cancelled(call: Call, app: TestClient) -> None:
    _, run = call("it", "POST", "/sources/总账/loads?file_name=more.csv", NOVEMBER.replace("记-", "补-"))
    status, ended = call("yusuan", "POST", f"/loads/{run['id']}/cancellation")
    assert (status, ended["state"]) == (200, "cancelled")
    assert call("yusuan", "POST", f"/loads/{run['id']}/cancellation")[0] == 409
    run_queue(app.container)  # type: ignore[attr-defined]
    assert call("it", "GET", f"/loads/{run['id']}")[1]["state"] == "cancelled"


def test_a_trial_balance_that_cannot_be_read_is_refused_with_the_reason(call: Call) -> None:
    status, said = call("it", "POST", "/sources/总账/trial-balance", "a,b\n1,2\n")
    assert (status, said["code"]) == (422, "file_refused")
