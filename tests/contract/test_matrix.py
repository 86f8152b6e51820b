"""Every route stands in permission_matrix.csv, and the running server answers every role as the matrix says."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import build, load_roles
from bihuan.features.access import commands, queries
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.access.roles import ROLES
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database
from bihuan.web.app import create_app

MATRIX = Path(__file__).parent / "permission_matrix.csv"
LINES = {(line["method"], line["path"]): line for line in csv.DictReader(MATRIX.open(encoding="utf-8"))}
METHODS = {"get", "post", "put", "patch", "delete"}
OPEN = ("public", "signed-in")


@pytest.fixture(scope="module")
def client(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url)
    container = build(settings)
    with container.database.writing() as uow:
        load_roles(uow, system())
        commands.add_user(uow, system(), login="stranger", name="stranger", password=None)
        for role in ROLES:
            commands.add_user(uow, system(), login=role.code, name=role.name, password=None)
            commands.assign_roles(uow, system(), login=role.code, assignments=[{"role": role.code}])
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        yield client
    container.database.engine.dispose()


def call(client: TestClient, database: Database, line: dict[str, str], login: str | None) -> int:
    """The status of a request without content; parameters of the path are ``1``."""
    headers = {}
    if login is not None:
        with database.writing() as uow:
            user = uow.row("access.user_by_login", login=login)
            assert user is not None
            secret = commands.open_session(uow, user["id"]).secret
        headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": queries.csrf_token(secret)}
    parts = ["1" if part.startswith("{") else part for part in line["path"].split("/")]
    return client.request(line["method"], "/".join(parts), headers=headers).status_code


def test_every_route_of_the_application_is_in_the_matrix_with_its_action(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    routes = {
        (method.upper(), path): operation.get("x-action")
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }
    assert routes == {key: line["action"] for key, line in LINES.items()}, "run `make client` and review the matrix"


@pytest.mark.parametrize("key", LINES, ids=" ".join)
def test_the_server_answers_each_role_as_the_matrix_says(
    client: TestClient, database: Database, key: tuple[str, str]
) -> None:
    line = LINES[key]
    if line["action"] == "public":
        assert call(client, database, line, None) not in (403, 500)
        return
    assert call(client, database, line, None) == 401, "anonymous"
    if line["path"] == "/api/v1/events":
        return  # an endless answer; tests/integration/web/test_events.py reads it
    stranger = call(client, database, line, "stranger")
    assert stranger not in (401, 403) if line["action"] in OPEN else stranger == 403, f"stranger got {stranger}"
    for role in ROLES:
        status = call(client, database, line, role.code)
        if line[role.code] == "-":
            assert status == 403, f"{role.code} got {status}"
        else:
            assert status not in (401, 403, 500), f"{role.code} got {status}"


def test_the_auditor_may_change_nothing() -> None:
    allowed = {key for key, line in LINES.items() if line["auditor"] != "-" and line["action"] not in OPEN}
    assert {method for method, _ in allowed} <= {"GET"} or all(
        LINES[key]["action"].endswith(".read") for key in allowed if key[0] != "GET"
    )


def test_nobody_who_administers_the_budget_approves_it() -> None:
    approving = [line for line in LINES.values() if line["action"].endswith(".approve")]
    assert all(line["budget-admin"] == "-" and line["it"] == "-" for line in approving)
