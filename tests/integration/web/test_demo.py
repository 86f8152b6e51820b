"""The demo: people of every role, models with data; a second load changes nothing, and nobody sees beyond their scope."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import Container, build
from bihuan.demo import DEMO_PASSWORD, DEMO_PEOPLE, load_demo
from bihuan.features.access.model import system
from bihuan.features.control.queries import policy
from bihuan.features.control.reconcile import reconcile
from bihuan.features.integration import queries as integration
from bihuan.features.integration.tie_out import tie_out
from bihuan.settings import Settings
from bihuan.web.app import create_app

SEED = 77  # another company than the one `make demo` shows


@pytest.fixture(scope="module")
def container(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    load_demo(container, seed=SEED)
    yield container
    container.database.engine.dispose()


@pytest.fixture(scope="module")
def client(container: Container) -> Iterator[TestClient]:
    with TestClient(create_app(container)) as client:
        yield client


def sign_in(client: TestClient, login: str) -> None:
    client.cookies.clear()
    answer = client.post("/api/v1/session", json={"login": login, "password": DEMO_PASSWORD})
    client.headers["x-csrf-token"] = answer.json()["csrf_token"]


def counts(container: Container) -> list[object]:
    tables = ("app_user", "user_role", "role_grant", "model_revision", "member", "plan_log", "version", "action_entry",
              "ledger_entry", "load_batch", "document", "deviation_case")  # fmt: skip
    with container.database.engine.connect() as conn:
        return [conn.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar() for t in tables]


def test_a_second_load_changes_nothing(container: Container) -> None:
    before = counts(container)
    load_demo(container, seed=SEED + 1)
    assert counts(container) == before


@pytest.mark.parametrize("login", [*(person.login for person in DEMO_PEOPLE), "pwr-sal", "drv"])
def test_everybody_of_the_demo_can_sign_in(client: TestClient, login: str) -> None:
    sign_in(client, login)
    assert client.get("/api/v1/session").json()["login"] == login


def test_the_companies_are_there_and_the_worked_examples_are_not(client: TestClient) -> None:
    sign_in(client, "yusuan")
    assert {m["code"] for m in client.get("/api/v1/models").json()} == {"m-company", "qiming", "starter"}


def test_the_business_day_is_the_last_of_october(client: TestClient) -> None:
    sign_in(client, "shenji")
    assert client.get("/api/v1/session").json()["business_date"] == "2026-10-31"


def test_the_versions_have_their_codes(client: TestClient) -> None:
    sign_in(client, "yusuan")
    versions = client.get("/api/v1/plan/versions", params={"model": "qiming"}).json()["versions"]
    assert {v["code"] for v in versions} >= {"实际", "2026预算", "2026预测"}


def test_the_full_years_tie_out_with_few_lines_on_the_error_desk(container: Container) -> None:
    with container.database.reading() as reader:
        rows = tie_out(reader, system("test"), container.warehouse, source="集团总账")
        desk = integration.error_desk(reader, system("test"), source="集团总账", count=10_000)
        batches = integration.batches(reader, system("test"), source="集团总账")
    assert {row.period for row in rows} >= {"2025-01", "2026-10"}
    assert [row for row in rows if row.difference] == []
    assert 10 < len(desk) < 100
    assert 195_000 < sum(batch.records for batch in batches) < 205_000


def test_the_season_of_2027_has_begun_with_departments_at_every_point(client: TestClient) -> None:
    sign_in(client, "yusuan")
    versions = client.get("/api/v1/plan/versions", params={"model": "qiming"}).json()["versions"]
    version = next(v["id"] for v in versions if v["code"] == "2027预算")
    units = client.get("/api/v1/plan-units", params={"version_id": version}).json()
    status = {unit["org"]: unit["status"] for unit in units}
    assert len(status) == 37
    assert status["HQ-FIN"] == "approved"
    assert (status["PWR-SAL"], status["PWR-QA"]) == ("submitted", "submitted")
    assert (status["DRV-SAL"], status["PWR-MKT"], status["SMT-SW"]) == ("preparing",) * 3
    holders = {unit["org"]: unit["holder"] for unit in units}
    assert (holders["PWR-SAL"], holders["PWR-QA"], holders["PWR-MKT"]) == ("caiwu", "shiye", "bumen")


def test_the_requests_of_the_walk_are_approved_and_held(client: TestClient) -> None:
    sign_in(client, "jingban")
    listed = client.get("/api/v1/spend/requests", params={"mine": True, "model": "qiming"}).json()
    assert {(row["number"], row["state"]) for row in listed} == {(f"YK-2026-010{n}", "reserved") for n in (1, 2, 3)}


def test_the_legal_entities_add_up_to_the_same_as_the_management_tree(client: TestClient) -> None:
    sign_in(client, "shenji")
    versions = client.get("/api/v1/plan/versions", params={"model": "qiming"}).json()["versions"]
    query = {
        "version": next(v["id"] for v in versions if v["code"] == "实际"),
        "cube": "费用",
        "items": ["金额"],
        "fixed": {"科目": "费用合计"},
        "columns": ["2025"],
    }
    totals = {}
    for tree in ("", "法人"):
        answer = client.post("/api/v1/plan/query", json=query | {"rows": {"dim": "org", "tree": tree, "depth": 0}})
        assert answer.status_code == 200, answer.text
        rows = answer.json()["rows"]
        assert [row["members"]["org"] for row in rows] == ["L00" if tree else "QM"]
        totals[tree] = answer.json()["cells"][0][0]["v"]
    assert totals[""] == totals["法人"] is not None


def test_only_the_planted_overspending_went_beyond_control(container: Container) -> None:
    with container.database.engine.connect() as conn:
        places = conn.exec_driver_sql("SELECT place FROM deviation_case WHERE kind = 'forced'").scalars().all()
    assert {(place["members"]["org"], place["period"] >= "2026-06") for place in places} == {("PWR-MKT", True)}


def test_the_balances_of_the_control_ledger_are_right(container: Container) -> None:
    with container.database.reading() as reader:
        assert reconcile(reader, policy(reader, "集团费用控制")) == []


# 年销售额: MM 电机市场部 and PM 水泵市场部 sell; the head of 电机事业部 sees the first, of the group only the visible part
def slice_of(client: TestClient) -> dict[str, dict[str, object]]:
    versions = client.get("/api/v1/plan/versions", params={"model": "starter"}).json()["versions"]
    budget = next(v["id"] for v in versions if v["role"] == "预算")
    query = {
        "version": budget,
        "cube": "费用",
        "items": ["金额"],
        "rows": {"dim": "org"},
        "fixed": {"科目": "差旅"},
        "columns": ["2026"],
    }
    answer = client.post("/api/v1/plan/query", json=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return {row["members"]["org"]: cells[0] for row, cells in zip(body["rows"], body["cells"], strict=True)}


def test_the_head_of_a_division_sees_its_own_numbers_and_the_groups_only_in_part(client: TestClient) -> None:
    sign_in(client, "yusuan")
    everything = slice_of(client)
    sign_in(client, "bumen")
    own = slice_of(client)
    assert own["MOT"]["v"] == everything["MOT"]["v"]
    assert own["G"]["p"]
    assert own["G"]["v"] == everything["MOT"]["v"], "the visible part of the group is the division"
    assert all(own[org]["v"] is None for org in own if org.startswith("P"))
    assert float(str(everything["G"]["v"])) > float(str(own["G"]["v"]))
