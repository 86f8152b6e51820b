"""Threads on plan cells and units: who may see the subject, and nobody else, may read, add, settle and be named."""

import json
from typing import Any

import psycopg
import pytest
from psycopg import errors
from tests.office import Office

from bihuan.store.embedded import external


def cell(office: Office, org: str = "A1", account: str = "国内", period: str = "2027-03", **other: Any) -> str:
    said = {"version": office.versions["2027预算"], "cube": "费用", "item": "金额"}
    return json.dumps({**said, "members": {"org": org, "科目": account}, "period": period, **other})


def test_the_anonymous_and_a_stranger_see_and_say_nothing(office: Office) -> None:
    key = cell(office)
    for path, body in (
        ("/comments", {"kind": "plan_cell", "subject": key, "body": "看看"}),
        ("/comments/resolution", {}),
    ):
        assert office.call(None, "POST", path, body).status_code == 401
        assert office.call("sun", "POST", path, body).status_code == 403
    assert office.call(None, "GET", "/comments", kind="plan_cell", subject=key).status_code == 401
    assert office.call("sun", "GET", "/comments", kind="plan_cell", subject=key).status_code == 403


def test_what_one_says_the_others_who_see_the_cell_read(office: Office) -> None:
    key = cell(office)
    made = office.ok("li", "POST", "/comments", {"kind": "plan_cell", "subject": key, "body": " 三月有展会 "})
    assert [e["body"] for e in made["entries"]] == ["三月有展会"]
    shuffled = json.dumps(dict(reversed(list(json.loads(key).items()))))
    read = office.ok("wang", "GET", "/comments", kind="plan_cell", subject=shuffled)
    assert (read["open"], read["entries"][0]["name"], read["title"]) == (
        True,
        "李明",
        "甲一 · 国内差旅 · 金额 · 2027-03",
    )


def test_who_does_not_see_the_cell_does_not_know_of_its_thread(office: Office) -> None:
    key = cell(office)
    for method, path, body, query in (
        ("GET", "/comments", None, {"kind": "plan_cell", "subject": key}),
        ("POST", "/comments", {"kind": "plan_cell", "subject": key, "body": "?"}, {}),
        ("POST", "/comments/resolution", {"kind": "plan_cell", "subject": key, "resolved": True}, {}),
        ("GET", "/comments/people", None, {"kind": "plan_cell", "subject": key}),
    ):
        answer = office.call("bo", method, path, body, **query)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_subject"), path
    within = f"version:{office.versions['2027预算']}"
    assert office.ok("bo", "GET", "/comments/marks", kind="plan_cell", within=within) == []
    # a total that is only partly visible is no subject either
    above = cell(office, org="G", account="费用", period="2027")
    assert office.call("li", "GET", "/comments", kind="plan_cell", subject=above).status_code == 404
    assert office.ok("wang", "GET", "/comments", kind="plan_cell", subject=above)["entries"] == []


@pytest.mark.parametrize("key", ["", "x", "{}", '{"version":1}', "[]", "null"])
def test_what_is_no_cell_is_refused(office: Office, key: str) -> None:
    answer = office.call("li", "GET", "/comments", kind="plan_cell", subject=key)
    assert answer.status_code in (404, 422)


def test_a_thread_is_settled_opened_again_and_reopened_by_a_new_word(office: Office) -> None:
    key = cell(office, period="2027-05")
    body = {"kind": "plan_cell", "subject": key}
    assert (
        office.call("li", "POST", "/comments/resolution", {**body, "resolved": True}).status_code == 404
    )  # nothing said
    office.ok("li", "POST", "/comments", {**body, "body": "这么多？"})
    within = f"version:{office.versions['2027预算']}"

    def marked() -> list[str]:
        marks = office.ok("zhou", "GET", "/comments/marks", kind="plan_cell", within=within)
        return [json.loads(m["subject"])["period"] for m in marks]

    assert "2027-05" in marked()
    for _ in range(2):  # the second time changes nothing
        settled = office.ok("zhou", "POST", "/comments/resolution", {**body, "resolved": True})
        assert (settled["open"], [e["act"] for e in settled["entries"]]) == (False, ["say", "resolve"])
    assert "2027-05" not in marked()
    again = office.ok("li", "POST", "/comments", {**body, "body": "还有一笔"})
    assert again["open"]
    assert "2027-05" in marked()


def test_one_names_those_who_can_see_it_and_they_find_it(office: Office) -> None:
    key = cell(office, period="2027-07")
    people = office.ok("li", "GET", "/comments/people", kind="plan_cell", subject=key)
    assert {p["login"] for p in people} == {"zhou", "wang"}
    body = {"kind": "plan_cell", "subject": key, "body": "请看"}
    refused = office.call("li", "POST", "/comments", {**body, "mentions": ["bo"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "cannot_mention")
    made = office.ok("li", "POST", "/comments", {**body, "mentions": ["zhou"]})
    assert made["entries"][-1]["mentions"] == ["周敏"]
    (found,) = office.ok("zhou", "GET", "/comments/mentions")
    assert (found["author"], found["body"], found["kind"]) == ("李明", "请看", "plan_cell")
    assert office.ok("bo", "GET", "/comments/mentions") == []


def test_a_plan_unit_has_a_thread_of_its_own(office: Office) -> None:
    unit = str(office.units["A"])
    office.ok("li", "POST", "/comments", {"kind": "plan_unit", "subject": unit, "body": "本周交"})
    assert office.ok("wang", "GET", "/comments", kind="plan_unit", subject=unit)["entries"][0]["body"] == "本周交"
    assert office.call("bo", "GET", "/comments", kind="plan_unit", subject=unit).status_code == 404
    assert office.call("wang", "GET", "/comments", kind="nothing", subject="1").status_code == 404


def test_nobody_rewrites_what_was_said(office: Office, owner_url: str) -> None:
    with psycopg.connect(external(owner_url).app) as conn, pytest.raises(errors.InsufficientPrivilege):
        conn.execute("UPDATE comment SET body = 'x'")
