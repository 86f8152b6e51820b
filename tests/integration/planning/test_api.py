"""The routes, on the starter model with its data, through the real application."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import build, models_folder
from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.planning import packages, queries
from bihuan.settings import Settings
from bihuan.web.app import create_app

SALES = {
    "cube": "销售",
    "items": ["销量", "销售收入"],
    "rows": {"dim": "产品", "root": "M系列"},
    "fixed": {"org": "MM"},
}


@pytest.fixture(scope="module")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    folder = models_folder() / "starter"
    everything = [{"action": a} for a in ("model.read", "plan.*")]
    reads = [{"action": a} for a in ("model.read", "plan.read")]
    with container.database.writing() as uow:
        modelling.apply(uow, system(), read_folder(folder), name="starter")
        packages.load_data(uow, system(), model="starter", folder=folder)
        for code, grants in {"planner": everything, "reader": reads}.items():
            access.define_role(uow, system(), code=code, name=code, grants=grants)
        people = {
            "all": ("planner", {}),
            "mm": ("planner", {"org": ["MM"]}),
            "reader": ("reader", {}),
            "stranger": None,
        }
        for login, held in people.items():
            access.add_user(uow, system(), login=login, name=login, password=None)
            if held:
                access.assign_roles(uow, system(), login=login, assignments=[{"role": held[0], "limits": held[1]}])
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        client.container = container
        yield client
    container.database.engine.dispose()


@pytest.fixture
def call(app: TestClient) -> Callable[..., object]:
    """``call("mm", "POST", "/query", {...})``: the answer's status and JSON."""

    def call(login: str | None, method: str, path: str, body: object = None) -> tuple[int, dict]:
        headers = {}
        if login is not None:
            with app.container.database.writing() as uow:
                user = uow.row("access.user_by_login", login=login)
                secret = access.open_session(uow, user["id"]).secret
            headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
        answer = app.request(method, f"/api/v1/plan{path}", json=body, headers=headers)
        return answer.status_code, answer.json()

    return call


@pytest.fixture
def plan(app: TestClient) -> int:
    with app.container.database.reading() as reader:
        return queries.version(reader, "starter", "预算").id


def bodies(version: int) -> dict[str, dict]:
    slice_ = {"version": version, **SALES}
    cell = {
        "version": version,
        "cube": "销售",
        "item": "销量",
        "members": {"org": "MM", "产品": "M1"},
        "period": "2026-01",
    }
    return {
        "/query": slice_,
        "/preview": {"edits": [], "query": slice_},
        "/spread": {
            **{k: v for k, v in cell.items() if k != "period"},
            "period": "2026Q1",
            "amount": "6942",
            "seen": "6942",
        },
        "/reallocate": {**cell, "along": "产品", "amount": "0", "seen": "1612"},
        "/holds": {"version": version, "nodes": [{k: v for k, v in cell.items() if k != "version"}]},
        "/holds/release": {"version": version, "all": True},
        "/compare": {"query": slice_, "versions": [version, version]},
        "/history": cell,
        "/trace": cell,
        "/save": {"version": version, "base_seq": 0, "edits": [edit("M1", "2026-02", "1612", "1612")]},
        "/branch": {"version": version, "code": "x", "name": "x"},
        "/snapshot": {"version": version, "name": "x"},
        "/undo": {"version": version, "seq": 1},
    }


def edit(product: str, period: str, before: str | None, after: str | None, *, org: str = "MM") -> dict:
    members = {"org": org, "产品": product}
    return {"cube": "销售", "item": "销量", "members": members, "period": period, "before": before, "after": after}


@pytest.mark.parametrize("path", sorted(bodies(0)))
def test_the_anonymous_are_asked_to_sign_in(call, plan, path) -> None:
    assert call(None, "POST", path, bodies(plan)[path])[0] == 401


@pytest.mark.parametrize("path", sorted(bodies(0)))
def test_a_stranger_is_refused(call, plan, path) -> None:
    assert call("stranger", "POST", path, bodies(plan)[path])[0] == 403


def test_versions_are_listed_to_those_who_may_read_them(call) -> None:
    status, found = call("reader", "GET", "/versions")
    assert status == 200
    assert {v["code"] for v in found["versions"]} == {"实际", "预算", "预测"}
    assert call("stranger", "GET", "/versions")[0] == 403


def grid(answer: dict, item: str, member: str) -> dict[str, dict]:
    """The cells of a row by column code."""
    row = next(i for i, r in enumerate(answer["rows"]) if r["key"] == f"{item}|{member}")
    return dict(zip([c["code"] for c in answer["columns"]], answer["cells"][row], strict=True))


def test_a_slice_shows_leaves_totals_and_what_may_be_edited(call, plan) -> None:
    """销量 M1 January 2730 at 860.00 → 2,347,800.00; first quarter 2730 + 1612 + 2600 = 6942; the series 2730 + 504 = 3234."""
    status, answer = call("all", "POST", "/query", {"version": plan, **SALES})
    assert status == 200, answer
    volume, revenue = grid(answer, "销量", "M1"), grid(answer, "销售收入", "M1")
    assert volume["2026-01"] == {"v": "2730", "s": "VALUE", "e": True, "r": None, "p": False}
    assert volume["2026Q1"]["v"] == "6942"
    assert volume["2026Q1"]["r"] == "total_column"
    assert revenue["2026-01"]["v"] == "2347800.00"
    assert grid(answer, "销量", "M系列")["2026-01"] == {"v": "3234", "s": "VALUE", "e": False, "r": "total", "p": False}
    assert {r["key"]: (r["level"], r["parent"]) for r in answer["rows"]}["销量|M1"] == (1, "销量|M系列")
    quarter = next(c for c in answer["columns"] if c["code"] == "2026-01")
    assert (quarter["kind"], quarter["parent"], quarter["plan"]) == ("base", "2026Q1", True)


def test_a_preview_shows_what_would_be_and_changes_nothing(call, plan) -> None:
    asked = {"version": plan, **SALES}
    status, made = call("all", "POST", "/preview", {"edits": [edit("M1", "2026-01", "2730", "1000")], "query": asked})
    assert status == 200, made
    assert grid(made["slice"], "销售收入", "M1")["2026-01"]["v"] == "860000.00"
    assert grid(made["slice"], "销量", "M系列")["2026-01"]["v"] == "1504"
    assert grid(call("all", "POST", "/query", asked)[1], "销量", "M1")["2026-01"]["v"] == "2730"


def test_save_then_conflict_then_undo(call, plan) -> None:
    asked = {"version": plan, **SALES}
    seq = call("all", "POST", "/query", asked)[1]["seq"]
    status, saved = call(
        "all", "POST", "/save", {"version": plan, "base_seq": seq, "edits": [edit("M1", "2026-03", "2600", "2601")]}
    )
    assert (status, saved["outcome"], saved["seq"]) == (200, "saved", seq + 1)
    late = {"version": plan, "base_seq": seq, "edits": [edit("M1", "2026-03", "2600", "2700")]}
    status, refused = call("mm", "POST", "/save", late)
    assert (status, refused["outcome"]) == (409, "nothing")
    [cell] = refused["cells"]
    assert (cell["status"], cell["theirs"]["value"], cell["theirs"]["author"]) == ("conflict", "2601", "all")
    _, told = call("mm", "POST", "/history", {**bodies(plan)["/history"], "period": "2026-03"})
    assert [(e["before"], e["after"], e["source"]) for e in told["entries"]] == [
        ("2600", "2601", "form"),
        (None, "2600", "package"),
    ]
    assert call("mm", "POST", "/undo", {"version": plan, "seq": seq + 1})[0] == 200
    assert grid(call("mm", "POST", "/query", asked)[1], "销量", "M1")["2026-03"]["v"] == "2600"


def test_the_scope_cuts_rows_totals_and_edits(call, plan) -> None:
    """``mm`` holds one organisation: others are not told of; the company's total is summed from its part and marked."""
    asked = {"version": plan, "cube": "销售", "items": ["销量"], "rows": {"dim": "org"}, "fixed": {"产品": "M1"}}
    _, mine = call("mm", "POST", "/query", asked)
    _, all_ = call("all", "POST", "/query", asked)
    names = {r["members"]["org"] for r in mine["rows"]}
    assert "MM" in names
    assert names < {r["members"]["org"] for r in all_["rows"]}
    total = grid(mine, "销量", "G")["2026-01"]
    assert (total["v"], total["p"]) == ("2730", True)
    assert not grid(all_, "销量", "G")["2026-01"]["p"]
    other = next(r["members"]["org"] for r in all_["rows"] if r["leaf"] and r["members"]["org"] not in names)
    status, refused = call(
        "mm",
        "POST",
        "/save",
        {"version": plan, "base_seq": 0, "edits": [edit("M1", "2026-01", None, "1", org=other)]},
    )
    assert (status, refused["cells"][0]["code"]) == (409, "out_of_scope")
    assert (
        call("mm", "POST", "/history", {**bodies(plan)["/history"], "members": {"org": other, "产品": "M1"}})[0] == 403
    )


def test_one_who_only_reads_sees_no_cell_as_editable(call, plan) -> None:
    _, answer = call("reader", "POST", "/query", {"version": plan, **SALES})
    assert not any(cell["e"] for row in answer["cells"] for cell in row)
    assert call("reader", "POST", "/save", bodies(plan)["/save"])[0] == 403


def test_a_branch_and_a_snapshot_by_route(call, plan) -> None:
    status, made = call("all", "POST", "/branch", {"version": plan, "code": "方案二", "name": "方案二"})
    assert (status, made["base"], made["seq"]) == (201, plan, 0)
    assert made["made_by"]
    assert datetime.fromisoformat(made["made_at"]).utcoffset() == timedelta(0)
    told = {v["id"]: v["made_by"] for v in call("all", "GET", "/versions")[1]["versions"]}
    assert (told[plan], told[made["id"]]) == (None, made["made_by"])
    here = {"version": made["id"], **SALES}
    assert grid(call("all", "POST", "/query", here)[1], "销售收入", "M1")["2026-01"]["v"] == "2347800.00"
    assert call("all", "POST", "/snapshot", {"version": plan, "name": "一上"})[0] == 201
    assert call("all", "POST", "/snapshot", {"version": plan, "name": "一上"})[0] == 409


@pytest.mark.parametrize(("login", "status"), [(None, 401), ("stranger", 403), ("reader", 403)])
def test_who_may_not_write_merges_nothing(call, plan, login, status) -> None:
    assert call(login, "GET", f"/branches/{plan}/merge")[0] == status
    assert call(login, "POST", f"/branches/{plan}/merge", {"branch_seq": 0})[0] == status
    assert call(login, "PUT", f"/branches/{plan}/status", {"status": "closed"})[0] == status


def test_a_branch_is_compared_merged_and_discarded_by_route(call, plan) -> None:
    """March of M1 2600 → 2700 in the branch at 860.00: revenue +86,000.00, the largest of two differences."""
    _, made = call("all", "POST", "/branch", {"version": plan, "code": "方案三", "name": "方案三"})
    seq = call("all", "POST", "/query", {"version": plan, **SALES})[1]["seq"]
    edits = [edit("M1", "2026-03", "2600", "2700")]
    assert call("all", "POST", "/save", {"version": made["id"], "base_seq": 0, "edits": edits})[0] == 200
    asked = {"query": {"version": plan, **SALES}, "versions": [plan, made["id"]]}
    _, told = call("all", "POST", "/compare", asked)
    assert [(r["item"], r["members"]["产品"], r["period"], r["values"], r["delta"]) for r in told["rows"]] == [
        ("销售收入", "M1", "2026-03", ["2236000.00", "2322000.00"], ["86000.00"]),
        ("销量", "M1", "2026-03", ["2600", "2700"], ["100"]),
    ]
    assert [r["percent"] for r in told["rows"]] == [["0.0385"], ["0.0385"]]  # 100 / 2600 = 0.03846…
    status, seen = call("mm", "GET", f"/branches/{made['id']}/merge")
    assert (status, seen["outcome"], seen["changed"], seen["conflicts"]) == (200, "merged", 1, 0)
    assert seen["changes"][0]["names"]["产品"]
    assert seen["changes"][0]["branch"] == "2700"

    mine = [edit("M1", "2026-03", "2600", "2650")]
    assert call("all", "POST", "/save", {"version": plan, "base_seq": seq, "edits": mine})[0] == 200
    merge = {"branch_seq": seen["branch_seq"], "reason": "方案三更好"}
    status, refused = call("mm", "POST", f"/branches/{made['id']}/merge", merge)
    [open_] = refused["open"]
    assert (status, open_["fork"], open_["base"], open_["branch"]) == (409, "2600", "2650", "2700")
    assert open_["theirs"]["author"] == "all"
    choice = {k: open_[k] for k in ("cube", "item", "members", "period", "base")} | {"take": "branch"}
    status, done = call("mm", "POST", f"/branches/{made['id']}/merge", {**merge, "choices": [choice]})
    assert (status, done["outcome"], done["changed"]) == (200, "merged", 1)
    assert call("all", "POST", "/compare", asked)[1]["differing"] == 0
    _, history = call("mm", "POST", "/history", {**bodies(plan)["/history"], "period": "2026-03"})
    assert (history["entries"][0]["kind"], history["entries"][0]["after"]) == ("merge", "2700")

    assert call("all", "PUT", f"/branches/{made['id']}/status", {"status": "closed", "reason": "已合并"})[0] == 200
    late = {"version": made["id"], "base_seq": 0, "edits": [edit("M1", "2026-03", "2700", "2701")]}
    assert call("all", "POST", "/save", late)[0] == 409
    assert call("all", "PUT", f"/branches/{made['id']}/status", {"status": "open"})[0] == 200
    for back in (done["seq"], done["seq"] - 1):
        assert call("all", "POST", "/undo", {"version": plan, "seq": back})[0] == 200


def test_who_holds_one_organisation_is_not_told_of_others_by_a_branch(call, plan) -> None:
    _, made = call("all", "POST", "/branch", {"version": plan, "code": "方案四", "name": "方案四"})
    ask = {"version": plan, "cube": "销售", "items": ["销量"], "rows": {"dim": "org"}, "fixed": {"产品": "M1"}}
    rows = call("all", "POST", "/query", ask)[1]["rows"]
    other = next(r["members"]["org"] for r in rows if r["leaf"] and r["members"]["org"] != "MM")
    edits = [edit("M1", "2026-03", None, "987654", org=other)]
    assert call("all", "POST", "/save", {"version": made["id"], "base_seq": 0, "edits": edits})[0] == 200
    for method, body in (("GET", None), ("POST", {"branch_seq": 1})):
        status, told = call("mm", method, f"/branches/{made['id']}/merge", body)
        assert (status, told["code"]) == (409, "not_saved")
        assert "987654" not in str(told)
        assert other not in str(told)
    _, mine = call("mm", "POST", "/compare", {"query": ask, "versions": [plan, made["id"]]})
    assert mine["differing"] == 0


def test_a_total_is_written_by_route_within_the_scope(call, plan) -> None:
    """Q1 of M1 2730 + 1612 + 2600 = 6942 doubled; ``mm`` types over what ``mm`` sees of the company."""
    total = {
        "version": plan,
        "cube": "销售",
        "item": "销量",
        "members": {"org": "MM", "产品": "M1"},
        "period": "2026Q1",
    }
    typed = {**total, "amount": "13884", "seen": "6942"}
    status, told = call("mm", "POST", "/spread", {**typed, "dry": True})
    assert (status, told["cells"], told["changed"], told["total"], told["kept"]) == (200, 3, 3, "13884", [])
    assert call("reader", "POST", "/spread", typed)[0] == 403
    status, done = call("mm", "POST", "/spread", typed)
    assert (status, done["total"]) == (200, "13884")
    row = grid(call("mm", "POST", "/query", {"version": plan, **SALES})[1], "销量", "M1")
    assert [row[p]["v"] for p in ("2026-01", "2026-02", "2026-03", "2026Q1")] == ["5460", "3224", "5200", "13884"]
    status, late = call("mm", "POST", "/spread", typed)
    assert (status, late["code"]) == (409, "changed_since")
    company = {**total, "members": {"org": "G", "产品": "M1"}, "period": "2026-01"}
    status, mine = call("mm", "POST", "/spread", {**company, "amount": "1", "seen": "5460", "dry": True})
    assert (status, mine["cells"], mine["total"]) == (200, 1, "1"), "only what mm sees is counted"
    assert call("all", "POST", "/undo", {"version": plan, "seq": done["seq"]})[0] == 200


def test_a_trace_leads_from_a_total_to_the_inputs(call, plan) -> None:
    """Q1 revenue of M1 = months; January 2,347,800.00 = 销量 2730 × 单价 860."""
    cell = {
        "version": plan,
        "cube": "销售",
        "item": "销售收入",
        "members": {"org": "MM", "产品": "M1"},
        "period": "2026Q1",
    }
    status, told = call("mm", "POST", "/trace", {**cell, "depth": 3})
    assert status == 200, told
    assert (told["kind"], [c["period"] for c in told["children"]]) == ("total", ["2026-01", "2026-02", "2026-03"])
    january = told["children"][0]
    assert (january["kind"], january["text"], january["v"]) == ("formula", "销售收入 = 销量 * 单价", "2347800.00")
    assert [(c["item"], c["kind"], c["v"]) for c in january["children"]] == [
        ("销量", "input", "2730"),
        ("单价", "input", "860"),
    ]


def test_a_trace_is_cut_by_the_scope(call, plan) -> None:
    """The company total is not wholly inside the scope of ``mm``."""
    cell = {"version": plan, "cube": "销售", "item": "销量", "members": {"org": "G", "产品": "M1"}, "period": "2026-01"}
    assert call("mm", "POST", "/trace", cell)[0] == 403
    assert call("all", "POST", "/trace", cell)[0] == 200


def test_another_slice_gives_no_share_that_its_reader_may_not_see(call, plan) -> None:
    """Travel of MM 46,700 + 29,000 + 44,800 as FIN's 4,700 : 2,600 : 4,300, which ``mm`` may not read."""
    at = {"version": plan, "cube": "费用", "item": "金额", "members": {"org": "MM", "科目": "差旅"}, "period": "2026Q1"}
    ask = {**at, "amount": "116000", "seen": "120500", "method": "like", "dry": True}
    for who, org, status in (("mm", "MM", 200), ("mm", "FIN", 409), ("all", "FIN", 200)):
        assert call(who, "POST", "/spread", {**ask, "like": {"members": {"org": org}}})[0] == status, (who, org)
    for wrong in ({"method": "pattern", "pattern": "4-4-"}, {"method": "growth"}, {"like": {"item": "没有"}}, {}):
        assert call("mm", "POST", "/spread", {**ask, **wrong})[0] in {404, 422}, wrong
    told = call("mm", "POST", "/spread", {**ask, "method": "pattern", "pattern": "4-4-5"})[1]
    assert (told["total"], told["changed"]) == ("116000.00", 3)


def test_a_hold_is_kept_and_a_reallocation_leaves_the_total(call, plan) -> None:
    """M1 and M2 of MM in January: 50 go to M1 from what else is below their parent; then M1 is held and takes nothing."""
    body = bodies(plan)
    node = body["/reallocate"]
    seen = value(call, plan, "M1")
    status, dry = call("all", "POST", "/reallocate", {**node, "seen": seen, "amount": "50", "dry": True})
    assert (status, dry["before"], dry["after"]) == (200, seen, str(int(seen) + 50))
    assert call("all", "POST", "/holds", body["/holds"])[0] == 200
    assert len(call("all", "GET", f"/holds?version={plan}")[1]["nodes"]) == 1
    status, refused = call("all", "POST", "/reallocate", {**node, "seen": seen, "amount": "50"})
    assert (status, refused["code"]) == (409, "cannot_spread")
    assert call("all", "POST", "/holds/release", body["/holds/release"])[1] == {"nodes": []}
    status, done = call("all", "POST", "/reallocate", {**node, "seen": seen, "amount": "50"})
    assert (status, value(call, plan, "M1")) == (200, done["after"])


def value(call, plan: int, product: str) -> str:
    """What MM has of a product in January."""
    query = {"version": plan, "cube": "销售", "items": ["销量"], "fixed": {"org": "MM"}, "columns": ["2026-01"]}
    answer = call("all", "POST", "/query", {**query, "rows": {"dim": "产品", "members": [product]}})[1]
    return answer["cells"][0][0]["v"]
