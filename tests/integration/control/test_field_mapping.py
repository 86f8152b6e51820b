"""Another system's bill by its own fields: mapped, held, kept, explained; and tried without holding anything."""

from collections.abc import Iterator
from typing import Any

import pytest

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import queries
from bihuan.features.control.mapping_trial import trial
from bihuan.features.control.reconcile import reconcile
from bihuan.kernel.errors import ProblemsFound
from bihuan.store.unit_of_work import Database
from bihuan_sdk import Line

from .office import ITEM, PACKAGE, POLICY, Office, opened

FEB = "2026-02"
MAPPING = """documents:
  - code: 报销单
    flow: 用款审批
    where: {科目: [差旅费, 推广]}
    mapping:
      head: {公司: text}
      line: {中心: text, 已分摊: truth, 承担部门: text, 费用: text, 日期: date, 含税: number, 税额: number, 活动: text}
      to:
        org:
          - {from: 承担部门, when: 已分摊}
          - {from: 公司 & 中心, lookup: {A1: N1, A2: N2, B1: S1}}
        科目:
          - {from: 费用, lookup: {机票: 差旅费}}
          - {from: 活动, property: 活动.科目}
        item: [{value: 费用!金额}]
        period: [{from: 日期}]
        amount: [{from: 含税 - 税额}, {from: 含税}]
  - {code: 用款申请"""
TEXTS = {
    **PACKAGE,
    "dimensions/活动.csv": "code,name,parent,weight,科目\nE1,春季展会,,,展会费\nE2,无科目,,,\n",
    "policies/费用控制.yaml": PACKAGE["policies/费用控制.yaml"].replace("documents:\n  - {code: 用款申请", MAPPING, 1),
}
PLANE = {"中心": "1", "已分摊": False, "费用": "机票", "日期": "2026-02-10", "含税": "106", "税额": "6"}


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data"), TEXTS) as found:
        for org, account in (("N1", "差旅费"), ("N2", "差旅费"), ("N1", "展会费")):
            found.budget(org, account, FEB, "1000.00")
        yield found


@pytest.fixture(autouse=True)
def _sound(office: Office) -> Iterator[None]:
    yield
    with office.database.reading() as reader:
        assert reconcile(reader, queries.policy(reader, POLICY)) == []


def bill(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = [{"fields": line} for line in lines]
    return {"policy": POLICY, "kind": "报销单", "fields": {"公司": "A"}, "lines": said, **more}


def tried(office: Office, login: str | None, **said: Any) -> Any:
    return office.call(login, "POST", "/control/mapping-trials", json={"policy": POLICY, "kind": "报销单", **said})


def test_nobody_tries_a_mapping_without_the_right(office: Office) -> None:
    assert tried(office, None, lines=[PLANE]).status_code == 401
    assert tried(office, "mo", lines=[PLANE]).status_code == 403


def test_a_trial_shows_every_way_and_holds_nothing(office: Office) -> None:
    (line,) = tried(office, "shen", head={"公司": "A"}, lines=[PLANE]).json()
    assert line["faults"] == {}
    told = {t["name"]: t for t in line["targets"]}
    assert {n: t["value"] for n, t in told.items()} == {
        "org": "N1",
        "科目": "差旅费",
        "item": ITEM,
        "period": FEB,
        "amount": "100.00",
    }
    first, second = told["org"]["tried"]
    assert (first["when"], first["holds"], first["chosen"], first["note"]) == (
        "已分摊",
        False,
        False,
        "条件“已分摊”不成立",
    )
    assert (second["read"], second["found"], second["chosen"]) == ({"公司": "A", "中心": "1"}, "A1", True)
    assert office.call("he", "GET", "/spend/requests?mine=true").json() == []
    (bad,) = tried(office, "shen", lines=[{"已分滩": "是"}]).json()
    assert "没有这个字段" in bad["faults"]["已分滩"]


def test_a_draft_of_the_policy_is_tried_by_who_may_write_one_and_told_in_full_where_it_is_wrong(office: Office) -> None:
    text = TEXTS["policies/费用控制.yaml"].replace("A1: N1", "A1: 北方销售部")
    assert tried(office, "shen", head={"公司": "A"}, lines=[PLANE], text=text).status_code == 403
    writer = Principal(7, "boss", "boss", grants=(Grant("control.*"),))
    with office.database.reading() as reader:
        (line,) = trial(reader, writer, POLICY, "报销单", {"公司": "A"}, [PLANE], text)
        assert line["targets"][0]["value"] == "N2"  # by its name
        with pytest.raises(ProblemsFound) as found:
            trial(reader, writer, POLICY, "报销单", {}, [], text.replace("when: 已分摊", "when: 已分滩"))
    (problem,) = found.value.problems
    assert problem.line == 1 + text[: text.index("when: 已分摊")].count("\n")
    assert "没有“已分滩”" in problem.expected


def test_a_trial_shows_nothing_where_one_may_not_read(office: Office) -> None:
    assert tried(office, "sun", head={"公司": "A"}, lines=[PLANE]).status_code == 403
    assert tried(office, "sun", head={"公司": "B"}, lines=[PLANE]).status_code == 200


def test_a_bill_by_fields_is_held_where_they_say_and_keeps_them(office: Office) -> None:
    checked = office.call("he", "POST", "/spend/check", json=bill(PLANE)).json()
    assert checked["verdict"] == "ok"
    (line,) = checked["lines"]
    assert (line["coordinate"], line["period"], line["counted"]) == (
        {"org": "N1", "科目": "差旅费", "item": ITEM},
        FEB,
        "100.00",
    )
    fair = {
        "中心": "2",
        "已分摊": "是",
        "承担部门": "北方市场部",
        "活动": "春季展会",
        "日期": "2026-02-28",
        "含税": "50",
    }
    made = office.call("he", "POST", "/spend/requests", json=bill(PLANE, fair, number="BX-1"))
    assert made.status_code == 201, made.text
    assert made.json()["case"] is not None  # the approvers of the place the fields came to
    shown = office.shown("he", made.json()["document_id"])
    assert [(x["coordinate"]["org"], x["coordinate"]["科目"], x["period"], x["amount"]) for x in shown["lines"]] == [
        ("N1", "差旅费", FEB, "100.00"),
        ("N1", "展会费", FEB, "50.00"),
    ]
    assert shown["lines"][0]["fields"] == {"公司": "A", **PLANE}
    told = office.call("he", "GET", f"/spend/requests/{shown['id']}/explanation").json()
    account = next(t for t in told["lines"][1]["targets"] if t["name"] == "科目")
    assert [(w["way"], w["value"]) for w in account["tried"]] == [
        ("费用 → 对照表", ""),
        ("活动 → 活动 的 科目", "展会费"),
    ]
    kept = tried(office, "he", number="BX-1").json()
    assert [t["value"] for t in kept[1]["targets"]] == ["N1", "展会费", ITEM, FEB, "50.00"]
    assert tried(office, "sun", number="BX-1").status_code == 404
    assert tried(office, "he", number="BX-0").status_code == 404
    again = office.call("he", "POST", "/spend/requests", json=bill(PLANE, fair, number="BX-1"))
    assert again.json()["repeated"]
    other = office.call("he", "POST", "/spend/requests", json=bill(PLANE, {**fair, "含税": "51"}, number="BX-1"))
    assert other.json()["code"] == "idempotency_key_reused"


def test_what_cannot_be_mapped_is_refused_by_line_field_and_what_was_tried(office: Office) -> None:
    wrong = {**PLANE, "中心": "9"}
    answer = office.call("he", "POST", "/spend/requests", json=bill(PLANE, wrong))
    assert answer.status_code == 422
    said = answer.json()
    assert said["code"] == "unresolvable_key"
    for part in (
        "第 2 行：对应不出 org",
        "公司 & 中心 → 对照表（公司=A、中心=9）：对照表里没有“A9”",
        "改正单据字段",
        "报销单",
    ):
        assert part in said["detail"]
    assert set(said["facts"]["fields"]) == {
        "承担部门",
        "已分摊",
        "公司",
        "中心",
    }
    checked = office.call("he", "POST", "/spend/check", json=bill(PLANE, wrong)).json()
    assert [x["verdict"] for x in checked["lines"]] == ["ok", "refuse"]
    assert checked["lines"][1]["code"] == "unresolvable_key"


def test_fields_lead_nowhere_one_may_not_ask(office: Office) -> None:
    elsewhere = {**PLANE, "中心": "2"}  # N2, and he asks for N1 only
    assert office.call("he", "POST", "/spend/check", json=bill(elsewhere)).status_code == 403
    assert office.call("he", "POST", "/spend/requests", json=bill(elsewhere)).status_code == 403
    assert office.call("qian", "POST", "/spend/check", json=bill(elsewhere)).json()["verdict"] == "ok"


def test_what_is_said_twice_must_agree(office: Office) -> None:
    body = bill(PLANE)
    body["lines"][0] |= {"coordinate": {"org": "N2"}}
    assert (
        "org 写的是“N2”，按字段对应是“N1”" in office.call("he", "POST", "/spend/requests", json=body).json()["detail"]
    )
    twice = bill({**PLANE, "公司": "B"})
    assert "请只写一处" in office.call("he", "POST", "/spend/check", json=twice).json()["detail"]
    kind = {**bill(PLANE), "kind": "用款申请"}
    assert "没有字段对应" in office.call("he", "POST", "/spend/requests", json=kind).json()["detail"]


def test_other_systems_say_fields_to_the_ledger_and_amend_by_them(office: Office) -> None:
    said = {"policy": POLICY, "kind": "报销单", "number": "OA-7"}
    line = Line(fields={"公司": "A", **PLANE}).body()
    held = office.call("he", "POST", "/ledger/reserve", json={**said, "lines": [line]})
    assert held.status_code == 200, held.text
    more = Line(fields={"公司": "A", **PLANE, "含税": "212", "税额": "12"}).body()
    amended = office.call("he", "POST", "/ledger/amend", json={**said, "lines": [more], "reason": "加了一段"})
    assert amended.status_code == 200, amended.text
    found = office.call("he", "POST", "/ledger/query", json=said).json()["document"]
    assert [(x["amount"], x["fields"]["含税"], x["reserved"]) for x in found["lines"]] == [("200.00", "212", "200.00")]
    committed = office.call("he", "POST", "/ledger/commit", json=said)
    assert committed.status_code == 200, committed.text
    partly = {**said, "number": "OA-8", "partial": True, "lines": [line, Line(fields={"中心": "9"}).body()]}
    done = office.call("he", "POST", "/ledger/reserve", json=partly).json()
    assert [(r["line_no"], r["code"]) for r in done["refused"]] == [(2, "unresolvable_key")]
    plain = Line({"org": "N1", "科目": "差旅费", "item": ITEM}, FEB).body()
    assert "没有写金额" in office.call("he", "POST", "/ledger/check", json={"policy": POLICY, "lines": [plain]}).text


def test_the_form_says_which_fields_a_kind_has(office: Office) -> None:
    (form,) = office.call("he", "GET", "/spend/forms").json()
    assert form["unit"] == "元"
    bills, plain = form["kinds"]
    assert bills["fields"][:2] == [
        {"name": "公司", "kind": "text", "on": "head"},
        {"name": "中心", "kind": "text", "on": "line"},
    ]
    assert set(bills["mapped"]) == {"org", "科目", "item", "period", "amount"}
    assert (plain["fields"], plain["mapped"]) == ([], [])


def test_a_draft_is_submitted_by_its_fields(office: Office) -> None:
    draft = {"policy": POLICY, "kind": "报销单", "title": "机票", "content": {"lines": []}}
    made = office.call("he", "POST", "/spend/drafts", json=draft).json()["document_id"]
    body = {"title": "机票", "fields": {"公司": "A"}, "lines": [{"fields": PLANE}]}
    done = office.call("he", "POST", f"/spend/requests/{made}/submission", json=body)
    assert done.status_code == 200, done.text
    assert office.shown("he", made)["lines"][0]["coordinate"]["org"] == "N1"
