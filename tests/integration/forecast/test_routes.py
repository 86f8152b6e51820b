"""A forecast through the routes: anonymous, a stranger, then run, look, edit, refresh, restore, undo."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.integration.forecast.conftest import FOLDER, ORGS, TEXTS, Call, amounts, enter

from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.kernel.errors import ProblemsFound

CODE = "/forecasts/费用预测"
PLACE = {"model": "starter", "item": "费用!金额"}
ALL = {**PLACE, "along": "科目", "members": {"科目": "费用合计"}}
ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/forecasts?model=starter", None),
    ("POST", f"{CODE}/runs", {"model": "starter"}),
    ("GET", "/forecasts/runs/1", None),
    ("POST", "/forecasts/runs/1/undo", {}),
    ("POST", f"{CODE}/outlook", ALL),
    ("POST", f"{CODE}/backtest", PLACE),
    ("POST", f"{CODE}/baseline", {**PLACE, "periods": ["2026-11"]}),
]
REAL = amounts()


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_the_anonymous_are_asked_to_sign_in(call: Call, method: str, path: str, body: Any) -> None:
    assert call(None, method, path, body)[0] == 401


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_stranger_is_refused(call: Call, method: str, path: str, body: Any) -> None:
    assert call("stranger", method, path, body)[0] == 403


def test_who_may_only_read_or_write_a_part_does_not_run(call: Call) -> None:
    for login in ("bumen", "shenji"):
        assert call(login, "POST", f"{CODE}/runs", {"model": "starter"})[0] == 403


def test_before_the_first_run_it_says_how_far_actuals_would_reach(call: Call) -> None:
    status, found = call("cfo", "GET", "/forecasts?model=starter")
    assert status == 200, found
    assert [(f["code"], f["version"], f["next_switchover"], f["last"]) for f in found] == [
        ("差旅同期", "同期", "2026-10", None),
        ("费用预测", "2026预测", "2026-10", None),
    ]
    assert call("cfo", "POST", f"{CODE}/outlook", ALL)[0] == 404


def months(row: dict[str, Any], what: str = "value") -> dict[str, Decimal | None]:
    return {f"2026-{i:02d}": None if m[what] is None else Decimal(m[what]) for i, m in enumerate(row["months"], 1)}


def look(call: Call, login: str = "cfo", **at: str) -> dict[str, dict[str, Any]]:
    status, found = call(login, "POST", f"{CODE}/outlook", {**ALL, "members": {**ALL["members"], **at}})
    assert status == 200, found
    return {row["node"]: row for row in found["rows"]}


def test_a_run_shows_actuals_to_october_and_forecasts_the_rest(call: Call) -> None:
    status, run = call("yusuan", "POST", f"{CODE}/runs", {"model": "starter"})
    assert (status, run["state"], run["switchover"], run["periods"], run["kept"]) == (
        200, "done", "2026-10", ["2026-11", "2026-12"], 0,
    ), run  # fmt: skip
    assert run["series"] == 24
    assert call("yusuan", "GET", f"/forecasts/runs/{run['id']}")[1]["state"] == "done"
    rows = look(call, org="MM")
    shown = months(rows["差旅"])
    assert {p: v for p, v in shown.items() if p <= "2026-10"} == {
        p: REAL["MM", "差旅", p] for p in shown if p <= "2026-10"
    }
    assert all(shown[p] is not None and shown[p] > 0 for p in ("2026-11", "2026-12"))
    assert months(rows["差旅"], "baseline")["2026-11"] == shown["2026-11"]
    assert months(rows["差旅"], "last_year")["2026-11"] == REAL["MM", "差旅", "2025-11"]
    assert months(rows["会议"])["2026-02"] is None  # blank, not zero


def test_the_year_adds_up_over_items_organisations_and_months_to_the_cent(call: Call) -> None:
    group, parts = look(call), [look(call, org=o) for o in ORGS]
    for node in ("差旅", "招待", "办公", "会议"):
        for period, total in months(group[node]).items():
            known = [months(p[node])[period] for p in parts if node in p]
            assert total == sum((v for v in known if v is not None), Decimal(0)) or total is None
    for row in group.values():
        said = [v for v in months(row).values() if v is not None]
        if not said:  # budgeted, but not forecast
            continue
        assert Decimal(row["year"]) == sum(said) == Decimal(row["to_date"]) + Decimal(row["rest"])
        if row["budget"] is not None:
            assert Decimal(row["difference"]) == Decimal(row["year"]) - Decimal(row["budget"])
    assert Decimal(group["办公会议"]["year"]) == Decimal(group["办公"]["year"]) + Decimal(group["会议"]["year"])
    assert Decimal(group["差旅"]["band"]) > 0


def test_the_backtest_is_shown_against_last_years_period(call: Call) -> None:
    status, found = call("cfo", "POST", f"{CODE}/backtest", PLACE)
    assert status == 200, found
    assert (found["origins"], found["horizon"], found["series"]) == (9, 2, 24)
    assert found["chosen"]["wape"] < found["naive"]["wape"]
    by = {m["method"]: m for m in found["methods"]}
    assert by["seasonal_naive"]["name"] == "去年同期"
    assert sum(m["used"] for m in found["methods"]) == 24
    methods = look(call, org="MM")["差旅"]["methods"]
    assert (methods[0]["kind"], methods[0]["series"], methods[0]["basis"]) == ("regular", 1, "all")


def test_months_that_show_actuals_cannot_be_edited_and_say_why(call: Call) -> None:
    version = call("cfo", "GET", "/forecasts?model=starter")[1][1]["version_id"]
    asked = {
        "version": version, "cube": "费用", "items": ["金额"], "fixed": {"org": "MM", "科目": "差旅"},
        "columns": ["2026-10", "2026-11", "2026Q4"],
    }  # fmt: skip
    status, found = call("bumen", "POST", "/plan/query", asked)
    assert status == 200, found
    first, second, _ = found["cells"][0]
    assert (first["e"], second["e"]) == (False, True)
    assert "2026-10 及以前是实际数" in found["reasons"][first["r"]]
    edit = {"cube": "费用", "item": "金额", "members": {"org": "MM", "科目": "差旅"}, "period": "2026-10",
            "before": first["v"], "after": "1"}  # fmt: skip
    status, said = call("bumen", "POST", "/plan/save", {"version": version, "base_seq": found["seq"], "edits": [edit]})
    assert status == 409, said


def edit(call: Call, login: str, where: tuple[str, str, str], amount: str) -> None:
    org, account, period = where
    version = call("cfo", "GET", "/forecasts?model=starter")[1][1]["version_id"]
    row = look(call, org=org)[account]
    cell = {"cube": "费用", "item": "金额", "members": {"org": org, "科目": account}, "period": period,
            "before": row["months"][int(period[-2:]) - 1]["value"], "after": amount}  # fmt: skip
    body = {"version": version, "base_seq": 10**9, "edits": [cell], "reason": "展会提前"}
    status, said = call(login, "POST", "/plan/save", {**body, "base_seq": 0})
    assert status == 200, said


def test_a_refresh_keeps_a_persons_edit_beside_the_new_baseline(call: Call, app: TestClient) -> None:
    before = look(call, org="MM")["差旅"]["months"][10]
    edit(call, "bumen", ("MM", "差旅", "2026-11"), "123456.00")
    november = look(call, org="MM")["差旅"]["months"][10]
    assert (november["value"], november["baseline"]) == ("123456.00", before["value"])
    assert (november["edit"]["count"], november["edit"]["author"], november["edit"]["reason"]) == (
        1,
        "bumen",
        "展会提前",
    )
    assert look(call)["费用合计"]["months"][10]["edit"]["count"] == 1
    # a late voucher of October moves the baseline; the edit stays, the neighbour follows
    with app.container.database.writing() as uow:  # type: ignore[attr-defined]
        enter(uow, "实际", {("MM", "差旅", "2026-10"): REAL["MM", "差旅", "2026-10"] * 3})
    assert call("cfo", "GET", "/forecasts?model=starter")[1][1]["stale"] is True
    december = look(call, org="MM")["差旅"]["months"][11]["value"]
    status, run = call("cfo", "POST", f"{CODE}/runs", {"model": "starter"})
    assert (status, run["kept"]) == (200, 1), run
    row = look(call, org="MM")["差旅"]
    assert row["months"][9]["value"] == f"{REAL['MM', '差旅', '2026-10'] * 3:f}"
    assert row["months"][10]["value"] == "123456.00"
    assert row["months"][10]["baseline"] != before["value"]
    assert row["months"][10]["edit"]["author"] == "bumen"
    assert row["months"][11]["value"] != december
    assert row["months"][11]["edit"] is None


def test_a_run_can_be_taken_back_with_the_edit_standing(call: Call) -> None:
    newest = call("cfo", "GET", "/forecasts?model=starter")[1][1]["newest"]
    assert call("bumen", "POST", f"/forecasts/runs/{newest['id']}/undo", {})[0] == 403
    assert call("cfo", "POST", f"/forecasts/runs/{newest['id']}/undo", {})[1]["state"] == "undone"
    row = look(call, org="MM")["差旅"]
    assert row["months"][9]["value"] == f"{REAL['MM', '差旅', '2026-10']:f}"
    assert (row["months"][10]["value"], row["months"][10]["edit"]["author"]) == ("123456.00", "bumen")
    assert call("yusuan", "POST", f"/forecasts/runs/{newest['id']}/undo", {})[0] == 409
    status, again = call("yusuan", "POST", f"{CODE}/runs", {"model": "starter"})
    assert (status, again["kept"]) == (200, 1)


def test_the_baseline_is_put_back_cell_by_cell_by_who_may_write_there(call: Call) -> None:
    edit(call, "yusuan", ("PM", "招待", "2026-12"), "777.00")
    body = {**PLACE, "members": {"org": "PM", "科目": "招待"}, "periods": ["2026-11", "2026-12"]}
    assert call("bumen", "POST", f"{CODE}/baseline", body)[1]["restored"] == 0  # not theirs to see
    assert look(call, org="PM")["招待"]["months"][11]["value"] == "777.00"
    assert call("yusuan", "POST", f"{CODE}/baseline", body)[1]["restored"] == 1
    month = look(call, org="PM")["招待"]["months"][11]
    assert (month["value"], month["edit"]) == (month["baseline"], None)


def test_what_one_sees_is_cut_by_the_scope(call: Call) -> None:
    status, found = call("bumen", "POST", f"{CODE}/outlook", {**ALL, "along": "org", "members": {"科目": "差旅"}})
    assert status == 200
    rows = {row["node"]: row for row in found["rows"]}
    assert set(rows) == {"G", "MOT", "MM"}
    assert (rows["G"]["partial"], rows["MM"]["partial"]) == (True, False)
    assert rows["G"]["year"] == rows["MM"]["year"]
    assert rows["G"]["methods"] == rows["MM"]["methods"]
    assert call("bumen", "POST", f"{CODE}/backtest", PLACE)[1]["series"] == 4


def test_the_switchover_follows_the_business_date_and_the_old_forecast_stays_readable(
    call: Call, app: TestClient
) -> None:
    with app.container.database.writing() as uow:  # type: ignore[attr-defined]
        access.set_business_date(uow, system(), date(2026, 11, 30))
    found = call("cfo", "GET", "/forecasts?model=starter")[1][1]
    assert (found["next_switchover"], found["stale"]) == ("2026-10", False)  # November is closed, but not loaded
    with app.container.database.writing() as uow:  # type: ignore[attr-defined]
        enter(uow, "实际", {k: v for k, v in REAL.items() if k[2] == "2026-11"})
    found = call("cfo", "GET", "/forecasts?model=starter")[1][1]
    assert (found["next_switchover"], found["stale"]) == ("2026-11", True)
    status, run = call("cfo", "POST", f"{CODE}/runs", {"model": "starter"})
    assert (status, run["switchover"], run["periods"]) == (200, "2026-11", ["2026-12"])
    assert run["snapshot"] is not None
    row = look(call, org="MM")["差旅"]
    assert row["months"][10] == {**row["months"][10], "value": f"{REAL['MM', '差旅', '2026-11']:f}", "edit": None}


def test_another_forecast_is_text_only_and_acts(call: Call) -> None:
    status, run = call("cfo", "POST", "/forecasts/差旅同期/runs", {"model": "starter"})
    assert status == 200, run
    assert run["periods"] == ["2026-12"]  # the calendar ends there
    body = {**PLACE, "along": "org", "members": {"org": "MM", "科目": "差旅"}}
    row = call("cfo", "POST", "/forecasts/差旅同期/outlook", body)[1]["rows"][0]
    assert row["months"][11]["value"] == f"{REAL['MM', '差旅', '2025-12']:f}"
    assert [m["basis"] for m in row["methods"]] == ["said"]


def test_a_wrong_text_is_refused_with_every_problem_and_nothing_changes(app: TestClient) -> None:
    wrong = "forecast: 坏\nitems: [费用!金颔, 利润!利润]\nversion: {code: x, role: 预侧}\nmethod: magic\nhorizon: 99\n"
    wrong += "where: {科目: [差旅费]}\n"
    twice = TEXTS["forecasts/费用预测.yaml"].replace("forecast: 费用预测", "forecast: 又一个")
    files = {**read_folder(FOLDER), **TEXTS, "forecasts/坏.yaml": wrong}
    database = app.container.database  # type: ignore[attr-defined]
    with pytest.raises(ProblemsFound) as caught, database.writing() as uow:
        modelling.apply(uow, system(), files, name="starter", from_revision=1)
    said = "\n".join(map(str, caught.value.problems))
    for part in ("费用!金颔", "利润!利润", "预侧", "magic", "99", "差旅费", "forecasts/坏.yaml"):
        assert part in said
    assert "金额" in said  # the nearest name
    files = {**read_folder(FOLDER), **TEXTS, "forecasts/又一个.yaml": twice}
    with pytest.raises(ProblemsFound, match="一个版本里一个指标只属于一个预测"), database.writing() as uow:
        modelling.apply(uow, system(), files, name="starter", from_revision=1)
