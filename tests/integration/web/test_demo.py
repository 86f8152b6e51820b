"""The demo: people of every role, models with data; a second load changes nothing, and nobody sees beyond their scope."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import Container, build, models_folder
from bihuan.demo import DEMO_PASSWORD, DEMO_PEOPLE, load_demo
from bihuan.settings import Settings
from bihuan.web.app import create_app


@pytest.fixture(scope="module")
def container(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    load_demo(container)
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
    tables = ("app_user", "user_role", "role_grant", "model_revision", "member", "plan_log", "version", "action_entry")
    with container.database.engine.connect() as conn:
        return [conn.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar() for t in tables]


def test_a_second_load_changes_nothing(container: Container) -> None:
    before = counts(container)
    load_demo(container)
    assert counts(container) == before


@pytest.mark.parametrize("login", [person[0] for person in DEMO_PEOPLE])
def test_everybody_of_the_demo_can_sign_in(client: TestClient, login: str) -> None:
    sign_in(client, login)
    assert client.get("/api/v1/session").json()["login"] == login


def test_every_shipped_model_is_there(client: TestClient) -> None:
    sign_in(client, "yusuan")
    shipped = {p.name for p in models_folder().iterdir() if (p / "model.yaml").is_file()}
    assert {m["code"] for m in client.get("/api/v1/models").json()} == shipped


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
