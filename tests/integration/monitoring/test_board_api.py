"""The board, its documents and the alerts as a client reads them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.web.app import create_app

from .conftest import ITEM, POLICY, Firm

Call = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def client(firm: Firm) -> Iterator[TestClient]:
    firm.spend("记-1", "甲一", "差旅", "2026-02", "38500.00")
    firm.request("YK-1", "乙一", "会议", "2026-05", "700.50")
    with TestClient(create_app(firm.container), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def call(client: TestClient, firm: Firm) -> Call:
    def call(login: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        with firm.database.writing() as uow:
            user = uow.row("access.user_by_login", login=login)
            assert user is not None
            secret = access.open_session(uow, user["id"]).secret
        headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
        answer = client.request(method, f"/api/v1{path}", headers=headers, json=body)
        return answer.status_code, answer.json()

    return call


def test_the_board_answers_a_whole_subtree_at_once(call: Call) -> None:
    status, board = call("cfo", "POST", "/board", {"model": "firm"})
    assert status == 200, board
    assert (board["item"], board["items"], board["period"], board["span"]) == (ITEM, [ITEM], "2026-03", "year")
    assert (board["policy"], board["transfer_flow"]) == (POLICY, "")
    assert (board["progress"], board["passed"], board["periods"], board["loaded_at"]) == ("0.250000", 3, 12, None)
    assert [(n["code"], n["depth"]) for n in board["axes"][0]["nodes"]] == [
        ("G", 0), ("甲", 1), ("甲一", 2), ("甲二", 2), ("乙", 1), ("乙一", 2)
    ]  # fmt: skip
    rows = {tuple(r["at"]): r for r in board["rows"]}
    assert len(rows) == 6 * 5
    total = rows["G", "费用"]
    assert (total["budget"], total["executed"], total["reserved"]) == ("1296000.00", "38500.00", "700.50")
    assert (total["available"], total["partial"]) == ("1256799.50", False)
    assert rows["甲一", "差旅"]["execution_rate"] == "0.267361"
    assert rows["甲一", "差旅"]["ahead"] == "0.017361"
    assert rows["乙一", "差旅"]["executed"] is None, "blank, not zero"


def test_a_head_reads_their_own_and_a_marked_part_of_the_rest(call: Call) -> None:
    _, board = call("jia1", "POST", "/board", {"model": "firm", "span": "to_date"})
    assert {r["at"][0]: r["partial"] for r in board["rows"]} == {"G": True, "甲": True, "甲一": False}
    asked = {"model": "firm", "item": ITEM, "members": {"org": "G", "科目": "费用"}, "period": "2026-03"}
    _, held = call("jia1", "POST", "/board/documents", asked)
    assert held == []
    _, held = call("cfo", "POST", "/board/documents", asked)
    assert [(h["number"], h["stage"], h["amount"], h["members"]["org"]) for h in held] == [
        ("YK-1", "reserved", "700.50", "乙一")
    ]


def test_alerts_are_looked_at_on_demand_and_their_case_says_who_may_do_what(call: Call) -> None:
    assert call("jia1", "POST", "/alerts/evaluation", {"model": "firm"})[0] == 403
    status, done = call("admin", "POST", "/alerts/evaluation", {"model": "firm"})
    assert (status, done["raised"], len(done["cases"])) == (200, 1, 1)
    _, alerts = call("jia1", "GET", "/alerts?model=firm")
    assert [(a["severity"], a["case_id"]) for a in alerts] == [("error", done["cases"][0])]
    assert call("yihead", "GET", "/alerts?model=firm")[1] == []
    _, mine = call("jia1", "GET", "/deviations?mine=true")
    (case,) = mine
    assert (case["can"], case["owner"]["name"], case["names"]["org"]) == (["explain"], "jia1 姓名", "甲一部")
    assert call("finance", "GET", f"/deviations/{case['id']}")[1]["can"] == []
    (row,) = [t for t in call("jia1", "GET", "/todos")[1]["todos"] if t["subject_kind"] == "deviation"]
    assert (row["key"], row["kind"], row["note"]) == (f"case:{case['id']}", "close", "请说明原因")
    assert row["link"] == f"/adjust?tab=cases&case={case['id']}"
    assert [t for t in call("finance", "GET", "/todos")[1]["todos"] if t["kind"] == "close"] == []


def test_a_case_decides_on_a_transfer_through_the_routes(call: Call) -> None:
    _, (case,) = call("jia1", "GET", "/deviations?mine=true")
    path = f"/deviations/{case['id']}"
    link = {"kind": "voucher", "ref": "记-1"}
    assert call("jia1", "POST", f"{path}/explain", {"text": "展会", "links": [link]})[0] == 200
    assert call("jia1", "POST", f"{path}/decide", {"decision": "transfer"})[1]["code"] == "needs_transfer"

    def line(org: str, account: str, amount: str) -> dict[str, Any]:
        return {"coordinate": {"org": org, "科目": account, "item": ITEM}, "period": "2026-03", "amount": amount}

    lines = [line("乙一", "会议", "-2500"), line("甲一", "差旅", "2500")]
    _, rows = call("jia1", "POST", "/transfers/check", {"policy": POLICY, "lines": lines})
    assert {r["verdict"] for r in rows} == {"ok"}
    _, decided = call("jia1", "POST", f"{path}/decide", {"decision": "transfer", "lines": lines})
    assert (decided["state"], [h["login"] for h in decided["holders"]], decided["can"]) == ("decided", ["yihead"], [])
    _, transfer = call("yihead", "GET", f"/transfers/{decided['transfer_id']}")
    assert (transfer["status"], transfer["case"]["holders"], transfer["case"]["node"]) == (
        "held",
        ["yihead"],
        "调出方同意",
    )
    assert call("jia2", "GET", f"/transfers/{decided['transfer_id']}")[0] == 404
    for login in ("yihead", "finance"):
        _, tasks = call(login, "GET", "/tasks")
        assert call(login, "POST", f"/tasks/{tasks[0]['id']}/decision", {"action": "approve"})[0] == 200
    _, done = call("jia1", "GET", path)
    assert (done["state"], done["holders"], done["decision"]) == ("executed", [], "transfer")
    assert call("cfo", "POST", f"{path}/verify")[1]["state"] == "closed"
