"""Requests as people file them: drafts, the approval the policy names, return, rejection, withdrawal; who sees what."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import event

from bihuan.features.access.queries import principal_of
from bihuan.features.control import queries
from bihuan.features.control.checking import check
from bihuan.features.control.model import RequestLine
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Database

from .office import POLICY, Office, opened

TRAVEL, FAIR, ADS, OFFICE, MEETING = "差旅费", "展会费", "广告费", "办公费", "会议费"
FEB, MAR, APR = "2026-02", "2026-03", "2026-04"


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data")) as found:
        for org in ("N1", "N2", "S1"):
            for account in (TRAVEL, FAIR, ADS, OFFICE, MEETING):
                for month in range(1, 13):
                    found.budget(org, account, f"2026-{month:02d}", "1000.00")
        yield found


@pytest.fixture(autouse=True)
def _sound(office: Office) -> Iterator[None]:
    """After every test the counters are the sum of the entries."""
    yield
    with office.database.reading() as reader:
        assert queries.counters_differ(reader, queries.policy(reader, POLICY)) == []


# --- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/spend/forms"),
        ("POST", "/spend/check"),
        ("GET", "/spend/requests"),
        ("POST", "/spend/requests"),
        ("POST", "/spend/drafts"),
        ("PUT", "/spend/requests/1/draft"),
        ("DELETE", "/spend/requests/1/draft"),
        ("POST", "/spend/requests/1/submission"),
        ("GET", "/spend/requests/1"),
    ],
)
def test_the_anonymous_and_those_without_the_right_are_refused(office: Office, method: str, path: str) -> None:
    assert office.call(None, method, path, json={}).status_code == 401
    assert office.call("mo", method, path, json={}).status_code == 403


def test_nobody_asks_checks_or_submits_for_a_place_that_is_not_theirs(office: Office) -> None:
    theirs = office.line("S1", TRAVEL, FEB, "1.00")
    body = {"policy": POLICY, "lines": [theirs]}
    assert office.call("he", "POST", "/spend/check", json=body).status_code == 403
    assert office.ask("he", theirs).status_code == 403
    draft = {"policy": POLICY, "kind": "用款申请", "content": {}}
    made = office.call("he", "POST", "/spend/drafts", json=draft).json()["document_id"]
    answer = office.call("he", "POST", f"/spend/requests/{made}/submission", json={"lines": [theirs]})
    assert answer.status_code == 403
    assert office.call("he", "DELETE", f"/spend/requests/{made}/draft").status_code == 204


def test_a_draft_is_nobody_elses(office: Office) -> None:
    draft = {"policy": POLICY, "kind": "用款申请", "title": "私下", "content": {"lines": []}}
    made = office.call("he", "POST", "/spend/drafts", json=draft).json()["document_id"]
    for login in ("liu", "shen", "wang"):
        assert office.call(login, "GET", f"/spend/requests/{made}").status_code == 404
        listed = office.call(login, "GET", "/spend/requests").json()
        assert made not in [d["id"] for d in listed]
    for method, path in (("PUT", "draft"), ("POST", "submission"), ("DELETE", "draft")):
        body = draft if method == "PUT" else {"lines": []}
        assert office.call("liu", method, f"/spend/requests/{made}/{path}", json=body).status_code == 404
    office.call("he", "DELETE", f"/spend/requests/{made}/draft")


def test_a_request_of_another_division_is_not_there(office: Office) -> None:
    made = office.ask("sun", office.line("S1", FAIR, FEB, "1.00")).json()["document_id"]
    assert office.call("he", "GET", f"/spend/requests/{made}").status_code == 404
    assert made not in [d["id"] for d in office.call("he", "GET", "/spend/requests").json()]
    assert made in [d["id"] for d in office.call("shen", "GET", "/spend/requests").json()]


# --- filing ------------------------------------------------------------------------------------------------------------


def test_the_form_offers_what_the_texts_say_and_only_ones_own_places(office: Office) -> None:
    (form,) = office.call("he", "GET", "/spend/forms").json()
    assert [k["code"] for k in form["kinds"]] == ["用款申请"]
    assert (form["rates"], form["items"]) == (["6", "13"], ["费用!金额"])
    members = {d["code"]: d["members"] for d in form["dimensions"]}
    assert [m["code"] for m in members["org"] if m["pick"]] == ["N1"]
    assert "S1" not in [m["code"] for m in members["org"]]
    accounts = {m["code"]: m for m in members["科目"]}
    assert [c for c, m in accounts.items() if m["pick"]] == [TRAVEL, FAIR, ADS, OFFICE, MEETING]  # no wages
    assert [c for c, m in accounts.items() if m["net"]] == [OFFICE, MEETING]


def test_a_draft_is_kept_as_typed_edited_submitted_approved_and_told_in_order(office: Office) -> None:
    before = Decimal(office.available("推广", FEB, "N1"))
    content = {"lines": [{"org": "N1", "科目": FAIR, "amount": ""}], "note": "还没想好"}
    draft = {"policy": POLICY, "kind": "用款申请", "title": "展会", "content": content}
    made = office.call("he", "POST", "/spend/drafts", json=draft).json()
    path = f"/spend/requests/{made['document_id']}"
    assert made["number"].startswith("YK-")
    shown = office.shown("he", made["document_id"])
    assert (shown["state"], shown["draft"], shown["lines"]) == ("draft", content, [])
    assert office.call("he", "PUT", f"{path}/draft", json={**draft, "title": "展会（深圳）"}).status_code == 200
    assert Decimal(office.available("推广", FEB, "N1")) == before  # nothing is held

    body = {"title": "展会（深圳）", "lines": [office.line("N1", FAIR, FEB, "300.00", memo="展位")]}
    case = office.call("he", "POST", f"{path}/submission", json=body).json()["case"]
    shown = office.shown("he", made["document_id"])
    assert (shown["state"], shown["title"], shown["reserved"]) == ("reviewing", "展会（深圳）", "300.00")
    assert (shown["case"]["node"], set(shown["case"]["holders"])) == ("部门负责人", {"王主管", "李自批"})
    assert shown["case"]["hours"] is not None
    assert Decimal(office.available("推广", FEB, "N1")) == before - 300

    case = office.decide("wang", case, "approve", "同意参展")
    office.decide("cai", case, "approve")
    shown = office.shown("he", made["document_id"])
    assert (shown["state"], shown["case"]["status"]) == ("reserved", "approved")
    assert [(a["action"], a["who"]) for a in shown["approvals"]] == [
        ("submit", "何川"),
        ("approve", "王主管"),
        ("approve", "林静"),
    ]
    assert [(e["stage"], e["kind"], e["amount"]) for e in shown["entries"]] == [("reserved", "reserve", "300.00")]
    back = office.call("he", "POST", f"{path}/release", json={"reason": "剩余不用了"}).json()
    assert back == {"released": "300.00"}
    assert office.shown("he", made["document_id"])["state"] == "closed"
    assert Decimal(office.available("推广", FEB, "N1")) == before
    again = office.call("he", "POST", f"{path}/submission", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "not_held")


def test_the_policy_names_the_flow_and_nobody_chooses_another_or_none(office: Office) -> None:
    made = office.ask("he", office.line("N1", FAIR, FEB, "1.00"), flow="没有这个流").json()
    assert made["case"]["status"] == "running"
    wrong = office.ask("he", office.line("N1", FAIR, FEB, "1.00"), kind="随便什么单")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_document")
    wages = office.ask("he", office.line("N1", "工资", FEB, "1.00"))
    assert wages.json()["code"] == "wrong_document"


def test_nobody_approves_their_own_request(office: Office) -> None:
    made = office.ask("li", office.line("N1", FAIR, FEB, "1.00")).json()
    assert "li" not in made["case"]["tasks"].values()  # named by the flow, and yet not a holder of their own
    assert "wang" in made["case"]["tasks"].values()


@pytest.mark.parametrize("way", ["return", "reject", "withdraw"])
def test_return_rejection_and_withdrawal_free_the_money_in_the_same_transaction(office: Office, way: str) -> None:
    before = office.available("推广", MAR, "N1")
    made = office.ask("he", office.line("N1", FAIR, MAR, "700.00")).json()
    assert Decimal(office.available("推广", MAR, "N1")) == Decimal(before) - 700
    if way == "withdraw":
        path = f"/cases/{made['case']['instance_id']}/withdrawal"
        assert office.call("he", "POST", path, json={"comment": "不去了"}).status_code == 200
    else:
        office.decide("wang", made["case"], way, "太贵")
    assert office.available("推广", MAR, "N1") == before
    shown = office.shown("he", made["document_id"])
    assert shown["state"] == {"return": "returned", "reject": "rejected", "withdraw": "withdrawn"}[way]
    kinds = [(e["kind"], e["amount"]) for e in shown["entries"]]
    assert kinds == [("reserve", "700.00"), (way, "-700.00")]


def test_a_decision_that_fails_frees_nothing(office: Office) -> None:
    """A return without a reason is refused: the amounts stay held, the task stays open."""
    made = office.ask("he", office.line("N1", FAIR, MAR, "10.00")).json()
    before = office.available("推广", MAR, "N1")
    task = next(t for t, holder in made["case"]["tasks"].items() if holder == "wang")
    answer = office.call("wang", "POST", f"/tasks/{task}/decision", json={"action": "return", "comment": " "})
    assert answer.status_code == 422
    assert office.available("推广", MAR, "N1") == before
    assert office.shown("he", made["document_id"])["state"] == "reviewing"


def test_a_returned_request_is_changed_checked_afresh_and_keeps_its_case(office: Office) -> None:
    made = office.ask("he", office.line("N1", ADS, MAR, "900.00")).json()
    office.decide("wang", made["case"], "return", "压一压")
    other = office.ask("liu", office.line("N1", ADS, MAR, "800.00")).json()  # somebody took the room meanwhile
    path = f"/spend/requests/{made['document_id']}"
    too_much = {"title": "广告", "lines": [office.line("N1", ADS, MAR, "900.00")]}
    refused = office.call("he", "POST", f"{path}/submission", json=too_much)
    assert (refused.status_code, refused.json()["code"]) == (409, "budget_exceeded")
    assert office.shown("he", made["document_id"])["state"] == "returned"  # nothing has happened
    draft = {"policy": POLICY, "kind": "用款申请", "title": "广告", "content": {"a": 1}}
    assert office.call("he", "PUT", f"{path}/draft", json=draft).status_code == 200
    elsewhere = {"title": "广告", "lines": [office.line("N1", FAIR, MAR, "1.00")]}
    assert office.call("he", "POST", f"{path}/submission", json=elsewhere).json()["code"] == "wrong_document"
    less = {"title": "广告（缩减）", "lines": [office.line("N1", ADS, MAR, "150.00", memo="只投一周")]}
    again = office.call("he", "POST", f"{path}/submission", json=less).json()
    assert again["case"]["instance_id"] == made["case"]["instance_id"]
    shown = office.shown("he", made["document_id"])
    assert (shown["state"], shown["case"]["round"], shown["title"]) == ("reviewing", 2, "广告（缩减）")
    assert [(x["amount"], x["memo"]) for x in shown["lines"]] == [("150.00", "只投一周")]
    office.decide("wang", other["case"], "reject", "重复")


def test_a_withdrawn_request_is_filed_again_as_a_new_case(office: Office) -> None:
    made = office.ask("he", office.line("N1", FAIR, APR, "5.00")).json()
    office.call("he", "POST", f"/cases/{made['case']['instance_id']}/withdrawal", json={"comment": "写错了"})
    body = {"title": "改对了", "lines": [office.line("N1", ADS, APR, "6.00")]}
    again = office.call("he", "POST", f"/spend/requests/{made['document_id']}/submission", json=body).json()
    assert again["case"]["instance_id"] != made["case"]["instance_id"]
    assert office.shown("he", made["document_id"])["reserved"] == "6.00"


def test_a_held_request_is_not_edited_and_not_submitted_twice(office: Office) -> None:
    made = office.ask("he", office.line("N1", FAIR, APR, "5.00")).json()
    path = f"/spend/requests/{made['document_id']}"
    draft = {"policy": POLICY, "kind": "用款申请", "title": "x", "content": {}}
    for method, end, body in (
        ("PUT", "draft", draft),
        ("POST", "submission", {"lines": []}),
        ("DELETE", "draft", None),
    ):
        assert office.call("he", method, f"{path}/{end}", json=body).json()["code"] == "not_held"


def test_the_same_key_again_files_once(office: Office) -> None:
    line, key = office.line("N1", FAIR, APR, "7.00"), {"Idempotency-Key": "one-click"}
    first, second = (office.ask("he", line, headers=key).json() for _ in range(2))
    assert first == second
    listed = office.call("he", "GET", "/spend/requests", params={"mine": True}).json()
    assert [d["id"] for d in listed].count(first["document_id"]) == 1


def test_the_list_says_state_holder_and_amounts_and_can_be_asked_by_state(office: Office) -> None:
    made = office.ask("qian", office.line("N2", OFFICE, FEB, "106.00", tax_rate="6")).json()
    (row,) = [d for d in office.call("qian", "GET", "/spend/requests").json() if d["id"] == made["document_id"]]
    assert (row["state"], row["amount"], row["gross"]) == ("reviewing", "100.00", "106.00")
    assert (row["places"], row["periods"]) == ([{"org": "北方销售部", "科目": OFFICE}], [FEB])
    assert row["case"]["holders"] == ["王主管"]  # li has no right at N2
    reviewing = office.call("qian", "GET", "/spend/requests", params={"state": "reviewing"}).json()
    assert {d["state"] for d in reviewing} == {"reviewing"}
    mine = office.call("wang", "GET", "/spend/requests", params={"mine": True}).json()
    assert mine == []


def test_policies_say_their_rules_and_the_periods_with_budget_to_readers_of_the_model(office: Office) -> None:
    (policy,) = office.call("shen", "GET", "/control/policies").json()
    assert [r["code"] for r in policy["rules"]] == ["差旅", "推广", "办公会议", "集团"]
    assert (policy["model"], policy["periods"][0], len(policy["periods"])) == ("office", "2026-01", 12)
    assert office.call("mo", "GET", "/control/policies").status_code == 403


# --- what one sees ---------------------------------------------------------------------------------------------------


def test_a_refusal_explains_itself_in_numbers_documents_and_ways(office: Office) -> None:
    month = "2026-05"
    held = office.ask("liu", office.line("N1", FAIR, month, "600.00"), title="经销商大会").json()
    answer = office.check("he", office.line("N1", FAIR, month, "450.00"))
    assert answer["verdict"] == "refuse"
    rule = answer["rules"][0]
    assert (rule["rule"], rule["verdict"], rule["seen"]) == ("推广", "refuse", "all")
    amounts = [rule[k] for k in ("cap", "reserved", "committed", "executed", "available", "asked", "after", "short")]
    assert amounts == ["1000.00", "600.00", "0.00", "0.00", "400.00", "450.00", "-50.00", "50.00"]
    assert [(d["number"], d["requester_name"], d["amount"]) for d in rule["documents"]] == [
        (held["number"], "刘洋", "600.00")
    ]
    assert answer["lines"][0]["largest"] == "400.00"
    ways = {w["kind"]: w for w in reversed(answer["ways"])}
    assert list(dict.fromkeys(w["kind"] for w in answer["ways"])) == [
        "smaller",
        "period",
        "transfer",
        "release",
        "supplement",
    ]
    assert (ways["smaller"]["amount"], ways["period"]["period"]) == ("400.00", "2026-06")
    assert (ways["transfer"]["name"], ways["transfer"]["amount"]) == ("广告费", "50.00")
    assert (ways["release"]["number"], ways["release"]["holder"]) == (held["number"], "刘洋")
    assert ways["supplement"]["amount"] == "50.00"
    # every way said is true
    assert office.check("he", office.line("N1", FAIR, month, "400.00"))["verdict"] == "ok"
    assert office.check("he", office.line("N1", FAIR, "2026-06", "450.00"))["verdict"] == "ok"
    office.decide("wang", held["case"], "reject", "不办了")
    assert office.check("he", office.line("N1", FAIR, month, "450.00"))["verdict"] == "ok"


def test_a_rule_wider_than_ones_sight_says_its_verdict_and_no_number(office: Office) -> None:
    line = office.line("N1", TRAVEL, FEB, "1.00")
    group = next(r for r in office.check("he", line)["rules"] if r["rule"] == "集团")
    hidden = (
        "cap",
        "limit",
        "reserved",
        "committed",
        "executed",
        "available",
        "original",
        "adjusted",
        "after",
        "short",
    )
    assert (group["seen"], group["verdict"]) == ("verdict", "ok")
    assert {group[k] for k in hidden} == {None}
    assert (group["formula"], group["documents"], group["direct"]) == ("", [], None)
    assert "集团" not in [
        r["rule"] for r in office.call("he", "GET", "/control/buckets", params={"policy": POLICY}).json()
    ]
    assert office.call("he", "GET", f"/control/buckets/{group['bucket']}").status_code == 404


def test_a_disclosed_rule_shows_its_amounts_and_only_the_documents_one_may_see(office: Office) -> None:
    """The pool of two departments, two accounts, twelve months of 1,000: N1 sees what is left, not what N2 has asked for."""
    theirs = office.ask("qian", office.line("N2", MEETING, FEB, "10600.00", tax_rate="6")).json()
    mine = office.ask("he", office.line("N1", MEETING, FEB, "1060.00", tax_rate="6")).json()
    answer = office.check("he", office.line("N1", OFFICE, FEB, "60000.00"))
    pool = answer["rules"][0]
    assert (pool["rule"], pool["verdict"], pool["seen"]) == ("办公会议", "refuse", "amounts")
    assert (pool["cap"], pool["limit"]) == ("48000.00", "52800.00")
    assert theirs["number"] not in [d["number"] for d in pool["documents"]]
    assert mine["number"] in [d["number"] for d in pool["documents"]]
    assert pool["direct"] is None
    assert theirs["number"] not in str(answer)
    everything = office.call("shen", "GET", f"/control/buckets/{pool['bucket']}").json()
    assert {theirs["number"], mine["number"]} <= {d["number"] for d in everything["documents"]}
    part = office.call("he", "GET", f"/control/buckets/{pool['bucket']}").json()
    assert theirs["number"] not in str(part)
    assert part["periods"] == []
    for made in (theirs, mine):
        office.decide("wang", made["case"], "reject", "测试完")


def test_within_the_tolerance_it_passes_with_a_warning_and_beyond_it_is_refused(office: Office) -> None:
    pool = Decimal("48000.00")  # two departments, two accounts, twelve months of 1,000
    with office.database.reading() as reader:
        rows = queries.balances(reader, queries.policy(reader, POLICY), rule="办公会议", window="2026")
        north = next(r for r in rows if '"N"' in r.key)
    assert north.cap == pool
    room = north.available
    assert room == pool * Decimal("1.1") - north.consumed
    warned = office.check("he", office.line("N1", OFFICE, FEB, str(room)))
    assert (warned["verdict"], warned["ways"]) == ("warn", [])
    refused = office.check("he", office.line("N1", OFFICE, FEB, str(room + Decimal("0.01"))))
    assert refused["verdict"] == "refuse"
    assert "exception" not in {w["kind"] for w in refused["ways"]}  # there is no such application yet: it is not named
    made = office.ask("he", office.line("N1", OFFICE, FEB, str(room))).json()
    assert len(made["warnings"]) == 1
    office.decide("wang", made["case"], "reject", "测试完")


def test_a_line_that_cannot_be_checked_says_why_and_the_others_are_checked(office: Office) -> None:
    good, bad = office.line("N1", FAIR, FEB, "1.00"), office.line("N1", FAIR, FEB, "1.005")
    rate, period = office.line("N1", FAIR, FEB, "1.00", tax_rate="7"), office.line("N1", FAIR, "2031-01", "1.00")
    answer = office.check("he", good, bad, rate, period)
    assert answer["verdict"] == "refuse"
    assert [x.get("code") for x in answer["lines"]] == [None, "bad_amount", "bad_tax", "unresolvable_key"]
    assert answer["lines"][0]["verdict"] == "ok"
    assert [r["lines"] for r in answer["rules"]] == [[1], [1]]


def test_tax_is_split_by_line_and_both_amounts_are_kept(office: Office) -> None:
    lines = (
        office.line("N1", OFFICE, APR, "100.00", tax_rate="13"),
        office.line("N1", FAIR, APR, "100.00", tax_rate="13"),
        office.line("N1", OFFICE, APR, "100.00", tax_rate="6", tax_included=False),
    )
    told = [(x["gross"], x["net"], x["tax"], x["counted"], x["basis"]) for x in office.check("he", *lines)["lines"]]
    expected = [
        ("100.00", "88.50", "11.50", "88.50", "net"),  # 88.4955… rounds half up
        ("100.00", "88.50", "11.50", "100.00", "gross"),
        ("106.00", "100.00", "6.00", "100.00", "net"),
    ]
    assert told == expected
    made = office.ask("he", *lines).json()
    kept = [
        (x["gross"], x["net"], x["amount"], x["tax_rate"]) for x in office.shown("he", made["document_id"])["lines"]
    ]
    assert kept == [(g, n, c, r) for (g, n, _t, c, _b), r in zip(expected, ("13.00", "13.00", "6.00"), strict=True)]
    office.decide("wang", made["case"], "reject", "测试完")


def test_checking_holds_nothing_and_asks_few_queries(office: Office) -> None:
    lines = [RequestLine({"org": "N1", "科目": TRAVEL, "item": "费用!金额"}, FEB, Decimal(1))]
    with office.database.reading() as reader:
        he = principal_of(reader, "he", lambda code: modelling.load(reader, code).trees)
        assert he is not None
        check(reader, he, policy=POLICY, lines=lines)
        asked: list[str] = []
        event.listen(reader.conn, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
        check(reader, he, policy=POLICY, lines=lines)
    assert len(asked) <= 4
    assert not [sql for sql in asked if "FOR " in sql.upper().split("FROM")[-1] or "INSERT" in sql]
