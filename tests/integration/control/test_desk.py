"""The control desk: open holds with owner and age, a row's timeline, a cell's documents, remaining by any dimension."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.store.unit_of_work import Database

from .office import ITEM, POLICY, Office, opened

PERIOD = "2026-03"


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data")) as office:
        for org, amount in (("N1", "1000"), ("N2", "500"), ("S1", "300")):
            office.budget(org, "展会费", PERIOD, amount)
        for login, org, amount in (("he", "N1", "120.00"), ("qian", "N2", "80.00"), ("sun", "S1", "50.00")):
            assert office.ask(login, office.line(org, "展会费", PERIOD, amount)).status_code == 201
        yield office


def get(office: Office, login: str | None, path: str, **params: str) -> list[dict[str, object]]:
    answer = office.call(login, "GET", f"/control/{path}", params={"policy": POLICY, **params})
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def test_the_anonymous_and_those_without_the_right_see_no_desk(office: Office) -> None:
    for path in ("holds", "remaining?rule=推广", "reconciliations", "buckets/1/timeline"):
        assert office.call(None, "GET", f"/control/{path}").status_code == 401
        assert office.call("mo", "GET", f"/control/{path}").status_code == 403
    assert office.call("shen", "POST", "/control/repairs", json={"policy": POLICY, "reason": "x"}).status_code == 403


def test_open_holds_are_listed_with_owner_and_age_to_those_who_may_see_them(office: Office) -> None:
    seen = {h["requester_name"]: (h["reserved"], h["age_days"], h["stale"]) for h in get(office, "shen", "holds")}
    assert seen == {"何川": ("120.00", 0, False), "钱多": ("80.00", 0, False), "孙南": ("50.00", 0, False)}
    assert [h["requester_name"] for h in get(office, "sun", "holds")] == ["孙南"]
    assert get(office, "shen", "holds", stale="true") == []


def test_what_remains_adds_up_by_any_dimension_of_the_rule(office: Office) -> None:
    by_org = get(office, "shen", "remaining", rule="推广", by="org", period=PERIOD)
    assert [(r["members"], r["available"]) for r in by_org] == [
        ({"org": "北方市场部"}, "880.00"), ({"org": "北方销售部"}, "420.00"), ({"org": "南方市场部"}, "250.00"),
    ]  # fmt: skip
    (whole,) = get(office, "shen", "remaining", rule="推广", period=PERIOD)
    assert (whole["cap"], whole["reserved"], whole["available"]) == ("1800.00", "250.00", "1550.00")
    (own,) = get(office, "sun", "remaining", rule="推广", period=PERIOD)
    assert own["available"] == "250.00"
    wrong = office.call("shen", "GET", "/control/remaining", params={"policy": POLICY, "rule": "推广", "by": "x"})
    assert wrong.status_code == 422


def test_a_row_tells_its_story_and_a_cell_its_documents(office: Office) -> None:
    rows = office.call(
        "shen", "GET", "/control/buckets", params={"policy": POLICY, "rule": "推广", "window": PERIOD}
    ).json()
    (row,) = [r for r in rows if r["members"][0]["code"] == "N1" or r["members"][-1]["code"] == "N1"]
    story = office.call("shen", "GET", f"/control/buckets/{row['bucket']}/timeline").json()
    assert [(e["stage"], e["kind"], e["amount"], e["left_after"]) for e in story] == [
        ("reserved", "reserve", "120.00", "880.00"),
        ("budget", "release", "1000.00", "1000.00"),
    ]
    assert Decimal(story[0]["left_after"]) == Decimal(row["available"])
    assert office.call("sun", "GET", f"/control/buckets/{row['bucket']}/timeline").status_code == 404
    cell = {"policy": POLICY, "coordinate": {"org": "N1", "科目": "展会费", "item": ITEM}, "period": PERIOD}
    (use,) = office.call("shen", "POST", "/control/cells/documents", json=cell).json()
    assert (use["number"], use["reserved"]) == (story[0]["document"], "120.00")
    assert office.call("sun", "POST", "/control/cells/documents", json=cell).status_code == 403


def test_signals_say_what_crossed_and_when_it_runs_out_to_those_who_may_see_it(office: Office) -> None:
    with office.database.writing() as uow:
        access.set_business_date(uow, system(), date(2026, 3, 4), reason="试验")
    office.budget("N2", "差旅费", "2026-04", "100")
    assert office.ask("qian", office.line("N2", "差旅费", "2026-04", "95.00")).status_code == 201
    seen = [(s["kind"], s["percent"], s["day"]) for s in get(office, "shen", "signals") if "推广" in str(s["what"])]
    # N1 120 of 1000 on the 4th of 31 days: 30 a day, the 34th day; N2 80 of 500: 20 a day, the 25th day
    assert seen == [("exhaustion", "16.0", "2026-03-25"), ("exhaustion", "16.7", "2026-03-24")]
    crossed = [s for s in get(office, "shen", "signals") if s["kind"] == "threshold"]
    assert crossed
    assert {s["percent"] for s in crossed} == {"95.0"}
    assert all("南方" in str(s["what"]) for s in get(office, "sun", "signals"))
